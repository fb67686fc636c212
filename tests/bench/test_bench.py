"""Benchmarks time nothing that disagrees, and tell the truth about what they timed."""

import json
import time

import pytest

from recollect.bench import entity, interleaved, memn2n, reader
from recollect.cli.__main__ import main


def sleeper(seconds):
    return lambda: time.sleep(seconds)


def test_interleaved_finds_the_slower():
    found = interleaved({"slow": sleeper(2e-3), "fast": sleeper(1e-4)}, seconds=0.05, rounds=5)
    assert min(found["slow"]) > 2000 > max(found["fast"])


@pytest.mark.parametrize("case", reader.CASES, ids=lambda case: case.name)
def test_the_cases_agree(case):
    ours, *others, inputs = reader.build(case)
    for other in others:
        assert reader.disagreement(ours, other, inputs) <= reader.TOLERANCE
    assert reader.disagreement(ours, lambda: 2 * ours(), inputs) > 0.1


@pytest.mark.parametrize("case", memn2n.CASES, ids=lambda case: case.name)
def test_the_kernel_s_cases_agree(case):
    ours, reference, difference = memn2n.build(case)
    assert difference <= memn2n.TOLERANCE
    *_, norms, _, taken = ours()
    assert taken == 1 and norms > 1
    reference()


@pytest.mark.parametrize("case", entity.CASES, ids=lambda case: case.name)
def test_the_entity_kernel_s_cases_agree(case):
    ours, reference, difference = entity.build(case)
    assert difference <= entity.TOLERANCE
    *_, seen, norm, taken = ours()
    assert taken == 1 and seen == 32 and norm > 1
    reference()


def test_a_kernel_that_disagrees_is_not_timed(monkeypatch, capsys):
    learn = memn2n.learn
    monkeypatch.setattr(memn2n, "learn", lambda *batch: 1.01 * learn(*batch))
    assert main(["bench", "memn2n", "--seconds", "0.01"]) == 2
    out, err = capsys.readouterr()
    assert "the gradients differ" in err and not out


def test_what_disagrees_is_not_timed(monkeypatch, capsys):
    forward = reader.Reader.forward
    monkeypatch.setattr(
        reader.Reader,
        "forward",
        lambda self, query, memory, causal: forward(self, 1.01 * query, memory, causal=causal),
    )
    assert main(["bench", "reader", "--seconds", "0.01"]) == 2
    out, err = capsys.readouterr()
    assert "the answers differ" in err and not out


def test_the_record_and_the_plot(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(reader, "CASES", reader.CASES[:1])
    plot = tmp_path / "ratios.png"
    assert main(["bench", "--json", "--seconds", "0.02", "--plot", str(plot)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["name"] == "reader" and len(record["rows"]) == 2
    for row in record["rows"]:
        assert row["ratio"] == pytest.approx(row["ours"] / row["reference"])
        assert row["difference"] <= reader.TOLERANCE
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_a_misspelt_benchmark_is_answered(capsys):
    assert main(["bench", "raeder"]) == 2
    assert "did you mean reader?" in capsys.readouterr().err


@pytest.mark.bench
def test_reader_costs_at_most_ten_microseconds():
    rows = reader.run(seconds=1.0).rows
    small = [row for row in rows if row.case.startswith("1 query") and "backward" not in row.case]
    assert all(row.over <= 10 for row in small), small
