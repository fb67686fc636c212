"""A start from which a Neural Turing Machine learns to use its memory quickly.

Shape letters: ``R`` read heads, ``S`` farthest shift.
"""

import torch

from recollect.cells import NTMCell

__all__ = ["writing_in_order"]


@torch.no_grad()
def writing_in_order(
    cell: NTMCell, *, walk: float = 3.0, seek: float = 3.0, gain: float = 2.0
) -> NTMCell:
    r"""Start with write heads that walk from slot to slot and read heads that look for content.

    The biases of the interface are raised: for a write head by `walk` that of the farthest shift
    and by -`walk` that of the gate, so that it goes one way and ignores content; for a read head by
    `seek` that of the strength and by half of it that of the gate, so that it looks for content and
    reads sharply. The weights of keys and additions are multiplied by `gain`, so that what is
    written differs. The memory is then a log of the inputs before anything is learnt, which
    otherwise is found by chance; all of it can be unlearnt. Returns the cell, changed in place.

    Shapes:
        of the cell.

    >>> from recollect.cells import ConstantMemory, feedforward
    >>> memory = ConstantMemory(8, 4)
    >>> cell = NTMCell(3, output_size=3, controller=feedforward(5), memory=memory)
    >>> cell = writing_in_order(cell, walk=9.0)
    >>> state = cell.initial_state(1)
    >>> for _ in range(4):
    ...     y, state = cell(torch.randn(1, 3), state)
    >>> int(state.weights[0, 1].argmax())
    4
    """
    linear, sizes = cell.interface.linear, cell.interface.sizes
    bias = dict(zip(cell.interface.shapes, linear.bias.split(sizes), strict=True))
    weight = dict(zip(cell.interface.shapes, linear.weight.split(sizes), strict=True))
    reads, heads = cell.reads, cell.reads + cell.writes
    if cell.shifts:
        bias["shift"].view(heads, -1)[reads:, -1] += walk
    bias["gate"][reads:] -= walk
    bias["gate"][:reads] += seek / 2
    bias["strength"][:reads] += seek
    for name in ("key", "add"):
        weight[name] *= gain
    return cell
