"""Monotonic attention: equal to counting alignments, at any length, with masks."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.functional import (
    chunkwise,
    first_slot,
    hard_monotonic,
    monotonic,
    stepwise_monotonic,
)


def _stops(p: torch.Tensor, start: int) -> torch.Tensor:
    """The distribution of the first success from `start` on, term by term."""
    out, go = torch.zeros_like(p), 1.0
    for j in range(start, len(p)):
        out[j] = go * p[j]
        go = go * (1 - p[j])
    return out


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_is_the_sum_over_all_alignments(slots, steps, seed):
    torch.manual_seed(seed)
    energy = 2 * torch.randn(steps, slots, dtype=torch.float64)
    p = energy.sigmoid()
    weights = first_slot(energy[0])
    for e in energy:
        weights = monotonic(e, weights)
    expected = torch.zeros(slots, dtype=torch.float64)
    for path in itertools.combinations_with_replacement(range(slots), steps):
        chance, at = 1.0, 0
        for i, j in enumerate(path):
            chance = chance * _stops(p[i], at)[j]
            at = j
        expected[path[-1]] += chance
    torch.testing.assert_close(weights, expected)


def test_keeps_its_mass_over_thousands_of_slots():
    energy = torch.full((4000,), -1.0)
    weights = monotonic(energy, first_slot(energy))
    assert abs(float(weights.sum()) - 1) < 1e-4
    late = torch.zeros(4000)
    late[3000] = 1
    after = monotonic(energy, late)
    torch.testing.assert_close(after[3000:3010], weights[:10], rtol=1e-4, atol=1e-6)
    assert float(after[:3000].abs().max()) < 1e-12


@pytest.mark.parametrize("step", [monotonic, stepwise_monotonic])
def test_masked_slots_are_as_if_absent(step):
    torch.manual_seed(0)
    energy, mask = torch.randn(2, 6), torch.tensor([True, True, True, False, False, False])
    last = first_slot(energy, mask)
    for _ in range(3):
        last = step(energy, last, mask)
    short = first_slot(energy[:, :3])
    for _ in range(3):
        short = step(energy[:, :3], short)
    torch.testing.assert_close(last[:, :3], short)
    assert (last[:, 3:] == 0).all()


def test_nothing_readable_gives_zeros_and_finite_gradients():
    energy = torch.randn(2, 5, requires_grad=True)
    nothing = torch.zeros(2, 5, dtype=torch.bool)
    last = first_slot(energy, nothing)
    for weights in (
        monotonic(energy, last, nothing),
        stepwise_monotonic(energy, last, nothing),
        chunkwise(energy, last, 3, nothing),
        hard_monotonic(energy, last, nothing),
    ):
        assert (weights == 0).all()
    (monotonic(energy, last, nothing).sum() + chunkwise(energy, last, 3, nothing).sum()).backward()
    assert energy.grad is not None and energy.grad.isfinite().all()


def test_stepwise_moves_by_one_and_loses_nothing():
    torch.manual_seed(0)
    weights = first_slot(torch.zeros(5))
    for i in range(9):
        weights = stepwise_monotonic(torch.randn(5), weights)
        assert abs(float(weights.sum()) - 1) < 1e-6
        assert (weights[i + 2 :] == 0).all()


def test_hard_is_the_limit_of_soft():
    torch.manual_seed(1)
    energy = torch.randn(6, 9)
    soft = hard = first_slot(energy[0])
    for e in energy:
        soft, hard = monotonic(1e4 * e, soft), hard_monotonic(e, hard)
        torch.testing.assert_close(soft, hard, atol=1e-5, rtol=0)


@given(st.integers(1, 7), st.integers(1, 4), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_chunks_equal_their_definition(slots, width, seed):
    torch.manual_seed(seed)
    u, stops = torch.randn(slots, dtype=torch.float64), torch.rand(slots, dtype=torch.float64)
    expected = torch.zeros_like(u)
    for k in range(slots):
        low = max(0, k - width + 1)
        expected[low : k + 1] += stops[k] * u[low : k + 1].softmax(0)
    torch.testing.assert_close(chunkwise(u, stops, width), expected)


def test_chunks_refuse_no_width():
    with pytest.raises(ValueError, match="at least one slot, not 0"):
        chunkwise(torch.zeros(3), torch.zeros(3), 0)


def test_gradients():
    torch.manual_seed(0)
    energy = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    last = torch.rand(2, 5, dtype=torch.float64).softmax(-1).requires_grad_()
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    assert torch.autograd.gradcheck(lambda e, a: monotonic(e, a, mask), (energy, last))
    assert torch.autograd.gradcheck(lambda e, a: stepwise_monotonic(e, a, mask), (energy, last))
    assert torch.autograd.gradcheck(lambda e, a: chunkwise(e, a, 3, mask), (energy, last))
