"""The command line: one small file per command, each with `main(argv) -> int | None`.

A mistake of the person at the keyboard is raised as `UserError` (or any `ValueError` or `OSError`)
and becomes one sentence and exit status 2, in `__main__`; commands print nothing for it and never
call `sys.exit`.
"""

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn


class UserError(ValueError):
    """A mistake a person can mend: its text says where it is and what to do."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return `; did you mean X?` for the nearest choice, or nothing where none is near.

    >>> nearest("--sed", ["--seed", "--steps"])
    '; did you mean --seed?'
    >>> nearest("xyzzy", ["--seed"])
    ''
    """
    found = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else ""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are `UserError`s that name the nearest flag or choice."""

    def __init__(self, command: str, *, description: str, epilog: str | None = None) -> None:
        """Name the command as a person types it: `recollect data`."""
        # A fixed width keeps --help the same on every terminal, so that a test can pin it.
        super().__init__(
            prog=command,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=100),
        )

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise UserError(f"{message} (see {self.prog} --help)")

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse `argv`; an unknown flag is answered with the nearest known one."""
        # Intermixed: a flag may stand between two words.
        args, rest = self.parse_known_intermixed_args(argv)
        if rest:
            word = rest[0].split("=")[0]
            near = nearest(word, self._option_string_actions) if word.startswith("-") else ""
            raise UserError(f"{self.prog} takes no {word!r}{near or f'; see {self.prog} --help'}")
        return args


def say(text: str) -> None:
    """Print progress or advice to standard error: standard output is for results."""
    print(text, file=sys.stderr, flush=True)
