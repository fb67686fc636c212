"""A memory machine whose memory is as large as the sequence is long.

Shape letters: ``B`` batch, ``T`` time, ``I`` inputs, ``O`` outputs, ``N`` slots.
"""

from typing import Any

import torch
from torch import Tensor, nn

from recollect.cells import DNCCell, LSTMController, Recurrent

__all__ = ["SlotPerStep", "ready"]


class SlotPerStep(nn.Module):
    r"""Run a DNC over a sequence with a slot for every step, in whole blocks.

    .. math:: N = b \lceil T / b \rceil

    A short sequence then has a small memory: it costs less, links above all, and what was written
    is not lost among empty slots when reading begins to be learnt. It is called as
    ``nn.LSTM(batch_first=True)`` is.

    Shapes:
        x ``(B, T, I)``, state or None -> y ``(B, T, O)``, state.

    >>> machine = SlotPerStep(DNCCell(3, output_size=2, slots=1, width=4), block=8)
    >>> y, state = machine(torch.zeros(5, 9, 3))
    >>> y.shape, state.memory.shape
    (torch.Size([5, 9, 2]), torch.Size([5, 16, 4]))
    """

    def __init__(self, cell: DNCCell, *, block: int = 16):
        super().__init__()
        if block < 1:
            raise ValueError(f"block is {block}; give 1 or more slots")
        self.recurrent, self.block = Recurrent(cell), block

    def begin(self, batch: int, steps: int) -> Any:
        """Return the state before the first of so many steps.

        Shapes:
            -> the cell's state, ``(B, ...)``.
        """
        slots = max(1, -(-steps // self.block)) * self.block
        return self.recurrent.cell.initial_state(batch, slots=slots)  # pyright: ignore

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Run the cell over every step; see the class."""
        if state is None:
            state = self.begin(*x.shape[:2])
        return self.recurrent(x, state)


@torch.no_grad()
def ready(
    cell: DNCCell,
    *,
    gain: float = 3.0,
    strength: float = 8.0,
    forget: float = -2.0,
    carry: float = 0.1,
) -> DNCCell:
    r"""Start a DNC so that what was written from an input is found by an input like it.

    .. math:: W_{k^r} \leftarrow W_v, \quad b_{\beta^r} \leftarrow \beta, \quad
              b_{g^a} \leftarrow 2, \quad b_{g^w} \leftarrow 1, \quad b_f \leftarrow -1,
              \quad b_{\mathrm{forget}} \leftarrow -2

    Read keys start as copies of the map that makes what is written, and the LSTM keeps little of
    the past: its forget gates start closed, and its recurrent weights and those of the reads at
    `carry` of what they were. So a slot and a key are alike when their inputs are. The strengths
    start high enough to tell slots apart, and the gates so that each step writes to a slot of its
    own and frees none. Input weights and what is written are `gain` times larger. From the usual
    start reads are an average of all slots, and nothing yet pays for telling them apart. This start
    is our own.

    Shapes:
        the cell -> the same, changed in place.

    Raises:
        ValueError: the controller is no LSTM.
    """
    if not isinstance(cell.controller, LSTMController):
        raise ValueError(f"ready starts an LSTM, not a {type(cell.controller).__name__}")
    weight, bias = cell.interface.linear.weight, cell.interface.linear.bias
    rows = dict(zip(cell.interface.shapes, weight.split(cell.interface.sizes), strict=True))
    biases = dict(zip(cell.interface.shapes, bias.split(cell.interface.sizes), strict=True))
    rows["write"].mul_(gain)
    rows["read_key"].copy_(rows["write"][: cell.width].repeat(cell.reads, 1))
    starts = {"free_gate": -1.0, "allocation_gate": 2.0, "write_gate": 1.0}
    for name, start in (starts | {"read_strength": strength}).items():
        biases[name].fill_(start)
    size = cell.controller.hidden_size
    for layer in cell.controller.layers:
        assert isinstance(layer, nn.LSTMCell)
        layer.weight_ih[:, : cell.input_size].mul_(gain)
        layer.weight_ih[:, cell.input_size :].mul_(carry)
        layer.weight_hh.mul_(carry)
        layer.bias_ih[size : 2 * size].fill_(forget)
    return cell
