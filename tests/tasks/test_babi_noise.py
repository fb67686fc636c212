from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.tasks.babi import BABI, BabiQuestion
from recollect.tasks.babi_noise import (
    SIFTS,
    Network,
    beside_large_models,
    encode,
    noise_curve,
    noise_figures,
    scatter,
)

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


def test_networks_are_asked_of_the_tasks_large_models_were_asked_of(tmp_path):
    folder = tmp_path / "en-10k"
    folder.mkdir()
    for task in (1, 6):
        lines = "1 Mary went home.\n2 John slept.\n3 Where is Mary?\thome\t1\n" * 6
        (folder / f"qa{task}_{BABI[task - 1]}_test.txt").write_text(lines)
    vocab = ("", "mary", "went", "home", "john", "slept", "where", "is")

    def answer(story, question):
        read = (story == vocab.index("went")).any(-1).any(-1)
        return torch.where(read, vocab.index("home"), 0)

    network = Network(answer, vocab, 3, 2)
    found = noise_figures(
        {1: network, 6: network}, questions=3, lengths=(0, 1000), book=BOOK, folder=tmp_path
    )
    assert {name for name in found if name.startswith("qa")} == {
        f"qa1_{length}_{sift}" for length in ("0k", "1k") for sift in SIFTS
    }
    assert found["qa1_0k_recent"] == found["qa1_1k_familiar"] == 1.0
    assert found["qa1_1k_recent"] <= found["kept_1k_recent"] < 1


def test_large_models_stand_beside_what_is_alike():
    told = beside_large_models(
        ["qa2_16k_familiar", "qa2_16k_recent", "qa3_0k", "qa1_1k", "kept_4k"]
    )
    assert set(told) == {"qa2_16k_familiar", "qa3_0k"}
    assert told["qa2_16k_familiar"] == "0.50 gemini-3-flash-preview (32k tokens)"
    assert told["qa3_0k"].startswith("0.87 gemini-3-flash-preview (0k tokens); 0.56")
