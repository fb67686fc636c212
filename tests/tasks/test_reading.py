from random import Random

import pytest
import torch

from recollect.models.window_reader import WindowReader
from recollect.tasks.reading import Reading, cloze_questions, kinds, sentences
from recollect.tasks.reading.task import BOOKS
from recollect.testing import check_task

PEOPLE = ["Ann", "Bob", "Cid", "Dot", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kit"]
THINGS = "ball cup door egg fork gate horse ink jug key lamp mule".replace("door", "desk").split()


def novel(seed, length=160):
    random = Random(seed)
    told = []
    for _ in range(length):
        who, thing = random.choice(PEOPLE), random.choice(THINGS)
        told.append(f"“Now,” said {who}, “where is the {thing}?” Then {who} took a {thing}.")
    return "CHAPTER I\n\n" + "\n\n".join(told)


@pytest.fixture
def folder(tmp_path):
    for seed, file in enumerate(name for files in BOOKS.values() for name in files):
        (tmp_path / file).write_text(novel(seed))
    return tmp_path


def test_sentences_end_where_they_do():
    text = "Mr. Hall left. “Stop!” cried Ann. _Why_ did\nhe go--so soon?\n\nII\n\nDr. Lee knew."
    assert [" ".join(words) for words in sentences(text)] == [
        "Mr . Hall left .",
        "“ Stop ! ”",
        "cried Ann .",
        "Why did he go -- so soon ?",
        "Dr . Lee knew .",
    ]
    assert sentences("It was Anne's.")[0] == ("It", "was", "Anne", "'s", ".")
    assert sentences("") == sentences("CHAPTER IV\n\n* * *") == []


def test_names_and_nouns_are_told_apart():
    book = sentences(novel(1))
    found = kinds(book)
    assert found.names == set(PEOPLE)
    assert found.nouns == set(THINGS)


@pytest.mark.parametrize("kind", ["names", "nouns"])
def test_a_question_can_be_answered_from_its_context(kind):
    book = sentences(novel(2))
    found = kinds(book)
    asked = list(cloze_questions(book, found, kind=kind, seed=3, choices=5))
    assert len(asked) > 20 and asked == list(
        cloze_questions(book, found, kind=kind, seed=3, choices=5)
    )
    for question in asked:
        assert len(question.context) == 20 and len(set(question.candidates)) == 5
        assert question.query[question.blank] == question.answer
        assert question.answer in question.candidates
        assert any(question.answer in sentence for sentence in question.context)


def test_choices_are_checked():
    with pytest.raises(ValueError, match="choose names or nouns"):
        next(cloze_questions([], kinds([]), kind="verbs"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="give 2 or more"):
        next(cloze_questions([], kinds([]), kind="nouns", choices=1))


def test_the_task_keeps_its_contract(folder):
    task = Reading(batch=6, side=2, rare=1, folder=folder)
    model = WindowReader(len(task.vocab), window=4, width=6).eval()
    check_task(task, model=model)
    found = task.evaluate([model, model], split="test")
    assert len(found["names"]) == len(found["nouns"]) == 2
    assert 0 < found["names_frequent"][0] < 1


def test_the_missing_word_is_nowhere_in_a_window(folder):
    task = Reading(batch=6, side=3, rare=1, folder=folder)
    for kind, question in task.questions["test"][:20]:
        batch = task.collate([(kind, question)])
        gap = [task.vocab[i] for i in batch.gap[0].tolist()]
        around = question.query[max(0, question.blank - 3) : question.blank]
        assert gap[3 - len(around) : 3] == [
            "[name]" if word in task.names else word.lower() for word in around
        ]
        own = batch.windows[0][batch.distance[0] == 0]
        hidden = question.query[question.blank]
        if kind == "nouns" and question.query.count(hidden) == 1:
            assert task._word[hidden.lower()] not in own.flatten().tolist()


def test_mentions_of_a_candidate_add_up_and_padding_does_not_count():
    torch.manual_seed(0)
    model = WindowReader(9, window=4, width=6, candidates=3).eval()
    gap, windows = torch.randint(1, 9, (2, 4)), torch.randint(1, 9, (2, 5, 4))
    centre, distance = torch.randint(1, 9, (2, 5)), torch.randint(0, 21, (2, 5))
    candidate = torch.tensor([[0, 1, 0, 2, 1], [2, 2, 0, -1, -1]])
    found = model(gap, windows, centre, distance, candidate).exp()
    torch.testing.assert_close(found.sum(-1), torch.ones(2))
    rest = [x[1:, :3] for x in (windows, centre, distance, candidate)]
    torch.testing.assert_close(model(gap[1:], *rest).exp(), found[1:])
    assert float(found[1, 1].detach()) < 1e-6


def test_books_of_a_split_are_apart():
    files = [file for files in BOOKS.values() for file in files]
    assert len(files) == len(set(files)) == 7


def test_the_novels(dataset):
    file = dataset("gutenberg_children") / "11_alices_adventures_in_wonderland.txt"
    book = sentences(file.read_text(encoding="utf-8"))
    found = kinds(book)
    assert {"Alice", "Queen", "Gryphon"} <= found.names and "Alice" not in found.nouns
    assert {"garden", "door", "table"} <= found.nouns and not {"said", "very"} & found.nouns
