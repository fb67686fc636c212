"""What is refused names the argument, what it is, and what was expected."""

import numpy as np
import pytest
import torch

from recollect import AttentionCell, DNCCell, NTMCell, Recurrent, SparseAccessCell
from recollect.cells import ConstantMemory, feedforward, gru, lstm, map_state

CELLS = {
    "ntm": lambda c: NTMCell(3, output_size=2, controller=c, memory=ConstantMemory(6, 4)),
    "dnc": lambda c: DNCCell(3, output_size=2, slots=6, width=4, controller=c),
    "sam": lambda c: SparseAccessCell(3, output_size=2, slots=20, width=4, nearest=3, controller=c),
}
each = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS.keys())


def refused(message, rnn, x, state=None, **lengths):
    with pytest.raises(ValueError, match=message):
        rnn(x, state, **lengths)


@each
@pytest.mark.parametrize("fused", [None, False])
def test_inputs_and_lengths(make, fused):
    rnn, x = Recurrent(make(lstm(7)), fused=fused), torch.randn(2, 5, 3)
    refused(r"the input is \(B, T, 3\) for this cell, not a list", rnn, x.tolist())
    refused(r"the input is \(B, T, 3\) for this cell, not a numpy.ndarray", rnn, x.numpy())
    refused("the input is torch.int64 and the cell's weights are torch.float32", rnn, x.long())
    refused(r"give x.to\(torch.float32\)", rnn, x.double())
    refused("weights are torch.float64", Recurrent(make(lstm(7)).double(), fused=fused), x)
    refused(r"a tensor of integers \(2,\), not a list: give", rnn, x, lengths=[5, 3])
    refused("not a numpy.ndarray", rnn, x, lengths=np.array([5, 3]))
    refused("integers, not torch.bool", rnn, x, lengths=torch.tensor([True, False]))
    refused(r"one a sequence, \(2,\), not \(\)", rnn, x, lengths=torch.tensor(5))


@each
@pytest.mark.parametrize("fused", [None, False])
def test_states_of_another_controller_or_type(make, fused):
    cell, x = make(lstm(7)), torch.randn(2, 5, 3)
    rnn = Recurrent(cell, fused=fused)
    others = {
        "not tuple": gru(7),
        "LSTMControllerState, not tuple": feedforward(7),
        r"hidden state is \(2, 1, 7\) for this cell, not \(2, 1, 9\)": lstm(9),
        r"hidden state is \(2, 1, 7\) for this cell, not \(2, 2, 7\)": lstm(7, layers=2),
    }
    for message, controller in others.items():
        refused(message, rnn, x, make(controller).initial_state(2))
    state = cell.initial_state(2)
    refused("LSTMControllerState, not NoneType", rnn, x, state._replace(controller=None))
    single = "is torch.float32 for this cell, not torch.float64"
    refused(single, rnn, x, make(lstm(7)).double().initial_state(2))
    double = map_state(torch.Tensor.double, state.controller)
    refused(single, rnn, x, state._replace(controller=double))
    for controller, message in (
        (gru(7), r"is \(h,\), not a NoneType"),
        (feedforward(7), r"is \(\)"),
    ):
        other = make(controller)
        unlike = other.initial_state(2)._replace(controller=None)
        refused(message, Recurrent(other, fused=fused), x, unlike)


def test_states_of_sparse_access_that_would_lead_a_kernel_out_of_its_memory():
    cell, x = CELLS["sam"](lstm(7)), torch.randn(2, 5, 3)
    rnn, state = Recurrent(cell, fused=True), cell.initial_state(2)
    for name, part, message in (
        ("slots", state.slots + 18, "state.slots goes from 18 to 20, and a memory of 20 slots"),
        ("slots", state.slots - 1, "state.slots goes from -1"),
        ("extent", state.extent + 21, "state.extent goes from 21 to 21"),
        ("last", state.last[:, :9], r"state.last is \(2, 20\) for this cell, not \(2, 9\)"),
        ("step", state.step[:1], r"state.step is \(2,\)"),
        ("reads", state.reads[..., :2], r"state.reads is \(2, 1, 4\)"),
        ("memory", state.memory[:, :2], "slots=2 is too few"),
    ):
        refused(message, rnn, x, state._replace(**{name: part}))
    memory = torch.randn(2, 6, 4)
    with pytest.raises(ValueError, match="the memory is torch.float32 for this cell, not torch.f"):
        cell.bind(memory.double())
    memory[0, 0, 0] = torch.nan
    with pytest.raises(ValueError, match="1 of the 48 numbers of the memory are NaN"):
        cell.bind(memory)


def test_states_of_an_attention_cell():
    cell, x = AttentionCell(3, hidden_size=4), torch.randn(2, 5, 3)
    rnn = Recurrent(cell)
    refused("an AttentionState, from bind, not a Tensor", rnn, x, torch.zeros(2, 4))
    refused(r"state.hidden is \(2, 4\) for this cell, not \(3, 4\)", rnn, x, cell.initial_state(3))
    bound = cell.bind(torch.randn(3, 7, 4))._replace(hidden=torch.zeros(2, 4))
    refused(r"state.memory.keys is \(2, N, ...\)", rnn, x, bound)
    refused("fused=True, but AttentionCell cannot run fused", Recurrent(cell, fused=True), x)


@each
def test_nothing_to_run_is_no_reason_to_refuse_the_kernel(make):
    rnn = Recurrent(make(lstm(7)), fused=True)
    for shape in ((2, 0, 3), (0, 5, 3), (0, 0, 3)):
        y, state = rnn(torch.randn(shape))
        assert y.shape == (*shape[:2], 2) and len(state.memory) == shape[0]
