"""BLEU by the length of the source, with and without attention: one record and one plot.

    python -m recollect.recipes.bottleneck --runs runs/multi30k-joined runs/multi30k-joined-none

Without attention all of a source goes through one vector (Bahdanau, Cho and Bengio 2015, figure 2).
The captions of Multi30k are short: longer sources are captions one after the other, as the runs
were trained with.
"""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from recollect.recipes import train_command
from recollect.results import Figure, Record, figure, read_records
from recollect.tasks.pairs import Pair, Pairs, joined, translation_figures
from recollect.train import Run
from recollect.train.runs import load_model

__all__: list[str] = []

_ENDS = (10, 13, 17)
"""Words of a caption: up to 10, to 13, to 17, and more."""


class Group(NamedTuple):
    """Rows of a split whose sources are of similar length."""

    name: str
    split: str
    rows: list[int]
    words: float


def groups(task: Pairs) -> list[Group]:
    """Return captions by their words, then captions in a row by their number.

    Raises:
        ValueError: the task has no captions in a row.
    """
    if "test2" not in task.corpus.splits:
        raise ValueError("there are no captions in a row; give runs of multi30k-joined")
    found = []
    lengths = [_words(task, pair) for pair in task.pairs("test")]
    for low, high in zip((1, *(end + 1 for end in _ENDS)), (*_ENDS, max(lengths)), strict=True):
        rows = [row for row, words in enumerate(lengths) if low <= words <= high]
        name = f"words_{low}_to_{high}"
        found.append(Group(name, "test", rows, sum(lengths[r] for r in rows) / len(rows)))
    for split in sorted(name for name in task.corpus.splits if name.startswith("test")):
        pairs = task.pairs(split)
        words = [_words(task, pair) for pair in pairs]
        count = split.removeprefix("test") or "1"
        name = f"captions_{count}"
        found.append(Group(name, split, list(range(len(pairs))), sum(words) / len(words)))
    return found


def _words(task: Pairs, pair: Pair) -> int:
    return len(joined(pair.source, task.corpus.end, task.corpus.source_joint).split())


def measure(runs: Sequence[Run]) -> tuple[dict[str, Figure], dict[str, str]]:
    """Return the BLEU of every group for every run, the mean words of its sources, and notes.

    Raises:
        ValueError: a run is of another task.
    """
    metrics: dict[str, Figure] = {}
    notes: dict[str, str] = {}
    for run in runs:
        task = run.build_task()
        if not isinstance(task, Pairs) or not task.translation:
            raise ValueError(f"{run.path} is no run of captions; give runs of multi30k-joined")
        found, notes = groups(task), {"bleu": task.notes["bleu"]}
        bleu: dict[str, list[float]] = {}
        for seed in run.seeds:
            model, said = load_model(run.path, seed=seed).model.eval(), {}
            for split in {group.split for group in found}:
                said[split] = [task.learnt.written(tokens) for tokens in task.told(model, split)[0]]
            for group in found:
                pairs = task.pairs(group.split)
                right = [task.learnt.written(pairs[r].targets[0]) for r in group.rows]
                told = translation_figures([said[group.split][r] for r in group.rows], right)
                bleu.setdefault(group.name, []).append(told["bleu"])
        for group in found:
            metrics[f"{group.name}_words"] = figure([group.words])
            metrics[f"{group.name}_rows"] = figure([len(group.rows)])
        metrics |= {f"{run.path.name}_{name}_bleu": figure(each) for name, each in bleu.items()}
    return metrics, notes


def plot(metrics: Mapping[str, Figure], path: Path) -> None:
    """Draw BLEU against the words of a source: captions alone, and captions in a row."""
    import matplotlib.pyplot as plt

    figure_, panels = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True)
    parts = (("words_", "single captions"), ("captions_", "captions in a row"))
    runs = sorted({k.split("_")[0] for k in metrics if k.endswith("_bleu")})
    for panel, (part, title) in zip(panels, parts, strict=True):
        ends = [n for n in metrics if n.startswith(part) and n.endswith("_words")]
        names = [name.removesuffix("_words") for name in ends]
        names.sort(key=lambda name: metrics[f"{name}_words"]["mean"])
        at = [metrics[f"{name}_words"]["mean"] for name in names]
        for run in runs:
            told = [metrics[f"{run}_{name}_bleu"]["mean"] for name in names]
            label = "without attention" if run.endswith("none") else "with attention"
            panel.plot(at, told, "o-", label=label)
        if part == "captions_":
            for x, name in zip(at, names, strict=True):
                count = name.removeprefix("captions_")
                panel.annotate(count, (x, 1), ha="center", fontsize=8, color="grey")
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("words of the source, mean")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("BLEU")
    panels[0].set_ylim(bottom=0)
    panels[0].legend(fontsize=8, frameon=False)
    figure_.tight_layout()
    figure_.savefig(path, dpi=110)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, write results/NAME.json and draw the plot; --drawn draws it from the record."""
    parser = argparse.ArgumentParser(prog="python -m recollect.recipes.bottleneck")
    parser.add_argument("--runs", nargs="*", type=Path, default=[])
    parser.add_argument("--save", metavar="NAME", default="bottleneck")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--drawn", action="store_true", help="draw what was recorded, measure not")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    if args.drawn:
        metrics = next(r for r in read_records() if r.name == args.save).metrics
    else:
        began = time.perf_counter()
        runs = [Run(path) for path in args.runs]
        metrics, notes = measure(runs)
        trained = sum(float((run.result() or {}).get("seconds", 0.0)) for run in runs)
        names = [path.name for path in args.runs]
        train = [shlex.join(train_command(run)) for run in runs]
        measured = (
            f"python -m recollect.recipes.bottleneck --runs {' '.join(names)} --save {args.save}"
        )
        record = Record.of(
            args.save,
            command=" && ".join([*train, measured]),
            metrics=metrics,
            published={},
            seconds=time.perf_counter() - began + trained,
            notes=notes,
        )
        print(f"written: {record.save()}")
    if args.plot:
        plot(metrics, args.plot)


if __name__ == "__main__":
    main()
