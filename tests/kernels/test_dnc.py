"""The sequence kernel gives what `DNCCell` gives, in values and in gradients."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect import DNCCell, DNCRules, Recurrent
from recollect.cells import feedforward, gru, lstm, map_state
from recollect.functional import allocation
from recollect.kernels import dnc, matrix, slices
from recollect.kernels import dnc_address as address
from recollect.testing import check_cell

RULES = {
    "plain": DNCRules(),
    "masking": DNCRules(masking=True, floor=0.1),
    "deallocation": DNCRules(deallocation=True),
    "sharpness": DNCRules(sharpness=True),
    "improved": DNCRules(masking=True, deallocation=True, sharpness=True),
    "content only": DNCRules(content_only=True, deallocation=True),
}


def make(**changes):
    chosen = {"output_size": 3, "slots": 7, "width": 5, "reads": 2, "controller": lstm(6)}
    return DNCCell(4, **chosen | changes)


def some_state(cell, batch):
    """Any state, away from ties in the usage."""
    state = cell.initial_state(batch)
    n = state.usage.shape[1]

    def weights(like):
        return torch.softmax(2 * torch.randn(like.shape), -1) * torch.rand(*like.shape[:-1], 1)

    links = {}
    if state.link is not None:
        free = torch.rand(state.link.shape) * (1 - torch.eye(n)) / n
        links = {"precedence": weights(state.precedence), "link": free}
    return state._replace(
        controller=map_state(lambda t: torch.randn(t.shape).tanh(), state.controller),
        memory=torch.randn(state.memory.shape),
        usage=torch.stack([torch.randperm(n) for _ in range(batch)]) / n + 0.3 / n,
        write_weights=weights(state.write_weights),
        read_weights=weights(state.read_weights),
        reads=torch.randn(state.reads.shape),
        **links,
    )


def tensors(state):
    found = []
    map_state(lambda t: found.append(t) or t, state)
    return found


def outcome(cell, x, state, lengths, *, fused, dtype=torch.float32):
    """Outputs and last state, and the gradients of a random sum of them by everything given."""
    cell = cell.to(dtype)
    x = x.to(dtype).requires_grad_()
    state = map_state(lambda t: t.to(dtype).clone().requires_grad_(), state)
    y, last = Recurrent(cell, fused=fused)(x, state, lengths=lengths)
    torch.manual_seed(1)
    values = [y, *tensors(last)]
    loss = sum((t * torch.randn(t.shape).to(dtype)).sum() for t in values)
    wanted = [x, *tensors(state), *cell.parameters()]
    return [t.detach() for t in values], list(torch.autograd.grad(loss, wanted))


def assert_alike(ours, theirs, values=1e-5, gradients=1e-4):
    for one, other in zip(ours[0], theirs[0], strict=True):
        scale = 1 + float(other.abs().max()) if other.numel() else 1
        assert float((one - other).abs().max()) <= values * scale
    largest = max(float(g.norm()) for g in theirs[1])
    for one, other in zip(ours[1], theirs[1], strict=True):
        # A gradient that is small beside the others is known no better than they are.
        assert float((one - other).norm()) <= gradients * max(float(other.norm()), 1e-3 * largest)


@pytest.mark.parametrize("rules", RULES)
@settings(max_examples=8, deadline=None)
@given(
    batch=st.integers(1, 6),
    steps=st.integers(1, 23),
    slots=st.integers(1, 14),
    width=st.integers(1, 9),
    reads=st.integers(1, 5),
    hidden=st.integers(1, 9),
    seed=st.integers(0, 10**6),
    padded=st.booleans(),
)
def test_values_and_gradients_are_the_reference_s(
    rules, batch, steps, slots, width, reads, hidden, seed, padded
):
    torch.manual_seed(seed)
    cell = make(slots=slots, width=width, reads=reads, controller=lstm(hidden), rules=RULES[rules])
    lengths = torch.randint(0, steps + 1, (batch,)) if padded else None
    x, state = torch.randn(batch, steps, 4), some_state(cell, batch)
    ours = outcome(cell, x, state, lengths, fused=True)
    exact = outcome(cell, x, state, lengths, fused=False, dtype=torch.float64)
    theirs = [[t.float() for t in part] for part in exact]
    if width > 1:
        return assert_alike(ours, theirs)
    # Slots of one number are all alike to a cosine, and what is left of it cancels: the kernel is
    # held to a few times the error that the reference itself has in single precision.
    plain = outcome(cell.float(), x.detach(), state, lengths, fused=False)
    largest = max(float(g.norm()) for g in theirs[1])
    for one, single, other in zip(ours[1], plain[1], theirs[1], strict=True):
        slack = 4 * float((single - other).norm())
        near = 3e-4 * max(float(other.norm()), 1e-3 * largest)
        assert float((one - other).norm()) <= near + slack


@pytest.mark.parametrize("rules", RULES)
def test_conforms(rules):
    check_cell(make(rules=RULES[rules]), tolerance=2e-5)


@torch.no_grad()
@pytest.mark.parametrize("rules", ["plain", "improved", "content only"])
def test_a_sequence_whole_in_steps_and_alone_are_one(rules):
    cell = make(rules=RULES[rules])
    rnn, x = Recurrent(cell, fused=True), torch.randn(4, 25, 4)
    whole, last = rnn(x)
    pieces, state = [], None
    for t in range(25):
        y, state = rnn(x[:, t : t + 1], state)
        pieces.append(y)
    torch.testing.assert_close(torch.cat(pieces, 1), whole, atol=1e-5, rtol=1e-4)
    for one, other in zip(tensors(state), tensors(last), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
    for b in range(4):
        alone, state = rnn(x[b : b + 1])
        torch.testing.assert_close(alone, whole[b : b + 1], atol=1e-5, rtol=1e-4)
    lengths = torch.tensor([25, 3, 0, 11])
    padded, last = rnn(x, lengths=lengths)
    for b, length in enumerate(lengths.tolist()):
        assert (padded[b, length:] == 0).all()
        if length:
            alone, state = rnn(x[b : b + 1, :length])
            torch.testing.assert_close(alone, padded[b : b + 1, :length], atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(state.link, _rows(last.link, b), atol=1e-5, rtol=1e-4)


def _rows(part, b):
    return None if part is None else part[b : b + 1]


@pytest.mark.parametrize("steps", [23, 230])
def test_with_and_without_a_gradient_it_is_the_same(steps):
    cell, x = make(rules=RULES["improved"]), torch.randn(3, steps, 4)
    rnn, lengths = Recurrent(cell, fused=True), torch.tensor([steps, 4, steps // 2])
    with torch.no_grad():
        y, last = rnn(x, lengths=lengths)
    again, then = rnn(x, lengths=lengths)
    torch.testing.assert_close(y, again)
    for one, other in zip(tensors(last), tensors(then), strict=True):
        torch.testing.assert_close(one, other)


def test_a_learned_first_state_learns():
    cell, x = make(controller=lstm(6, learned=True)), torch.randn(3, 12, 4)
    found = []
    for fused in (True, False):
        cell.zero_grad()
        Recurrent(cell, fused=fused)(x)[0].square().sum().backward()
        found.append(cell.controller.first.grad.clone())
    torch.testing.assert_close(*found, atol=1e-5, rtol=1e-3)
    assert found[0].abs().max() > 1e-4


def test_threads_share_out_the_batch(monkeypatch):
    cell, x = make(slots=9, rules=RULES["improved"]), torch.randn(5, 12, 4)
    state, lengths = some_state(cell, 5), torch.tensor([12, 0, 7, 12, 1])
    one = outcome(cell, x, state, lengths, fused=True)
    for threads in (2, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        assert_alike(outcome(cell, x, state, lengths, fused=True), one, 1e-6, 1e-5)


@pytest.mark.parametrize(("together", "every"), [(1, 3), (3, 10), (4, 1)])
def test_neither_copies_nor_samples_at_a_time_change_the_gradient(monkeypatch, together, every):
    cell, x = make(slots=9), torch.randn(5, 11, 4)
    state, lengths = some_state(cell, 5), torch.tensor([11, 3, 6, 0, 9])
    plain = outcome(cell, x, state, lengths, fused=True)
    made = dnc.Wiring

    def wired(*args, **kwargs):
        return made(*args, **kwargs | {"together": together, "every": every})

    monkeypatch.setattr(dnc, "Wiring", wired)
    assert_alike(outcome(cell, x, state, lengths, fused=True), plain, 1e-6, 1e-5)


def test_only_what_is_needed_gets_a_gradient():
    cell, x = make(), torch.randn(2, 5, 4)
    y, last = Recurrent(cell, fused=True)(x)
    last.usage.sum().backward(retain_graph=True)  # the outputs have no part in it
    first = cell.interface.linear.weight.grad.clone()
    cell.zero_grad()
    last.usage.sum().backward(retain_graph=True)
    torch.testing.assert_close(cell.interface.linear.weight.grad, first)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()
    frozen = make().requires_grad_(False)
    x.requires_grad_()
    Recurrent(frozen, fused=True)(x)[0].sum().backward()
    assert x.grad.abs().sum() > 0


# ------------------------------------------------------------------------------
# memory


def test_the_workspace_of_a_large_machine_is_below_400_megabytes():
    """B32 T100 H256 N256 W64 R4: every link matrix of it would be 0.84 GB alone."""
    batch, steps, hidden, slots, width, reads = 32, 100, 256, 256, 64, 4
    parts = reads * width + 3 * width + 5 * reads + 3
    for threads in (1, 2):
        room = max(4, dnc._SEGMENT // (dnc.EVERY * 4 * slots * slots) // 4 * 4)
        wiring = dnc.Wiring(
            address_of_nothing(), True, False, False, False, np.float32(0), True, dnc.EVERY,
            min(room, batch // threads), threads,
        )  # fmt: skip
        sizes = (steps, batch, hidden, parts, reads, width, slots)
        trail = dnc.trail_shapes(sizes, wiring)
        again = dnc.scratch_shapes(width, slots, wiring)
        carried = 3 * batch * slots * (slots + width)  # the state, its copy, its gradient
        seen = 3 * steps * batch * (4 * hidden + parts + reads * width + hidden)
        numbers = sum(math.prod(shape) for shape in trail + again) + carried + seen
        assert 4 * numbers < 0.4e9
        assert sum(math.prod(shape) for shape in trail[-2:]) * 4 < 0.15e9


def address_of_nothing():
    return dnc.Parts(*[-1] * len(dnc.Parts._fields))


def test_buffers_go_back_to_be_used_again():
    cell, x = make(), torch.randn(3, 9, 4)
    rnn = Recurrent(cell, fused=True)
    rnn(x)[0].sum().backward()
    kept = set(slices._free)
    y, _ = rnn(x)
    y.sum().backward()  # while `y` and its graph are still there
    assert set(slices._free) == kept


def test_a_long_call_is_not_told_as_a_compilation(monkeypatch):
    cell, x = make(), torch.randn(2, 3, 4)
    Recurrent(cell, fused=True)(x)[0].sum().backward()

    def told(name, seconds):
        raise AssertionError(f"{name} is compiled already")

    monkeypatch.setattr(dnc, "compiling", told)
    Recurrent(cell, fused=True)(x)[0].sum().backward()


# ------------------------------------------------------------------------------
# numbers at their ends


@pytest.mark.parametrize("rules", ["plain", "improved"])
@pytest.mark.parametrize("scale", [1.0, 1e4, 1e30])
def test_extremes_and_saturated_gates_give_no_nan(rules, scale):
    cell = make(rules=RULES[rules])
    with torch.no_grad():
        cell.interface.linear.weight.mul_(100)
        cell.interface.linear.bias.copy_(100 * torch.randn(cell.interface.linear.bias.shape))
    x = (scale * torch.randn(3, 50, 4)).requires_grad_()
    y, state = Recurrent(cell, fused=True)(x)
    (y.sum() + sum(part.sum() for part in tensors(state))).backward()
    for part in (y, *tensors(state), x.grad, *(p.grad for p in cell.parameters())):
        assert torch.isfinite(part).all()


@pytest.mark.parametrize("rules", ["plain", "improved"])
def test_ten_thousand_random_steps_give_no_nan(rules):
    cell = make(rules=RULES[rules])
    x = (3 * torch.randn(1, 10_000, 4)).requires_grad_()
    y, state = Recurrent(cell, fused=True)(x)
    (y.sum() + sum(part.sum() for part in tensors(state))).backward()
    for part in (y, *tensors(state), x.grad, *(p.grad for p in cell.parameters())):
        assert torch.isfinite(part).all()
    for part in (state.usage, state.write_weights, state.read_weights, state.precedence):
        assert part.min() >= -1e-5 and part.max() <= 1 + 1e-4
    assert state.link.sum(-1).max() <= 1 + 1e-3 and state.link.sum(-2).max() <= 1 + 1e-3


@torch.no_grad()
def test_a_nan_in_the_weights_shows():
    for part in ("interface", "controller"):
        cell = make()
        next(getattr(cell, part).parameters())[0, 0] = torch.nan
        assert torch.isnan(Recurrent(cell, fused=True)(torch.ones(1, 4, 4))[0]).any()


# ------------------------------------------------------------------------------
# where there is no kernel


def test_what_the_kernel_has_not_runs_step_by_step_and_says_so_once():
    x = torch.randn(2, 3, 4)
    cases = {
        "one write head, not 2": {"writes": 2},
        "no GRUController": {"controller": gru(5)},
        "no FeedforwardController": {"controller": feedforward(5)},
        "one layer, not 2": {"controller": lstm(5, layers=2)},
    }
    for reason, choice in cases.items():
        cell = make(**choice)
        assert reason in cell.lacks()
        with pytest.raises(ValueError, match=f"fused=True, but DNCCell.*{reason}"):
            Recurrent(cell, fused=True)(x)
    cell = make().double()
    Recurrent(cell)(x.double())
    with pytest.raises(ValueError, match="no kernel for torch.float64"):
        Recurrent(cell, fused=True)(x.double())


def test_it_is_not_used_under_vmap():
    cell, x = make(), torch.randn(3, 2, 5, 4)
    each = torch.vmap(lambda x: Recurrent(cell)(x)[0])(x)
    torch.testing.assert_close(each, torch.stack([Recurrent(cell)(part)[0] for part in x]))


# ------------------------------------------------------------------------------
# the parts


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 70), st.integers(0, 10**6), st.sampled_from([3, 20, 10**6]))
def test_slots_are_sorted_as_the_reference_sorts_them(slots, seed, levels):
    random = np.random.default_rng(seed)
    used = (random.integers(0, levels, slots) / levels).astype(np.float32)
    order, room = np.empty(slots, np.int32), np.empty(slots, np.float32)
    address.ascending(used, order, np.empty(slots, np.int64), np.empty(slots, np.int64))
    assert sorted(order.tolist()) == list(range(slots))
    address.allocate(used, order, room, np.empty(slots, np.float32))
    torch.testing.assert_close(torch.from_numpy(room), allocation(torch.from_numpy(used)))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 11), st.integers(1, 600), st.integers(0, 99))
def test_products_are_numpy_s(rows, inside, wide, seed):
    random = np.random.default_rng(seed)

    def some(*shape):
        return random.standard_normal(shape).astype(np.float32)

    a, b, out = some(rows, inside), some(inside, wide), np.empty((rows, wide), np.float32)
    matrix.product(a, b, out)
    np.testing.assert_allclose(out, a @ b, atol=1e-4)
    a, b, out = some(rows, wide), some(inside, wide), np.empty((rows, inside), np.float32)
    matrix.inner(a, b, out)
    np.testing.assert_allclose(out, a @ b.T, atol=1e-3)
    a, b, out = some(inside, rows), some(inside, wide), some(rows, wide)
    wanted = out + a.T @ b
    matrix.add_outer(a, b, out)
    np.testing.assert_allclose(out, wanted, atol=1e-4)
