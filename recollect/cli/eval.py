"""`recollect eval RUN ...`: measure runs on a split, beside the published figures, and record them.

A task that measures more than the mean of its steps has `evaluate(models, split=...)`, and figures
to stand beside ours are its `published`, under the names of its metrics. Neither is required.
"""

import json
import shlex
import time
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from torch import nn

from recollect.cli import Parser, UserError, nearest, say
from recollect.recipes import train_command
from recollect.results import Figure, Record, figure
from recollect.train.mesh import Mesh
from recollect.train.runs import Run, load_usable


@runtime_checkable
class Evaluates(Protocol):
    """A task with an evaluation of its own: chains of evidence, calibration, risk at a coverage."""

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> Mapping[str, Sequence[float]]:
        """Return for each metric a figure a model, or one for all; there is a model a seed."""
        ...


@runtime_checkable
class Published(Protocol):
    """A task that knows what others reported for it."""

    published: Mapping[str, Any]


@runtime_checkable
class Noted(Protocol):
    """A task that says how it measures: by metric, such as the signature of a BLEU."""

    @property
    def notes(self) -> Mapping[str, str]:
        """Notes by metric."""
        ...


def main(argv: Sequence[str]) -> None:
    """Measure runs and print their table, or JSON; `--save NAME` writes results/NAME.json.

    Of several runs each metric begins with its run's name.

    Raises:
        ValueError: there is no such run, it has no checkpoint, or it measures nothing.
    """
    parser = Parser(
        "recollect eval",
        description="Measure runs on a split and print the table beside the published figures.",
    )
    parser.add_argument("run", metavar="RUN", nargs="+", help="run folders of recollect train")
    parser.add_argument("--split", default="test", help="what to measure on (test)")
    parser.add_argument("--only", metavar="METRIC", nargs="+", help="tell these metrics alone")
    parser.add_argument(
        "--mean", metavar="GLOB", nargs="+", help="tell the mean of runs with such names, too"
    )
    parser.add_argument("--save", metavar="NAME", help="write results/NAME.json")
    parser.add_argument("--results", metavar="FOLDER", default="results", help="(results)")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")
    args = parser.parse(argv)
    runs = [Run(path) for path in args.run]
    metrics: dict[str, Figure] = {}
    published: dict[str, Any] = {}
    notes: dict[str, str] = {}
    known: dict[str, None] = {}
    of_runs: dict[str, dict[str, list[float]]] = {}
    seconds = 0.0
    for run in runs:
        started = time.perf_counter()
        found, others, noted = measure(run, args.split)
        told = run.result() or {}
        chosen = run.seeds.index(told.get("chosen_seed", run.seeds[0]))
        prefix = f"{run.path.name}_" if len(runs) > 1 else ""
        known |= dict.fromkeys(found)
        notes |= {name: note for name, note in noted.items() if not args.only or name in args.only}
        of_runs[run.path.name] = found
        for name in found if args.only is None else [n for n in args.only if n in found]:
            values = found[name]
            metrics[prefix + name] = figure(values, chosen=chosen if len(values) > 1 else 0)
        wanted = (name for name in others if not args.only or name in args.only)
        published |= {prefix + name: others[name] for name in wanted}
        seconds += time.perf_counter() - started + float(told.get("seconds", 0.0))
    strange = [name for name in args.only or () if name not in known]
    if strange:
        near = nearest(strange[0], known) or f"; there are {', '.join(known)}"
        raise UserError(f"there is no metric {strange[0]!r}{near}")
    for glob in args.mean or ():
        for name, values in mean_of(of_runs, glob, args.only).items():
            metrics[name] = figure(values)
    record = Record.of(
        args.save or runs[0].path.name,
        command=command(runs, args.split, args.save, args.only, args.mean),
        metrics=metrics,
        published=published,
        seconds=seconds,
        notes=notes,
    )
    if args.json:
        print(json.dumps(record.told(), indent=2, ensure_ascii=False))
    else:
        print(table(record))
    if args.save:
        say(f"written: {record.save(Path(args.results))}")


def measure(run: Run, split: str) -> tuple[dict[str, list[float]], dict[str, Any], dict[str, str]]:
    """Return the figures of every seed, the published ones, and notes, as `SPLIT_METRIC`."""
    task = run.build_task()
    if isinstance(task, Evaluates):
        models = [load_usable(run.path, seed=seed).model for seed in run.seeds]
        found = {name: list(each) for name, each in task.evaluate(models, split=split).items()}
    else:
        engine = run.config.engine.build(
            run.config, task, run.seeds, Mesh(run.config.engine.device)
        )
        saved = run.load_state()
        if saved is None:
            raise UserError(f"{run.path} has no checkpoint yet: train it with --resume")
        engine.load(saved[1], saved[0])
        rows = engine.evaluate(split, None)
        found = {name: [row[name] for row in rows] for name in rows[0]}
    if not found:
        raise UserError(f"{run.path} measures nothing on the split {split!r}")
    others = dict(task.published) if isinstance(task, Published) else {}
    notes = dict(task.notes) if isinstance(task, Noted) else {}
    named = {f"{split}_{name}": values for name, values in found.items()}
    published = {f"{split}_{name}": value for name, value in others.items()}
    return named, published, {f"{split}_{name}": note for name, note in notes.items()}


def mean_of(
    of_runs: Mapping[str, Mapping[str, Sequence[float]]],
    glob: str,
    only: Sequence[str] | None = None,
) -> dict[str, list[float]]:
    """Return the mean over the runs whose names match, seed by seed, as `mean(GLOB)_METRIC`.

    Raises:
        ValueError: no run matches, or those that do have not as many seeds.
    """
    some = [found for name, found in of_runs.items() if fnmatchcase(name, glob)]
    if not some:
        raise UserError(f"no run's name is like {glob!r}; there are {', '.join(of_runs)}")
    out = {}
    for metric in some[0] if only is None else only:
        rows = [found[metric] for found in some if metric in found]
        if len({len(row) for row in rows}) > 1:
            raise UserError(f"the runs like {glob!r} have not as many seeds, so no mean of each")
        if len(rows) == len(some):
            out[f"mean({glob})_{metric}"] = [
                sum(each) / len(rows) for each in zip(*rows, strict=True)
            ]
    return out


def command(
    runs: Sequence[Run],
    split: str,
    save: str | None,
    only: Sequence[str] | None = None,
    mean: Sequence[str] | None = None,
) -> str:
    """Return the commands that make the figures again, from nothing."""
    trained = [shlex.join(train_command(run)) for run in runs]
    words = ["recollect", "eval", *(run.path.name for run in runs)]
    words += [] if split == "test" else ["--split", split]
    words += ["--only", *only] if only else []
    words += ["--mean", *mean] if mean else []
    words += ["--save", save] if save else []
    return " && ".join([*trained, shlex.join(words)])


def table(record: Record) -> str:
    """Return the figures as text: mean ± sd over the seeds, the chosen seed's, the published."""
    width = max(map(len, record.metrics))
    seeds = max(len(told["per_seed"]) for told in record.metrics.values())
    lines = [
        f"{record.name}: {seeds} seed{'s' * (seeds > 1)}, {record.seconds:.0f} s with training"
    ]
    lines += [_line(name, told, record, width) for name, told in record.metrics.items()]
    lines += [f"  {name}: {note}" for name, note in record.notes.items()]
    return "\n".join(lines)


def _line(name: str, told: Figure, record: Record, width: int) -> str:
    text = f"  {name:<{width}}  {told['mean']:.4g}"
    if len(told["per_seed"]) > 1:
        low, high = min(told["per_seed"]), max(told["per_seed"])
        text += f" ± {told['sd']:.2g}   best {told['best']:.4g}   all {low:.4g} to {high:.4g}"
    if name in record.published:
        text += f"   published {record.published[name]}"
    return text
