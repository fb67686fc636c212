"""`recollect train RECIPE --data FILE`: a person's own file trains with the same recipes."""

import pytest

from recollect.cli.__main__ import main
from recollect.recipes import train_command
from recollect.train import Run

QUICK = ["--loop.steps", "1", "--loop.eval-every", "1", "--loop.save-every", "1", "--quiet"]
QUICK += ["--loop.eval-batches", "1", "--loop.train-batches", "1", "--model.size", "8"]


@pytest.fixture
def table(tmp_path):
    rows = [f"wort{i % 7} {i}\tword{i % 7} {i}" for i in range(30)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join([*rows, "", "alone"]), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("recipe", "flags", "source"),
    [
        ("pairs-table", [], ["wort1", "1"]),
        ("pairs-cmudict", [], [*"wort1 1"]),
        ("pairs-dates", [], [*"wort1 1"]),
        ("pairs-scan", [], ["wort1", "1"]),
        ("inflection-copy", ["--task.no-letters"], ["wort1", "1"]),
        ("multi30k-de-en", ["--task.pieces", "100"], ["wort1</w>", "1</w>"]),
    ],
)
def test_recipes_of_pairs_take_a_table(table, tmp_path, capsys, recipe, flags, source):
    out = tmp_path / "run"
    words = ["train", recipe, "--data", str(table), *flags, *QUICK, "--out", str(out)]
    assert main(words) == 0
    told = capsys.readouterr().err
    assert "1 empty lines, first line 31" in told and "1 rows with 1 column, first line 32" in told
    run = Run(out)
    assert run.learnt().read_line("wort1 1").labels == source
    assert main([*words, "--resume"]) == 0
    again = train_command(run)
    assert again[:3] == ["recollect", "train", recipe]
    assert (
        str(table) == again[again.index("--task.data" if recipe == "pairs-table" else "--data") + 1]
    )
    assert ("--task.no-letters" in again) == ("--task.no-letters" in flags)


def test_a_recipe_of_texts_takes_a_text(tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("All is well that ends well.\n" * 60)
    flags = ["--data", str(text), "--task.window", "8", "--model.heads", "2", *QUICK]
    assert main(["train", "lm-shakespeare", *flags, "--out", str(tmp_path / "run")]) == 0


def test_a_file_for_each_side(tmp_path, capsys):
    one, two = tmp_path / "a.de", tmp_path / "a.en"
    one.write_text("\n".join(f"wort {i}" for i in range(20)))
    two.write_text("\n".join(f"word {i}" if i != 3 else "" for i in range(20)))
    flags = ["--data", str(one), "--task.target", str(two), *QUICK, "--out", str(tmp_path / "run")]
    assert main(["train", "pairs-table", *flags]) == 0
    assert "1 rows with an empty side, first line 4" in capsys.readouterr().err
    two.write_text("word\n" * 19)
    flags[-1] = str(tmp_path / "other")
    assert main(["train", "pairs-table", *flags]) == 2
    told = capsys.readouterr().err
    assert "20 lines" in told and "19" in told and told.count("\n") == 1
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["digits-content", "--data", "pairs.tsv"], "cannot be a file of your own"),
        (["pairs-table", "--data"], "--data"),
        (["pairs-table", "--data=none.tsv"], "there is no file none.tsv"),
        (["multi30k-de-en", "--data", "a.tsv", "--task.letters"], "not cut into pieces"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, monkeypatch, capsys, words, says):
    monkeypatch.chdir(tmp_path)
    assert main(["train", *words]) == 2
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1 and not list(tmp_path.iterdir())
