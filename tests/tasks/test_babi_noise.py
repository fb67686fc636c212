from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.tasks.babi import BabiQuestion
from recollect.tasks.babi_noise import SIFTS, encode, noise_curve, scatter

STORY = (("mary", "went", "home"), ("john", "slept"), ("mary", "took", "milk"))
QUESTION = BabiQuestion(1, STORY, ("where", "is", "mary"), "home", (0,))
BOOK = [("The", "sea", "was", "grey", "."), ("Mary", "is", "here", "!"), ("He", "slept", ".")]
VOCAB = ("", *sorted({w for s in STORY for w in s} | set(QUESTION.words)))


@given(st.integers(0, 60), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_the_story_stays_whole_and_in_order(words, seed):
    among = scatter(QUESTION, BOOK, words=words, random=Random(seed))
    own = [s for s, told in zip(among.sentences, among.story, strict=True) if told]
    noise = [s for s, told in zip(among.sentences, among.story, strict=True) if not told]
    assert tuple(own) == STORY
    assert words <= sum(map(len, noise)) < words + 5
    assert all("." not in s for s in noise)


def test_what_is_kept():
    among = scatter(QUESTION, BOOK, words=40, random=Random(1))
    known = frozenset(VOCAB)
    picks = {name: sift(among, known, 6) for name, sift in SIFTS.items()}
    assert picks["recent"] == list(range(len(among.sentences) - 6, len(among.sentences)))
    assert all(
        "mary" in among.sentences[i] or "is" in among.sentences[i] for i in picks["retrieved"]
    )
    assert [among.sentences[i] for i in picks["familiar"]] == list(STORY)
    assert all(found == sorted(found) and len(found) <= 6 for found in picks.values())


def test_unknown_words_are_left_out_and_long_sentences_cut():
    numbers = {"a": 1, "b": 2}
    found = encode([[("a", "x", "b"), ("x",)], [("b", "b", "b")]], numbers, words=2)
    assert found.tolist() == [[[1, 2], [0, 0]], [[2, 2], [0, 0]]]


def test_a_curve_counts_what_is_right_and_what_was_kept():
    home = VOCAB.index("home")

    def answer(story, question):
        assert question.shape == (len(story), 4) and story.shape[2] == 4
        return torch.where((story == home).any(-1).any(-1), home, 0)

    curve = list(
        noise_curve(answer, [QUESTION] * 3, BOOK, vocab=VOCAB, words=4, lengths=(0, 50), slots=3)
    )
    found = {(name, length): (right, kept) for name, length, right, kept in curve}
    assert found["familiar", 0] == found["familiar", 50] == found["recent", 0] == (1.0, 1.0)
    assert found["recent", 50][0] == found["recent", 50][1] < 1
    assert curve == list(
        noise_curve(answer, [QUESTION] * 3, BOOK, vocab=VOCAB, words=4, lengths=(0, 50), slots=3)
    )


def test_an_empty_book_has_no_noise():
    assert scatter(QUESTION, [], words=0, random=Random(0)).sentences == STORY
    with pytest.raises(ValueError, match="the book has no sentence"):
        scatter(QUESTION, [], words=5, random=Random(0))
