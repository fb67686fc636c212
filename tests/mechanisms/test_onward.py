"""Onward attention: no slot twice, the sum over all alignments, hard where it is sure."""

import itertools

import pytest
import torch

from recollect import additive
from recollect.mechanisms import OnwardAttention, OnwardState
from recollect.memory import Memory
from recollect.score import dot
from recollect.testing import check_mechanism


@pytest.mark.parametrize("hard", [False, True])
def test_keeps_the_contract(hard):
    torch.manual_seed(0)
    check_mechanism(OnwardAttention(additive(4), offset=0.0, hard=hard), query_size=4)


def _weights(energy, hard=False):
    """The weights for energies (T, N), whatever the queries."""
    steps, slots = energy.shape
    mechanism = OnwardAttention(dot(), offset=0.0, hard=hard).double().eval()
    memory = Memory(energy.T.unsqueeze(0), energy.new_zeros(1, slots, 1))
    state, out = mechanism.initial_state(memory), []
    for query in torch.eye(steps, dtype=energy.dtype):
        weights, state = mechanism.weigh(query.unsqueeze(0), memory, state)
        out.append(weights[0])
    return torch.stack(out)


@pytest.mark.parametrize("slots", [1, 3, 4])
def test_is_the_sum_over_all_alignments(slots):
    torch.manual_seed(slots)
    steps = 3
    energy = torch.randn(steps, slots, dtype=torch.double)
    p = energy.sigmoid()
    expected = torch.zeros(steps, slots, dtype=torch.double)
    for count in range(1, steps + 1):
        for stops in itertools.combinations(range(slots), count):
            mass, begin = 1.0, 0
            for step, stop in enumerate(stops):
                mass = mass * (1 - p[step, begin:stop]).prod() * p[step, stop]
                begin = stop + 1
            expected[count - 1, stops[-1]] += mass
    torch.testing.assert_close(_weights(energy), expected)


def test_an_energy_that_no_step_changes_reads_slot_after_slot():
    energy = torch.tensor([-9.0, 9, -9, -9, 9, 9, -9], dtype=torch.double).expand(4, 7)
    hard = _weights(energy, hard=True)
    assert hard[:3].argmax(-1).tolist() == [1, 4, 5] and not hard[3].any()
    torch.testing.assert_close(_weights(energy), hard, atol=1e-2, rtol=0)


def test_gradients_are_exact():
    torch.manual_seed(0)
    energy = torch.randn(3, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(_weights, energy)


def test_the_state_is_where_the_next_step_begins():
    mechanism = OnwardAttention(dot(), offset=30.0).eval()  # stops wherever it begins
    memory = mechanism.bind(torch.zeros(1, 3, 2), mask=torch.tensor([[False, True, True]]))
    state = mechanism.initial_state(memory)
    seen = []
    for _ in range(3):
        weights, state = mechanism.weigh(torch.zeros(1, 2), memory, state)
        assert isinstance(state, OnwardState)
        seen.append(weights[0].round().tolist())
    assert seen == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
