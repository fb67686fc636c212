"""Sparse access: the kernel is the reference, and neither costs more than the slots in use."""

import math
import os
import subprocess
import sys

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from recollect import trace
from recollect.cells import (
    Recurrent,
    SparseAccessCell,
    SparseAccessState,
    detach,
    feedforward,
    gru,
    lstm,
    map_state,
)
from recollect.testing import check_cell

CONTROLLERS = {
    "lstm": lstm(6, learned=True),
    "lstms": lstm(6, layers=2),
    "gru": gru(7),
    "feedforward": feedforward(7),
}


def make(*, slots=9, heads=2, nearest=3, controller="lstm", dtype=torch.float32):
    make = CONTROLLERS[controller]
    cell = SparseAccessCell(
        4, output_size=3, slots=slots, width=5, heads=heads, nearest=nearest, controller=make
    )
    return cell.to(dtype)


def tensors(state):
    found = []
    map_state(lambda part: found.append(part) or part, state)
    return found


@pytest.mark.parametrize("controller", CONTROLLERS)
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("bound", [False, True])
def test_conforms(controller, heads, bound):
    cell = make(controller=controller, heads=heads)
    if bound:
        check_cell(cell, start=lambda batch: cell.bind(torch.randn(batch, 6, 5)))
    else:
        check_cell(cell)


def both(cell, x, state, lengths=None, *, weigh=None):
    """Outputs, states and gradients of reference and kernel."""
    found = []
    for fused in (False, True):
        inputs = x.clone().requires_grad_()
        y, last = Recurrent(cell, fused=fused)(inputs, state, lengths=lengths)
        loss = (y * torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y)).sum()
        if weigh is not None:
            loss = loss + weigh(last)
        leaves = [inputs, *cell.parameters()]
        gradients = [None] * len(leaves)
        if loss.requires_grad:
            gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
        moved = [
            torch.zeros_like(of) if g is None else g
            for of, g in zip(leaves, gradients, strict=True)
        ]
        found.append([y, *tensors(last), *moved])
    return found


def same(ours, theirs, tolerance=1e-5):
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype and one.shape == other.shape
        scale = float(other.detach().abs().max().clamp_min(1)) if other.numel() else 1.0
        torch.testing.assert_close(one, other, rtol=0, atol=tolerance * scale)


sizes = st.fixed_dictionaries(
    {
        "slots": st.integers(4, 12),
        "heads": st.integers(1, 3),
        "nearest": st.integers(1, 4),
        "controller": st.sampled_from(sorted(CONTROLLERS)),
    }
)


@example({"slots": 4, "heads": 1, "nearest": 1, "controller": "lstm"}, 1, 0, False, 0)
@example({"slots": 5, "heads": 2, "nearest": 1, "controller": "lstm"}, 2, 5, False, 0)  # a tie
@settings(max_examples=25, deadline=None)
@given(sizes, st.integers(1, 3), st.integers(0, 9), st.booleans(), st.integers(0, 99))
def test_the_kernel_is_the_reference(sizes, batch, steps, whole, seed):
    torch.manual_seed(seed)
    cell = make(**sizes)
    x = torch.randn(batch, steps, 4)
    lengths = None if whole else torch.randint(0, steps + 1, (batch,))
    state = cell.initial_state(batch)
    if seed % 2:  # one that has been somewhere: the memory holds something, and slots are used
        _, state = Recurrent(cell, fused=False)(torch.randn(batch, 5, 4))
        state = detach(state)
    one, other = both(
        cell, x, state, lengths, weigh=lambda s: s.memory.square().sum() + s.weights.square().sum()
    )
    same(other, one)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_of_slots_written_with_one_word_the_first_are_read(fused, seed):
    """They are equally near but for rounding, which would choose another slot in another batch."""
    torch.manual_seed(seed)
    cell = make(slots=40, heads=1, nearest=3)
    word = torch.randn(5)
    memory = -torch.randn(1, 40, 5).abs() * word.sign()  # away from the word
    alike = [4, 7, 11, 20, 31]
    memory[0, alike] = torch.empty(5, 1).uniform_(1, 9) * word
    with torch.no_grad():
        for p in cell.interface.parameters():
            p.zero_()
        sizes = cell.interface.sizes  # the query is first
        query = cell.interface.linear.bias[: sizes[list(cell.interface.shapes).index("query")]]
        query.copy_(word)
    state = cell.bind(memory)._replace(last=torch.arange(40, dtype=torch.int32).flip(0)[None])
    _, after = Recurrent(cell, fused=fused)(torch.randn(1, 1, 4), state)
    assert after.slots.tolist() == [[alike[:3]]]


def test_in_double_precision_it_is_the_reference_to_the_last_figures():
    cell = make(dtype=torch.float64)
    x, state = torch.randn(2, 30, 4, dtype=torch.float64), cell.initial_state(2)
    one, other = both(cell, x, state, weigh=lambda s: s.reads.sum())
    same(other, one, 1e-12)


def test_gradients_reach_a_memory_that_was_given():
    cell = make(dtype=torch.float64)
    memory = torch.randn(2, 40, 5, dtype=torch.float64)
    memory[:, 12:] = 0
    x = torch.randn(2, 4, 4, dtype=torch.float64)
    gradients = []
    for fused in (False, True):
        given = memory.clone().requires_grad_()
        state = cell.bind(given)
        y, last = Recurrent(cell, fused=fused)(x, state)
        weigh = torch.arange(last.memory.numel()).view_as(last.memory) / 100
        gradients += torch.autograd.grad(y.sum() + (last.memory * weigh).sum(), given)
    torch.testing.assert_close(*gradients)
    assert (gradients[0][:, 30:] != 0).all()


def test_gradients_pass_from_call_to_call():
    cell = make(slots=40)
    x = torch.randn(2, 9, 4)
    found = []
    for pieces in ([9], [4, 5], [1, 1, 7]):
        inputs = x.clone().requires_grad_()
        state, outputs = None, []
        for piece in inputs.split(pieces, 1):
            y, state = Recurrent(cell, fused=True)(piece, state)
            outputs.append(y)
        found.append(torch.autograd.grad(torch.cat(outputs, 1).square().sum(), inputs)[0])
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[0], found[2])


@pytest.mark.parametrize("fused", [False, True])
def test_gradcheck(fused):
    cell = SparseAccessCell(
        2, output_size=1, slots=5, width=2, heads=2, nearest=2, controller=gru(2)
    ).double()
    rnn = Recurrent(cell, fused=fused)
    x = torch.randn(1, 3, 2, dtype=torch.float64, requires_grad=True)
    memory = torch.randn(1, 5, 2, dtype=torch.float64, requires_grad=True)

    def run(x, memory, *weights):
        named = dict(zip([name for name, _ in rnn.named_parameters()], weights, strict=True))
        y, last = torch.func.functional_call(rnn, named, (x, cell.bind(memory)))
        return y, last.memory, last.weights

    assert torch.autograd.gradcheck(run, (x, memory, *rnn.parameters()))


def test_threads_share_out_the_batch():
    cell, x = make(slots=40), torch.randn(5, 9, 4)
    lengths, before = torch.tensor([9, 3, 0, 9, 5]), torch.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            inputs = x.clone().requires_grad_()
            y, last = Recurrent(cell, fused=True)(inputs, lengths=lengths)
            loss = y.square().sum() + last.memory.sum()
            found.append(
                [y, *tensors(last), *torch.autograd.grad(loss, [inputs, *cell.parameters()])]
            )
    finally:
        torch.set_num_threads(before)
    same(found[1], found[0])


def test_backward_may_be_run_twice():
    cell = make()
    x = torch.randn(2, 6, 4, requires_grad=True)
    y, last = Recurrent(cell, fused=True)(x)
    loss = y.square().sum() + last.memory.sum()
    first = torch.autograd.grad(loss, x, retain_graph=True)[0]
    torch.testing.assert_close(torch.autograd.grad(loss, x)[0], first, rtol=0, atol=0)


def test_a_state_stays_as_it_was():
    cell = make()
    rnn = Recurrent(cell, fused=True)
    _, state = rnn(torch.randn(2, 6, 4))
    before = [part.clone() for part in tensors(state)]
    y, _ = rnn(torch.randn(2, 6, 4, requires_grad=True), state)
    y.sum().backward()
    same(tensors(state), before, 0)


def test_it_is_the_equations_written_out():
    cell = make(slots=6, heads=2, nearest=2, controller="gru", dtype=torch.float64)
    x = torch.randn(8, 4, dtype=torch.float64)
    with torch.no_grad():
        y, last = Recurrent(cell, fused=True)(x.unsqueeze(0))
        memory, used = [[0.0] * 5 for _ in range(6)], [0] * 6
        before = [{0: 0.0, 1: 0.0}] * 2
        reads, h = [[0.0] * 5] * 2, cell.controller.initial_state(1)
        for t in range(8):
            joined = torch.cat([x[t], *map(torch.tensor, reads)]).unsqueeze(0)
            hidden, h = cell.controller(joined.double(), h)
            heads = cell.heads_of(hidden, torch.float64)
            query, word, strength, gate, mix = (part[0].tolist() for part in heads)
            oldest = sorted(range(6), key=lambda i: (used[i], i))[:2]
            access = [0.0] * 6
            for slot in oldest:
                memory[slot] = [0.0] * 5
            for head in range(2):
                shares = {slot: mix[head] * w for slot, w in before[head].items()}
                shares[oldest[head]] = shares.get(oldest[head], 0) + 1 - mix[head]
                for slot, share in shares.items():
                    access[slot] += gate[head] * share
                    for e in range(5):
                        memory[slot][e] += gate[head] * share * word[head][e]

            def cosine(a, b):
                long = [math.sqrt(sum(v * v for v in side) + 1e-6) for side in (a, b)]
                return sum(v * w for v, w in zip(a, b, strict=True)) / long[0] / long[1]

            before, reads = [], []
            for head in range(2):
                near = [cosine(query[head], row) for row in memory]
                best = sorted(range(6), key=lambda i: (-near[i], i))[:2]
                powers = [math.exp(strength[head] * near[i]) for i in best]
                before.append({i: p / sum(powers) for i, p in zip(best, powers, strict=True)})
                reads.append(
                    [sum(w * memory[i][e] for i, w in before[head].items()) for e in range(5)]
                )
                for i, w in before[head].items():
                    access[i] += w
            used = [t + 1 if a > 0.005 else u for a, u in zip(access, used, strict=True)]
            expected = cell.output(torch.cat([hidden[0], *map(torch.tensor, reads)]).double())
            torch.testing.assert_close(y[0, t], expected)
        torch.testing.assert_close(last.memory[0], torch.tensor(memory).double())
        assert last.last[0].tolist() == used


def hand_set(cell, *, gate, mix):
    """Gates from biases alone; the word is the first of what the controller saw."""
    with torch.no_grad():
        for parameter in cell.interface.parameters():
            parameter.zero_()
        start = sum(cell.interface.sizes[:3])
        cell.interface.linear.bias[start:] = torch.tensor([gate] * cell.heads + [mix] * cell.heads)
        cell.interface.linear.bias[cell.interface.sizes[0]] = 1.0  # a word
    return cell


@pytest.mark.parametrize("fused", [False, True])
def test_the_least_recently_used_slot_is_overwritten(fused):
    cell = hand_set(make(slots=5, heads=1, nearest=1), gate=50.0, mix=-50.0)
    with trace(cell) as seen:
        Recurrent(cell, fused=fused)(torch.randn(1, 8, 4))
    # The query of zeros finds slot 0 at every step, so that it is never the least used again.
    order = [int(step["least"]) for step in seen["SparseAccessCell"]]
    assert order == [0, 1, 2, 3, 4, 1, 2, 3]


@pytest.mark.parametrize("fused", [False, True])
def test_a_closed_gate_leaves_the_memory(fused):
    cell = hand_set(make(heads=1), gate=-50.0, mix=0.0)
    memory = torch.randn(2, 9, 5)
    state = cell.bind(memory)._replace(last=torch.arange(9).int().expand(2, -1))
    _, last = Recurrent(cell, fused=fused)(torch.randn(2, 1, 4), state)
    # The slot that was to be written is erased all the same: equation 5 has no gate.
    torch.testing.assert_close(last.memory[:, 1:], memory[:, 1:])
    assert last.memory[:, 0].abs().max() < 1e-12


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("strength", "used"), [(5.0, 0.0067), (5.6, 0.0037)])
def test_a_slot_counts_as_used_by_more_than_five_thousandths(fused, strength, used):
    """Of two slots one is like the query and one has just been erased, so that its cosine is 0."""
    cell = hand_set(make(slots=2, heads=1, nearest=2), gate=-50.0, mix=0.0)
    with torch.no_grad():
        cell.interface.linear.bias[0] = 1.0  # the query
        cell.interface.linear.bias[10] = math.log(math.exp(strength - 1) - 1)
    state = cell.bind(torch.eye(5)[None, :2])
    state = state._replace(last=torch.tensor([[7, 6]]).int(), step=torch.tensor([9]).int())
    _, after = Recurrent(cell, fused=fused)(torch.zeros(1, 1, 4), state)
    assert float(after.weights.detach().min()) == pytest.approx(used, abs=1e-4)
    assert after.last[0].tolist() == [10, 10 if used > 0.005 else 6]


def test_the_last_read_is_fed_back():
    cell = make()
    x = torch.randn(2, 4)
    _, state = cell(x, cell.initial_state(2))
    moved = state._replace(reads=state.reads + 0.1)
    assert (cell(x, state)[0] - cell(x, moved)[0]).abs().max() > 1e-5


def test_more_slots_than_are_used_change_nothing():
    cell, x = make(slots=200), torch.randn(2, 12, 4)
    rnn = Recurrent(cell, fused=True)
    expected, small = rnn(x)
    y, last = rnn(x, cell.initial_state(2, slots=1_000_000))
    torch.testing.assert_close(y, expected, rtol=0, atol=0)
    other = Recurrent(cell.with_slots(300), fused=True)(x)
    torch.testing.assert_close(other[0], expected, rtol=0, atol=0)
    assert other[1].memory.shape == (2, 300, 5) and cell.slots == 200
    reach = int(last.extent.max())
    assert reach == int(small.extent.max()) < 100
    torch.testing.assert_close(last.memory[:, :reach], small.memory[:, :reach], rtol=0, atol=0)


def test_a_million_slots_are_trained_in_little_memory():
    cell = make(slots=1_000_000)
    rnn, optimizer = Recurrent(cell, fused=True), torch.optim.Adam(cell.parameters())

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    before = None
    for _ in range(4):
        y, state = rnn(torch.randn(4, 40, 4))
        optimizer.zero_grad()
        y.square().sum().backward()
        optimizer.step()
        before = resident() if before is None else before  # what torch loads at the first step
        assert state.memory.nbytes == 80_000_000
    # Two copies would be more, and a copy a step twenty times as much.
    assert resident() - before < 150_000_000


def test_many_random_steps_stay_finite():
    cell = make(slots=50)
    rnn = Recurrent(cell, fused=True)
    state = None
    for scale in (1.0, 1e3, 1e6, 0.0, 1e-20):
        x = (torch.randn(2, 120, 4) * scale).requires_grad_()
        y, state = rnn(x, None if state is None else detach(state))
        y.sum().backward()
        assert all(part.isfinite().all() for part in tensors(state)) and y.isfinite().all()
        assert x.grad.isfinite().all()
        assert all(p.grad.isfinite().all() for p in cell.parameters())
    assert int(state.step.max()) == 600


@pytest.mark.parametrize("gate", [-200.0, 200.0])
@pytest.mark.parametrize("mix", [-200.0, 200.0])
def test_saturated_gates_stay_finite(gate, mix):
    cell = hand_set(make(), gate=gate, mix=mix)
    for fused in (False, True):
        cell.zero_grad()
        y, _ = Recurrent(cell, fused=fused)(torch.randn(2, 20, 4))
        y.sum().backward()
        assert y.isfinite().all()
        assert all(p.grad is None or p.grad.isfinite().all() for p in cell.parameters())


def test_a_trace_tells_what_was_read_and_written():
    cell = make()
    rnn, x = Recurrent(cell), torch.randn(2, 6, 4)
    expected, _ = rnn(x)
    with trace(rnn) as seen:
        y, last = rnn(x)
    torch.testing.assert_close(y, expected)
    read = seen.stack("cell", "weights")
    assert read.shape == (6, 2, 2, 9)
    torch.testing.assert_close(read.sum(-1), torch.ones(6, 2, 2))
    assert ((read > 0).sum(-1) <= 3).all()
    written = seen.stack("cell", "write_weights")
    torch.testing.assert_close(written[1:].sum(-1), seen.stack("cell", "write_gate")[1:])
    assert ((written > 0).sum(-1) <= 4).all()
    torch.testing.assert_close(seen["cell"][-1]["memory"], last.memory)


def test_compiles_whole():
    torch._dynamo.reset()
    cell = make()
    compiled = torch.compile(cell, fullgraph=True, backend="eager")
    x, state = torch.randn(2, 4), detach(cell.initial_state(2))
    torch.testing.assert_close(compiled(x, state)[0], cell(x, state)[0])


def test_half_precision_runs_the_reference():
    cell = make(dtype=torch.bfloat16)
    y, state = Recurrent(cell)(torch.randn(2, 6, 4, dtype=torch.bfloat16))
    y.sum().backward()
    assert y.dtype == torch.bfloat16 and y.isfinite().all()
    assert state.memory.dtype == torch.float32
    assert all(p.grad.isfinite().all() for p in cell.parameters())


@pytest.mark.slow
def test_learns_to_keep_what_it_is_told():
    """Pairs of key and value, then the keys: a controller without a state knows them by no means
    but the memory, and without it the loss stays at ln 2 = 0.69.
    """
    torch.manual_seed(0)
    cell = SparseAccessCell(
        9, output_size=4, slots=100_000, width=12, heads=1, nearest=4, controller=feedforward(64)
    )
    rnn = Recurrent(cell, fused=True)
    optimizer = torch.optim.Adam(rnn.parameters(), lr=5e-3)

    def loss(size):
        keys, values = torch.rand(size, 2, 4).round(), torch.rand(size, 2, 4).round()
        order = torch.rand(size, 2).argsort(-1).unsqueeze(-1).expand(-1, -1, 4)
        shown = torch.cat([keys, values, torch.zeros(size, 2, 1)], -1)
        asked = [keys.gather(1, order), torch.zeros(size, 2, 4), torch.ones(size, 2, 1)]
        x = torch.cat([shown, torch.cat(asked, -1)], 1)
        target = values.gather(1, order)
        return nn.functional.binary_cross_entropy_with_logits(rnn(x)[0][:, 2:], target)

    for _ in range(400):
        optimizer.zero_grad()
        loss(16).backward()
        nn.utils.clip_grad_norm_(rnn.parameters(), 1)
        optimizer.step()
    with torch.no_grad():
        assert loss(500) < 0.5


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slots": 0}, "slots=0"),
        ({"heads": 0}, "heads=0"),
        ({"slots": 3, "nearest": 4}, "slots=3 is too few to read 4"),
        ({"slots": 3, "heads": 4, "nearest": 1}, "slots=3 is too few .* write 4"),
    ],
)
def test_sizes_that_cannot_be_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        make(**wrong)


@pytest.mark.parametrize("fused", [False, True])
def test_what_does_not_fit_is_refused(fused):
    cell = make()
    rnn, x = Recurrent(cell, fused=fused), torch.randn(2, 3, 4)
    with pytest.raises(ValueError, match=r"\(B, T, 4\)"):
        rnn(torch.randn(2, 3, 5))
    with pytest.raises(ValueError, match=r"batch, heads and nearest slots of \(3, 2, 3\)"):
        rnn(x, cell.initial_state(3))
    with pytest.raises(ValueError, match=r"nearest slots of \(2, 1, 3\)"):
        rnn(x, make(heads=1).initial_state(2))
    with pytest.raises(ValueError, match="a SparseAccessState, from initial_state, not tuple"):
        rnn(x, (torch.zeros(2),))
    narrow = cell.initial_state(2)._replace(memory=torch.zeros(2, 9, 4))
    with pytest.raises(ValueError, match=r"the memory is \(2, N, 5\), not \(2, 9, 4\)"):
        rnn(x, narrow)
    with pytest.raises(ValueError, match=r"the memory is \(B, N, 5\), not \(9, 5\)"):
        cell.bind(torch.zeros(9, 5))
    with pytest.raises(ValueError, match="slots=1 is too few"):
        cell.with_slots(1)
    with pytest.raises(ValueError, match="slots=2 is too few"):
        cell.bind(torch.zeros(1, 2, 5))
    assert isinstance(cell.initial_state(0), SparseAccessState)


@pytest.mark.slow
def test_a_step_by_step_kernel_tells_of_its_compilation_once(tmp_path):
    code = (
        "import torch; from recollect import Recurrent, SparseAccessCell; "
        "from recollect.cells import gru; "
        "cell = SparseAccessCell(3, output_size=2, slots=9, width=4, controller=gru(4)); "
        "[Recurrent(cell)(torch.randn(1, 3, 3))[0].sum().backward() for _ in range(2)]"
    )
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=True,
        ).stderr
        for _ in range(2)
    ]
    assert said[0].count("compiling the sparse access float32 kernel") == 1 and not said[1]
