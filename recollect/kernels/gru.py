"""A GRU over whole sequences as one operation with a gradient, on the CPU.

The inputs' share of the gates is one product over all steps before it, the gradient of the
recurrent weights one product after it; a step is one product and one loop over its gates. (torch's
own makes a product, and adds it up, for the weights' gradient at every step.) The reference is
`torch.nn.GRU`.

Shape letters: ``B`` batch, ``T`` steps, ``H`` width.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.autograd.function import once_differentiable

from recollect.kernels.maths import KERNEL, sigmoid, tanh
from recollect.kernels.slices import Workspace, compiling

__all__ = ["recur"]

_ZERO, _ONE = np.float32(0), np.float32(1)


def recur(
    share: Tensor,
    weight: Tensor,
    bias: Tensor,
    start: Tensor,
    *,
    counts: Sequence[int],
    back: bool = False,
    half: bool = False,
) -> tuple[Tensor, Tensor]:
    r"""Run one direction of a GRU over sequences that are sorted by falling length.

    .. math:: r, z = \sigma(x_{rz} + U_{rz} h), \quad n = \tanh(x_n + r \odot U_n h), \quad
              h' = n + z \odot (h - n)

    Args:
        share: what the inputs add to the gates, with the inputs' bias.
        weight: recurrent, :math:`U`, in torch's order r, z, n.
        bias: recurrent.
        start: states before the first step.
        counts: how many sequences each step has; it does not rise.
        back: from a sequence's last step to its first.
        half: make the products in bfloat16, as under `torch.autocast`.

    Shapes:
        share ``(T, B, 3 H)``, weight ``(3 H, H)``, bias ``(3 H,)``, start ``(B, H)`` -> states
        ``(T, B, H)``, zeros behind a sequence's end, and the last of each ``(B, H)``.
    """
    return _Recur.apply(share, weight, bias, start, tuple(counts), back, half)  # pyright: ignore


@njit(**KERNEL)
def _gates(step, rows, share, push, state, out, tape):
    """Take one step: the tape keeps r, z, n, the state's part in n, and the state before."""
    batch, width = state.shape
    for b in range(rows):
        x, u, h, y, kept = share[step, b], push[b], state[b], out[step, b], tape[step, b]
        x_r, x_z, x_n = x[:width], x[width : 2 * width], x[2 * width :]
        u_r, u_z, u_n = u[:width], u[width : 2 * width], u[2 * width :]
        rs, zs, ns = kept[:width], kept[width : 2 * width], kept[2 * width : 3 * width]
        parts, before = kept[3 * width : 4 * width], kept[4 * width :]
        for i in range(width):
            r, z = sigmoid(x_r[i] + u_r[i]), sigmoid(x_z[i] + u_z[i])
            n = tanh(x_n[i] + r * u_n[i])
            old = h[i]
            new = n + z * (old - n)
            rs[i], zs[i], ns[i], parts[i], before[i] = r, z, n, u_n[i], old
            h[i] = new
            y[i] = new
    for b in range(rows, batch):
        y, before = out[step, b], tape[step, b, 4 * width :]
        for i in range(width):
            y[i] = _ZERO
            before[i] = _ZERO


@njit(**KERNEL)
def _gates_backward(step, rows, by_out, delta, tape, by_share, by_push):
    """From the gradient of a step's state to its gates', and on by the way past the weights."""
    batch, width = delta.shape
    for b in range(rows):
        d, e, kept = delta[b], by_out[step, b], tape[step, b]
        x, u = by_share[step, b], by_push[step, b]
        x_r, x_z, x_n = x[:width], x[width : 2 * width], x[2 * width :]
        u_r, u_z, u_n = u[:width], u[width : 2 * width], u[2 * width :]
        rs, zs, ns = kept[:width], kept[width : 2 * width], kept[2 * width : 3 * width]
        parts, before = kept[3 * width : 4 * width], kept[4 * width :]
        for i in range(width):
            r, z, n = rs[i], zs[i], ns[i]
            g = d[i] + e[i]
            g_n = g * (_ONE - z) * (_ONE - n * n)
            g_z = g * (before[i] - n) * z * (_ONE - z)
            g_r = g_n * parts[i] * r * (_ONE - r)
            x_r[i], x_z[i], x_n[i] = g_r, g_z, g_n
            u_r[i], u_z[i], u_n[i] = g_r, g_z, g_n * r
            d[i] = g * z
    for b in range(rows, batch):
        x, u = by_share[step, b], by_push[step, b]
        for i in range(3 * width):
            x[i] = _ZERO
            u[i] = _ZERO


class _Recur(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        share: Tensor,
        weight: Tensor,
        bias: Tensor,
        start: Tensor,
        counts: tuple[int, ...],
        back: bool,
        half: bool,
    ) -> tuple[Tensor, Tensor]:
        (steps, batch, _), width = share.shape, weight.shape[1]
        out, state = share.new_empty(steps, batch, width), start.clone()
        work = Workspace((steps, batch, 5 * width), (batch, 3 * width))
        tape, push = work.arrays
        pushed = work.tensors[1]
        if half:
            weight, bias = weight.bfloat16(), bias.bfloat16()
        turned = weight.t()
        given, last, states = share.contiguous().numpy(), state.numpy(), out.numpy()
        with compiling("GRU", 3):
            for t in _order(steps, back):
                rows = counts[t]
                if rows and half:
                    pushed[:rows] = torch.addmm(bias, state[:rows].bfloat16(), turned)
                elif rows:
                    torch.addmm(bias, state[:rows], turned, out=pushed[:rows])
                _gates(t, rows, given, push, last, states, tape)
        ctx.save_for_backward(weight)
        ctx.work, ctx.counts, ctx.back, ctx.half = work, counts, back, half
        return out, state

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_out: Tensor, by_last: Tensor) -> tuple[Any, ...]:
        (weight,), half = ctx.saved_tensors, ctx.half
        steps, batch, width = by_out.shape
        tape = ctx.work.arrays[0]
        work = Workspace((steps, batch, 3 * width))
        (by_push,), (pushed,) = work.arrays, work.tensors
        by_share, delta = by_out.new_empty(steps, batch, 3 * width), by_last.clone()
        given, shared, carried = by_out.contiguous().numpy(), by_share.numpy(), delta.numpy()
        for t in reversed(_order(steps, ctx.back)):
            rows = ctx.counts[t]
            _gates_backward(t, rows, given, carried, tape, shared, by_push)
            if rows and half:
                delta[:rows] += pushed[t, :rows].bfloat16() @ weight
            elif rows:
                delta[:rows].addmm_(pushed[t, :rows], weight)
        flat = pushed.view(steps * batch, 3 * width)
        before = ctx.work.tensors[0].view(steps * batch, 5 * width)[:, 4 * width :]
        total = flat.sum(0)
        if half:
            flat, before = flat.bfloat16(), before.bfloat16()
        return by_share, (flat.t() @ before).float(), total, delta, None, None, None


def _order(steps: int, back: bool) -> range:
    return range(steps - 1, -1, -1) if back else range(steps)
