"""Additive scores as one operation with a gradient, on the CPU: nothing of ``T * N * A`` is stored.

A hyperbolic tangent is made twice, forward and backward, which costs less than to write it down and
read it again. The reference is `recollect.functional.additive`.

Shape letters: ``B`` batch, ``T`` queries, ``N`` slots, ``A`` width.
"""

from typing import Any

import numpy as np
import torch
from numba import njit
from torch import Tensor
from torch.autograd.function import once_differentiable

from recollect.kernels.maths import KERNEL, tanh
from recollect.kernels.slices import compiling, over_batch

__all__ = ["scores"]

_ZERO, _ONE = np.float32(0), np.float32(1)


def scores(query: Tensor, keys: Tensor, v: Tensor) -> Tensor:
    r"""Score every slot for every query.

    .. math:: e_{ij} = v^\top \tanh(q_i + k_j)

    Shapes:
        query ``(B, T, A)``, keys ``(B, N, A)``, v ``(A,)`` -> scores ``(B, T, N)``.
    """
    return _Scores.apply(query, keys, v)  # pyright: ignore


@njit(**KERNEL)
def _forward(low, high, query, keys, v, out):
    steps, slots, width = query.shape[1], keys.shape[1], v.shape[0]
    for b in range(low, high):
        for i in range(steps):
            q, row = query[b, i], out[b, i]
            for j in range(slots):
                k, total = keys[b, j], _ZERO
                for d in range(width):
                    total += v[d] * tanh(q[d] + k[d])
                row[j] = total


@njit(**KERNEL)
def _backward(low, high, by_out, query, keys, v, by_query, by_keys, by_v):
    """The gradients of v are one a sequence, to be summed by who calls."""
    steps, slots, width = query.shape[1], keys.shape[1], v.shape[0]
    for b in range(low, high):
        for j in range(slots):
            g_k = by_keys[b, j]
            for d in range(width):
                g_k[d] = _ZERO
        g_v = by_v[b]
        for d in range(width):
            g_v[d] = _ZERO
        for i in range(steps):
            q, g_q, row = query[b, i], by_query[b, i], by_out[b, i]
            for d in range(width):
                g_q[d] = _ZERO
            for j in range(slots):
                k, g_k, g = keys[b, j], by_keys[b, j], row[j]
                if g == _ZERO:  # padding, and a third of all in a batch of unlike lengths
                    continue
                for d in range(width):
                    t = tanh(q[d] + k[d])
                    g_v[d] += g * t
                    inner = g * v[d] * (_ONE - t * t)
                    g_q[d] += inner
                    g_k[d] += inner


class _Scores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, keys: Tensor, v: Tensor) -> Tensor:
        query, keys, v = query.contiguous(), keys.contiguous(), v.contiguous()
        out = query.new_empty(*query.shape[:2], keys.shape[1])
        with compiling("additive score", 2):
            over_batch(_forward, len(query), query.numpy(), keys.numpy(), v.numpy(), out.numpy())
        ctx.save_for_backward(query, keys, v)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, keys, v = ctx.saved_tensors
        by_query, by_keys = torch.empty_like(query), torch.empty_like(keys)
        by_v = v.new_empty(len(query), len(v))
        arrays = (by_out.contiguous(), query, keys, v, by_query, by_keys, by_v)
        over_batch(_backward, len(query), *(x.numpy() for x in arrays))
        return by_query, by_keys, by_v.sum(0)
