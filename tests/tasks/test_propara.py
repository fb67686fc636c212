import json

import pytest
import torch

from recollect.models.process_memory import ProcessMemory
from recollect.tasks.propara import ProPara, change, follow, read_propara
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
    # "root" is read in "Roots", the leaf is the fifth word, and sugar is made in the sixth.
    assert batch.place.tolist() == [[0, 4, -1], [-1, -1, 5]]
    assert batch.mine[0].sum(-1).tolist() == [1, 1, 0]


def test_the_task_keeps_its_contract(task):
    model = ProcessMemory(len(task.vocab), width=6).eval()
    check_task(task, model=model)
    found = task.evaluate([model, model], split="test")
    assert found["change_still"] == [pytest.approx(1 / 3)] and len(found["state"]) == 2


def test_gold_changes_lead_to_the_gold_states(task):
    for process, who in task.rows["test"]:
        batch, states = task.collate([(process, who)]), process.states[who]
        where = batch.place.clamp(min=0).tolist()[0]
        told = follow(process.sentences, states[0], batch.change.tolist()[0], where)
        assert [x.rstrip("s") for x in told] == list(states[1:])


def test_what_is_not_there_stays_away():
    assert follow(["It moves."] * 2, "-", [1, 0], [0, 0]) == ["-", "-"]
    assert follow(["It is made."], "pot", [2], [0]) == ["pot"]
    assert follow(["It moves."], "pot", [1], [9]) == ["?"]
    assert change("?", "-") == "destroy"


def test_padding_changes_nothing():
    model = ProcessMemory(9, width=6).eval()
    words, mine = torch.randint(1, 9, (2, 3, 4)), torch.rand(2, 3, 4) > 0.5
    longer, marked = (torch.nn.functional.pad(x, (0, 2, 0, 1)) for x in (words, mine))
    changes, places = model(words, mine)
    more, further = model(longer, marked)
    torch.testing.assert_close(more[:, :3], changes)
    torch.testing.assert_close(further[:, :3, :4], places[..., :4])
    torch.testing.assert_close(further[:, :3, -1], places[..., -1])


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
