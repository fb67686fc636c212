"""A sequence of `SparseAccessCell` under one layer of LSTM, in one call of a kernel each way.

Shape letters: as in `recollect.kernels.sparse_lstm`; ``D`` inputs.
"""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from recollect.cells.controller import LSTMController, LSTMControllerState
from recollect.cells.sparse import SparseAccessCell, SparseAccessState
from recollect.cells.sparse_sequence import open_memory, reach_of
from recollect.functional.masks import length_mask
from recollect.kernels.slices import FLOAT, compiling, over_batch
from recollect.kernels.sparse import Journal
from recollect.kernels.sparse_lstm import Heads, Units, backward, forward

__all__ = ["fits", "run"]


def fits(cell: SparseAccessCell, x: Tensor) -> bool:
    """Tell whether the kernel has this cell's controller, and the type of its numbers.

    Shapes:
        x any.
    """
    controller = cell.controller
    one_layer = isinstance(controller, LSTMController) and len(controller.layers) == 1
    return one_layer and x.dtype == torch.float32


def run(
    cell: SparseAccessCell, x: Tensor, state: SparseAccessState, lengths: Tensor | None
) -> tuple[Tensor, SparseAccessState]:
    """Run the cell over every step of `x`.

    Shapes:
        x ``(B, T, D)``, state, lengths ``(B,)`` or None -> y ``(B, T, output_size)``, state.
    """
    assert isinstance(cell.controller, LSTMController)
    (layer,), (batch, steps, inputs) = cell.controller.layers, x.shape
    assert isinstance(layer, nn.LSTMCell)
    with torch.autocast("cpu", enabled=False):
        bias = layer.bias_ih + layer.bias_hh
        share = F.linear(x.transpose(0, 1), layer.weight_ih[:, :inputs], bias)
    alive = np.ones((steps, batch), np.bool_)
    if lengths is not None:
        alive = np.ascontiguousarray(length_mask(lengths, steps).t().numpy())
    slots = open_memory(state)
    reach = reach_of(cell, slots, steps)
    hidden, inner = state.controller
    linear = cell.interface.linear
    journal = _journal(cell, steps, batch)
    states, last_inner, weights, memory = _Sequence.apply(
        share,
        torch.cat([layer.weight_ih[:, inputs:], layer.weight_hh], 1),
        linear.weight,
        linear.bias,
        torch.cat([state.reads.flatten(1), hidden.squeeze(1)], -1),
        inner.squeeze(1),
        state.weights,
        state.memory,
        (np.ascontiguousarray(state.slots.numpy()), alive, slots, journal, reach),
    )
    words, weight = cell.heads * cell.width, cell.output.weight
    size = cell.controller.hidden_size
    # The kernel has the reads first, the cell has the hidden units first.
    weight = torch.cat([weight[:, size:], weight[:, :size]], 1)
    y = F.linear(states[1:], weight, cell.output.bias).transpose(0, 1)
    if lengths is not None:
        y = y * torch.from_numpy(alive).t().unsqueeze(-1)
    last = states[-1]
    read = journal.slots[-1] if steps else state.slots.numpy()
    after = LSTMControllerState(last[:, words:].unsqueeze(1), last_inner.unsqueeze(1))
    used, step, extent, read = (
        torch.from_numpy(part) for part in (slots.last, slots.step, slots.extent, read)
    )
    reads = last[:, :words].reshape(batch, cell.heads, cell.width)
    return y, SparseAccessState(after, memory, used, step, extent, read, weights, reads)


class _Sequence(Function):
    """All steps; the last argument holds what is no tensor."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, share: Tensor, recurrent: Tensor, interface: Tensor, bias: Tensor, state: Tensor,
        inner: Tensor, weights: Tensor, memory: Tensor, rest: tuple[Any, ...],
    ) -> tuple[Tensor, ...]:  # fmt: skip
        before, alive, slots, journal, reach = rest
        (steps, batch, wide), size = share.shape, state.shape[1]
        count, width = weights.shape[1], memory.shape[2]

        def blank(*shape: int) -> np.ndarray:
            return np.zeros(shape, np.float32)

        units = Units(
            blank(steps + 1, batch, size), blank(steps + 1, batch, wide // 4),
            blank(steps, batch, wide),
        )  # fmt: skip
        units.state[0], units.inner[0] = state.detach().numpy(), inner.detach().numpy()
        heads = Heads(
            *(blank(steps, batch, count, width) for _ in range(2)),
            *(blank(steps, batch, count) for _ in range(3)),
        )
        had = weights.detach().contiguous().numpy()
        with compiling("sparse access", 40):
            over_batch(
                forward, batch, reach, alive, share.detach().contiguous().numpy(),
                *(w.detach().t().contiguous().numpy() for w in (recurrent, interface)),
                bias.detach().numpy(), units, heads, before, had, slots, journal,
            )  # fmt: skip
        assert reach == memory.shape[1] or int(slots.extent.max(initial=0)) < reach
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(recurrent, interface)
        ctx.kept = units, heads, before, had, alive, journal, (batch, reach, width)
        ctx.shape = memory.shape
        # Copies, for what is handed out may be changed, and is wanted on the way back.
        last = journal.weights[-1].copy() if steps else had.copy()
        return (
            torch.from_numpy(units.state.copy()),
            torch.from_numpy(units.inner[-1].copy()),
            torch.from_numpy(last),
            torch.from_numpy(slots.memory),
        )

    @staticmethod
    @once_differentiable
    def backward(  # type: ignore[override]
        ctx: Any, d_states: Tensor | None, d_inner: Tensor | None, d_weights: Tensor | None,
        d_memory: Tensor | None,
    ) -> tuple[Any, ...]:  # fmt: skip
        recurrent, interface = ctx.saved_tensors
        units, heads, before, had, alive, journal, reached = ctx.kept
        (steps, batch, wide), size = units.gates.shape, units.state.shape[2]

        def own(delta: Tensor | None, shape: tuple[int, ...]) -> np.ndarray:
            # Fresh zeros are pages that do not exist until they are written.
            return np.zeros(shape, np.float32) if delta is None else delta.clone(
                memory_format=torch.contiguous_format
            ).numpy()  # fmt: skip

        states = own(d_states, units.state.shape)
        into = None if d_memory is None else d_memory[:, : reached[1]]
        first = np.zeros((batch, size), np.float32)
        inner, weights = own(d_inner, units.inner.shape[1:]), own(d_weights, had.shape)
        memory = own(into, reached)
        dz = np.zeros((steps, batch, wide), np.float32)
        dp = np.zeros((steps, batch, interface.shape[0]), np.float32)
        over_batch(
            backward, batch, alive, states[1:], recurrent.detach().contiguous().numpy(),
            interface.detach().contiguous().numpy(), units, heads, before, had, journal, first,
            inner, weights, memory, dz, dp,
        )  # fmt: skip
        first += states[0]
        z, p = torch.from_numpy(dz), torch.from_numpy(dp)
        kept = torch.from_numpy(units.state)
        d_recurrent = z.flatten(0, 1).t() @ kept[:-1].reshape(steps * batch, size)
        shown = _hidden(units)
        d_interface = p.flatten(0, 1).t() @ shown.reshape(steps * batch, shown.shape[-1])
        wider = None
        if ctx.needs_input_grad[7]:
            wider = torch.zeros(ctx.shape, **FLOAT) if d_memory is None else d_memory.clone()
            wider[:, : reached[1]] = torch.from_numpy(memory)
        return (
            z, d_recurrent, d_interface, p.sum((0, 1)), torch.from_numpy(first),
            torch.from_numpy(inner), torch.from_numpy(weights), wider, None,
        )  # fmt: skip


def _hidden(units: Units) -> Tensor:
    """The hidden units behind each step: those of a sequence that has ended have no gradient."""
    size = units.inner.shape[2]
    return torch.from_numpy(units.state[1:, :, units.state.shape[2] - size :])


def _journal(cell: SparseAccessCell, steps: int, batch: int) -> Journal:
    shape = steps, batch, cell.heads, cell.nearest
    return Journal(
        np.zeros(shape[:3], np.int64),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.float32),
        np.zeros((*shape, cell.width), np.float32),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.float32),
    )
