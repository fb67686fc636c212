import math

import pytest
import torch
from torch import nn

from recollect import DNCCell, DNCRules, DNCState, NTMCell, Recurrent, detach, trace
from recollect.cells import ConstantMemory, feedforward, gru, lstm, map_state
from recollect.testing import check_cell

IMPROVED = DNCRules(masking=True, deallocation=True, sharpness=True, floor=0.1)
VARIANTS = {
    "plain": {},
    "masking": {"rules": DNCRules(masking=True)},
    "deallocation": {"rules": DNCRules(deallocation=True)},
    "sharpness": {"rules": DNCRules(sharpness=True)},
    "improved": {"rules": IMPROVED},
    "content only": {"rules": DNCRules(content_only=True, sharpness=True)},
    "several writes": {"writes": 3, "rules": IMPROVED},
    "one of all": {"slots": 1, "width": 1, "reads": 1},
    "layers": {"controller": lstm(4, layers=3)},
    "gru": {"controller": gru(6)},
    "learned": {"controller": lstm(4, layers=2, learned=True)},
    "feedforward": {"controller": feedforward(6, layers=2)},
}
pytestmark = pytest.mark.filterwarnings("ignore:DNCCell runs step by step")


def make(variant="plain", **changes):
    chosen = {"output_size": 3, "slots": 6, "width": 5, "reads": 2, "controller": lstm(7)}
    return DNCCell(4, **chosen | VARIANTS[variant] | changes)


def some_state(cell, batch, slots=None):
    """A state as a sequence might leave it, away from ties in the usage."""
    state = cell.initial_state(batch, slots=slots)
    n = state.usage.shape[1]

    def weights(like):
        return torch.softmax(2 * torch.randn(like.shape), -1) * torch.rand(*like.shape[:-1], 1)

    usage = torch.stack([torch.randperm(n) for _ in range(batch)]) / n + 0.3 / n
    links = {}
    if state.link is not None:
        off = 1 - torch.eye(n)
        links = {
            "precedence": weights(state.precedence),
            "link": torch.rand(state.link.shape) * off / n,
        }
    state = state._replace(
        controller=map_state(torch.randn_like, state.controller),
        memory=torch.randn(state.memory.shape),
        usage=usage,
        write_weights=weights(state.write_weights),
        read_weights=weights(state.read_weights),
        reads=torch.randn(state.reads.shape),
        **links,
    )
    kind = cell.output.weight.dtype
    return map_state(lambda t: t.to(torch.promote_types(kind, torch.float32)), state)


def tensors(state):
    found = []
    map_state(lambda t: found.append(t) or t, state)
    return found


@pytest.mark.parametrize("variant", VARIANTS)
def test_conforms(variant):
    cell = make(variant)
    check_cell(cell)
    if variant == "learned":  # whose first state a given one would leave out
        return
    cell = cell.double()
    check_cell(cell, start=lambda batch: some_state(cell, batch), tolerance=1e-12)


# ------------------------------------------------------------------------------
# the equations


def softmax(values):
    top = max(values)
    powers = [math.exp(v - top) for v in values]
    return [p / sum(powers) for p in powers]


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def oneplus(x):
    return 1 + math.log1p(math.exp(x))


def content(key, strength, mask, memory):
    """Softmax of the strength times the cosine, slot by slot, through a mask."""
    scores = []
    for row in memory:
        a = [k * m for k, m in zip(key, mask, strict=True)]
        b = [x * m for x, m in zip(row, mask, strict=True)]
        inner = sum(x * y for x, y in zip(a, b, strict=True))
        lengths = (sum(x * x for x in a) + 1e-6) * (sum(x * x for x in b) + 1e-6)
        scores.append(strength * inner / math.sqrt(lengths))
    return softmax(scores)


def sharpened(weights, power):
    top = max(weights) + 1e-6
    raised = [((w + 1e-6) / top) ** power for w in weights]
    return [r / sum(raised) for r in raised]


def step_by_hand(parts, state, rules):
    """One step of one sample with one write head, in plain Python, as the paper has it."""
    memory, used = state["memory"], state["usage"]
    n, width, reads = len(memory), len(memory[0]), len(state["read"])
    kept = [
        math.prod(1 - sigmoid(parts["free_gate"][r]) * state["read"][r][i] for r in range(reads))
        for i in range(n)
    ]
    used = [(u + w - u * w) * k for u, w, k in zip(used, state["write"], kept, strict=True)]
    order, room, product = sorted(range(n), key=lambda i: used[i]), [0.0] * n, 1.0
    for i in order:
        u = 1e-6 + (1 - 1e-6) * used[i]
        room[i], product = (1 - u) * product, product * u

    def mask(raw):
        if not rules.masking:
            return [1.0] * width
        return [rules.floor + (1 - rules.floor) * sigmoid(m) for m in raw]

    strength = oneplus(parts["write_strength"][0])
    found = content(parts["write_key"][0], strength, mask(parts["write_mask"][0]), memory)
    gate, share = sigmoid(parts["write_gate"][0]), sigmoid(parts["allocation_gate"][0])
    write = [gate * (share * a + (1 - share) * c) for a, c in zip(room, found, strict=True)]
    memory = [
        [
            memory[i][m] * (kept[i] if rules.deallocation else 1)
            * (1 - write[i] * sigmoid(parts["erase"][0][m])) + write[i] * parts["write"][0][m]
            for m in range(width)
        ]
        for i in range(n)
    ]  # fmt: skip
    old, last = state["link"], state["precedence"]
    links = [
        [0.0 if i == j else (1 - write[i] - write[j]) * old[i][j] + write[i] * last[j]
         for j in range(n)]
        for i in range(n)
    ]  # fmt: skip
    precedence = [(1 - sum(write)) * p + w for p, w in zip(last, write, strict=True)]
    read, vectors = [], []
    for r in range(reads):
        w = state["read"][r]
        ahead = [sum(links[i][j] * w[j] for j in range(n)) for i in range(n)]
        back = [sum(links[j][i] * w[j] for j in range(n)) for i in range(n)]
        if rules.sharpness:
            back = sharpened(back, oneplus(parts["sharpness"][r][0]))
            ahead = sharpened(ahead, oneplus(parts["sharpness"][r][1]))
        strength = oneplus(parts["read_strength"][r])
        c = content(parts["read_key"][r], strength, mask(parts["read_mask"][r]), memory)
        m = softmax(parts["mode"][r])
        read.append([m[0] * back[i] + m[1] * c[i] + m[2] * ahead[i] for i in range(n)])
        vectors.append([sum(read[r][i] * memory[i][k] for i in range(n)) for k in range(width)])
    return {
        "memory": memory, "usage": used, "write": write, "read": read, "reads": vectors,
        "precedence": precedence, "link": links,
    }  # fmt: skip


@torch.no_grad()
@pytest.mark.parametrize("variant", ["plain", "masking", "deallocation", "sharpness", "improved"])
def test_is_the_paper_written_out(variant):
    cell = make(variant).double()
    for p in cell.parameters():
        p.mul_(3)
    x, state = torch.randn(2, 4).double(), some_state(cell, 2)
    y, after = cell(x, state)
    h, _ = cell.controller(torch.cat([x, state.reads.flatten(1)], -1), state.controller)
    raw = cell.interface(h)
    none = [[None]] * 2
    for b in range(2):
        parts = {name: part[b].tolist() for name, part in raw.items()}
        parts = {"read_mask": none, "write_mask": none, **parts}
        before = {
            "memory": state.memory, "usage": state.usage, "write": state.write_weights[:, 0],
            "read": state.read_weights, "precedence": state.precedence[:, 0],
            "link": state.link[:, 0],
        }  # fmt: skip
        before = {name: part[b].tolist() for name, part in before.items()}
        wanted = step_by_hand(parts, before, cell.rules)
        ours = {
            "memory": after.memory, "usage": after.usage, "write": after.write_weights[:, 0],
            "read": after.read_weights, "reads": after.reads,
            "precedence": after.precedence[:, 0], "link": after.link[:, 0],
        }  # fmt: skip
        for name, part in ours.items():
            told = torch.tensor(wanted[name], dtype=torch.float64)
            torch.testing.assert_close(part[b], told, atol=1e-10, rtol=1e-8)
        out = torch.cat([h[b], after.reads[b].flatten()]) @ cell.output.weight.T + cell.output.bias
        torch.testing.assert_close(y[b], out)


@torch.no_grad()
def test_each_write_sees_what_the_ones_before_it_take():
    """Of three writes that all allocate, each goes to a slot of its own, with links of its own."""
    cell = make("several writes", writes=3)
    parts = open_parts(cell, batch=1)
    for name in ("write_gate", "allocation_gate"):
        parts[name][:] = 30.0
    after = cell._access(parts, cell.initial_state(1))
    assert after.write_weights.argmax(-1).tolist() == [[0, 1, 2]]
    assert after.write_weights.sum(-1).sub(1).abs().max() < 1e-3
    again = cell._access(parts, after)
    assert again.write_weights.argmax(-1).tolist() == [[3, 4, 5]]
    for w in range(3):  # what head w writes now follows what it wrote before
        assert again.link[0, w, w + 3, w] > 0.99
    assert cell.interface.shapes["mode"] == (2, 7)


# ------------------------------------------------------------------------------
# gates set by hand


def open_parts(cell, batch):
    """An interface that does nothing, to be filled in."""
    parts = {name: torch.zeros(batch, *shape) for name, shape in cell.interface.shapes.items()}
    for name in ("write_gate", "free_gate"):
        parts[name][:] = -30.0
    return parts


@torch.no_grad()
@pytest.mark.parametrize("rules", [DNCRules(), DNCRules(sharpness=True), IMPROVED])
def test_four_writes_are_recalled_forwards_and_then_backwards(rules):
    cell = make(reads=1, slots=6, width=5, rules=rules)
    state, words = cell.initial_state(1), torch.eye(5)[:4]
    for word in words:
        parts = open_parts(cell, 1)
        parts["write_gate"][:], parts["allocation_gate"][:] = 30.0, 30.0
        parts["erase"][:], parts["write"][:] = 30.0, word
        state = cell._access(parts, state)
    assert state.usage.argmin() == 4  # the last write counts from the next step on
    found = []
    for mode in ("content", "forward", "forward", "forward", "backward", "backward", "backward"):
        parts = open_parts(cell, 1)
        parts["read_key"][:], parts["read_strength"][:] = words[0], 50.0
        parts["mode"][..., ["backward", "content", "forward"].index(mode)] = 30.0
        if rules.sharpness:
            parts["sharpness"][:] = 20.0
        state = cell._access(parts, state)
        found.append(int(state.reads[0, 0].argmax()))
        assert state.reads[0, 0].max() > 0.95
    assert found == [0, 1, 2, 3, 2, 1, 0]


@torch.no_grad()
def test_a_freed_slot_is_written_again_and_emptied_where_the_rules_say_so():
    for rules in (DNCRules(), DNCRules(deallocation=True)):
        cell = make(reads=1, slots=3, rules=rules)
        state = cell.initial_state(1)
        for word in torch.eye(5)[:3]:
            parts = open_parts(cell, 1)
            parts["write_gate"][:], parts["allocation_gate"][:] = 30.0, 30.0
            parts["write"][:] = word
            state = cell._access(parts, state)
        parts = open_parts(cell, 1)
        parts["read_key"][:], parts["read_strength"][:] = torch.eye(5)[1], 60.0
        parts["mode"][..., 1] = 30.0
        state = cell._access(parts, state)  # the memory is full; read the second word
        parts["free_gate"][:] = 30.0
        freed = cell._access(parts, state)
        assert freed.usage.argmin() == 1 and freed.usage.min() < 0.01
        left = float(freed.memory[0, 1].norm())
        assert left < 0.01 if rules.deallocation else left > 0.9


# ------------------------------------------------------------------------------
# invariants, traps


@torch.no_grad()
@pytest.mark.parametrize("variant", ["plain", "improved", "content only", "several writes"])
def test_weights_usage_and_links_stay_in_their_simplices(variant):
    cell = make(variant)
    for p in cell.parameters():
        p.mul_(4)
    state = cell.initial_state(5)
    for _ in range(200):
        _, state = cell(3 * torch.randn(5, 4), state)
        for part in (state.usage, state.write_weights, state.read_weights):
            assert part.min() >= -1e-6 and part.max() <= 1 + 1e-5
        assert state.write_weights.sum(-1).max() <= 1 + 1e-5
        assert state.read_weights.sum(-1).max() <= 1 + 1e-5
        if state.link is not None:
            assert state.precedence.min() >= -1e-6
            assert state.precedence.sum(-1).max() <= 1 + 1e-5
            assert state.link.min() >= -1e-6
            assert max(state.link.sum(-1).max(), state.link.sum(-2).max()) <= 1 + 1e-4
            assert (state.link.diagonal(dim1=-2, dim2=-1) == 0).all()


@torch.no_grad()
def test_the_controller_sees_the_last_reads():
    """A machine with its reads cut off still learns short tasks, so that nobody notices."""
    cell = make()
    state = some_state(cell, 2)
    x = torch.randn(2, 4)
    one, _ = cell(x, state)
    other, _ = cell(x, state._replace(reads=state.reads + 1))
    assert (one - other).abs().min() > 1e-5


@pytest.mark.parametrize("variant", ["plain", "improved", "several writes"])
def test_gradients_of_a_step_and_of_a_sequence_are_exact(variant):
    cell = make(variant, slots=3, width=2, reads=1, controller=lstm(2)).double()
    x, state = torch.randn(1, 3, 4).double(), some_state(cell, 1)
    flat = [part.requires_grad_() for part in tensors(state)]
    names = [name for name, _ in cell.named_parameters()]

    def rebuilt(parts):
        left = iter(parts)
        return map_state(lambda _: next(left), state)

    def step(x, *parts):
        y, after = cell(x, rebuilt(parts))
        return y, *tensors(after)

    def sequence(x, *rest):
        weights, parts = rest[: len(names)], rest[len(names) :]
        called = torch.func.functional_call(
            Recurrent(cell), {f"cell.{n}": w for n, w in zip(names, weights, strict=True)},
            (x, rebuilt(parts)),
        )  # fmt: skip
        return called[0]

    assert torch.autograd.gradcheck(step, (x[:, 0].clone().requires_grad_(), *flat))
    everything = (x.requires_grad_(), *cell.parameters(), *flat)
    assert torch.autograd.gradcheck(sequence, everything, fast_mode=True)


@pytest.mark.parametrize("variant", ["plain", "improved", "several writes"])
def test_an_empty_memory_pulls_no_gradient_to_infinity(variant):
    """The cosine of a zero memory: with the root outside, 1e8 or NaN."""
    cell = make(variant)
    x = torch.zeros(2, 4, requires_grad=True)
    state = map_state(lambda t: t.clone().requires_grad_(), cell.initial_state(2))
    y, after = cell(x, state)
    (y.sum() + sum(part.sum() for part in tensors(after))).backward()
    for part in (x, *tensors(state), *cell.parameters()):
        if part.grad is not None:
            assert part.grad.abs().max() < 1e4


@pytest.mark.parametrize("scale", [1.0, 1e4, 1e30])
@pytest.mark.parametrize("variant", ["plain", "improved"])
def test_extremes_and_saturated_gates_give_no_nan(variant, scale):
    cell = make(variant)
    with torch.no_grad():
        cell.interface.linear.weight.mul_(100)
        cell.interface.linear.bias.copy_(100 * torch.randn(cell.interface.linear.bias.shape))
    x = (scale * torch.randn(2, 30, 4)).requires_grad_()
    y, state = Recurrent(cell, fused=False)(x)
    (y.sum() + sum(part.sum() for part in tensors(state))).backward()
    for part in (y, *tensors(state), x.grad, *(p.grad for p in cell.parameters())):
        assert torch.isfinite(part).all()


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["improved", "several writes", "content only"])
def test_ten_thousand_random_steps_give_no_nan(variant):
    cell = make(variant)
    state = cell.initial_state(2)
    for _ in range(100):
        x = (10 * torch.randn(2, 100, 4)).requires_grad_()
        y, state = Recurrent(cell, fused=False)(x, detach(state))
        y.sum().backward()
        for part in (y, *tensors(state), x.grad, *(p.grad for p in cell.parameters())):
            assert torch.isfinite(part).all()


# ------------------------------------------------------------------------------
# slots, precision, compilation, traces, mistakes


@torch.no_grad()
def test_a_trained_cell_runs_on_another_number_of_slots():
    cell, larger = make(), make(slots=50)
    larger.load_state_dict(cell.state_dict())
    x = torch.randn(2, 9, 4)
    one, state = Recurrent(cell)(x, cell.initial_state(2, slots=50))
    other, _ = Recurrent(larger)(x)
    assert state.memory.shape == (2, 50, 5) and state.link.shape == (2, 1, 50, 50)
    torch.testing.assert_close(one, other)
    copied = cell.with_slots(50)
    torch.testing.assert_close(Recurrent(copied)(x)[0], other)
    assert cell.slots == 6 and copied.slots == 50
    with pytest.raises(ValueError, match="slots=0"):
        cell.with_slots(0)


@torch.no_grad()
def test_half_precision_keeps_the_memory_in_float32():
    cell = make("improved")
    exact, _ = Recurrent(cell)(torch.ones(2, 12, 4), cell.initial_state(2))
    half = cell.bfloat16()
    state = half.initial_state(2)
    y, after = Recurrent(half)(torch.ones(2, 12, 4).bfloat16(), state)
    assert y.dtype == after.controller.hidden.dtype == torch.bfloat16
    for name in ("memory", "usage", "write_weights", "read_weights", "link", "precedence"):
        assert getattr(after, name).dtype == torch.float32
    torch.testing.assert_close(y.float(), exact, atol=0.05, rtol=0.05)
    with torch.enable_grad():
        check_cell(half, tolerance=0.05)


@torch.no_grad()
def test_autocast_leaves_the_memory_alone():
    cell = make()
    x, state = torch.randn(2, 12, 4), some_state(cell, 2)
    exact, _ = Recurrent(cell, fused=False)(x, state)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y, after = Recurrent(cell, fused=False)(x, state)
    for ours, theirs in zip(tensors(after), tensors(state), strict=True):
        assert ours.dtype == theirs.dtype == torch.float32
    torch.testing.assert_close(y.float(), exact, atol=0.05, rtol=0.05)


@pytest.mark.parametrize("variant", ["plain", "improved", "several writes", "content only"])
def test_compiles_whole(variant):
    torch._dynamo.reset()
    cell = make(variant)
    compiled = torch.compile(cell, fullgraph=True, backend="eager")
    x, state = torch.randn(2, 4), some_state(cell, 2)
    ours, theirs = compiled(x, state), cell(x, state)
    torch.testing.assert_close(ours[0], theirs[0])
    for one, other in zip(tensors(ours[1]), tensors(theirs[1]), strict=True):
        torch.testing.assert_close(one, other)


@torch.no_grad()
@pytest.mark.parametrize("variant", ["plain", "several writes", "content only"])
def test_a_trace_has_all_there_is_to_see(variant):
    cell = make(variant)
    rnn, x = Recurrent(cell), torch.randn(2, 3, 4)
    plainly, last = rnn(x)
    with trace(rnn) as seen:
        traced, _ = rnn(x)
    torch.testing.assert_close(traced, plainly, atol=1e-5, rtol=1e-4)
    steps = seen["cell"]
    names = {
        "weights", "write_weights", "content_weights", "usage", "allocation", "memory",
        "read_strength", "write_strength", "free_gate", "allocation_gate", "write_gate", "erase",
        "write",
    }  # fmt: skip
    if variant != "content only":
        names |= {"link", "mode"}
    assert len(steps) == 3 and set(steps[-1]) >= names
    torch.testing.assert_close(steps[-1]["weights"], last.read_weights, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(steps[-1]["usage"], last.usage, atol=1e-5, rtol=1e-4)


def test_what_is_no_machine_is_refused():
    for name in ("output_size", "slots", "width", "reads", "writes"):
        with pytest.raises(ValueError, match=f"{name}=0: it is at least 1"):
            make(**{name: 0})
    with pytest.raises(ValueError, match=r"input_size=-1"):
        DNCCell(-1, output_size=1, slots=1, width=1)
    with pytest.raises(ValueError, match=r"floor=1.5"):
        make(rules=DNCRules(masking=True, floor=1.5))
    with pytest.raises(ValueError, match="slots=0"):
        make().initial_state(2, slots=0)


@pytest.mark.parametrize("fused", [None, False])
def test_what_does_not_fit_is_refused(fused):
    cell = make()
    rnn, x = Recurrent(cell, fused=fused), torch.randn(2, 3, 4)
    with pytest.raises(ValueError, match=r"\(B, T, 4\).*not \(2, 3, 5\)"):
        rnn(torch.randn(2, 3, 5))
    with pytest.raises(ValueError, match="NaN"):
        rnn(x / 0 * 0)
    with pytest.raises(ValueError, match="a DNCState, not a NTMState"):
        ntm = NTMCell(4, output_size=1, controller=lstm(3), memory=ConstantMemory(6, 5))
        rnn(x, ntm.initial_state(2))
    with pytest.raises(ValueError, match=r"state.memory is \(2, 6, 5\).*not \(3, 6, 5\)"):
        rnn(x, cell.initial_state(3))
    with pytest.raises(ValueError, match=r"state.memory is \(2, 6, 5\).*not \(2, 6, 8\)"):
        rnn(x, make(width=8).initial_state(2))
    with pytest.raises(ValueError, match=r"state.read_weights is \(2, 2, 6\).*not \(2, 3, 6\)"):
        rnn(x, make(reads=3).initial_state(2))
    with pytest.raises(ValueError, match=r"state.write_weights is \(2, 1, 6\).*not \(2, 3, 6\)"):
        rnn(x, make("several writes").initial_state(2))
    with pytest.raises(ValueError, match="content_only=False.*has a link"):
        rnn(x, make("content only").initial_state(2))
    with pytest.raises(ValueError, match="content_only=True.*neither link"):
        Recurrent(make("content only"), fused=fused)(x, cell.initial_state(2))
    with pytest.raises(ValueError, match="hidden state"):
        rnn(x, make(controller=lstm(9)).initial_state(2))
    if fused is False:
        with pytest.raises(ValueError, match=r"the input of a step is \(B, 4\).*not \(2, 5\)"):
            cell(torch.randn(2, 5), cell.initial_state(2))


def test_swaps_with_an_lstm():
    net, x = nn.LSTM(4, 3, batch_first=True), torch.randn(2, 5, 4)
    ours = Recurrent(make())
    y, state = ours(x)
    assert y.shape == net(x)[0].shape and isinstance(state, DNCState)
    more, _ = ours(x, state)
    assert more.shape == y.shape and not torch.equal(more, y)
