"""What is refused names the argument, what it is, and what was expected."""

import numpy as np
import pytest
import torch

from recollect import AttentionCell, DNCCell, DNCRules, NTMCell, Recurrent, SparseAccessCell
from recollect.cells import (
    ConstantMemory,
    LearnedMemory,
    RandomMemory,
    feedforward,
    gru,
    lstm,
    map_state,
)

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


@pytest.mark.parametrize("wrong", [0, -2, 2.5, "8", True])
def test_sizes_are_whole_numbers(wrong):
    told = f"={wrong!r}: it is "
    for name in ("input_size", "output_size"):
        with pytest.raises(ValueError, match=name + told):
            ntm({name: wrong})
    for name in ("input_size", "output_size", "slots", "width", "reads", "writes"):
        given = {"input_size": 3, "output_size": 2, "slots": 6, "width": 4, name: wrong}
        with pytest.raises(ValueError, match=name + told):
            DNCCell(**given)
    for name in ("input_size", "output_size", "slots", "width", "heads", "nearest"):
        given = {"input_size": 3, "output_size": 2, "slots": 20, "width": 4, name: wrong}
        with pytest.raises(ValueError, match=name + told):
            SparseAccessCell(**given)
    for make in CELLS.values():
        with pytest.raises(ValueError, match="slots" + told):
            make(lstm(7)).with_slots(wrong)
        if wrong != 0:
            with pytest.raises(ValueError, match="batch" + told):
                make(lstm(7)).initial_state(wrong)
    for memory in (ConstantMemory, LearnedMemory, RandomMemory):
        with pytest.raises(ValueError, match="slots" + told):
            memory(wrong, 4)
        with pytest.raises(ValueError, match="width" + told):
            memory(4, wrong)
    for controller in (lstm, gru, feedforward):
        with pytest.raises(ValueError, match="hidden_size" + told):
            controller(wrong)(3)
    for controller in (lstm, feedforward):
        with pytest.raises(ValueError, match="layers" + told):
            controller(3, layers=wrong)(3)


def ntm(changes):
    given = {"input_size": 3, "output_size": 2, "controller": lstm(7)}
    return NTMCell(**given | {"memory": ConstantMemory(6, 4)} | changes)


def test_integers_of_numpy_are_integers():
    assert DNCCell(3, output_size=2, slots=np.int64(6), width=np.int32(4)).slots == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 2}, r"heads=2: give how many read and how many write, as in \(1, 1\)"),
        ({"heads": (1,)}, r"heads=\(1,\)"),
        ({"heads": (1, 0)}, "write heads=0"),
        ({"heads": (1.0, 1)}, "read heads=1.0"),
        ({"shifts": -1}, "shifts=-1: it is at least 0"),
        ({"shifts": 0.5}, "shifts=0.5: it is an integer"),
        ({"memory": None}, "memory=None: give a ConstantMemory"),
        ({"memory": (128, 20)}, r"memory=\(128, 20\)"),
        ({"controller": 100}, r"controller=100: give what makes one, as lstm\(100\)"),
        ({"controller": torch.nn.LSTMCell(3, 7)}, "controller=LSTMCell"),
        ({"controller": lambda size: torch.nn.LSTMCell(size, 7)}, "controller=<function"),
    ],
)
def test_parts_that_are_none(changes, message):
    with pytest.raises(ValueError, match=message):
        ntm(changes)


def test_parts_of_the_other_machines_that_are_none():
    for make in (CELLS["dnc"], CELLS["sam"]):
        with pytest.raises(ValueError, match="controller=7"):
            make(7)
    for rules, message in (
        ("paper", "rules='paper': give DNCRules"),
        (DNCRules(floor=float("nan")), "floor=nan"),
        (DNCRules(floor="low"), "floor='low'"),
        (DNCRules(floor=1), "floor=1: .* from 0 to below 1"),
    ):
        with pytest.raises(ValueError, match=message):
            DNCCell(3, output_size=2, slots=6, width=4, rules=rules)
    for value in (float("nan"), float("inf"), "0"):
        with pytest.raises(ValueError, match=f"value={value!r}: a memory holds finite numbers"):
            ConstantMemory(6, 4, value=value)


def test_what_is_no_cell_is_not_run():
    with pytest.raises(ValueError, match=r"cell is a LSTM: Recurrent runs a Cell, such as NTM"):
        Recurrent(torch.nn.LSTM(3, 2))
    with pytest.raises(ValueError, match="cell is a partial"):
        Recurrent(lstm(7))
    with pytest.raises(ValueError, match="fused='yes': it is True, False or None"):
        Recurrent(CELLS["ntm"](lstm(7)), fused="yes")


@each
@pytest.mark.parametrize("fused", [None, False])
def test_every_part_of_a_state_is_looked_at(make, fused):
    cell, x = make(lstm(7)), torch.randn(2, 5, 3)
    state = cell.initial_state(2)
    for name, part in zip(state._fields, state, strict=True):
        for wrong in (None, 7, torch.zeros(()), torch.zeros(2, 1, 1, 1, 1)):
            spoilt = state._replace(**{name: wrong})
            with pytest.raises(ValueError, match=r"state|memory|slots"):
                Recurrent(cell, fused=fused)(x, spoilt)
        if isinstance(part, torch.Tensor):
            with pytest.raises(ValueError, match="state|memory|slots"):
                Recurrent(cell, fused=fused)(x, state._replace(**{name: part[:1]}))


@each
def test_a_step_is_looked_at_as_a_sequence_is(make):
    cell, x = make(lstm(7)), torch.randn(2, 3)
    state = cell.initial_state(2)
    x[1, 2] = torch.nan
    told = r"1 of the 6 numbers of the input of a step are NaN or infinite, the first at \(1, 2\)"
    for wrong, message in (
        (x, told),
        (x.tolist(), r"the input of a step is \(B, 3\) for this cell, not a list"),
        (x[:, None], r"is \(B, 3\) for this cell, not \(2, 1, 3\)"),
        (x.long(), "the input is torch.int64"),
    ):
        with pytest.raises(ValueError, match=message):
            cell(wrong, state)


@each
def test_what_is_not_finite_is_named_with_its_place(make):
    rnn, x = Recurrent(make(lstm(7))), torch.randn(2, 5, 3)
    x[1, 4, 0] = -torch.inf
    refused(r"1 of the 30 numbers of the input .*, the first at \(1, 4, 0\), -inf", rnn, x)
    lengths = torch.tensor([9, -1])
    message = "lengths go from -1 to 9 for sequences of 5 steps: each is in 0 to 5"
    refused(message, rnn, torch.randn(2, 5, 3), lengths=lengths)


@each
def test_nothing_to_run_is_no_reason_to_refuse_the_kernel(make):
    rnn = Recurrent(make(lstm(7)), fused=True)
    for shape in ((2, 0, 3), (0, 5, 3), (0, 0, 3)):
        y, state = rnn(torch.randn(shape))
        assert y.shape == (*shape[:2], 2) and len(state.memory) == shape[0]
