import csv
import io
import zipfile

import pytest
import torch

from recollect.data import MissingData
from recollect.models.relation_memory import RelationMemory
from recollect.models.relation_reader import RelationReader
from recollect.tasks.clutrr import Clutrr, read_clutrr, wilson
from recollect.tasks.clutrr_text import ClutrrText
from recollect.testing import check_task

NAMES = ("Ann", "Bob", "Cid", "Dot", "Eve")
COLUMNS = "clean_story,story_edges,edge_types,query_edge,target,genders".split(",")


def question(kinds, target):
    facts = [(i, i + 1) for i in range(len(kinds))]
    names = NAMES[: len(kinds) + 1]
    story = " ".join(
        f"[{names[i]}] took the {kind} [{names[i + 1]}] out." for i, kind in enumerate(kinds)
    )
    genders = ",".join(f"{name}:female" for name in names)
    return dict(
        zip(
            COLUMNS,
            [story, str(facts), str(list(kinds)), str((0, len(kinds))), target, genders],
            strict=True,
        )
    )


TRAIN = [
    question(("son", "son"), "grandson"),
    question(("son", "sister"), "daughter"),
    question(("sister", "son"), "nephew"),
    question(("son", "sister", "sister"), "daughter"),
    question(("son", "son", "sister"), "granddaughter"),
]
TEST = {2: [TRAIN[0]], 3: [question(("sister", "son", "sister"), "niece")]}


def write(path, tables):
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in tables.items():
            text = io.StringIO()
            table = csv.DictWriter(text, COLUMNS)
            table.writeheader()
            table.writerows(rows)
            archive.writestr(name, text.getvalue())


@pytest.fixture
def folder(tmp_path):
    tables = {"1.2,1.3_train.csv": TRAIN * 4}
    tables |= {f"1.{k}_test.csv": rows for k, rows in TEST.items()}
    write(tmp_path / "data_089907f8.zip", tables)
    return tmp_path


def test_the_zip_is_read(folder):
    read = read_clutrr(folder / "data_089907f8.zip")
    assert {k: len(found) for k, found in read["train"].items()} == {2: 12, 3: 8}
    first = read["test"][3][0]
    assert first.facts == ((0, "sister", 1), (1, "son", 2), (2, "sister", 3))
    assert first.query == (0, 3) and first.answer == "niece" and first.names == NAMES[:4]


@pytest.mark.parametrize("kind", ["graph", "text"])
def test_the_task_keeps_its_contract(folder, kind):
    if kind == "graph":
        task = Clutrr("2-3", batch=4, validation=0.5, folder=folder)
        model = RelationMemory(len(task.relations))
    else:
        task = ClutrrText("2-3", batch=4, folder=folder)
        model = RelationReader(len(task.vocab), relations=len(task.relations), width=6)
    check_task(task, model=model)
    found = task.evaluate([model.eval()], split="test")
    assert {"accuracy_2", "low_3", "high_3"} <= set(found) and len(found["accuracy"]) == 1


def test_held_out_paths_are_never_trained_on(folder):
    task = Clutrr("2-3", validation=0.5, folder=folder)
    train = {q.facts for q in task.splits["train"]}
    assert task.splits["valid"] and not train & {q.facts for q in task.splits["valid"]}


def test_the_facts_of_a_story_are_those_of_the_graph(folder):
    graph, text = Clutrr("2-3", folder=folder), ClutrrText("2-3", rare=0, folder=folder)
    batch, story = graph.collate(graph.splits["test"]), text.collate(text.facts.splits["test"])
    for edges, facts in zip(batch.edges, story.facts, strict=True):
        for a, kind, b in edges.tolist():
            assert kind < 0 or facts[a, b] == kind
    assert int((story.facts >= 0).sum()) == int((batch.edges[..., 1] >= 0).sum())
    # A name is no word: every person is the same one.
    assert set(story.tokens[story.who >= 0].tolist()) == {1}


def test_a_reader_learns_the_facts_and_the_memory_the_answers(folder):
    task = ClutrrText("2-3", batch=16, rare=0, folder=folder)
    torch.manual_seed(0)
    model = RelationReader(len(task.vocab), relations=len(task.relations), width=8, dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for batch, _ in zip(task.batches("train", seed=0), range(60), strict=False):
        optimizer.zero_grad()
        task.step(model, batch).loss.backward()
        optimizer.step()
    found = task.evaluate([model.eval()], split="test")
    assert found["facts"] == [1.0] and found["accuracy_2"] == [1.0]


def test_faults_are_named(tmp_path):
    path = tmp_path / "data_089907f8.zip"
    path.write_text("no zip")
    with pytest.raises(ValueError, match="no zip of CLUTRR"):
        Clutrr("2-3", folder=tmp_path)
    rows = [question(("son", "son"), "grandson") | {"story_edges": "[(0, 1), (1, 9)]"}]
    write(path, {"1.2_train.csv": rows, "1.2_test.csv": rows})
    with pytest.raises(ValueError, match="line 2: there is no person 9"):
        Clutrr("2-3", folder=tmp_path)
    write(path, {"1.2_train.csv": [rows[0] | {"target": ""}]})
    with pytest.raises(ValueError, match="there is no 'target'"):
        Clutrr("2-3", folder=tmp_path)
    with pytest.raises(MissingData, match="db9b8f04"):
        Clutrr("2-4", folder=tmp_path)
    with pytest.raises(ValueError, match="choose 2-3 or 2-4"):
        Clutrr("5-6", folder=tmp_path)  # type: ignore[arg-type]


def test_wilson_holds_the_share_and_narrows_with_the_count():
    low, high = wilson(9, 10)
    lower, higher = wilson(90, 100)
    assert low < lower < 0.9 < higher < high
    assert wilson(0, 5)[0] == pytest.approx(0, abs=1e-9)
    with pytest.raises(ValueError, match="6 right of 5"):
        wilson(6, 5)


def test_the_published_files(dataset):
    task = Clutrr("2-4", folder=dataset("clutrr"))
    assert len(task.relations) == 20
    assert len(task.splits["train"]) + len(task.splits["valid"]) == 15_083
    assert len(task.splits["test"]) == 1048
    lengths = [len(q.facts) for q in task.splits["test"]]
    assert lengths.count(2) == 38 and lengths.count(10) == 122
