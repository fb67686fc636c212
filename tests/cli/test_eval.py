"""`recollect eval`: the figures of a run, recorded with the commands that make them again."""

import json

import pytest
import torch
from torch import nn

from recollect.cli.__main__ import main
from recollect.results import Record
from recollect.train import Adam, LoopConfig, fit, load_model
from tests.train.toy import MatcherConfig, RecallConfig, RecallTask


def recipe():
    from recollect.train import Config

    return Config(
        task=RecallConfig(),
        model=MatcherConfig(),
        optim=Adam(lr=1e-2),
        loop=LoopConfig(steps=5, eval_every=5, save_every=5, report=("train", "valid")),
    )


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr("recollect.recipes.find_recipe", lambda name: recipe)
    fit(recipe(), tmp_path / "toy", seeds=[0, 1, 2], recipe="toy", quiet=True)
    return tmp_path / "toy"


def test_the_figures_are_those_of_the_models(run, tmp_path, capsys):
    words = ["eval", str(run), "--split", "valid", "--save", "toy-recall", "--json"]
    assert main([*words, "--results", str(tmp_path / "results")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert json.loads((tmp_path / "results" / "toy-recall.json").read_text()) == told
    record = Record(**told)
    assert record.command == (
        "recollect train toy --seeds 3 --out toy && "
        "recollect eval toy --split valid --save toy-recall"
    )
    # By hand, seed by seed.
    for place, seed in enumerate((0, 1, 2)):
        loaded = load_model(run, seed=seed)
        wrong = total = 0
        with torch.no_grad():
            for batch in loaded.task.batches("valid", seed=1234):
                guess = loaded.model(batch.query, batch.keys).argmax(-1)
                wrong += (guess != batch.answer).sum().item()
                total += len(batch.answer)
        assert record.metrics["valid_error"]["per_seed"][place] == pytest.approx(wrong / total)


def test_a_task_may_evaluate_itself_and_know_what_was_published(run, capsys, monkeypatch):
    def evaluate(self, models, *, split):
        assert split == "test" and all(isinstance(model, nn.Module) for model in models)
        return {"chains": [0.5, 0.6, 0.7]}

    monkeypatch.setattr(RecallTask, "evaluate", evaluate, raising=False)
    monkeypatch.setattr(RecallTask, "published", {"chains": 0.65}, raising=False)
    assert main(["eval", str(run)]) == 0
    out = capsys.readouterr().out
    assert "test_chains  0.6 ± 0.1" in out and "published 0.65" in out


def test_several_runs_stand_in_one_record(run, tmp_path, capsys):
    fit(recipe(), tmp_path / "other", seeds=[5], recipe="toy", quiet=True)
    words = ["eval", str(run), str(tmp_path / "other"), "--split", "valid"]
    assert main([*words, "--only", "valid_error", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["metrics"]) == {"toy_valid_error", "other_valid_error"}
    assert len(told["metrics"]["toy_valid_error"]["per_seed"]) == 3
    assert told["command"] == (
        "recollect train toy --seeds 3 --out toy && recollect train toy --out other && "
        "recollect eval toy other --split valid --only valid_error"
    )
    assert main([*words, "--only", "valid_eror"]) == 2
    assert "there is no metric 'valid_eror'; did you mean valid_error?" in capsys.readouterr().err


def test_a_figure_may_be_of_all_seeds_together(run, capsys, monkeypatch):
    monkeypatch.setattr(
        RecallTask, "evaluate", lambda self, models, *, split: {"chosen": [0.25]}, raising=False
    )
    assert main(["eval", str(run)]) == 0
    assert "test_chosen  0.25\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["nowhere"], "no run folder"),
        (["nowhere", "--splt", "x"], "did you mean --split?"),
        ([], "required: RUN"),
    ],
)
def test_mistakes(words, answer, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["eval", *words]) == 2
    err = capsys.readouterr().err
    assert answer in err and err.count("\n") == 1


def test_the_mean_of_runs_is_taken_seed_by_seed(run, tmp_path, capsys):
    fit(recipe(), tmp_path / "toy-two", seeds=[0, 1, 2], recipe="toy", quiet=True)
    words = ["eval", str(run), str(tmp_path / "toy-two"), "--split", "valid", "--json"]
    assert main([*words, "--mean", "toy*"]) == 0
    record = Record(**json.loads(capsys.readouterr().out))
    told = record.metrics
    rows = [told[f"{name}_valid_error"]["per_seed"] for name in ("toy", "toy-two")]
    each = [(a + b) / 2 for a, b in zip(*rows, strict=True)]
    assert told["mean(toy*)_valid_error"]["per_seed"] == pytest.approx(each)
    assert "--mean 'toy*'" in record.command
    assert main([*words, "--mean", "doll*"]) == 2
    assert "no run's name is like 'doll*'" in capsys.readouterr().err
    fit(recipe(), tmp_path / "toy-less", seeds=[0], recipe="toy", quiet=True)
    assert main(["eval", str(run), str(tmp_path / "toy-less"), "--mean", "toy*"]) == 2
    assert "not as many seeds" in capsys.readouterr().err
