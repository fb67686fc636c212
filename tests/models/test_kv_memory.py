import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models.kv_memory import (
    KeyHash,
    KeyValueMemory,
    KeyValueSlots,
    sentence_slots,
    triple_slots,
    window_slots,
)
from recollect.trace import trace

QUESTION = torch.tensor([[1, 2, 3], [4, 2, 0]])


def slots(*lead):
    generator = torch.Generator().manual_seed(0)
    keys = torch.randint(1, 9, (*lead, 5, 3), generator=generator)
    keys[..., 2, 1:] = 0
    return KeyValueSlots(keys, torch.randint(1, 9, (*lead, 5, 2), generator=generator))


def by_hand(model, question, keys, values):
    """The equations of the paper, question by question, slot by slot."""
    table = model.embed.weight.double()
    bag = lambda row: sum((table[w] for w in row.tolist() if w), table.new_zeros(table.shape[1]))  # noqa: E731
    q, weights = bag(question), []
    for carry in model.carry:
        p = torch.stack([q @ bag(key) for key in keys]).softmax(0)
        weights.append(p)
        o = sum(p[i] * bag(value) for i, value in enumerate(values))
        q = carry.weight.double() @ (q + o)
    return table @ q, torch.stack(weights)


def test_equals_the_equations():
    model = KeyValueMemory(9, width=6, hops=3)
    memory = slots(2)
    for b in range(2):
        logits, weights = by_hand(model, QUESTION[b], memory.keys[b], memory.values[b])
        torch.testing.assert_close(
            model(QUESTION, memory)[b].double(), logits, atol=1e-5, rtol=1e-5
        )
        found = model.weights(QUESTION, memory)[b].double()
        torch.testing.assert_close(found, weights, atol=1e-5, rtol=1e-5)


def test_one_memory_serves_all_questions_or_each_has_its_own():
    model = KeyValueMemory(9, width=6, hops=2)
    memory = slots()
    each = KeyValueSlots(*(x.expand(2, *x.shape) for x in memory))
    torch.testing.assert_close(model(QUESTION, memory), model(QUESTION, each))


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_slots_does_not_matter(order):
    model, memory = KeyValueMemory(9, width=4, hops=2), slots()
    mixed = KeyValueSlots(memory.keys[order], memory.values[order])
    torch.testing.assert_close(model(QUESTION, memory), model(QUESTION, mixed))
    torch.testing.assert_close(
        model.weights(QUESTION, memory)[..., order], model.weights(QUESTION, mixed)
    )


def test_masked_slots_are_not_there():
    model, memory = KeyValueMemory(9, width=4, hops=2), slots()
    mask = torch.tensor([True, False, True, True, False]).expand(2, -1)
    fewer = KeyValueSlots(memory.keys[mask[0]], memory.values[mask[0]])
    torch.testing.assert_close(model(QUESTION, memory, mask=mask), model(QUESTION, fewer))


def test_a_memory_without_a_readable_slot_gives_finite_gradients():
    model, memory = KeyValueMemory(9, width=4, hops=2), slots()
    mask = torch.zeros(2, 5, dtype=torch.bool)
    assert not model.weights(QUESTION, memory, mask).any()
    model(QUESTION, memory, mask=mask).sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_padding_changes_nothing_and_learns_nothing():
    model, memory = KeyValueMemory(9, width=4, hops=2), slots()
    padded = KeyValueSlots(*(torch.nn.functional.pad(x, (0, 2)) for x in memory))
    torch.testing.assert_close(model(QUESTION, memory), model(QUESTION, padded))
    model(QUESTION, padded, torch.arange(1, 9).unsqueeze(-1)).square().sum().backward()
    assert not model.embed.weight.grad[0].any()


def test_candidates_may_be_bags_and_have_a_table_of_their_own():
    model = KeyValueMemory(9, width=4, hops=1, tied=False)
    candidates = torch.tensor([[3, 0], [4, 5]])
    logits = model(QUESTION, slots(), candidates)
    singles = model(QUESTION, slots())
    expected = torch.stack([singles[:, 3], singles[:, 4] + singles[:, 5]], -1)
    torch.testing.assert_close(logits, expected)


def test_the_hops_reach_a_trace():
    model, memory = KeyValueMemory(9, width=4, hops=2), slots()
    with trace(model) as seen:
        model(QUESTION, memory)
    read = torch.cat([seen.weights(f"read.{h}") for h in range(2)], -2)
    torch.testing.assert_close(read, model.weights(QUESTION, memory))


def test_it_learns_two_hops():
    # 0: nothing, 1 to 4: people, 5 to 8: their teachers', 9: teacher, 10: town
    facts = [*((p, 9, p + 4) for p in range(1, 5)), *((p, 10, p + 6) for p in range(5, 9))]
    memory = KeyValueSlots(
        torch.tensor([[s, r] for s, r, _ in facts]), torch.tensor([[o] for *_, o in facts])
    )
    torch.manual_seed(1)
    model = KeyValueMemory(15, width=24, hops=2)
    question = torch.tensor([[p, 10, 9] for p in (1, 2, 3, 4)])
    answers = torch.tensor([11, 12, 13, 14])
    optim = torch.optim.Adam(model.parameters(), 0.03)
    for _ in range(80):
        loss = torch.nn.functional.cross_entropy(model(question, memory), answers)
        optim.zero_grad()
        loss.backward()
        optim.step()
    assert (model(question, memory).argmax(-1) == answers).all()


@pytest.mark.parametrize("wrong", [{"width": 0}, {"hops": 0}])
def test_sizes_are_positive(wrong):
    with pytest.raises(ValueError, match="1 or more"):
        KeyValueMemory(9, **wrong)


def test_slots_of_triples_sentences_and_windows():
    assert triple_slots([("a", "r", "b")], both_ways=False) == [(("a", "r"), ("b",))]
    assert sentence_slots([("a", "b")]) == [(("a", "b"), ("a", "b"))]
    titled = window_slots("x Ann y".split(), {"Ann"}, width=3, title="T")
    assert titled == [
        (("x", "1:Ann", "y", "T"), ("T",)),
        (("x", "1:Ann", "y", "T"), ("Ann",)),
    ]
    with pytest.raises(ValueError, match="odd"):
        window_slots([], (), width=4)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4), max_size=8),
    st.lists(st.sampled_from("abcdefg"), max_size=4),
    st.integers(1, 4),
)
def test_hashing_finds_what_a_scan_finds(keys, words, most):
    rare = {w for w in words if sum(w in key for key in keys) <= most}
    expected = [i for i, key in enumerate(keys) if rare & set(key)]
    assert KeyHash(keys, most=most).find(words) == expected


def test_hashing_keeps_the_slots_that_share_most():
    assert KeyHash([["a"], ["a", "b"], ["b"]]).find(["a", "b"], limit=1) == [1]
    with pytest.raises(ValueError, match="1 or more"):
        KeyHash([], most=0)
