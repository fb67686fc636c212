"""A sequence of `SparseAccessCell` over one memory that is changed in place.

The controller runs in torch, a step at a time; the memory is numpy's and the kernel's. What ties
the steps together for autograd is a *thread*: a tensor that stands for the memory in use, that is
empty on the way forward, and whose gradient, on the way back, is the gradient of the memory.

Shape letters: as in `recollect.cells.sparse`; ``P`` slots that the sequence can reach.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recollect.cells.base import map_state
from recollect.cells.sparse import SparseAccessCell, SparseAccessState
from recollect.functional.masks import length_mask
from recollect.kernels.slices import compiling
from recollect.kernels.sparse import Journal, Slots, measure, read_write, read_write_backward

__all__ = ["open_memory", "reach_of", "run"]


def run(
    cell: SparseAccessCell, x: Tensor, state: SparseAccessState, lengths: Tensor | None
) -> tuple[Tensor, SparseAccessState]:
    """Run the cell over every step of `x`.

    Shapes:
        x ``(B, T, input_size)``, state, lengths ``(B,)`` or None -> y ``(B, T, output_size)``,
        state.
    """
    batch, steps = x.shape[:2]
    slots = open_memory(state)
    reach, size = reach_of(cell, slots, steps), slots.memory.shape[1]
    thread = _Begin.apply(state.memory, reach)
    controller, reads = state.controller, state.reads
    before, weights = np.ascontiguousarray(state.slots.numpy()), state.weights
    everyone, hidden = np.ones(batch, np.bool_), []
    for t, step in enumerate(x.unbind(1)):
        alive, here = everyone, None
        if lengths is not None:
            here = lengths > t
            alive = here.numpy()
        with torch.autocast("cpu", enabled=False):
            h, after = cell.controller(torch.cat([step, reads.flatten(1)], -1), controller)
            heads = cell.heads_of(h, x.dtype)
        journal = _journal(cell, batch, slots.memory.dtype)
        found, weights, thread = _Step.apply(*heads, before, weights, alive, slots, journal, thread)
        before = journal.slots
        hidden.append(torch.cat([h, found.flatten(1)], -1))
        if here is not None:
            found = torch.where(here.view(-1, 1, 1), found, reads)
            after = map_state(lambda a, b, here=here: _hold(here, a, b), after, controller)
        controller, reads = after, found
    assert reach == size or int(slots.extent.max(initial=0)) < reach
    y = cell.output(torch.stack(hidden, 1)) if hidden else x.new_zeros(batch, 0, cell.output_size)
    if lengths is not None:
        y = y * length_mask(lengths, steps).unsqueeze(-1)
    last, step, extent, read = (
        torch.from_numpy(part) for part in (slots.last, slots.step, slots.extent, before)
    )
    memory = _End.apply(thread, state.memory, slots.memory)
    return y, SparseAccessState(controller, memory, last, step, extent, read, weights, reads)


class _Begin(Function):
    """Make the thread of a memory."""

    @staticmethod
    def forward(ctx: Any, memory: Tensor, reach: int) -> Tensor:
        ctx.shape = memory.shape
        return _thread(memory, len(memory), reach)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor, None]:
        wide = delta.new_zeros(ctx.shape)
        wide[:, : delta.shape[1]] = delta
        return wide, None


class _Step(Function):
    """Write and read; the arguments that are no tensors are the memory and the journal."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, query: Tensor, word: Tensor, strength: Tensor, gate: Tensor, mix: Tensor,
        before: np.ndarray, weights: Tensor, alive: np.ndarray, slots: Slots, journal: Journal,
        thread: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        arrays = [t.detach().contiguous().numpy() for t in (query, strength, word, gate, mix)]
        arrays += [before, weights.detach().contiguous().numpy()]
        with compiling(f"sparse access {arrays[0].dtype}", 15):
            reads = read_write(alive, *arrays, slots, journal)  # pyright: ignore[reportCallIssue]
        ctx.set_materialize_grads(False)
        ctx.alive, ctx.arrays, ctx.journal, ctx.shape = alive, arrays, journal, thread.shape
        return (
            torch.from_numpy(reads),
            torch.from_numpy(journal.weights.copy()),
            _thread(query, *thread.shape[:2], width=thread.shape[2]),
        )

    @staticmethod
    @once_differentiable
    def backward(  # type: ignore[override]
        ctx: Any, d_reads: Tensor | None, d_weights: Tensor | None, d_thread: Tensor | None
    ) -> tuple[Any, ...]:
        kind, journal = ctx.arrays[0].dtype, ctx.journal

        def array(delta: Tensor | None, shape: tuple[int, ...]) -> np.ndarray:
            # Fresh zeros are pages that do not exist until they are written.
            return np.zeros(shape, kind) if delta is None else delta.contiguous().numpy()

        # The gradient of a thread has this step for its only reader, so it is ours to change.
        d_memory = array(d_thread, ctx.shape)
        with compiling(f"sparse access {kind} backward", 5):
            found = read_write_backward(
                ctx.alive, array(d_reads, ctx.arrays[0].shape),
                array(d_weights, journal.weights.shape), d_memory, *ctx.arrays, journal,  # pyright: ignore[reportCallIssue]
            )  # fmt: skip
        query, strength, word, gate, mix, weights = (torch.from_numpy(part) for part in found)
        return (
            query, word, strength, gate, mix, None, weights, None, None, None,
            torch.from_numpy(d_memory),
        )  # fmt: skip


class _End(Function):
    """Hand the memory over once the sequence is done with it."""

    @staticmethod
    def forward(ctx: Any, thread: Tensor, before: Tensor, memory: np.ndarray) -> Tensor:
        ctx.reach = thread.shape[1]
        return torch.from_numpy(memory)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor, Tensor | None, None]:
        # Slots out of reach are the same before and after.
        beyond = None
        if ctx.needs_input_grad[1]:
            beyond = delta.clone()
            beyond[:, : ctx.reach] = 0
        return delta[:, : ctx.reach].clone(memory_format=torch.contiguous_format), beyond, None


def reach_of(cell: SparseAccessCell, slots: Slots, steps: int) -> int:
    """Return how many slots so many steps can reach: one writes some out of use and reads on.

    Shapes:
        none.
    """
    more = 2 * max(cell.heads, cell.nearest) * (steps + 1)
    return min(slots.memory.shape[1], int(slots.extent.max(initial=0)) + more)


def open_memory(state: SparseAccessState) -> Slots:
    """Copy what is in use; all else is zeros, which cost nothing until they are written.

    Shapes:
        as of the state.
    """
    memory, last = state.memory.detach().numpy(), state.last.numpy()
    extent = state.extent.numpy().copy()
    slots = Slots(
        np.zeros(memory.shape, memory.dtype),
        np.zeros(memory.shape[:2], memory.dtype),
        np.zeros(last.shape, last.dtype),
        state.step.numpy().copy(),
        extent,
        np.zeros(memory.shape[1], memory.dtype),
    )
    for b, end in enumerate(extent):
        slots.memory[b, :end] = memory[b, :end]
        slots.last[b, :end] = last[b, :end]
    measure(slots.memory, extent, slots.inverse)
    return slots


def _journal(cell: SparseAccessCell, batch: int, kind: np.dtype) -> Journal:
    shape = batch, cell.heads, cell.nearest
    return Journal(
        np.zeros(shape[:2], np.int64),
        np.zeros(shape, np.int64),
        np.zeros(shape, kind),
        np.zeros((*shape, cell.width), kind),
        np.zeros(shape, kind),
        np.zeros(shape, kind),
    )


def _thread(like: Tensor, batch: int, reach: int, *, width: int | None = None) -> Tensor:
    width = like.shape[-1] if width is None else width
    return like.new_zeros(()).expand(batch, reach, width)


def _hold(alive: Tensor, new: Tensor, old: Tensor) -> Tensor:
    return torch.where(alive.view(-1, *[1] * (new.dim() - 1)), new, old)
