import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models.relation_memory import Derivation, RelationMemory
from recollect.trace import trace


def modular(size: int) -> RelationMemory:
    """A memory that knows addition modulo `size`, which any order of reduction gives."""
    model = RelationMemory(size)
    with torch.no_grad():
        model.table.fill_(-5)
        for a, b in itertools.product(range(size), repeat=2):
            model.table[a, b, (a + b) % size] = 5
    return model


def chain(relations, nodes=None):
    nodes = list(range(len(relations) + 1)) if nodes is None else nodes
    return [[nodes[i], r, nodes[i + 1]] for i, r in enumerate(relations)]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_a_chain_is_reduced_whatever_the_names_and_the_order_of_its_facts(relations, random):
    nodes = list(range(len(relations) + 1))
    random.shuffle(nodes)
    told = chain(relations, nodes)
    random.shuffle(told)
    query = torch.tensor([[nodes[0], nodes[-1]]])
    found = modular(5)(torch.tensor([told]), query)
    assert int(found.argmax()) == sum(relations) % 5
    assert float(found.detach().exp().sum()) == pytest.approx(1, abs=1e-3)


def test_longer_than_it_was_trained_on():
    torch.manual_seed(0)
    model = RelationMemory(3)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    pairs = list(itertools.product(range(3), repeat=2))
    edges = torch.tensor([chain(pair) for pair in pairs])
    gold = torch.tensor([sum(pair) % 3 for pair in pairs])
    query = torch.tensor([[0, 2]] * len(pairs))
    for _ in range(40):
        loss = torch.nn.functional.nll_loss(model(edges, query), gold)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    long = torch.tensor([chain([1, 2, 2, 0, 1, 1, 2, 1, 0])])
    assert int(model(long, torch.tensor([[0, 9]])).argmax()) == 10 % 3


def test_padding_and_company_change_nothing():
    model = modular(4)
    alone = model(torch.tensor([chain([1, 2])]), torch.tensor([[0, 2]]), hops=3)
    padded = [[*chain([1, 2]), [0, -1, 0], [0, -1, 0]], chain([1, 1, 3, 2])]
    beside = model(torch.tensor(padded), torch.tensor([[0, 2], [0, 4]]), hops=3)
    torch.testing.assert_close(alone[0], beside[0])


def test_a_missing_link_is_doubt_not_a_guess():
    model = modular(4)
    apart = torch.tensor([[[0, 1, 1], [2, 1, 3]]])
    found = model(apart, torch.tensor([[0, 3]]))
    assert float(found.detach().exp().sum()) < 1e-6
    found.sum().backward()
    assert torch.isfinite(model.table.grad).all()


def test_a_composition_that_means_nothing_lends_no_weight():
    # 3 after 3 means nothing, so 3 + 3 + 1 can be reduced from the right alone.
    model = modular(4)
    with torch.no_grad():
        model.table[3, 3] = -5
        model.table[3, 3, 4] = 5
    edges, query = torch.tensor([chain([3, 3, 1])]), torch.tensor([[0, 3]])
    assert int(model(edges, query).argmax()) == 7 % 4
    weights = model.weights(edges, query).detach()
    assert weights.shape == (1, 2, 4)
    assert float(weights[0, -1, 1]) > 0.99


def test_the_derivation_rests_on_told_facts_and_says_the_answer():
    model = modular(5)
    told = chain([1, 3, 2, 4])
    edges, query = torch.tensor([[*told, [0, 1, 5]]]), torch.tensor([[0, 4]])
    (tree,) = model.derive(edges, query)
    assert tree.edges() == [tuple(fact) for fact in told]
    assert (tree.source, tree.relation, tree.target) == (0, 0, 4)
    assert Derivation(0, 1, 2).edges() == [(0, 1, 2)]


def test_weights_are_shares_and_traced():
    model = RelationMemory(3, latent=2)
    edges, query = torch.tensor([chain([0, 1, 2])]), torch.tensor([[0, 3]])
    with trace(model) as seen:
        model(edges, query)
    assert seen.stack("RelationMemory").shape[0] == 2
    weights = model.weights(edges, query).detach()
    assert torch.all(weights >= 0) and float(weights.sum(-1).max()) <= 1 + 1e-5


def test_soft_facts_are_those_told_when_they_are_sure():
    model = modular(3)
    told, query = torch.tensor([chain([1, 1])]), torch.tensor([[0, 2]])
    soft = torch.zeros(1, 3, 3, 3)
    soft[0, 0, 1, 1] = soft[0, 1, 2, 1] = 1
    torch.testing.assert_close(model(soft, query), model(told, query))


def test_gradcheck():
    model = RelationMemory(2, latent=1).double()
    edges, query = torch.tensor([chain([0, 1, 0])]), torch.tensor([[0, 3]])

    def found(table):
        return torch.func.functional_call(model, {"table": table}, (edges, query))

    table = (torch.randn_like(model.table) * 0.1).requires_grad_()
    assert torch.autograd.gradcheck(found, (table,))


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="relations is 0"):
        RelationMemory(0)
