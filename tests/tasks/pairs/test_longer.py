"""Pairs one after the other."""

from collections import Counter
from itertools import islice

import pytest

from recollect.tasks.pairs import Corpus, Pair, Pairs, concatenated


def corpus(count=60):
    def pairs(name, n):
        return [Pair((f"{name}{i}", "x"), ((f"{name}{i}'",),)) for i in range(n)]

    return Corpus({"train": pairs("a", count), "valid": pairs("b", 7), "test": pairs("c", 8)})


def test_every_pair_is_in_one_row_and_rows_have_one_to_so_many():
    made = concatenated(corpus(), most=3)
    rows = made.splits["train"]
    first = Counter(t for r in rows for t in r.source if t != "x")
    assert set(first.values()) == {1} and len(first) == 60
    assert Counter(len(r.targets[0]) for r in rows) == {1: 10, 2: 10, 3: 10}
    for row in rows:  # both sides have the same pairs in the same order
        assert [t + "'" for t in row.source if t != "x"] == list(row.targets[0])
    assert sum(len(r.targets[0]) for r in made.splits["valid"]) == 7
    assert concatenated(corpus(), most=3) == made != concatenated(corpus(), most=3, seed=1)


def test_test_splits_are_neighbours():
    made = concatenated(corpus(), most=2, test=3)
    assert made.splits["test"] == corpus().splits["test"]
    assert [r.targets[0] for r in made.splits["test3"]] == [
        ("c0'", "c1'", "c2'"),
        ("c3'", "c4'", "c5'"),
    ]
    assert len(made.splits["test2"]) == 4 and "test4" not in made.splits


@pytest.mark.parametrize("wrong", [{"most": 0}, {"most": 2, "test": 0}])
def test_a_row_has_a_pair(wrong):
    with pytest.raises(ValueError, match="at least one"):
        concatenated(corpus(), **wrong)


def test_a_translation_says_how_it_is_measured():
    made = Pairs(corpus(), translation=True)
    assert set(made.notes) == {"bleu", "chrf"} and Pairs(corpus()).notes == {}
    assert "tok:none" in made.notes["bleu"] and "nrefs:1" in made.notes["bleu"]


def test_batches_have_sources_and_targets_of_similar_lengths():
    pairs = [Pair(("a",) * (2 + i % 3), (("b",) * (1 + i // 3 % 5),)) for i in range(600)]
    task = Pairs(Corpus({"train": pairs, "valid": [], "test": []}), batch=10)
    seen = list(islice(task.batches("train", seed=0), 60))
    assert sorted(r for b in seen for r in b.rows.tolist()) == list(range(600))
    padding = [float((b.target == 0).float().mean()) for b in seen]
    assert sum(padding) / len(padding) < 0.1
