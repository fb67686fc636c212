"""A start from which a sparse access memory learns to recall quickly.

Shape letters: ``H`` heads, ``M`` width of a slot.
"""

import torch

from recollect.cells import LSTMController, SparseAccessCell

__all__ = ["finding_what_is_like"]


@torch.no_grad()
def finding_what_is_like(
    cell: SparseAccessCell,
    *,
    log: float = 3.0,
    seek: float = 3.0,
    gain: float = 2.0,
    told: float = 3.0,
) -> SparseAccessCell:
    r"""Start with a log of the inputs in which an input finds one like it.

    .. math:: W_q \leftarrow W_a \leftarrow g W_a, \quad b_q \leftarrow b_a, \quad
              b_\alpha \mathrel{+}= 2, \quad b_\gamma \mathrel{-}= l, \quad b_\beta \mathrel{+}= s

    Queries start as copies of the map that makes what is written, `gain` times larger than usual;
    each step writes, and the more surely to a slot that is not in use the higher `log` is; `seek`
    raises the strengths. What the controller is told weighs `told` times as much as usual, and what
    was read a tenth, so that a slot tells the input of its step. From the usual start a head writes
    over what it has just read, and nothing yet pays for telling slots apart. This start is our own.
    Returns the cell, changed in place.

    Shapes:
        of the cell.

    Raises:
        ValueError: the controller is no LSTM.

    >>> from recollect.cells import lstm
    >>> make = lstm(9)
    >>> cell = SparseAccessCell(3, output_size=3, slots=16, width=4, nearest=2, controller=make)
    >>> state = finding_what_is_like(cell, log=9.0).initial_state(1)
    >>> for _ in range(5):
    ...     y, state = cell(torch.randn(1, 3), state)
    >>> int((state.memory.norm(dim=-1) > 0.01).sum())
    5
    """
    if not isinstance(cell.controller, LSTMController):
        raise ValueError(f"this starts an LSTM, not a {type(cell.controller).__name__}")
    linear, sizes = cell.interface.linear, cell.interface.sizes
    weight = dict(zip(cell.interface.shapes, linear.weight.split(sizes), strict=True))
    bias = dict(zip(cell.interface.shapes, linear.bias.split(sizes), strict=True))
    weight["word"] *= gain
    weight["query"].copy_(weight["word"])
    bias["query"].copy_(bias["word"])
    write, mix = bias["gates"].view(2, cell.heads)
    write += 2
    mix -= log
    bias["strength"] += seek
    first = cell.controller.layers[0].weight_ih
    assert isinstance(first, torch.Tensor)
    first[:, : cell.input_size] *= told
    first[:, cell.input_size :] *= 0.1
    return cell
