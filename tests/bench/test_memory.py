"""The comparison of memory networks: every one is measured alike, and what was not is left out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recollect.bench.memory import CONTENDERS, measure, recall
from recollect.bench.memory_page import ASK, RECORD, TOLD, filled, plot, table
from recollect.cli.__main__ import main
from recollect.results import figure, read_records
from recollect.tasks.babi import BABI
from recollect.train.engine import build_model

ROOT = Path(__file__).parents[2]
PEOPLE, PLACES = ("Mary", "John"), ("office", "garden", "hall")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten stories: somebody goes somewhere, twice, and is asked after."""
    where = tmp_path_factory.mktemp("babi")
    (where / "en").mkdir()
    for split, many in (("train", 40), ("test", 10)):
        out = []
        for i in range(many):
            places = PLACES[i % 3], PLACES[(i // 3) % 3]
            out += [f"{n + 1} {PEOPLE[n]} went to the {p}." for n, p in enumerate(places)]
            out.append(f"3 Where is {PEOPLE[i % 2]}? \t{places[i % 2]}\t{i % 2 + 1}")
        path = where / "en" / f"qa1_{BABI[0]}_{split}.txt"
        path.write_text("\n".join(out) + "\n")
    return where


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda c: c.name)
def test_every_network_is_measured(contender, folder):
    config = contender.config(1)
    config = replace(config, task=replace(config.task, folder=folder))
    task = config.task.build()
    found = measure(contender, build_model(config, task, 0), task, 1)
    assert set(found) == {"error", "support", "parameters", "ms"}
    assert 0 <= found["error"] <= 1 and 0 <= found["support"] <= 1
    assert found["ms"] > 0 and found["parameters"] > 100


def test_recall_counts_what_was_read():
    shares = np.array([[0.5, 0.3, 0.2], [0.5, -0.3, 0.0], [0.1, 0.2, 0.3]], np.float32)
    gold = np.array([[1, 0, 1], [1, 1, 0], [0, 0, 0]], bool)
    found = recall(shares, gold, np.array([2, 2, 0], np.int32))
    # Of two gold facts one is among the two read most; one that is not read is not found.
    assert found[:2].tolist() == [0.5, 0.5]
    assert np.isnan(found[2])


def test_a_wrong_reader_is_told_from_a_right_one(folder):
    contender = CONTENDERS[0]
    config = contender.config(1)
    config = replace(config, task=replace(config.task, folder=folder))
    task = config.task.build()
    model = build_model(config, task, 0)

    def right(net, batch):
        return batch.answer, batch.support[:, None, : batch.story.shape[1]].float()

    def wrong(net, batch):
        return batch.answer * 0, 1 - batch.support[:, None, : batch.story.shape[1]].float()

    one = measure(contender._replace(read=right), model, task, 1)
    other = measure(contender._replace(read=wrong), model, task, 1)
    assert (one["error"], one["support"]) == (0, 1)
    assert (other["error"], other["support"]) == (1, 0)


def test_the_table_is_made_of_the_record(tmp_path):
    assert [*TOLD] == [*(c.name for c in CONTENDERS), ASK]
    metrics = {}
    for i, contender in enumerate(CONTENDERS):
        told = {"error": 0.125, "support": 0.5, "parameters": 1234 + i, "ms": 2.0, "seconds": 3.0}
        for name, value in told.items():
            metrics[f"{contender.name}_{name}_1"] = figure([value])
    for name, value in {"error": 0.0, "support": 1.0, "parameters": 99.0, "ms": 7.0}.items():
        metrics[f"{ASK}_{name}_1"] = figure([value])
    plot(metrics, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 5000
    lines = table(metrics).splitlines()
    assert len(lines) == 2 + len(CONTENDERS) + 1
    assert "| MemN2N | answers | 12.5 · 50 | 1,234 | 3.0 s | 2.0 ms |" in lines
    assert lines[-1].endswith("| 0.0 · 100 | 99 | – | 7.0 ms |")


def test_the_page_shows_what_was_recorded():
    """`recollect bench memory --page docs/memory-networks.md` makes it again."""
    records = {record.name: record for record in read_records(ROOT / "results")}
    assert (ROOT / "docs" / "images" / "memory-networks.png").exists() == (RECORD in records)
    page = (ROOT / "docs" / "memory-networks.md").read_text(encoding="utf-8")
    assert filled(page, records) == page
    with pytest.raises(ValueError, match="<!-- 10k -->"):
        filled(page.replace("<!-- 10k -->", ""), records)


def test_a_page_without_its_record_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.md").write_text("<!-- 1k -->\n\n<!-- /1k -->\n<!-- 10k -->\n\n<!-- /10k -->")
    assert main(["bench", "memory", "--page", "page.md"]) == 2
    assert "there is no record" in capsys.readouterr().err
    assert torch.get_num_threads() >= 1


def test_what_is_measured_is_what_the_task_itself_measures(folder):
    """A MemN2N's empty slots take softmax mass: they are not to be cut off."""
    contender = CONTENDERS[0]
    config = contender.config(1)
    config = replace(config, task=replace(config.task, folder=folder))
    task = config.task.build()
    model = build_model(config, task, 0)
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(5)
    net, data = model["1"], task.each["1"]
    batch = data.collate(data.test, np.arange(len(data.test.task)))
    right = net(batch.story, batch.question, batch.times).argmax(-1) == batch.answer
    found = measure(contender, model, task, 1)
    assert found["error"] == pytest.approx(1 - right.float().mean().item())
    seen = []

    def watched(net, told):
        seen.append(told.story.shape[1])
        return contender.read(net, told)

    measure(contender._replace(read=watched), model, task, 1)
    assert set(seen) == {data.slots}
