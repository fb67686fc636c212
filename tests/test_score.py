import pytest
import torch

import recollect
from recollect import AdditiveScore, DotScore, Score
from recollect.score import Strength
from recollect.testing import check_score

SCORES = {
    "dot": recollect.dot,
    "scaled_dot": recollect.scaled_dot,
    "general": lambda: recollect.general(6),
    "cosine": recollect.cosine,
    "fixed_cosine": lambda: recollect.cosine(4.0, learn=False),
    "additive": lambda: recollect.additive(6, hidden=10),
}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_conforms(name, dtype):
    check_score(SCORES[name]().to(dtype), query_size=6)


@pytest.mark.parametrize("make", [recollect.general, recollect.additive])
def test_conforms_with_keys_of_another_width(make):
    check_score(make(6, key_size=4), query_size=6, key_size=4)


def scores(score, query, keys):
    return score(score.embed_query(query), score.embed_keys(keys))


def test_general_is_bilinear():
    score = recollect.general(6, key_size=4)
    query, keys = torch.randn(2, 3, 6), torch.randn(2, 5, 4)
    wanted = torch.einsum("bqi,ij,bnj->bqn", query, score.key_map.weight, keys)
    torch.testing.assert_close(scores(score, query, keys), wanted)


def test_additive_is_bahdanaus_network():
    score = recollect.additive(6, key_size=4, hidden=5)
    query, keys = torch.randn(6), torch.randn(4)
    w, u, b = score.query_map.weight, score.key_map.weight, score.key_map.bias
    wanted = score.v @ torch.tanh(w @ query + u @ keys + b)
    torch.testing.assert_close(scores(score, query[None], keys[None])[0, 0], wanted)


def test_the_strength_of_cosine_bounds_it_and_is_learnt():
    score = recollect.cosine(3.0)
    query, keys = torch.randn(4, 6), torch.randn(5, 6)
    assert scores(score, query, keys).abs().max() <= 3
    torch.testing.assert_close(scores(score, query, query).diagonal(), torch.full((4,), 3.0))
    (strength,) = score.parameters()
    scores(score, query, keys).sum().backward()
    assert strength.grad != 0
    before = strength.item()
    torch.optim.SGD([strength], lr=0.1).step()
    assert strength.item() != before
    assert not list(recollect.cosine(3.0, learn=False).parameters())


@pytest.mark.parametrize("strength", [0.0, -2.0])
def test_a_strength_below_zero_is_refused(strength):
    with pytest.raises(ValueError, match=str(strength)):
        Strength(strength)


def test_a_score_is_an_interface():
    with pytest.raises(TypeError, match="abstract"):
        Score()


def test_all_dot_scores_can_be_fused_and_additive_cannot():
    for name, make in SCORES.items():
        assert type(make()) is (AdditiveScore if name == "additive" else DotScore)
