"""The start of the NTM: heads that walk and look, everything else as it was."""

import copy

import pytest
import torch

from recollect.cells import ConstantMemory, NTMCell, feedforward, lstm
from recollect.models.ntm_start import writing_in_order


def cell(shifts=1, heads=(2, 2), controller=None):
    return NTMCell(
        5,
        output_size=3,
        controller=controller or feedforward(16),
        memory=ConstantMemory(16, 6),
        heads=heads,
        shifts=shifts,
    )


@pytest.mark.parametrize("shifts", [1, 2])
@pytest.mark.parametrize("controller", [feedforward(16), lstm(16)], ids=["feedforward", "lstm"])
def test_write_heads_walk_by_the_farthest_shift(shifts, controller):
    machine = writing_in_order(cell(shifts, controller=controller), walk=9.0)
    state = machine.initial_state(4)
    for step in range(1, 6):
        _, state = machine(torch.randn(4, 5), state)
        assert (state.weights[:, 2:].argmax(-1) == shifts * step).all()
        assert (state.weights[:, 2:].amax(-1) > 0.95).all()


def test_read_heads_find_what_was_written():
    machine = writing_in_order(cell(), walk=9.0, seek=12.0)
    x = torch.randn(1, 8, 5)
    state = machine.initial_state(1)
    for step in x.unbind(1):
        _, state = machine(step, state)
    plain = cell()
    before = plain.initial_state(1)
    for step in x.unbind(1):
        _, before = plain(step, before)
    # A plain head reads all slots alike; this one a few of them.
    assert state.weights[:, :2].amax() > 3 * before.weights[:, :2].amax()


def test_only_the_interface_changes_and_nothing_by_zeros():
    machine = cell()
    same = writing_in_order(copy.deepcopy(machine), walk=0.0, seek=0.0, gain=1.0)
    other = writing_in_order(copy.deepcopy(machine))
    for name, tensor in machine.state_dict().items():
        assert torch.equal(tensor, same.state_dict()[name])
        assert torch.equal(tensor, other.state_dict()[name]) == (not name.startswith("interface"))


def test_heads_that_cannot_shift_are_left_where_they_are():
    machine = writing_in_order(cell(shifts=0), walk=9.0)
    state = machine.initial_state(1)
    _, state = machine(torch.randn(1, 5), state)
    assert (state.weights[:, 2:].argmax(-1) == 0).all()


def test_it_can_be_unlearnt():
    machine = writing_in_order(cell())
    state = machine.initial_state(2)
    total = torch.zeros(())
    for _ in range(4):
        y, state = machine(torch.randn(2, 5), state)
        total = total + y.square().sum()
    total.backward()
    bias = machine.interface.linear.bias
    assert bias.grad is not None and bias.grad.isfinite().all() and (bias.grad != 0).sum() > 20
