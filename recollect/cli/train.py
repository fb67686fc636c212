"""`recollect train RECIPE [--flags]`: train a recipe into a run folder, or resume one."""

import contextlib
import inspect
import io
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from recollect.cli import UserError, nearest

_USAGE = """\
usage: recollect train RECIPE [--flags] [--seeds N] [--data FILE] [--out RUN] [--resume]
       torchrun --nproc-per-node N -m recollect train RECIPE [--flags]

Train a recipe into a run folder (runs/RECIPE unless --out says another), or go on with one.
RECIPE is a name below, or package.module:function for one of your own.

recipes:
{recipes}

recollect train RECIPE --help    every flag of a recipe, with its default
"""


def main(argv: Sequence[str]) -> None:
    """Train what the words ask for and print the outcome over the seeds.

    Raises:
        UserError: a word is wrong; what training itself refuses comes as `ValueError`.
    """
    if not argv or argv[0] in ("-h", "--help"):
        print(_usage(), end="")
        if not argv:
            raise UserError("recollect train needs a recipe")
        return
    name, *flags = argv
    if name.startswith("-"):
        raise UserError(f"the recipe comes first: recollect train RECIPE {name} ...")

    from recollect.recipes import find_recipe
    from recollect.train.config import Config
    from recollect.train.loop import Stopped, fit

    config = find_recipe(name)()
    if not isinstance(config, Config):
        raise UserError(f"the recipe {name} returned a {type(config).__name__}, not a Config")
    asked = _parse(name, config, flags)
    if asked is None:
        return
    if asked.seeds < 1:
        raise UserError(f"--seeds is {asked.seeds}; it must be 1 or more")
    config, first = asked.config, asked.config.loop.seed
    out = asked.out or Path("runs") / re.sub(r"[^\w.-]+", "-", name)
    try:
        outcome = fit(
            config,
            out,
            seeds=range(first, first + asked.seeds),
            recipe=name,
            resume=asked.resume,
            quiet=asked.quiet,
            tensorboard=asked.tensorboard,
        )
    except Stopped as stop:
        raise UserError(str(stop)) from stop
    if int(os.environ.get("RANK", 0)) == 0:
        print(told(outcome._asdict(), out))


def told(outcome: dict, out: Path) -> str:
    """Return the outcome of a run as text: mean ± sd, the chosen seed, and seeds that got stuck."""
    seeds = outcome["seeds"]
    many = len(seeds) > 1
    width = max(len(metric) for metric in outcome["summary"])
    lines = [f"{out}: {outcome['steps']} steps in {outcome['seconds']:.0f} s"]
    if many:
        lines.append(
            f"{len(seeds)} seeds, mean ± sd; best is seed {outcome['chosen_seed']}, "
            f"chosen by {outcome['chosen_by']}"
        )
    for metric, figure in outcome["summary"].items():
        text = f"  {metric:<{width}}  {figure['mean']:.4g}"
        if many:
            text += f" ± {figure['sd']:.2g}   best {figure['best']:.4g}"
        lines.append(text)
    for name in dict.fromkeys(row["minimum"] for row in outcome["stuck"]):
        rows = [row for row in outcome["stuck"] if row["minimum"] == name]
        which = ", ".join(f"{row['seed']} ({row['metric']} {row['figure']:.3g})" for row in rows)
        noun = "seed" if len(rows) == 1 else "seeds"
        lines.append(
            f"{len(rows)} of {len(seeds)} fell into a known local minimum, {name}: {noun} {which}"
            + (f"; {rows[0]['remedy']}" if rows[0]["remedy"] else "")
        )
    return "\n".join(lines)


def _usage() -> str:
    from recollect.recipes import recipes

    found = recipes()
    width = max(map(len, found), default=0)
    rows = [
        f"  {name:<{width}}  {(inspect.getdoc(recipe) or '').partition(chr(10))[0]}".rstrip()
        for name, recipe in found.items()
    ]
    return _USAGE.format(recipes="\n".join(rows))


def _parse(name: str, config, flags: Sequence[str]):
    """Return what the flags ask for, or None after `--help`."""
    import tyro

    from recollect.train.config import Config

    @dataclass(frozen=True)
    class Asked:
        config: Annotated[Config, tyro.conf.arg(name="")]
        seeds: int = 1
        """Train this many replicas together, with seeds loop.seed, loop.seed + 1, ..."""
        out: Path | None = None
        """The run folder; runs/RECIPE if not given."""
        resume: bool = False
        """Go on from the last checkpoint of the run folder, if it has one."""
        quiet: bool = False
        """Show no progress."""
        tensorboard: bool = False
        """Write event files to RUN/tensorboard too."""
        data: str | None = None
        """Train on a file of your own, where the recipe can: its task then has other flags."""

    flags, own = _own(flags)
    if own is not None:
        config = replace(config, task=config.task.own(own))
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            asked, rest = tyro.cli(
                Asked,
                default=Asked(config),
                args=list(flags),
                prog=f"recollect train {name}",
                return_unknown_args=True,
                config=(tyro.conf.FlagCreatePairsOff,),
            )
    except SystemExit as leave:
        if not leave.code:
            return None
        raise UserError(f"recollect train {name}: {_sentence(said.getvalue())}") from leave
    if rest:
        word = rest[0].split("=")[0]
        near = nearest(word, _flags(config)) if word.startswith("-") else ""
        advice = near or f"; see recollect train {name} --help"
        raise UserError(f"recollect train {name} takes no {word!r}{advice}")
    return asked


def _own(flags: Sequence[str]) -> tuple[list[str], str | None]:
    """Take `--data FILE` from the flags: which others there are hangs on it."""
    rest, own, words = [], None, iter(flags)
    for word in words:
        name, equals, value = word.partition("=")
        given = value if equals else next(words, None) if name == "--data" else None
        if name == "--data" and given is not None:
            own = given
        else:
            rest.append(word)
    return rest, own


def _flags(config) -> list[str]:
    """Return the flags of a config, for the nearest one to a misspelt flag."""
    from recollect.train.configfile import flat

    own = ["--seeds", "--out", "--resume", "--quiet", "--tensorboard", "--data", "--help"]
    return own + [f"--{key.replace('_', '-')}" for key in flat(config) if "kind" not in key]


def _sentence(box: str) -> str:
    """Return the first paragraph of the parser's message, which is drawn as a box, as a sentence.

    Where the terminal speaks ASCII the box is a title, and rules of hyphens.
    """
    paragraphs: list[list[str]] = [[]]
    for line in box.splitlines():
        text = line.strip("│ ")
        if line.startswith(("╭", "╰")) or (text and not text.strip("─-")):
            paragraphs.append([])
        elif text:
            paragraphs[-1].append(text)
    found = [" ".join(lines) for lines in paragraphs if lines]
    titled = len(found) > 1 and not box.startswith("╭")
    text = " ".join(found[1 if titled else 0].split()).rstrip(".") if found else ""
    # The place of a refused value is named by the message itself.
    text = re.sub(r"^Error parsing config(\.\w+)*: ", "", text)
    return text[:1].lower() + text[1:] if text else "the flags cannot be read"
