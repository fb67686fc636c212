import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models.triple_memory import TripleMemory, Triples, hop
from recollect.trace import trace

KIN = Triples(
    4,
    torch.tensor([0, 0, 1, 2]),
    torch.tensor([0, 1, 0, 1]),
    torch.tensor([1, 2, 3, 3]),
    torch.tensor([[2, 0], [3, 4]]),
)
QUESTION, START = torch.tensor([[1, 2, 3], [3, 1, 0]]), torch.tensor([0, 2])


def model(**sizes):
    torch.manual_seed(0)
    return TripleMemory(6, relations=2, **({"width": 8} | sizes)).eval()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=8),
    st.booleans(),
    st.integers(0, 10_000),
)
def test_a_hop_equals_a_walk_over_the_triples(rows, normalize, seed):
    generator = torch.Generator().manual_seed(seed)
    state, relations = torch.rand(4, generator=generator), torch.rand(4, generator=generator)
    stay = torch.rand((), generator=generator)
    s, r, o = torch.tensor(rows).unbind(-1)
    triples = Triples(4, s, r, o, torch.ones(4, 1, dtype=torch.long))
    weights, after = hop(state, relations, triples, stay=stay, normalize=normalize)
    expected = [float(state[a] * relations[b]) for a, b, _ in rows]
    total = sum(expected) + float(stay * state.sum()) if normalize else 1.0
    torch.testing.assert_close(weights, torch.tensor(expected) / total)
    reached = stay * state / total
    for (_, _, c), p in zip(rows, expected, strict=True):
        reached[c] += p / total
    torch.testing.assert_close(after, reached)
    if normalize:
        torch.testing.assert_close(after.sum(), torch.tensor(1.0))


def test_a_link_that_is_missing_leaves_nothing_and_finite_gradients():
    state = torch.tensor([0.0, 0, 0, 1.0], requires_grad=True)
    weights, after = hop(state, torch.tensor([1.0, 1.0]), KIN)
    assert not weights.any() and not after.any()
    after.sum().backward()
    assert state.grad is not None and state.grad.isfinite().all()


def test_gradients_of_a_hop():
    state = torch.rand(2, 4, dtype=torch.double, requires_grad=True)
    relations = torch.rand(2, 2, dtype=torch.double, requires_grad=True)
    stay = torch.rand(2, dtype=torch.double, requires_grad=True)
    mask = torch.tensor([[True, True, False, True], [True, False, True, True]])
    assert torch.autograd.gradcheck(
        lambda e, r, s: hop(e, r, KIN, mask, stay=s), (state, relations, stay)
    )


def test_a_batch_equals_its_questions_and_padding_changes_nothing():
    walker = model(hops=3, chains=2)
    both = walker(QUESTION, START, KIN)
    torch.testing.assert_close(both[:1], walker(QUESTION[:1], START[:1], KIN))
    torch.testing.assert_close(both[1:], walker(QUESTION[1:, :2], START[1:], KIN))


def test_answers_are_probabilities_and_weights_lie_on_the_simplex():
    walk = model(hops=3, chains=2).walk(QUESTION, START, KIN)
    assert walk.answers.min() >= 0 and (walk.answers.sum(-1) < 1.0001).all()
    assert walk.weights.shape == (2, 2, 3, 4) and (walk.weights.sum(-1) < 1.0001).all()
    torch.testing.assert_close(walk.words.sum(-1), torch.ones(2, 2, 3))
    assert not walk.words[1, :, :, 2].any()


def test_what_may_not_be_read_is_as_if_it_were_not_there():
    walker = model(hops=2)
    mask = torch.tensor([[True, True, False, True]]).expand(2, -1)
    fewer = Triples(4, *(x[mask[0]] for x in KIN[1:4]), KIN.words)
    torch.testing.assert_close(walker(QUESTION, START, KIN, mask), walker(QUESTION, START, fewer))


def test_names_do_not_matter():
    walker, order = model(hops=2), torch.tensor([2, 0, 3, 1])
    renamed = KIN._replace(subjects=order[KIN.subjects], objects=order[KIN.objects])
    found = walker(QUESTION, order[START], renamed)
    torch.testing.assert_close(found[:, order], walker(QUESTION, START, KIN))


def test_the_hops_reach_a_trace():
    walker = model(hops=2)
    with trace(walker) as seen:
        walker(QUESTION, START, KIN)
    torch.testing.assert_close(
        seen.weights("TripleMemory"), walker.walk(QUESTION, START, KIN).weights
    )


@pytest.mark.parametrize("wrong", [{"width": 7}, {"hops": 0}, {"chains": 0}])
def test_sizes_are_checked(wrong):
    with pytest.raises(ValueError, match="must be"):
        model(**wrong)


def test_triples_of_another_number_of_relations_are_refused():
    with pytest.raises(ValueError, match="2 relations for a model of 3"):
        TripleMemory(6, relations=3, width=8)(QUESTION, START, KIN)
