"""Dropout by sixteen bits a number."""

import pytest
import torch

from recollect.models.sequence.dropout import Dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_it_drops_its_share_and_keeps_the_mean(p):
    torch.manual_seed(0)
    x = torch.ones(999, 1001, requires_grad=True)
    y = Dropout(p)(x)
    assert abs(float((y == 0).float().mean()) - p) < 0.003
    assert abs(float(y.detach().mean()) - 1) < 0.02
    kept = y.detach()[y.detach() > 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - p)), rtol=1e-3, atol=0)
    (by_x,) = torch.autograd.grad(y.sum(), x)
    assert torch.equal(by_x, y.detach())
    neighbours = (y[:, 1:] == 0) & (y[:, :-1] == 0)  # four numbers share a draw, not a fate
    assert abs(float(neighbours.float().mean()) - p * p) < 0.003


def test_the_seed_says_what_is_dropped_and_evaluation_drops_nothing():
    x, dropout = torch.randn(7, 5), Dropout(0.5)
    torch.manual_seed(1)
    first, second = dropout(x), dropout(x)
    torch.manual_seed(1)
    assert torch.equal(dropout(x), first) and not torch.equal(first, second)
    assert torch.equal(dropout.eval()(x), x) and torch.equal(Dropout(0.0)(x), x)
    assert dropout.train()(torch.randn(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_a_share_is_below_one(p):
    with pytest.raises(ValueError, match="share"):
        Dropout(p)
