"""A Neural Turing Machine over a whole sequence as one operation with a gradient, on the CPU.

The input's share of the gates is one product over all steps before the kernel, and each gradient of
a weight one product over all steps after it. The reference is `recollect.cells.NTMCell`.

Shape letters as in `recollect.kernels.ntm_forward`.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from recollect.kernels.ntm_backward import Flow, backward
from recollect.kernels.ntm_forward import Form, Tape, forward
from recollect.kernels.slices import Workspace, compiling, over_batch

__all__ = ["Form", "Machine", "Start", "run"]

_CHUNK = 16  # steps between which nothing is kept, where no gradient is asked for


class Machine(NamedTuple):
    """The weights of the controller and of the interface; recurrent is None without an LSTM.

    Shapes:
        as beside each.
    """

    inputs: Tensor  # (G, D + R M)
    recurrent: Tensor | None  # (G, H)
    bias: Tensor  # (G,)
    interface: Tensor  # (P, H)
    interface_bias: Tensor  # (P,)


class Start(NamedTuple):
    """A state; hidden and inner are None without an LSTM.

    Shapes:
        as beside each.
    """

    hidden: Tensor | None  # (B, H)
    inner: Tensor | None  # (B, H)
    reads: Tensor  # (B, R M)
    weights: Tensor  # (B, J, N)
    memory: Tensor  # (B, N, M)


def run(
    form: Form, machine: Machine, x: Tensor, start: Start, lengths: Tensor | None
) -> tuple[Tensor, Start]:
    """Run a batch of sequences.

    Shapes:
        x ``(B, T, D)``, start, lengths ``(B,)`` or None -> hidden states and reads ``(T, B, K)``,
        zeros where a sequence has ended, and the last state.
    """
    given = [*machine, x, *start]
    if lengths is not None:
        lengths = lengths.to("cpu", torch.int64).contiguous()
    if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in given):
        out, *last = _Sequence.apply(form, lengths, *given)  # pyright: ignore
        return out, Start(*last)
    whole = x.new_empty(x.shape[1], x.shape[0], machine.interface.shape[1] + start.reads.shape[1])
    for low in range(0, x.shape[1], _CHUNK):
        left = None if lengths is None else lengths - low
        part, start = _run(form, machine, x[:, low : low + _CHUNK], start, left)[:2]
        whole[low : low + _CHUNK] = part
    return whole, start


class _Kept(NamedTuple):
    tape: Tape
    workspace: Workspace
    seen: Tensor
    lengths: Tensor


def _run(
    form: Form, machine: Machine, x: Tensor, start: Start, lengths: Tensor | None
) -> tuple[Tensor, Start, _Kept]:
    batch, steps, given = x.shape
    gates, size = machine.inputs.shape[0], machine.interface.shape[1]
    interface = machine.interface.shape[0]
    heads, slots = start.weights.shape[1:]
    width = start.memory.shape[2]
    places = steps + 1
    work = Workspace(
        (places, batch, size),
        (places, batch, heads, slots),
        (places, batch, width, slots),
        (steps, batch, gates),
        (steps, batch, interface),
        (steps, batch, heads, slots),
        (places, batch, slots),
        (steps, batch, heads, slots),
    )
    inner, weights, memory = work.tensors[:3]
    seen = x.new_empty(places, batch, size + start.reads.shape[1])
    if start.hidden is not None and start.inner is not None:
        seen[0, :, :size], inner[0] = start.hidden, start.inner
    else:
        seen[0, :, :size] = 0
    seen[0, :, size:], weights[0] = start.reads, start.weights
    memory[0] = start.memory.transpose(1, 2)
    tape = Tape(seen.numpy(), *(t.numpy() for t in work.tensors))
    flat = x.transpose(0, 1).reshape(steps * batch, given)
    share = torch.addmm(machine.bias, flat, machine.inputs[:, :given].t())
    ends = torch.full((batch,), steps) if lengths is None else lengths
    with compiling("NTM", 20):
        over_batch(
            forward, batch, form, ends.numpy(), share.view(steps, batch, gates).numpy(),
            _recurrent(machine, given).t().contiguous().numpy(),
            machine.interface.t().contiguous().numpy(), machine.interface_bias.numpy(), tape,
        )  # fmt: skip
    if lengths is None:
        end, last = seen[steps].clone(), [t[steps].clone() for t in (inner, weights, memory)]
    else:
        rows, ended = torch.arange(batch), lengths.clamp(0, steps)
        end, *last = (t[ended, rows] for t in (seen, inner, weights, memory))
    # Where nothing was run the first state stands in place 0, and so is the last.
    has = start.hidden is not None
    state = Start(
        end[:, :size] if has else None,
        last[0] if has else None,
        end[:, size:],
        last[1],
        last[2].transpose(1, 2).contiguous(),
    )
    return seen[1:], state, _Kept(tape, work, seen, ends)


def _recurrent(machine: Machine, given: int) -> Tensor:
    """Return what takes hidden state and reads to the gates, (G, K)."""
    reads = machine.inputs[:, given:]
    if machine.recurrent is not None:
        return torch.cat([machine.recurrent, reads], 1)
    gates, size = reads.shape[0], machine.interface.shape[1]
    return torch.cat([reads.new_zeros(gates, size), reads], 1)


class _Sequence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, form: Form, lengths: Tensor | None, *given: Any) -> Any:
        ctx.set_materialize_grads(False)
        machine, x, start = Machine(*given[:5]), given[5], Start(*given[6:])
        out, last, ctx.kept = _run(form, machine, x, start, lengths)
        ctx.form, ctx.has = form, [t is not None for t in given]
        ctx.save_for_backward(*(t for t in given[:6] if t is not None))
        return out, *last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dout: Tensor | None, *dlast: Tensor | None) -> Any:
        form, kept = ctx.form, ctx.kept
        saved = iter(ctx.saved_tensors)
        *weights, x = (next(saved) if has else None for has in ctx.has[:6])
        machine = Machine(*weights)
        batch, steps, given = x.shape
        tape = kept.tape
        gates, size = machine.inputs.shape[0], machine.interface.shape[1]
        known = tape.seen.shape[2]
        (heads, slots), width = tape.weights.shape[2:], tape.memory.shape[2]
        work = Workspace(
            (batch, known), (batch, size), (batch, heads, slots), (batch, width, slots),
            (steps, batch, gates), (steps, batch, machine.interface.shape[0]),
        )  # fmt: skip
        dseen, dinner, dweights, dmemory, dgates, dparts = work.tensors
        for into, given_in in (
            (dseen[:, :size], dlast[0]),
            (dinner, dlast[1]),
            (dseen[:, size:], dlast[2]),
            (dweights, dlast[3]),
            (dmemory, None if dlast[4] is None else dlast[4].transpose(1, 2)),
        ):
            if given_in is None:
                into.zero_()
            else:
                into.copy_(given_in)
        if dout is None:
            dout = x.new_zeros(steps, batch, known)
        recurrent = _recurrent(machine, given)
        flow = Flow(*(t.numpy() for t in (dseen, dinner, dweights, dmemory)))
        with compiling("NTM's backward", 20):
            over_batch(
                backward, batch, form, kept.lengths.numpy(), dout.contiguous().numpy(),
                recurrent.contiguous().numpy(), machine.interface.contiguous().numpy(), tape, flow,
                dgates.numpy(), dparts.numpy(),
            )  # fmt: skip
        z, p = dgates.view(steps * batch, gates), dparts.view(steps * batch, -1)
        before = kept.seen[:-1].view(steps * batch, known)
        after = kept.seen[1:].view(steps * batch, known)
        flat = x.transpose(0, 1).reshape(steps * batch, given)
        fed = z.t() @ before
        dx = None
        if ctx.needs_input_grad[7]:
            dx = (z @ machine.inputs[:, :given]).view(steps, batch, given).transpose(0, 1)
        lstm = machine.recurrent is not None
        return (
            None,
            None,
            torch.cat([z.t() @ flat, fed[:, size:]], 1),
            fed[:, :size] if lstm else None,
            z.sum(0),
            p.t() @ after[:, :size],
            p.sum(0),
            dx,
            dseen[:, :size].clone() if lstm else None,
            dinner.clone() if lstm else None,
            dseen[:, size:].clone(),
            dweights.clone(),
            dmemory.transpose(1, 2).clone(),
        )
