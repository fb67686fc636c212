"""Diagnostics and losses of alignments: known values, padding, gradients."""

import pytest
import torch

from recollect import functional as fn


def _random(lead=(2,), steps=5, slots=6, seed=0):
    torch.manual_seed(seed)
    return torch.randn(*lead, steps, slots, dtype=torch.float64).softmax(-1)


def test_entropy_runs_from_one_slot_to_all():
    assert float(fn.entropy(torch.tensor([1.0, 0.0]))) == 0
    torch.testing.assert_close(fn.entropy(torch.full((8,), 0.125)), torch.tensor(8.0).log())
    weights = torch.tensor([1.0, 0.0], requires_grad=True)
    fn.entropy(weights).backward()
    assert weights.grad is not None and weights.grad.isfinite().all()


@pytest.mark.parametrize("name", ["monotonicity", "coverage_loss"])
def test_padding_of_steps_changes_nothing(name):
    weights = _random()
    measure = getattr(fn, name)
    padded = measure(weights, targets=torch.tensor([3, 5]))
    torch.testing.assert_close(padded[0], measure(weights[0, :3]))
    torch.testing.assert_close(padded[1], measure(weights[1]))


@pytest.mark.parametrize("name", ["diagonality", "guided_loss", "doubly_stochastic_loss"])
def test_padding_of_steps_and_slots_changes_nothing(name):
    weights = _random()
    weights[0, :, 4:] = 0
    measure = getattr(fn, name)
    padded = measure(weights, sources=torch.tensor([4, 6]), targets=torch.tensor([3, 5]))
    torch.testing.assert_close(padded[0], measure(weights[0, :3, :4]))
    torch.testing.assert_close(padded[1], measure(weights[1]))


def test_the_diagonal_is_where_nothing_is_lost():
    line = torch.eye(6, dtype=torch.float64)
    assert float(fn.guided_loss(line)) == 0 and float(fn.diagonality(line)) == 1
    assert float(fn.guided_loss(line.flip(0))) > 0.5
    assert float(fn.doubly_stochastic_loss(line)) == 0
    assert float(fn.coverage_loss(line)) == 0
    first = torch.zeros(4, 4, dtype=torch.float64)
    first[:, 0] = 1
    torch.testing.assert_close(fn.coverage_loss(first), torch.tensor(0.75, dtype=torch.float64))


@pytest.mark.parametrize(
    "name", ["guided_loss", "doubly_stochastic_loss", "coverage_loss", "diagonality"]
)
def test_gradients(name):
    weights = _random(steps=3, slots=4).requires_grad_()
    assert torch.autograd.gradcheck(getattr(fn, name), (weights,))


def test_error_rate_counts_possible_links():
    assert fn.alignment_error_rate([(0, 0), (1, 1)], [(0, 0)], [(1, 1)]) == 0
    assert fn.alignment_error_rate([(0, 1)], [(0, 0)]) == 1
    with pytest.raises(ValueError, match="at least one"):
        fn.alignment_error_rate([], [])


def test_steps_that_read_nothing_do_not_go_back():
    weights = torch.tensor([[1.0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]])
    assert fn.monotonicity(weights) == 1 and fn.monotonicity(weights.flip(0)) == 0
    back = torch.tensor([[0, 0, 1.0], [0, 0, 0], [1, 0, 0]])
    assert fn.monotonicity(back) == 0 and fn.monotonicity(torch.zeros(3, 2)) == 1


def test_positions_are_told_apart_in_few_bits():
    weights = torch.eye(600)
    for figure in (fn.monotonicity, fn.diagonality, fn.guided_loss):
        few, many = float(figure(weights.bfloat16())), float(figure(weights))
        assert abs(few - many) < 1e-6
    assert float(fn.monotonicity(weights.flip(0).bfloat16())) == 0
