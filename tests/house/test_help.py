"""`--help` of every command, pinned: a change of the command line shows in the diff.

After a wanted change: `RECOLLECT_UPDATE_HELP=1 pytest tests/house/test_help.py`, and read the diff.
"""

import os
from pathlib import Path

import pytest

from recollect.cli.__main__ import COMMANDS, main
from recollect.recipes import recipes

PINNED = Path(__file__).with_name("help")


def printed(words, capsys, monkeypatch) -> str:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    try:
        status = main(words)
    except SystemExit as leave:  # argparse and tyro leave by themselves after --help
        status = leave.code
    out, err = capsys.readouterr()
    assert not status and not err
    # `train` lists the recipes: a new one is no change of the command line.
    lines = [line.rstrip() for line in out.splitlines()]
    own = tuple(f"  {name} " for name in recipes())
    return "\n".join(line for line in lines if not line.startswith(own)) + "\n"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_pinned(command, capsys, monkeypatch):
    text = printed([command, "--help"] if command else ["--help"], capsys, monkeypatch)
    path = PINNED / f"{command or 'recollect'}.txt"
    if os.environ.get("RECOLLECT_UPDATE_HELP"):
        PINNED.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_nothing_pinned_is_stale():
    assert {path.stem for path in PINNED.glob("*.txt")} == {"recollect", *COMMANDS}
