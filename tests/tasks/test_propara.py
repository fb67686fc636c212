import itertools
import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models.process_memory import ProcessMemory, ProcessTold
from recollect.tasks.propara import ProPara, _pointed, likeliest, read_propara, words
from recollect.tasks.propara_scores import Follows, categories
from recollect.testing import check_task

PARAGRAPH = {
    "para_id": "1",
    "sentence_texts": [
        "Roots take water.",
        "Water moves to the leaf.",
        "Sugar is made in the leaf.",
    ],
    "participants": ["water ; the waters", "sugar"],
    "states": [["soil", "root", "leaf", "-"], ["-", "-", "-", "leaf"]],
}


def write(folder, rows=(PARAGRAPH,) * 4):
    for part in ("train", "dev", "test"):
        text = "\n".join(json.dumps(row) for row in rows)
        (folder / f"grids.v1.{part}.json").write_text(text)


@pytest.fixture
def task(tmp_path):
    write(tmp_path)
    return ProPara(batch=4, rare=1, folder=tmp_path)


def test_the_grids_are_read(task):
    process = task.processes["test"][0]
    assert process.participants == ("water ; the waters", "sugar")
    assert process.states[0] == ("soil", "root", "leaf", "-")


def test_changes_and_places_are_those_of_the_grid(task):
    batch = task.collate([(task.processes["test"][0], i) for i in range(2)])
    assert batch.change.tolist() == [[1, 1, 3], [0, 0, 2]]
    assert batch.exists.tolist() == [True, False]
    assert batch.mine[0].sum(-1).tolist() == [1, 1, 0]
    width = batch.words.shape[2]
    assert batch.places.shape == (2, 4, 3 * width + 1)
    pointed = [row.nonzero().flatten().tolist() for row in batch.places[0]]
    # Soil is named nowhere; "root" is read in "Roots", the leaf is the fifth word of its sentence.
    assert pointed == [[3 * width], [0], [width + 4], []]
    # Sugar is made in the sixth word of the last.
    assert [row.nonzero().flatten().tolist() for row in batch.places[1]] == [
        [], [], [], [2 * width + 5]
    ]  # fmt: skip


def test_a_place_is_looked_for_in_its_sentence_then_in_all_of_the_text():
    text = [words("Water is in the deep sea."), words("The sea is deep."), words("It rises.")]
    assert _pointed(text, "sea", 0, 9) == [5]
    assert _pointed(text, "sea", 1, 9) == [10]
    assert _pointed(text, "seas", 2, 9) == [5, 10]
    assert _pointed(text, "deep ocean", 2, 9) == [4, 12]
    assert _pointed(text, "air", 0, 9) == _pointed(text, "?", 0, 9) == [-1]


def test_the_task_keeps_its_contract(task):
    model = ProcessMemory(len(task.vocab), width=6).eval()
    check_task(task, model=model)
    found = task.evaluate([model, model], split="test")
    assert len(found["cat_3"]) == 2
    # Of three sentences two change the water and one the sugar; "everything stays" moves nothing.
    assert found["change_still"] == [pytest.approx(1 / 2 - 1 / 6 + 1 / 6 - 1 / 6)]
    assert found["cat_2_still"] == [0]


class Gold(torch.nn.Module):
    """Tells what the grid says."""

    def __init__(self, task):
        super().__init__()
        self.rows = iter(task.rows["test"])
        self.task = task

    def forward(self, words, mine):
        batch = self.task.collate([next(self.rows) for _ in range(len(words))])
        changes = torch.nn.functional.one_hot(batch.change.clamp(min=0), 4) * 30.0
        exists = torch.where(batch.exists, 30.0, -30.0)
        return ProcessTold(changes, exists, batch.places * 30.0)


def test_gold_changes_lead_to_the_gold_states(task):
    followed = task.follow(Gold(task), "test")
    assert [row.told for row in followed[:2]] == [["?", "roots", "leaf", "-"], ["-"] * 3 + ["leaf"]]
    told = categories(followed)
    assert told["cat_1"] == told["cat_2"] == told["made_where"] == told["moved_where"] == 1
    assert told["used_up_where"] == 1 and told["moved_from"] == 1 / 2  # soil is named nowhere


def brute(changes, exists):
    """The likeliest possible changes, by trying all."""
    best = None
    for there in (True, False):
        for kinds in itertools.product(range(4), repeat=len(changes)):
            state, ok = there, True
            for kind in kinds:
                ok = ok and (kind == 0 or (kind == 2) != state)
                state = {1: state, 0: state, 2: True, 3: False}[kind]
            if ok:
                odds = exists if there else -exists
                score = -math.log1p(math.exp(-odds))
                score += sum(row[k] for row, k in zip(changes, kinds, strict=True))
                best = max(best or (score, there, kinds), (score, there, kinds))
    return best


@given(st.lists(st.lists(st.floats(-9, 0), min_size=4, max_size=4), max_size=4), st.floats(-9, 9))
@settings(max_examples=50, deadline=None)
def test_the_likeliest_changes_are_possible_ones_and_no_others_are_likelier(changes, exists):
    there, happened = likeliest(changes, exists)
    score, *_ = brute(changes, exists)
    odds = exists if there else -exists
    ours = -math.log1p(math.exp(-odds))
    ours += sum(row[k] for row, k in zip(changes, happened, strict=True))
    assert ours == pytest.approx(score)


def test_scores_of_a_participant_that_is_made_moved_and_used_up():
    gold = ["-", "root", "leaf", "-", "-"]
    right = categories([Follows(gold, gold)])
    assert all(value == 1 for value in right.values())
    late = categories([Follows(gold, ["-", "-", "the root", "leaf", "-"])])
    assert late["cat_1"] == 1 and late["cat_2"] == 0
    nothing = categories([Follows(gold, ["?"] * 5)])
    assert nothing["cat_1"] == nothing["cat_2"] == nothing["cat_3"] == 0
    # A word of the name will do, a word beside it will not.
    told = categories([Follows(["?", "green leaves"], ["?", "leaves"])])
    assert told["moved_where"] == 1
    assert categories([Follows(["?", "leaf"], ["?", "green leaf"])])["moved_where"] == 0


def test_padding_changes_nothing():
    model = ProcessMemory(9, width=6).eval()
    words, mine = torch.randint(1, 9, (2, 3, 4)), torch.rand(2, 3, 4) > 0.5
    longer, marked = (torch.nn.functional.pad(x, (0, 2, 0, 1)) for x in (words, mine))
    told, more = model(words, mine), model(longer, marked)
    torch.testing.assert_close(more.changes[:, :3], told.changes)
    torch.testing.assert_close(more.exists, told.exists)
    places = more.places[:, :4, :-1].unflatten(-1, (4, 6))[:, :, :3, :4].flatten(2)
    torch.testing.assert_close(places, told.places[..., :-1])
    torch.testing.assert_close(more.places[:, :4, -1], told.places[..., -1])
    empty = model(torch.zeros(1, 2, 3, dtype=torch.long), torch.zeros(1, 2, 3, dtype=torch.bool))
    assert all(bool(x.isfinite().all()) for x in empty)


def test_faults_are_named(tmp_path):
    path = tmp_path / "grids.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match="line 1: no paragraph"):
        read_propara(path)
    path.write_text(json.dumps(PARAGRAPH | {"states": [["a"], ["b"]]}))
    with pytest.raises(ValueError, match="one after each of its 3 sentences"):
        read_propara(path)
    with pytest.raises(ValueError, match="give 1 or more"):
        ProPara(batch=0)


def test_the_published_grids(dataset):
    dataset("propara")
    task = ProPara()
    assert [len(task.processes[split]) for split in ("train", "valid", "test")] == [391, 43, 54]
