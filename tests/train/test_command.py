"""`recollect train` at the keyboard."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recollect.cli.__main__ import main
from recollect.recipes import find_recipe, recipes
from recollect.train import Config
from recollect.train.configfile import from_plain, to_plain
from recollect.train.runs import Run

RECIPE = "tests.train.toy:recall"
ROOT = Path(__file__).parents[2]


def said(capsys, *words):
    status = main(["train", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_recipe_is_trained_with_overrides(tmp_path, capsys):
    out = tmp_path / "run"
    status, text, err = said(
        capsys,
        RECIPE,
        *("--out", str(out), "--seeds", "3", "--quiet"),
        *("--optim.lr", "2e-2", "--loop.steps", "30", "--loop.seed", "5", "--model.dropout", "0"),
    )
    assert status == 0, err
    run = Run(out)
    assert run.config.optim.lr == 2e-2
    assert run.config.model.dropout == 0
    assert run.config.task == find_recipe(RECIPE)().task
    assert run.seeds == (5, 6, 7)
    assert run.about["recipe"] == RECIPE
    assert "torch" in run.about["versions"]
    figure = run.result()["summary"]["valid/error"]
    assert f"{figure['mean']:.4g} ± {figure['sd']:.2g}" in text
    assert "chosen by train/loss" in text


def test_seeds_in_a_minimum_are_told(tmp_path, capsys):
    words = [RECIPE, "--out", str(tmp_path / "run"), "--seeds", "2", "--quiet"]
    status, text, _ = said(capsys, *words, "--optim.lr", "1e-7")
    assert status == 0
    assert "2 of 2 fell into a known local minimum, answers at random: seeds 0 (valid/error" in text
    assert "train on" in text


def test_missing_data_leaves_no_run_behind(tmp_path, capsys):
    words = ["pairs-table", "--out", str(tmp_path / "run"), "--quiet"]
    words += ["--task.data", str(tmp_path / "pairs.tsv")]
    status, _, err = said(capsys, *words)
    assert status == 2 and "no file" in err and not (tmp_path / "run").exists()
    rows = [f"a b{i}\tc d" for i in range(20)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows))
    small = ["--loop.steps", "1", "--loop.eval-every", "1", "--model.size", "8"]
    assert said(capsys, *words, *small)[0] == 0


def test_resume_goes_on(tmp_path, capsys):
    words = [RECIPE, "--out", str(tmp_path / "run"), "--quiet"]
    assert said(capsys, *words, "--resume", "--loop.steps", "20")[0] == 0
    status, _, err = said(capsys, *words)
    assert status == 2
    assert "holds a run already; add --resume" in err
    assert said(capsys, *words, "--resume")[0] == 0
    assert [line["step"] for line in Run(tmp_path / "run").metrics()] == list(range(5, 41, 5))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "needs a recipe"),
        (["--seeds", "3"], "the recipe comes first"),
        (["storys"], "there is no recipe 'storys'"),
        (["no.such.module:recipe"], "'no.such.module:recipe' cannot be imported"),
        (["tests.train.toy:nothing"], "cannot be imported"),
        ([RECIPE, "--optim.lrr", "3"], "takes no '--optim.lrr'; did you mean --optim.lr?"),
        ([RECIPE, "--sedes", "3"], "takes no '--sedes'; did you mean --seeds?"),
        ([RECIPE, "extra"], "takes no 'extra'"),
        ([RECIPE, "--optim.lr", "fast"], "error parsing --optim.lr: could not convert"),
        ([RECIPE, "--optim.lr"], "missing value for argument '--optim.lr'"),
        ([RECIPE, "--loop.steps", "0"], "loop.steps is 0; it must be 1 or more"),
        ([RECIPE, "--seeds", "0"], "--seeds is 0"),
        ([RECIPE, "--engine.parallel", "zero"], "invalid choice 'zero'"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(words, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = said(capsys, *words)
    assert status == 2
    assert told in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_mistake_is_one_sentence_on_every_terminal(encoding, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "recollect", "train", RECIPE, "--optim.lr", "fast"],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"recollect: recollect train {RECIPE}: error parsing --optim.lr: "
        "could not convert string to float: 'fast'\n"
    )


def test_help_shows_every_flag_of_the_recipe(capsys):
    with_help = main(["train", RECIPE, "--help"])
    out, _ = capsys.readouterr()
    assert with_help == 0
    for flag in ("--optim.lr", "--model.hidden", "--task.slots", "--engine.bf16", "--seeds"):
        assert flag in out


def test_every_recipe_is_a_config_that_reads_back():
    for name, recipe in recipes().items():
        config = recipe()
        assert isinstance(config, Config), name
        assert recipe.__doc__, f"{name} says nothing of itself"
        assert from_plain(json.loads(json.dumps(to_plain(config)))) == config
        assert find_recipe(name) is recipe


def test_the_nearest_recipe_is_told(monkeypatch):
    import recollect.recipes

    monkeypatch.setattr(recollect.recipes, "recipes", lambda: {"stories": None, "babi": None})
    with pytest.raises(ValueError, match=r"no recipe 'storeis'; did you mean stories\?"):
        find_recipe("storeis")


def test_a_recipe_of_ones_own_is_found_from_the_present_folder(tmp_path):
    (tmp_path / "my_runs.py").write_text("from tests.train.toy import recall as ablation\n")
    program = (
        "from recollect.recipes import find_recipe as f; print(f('my_runs:ablation').__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "recall\n", done.stderr
