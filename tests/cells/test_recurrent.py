from typing import NamedTuple

import pytest
import torch
from torch import nn

from recollect import Cell, Interface, Memory, Recurrent, detach
from recollect.cells import map_state
from recollect.testing import check_cell


class LSTMState(NamedTuple):
    hidden: torch.Tensor
    inner: torch.Tensor


class LSTMCell(Cell[LSTMState]):
    """PyTorch's cell under our contract, so that its own sequence layer is the oracle."""

    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size, self.output_size = input_size, hidden_size
        self.rnn = nn.LSTMCell(input_size, hidden_size)

    def initial_state(self, batch):
        zeros = self.rnn.weight_hh.new_zeros(batch, self.output_size)
        return LSTMState(zeros, zeros)

    def forward(self, x, state):
        state = LSTMState(*self.rnn(x, state))
        return state.hidden, state


def twins():
    cell = LSTMCell(4, 6)
    lstm = nn.LSTM(4, 6, batch_first=True)
    lstm.load_state_dict({f"{k}_l0": v for k, v in cell.rnn.state_dict().items()})
    return Recurrent(cell), lstm


def test_the_cell_conforms():
    check_cell(LSTMCell(4, 6))
    check_cell(LSTMCell(4, 6).double(), tolerance=1e-12)


def test_runs_as_nn_lstm_does():
    rnn, lstm = twins()
    x = torch.randn(3, 7, 4)
    y, state = rnn(x)
    wanted, (hidden, inner) = lstm(x)
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close(state, LSTMState(hidden[0], inner[0]))
    more, _ = rnn(x, state)
    torch.testing.assert_close(more, lstm(x, (hidden, inner))[0])


def test_lengths_are_packed_sequences():
    rnn, lstm = twins()
    x = torch.randn(4, 7, 4, requires_grad=True)
    lengths = torch.tensor([3, 7, 1, 5])
    y, state = rnn(x, lengths=lengths)
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, (hidden, inner) = lstm(packed)
    wanted, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
    torch.testing.assert_close(y, wanted)
    torch.testing.assert_close(state, LSTMState(hidden[0], inner[0]))
    ours, theirs = (torch.autograd.grad(o.square().sum(), x)[0] for o in (y, wanted))
    torch.testing.assert_close(ours, theirs)
    assert (ours[0, 3:] == 0).all()


def test_no_steps_and_no_length():
    rnn, _ = twins()
    y, state = rnn(torch.randn(2, 0, 4))
    assert y.shape == (2, 0, 6) and state.hidden.shape == (2, 6)
    y, state = rnn(torch.randn(2, 3, 4), lengths=torch.tensor([0, 3]))
    assert (y[0] == 0).all() and (state.hidden[0] == 0).all() and (state.hidden[1] != 0).all()


# Dynamo itself asks a state that has a history for its gradient.
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
def test_a_compiled_cell_runs_in_it():
    torch._dynamo.reset()
    rnn, _ = twins()
    compiled = Recurrent(torch.compile(rnn.cell, fullgraph=True, backend="eager"))
    x = torch.randn(2, 5, 4)
    torch.testing.assert_close(compiled(x), rnn(x))


def test_the_whole_loop_compiles_too():
    torch._dynamo.reset()
    rnn, _ = twins()
    compiled = torch.compile(rnn, fullgraph=True, backend="eager")
    x, lengths = torch.randn(2, 5, 4), torch.tensor([5, 2])
    torch.testing.assert_close(compiled(x, lengths=lengths), rnn(x, lengths=lengths))


def test_truncated_backpropagation_stops_at_detach():
    rnn, _ = twins()
    first, second = torch.randn(2, 3, 4, requires_grad=True), torch.randn(2, 3, 4)
    _, state = rnn(first)
    y, _ = rnn(second, detach(state))
    assert torch.autograd.grad(y.sum(), first, allow_unused=True) == (None,)
    y, _ = rnn(second, state)
    assert (torch.autograd.grad(y.sum(), first)[0] != 0).any()


@pytest.mark.parametrize("shape", [(2, 5), (2, 5, 3), (2, 5, 4, 1)])
def test_other_inputs_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(B, T, 4\)"):
        twins()[0](torch.randn(shape))


@pytest.mark.parametrize(
    ("lengths", "message"),
    [([3, 8], "from 3 to 8 for sequences of 5"), ([-1, 2], "from -1"), ([1, 2, 3], r"\(3,\)")],
)
def test_other_lengths_are_refused(lengths, message):
    with pytest.raises(ValueError, match=message):
        twins()[0](torch.randn(2, 5, 4), lengths=torch.tensor(lengths))


def test_states_nest():
    class State(NamedTuple):
        memory: Memory
        pair: tuple

    state = State(Memory(torch.ones(2), torch.ones(3)), (torch.ones(1), None))
    double = map_state(lambda a, b: a + b, state, state)
    assert type(double) is State and type(double.memory) is Memory
    assert double.memory.mask is None and double.pair[1] is None
    assert double.memory.values.tolist() == [2, 2, 2] and double.pair[0].tolist() == [2]


def test_states_of_other_structure_do_not_map():
    with pytest.raises(ValueError):
        map_state(torch.add, (torch.ones(1),), (torch.ones(1), torch.ones(1)))


def test_an_interface_is_one_map_cut_up():
    interface = Interface(6, key=(2, 5), gate=(), shift=(3,))
    h = torch.randn(4, 7, 6)
    parts = interface(h)
    assert {name: tuple(part.shape) for name, part in parts.items()} == {
        "key": (4, 7, 2, 5),
        "gate": (4, 7),
        "shift": (4, 7, 3),
    }
    whole = interface.linear(h)
    joined = [parts["key"].flatten(-2), parts["gate"].unsqueeze(-1), parts["shift"]]
    assert torch.equal(torch.cat(joined, -1), whole)


def test_interfaces_of_nothing_are_refused():
    with pytest.raises(ValueError, match=r"key=\(2, 0\)"):
        Interface(4, key=(2, 0))
    with pytest.raises(ValueError, match="at least one"):
        Interface(4)
