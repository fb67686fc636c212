"""A `DNCCell` over a whole sequence in its kernel: parameters and state in the kernel's layout.

Shape letters: as in `recollect.cells.dnc`; ``T`` steps, ``D`` input size.
"""

from itertools import accumulate
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.cells.controller import LSTMController, LSTMControllerState
from recollect.cells.dnc import DNCCell
from recollect.cells.dnc_state import DNCState
from recollect.functional.masks import length_mask
from recollect.kernels.dnc import Options, run
from recollect.kernels.dnc_layout import Parts

__all__ = ["run_fused"]

_PIECE = 100  # steps between which nothing is kept, where no gradient is asked for


def run_fused(
    cell: DNCCell, x: Tensor, state: DNCState, lengths: Tensor | None
) -> tuple[Tensor, DNCState]:
    """Run the cell over every step of `x`, in float32 on the CPU.

    Shapes:
        x ``(B, T, D)``, state, lengths ``(B,)`` or None -> y ``(B, T, output_size)``, state.
    """
    assert isinstance(cell.controller, LSTMController)  # `lacks` refuses others
    layer: Any = cell.controller.layers[0]
    linear, hidden = cell.interface.linear, cell.controller.hidden_size
    batch, steps, features = x.shape
    if steps > _PIECE and not torch.is_grad_enabled():
        done = []
        for low in range(0, steps, _PIECE):
            part = x[:, low : low + _PIECE]
            left = None if lengths is None else (lengths - low).clamp(0, part.shape[1])
            y, state = run_fused(cell, part, state, left)
            done.append(y)
        return torch.cat(done, 1), state
    with torch.autocast("cpu", enabled=False):
        inputs = x.transpose(0, 1).reshape(steps * batch, features)
        shares = torch.addmm(
            layer.bias_ih + layer.bias_hh, inputs, layer.weight_ih[:, :features].t()
        )
        visible, last = run(
            shares.view(steps, batch, -1),
            torch.cat([layer.weight_ih[:, features:], layer.weight_hh], 1),
            linear.weight,
            linear.bias,
            lengths,
            _pack(state),
            _options(cell),
        )
    # The kernel has the reads first, the cell has the hidden units first.
    weight = cell.output.weight
    weight = torch.cat([weight[:, hidden:], weight[:, :hidden]], 1)
    y = F.linear(visible, weight, cell.output.bias).transpose(0, 1)
    if lengths is not None:
        y = y * length_mask(lengths, steps).unsqueeze(-1)
    return y, _unpack(last, state)


def _options(cell: DNCCell) -> Options:
    shapes, rules = cell.interface.shapes, cell.rules
    starts = dict(zip(shapes, accumulate([0, *cell.interface.sizes]), strict=False))
    return Options(
        Parts(*(starts.get(name, -1) for name in Parts._fields)),
        links=not rules.content_only,
        masking=rules.masking,
        deallocation=rules.deallocation,
        sharpness=rules.sharpness and not rules.content_only,
        floor=rules.floor,
    )


def _pack(state: DNCState) -> tuple[Tensor, ...]:
    batch = state.memory.shape[0]
    none = state.memory.new_zeros(batch, 0)
    return (
        state.reads.flatten(1),
        state.controller.hidden.squeeze(1),
        state.controller.inner.squeeze(1),
        state.memory.mT,
        state.usage,
        state.write_weights.squeeze(1),
        state.read_weights,
        none if state.precedence is None else state.precedence.squeeze(1),
        none.unsqueeze(1) if state.link is None else state.link.squeeze(1),
    )


def _unpack(last: tuple[Tensor, ...], state: DNCState) -> DNCState:
    reads, hidden, inner, memory, usage, write, read, precedence, link = last
    return DNCState(
        LSTMControllerState(hidden.unsqueeze(1), inner.unsqueeze(1)),
        memory.mT,
        usage,
        write.unsqueeze(1),
        read,
        reads.view_as(state.reads),
        precedence=None if state.precedence is None else precedence.unsqueeze(1),
        link=None if state.link is None else link.unsqueeze(1),
    )
