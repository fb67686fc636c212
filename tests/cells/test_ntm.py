import math

import pytest
import torch
from torch import nn

from recollect import NTMCell, NTMState, Recurrent, detach, trace
from recollect.cells import (
    ConstantMemory,
    Controller,
    LearnedMemory,
    RandomMemory,
    feedforward,
    gru,
    lstm,
)
from recollect.testing import check_cell


def options(controller, memory, **others):
    return {"controller": controller, "memory": memory, **others}


VARIANTS = {
    "plain": options(lstm(7), lambda: ConstantMemory(6, 4)),
    "reads first": options(lstm(7), lambda: ConstantMemory(6, 4), read_first=True),
    "many heads": options(
        lstm(7, learned=True), lambda: RandomMemory(9, 4), heads=(2, 3), shifts=2
    ),
    "one slot": options(lstm(5), lambda: LearnedMemory(1, 1), shifts=0),
    "learned": options(gru(5, learned=True), lambda: LearnedMemory(6, 4), learned_weights=True),
    "layers": options(lstm(4, layers=3, learned=True), lambda: RandomMemory(6, 4)),
    "feedforward": options(feedforward(7), lambda: ConstantMemory(6, 4)),
    "deep": options(feedforward(7, layers=2), lambda: ConstantMemory(6, 4)),
}
SLOW = pytest.mark.filterwarnings("ignore:NTMCell runs step by step")


def make(variant="plain", **changes):
    chosen = VARIANTS[variant] | changes
    return NTMCell(3, output_size=2, **chosen | {"memory": chosen["memory"]()})


@SLOW
@pytest.mark.parametrize("variant", VARIANTS)
def test_conforms(variant):
    check_cell(make(variant))
    check_cell(make(variant).double(), tolerance=1e-12)


@torch.no_grad()
@pytest.mark.parametrize("read_first", [False, True])
def test_is_the_paper_written_out(read_first):
    cell = make("many heads", read_first=read_first).double()
    x, state = torch.randn(2, 3).double(), cell.initial_state(2)
    state = state._replace(
        reads=torch.randn(2, 2, 4).double(),
        weights=torch.randn(2, 5, 9).double().softmax(-1),
        memory=torch.randn(2, 9, 4).double(),
    )
    y, after = cell(x, state)
    for b in range(2):
        h, c = state.controller.hidden[b], state.controller.inner[b]
        seen = torch.cat([x[b], state.reads[b].flatten()])
        h, _ = cell.controller.layers[0](seen[None], (h, c))
        p = {name: part[0] for name, part in cell.interface(h).items()}
        before, weights = state.memory[b], []
        for j in range(5):
            key, beta = p["key"][j].tanh(), math.log1p(p["strength"][j].exp())
            cosines = torch.stack(
                [
                    key @ row / math.sqrt(key @ key + 1e-6) / math.sqrt(row @ row + 1e-6)
                    for row in before
                ]
            )
            g, s = p["gate"][j].sigmoid(), p["shift"][j].softmax(0)
            w = g * (beta * cosines).softmax(0) + (1 - g) * state.weights[b, j]
            w = sum(s[delta + 2] * w.roll(delta) for delta in range(-2, 3))
            w = w ** (1 + math.log1p(p["sharpness"][j].exp()))
            weights.append(w / w.sum())
        memory = before.clone()
        for j in range(3):
            memory *= 1 - torch.outer(weights[2 + j], p["erase"][j].sigmoid())
        for j in range(3):
            memory += torch.outer(weights[2 + j], p["add"][j].tanh())
        reads = torch.stack(weights[:2]) @ (before if read_first else memory)
        torch.testing.assert_close(after.weights[b], torch.stack(weights))
        torch.testing.assert_close(after.memory[b], memory)
        torch.testing.assert_close(after.reads[b], reads)
        expected = cell.output(torch.cat([h[0], reads.flatten()]))
        torch.testing.assert_close(y[b], expected)


class Wire(Controller):
    """Passes the input on, so that a test sets every gate by hand."""

    def __init__(self, input_size):
        super().__init__()
        self.input_size, self.output_size = input_size, 28

    def initial_state(self, batch):
        return ()

    def check_state(self, state, batch):
        assert state == ()

    def forward(self, x, state):
        return x[:, :28], state


def by_hand(
    key=(0.0,) * 8, strength=(0.0, 0.0), shift=(0.0, 40.0, 0.0) * 2, gate=(-40.0, -40.0),
    erase=(-40.0,) * 4, add=(0.0,) * 4,
):  # fmt: skip
    """One step's raw interface of one read and one write head over slots of width 4."""
    return torch.tensor([*key, *strength, 20.0, 20.0, *shift, *gate, *erase, *add])


def test_hand_set_gates_recall_four_writes_forwards_then_backwards():
    cell = NTMCell(28, output_size=2, controller=Wire, memory=ConstantMemory(8, 4, value=0.0))
    nn.init.eye_(cell.interface.linear.weight)
    nn.init.zeros_(cell.interface.linear.bias)
    on, stay, back = (0.0, 0.0, 40.0), (0.0, 40.0, 0.0), (40.0, 0.0, 0.0)
    items = 9 * torch.eye(4)
    steps = [by_hand(shift=stay + on, erase=(40.0,) * 4, add=row.tolist()) for row in items]
    first = [*items[0].tolist(), 0.0, 0.0, 0.0, 0.0]
    steps.append(by_hand(key=first, strength=(90.0, 0.0), gate=(40.0, -40.0)))
    steps += [by_hand(shift=on + stay)] * 3 + [by_hand(shift=back + stay)] * 3
    state, read = cell.initial_state(1), []
    for step in steps:
        _, state = cell(step[None], state)
        read.append(state.reads[0, 0])
    recalled = torch.stack(read[4:])
    assert recalled.argmax(-1).tolist() == [0, 1, 2, 3, 2, 1, 0]
    torch.testing.assert_close(recalled.max(-1).values, torch.ones(7), atol=1e-3, rtol=0)


@pytest.mark.parametrize("fused", [False, True])
def test_the_last_read_is_seen(fused):
    """Published code left the reads out of the controller's input, and still converged."""
    cell = make()
    x, state = torch.randn(2, 1, 3), cell.initial_state(2)
    other = state._replace(reads=state.reads + 0.1)
    rnn = Recurrent(cell, fused=fused)
    assert (rnn(x, state)[0] != rnn(x, other)[0]).all()


@pytest.mark.parametrize("heads", [(1, 1), (2, 3)])
def test_weights_stay_on_the_simplex(heads):
    cell = make(heads=heads)
    for p in cell.parameters():
        nn.init.normal_(p, std=2.0)
    _, state = Recurrent(cell)(3 * torch.randn(4, 50, 3))
    assert (state.weights >= 0).all() and (state.weights <= 1).all()
    torch.testing.assert_close(state.weights.sum(-1), torch.ones(4, sum(heads)))


def test_memory_starts_as_chosen():
    assert torch.equal(ConstantMemory(3, 2, value=0.5)(), torch.full((3, 2), 0.5))
    assert not list(ConstantMemory(3, 2).parameters())
    drawn, learned = RandomMemory(30, 2), LearnedMemory(30, 2)
    assert not list(drawn.parameters()) and "memory" in drawn.state_dict()
    assert len(list(learned.parameters())) == 1
    for memory in (drawn(), learned()):
        assert memory.abs().max() <= 32**-0.5 and memory.std() > 0.05
    start = make("plain").initial_state(2)
    assert (start.weights[..., 0] == 1).all() and (start.weights.sum(-1) == 1).all()
    learned = make("plain", learned_weights=True).initial_state(2).weights
    assert (learned[..., 0] > 0.99).all() and (learned > 0).all()


@pytest.mark.parametrize("variant", ["plain", "many heads", "learned"])
@SLOW
def test_more_slots_at_test_time(variant):
    """Heads that stay among the slots they know do the same beside further ones."""
    cell = make(variant)
    nn.init.constant_(cell.interface.linear.bias, 0.1)
    big = cell.with_slots(64)
    assert big.initial_state(2).memory.shape == (2, 64, 4)
    before = {name: p.clone() for name, p in cell.state_dict().items()}
    y, state = Recurrent(big)(torch.randn(2, 5, 3))
    y.sum().backward()
    assert state.weights.shape[-1] == 64
    assert all(p.grad is None for p in cell.parameters())
    assert all(torch.equal(p, before[name]) for name, p in cell.state_dict().items())
    small = big.with_slots(cell.memory.slots)
    x = torch.randn(2, 5, 3)
    if variant != "learned":
        torch.testing.assert_close(Recurrent(small)(x), Recurrent(cell)(x))
    ours, theirs = small.initial_state(1), cell.initial_state(1)
    torch.testing.assert_close(ours.weights, theirs.weights)
    torch.testing.assert_close(ours.memory, theirs.memory)


def test_slots_that_no_head_comes_to_change_nothing():
    cell = make("plain", memory=lambda: ConstantMemory(16, 4, value=0.0))
    with torch.no_grad():
        linear = cell.interface.linear
        linear.weight.zero_()
        linear.bias.zero_()
        linear.bias[8:12] = torch.tensor([-40.0, -40.0, 30.0, 30.0])  # no content, sharp
        linear.bias[18:20] = -40.0  # the gates: by place alone
        linear.bias[24:] = 1.0
    x = torch.randn(2, 4, 3)
    few, many = Recurrent(cell)(x)[0], Recurrent(cell.with_slots(40))(x)[0]
    torch.testing.assert_close(few, many)
    assert few.std() > 0


def test_a_saved_machine_runs_alike():
    cell, other = make("many heads"), make("many heads")
    x = torch.randn(2, 5, 3)
    assert (Recurrent(cell)(x)[0] != Recurrent(other)(x)[0]).any()
    other.load_state_dict(cell.state_dict())
    torch.testing.assert_close(Recurrent(cell)(x), Recurrent(other)(x))


def simplex_step(cell):
    def step(x, reads, logits, memory, hidden, inner):
        controller = type(cell.initial_state(1).controller)(hidden, inner)
        y, after = cell(x, NTMState(controller, reads, logits.softmax(-1), memory))
        return y, after.reads, after.weights, after.memory

    return step


@pytest.mark.parametrize("variant", ["plain", "reads first", "many heads"])
def test_gradients_of_a_step(variant):
    cell = make(variant).double()
    state = cell.initial_state(2)
    given = [torch.randn(2, 3), *(torch.randn(s.shape) for s in state[1:]), *state.controller]
    given = [t.detach().double().clone().requires_grad_() for t in given]
    assert torch.autograd.gradcheck(simplex_step(cell), given)


def test_gradients_of_a_sequence():
    cell = make("plain", learned_weights=True, memory=lambda: LearnedMemory(5, 3)).double()
    rnn, names = Recurrent(cell), [name for name, _ in cell.named_parameters()]

    def run(x, *parameters):
        cell_run = dict(zip([f"cell.{name}" for name in names], parameters, strict=True))
        y, state = torch.func.functional_call(rnn, cell_run, (x,))
        return y, state.memory

    given = [torch.randn(2, 4, 3).double(), *(p.detach().clone() for p in cell.parameters())]
    assert torch.autograd.gradcheck(run, [t.requires_grad_() for t in given], fast_mode=True)


def wild(cell, scale):
    """Weights that saturate every gate."""
    for p in cell.parameters():
        nn.init.normal_(p, std=scale)
    return cell


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e4, 1e30])
def test_extreme_inputs_and_saturated_gates_stay_finite(fused, scale, size):
    cell = wild(make("many heads"), scale)
    x = (size * torch.randn(3, 12, 3)).requires_grad_()
    y, state = Recurrent(cell, fused=fused)(x)
    assert y.isfinite().all() and all(t.isfinite().all() for t in state[1:])
    loss = y.clamp(-1e3, 1e3).square().mean() + state.memory.square().mean()
    for gradient in torch.autograd.grad(loss, [x, *cell.parameters()]):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("variant", ["plain", "feedforward"])
def test_ten_thousand_random_steps_stay_finite(variant):
    cell = wild(make(variant), 1.5)
    rnn, state = Recurrent(cell), None
    for _ in range(10):  # truncated, as long sequences are trained
        x = 2 * torch.randn(2, 1000, 3)
        y, state = rnn(x, None if state is None else detach(state))
        (y.square().mean() + state.memory.mean()).backward()
        assert y.isfinite().all() and all(t.isfinite().all() for t in state[1:])
    assert all(p.grad.isfinite().all() for p in cell.parameters() if p.grad is not None)


@pytest.mark.slow
def test_ten_thousand_random_steps_of_the_reference_stay_finite():
    cell = wild(make("many heads"), 1.5)
    with torch.no_grad():
        y, state = Recurrent(cell, fused=False)(2 * torch.randn(1, 10_000, 3))
    assert y.isfinite().all() and all(t.isfinite().all() for t in state[1:])


def test_in_half_precision_what_is_delicate_stays_single():
    cell = make("many heads").bfloat16()
    x = torch.randn(2, 9, 3, dtype=torch.bfloat16)
    y, state = Recurrent(cell)(x)
    assert y.dtype == state.reads.dtype == torch.bfloat16
    assert state.weights.dtype == state.memory.dtype == torch.float32
    torch.testing.assert_close(state.weights.sum(-1), torch.ones(2, 5))
    exact, _ = Recurrent(cell.float())(x.float())
    assert (y - exact).abs().max() < 0.05
    y.sum().backward()


@pytest.mark.parametrize("fused", [False, True])
def test_under_autocast(fused):
    cell = make()
    x = torch.randn(2, 9, 3)
    exact, last = Recurrent(cell)(x)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, state = Recurrent(cell, fused=fused)(x)
    assert (y.float() - exact).abs().max() < 0.05
    assert state.weights.dtype == torch.float32 and state.reads.dtype == torch.float32
    assert state.controller.hidden.dtype == torch.float32
    torch.testing.assert_close(state.weights.sum(-1), torch.ones(2, 2))
    assert (state.memory - last.memory).abs().max() < 0.05
    y.float().sum().backward()


def compiles(cell, backend):
    torch._dynamo.reset()
    compiled = torch.compile(cell, fullgraph=True, backend=backend)
    x, state = torch.randn(2, 3), detach(cell.initial_state(2))
    torch.testing.assert_close(compiled(x, state), cell(x, state), rtol=1e-4, atol=1e-5)


def test_the_cell_compiles_whole():
    compiles(make("many heads"), "eager")


@pytest.mark.slow
def test_the_cell_compiles_to_machine_code():
    compiles(make("many heads"), "inductor")


def test_under_ddp(tmp_path):
    cell, x = make("many heads"), torch.randn(2, 5, 3)
    Recurrent(cell)(x)[0].sum().backward()
    alone = {name: p.grad.clone() for name, p in cell.named_parameters()}
    cell.zero_grad()
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1
    )
    try:
        y, state = nn.parallel.DistributedDataParallel(Recurrent(cell))(x)
        y.sum().backward()
    finally:
        torch.distributed.destroy_process_group()
    assert isinstance(state, NTMState)
    for name, p in cell.named_parameters():
        torch.testing.assert_close(p.grad, alone[name])


def test_a_trace_holds_weights_gates_and_memory():
    cell = make("many heads")
    rnn, x = Recurrent(cell), torch.randn(2, 5, 3)
    plain, _ = rnn(x)
    with trace(rnn) as seen:
        y, state = rnn(x)
    torch.testing.assert_close(y, plain)
    steps = seen["cell"]
    assert len(steps) == 5
    shapes = {name: tuple(tensor.shape) for name, tensor in steps[-1].items()}
    assert shapes == {
        "weights": (2, 2, 9), "write_weights": (2, 3, 9), "content_weights": (2, 5, 9),
        "gates": (2, 5), "strengths": (2, 5), "shifts": (2, 5, 5), "sharpness": (2, 5),
        "erase": (2, 3, 4), "add": (2, 3, 4), "memory": (2, 9, 4),
    }  # fmt: skip
    torch.testing.assert_close(steps[-1]["memory"], state.memory.detach())


def test_sizes_are_refused():
    with pytest.raises(ValueError, match="slots=0"):
        ConstantMemory(0, 4)
    with pytest.raises(ValueError, match="width=0"):
        LearnedMemory(3, 0)
    with pytest.raises(ValueError, match="write heads=0"):
        make(heads=(1, 0))
    with pytest.raises(ValueError, match="shifts=3 reaches 7 slots, and the memory has 6"):
        make(shifts=3)
    with pytest.raises(ValueError, match="shifts=1 reaches 3 slots, and the memory has 2"):
        make().with_slots(2)
    with pytest.raises(ValueError, match="hidden_size=0"):
        make(controller=lstm(0))


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda c, x, n: (x[..., :2], None, n), r"\(B, T, 3\).*not \(2, 5, 2\)"),
        (lambda c, x, n: (x / 0, None, n), "NaN or infinite"),
        (lambda c, x, n: (x, None, torch.tensor([3, -1])), "from -1 to 3"),
        (lambda c, x, n: (x, None, torch.tensor([3, 6])), "from 3 to 6 for sequences of 5"),
        (lambda c, x, n: (x, None, torch.tensor([3.0, 5.0])), "integers"),
        (lambda c, x, n: (x, c.initial_state(3), n), r"state.reads is \(2, 1, 4\).*\(3, 1, 4\)"),
        (lambda c, x, n: (x, c.with_slots(9).initial_state(2), n), r"\(2, 2, 6\).*\(2, 2, 9\)"),
        (lambda c, x, n: (x, make(controller=lstm(8)).initial_state(2), n), r"\(2, 1, 7\)"),
        (lambda c, x, n: (x, make("feedforward").initial_state(2), n), "LSTMControllerState"),
        (lambda c, x, n: (x, (torch.zeros(2, 7),), n), "NTMState, not tuple"),
    ],
)
def test_what_is_not_of_this_cell_is_refused(fused, spoil, message):
    cell = make()
    x, state, lengths = spoil(cell, torch.randn(2, 5, 3), None)
    with pytest.raises(ValueError, match=message):
        Recurrent(cell, fused=fused)(x, state, lengths=lengths)


def test_learns_to_recall_a_bit():
    """From a constant memory and the first slot: with a first weighting of zeros it never does."""
    torch.manual_seed(1)
    cell = NTMCell(4, output_size=3, controller=lstm(16), memory=ConstantMemory(8, 6))
    rnn = Recurrent(cell)
    optimizer = torch.optim.Adam(rnn.parameters(), lr=1e-2)
    loss = torch.tensor(9.0)
    for _ in range(250):
        bits = torch.bernoulli(torch.full((32, 3, 3), 0.5))
        x = torch.zeros(32, 7, 4)
        x[:, :3, :3], x[:, 3, 3] = bits, 1
        y, _ = rnn(x)
        loss = nn.functional.binary_cross_entropy_with_logits(y[:, 4:], bits)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(rnn.parameters(), 1.0)
        optimizer.step()
    assert loss < 0.25
