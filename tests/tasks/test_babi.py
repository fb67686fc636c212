"""bAbI: the official files, the memory cap, splits and batches, and the gold facts."""

import numpy as np
import pytest
import torch

from recollect.data import MissingData
from recollect.models.memn2n import MemN2N
from recollect.tasks.babi import BABI, Babi, BabiEach, read_babi
from recollect.tasks.babi_figures import support_recall
from recollect.testing import check_task

STORY = """\
1 Mary moved to the bathroom.
2 John went to the hallway.
3 Where is Mary? \tbathroom\t1
4 Mary took the football there.
5 What is Mary carrying? \tfootball,milk\t4 1
1 Sandra went to the garden.
2 Where is Sandra? \tGarden\t1
"""


@pytest.fixture
def folder(tmp_path):
    """Tasks 1 and 2 in the official layout, 30 questions each."""
    (tmp_path / "en").mkdir()
    for task in (1, 2):
        for split in ("train", "test"):
            (tmp_path / "en" / f"qa{task}_{BABI[task - 1]}_{split}.txt").write_text(STORY * 10)
    return tmp_path


def test_a_file_is_read_untouched(tmp_path):
    path = tmp_path / "qa1.txt"
    path.write_text(STORY)
    first, second, third = read_babi(path, task=1)
    assert first.story == (
        ("mary", "moved", "to", "the", "bathroom"),
        ("john", "went", "to", "the", "hallway"),
    )
    assert (first.words, first.answer, first.support) == (("where", "is", "mary"), "bathroom", (0,))
    # Numbers count questions too, indices do not; an answer of several words is one answer.
    assert (len(second.story), second.answer, second.support) == (3, "football,milk", (2, 0))
    assert (third.story, third.answer) == ((("sandra", "went", "to", "the", "garden"),), "garden")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2 Mary moved.\n", "line 1: not a bAbI file"),
        ("hello\n", "line 1: not a bAbI file"),
        ("1 Mary moved.\n2 Where is Mary?\tkitchen\t7\n", "line 2.*fact 7"),
        ("1 Mary moved.\n2 Where is Mary?\t\t1\n", "line 2.*no answer"),
    ],
)
def test_what_is_no_bAbI_is_refused_with_its_line(tmp_path, text, told):
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(ValueError, match=told):
        read_babi(path)


def test_binary_is_refused(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"1 \xff\xfe\n")
    with pytest.raises(ValueError, match="UTF-8"):
        read_babi(path)


def test_missing_data_says_what_to_do(tmp_path):
    with pytest.raises(MissingData, match=r"en/qa1_single-supporting-fact_train.txt.*CC BY 3.0"):
        Babi([1], folder=tmp_path)


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"tasks": [21]}, "no bAbI task 21"),
        ({"tasks": []}, "tasks"),
        ({"size": "5k"}, "5k"),
        ({"slots": 0}, "slots is 0"),
        ({"validation": 1.0}, "validation is 1.0"),
        ({"noise": -0.1}, "noise -0.1"),
    ],
)
def test_choices_out_of_range(folder, choices, told):
    with pytest.raises(ValueError, match=told):
        Babi(**({"tasks": [1], "folder": folder} | choices))


def test_encoding_keeps_the_last_sentences_and_their_gold_facts(folder):
    whole, capped = Babi([1], folder=folder), Babi([1], slots=2, folder=folder)
    assert (whole.slots, capped.slots) == (3, 2)
    second = np.array([1])

    def texts(task):
        batch = task.collate(task.test, second)
        rows = [[task.vocab[w] for w in row if w] for row in batch.story[0].tolist()]
        return [" ".join(row) for row in rows], batch

    told, batch = texts(whole)
    assert told == ["mary moved to the bathroom", "john went to the hallway",
                    "mary took the football there"]  # fmt: skip
    assert batch.times.tolist() == [[3, 2, 1]]
    assert batch.support.tolist() == [[True, False, True]]
    assert whole.vocab[batch.answer[0]] == "football,milk"
    told, batch = texts(capped)
    assert told == ["john went to the hallway", "mary took the football there"]
    assert batch.times.tolist() == [[2, 1]]
    assert batch.support.tolist() == [[False, True]]  # the other one is forgotten
    assert capped.test.supports[1] == 2


def test_short_stories_leave_slots_empty(folder):
    task = Babi([1], folder=folder)
    batch = task.collate(task.test, np.array([2]))
    assert batch.times.tolist() == [[1, 0, 0]]
    assert (batch.story[0, 1:] == 0).all()
    # Sentences of a story are stored once, however many questions ask about it.
    assert len(task.test.facts.words) == 10 * (3 + 1)


def test_one_task_holds_the_last_tenth_out_and_several_a_random_one(folder):
    one, two = Babi([1], folder=folder), Babi([1, 2], folder=folder)
    assert one.rows("train", seed=5).tolist() == list(range(27))
    assert one.rows("valid", seed=5).tolist() == [27, 28, 29]
    train, valid = two.rows("train", seed=5), two.rows("valid", seed=5)
    assert sorted([*train, *valid]) == list(range(60)) and len(valid) == 6
    assert valid.tolist() != list(range(54, 60))
    assert train.tolist() != two.rows("train", seed=6).tolist()


def test_batches_are_those_that_the_kernel_draws(folder):
    from recollect.kernels.memn2n import draw

    task = Babi([1, 2], batch=8, noise=0.5, folder=folder)
    stream = task.batches("train", seed=4, start=3)
    for step in (3, 4):
        batch = next(stream)
        picks, times = draw(task.train.facts.count, task.rows("train", seed=4), 8, 3, 0.5, 4, step)
        assert batch.answer.tolist() == task.train.facts.answer[picks].tolist()
        filled = (batch.story != 0).any(-1)
        assert torch.equal(batch.times, torch.from_numpy(times) * filled)


def test_other_splits_are_read_once_in_order(folder):
    task = Babi([1], batch=8, folder=folder)
    answers = torch.cat([batch.answer for batch in task.batches("test", seed=0)])
    assert answers.tolist() == task.test.facts.answer.tolist()
    assert sum(len(batch.answer) for batch in task.batches("valid", seed=0)) == 3
    with pytest.raises(ValueError, match="split is 'dev'"):
        next(task.batches("dev", seed=0))


def model(task):
    return MemN2N(len(task.vocab), width=4, hops=2, slots=task.slots, words=task.words)


def test_conformance(folder):
    task = Babi([1, 2], batch=8, folder=folder)
    check_task(task, model=model(task))
    each = BabiEach([1, 2], batch=8, folder=folder)
    check_task(each, model=torch.nn.ModuleDict({n: model(t) for n, t in each.each.items()}))


def test_the_step_descends_the_sum_and_reports_the_mean(folder):
    task = Babi([1], batch=8, folder=folder)
    batch = next(task.batches("train", seed=0))
    step = task.step(model(task), batch)
    assert step.loss.item() == pytest.approx(8 * step.metrics["loss"].item(), rel=1e-6)


def test_support_recall_by_hand(folder):
    """Question 2 of the story has the gold facts 0 and 2 of three sentences."""
    task = Babi([1], folder=folder)
    rows = np.array([1])

    def recall(*hops):
        found = support_recall(np.array([hops], np.float32), task.test, rows)
        return found["support"][0], found["support_top"][0]

    assert recall([0.8, 0.1, 0.1], [0.1, 0.1, 0.8]) == (1.0, 1.0)
    assert recall([0.8, 0.15, 0.05], [0.8, 0.15, 0.05]) == (0.5, 0.5)
    # The second fact is never first, but ranks among the best two.
    assert recall([0.6, 0.1, 0.3], [0.6, 0.1, 0.3]) == (1.0, 0.5)
    capped = Babi([1], slots=1, folder=folder)
    found = support_recall(np.ones((1, 2, 1), np.float32), capped.test, rows)
    assert found["support"][0] == 0.5  # what was forgotten is missed


def test_the_official_files(dataset):
    """Numbers that are known of the published files."""
    task = Babi(folder=dataset("babi"))
    assert len(task.vocab) == 1 + 174  # with nil
    assert (task.words, task.slots) == (11, 50)
    for split in (task.train, task.test):
        assert np.bincount(split.task)[1:].tolist() == [1000] * 20
    # A memory of 50 sentences never hides a supporting fact of the test questions.
    assert (task.test.support.sum(1) == task.test.supports).all()
    assert (task.test.facts.count == 50).sum() > 300
    assert "n,w" in task.vocab and "apple,football" in task.vocab


def test_the_larger_files(dataset):
    small, large = (Babi([6], size=size, folder=dataset("babi")) for size in ("1k", "10k"))
    assert len(large.train.task) == 10_000
    same = small.vocab.index
    assert [small.vocab[a] for a in small.train.facts.answer] == [
        large.vocab[a] for a in large.train.facts.answer[:1000]
    ]
    assert same("mary") > 0 and not small.partial
