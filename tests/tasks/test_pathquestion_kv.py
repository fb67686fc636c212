"""PathQuestion over slots that a hash selects."""

import pytest
import torch

from recollect.models.kv_memory import KeyValueMemory
from recollect.tasks.triples.pathquestion_kv import KeyValueQuestions
from recollect.testing import check_task

KB = [
    ("ann", "spouse", "bob"),
    ("bob", "parents", "cleo"),
    ("bob", "nationality", "france"),
    ("dan", "spouse", "eve"),
    ("eve", "parents", "flo"),
    ("eve", "nationality", "peru"),
    ("gil", "spouse", "hal"),
    ("hal", "nationality", "france"),
]
ASKED = [("ann", "bob", "cleo", "parents"), ("ann", "bob", "france", "nationality"),
         ("dan", "eve", "flo", "parents"), ("dan", "eve", "peru", "nationality"),
         ("gil", "hal", "france", "nationality")]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "2H-kb.txt").write_text("".join(f"{s}\t{r}\t{o}\n" for s, r, o in KB))
    lines = [
        f"{how} the {last} of {who} 's couple ?\t{end}({end}/)\t"
        f"{who}#spouse#{middle}#{last}#{end}#<end>#{end}\n"
        for who, middle, end, last in ASKED
        for how in ("what is", "name", "tell me")
    ]
    (tmp_path / "PQ-2H.txt").write_text("".join(lines))
    return tmp_path


def test_the_task_keeps_its_contract(folder):
    task = KeyValueQuestions("2H", batch=4, folder=folder)
    model = KeyValueMemory(len(task.vocab), width=8, hops=2)
    check_task(task, model=model)


def test_what_is_known_is_told_in_triples_sentences_or_windows(folder):
    spelt = {}
    for told in ("triples", "sentences", "windows"):
        task = KeyValueQuestions("2H", batch=4, told=told, folder=folder)
        names = list(task.vocab)
        slots = [
            tuple(tuple(names[i] for i in bag if i) for bag in pair)
            for pair in zip(task.whole.keys.tolist(), task.whole.values.tolist(), strict=True)
        ]
        spelt[told] = slots
        check_task(task, model=KeyValueMemory(len(task.vocab), width=8, hops=2))
        batch = task.batch([0, 8, 13])
        for b, row in enumerate((0, 8, 13)):  # the gold path is told by slots with its objects
            path = task.lines[row].path
            for at, (_, _, object_) in zip(batch.path[b].tolist(), path, strict=True):
                assert object_ in [names[i] for i in batch.slots.values[b, at].tolist()]
    assert spelt["triples"][0] == (("ann", "spouse"), ("bob",))
    assert spelt["sentences"][0] == (("ann", "spouse", "bob"), ("ann", "spouse", "bob"))
    assert spelt["windows"][:2] == [
        (("1:ann", "spouse", "bob"), ("ann",)), (("ann", "spouse", "1:bob"), ("bob",)),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="choose triples, sentences or windows"):
        KeyValueQuestions("2H", told="books", folder=folder)


def test_the_selection_holds_the_gold_path_and_little_else(folder):
    task = KeyValueQuestions("2H", batch=4, most=2, folder=folder)
    for i, line in enumerate(task.lines):
        slots = [task.triples[slot] for slot in task.selected(i)]
        assert set(line.path) <= set(slots)
        assert ("gil", "spouse", "hal") in slots or line.start != "gil"
        assert len(slots) <= 4 < len(KB)
    # A word that stands in many keys selects none: "couple" is no name, "spouse" is too common.
    few = KeyValueQuestions("2H", batch=4, most=1, folder=folder)
    assert len(few.selected(0)) == 1  # ann's triple; bob's two are more than one


def test_without_a_hash_every_triple_is_read_and_both_ways_agree(folder):
    some, all_ = (KeyValueQuestions("2H", batch=15, most=m, folder=folder) for m in (4, None))
    torch.manual_seed(0)
    model = KeyValueMemory(len(some.vocab), width=8, hops=2)
    rows = list(range(len(some.lines)))
    one, other = some.batch(rows), all_.batch(rows)
    assert other.slots.keys.shape == (len(KB), 2)
    # The weights of what was selected have the same ratios; nothing else is read.
    for b in rows:
        picked = some.selected(b)
        few = model.weights(one.question, one.slots, one.mask)[b, 0, : len(picked)]
        many = model.weights(other.question, other.slots, other.mask)[b, 0, picked]
        torch.testing.assert_close(few, many / many.sum())


def test_it_learns_the_questions_and_tells_the_hops(folder):
    task = KeyValueQuestions("2H", batch=12, folder=folder)
    torch.manual_seed(0)
    model = KeyValueMemory(len(task.vocab), width=16, hops=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for batch, _ in zip(task.batches("train", seed=0), range(60), strict=False):
        optimizer.zero_grad()
        task.step(model, batch).loss.backward()
        optimizer.step()
    hits = task.step(model, task.batch(task.parts["train"])).metrics["hits"]
    assert hits > 0.9
    found = task.evaluate([model, model], split="test")
    assert set(found) == {"hits", "path", "support", "selected", "slots", "hits_whole"}
    assert found["selected"] == [1.0, 1.0]


def test_a_missing_split_is_named(folder):
    with pytest.raises(ValueError, match="choose valid, test, train"):
        next(KeyValueQuestions("2H", folder=folder).batches("dev", seed=0))
