"""`recollect COMMAND ...`: find the command, run it, tell a mistake in one sentence."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from recollect.cli import UserError, nearest
from recollect.version import __version__

# name -> (module:function, what it does). Strings, so that --help imports no command.
COMMANDS = {
    "ask": ("recollect.cli.ask:main", "ask a story, a log or a table, and see the evidence"),
    "train": ("recollect.cli.train:main", "train a recipe into a run folder, or resume one"),
    "eval": ("recollect.cli.eval:main", "measure a run, beside the published figures"),
    "run": ("recollect.cli.run:main", "say what a trained model makes of a line of yours"),
    "inspect": ("recollect.cli.inspect:main", "write a page on what a memory machine did"),
    "bench": ("recollect.cli.bench:main", "time a part against the reference, once they agree"),
    "data": ("recollect.cli.data:main", "list the known data sets, find one, fetch one"),
}


def usage() -> str:
    """Return what `recollect --help` prints."""
    lines = [f"  {name:<9}{what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: recollect COMMAND [...]",
            "",
            "Attention and memory for PyTorch.",
            "",
            *lines,
            "",
            "recollect COMMAND --help    what a command takes",
            "recollect --version",
        ]
    )


def explain(error: BaseException) -> str:
    """Return the one sentence a person gets for an error of theirs."""
    if isinstance(error, KeyboardInterrupt):
        return "stopped by the keyboard"
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror.lower()}"
    return " ".join(str(error).split()) or type(error).__name__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0, or 2 after a mistake told in one sentence.

    `RECOLLECT_TRACEBACK=1` lets the error through, for whoever mends the code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words[0] == "--version":
        print(f"recollect {__version__}")
        return 0
    try:
        if words[0] not in COMMANDS:
            kind = "flag" if words[0].startswith("-") else "command"
            near = nearest(words[0], [*COMMANDS, "--help", "--version"])
            raise UserError(f"there is no {kind} {words[0]!r}{near or '; see recollect --help'}")
        module, function = COMMANDS[words[0]][0].split(":")
        status = getattr(import_module(module), function)(words[1:]) or 0
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader (head, less) left; the interpreter would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError, KeyboardInterrupt) as error:
        if os.environ.get("RECOLLECT_TRACEBACK"):
            raise
        print(f"recollect: {explain(error)}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
