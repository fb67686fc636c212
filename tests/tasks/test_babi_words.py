"""bAbI word by word: reading the files, slots, batches, figures."""

from itertools import islice

import pytest
import torch
from torch import nn

from recollect.data import MissingData
from recollect.tasks.babi import BABI, read_babi
from recollect.tasks.babi_words import SLOT, BabiWords, WordBatch, read_words
from recollect.testing import check_task

STORY = """1 Mary got the milk.
2 What is Mary carrying? \tmilk\t1
3 Mary got the football there.
4 What is Mary carrying? \tmilk,football\t1 3
5 John went home.
1 John is in the hall.
2 Where is John?\thall\t1
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "en-10k").mkdir()
    for task in (1, 8):
        for split in ("train", "test"):
            name = f"qa{task}_{BABI[task - 1]}_{split}.txt"
            (tmp_path / "en-10k" / name).write_text(STORY * 5)
    return tmp_path


class Teller(nn.Module):
    """Says the answers it is given, whatever it reads."""

    def __init__(self, task, wrong=()):
        super().__init__()
        self.task, self.wrong = task, wrong

    def forward(self, words):
        stories = {tuple(self.task.collate([s]).words[0].tolist()): s for s in self.task.test}
        out = torch.zeros(*words.shape, len(self.task.vocab))
        for row, told in enumerate(words.tolist()):
            story = stories[tuple(word for word in told if word)]
            for number, (places, answer) in enumerate(story.answers):
                for place, word in zip(places, answer, strict=True):
                    right = self.task.vocab.index(word)
                    out[row, place, 0 if (story.task, number) in self.wrong else right] = 9.0
        return out


def test_a_story_is_its_words_with_a_slot_for_each_of_an_answer(folder):
    path = folder / "en-10k" / f"qa8_{BABI[7]}_test.txt"
    first, second, *_ = read_words(path, task=8)
    assert " ".join(first.words) == (
        "mary got the milk . what is mary carrying ? - mary got the football there . "
        "what is mary carrying ? - -"
    )
    assert first.answers == (((10,), ("milk",)), ((22, 23), ("milk", "football")))
    assert all(first.words[place] == SLOT for places, _ in first.answers for place in places)
    assert second.words[-1] == SLOT and second.task == 8
    assert len(read_words(path)) == 10


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Mary went home.\n", "line 1"),
        ("2 Mary went home.\n", "line 1"),
        ("1 Mary went home.\n2 Where is Mary?\t\t1\n", "line 2: a question without an answer"),
    ],
)
def test_what_is_no_babi_file_is_refused(tmp_path, text, complaint):
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(ValueError, match=complaint):
        read_words(tmp_path / "x.txt")


def test_conforms(folder):
    task = BabiWords((1, 8), batch=4, validation=0.2, folder=folder)
    model = nn.Embedding(len(task.vocab), len(task.vocab))
    check_task(task, model=model)
    check_task(task, split="test")
    assert len(task.train) == 16 and len(task.valid) == 4 and len(task.test) == 20


def test_a_batch_marks_its_slots(folder):
    task = BabiWords((8,), batch=2, folder=folder)
    short, long = task.test[0], task.test[-1]
    batch = task.collate([long, short])
    assert batch.words.shape == (2, 24)
    slot = task.vocab.index(SLOT)
    assert ((batch.targets >= 0) == (batch.words == slot)).all()
    assert batch.question[0, [10, 22, 23]].tolist() == [0, 1, 1]
    assert not batch.words[1, len(short.words) :].any()
    said = [task.vocab[word] for word in batch.targets[batch.targets >= 0].tolist()]
    assert said == ["milk", "milk", "football", "hall"]


def test_a_question_is_right_if_all_its_words_are(folder):
    task = BabiWords((8,), batch=4, folder=folder)
    batch = task.collate([task.test[-1]])
    logits = 9.0 * nn.functional.one_hot(batch.targets.clamp(min=0), len(task.vocab)).float()
    logits[0, 23] = 0.0
    logits[0, 23, 3] = 9.0  # one word of two is wrong
    step = task.step(lambda words: logits, batch)
    assert step.metrics["error"].item() == pytest.approx(0.5)
    assert step.metrics["count"].item() == 2
    logits = logits.clone()
    logits[0, 23, 3] = 0.0
    logits[0, 23, batch.targets[0, 23]] = 9.0
    step = task.step(lambda words: logits, batch)
    assert step.metrics["error"] == 0 and step.loss < 0.01


def test_evaluation_counts_questions_task_by_task(folder):
    task = BabiWords((1, 8), batch=3, folder=folder)
    right, some = Teller(task), Teller(task, wrong={(8, 1)})
    found = task.evaluate([right], split="test")
    assert found["error"] == [0.0] and found["failed"] == [0.0]
    # The story with two questions is half of the stories: one question in three is wrong.
    found = BabiWords((8,), batch=3, folder=folder).evaluate([some], split="test")
    assert found["error_8"] == [pytest.approx(1 / 3)] and found["failed"] == [1.0]
    assert not task.published


def test_batches_draw_each_story_and_are_of_one_length(folder):
    task = BabiWords((1, 8), batch=4, validation=0.0, folder=folder)
    drawn = [task._drawn(seed, index) for seed in range(3) for index in range(60)]
    assert {int(row) for rows in drawn for row in rows} == set(range(len(task.train)))
    assert all(isinstance(b, WordBatch) for b in islice(task.batches("train", seed=0), 2))


@pytest.mark.parametrize(
    "wrong", [{"tasks": ()}, {"tasks": (1, 1)}, {"tasks": (21,)}, {"batch": 0}, {"longest": 0}]
)
def test_numbers_out_of_range_are_refused(folder, wrong):
    with pytest.raises(ValueError, match="give"):
        BabiWords(**({"tasks": (1,), "folder": folder} | wrong))


def test_absent_files_are_named(folder):
    with pytest.raises(MissingData, match="qa2_two-supporting-facts_train"):
        BabiWords((2,), folder=folder)
    with pytest.raises(ValueError, match="raise longest"):
        BabiWords((1,), longest=3, folder=folder)


@pytest.mark.parametrize("number", [1, 8, 19])
def test_the_official_files_ask_what_their_lines_ask(dataset, number):
    folder = dataset("babi")
    path = folder / "en" / f"qa{number}_{BABI[number - 1]}_test.txt"
    stories, asked = read_words(path, task=number), read_babi(path, task=number)
    answers = [",".join(answer) for story in stories for _, answer in story.answers]
    assert answers == [question.answer for question in asked] and len(answers) == 1000
    task = BabiWords((number,), size="1k", batch=8, folder=folder)
    words = {word for question in asked for text in question.story for word in text}
    assert words <= set(task.vocab)
