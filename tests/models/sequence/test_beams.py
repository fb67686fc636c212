"""Beam search over chains whose probabilities are told, against all that could be said."""

import itertools
import math
from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from recollect.models import BOS, EOS, PAD, Decoder, Encoded, beam_search, greedy

VOCAB = 6  # two words beside padding, begin, end and unknown
WORDS = [t for t in range(VOCAB) if t not in (PAD, BOS, EOS)]


class ChainState(NamedTuple):
    table: Tensor


class Chain(Decoder):
    """The next token hangs on the last alone; each source has a table of its own."""

    def start(self, encoded):
        return ChainState(encoded.summary.view(-1, VOCAB, VOCAB))

    def step(self, token, state):
        return state.table[torch.arange(len(token)), token], state

    def weights(self, state):
        return None


def sources(logits):
    table = torch.as_tensor(logits, dtype=torch.float64).log_softmax(-1)
    batch = len(table)
    mask = torch.ones(batch, 1, dtype=torch.bool)
    return Encoded(table.new_zeros(batch, 1, 1), mask, table.flatten(1))


def drawn(batch, seed, scale=1.5):
    return scale * torch.randn(batch, VOCAB, VOCAB, generator=torch.Generator().manual_seed(seed))


def likelihood(encoded, row, said):
    table = encoded.summary[row].view(VOCAB, VOCAB)
    return sum(float(table[a, b]) for a, b in itertools.pairwise([BOS, *said]))


def until_end(row):
    return row[: row.index(EOS) + 1] if EOS in row else [t for t in row if t != PAD]


def stretch(length, penalty):
    return ((5 + length) / 6) ** penalty


@settings(max_examples=25, deadline=None)
@given(
    batch=st.integers(1, 4),
    beams=st.integers(1, 12),
    limit=st.integers(1, 6),
    penalty=st.sampled_from([0.0, 0.6, 1.0, 2.0]),
    seed=st.integers(0, 10_000),
)
def test_a_source_alone_is_told_as_in_a_batch_and_its_score_is_that_of_its_tokens(
    batch, beams, limit, penalty, seed
):
    encoded, kind = sources(drawn(batch, seed)), {"beams": beams, "limit": limit}
    told = beam_search(Chain(), encoded, **kind, length_penalty=penalty)
    assert told.weights is None and told.tokens.shape[1] <= limit
    for b in range(batch):
        row = told.tokens[b].tolist()
        said = until_end(row)
        assert row[len(said) :] == [PAD] * (len(row) - len(said))  # and BOS is never said
        assert not {PAD, BOS} & set(said) and 1 <= len(said) <= limit
        alone = beam_search(Chain(), Encoded(*(x[b : b + 1] for x in encoded[:3])), **kind,
                            length_penalty=penalty)  # fmt: skip
        assert until_end(alone.tokens[0].tolist()) == said
        torch.testing.assert_close(alone.scores[0], told.scores[b])
        right = likelihood(encoded, b, said) / stretch(len(said), penalty)
        assert math.isclose(float(told.scores[b]), right, rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 3), penalty=st.sampled_from([0.0, 0.6, 2.0]), seed=st.integers(0, 999))
def test_beams_for_all_that_could_be_said_find_the_best(limit, penalty, seed):
    encoded = sources(drawn(2, seed))
    told = beam_search(
        Chain(), encoded, beams=len(WORDS) ** 3 + 40, limit=limit, length_penalty=penalty
    )
    for b in range(2):
        scores = {
            (*body, EOS): likelihood(encoded, b, [*body, EOS]) / stretch(len(body) + 1, penalty)
            for length in range(limit)
            for body in itertools.product(WORDS, repeat=length)
        }
        best = max(scores, key=lambda said: scores[said])
        assert tuple(until_end(told.tokens[b].tolist())) == best
        assert math.isclose(float(told.scores[b]), scores[best], rel_tol=1e-9)


@pytest.mark.parametrize("beams", [1, 2, 5, 50])
@pytest.mark.parametrize("limit", [1, 7])
def test_an_end_at_once(beams, limit):
    logits = drawn(3, 1)
    logits[:, BOS, EOS] = 30.0
    told = beam_search(Chain(), sources(logits), beams=beams, limit=limit)
    assert told.tokens[:, 0].tolist() == [EOS] * 3 and (told.tokens[:, 1:] == PAD).all()
    torch.testing.assert_close(told.scores, torch.zeros_like(told.scores), atol=1e-6, rtol=0)


def test_one_token_at_most():
    encoded = sources(drawn(4, 2))
    one = beam_search(Chain(), encoded, beams=1, limit=1)
    assert one.tokens.tolist() == greedy(Chain(), encoded, limit=1).tokens.tolist()
    # with room for every token the end is among them, and what has ended is told
    all_of_them = beam_search(Chain(), encoded, beams=VOCAB, limit=1)
    assert all_of_them.tokens.tolist() == [[EOS]] * 4


def test_what_cannot_end_is_told_up_to_the_limit():
    logits = drawn(2, 3)
    logits[:, :, EOS] = -torch.inf
    told = beam_search(Chain(), sources(logits), beams=4, limit=5)
    assert told.tokens.shape == (2, 5) and EOS not in told.tokens
    assert told.scores.isfinite().all()


def test_only_the_end_can_be_said():
    logits = torch.full((1, VOCAB, VOCAB), -torch.inf)
    logits[:, :, EOS] = 0.0
    for beams in (1, 3, 40):  # all beams but one are without any chance
        told = beam_search(Chain(), sources(logits), beams=beams, limit=4)
        assert until_end(told.tokens[0].tolist()) == [EOS] and float(told.scores[0]) == 0.0


def test_the_length_penalty_weighs_long_against_short():
    """An end at once with p = 0.4; or two words and an end with 0.6 * 0.62 = 0.37."""
    word, other = WORDS[0], WORDS[1]
    p = torch.full((1, VOCAB, VOCAB), 1e-9, dtype=torch.float64)
    p[0, BOS, EOS], p[0, BOS, word] = 0.4, 0.6
    p[0, word, EOS], p[0, word, other] = 0.38, 0.62
    p[0, other, EOS] = 1.0
    encoded = sources(p.log())
    ways = {
        (EOS,): 0.4,
        (word, EOS): 0.6 * 0.38,
        (word, other, EOS): 0.6 * 0.62,
    }
    for penalty in (0.0, 0.6, 1.0, 3.0):
        told = beam_search(Chain(), encoded, beams=4, limit=6, length_penalty=penalty)
        scores = {said: math.log(q) / stretch(len(said), penalty) for said, q in ways.items()}
        best = max(scores, key=lambda said: scores[said])
        assert tuple(until_end(told.tokens[0].tolist())) == best
    short, long = (
        until_end(
            beam_search(Chain(), encoded, beams=4, limit=6, length_penalty=x).tokens[0].tolist()
        )
        for x in (0.0, 3.0)
    )
    assert len(short) == 1 and len(long) == 3


def test_what_has_ended_is_not_forgotten_for_what_goes_round_in_circles():
    table = torch.zeros(2, VOCAB, VOCAB)
    table[:, :, EOS] = -3.2  # an end is unlikely at every step, and two words go round for ever
    table[:, :, [PAD, BOS]] = -40
    table[1, 4, EOS] = 9.0  # a source that ends beside it changes nothing
    encoded = sources(table)
    told = beam_search(Chain(), encoded, beams=4, limit=40)
    first = until_end(told.tokens[0].tolist())
    assert first == [EOS]
    assert float(told.scores[0]) == pytest.approx(likelihood(encoded, 0, first) / stretch(1, 0.6))
    assert until_end(told.tokens[1].tolist())[-1] == EOS
    alone = beam_search(Chain(), sources(table[:1]), beams=4, limit=40)
    assert alone.tokens.tolist() == [[EOS]]
