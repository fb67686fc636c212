"""Sequence models: pieces of a sequence are the sequence, and what flows back is kept in bounds."""

import pytest
import torch
from torch import nn

from recollect.cells import ConstantMemory, NTMCell, Recurrent, lstm
from recollect.models.sequences import SequenceModel


def machine(piece, fused=True):
    torch.manual_seed(0)
    cell = NTMCell(3, output_size=2, controller=lstm(5), memory=ConstantMemory(6, 4))
    return SequenceModel(Recurrent(cell, fused=fused), piece=piece)


def gradients(model, x):
    model.zero_grad()
    y = model(x)
    y.square().mean().backward()
    return y.detach(), torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("piece", [1, 3, 4, 7])
def test_pieces_are_the_whole_while_nothing_grows(piece):
    x = torch.randn(2, 11, 3)
    for whole, pieces in zip(
        gradients(machine(None), x), gradients(machine(piece), x), strict=True
    ):
        torch.testing.assert_close(pieces, whole, rtol=1e-4, atol=1e-6)


class Growing(nn.Module):
    """Halves its state at every step, and multiplies what flows back by ten."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x, state=None):
        at, out = torch.zeros(len(x), 1) if state is None else state, []
        for step in x.unbind(1):
            at = at.detach() / 2 + 10 * (at - at.detach()) + self.weight * step
            out.append(at)
        return torch.stack(out, 1), at


def test_a_gradient_that_grows_is_kept_finite():
    found = []
    for piece in (None, 10):
        model = SequenceModel(Growing(), piece=piece)
        y = model(torch.ones(1, 90, 1))
        y[:, -1].sum().backward()
        found.append((y.detach(), float(model.core.weight.grad)))
    torch.testing.assert_close(found[0][0], found[1][0])
    assert found[0][1] == float("inf")
    assert 1e9 < found[1][1] < 1e12


def test_a_larger_memory_keeps_the_pieces():
    assert machine(4).with_room(50).piece == 4
    with pytest.raises(ValueError, match="piece is 0"):
        SequenceModel(nn.LSTM(3, 4, batch_first=True), piece=0)
