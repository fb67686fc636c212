"""A DNC's sequence kernel as a function of tensors that autograd knows; see `dnc_forward`.

Shape letters: ``T`` steps, ``B`` batch, ``H`` hidden units, ``N`` slots, ``M`` width of a slot,
``R`` reads, ``P`` size of the interface.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recollect.kernels.dnc_backward import backward
from recollect.kernels.dnc_forward import forward
from recollect.kernels.dnc_layout import Carried, Parts, Scratch, Trail, Wiring
from recollect.kernels.slices import FLOAT, Workspace, compiling, over_batch

__all__ = ["EVERY", "Options", "run", "scratch_shapes", "trail_shapes"]

EVERY = 10
"""Steps between two copies of memory and links."""

_SEGMENT = 3 << 21  # bytes of links that a thread makes again at a time, to stay in the cache
_autograd: Any = torch._C._autograd  # pyright: ignore
_keeps_graph = getattr(_autograd, "_get_current_graph_task_keep_graph", lambda: True)


class Options(NamedTuple):
    """Where the parts of the interface begin, and which rules there are.

    Shapes:
        none.
    """

    parts: Parts
    links: bool
    masking: bool
    deallocation: bool
    sharpness: bool
    floor: float


def run(
    shares: Tensor,
    recurrent: Tensor,
    interface: Tensor,
    bias: Tensor,
    lengths: Tensor | None,
    state: tuple[Tensor, ...],
    options: Options,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run a batch of sequences, one call forward and one backward.

    Shapes:
        shares of the input in the gates ``(T, B, 4H)``, recurrent ``(4H, R*M+H)``, interface ``(P,
        H)``, bias ``(P,)``, lengths ``(B,)`` or None, state as in `dnc_layout.Carried` -> reads
        and hidden units of every step ``(T, B, R*M+H)``, zeros where a sequence has ended, and the
        last state.
    """
    steps, batch = shares.shape[:2]
    slots = state[3].shape[2]
    threads = max(1, min(torch.get_num_threads(), batch))
    room = max(4, _SEGMENT // (EVERY * 4 * slots * slots) // 4 * 4)
    wiring = Wiring(
        *options[:-1],
        floor=np.float32(options.floor),
        keep=torch.is_grad_enabled(),
        every=EVERY,
        together=min(room, -(-batch // threads)),
        threads=threads,
    )
    ends = np.full(batch, steps) if lengths is None else lengths.detach().numpy().astype(np.int64)
    found = _Sequence.apply(wiring, ends, shares, recurrent, interface, bias, *state)
    return found[0], found[1:]


def trail_shapes(sizes: tuple[int, ...], wiring: Wiring) -> list[tuple[int, ...]]:
    """Return the shapes of a `Trail`, for sizes T, B, H, P, R, M, N.

    Shapes:
        none.
    """
    steps, batch, hidden, interface, reads, width, slots = sizes
    kept, copies = (steps, -(-steps // wiring.every)) if wiring.keep else (1, 0)
    linked, masked = slots * wiring.links, slots * wiring.masking
    now, around = (kept, batch), (kept + 1, batch)
    return [
        (*now, 4 * hidden),
        (*around, hidden),
        (*now, interface),
        (*now, reads + 1, slots),
        (*now, reads + 1, slots),
        (*now, reads + 1, masked),
        (*now, 2 * reads, linked),
        (*now, slots),
        (*around, slots),
        (*around, slots),
        (*around, linked),
        (*around, reads, slots),
        (copies, batch, width, slots),
        (copies, batch, linked, linked),
    ]


def scratch_shapes(width: int, slots: int, wiring: Wiring) -> list[tuple[int, ...]]:
    """Return the shapes of a `Scratch`.

    Shapes:
        none.
    """
    each, linked = (wiring.threads, wiring.together), slots * wiring.links
    return [
        (*each, wiring.every + 1, width, slots),
        (*each, wiring.every + 1, slots),
        (*each, wiring.every, linked, linked),
    ]


def _first_call(kernel: Any, name: str, seconds: int) -> AbstractContextManager[None]:
    return nullcontext() if kernel.signatures else compiling(name, seconds)


def _arrays(tensors: Any) -> list[np.ndarray]:
    return [tensor.numpy() for tensor in tensors]


class _Sequence(Function):
    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, wiring: Wiring, ends: np.ndarray, shares: Tensor, recurrent: Tensor,
        interface: Tensor, bias: Tensor, *state: Tensor,
    ) -> tuple[Tensor, ...]:  # fmt: skip
        steps, batch = shares.shape[:2]
        hidden, (_, width, slots), reads = state[1].shape[1], state[3].shape, state[6].shape[1]
        sizes = (steps, batch, hidden, len(bias), reads, width, slots)
        workspace = Workspace(*trail_shapes(sizes, wiring))
        arrays: list[Any] = workspace.arrays
        arrays[7] = arrays[7].view(np.int32)
        trail = Trail(*arrays)
        visible = torch.empty(steps + 1, batch, recurrent.shape[1], **FLOAT)
        last = [part.clone(memory_format=torch.contiguous_format) for part in state]
        with _first_call(forward, "DNC", 25):
            over_batch(
                forward, batch, shares.contiguous().numpy(), recurrent.t().contiguous().numpy(),
                interface.t().contiguous().numpy(), bias.numpy(), ends, visible.numpy(), trail,
                Carried(*_arrays(last)), wiring, long=True,
            )  # fmt: skip
        ctx.set_materialize_grads(False)
        if wiring.keep:
            ctx.save_for_backward(recurrent, interface)
            ctx.wiring, ctx.ends, ctx.visible = wiring, ends, visible
            ctx.workspace, ctx.trail = workspace, trail
            ctx.shapes = [part.shape for part in state]
        return visible[1:], *last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_visible: Tensor | None, *d_last: Tensor | None) -> tuple[Any, ...]:
        recurrent, interface = ctx.saved_tensors
        visible, wiring, trail = ctx.visible, ctx.wiring, ctx.trail
        steps, batch, wide = visible.shape[0] - 1, *visible.shape[1:]
        hidden, (_, width, slots) = interface.shape[1], ctx.shapes[3]
        if d_visible is None:
            d_visible = torch.zeros(steps, batch, wide, **FLOAT)
        grad = [
            torch.zeros(shape, **FLOAT)
            if d is None
            else d.clone(memory_format=torch.contiguous_format)
            for d, shape in zip(d_last, ctx.shapes, strict=True)
        ]
        scratch = Workspace(
            *scratch_shapes(width, slots, wiring), (steps, batch, interface.shape[0])
        )
        *again, d_interface = scratch.arrays
        d_parts = torch.from_numpy(d_interface)
        d_gates = torch.empty(steps, batch, 4 * hidden, **FLOAT)
        with _first_call(backward, "DNC's backward", 30):
            over_batch(
                backward, batch, d_visible.contiguous().numpy(), recurrent.contiguous().numpy(),
                interface.contiguous().numpy(), ctx.ends, trail, Carried(*_arrays(grad)),
                d_gates.numpy(), d_interface, Scratch(*again), wiring, long=True,
            )  # fmt: skip
        if not _keeps_graph():
            ctx.workspace = ctx.trail = None  # the next sequence may run before this graph is gone
        flat_gates, flat_parts = d_gates.flatten(0, 1), d_parts.flatten(0, 1)
        d_recurrent = flat_gates.t() @ visible[:-1].flatten(0, 1)
        units = visible[1:].flatten(0, 1)[:, wide - hidden :]
        return None, None, d_gates, d_recurrent, flat_parts.t() @ units, flat_parts.sum(0), *grad
