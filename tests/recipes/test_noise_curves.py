"""The record and the plot of questions among noise."""

import json

import pytest

from recollect.recipes import noise_curves, recipes
from recollect.results import figure


def test_it_is_no_recipe():
    assert not [name for name in recipes() if "noise" in name]


def test_large_models_stand_beside_the_reader_that_reads_everything():
    told = noise_curves.published(
        ["ask_qa2_16k", "ask_qa2_16k_chain", "babi-entity_qa2_16k_recent"]
    )
    assert told == {"ask_qa2_16k": "0.50 gemini-3-flash-preview (32k tokens)"}


def test_parts_are_added_to_the_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    parts = iter([{"ask_qa1_0k": figure([1.0])}, {"ask_qa1_1k": figure([0.5])}])
    monkeypatch.setattr(noise_curves, "measure", lambda *_, **__: next(parts))
    noise_curves.main(["--questions", "3", "--lengths", "0", "--add"])
    noise_curves.main(["--questions", "2", "--lengths", "1000", "--add"])
    told = json.loads((tmp_path / "results" / "babi-noise.json").read_text())
    assert set(told["metrics"]) == {"ask_qa1_0k", "ask_qa1_1k"}
    assert "--questions 3 --lengths 0 --add && " in told["command"]
    assert told["command"].endswith("--questions 2 --lengths 1000 --add")
    assert told["published"]["ask_qa1_0k"].startswith("1.00 gemini")


def test_it_is_drawn_from_what_was_recorded(tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    metrics = {"ask_qa1_0k": figure([1.0]), "ask_qa1_4k": figure([0.5])}
    metrics |= {"babi-entity_qa2_0k_familiar": figure([1.0])}
    noise_curves.plot(metrics, tmp_path / "noise.png")
    assert (tmp_path / "noise.png").read_bytes()[:4] == b"\x89PNG"
