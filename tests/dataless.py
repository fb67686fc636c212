"""What every run that keeps what its task learnt must do once the data is gone."""

import shutil
from pathlib import Path

from recollect.cli.__main__ import main


def says_the_same(run: Path, words: list[str], folder: Path, capsys, take_away) -> None:
    """`recollect run` answers as it did, and a run of old, which keeps nothing, says what to do."""
    asked = ["run", str(run), *words, "--json"]
    assert main(asked) == 0
    before = capsys.readouterr().out
    take_away()
    assert main(asked) == 0
    assert capsys.readouterr().out == before
    old = folder / "old"
    shutil.copytree(run, old)
    (old / "learnt.json").unlink()
    assert main(["run", str(old), *asked[2:]]) == 2
    told = capsys.readouterr().err
    assert "has no learnt.json" in told and "train it anew" in told and told.count("\n") == 1
