"""RMSprop in the form of Graves 2013."""

import math

import pytest
import torch

from recollect.train import RMSprop


def test_rmsprop_is_the_paper_written_out():
    torch.manual_seed(0)
    weight = torch.randn(3, dtype=torch.float64, requires_grad=True)
    gradients = torch.randn(6, 3, dtype=torch.float64) * torch.tensor([1.0, 1e-3, 1e3])
    optimizer = RMSprop(lr=0.02).build([weight])
    wanted = weight.tolist()
    n, g, move = [0.0] * 3, [0.0] * 3, [0.0] * 3
    for step in gradients:
        weight.grad = step.clone()
        optimizer.step()
        for i, e in enumerate(step.tolist()):
            n[i] = 0.95 * n[i] + 0.05 * e * e
            g[i] = 0.95 * g[i] + 0.05 * e
            move[i] = 0.9 * move[i] - 0.02 * e / math.sqrt(n[i] - g[i] * g[i] + 1e-4)
            wanted[i] += move[i]
        assert weight.tolist() == pytest.approx(wanted, rel=1e-12)


def test_what_is_added_is_inside_the_root():
    """Behind it, as torch has it, a small gradient's first step is a hundred times as long."""
    steps = []
    for make in (
        RMSprop(lr=1.0).build,
        lambda p: torch.optim.RMSprop(p, lr=1.0, alpha=0.95, eps=1e-4, momentum=0.9, centered=True),
    ):
        weight = torch.zeros(1, requires_grad=True)
        optimizer = make([weight])
        weight.grad = torch.full((1,), 1e-6)
        optimizer.step()
        steps.append(-float(weight.detach()))
    assert steps[0] == pytest.approx(1e-6 / 1e-2, rel=1e-4)
    assert steps[1] > 90 * steps[0]


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e6, 1e15])
def test_the_same_gradient_again_and_again_gives_no_nan(size):
    """Its variance comes to 0, and rounding would make it less."""
    weight = torch.zeros(100, requires_grad=True)
    optimizer = RMSprop(lr=1e-4).build([weight])
    for _ in range(300):
        weight.grad = torch.full((100,), size) * (1 + 1e-6 * torch.rand(100))
        optimizer.step()
        assert weight.isfinite().all()
