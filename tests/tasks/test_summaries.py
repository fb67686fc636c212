"""Summaries: papers as published, what can be said, ROUGE, and the sentences beside it."""

import gzip
import json

import pytest
import torch

from recollect.models import EOS, PAD, UNKNOWN
from recollect.recipes.copying import CopySeq2Seq
from recollect.tasks.summaries import (
    Paper,
    Summaries,
    best_sentence,
    rouge_figures,
    scitldr,
    words,
)
from recollect.testing import check_task

PAPERS = [
    Paper(
        ("Trees are green.", "We cut a tree with a saw.", "It fell."),
        ("we cut a tree", "sawing of trees"),
        "A tree",
    ),
    Paper(("We read a book with a lamp.", "It is a long book."), ("we read a book",), "Books"),
    Paper(("A zebra ran.",), ("the zebra ran far",), ""),
]


def _task(**flags):
    splits = {"train": PAPERS, "valid": PAPERS[:1], "test": PAPERS}
    return Summaries(splits, batch=2, least=1, longest=8, **flags)


def test_a_task_is_a_task():
    task = _task()
    check_task(task, model=CopySeq2Seq(size=4).build(task))


def test_titles_are_asked_for_by_the_first_token():
    assert len(_task(titles=False).inner.pairs("train")) == 3
    pairs = _task().inner.pairs("train")
    assert [p.source[0] for p in pairs] == ["<summary>"] * 3 + ["<title>"] * 2
    assert pairs[3].targets == (("a", "tree"),)
    assert all(len(p.source) <= 9 for p in pairs)
    assert len(_task().inner.pairs("valid")) == 1


def test_what_nobody_can_say_is_left_out():
    splits = {"train": PAPERS[:2], "valid": PAPERS[2:], "test": PAPERS[2:]}
    task = Summaries(splits, batch=2, least=1)
    (batch,) = task.batches("test", seed=0)
    size, place = len(task.target), 2
    # "the" and "far" are in no vocabulary and not in the source; zebra and ran are in the source
    assert batch.target[0, 1:].tolist() == [size + place, size + place + 1, EOS]
    assert UNKNOWN not in batch.target
    assert (batch.target != PAD).any()
    told = task.learnt.spelt([size + place, EOS], ["<summary>", *words(PAPERS[2].sentences[0])])
    assert told == ["zebra"]


def test_a_persons_text():
    task = _task()
    line = task.learnt.read_line("We cut a Quokka! " * 4)
    assert line.labels[:5] == ["<summary>", "we", "cut", "a", "quokka"]
    assert line.note == "the first 8 words are read, 12 are not"
    assert "quokka" in line.strange
    assert line.source[0, 4, 1] == len(task.target) + 4
    for text in ("  ", "\n"):
        with pytest.raises(ValueError, match="empty"):
            task.learnt.read_line(text)
    with pytest.raises(ValueError, match="UTF-8"):
        task.learnt.read_line("a \udcff")
    assert task.learnt.written(["we", "cut", "(", "it", ")", "."]) == "we cut (it)."


def test_rouge_is_that_of_counting():
    pytest.importorskip("rouge_score")
    told = rouge_figures(["the cat sat"], [["a dog", "the cat lay"]])
    # two of three words, one of two pairs, two of three in order
    assert told == pytest.approx({"rouge1": 200 / 3, "rouge2": 50.0, "rougeL": 200 / 3})
    assert rouge_figures(["x"], [["y"]])["rouge1"] == 0
    assert best_sentence(PAPERS[0].sentences, PAPERS[0].summaries) == PAPERS[0].sentences[1]
    with pytest.raises(ValueError, match="one for each"):
        rouge_figures([], [])
    with pytest.raises(ValueError, match="no sentence"):
        best_sentence([], ["a"])


def test_a_split_is_told_and_judged():
    pytest.importorskip("rouge_score")
    torch.manual_seed(0)
    task = _task(limit=4)
    models = [CopySeq2Seq(size=4).build(task).eval() for _ in range(2)]
    found = task.evaluate(models, split="test")
    assert len(found["rouge1"]) == 2 and len(found["first_sentence_rouge1"]) == 1
    assert found["best_sentence_rouge1"][0] >= found["first_sentence_rouge1"][0] > 0
    assert all(0 <= w <= 4 for w in found["words"])


def test_mistakes_are_named(tmp_path):
    with pytest.raises(ValueError, match="longest is 0"):
        Summaries({"train": PAPERS}, longest=0)
    for split in ("train", "dev", "test"):
        paper = {"source": ["A."], "target": ["b"], "title": "t"}
        lines = [json.dumps(paper), json.dumps({**paper, "target": []})]
        (tmp_path / f"{split}.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    with pytest.raises(ValueError, match="line 2 has no abstract or no summary"):
        scitldr(path=str(tmp_path))
    (tmp_path / "train.jsonl.gz").write_bytes(gzip.compress(b"{}"))
    with pytest.raises(ValueError, match="line 1 is no paper"):
        scitldr(path=str(tmp_path))
    (tmp_path / "train.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(ValueError, match="no gzipped text"):
        scitldr(path=str(tmp_path))


def test_the_published_files(dataset):
    dataset("scitldr")
    papers = scitldr()
    assert {name: len(some) for name, some in papers.items()} == {
        "train": 1992,
        "valid": 619,
        "test": 618,
    }
    assert all(len(p.summaries) == 1 for p in papers["train"])
    assert sum(len(p.summaries) for p in papers["test"]) > 618
