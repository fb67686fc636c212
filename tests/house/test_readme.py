"""What README.md shows is run: Python blocks as one script, console blocks against their output."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.house.tree import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.DOTALL | re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """(`recollect ...`, what it prints) for each `$ ` line of a console block."""
    found = []
    for block in blocks("console"):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = piece.partition("\n")
            found.append((line, output))
    return [(line, output) for line, output in found if line.startswith("recollect ")]


@pytest.fixture
def examples(tmp_path, monkeypatch):
    """An empty folder with the example stories, as a reader of README has them."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_runs(examples):
    assert blocks("python"), "README opens with a runnable example"
    scope = {"__name__": "readme"}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), scope)


def words(text: str) -> list[str]:
    # Figures may move with the weights; everything else is promised.
    return re.sub(r"\d+(\.\d+)?", "0", text).split()


@pytest.mark.parametrize(("line", "output"), commands(), ids=[line for line, _ in commands()])
def test_the_commands_print_what_is_shown(examples, line, output):
    run = subprocess.run(
        [sys.executable, "-m", *shlex.split(line)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )
    assert run.returncode == 0, run.stderr
    assert words(run.stdout) == words(output)
