import itertools
import math
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models.window_reader import WindowReader
from recollect.tasks.reading import Reading, cloze_questions, kinds, opened, sentences
from recollect.tasks.reading.counting import COUNTING
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


def test_a_verb_is_no_missing_noun():
    said = "they report the very strange report and their own report of it".split()
    assert [i for i, word in enumerate(said) if word == "report" and opened(said, i)] == []
    said = "they report the strange report and their first long report .".split()
    assert [i for i, word in enumerate(said) if word == "report" and opened(said, i)] == [4, 9]
    assert not opened("the report paper".split(), 1)
    assert not opened("report".split(), 0)


def test_the_task_keeps_its_contract(folder):
    task = Reading(batch=6, side=2, rare=1, folder=folder)
    model = WindowReader(len(task.vocab), window=4).eval()
    check_task(task, model=model)
    found = task.evaluate([model, model], split="test")
    assert len(found["names"]) == len(found["nouns"]) == 2
    assert 0 < found["names_frequent"][0] < 1
    assert 1 <= found["names_mentioned"][0] <= 10


def words(task, ids):
    """The words of ids; a name's and a stranger's kind."""
    kinds = "[unknown]", "[name]"
    size = len(task.vocab)
    return [task.vocab[i] if i < size else kinds[(i - size) % 2] for i in ids]


def test_the_missing_word_is_nowhere_in_a_window(folder):
    task = Reading(batch=6, side=3, rare=1, folder=folder)
    for kind, question in task.questions["test"][:20]:
        batch = task.collate([(kind, question)])
        gap = words(task, batch.gap[0].tolist())
        around = question.query[max(0, question.blank - 3) : question.blank]
        assert gap[3 - len(around) : 3] == [
            "[name]" if word in task.names else word.lower() for word in around
        ]
        hidden = int(batch.centre[0, batch.answer[0]])
        own = batch.windows[0][batch.distance[0] == 0]
        if question.query.count(question.answer) == 1:
            assert hidden not in own.flatten().tolist()
            assert hidden not in batch.gap.flatten().tolist()


def test_a_stranger_is_the_same_all_over_a_question(folder):
    task = Reading(batch=6, side=3, rare=1, folder=folder)
    _, question = next(pair for pair in task.questions["test"] if pair[0] == "names")
    batch = task.collate([("names", question)])
    ids = dict(zip(question.candidates, batch.centre[0].tolist(), strict=True))
    assert len(set(ids.values())) == 10 and min(ids.values()) >= len(task.vocab)
    assert words(task, ids.values()) == ["[name]"] * 10
    for back, place in zip(batch.distance[0].tolist(), batch.candidate[0].tolist(), strict=True):
        sentence = question.query if back == 0 else question.context[-back]
        assert question.candidates[place] in sentence


def test_known_words_stand_by_frequency(folder):
    task = Reading(batch=6, side=2, rare=1, folder=folder)
    assert task.vocab[:2] == ("", ",") and task.vocab.index("took") < task.vocab.index("ball")
    assert not {name.lower() for name in PEOPLE} & set(task.vocab)


def draw(seed, *, slots=5, window=4, rows=2):
    random = torch.Generator().manual_seed(seed)

    def ids(high, *shape, low=0):
        return torch.randint(low, high, shape, generator=random)

    return (
        ids(9, rows, window),
        ids(9, rows, slots, window),
        ids(21, rows, slots),
        ids(3, rows, slots, low=-1),
        ids(12, rows, 3),
        ids(2, rows),
    )


def reader(seed=0, **sizes):
    model = WindowReader(9, window=4, candidates=3, **sizes).eval().requires_grad_(False)
    with torch.no_grad():
        for i, table in enumerate(model.parameters()):
            table.normal_(generator=torch.Generator().manual_seed(seed + i))
    return model


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_mentions_of_a_candidate_add_up_as_the_equation_says(seed):
    model, parts = reader(seed).double(), draw(seed)
    gap, windows, distance, candidate, centre, kind = (x.tolist() for x in parts)
    found = model(*parts)
    for b in range(2):
        k, score = kind[b], []
        for m in range(5):
            total = float(model.distance[k, distance[b][m]])
            for i, word in enumerate(gap[b]):
                for j, other in enumerate(windows[b][m]):
                    if word == other != 0:
                        rarity = math.log(1 + word) / math.log(10)
                        total += float(model.rare[k, i, j]) * rarity + float(model.plain[k, i, j])
            score.append(total)
        told = []
        for c in range(3):
            mine = [m for m in range(5) if candidate[b][m] == c]
            if not mine:
                told.append(-50.0)
                continue
            earlier = {candidate[b][m] for m in range(mine[0])} - {-1}
            often = int(math.log2(1 + centre[b][c])) if centre[b][c] < 9 else -1
            here = min(2, sum(distance[b][m] == 0 for m in mine))
            g = model.count[k, len(mine)] + model.here[k, here] + model.rank[k, len(earlier)]
            g = float(g + model.often[k, often])
            told.append(math.log(sum(math.exp(score[m]) for m in mine)) + g)
        expected = torch.tensor(told, dtype=torch.double).log_softmax(-1)
        torch.testing.assert_close(found[b], expected)


def test_padding_and_another_row_change_nothing():
    model, parts = reader(), draw(3)
    whole = model(*parts)
    longer = [torch.nn.functional.pad(x, (0, 0, 0, 2)) for x in (parts[1],)]
    longer += [torch.nn.functional.pad(parts[2], (0, 2))]
    longer += [torch.nn.functional.pad(parts[3], (0, 2), value=-1)]
    torch.testing.assert_close(model(parts[0], *longer, *parts[4:]), whole)
    torch.testing.assert_close(model(*(x[1:] for x in parts)), whole[1:])


def test_a_question_without_a_mention_has_finite_gradients():
    model, parts = reader(), list(draw(4))
    parts[3] = torch.full_like(parts[3], -1)
    model.requires_grad_()
    told = model(*parts)
    torch.testing.assert_close(told.exp(), torch.full((2, 3), 1 / 3))
    told[:, 0].sum().backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in model.parameters())
    weights = model.weights(*parts[:4], parts[5])
    assert not weights.detach().any()


def test_strangers_are_told_apart_by_themselves():
    """A word that no training novel had is recognised where it stands again."""
    model = WindowReader(9, window=2, candidates=2)
    gap = torch.tensor([[20, 0]])
    windows = torch.tensor([[[22, 0], [20, 0]]])
    zeros = torch.zeros(1, 2, dtype=torch.long)
    told = model(gap, windows, zeros, torch.tensor([[0, 1]]), zeros, zeros[:, 0])
    assert int(told.argmax()) == 1


def test_what_counting_says():
    gap = torch.tensor([[5, 6]])
    windows = torch.tensor([[[5, 9], [9, 9], [6, 5], [5, 6], [9, 9]]])
    distance, candidate = torch.tensor([[0, 1, 2, 3, 4]]), torch.tensor([[0, 1, 2, 3, 0]])
    said = {n: int(count(gap, windows, distance, candidate)) for n, count in COUNTING.items()}
    assert said == {"frequent": 0, "recent": 1, "elsewhere": 1, "overlap": 2, "aligned": 3}
    nothing = torch.full_like(candidate, -1)
    assert all(0 <= int(c(gap, windows, distance, nothing)) < 10 for c in COUNTING.values())


def test_a_reader_learns_where_a_word_must_stand_again(folder):
    """In the invented novels "where is the X?" is answered by "took a X" two sentences on."""
    torch.manual_seed(0)
    task = Reading(batch=32, side=3, rare=1, folder=folder)
    model = WindowReader(len(task.vocab), window=6)
    before = task.evaluate([model], split="test")
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    for batch in itertools.islice(task.batches("train", seed=0), 60):
        optimizer.zero_grad()
        task.step(model, batch).loss.backward()
        optimizer.step()
    after = task.evaluate([model], split="test")
    assert after["nouns"][0] > max(0.4, before["nouns_frequent"][0] + 0.1)


def test_books_of_a_split_are_apart():
    files = [file for files in BOOKS.values() for file in files]
    assert len(files) == len(set(files)) == 7


def test_the_novels(dataset):
    file = dataset("gutenberg_children") / "11_alices_adventures_in_wonderland.txt"
    book = sentences(file.read_text(encoding="utf-8"))
    found = kinds(book)
    assert {"Alice", "Queen", "Gryphon"} <= found.names and "Alice" not in found.nouns
    assert {"garden", "door", "table"} <= found.nouns and not {"said", "very"} & found.nouns
