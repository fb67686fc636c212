"""A Neural Turing Machine over a whole sequence as one operation with a gradient, on the CPU.

The input's share of the gates is one product over all steps before the kernel, and each gradient of
a weight one product over all steps after it. The reference is `recollect.cells.NTMCell`.

Shape letters as in `recollect.kernels.ntm_forward`.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from recollect.kernels.ntm_backward import Flow, backward
from recollect.kernels.ntm_forward import Form, Tape, forward
from recollect.kernels.slices import FLOAT, Workspace, compiling, over_batch

__all__ = ["Form", "Machine", "Place", "run"]

_CHUNK = 16  # steps that share a tape, where no gradient is asked for


class Machine(NamedTuple):
    """The weights of the controller and of the interface; None is what only an LSTM has.

    Shapes:
        as beside each.
    """

    inputs: Tensor  # (G, D + R M)
    recurrent: Tensor | None  # (G, H)
    bias: Tensor  # (G,)
    recurrent_bias: Tensor | None  # (G,)
    interface: Tensor  # (P, H)
    interface_bias: Tensor  # (P,)


class Place(NamedTuple):
    """A state; None is what only an LSTM has.

    Shapes:
        as beside each.
    """

    hidden: Tensor | None  # (B, 1, H)
    inner: Tensor | None  # (B, 1, H)
    reads: Tensor  # (B, R, M)
    weights: Tensor  # (B, J, N)
    memory: Tensor  # (B, N, M)


def run(
    form: Form, machine: Machine, x: Tensor, start: Place, lengths: Tensor | None
) -> tuple[Tensor, Place]:
    """Run a batch of sequences.

    Shapes:
        x ``(B, T, D)``, start, lengths ``(B,)`` or None -> hidden states and reads ``(T, B, K)``,
        zeros where a sequence has ended, and the last state.
    """
    batch, steps, _ = x.shape
    given = [*machine, x, *start]
    ends = np.full(batch, steps) if lengths is None else lengths.numpy().astype(np.int64)
    if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in given):
        out, *last = _Sequence.apply(form, ends, *given)  # pyright: ignore
        return out, Place(*last)
    known = machine.interface.shape[1] + form.reads * start.memory.shape[2]
    out = x.new_empty(steps, batch, known)
    for low in range(0, steps, _CHUNK):
        left = (ends - low).clip(0, _CHUNK)
        part, start, _ = _run(form, machine, x[:, low : low + _CHUNK], start, left)
        out[low : low + _CHUNK] = part
    return out, start


class _Kept(NamedTuple):
    tape: Tape
    workspace: Workspace  # the tape's arrays are its own: it goes back when this does
    ends: NDArray[np.int64]
    recurrent: Tensor  # (G, K)


def _run(
    form: Form, machine: Machine, x: Tensor, start: Place, ends: NDArray[np.int64]
) -> tuple[Tensor, Place, _Kept]:
    batch, steps, given = x.shape
    gates, size = machine.inputs.shape[0], machine.interface.shape[1]
    (_, heads, slots), width = start.weights.shape, start.memory.shape[2]
    work = Workspace(
        (steps + 1, batch, size),
        (steps + 1, batch, heads, slots),
        (steps + 1, batch, width, slots),
        (steps, batch, gates),
        (steps, batch, machine.interface.shape[0]),
        (steps, batch, heads, slots),
        (steps + 1, batch, slots),
        (steps, batch, heads, slots),
    )
    seen = torch.empty(steps + 1, batch, size + form.reads * width, **FLOAT)
    tape = Tape(seen.numpy(), *work.arrays)
    lstm = False
    if start.hidden is not None and start.inner is not None:
        lstm = True
        tape.seen[0, :, :size] = start.hidden.detach().numpy()[:, 0]
        tape.inner[0] = start.inner.detach().numpy()[:, 0]
    else:
        tape.seen[0, :, :size] = 0
    tape.seen[0, :, size:] = start.reads.detach().numpy().reshape(batch, form.reads * width)
    tape.weights[0] = start.weights.detach().numpy()
    tape.memory[0] = start.memory.detach().numpy().transpose(0, 2, 1)
    with torch.no_grad():
        bias = machine.bias
        if machine.recurrent_bias is not None:
            bias = bias + machine.recurrent_bias
        flat = x.transpose(0, 1).reshape(steps * batch, given)
        share = torch.addmm(bias, flat, machine.inputs[:, :given].t())
        recurrent = _recurrent(machine, given)
        interface = machine.interface.t().contiguous()
    with compiling("NTM", 20):
        over_batch(
            forward, batch, form, ends, share.view(steps, batch, gates).numpy(),
            recurrent.t().contiguous().numpy(), interface.numpy(),
            machine.interface_bias.detach().numpy(), tape, long=True,
        )  # fmt: skip
    at: Any = steps if ends.min(initial=steps) == steps else (ends, np.arange(batch))
    end = tape.seen[at]
    last = Place(
        torch.from_numpy(end[:, None, :size].copy()) if lstm else None,
        torch.from_numpy(tape.inner[at][:, None].copy()) if lstm else None,
        torch.from_numpy(end[:, size:].reshape(batch, form.reads, width).copy()),
        torch.from_numpy(tape.weights[at].copy()),
        torch.from_numpy(tape.memory[at].copy()).transpose(1, 2),
    )
    return seen[1:], last, _Kept(tape, work, ends, recurrent)


def _recurrent(machine: Machine, given: int) -> Tensor:
    """Return what takes hidden state and reads to the gates, (G, K)."""
    reads = machine.inputs[:, given:]
    if machine.recurrent is not None:
        return torch.cat([machine.recurrent, reads], 1)
    return torch.cat([reads.new_zeros(len(reads), machine.interface.shape[1]), reads], 1)


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, form: Form, ends: NDArray[np.int64], *given: Any) -> Any:
        ctx.set_materialize_grads(False)
        machine, x, start = Machine(*given[:6]), given[6], Place(*given[7:])
        out, last, ctx.kept = _run(form, machine, x, start, ends)
        ctx.form, ctx.has = form, [t is not None for t in given[:7]]
        ctx.save_for_backward(*(t for t in given[:7] if t is not None))
        return out, *last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dout: Tensor | None, *dlast: Tensor | None) -> Any:
        form, (tape, _, ends, recurrent) = ctx.form, ctx.kept
        saved = iter(ctx.saved_tensors)
        weights: list[Any] = [next(saved) if has else None for has in ctx.has]
        x = weights.pop()
        machine = Machine(*weights)
        batch, steps, given = x.shape
        gates, size = machine.inputs.shape[0], machine.interface.shape[1]
        known = tape.seen.shape[2]
        (heads, slots), width = tape.weights.shape[2:], tape.memory.shape[2]
        work = Workspace(
            (batch, known), (batch, size), (batch, heads, slots), (batch, width, slots),
            (steps, batch, gates), (steps, batch, machine.interface.shape[0]),
        )  # fmt: skip
        flow = Flow(*work.arrays[:4])
        _fill(flow.seen[:, :size], dlast[0], (batch, size))
        _fill(flow.inner, dlast[1], (batch, size))
        _fill(flow.seen[:, size:], dlast[2], (batch, known - size))
        _fill(flow.weights, dlast[3], (batch, heads, slots))
        _fill(flow.memory.transpose(0, 2, 1), dlast[4], (batch, slots, width))
        if dout is None:
            dout = torch.zeros(steps, batch, known, **FLOAT)
        dgates, dparts = work.arrays[4:]
        with compiling("NTM's backward", 20):
            over_batch(
                backward, batch, form, ends, dout.contiguous().numpy(), recurrent.numpy(),
                machine.interface.contiguous().numpy(), tape, flow, dgates, dparts,
                long=True,
            )  # fmt: skip
        z = torch.from_numpy(dgates).view(steps * batch, gates)
        p = torch.from_numpy(dparts).view(steps * batch, len(machine.interface))
        seen = torch.from_numpy(tape.seen)
        before = seen[:-1].view(steps * batch, known)
        after = seen[1:].view(steps * batch, known)
        flat = x.transpose(0, 1).reshape(steps * batch, given)
        needs = ctx.needs_input_grad
        fed, dbias = z.t() @ before, z.sum(0)
        dinputs = (flat.t() @ z).t()  # where x is narrow, six times as fast as z.t() @ flat
        dx = None
        if needs[8]:
            dx = (z @ machine.inputs[:, :given]).view(steps, batch, given).transpose(0, 1)
        lstm = machine.recurrent is not None
        reads = flow.seen[:, size:].reshape(batch, form.reads, width)
        return (
            None,
            None,
            torch.cat([dinputs, fed[:, size:]], 1),
            fed[:, :size] if lstm else None,
            dbias,
            dbias.clone() if lstm else None,
            p.t() @ after[:, :size],
            p.sum(0),
            dx,
            torch.from_numpy(flow.seen[:, None, :size].copy()) if needs[9] else None,
            torch.from_numpy(flow.inner[:, None].copy()) if needs[10] else None,
            torch.from_numpy(reads) if needs[11] else None,
            torch.from_numpy(flow.weights.copy()) if needs[12] else None,
            torch.from_numpy(flow.memory.copy()).transpose(1, 2) if needs[13] else None,
        )


def _fill(into: NDArray[np.float32], gradient: Tensor | None, shape: tuple[int, ...]) -> None:
    into[...] = 0 if gradient is None else gradient.numpy().reshape(shape)
