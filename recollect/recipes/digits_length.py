"""Errors by the number of spoken digits for every mechanism: one record and one plot.

    python -m recollect.recipes.digits_length --runs runs/digits-content runs/digits-location

The strings are new takes; those of six digits and more are longer than any of the training. A run
is measured in every way that its mechanism can be read: location-aware attention without and with a
window (Chorowski et al. 2015, section 2.3), monotonic attention by expectation and by hard choices.
"""

from __future__ import annotations

import argparse
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from recollect.recipes.speech import ByLocation, ByMonotonic, ByOnward, ByStep, SpellerConfig
from recollect.results import Figure, Record, figure, read_records
from recollect.tasks.speech import Digits
from recollect.train import Run
from recollect.train.runs import load_model

__all__: list[str] = []

WINDOW = 14
"""Positions of 80 ms to each side."""


def ways(model: SpellerConfig) -> dict[str, SpellerConfig]:
    """Return the configs of the same parameters, read in other ways, by the end of their name."""
    mechanism = model.mechanism
    if isinstance(mechanism, ByLocation):
        other = {"": {"window": None}, "-window": {"window": WINDOW}}
    elif isinstance(mechanism, ByMonotonic | ByOnward | ByStep):
        other = {"": {"hard": False}, "-hard": {"hard": True}}
    else:
        other = {"": {}}
    return {
        name: replace(model, mechanism=replace(mechanism, **change))
        for name, change in other.items()
    }


def measure(runs: Sequence[Run]) -> dict[str, Figure]:
    """Return the errors of every run, in every way it can be read, by the number of digits.

    Raises:
        ValueError: a run is of another task.
    """
    metrics: dict[str, Figure] = {}
    for run in runs:
        task = run.config.task.build()
        if not isinstance(task, Digits) or not isinstance(run.config.model, SpellerConfig):
            raise ValueError(f"{run.path} is no run of digits; give runs of digits-...")
        trained = [load_model(run.path, seed=seed).model for seed in run.seeds]
        for way, config in ways(run.config.model).items():
            found = task.evaluate([_read_as(config, task, m) for m in trained], split="test")
            name = run.path.name.removeprefix("digits-") + way
            metrics |= {f"{name}_{metric}": figure(each) for metric, each in found.items()}
    return metrics


def _read_as(config: SpellerConfig, task: Digits, trained: nn.Module) -> nn.Module:
    model = config.build(task)
    model.load_state_dict(trained.state_dict())
    return model.eval()


def plot(metrics: Mapping[str, Figure], path: Path) -> None:
    """Draw the error in percent against the number of digits, a line for each way, with its sd."""
    import matplotlib.pyplot as plt

    figure_, panel = plt.subplots(figsize=(7, 3.8))
    names = sorted({k.split("_error_")[0] for k in metrics if k.endswith("_digits")})
    for name in names:
        told = {
            int(metric.split("_")[-2]): figures
            for metric, figures in metrics.items()
            if metric.startswith(f"{name}_error_")
        }
        at = sorted(told)
        mean = [told[n]["mean"] for n in at]
        spread = [told[n]["sd"] for n in at]
        panel.errorbar(at, mean, spread, fmt="o-", markersize=3, capsize=2, linewidth=1, label=name)
    panel.axvspan(1.5, 5.5, color="grey", alpha=0.15, linewidth=0)
    panel.text(3.5, 0.97, "lengths of the training", ha="center", va="top", fontsize=8,
               transform=panel.get_xaxis_transform())  # fmt: skip
    panel.set_xlabel("digits of a string")
    panel.set_ylabel("digit error, %")
    panel.set_xlim(1.5, 12.5)
    panel.set_ylim(bottom=0)
    panel.grid(alpha=0.3)
    panel.legend(fontsize=8, frameon=False, bbox_to_anchor=(1.01, 1), loc="upper left")
    figure_.tight_layout()
    figure_.savefig(path, dpi=130)
    plt.close(figure_)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, write results/NAME.json and draw the plot; --drawn draws it from the record."""
    parser = argparse.ArgumentParser(prog="python -m recollect.recipes.digits_length")
    parser.add_argument("--runs", nargs="*", type=Path, default=[])
    parser.add_argument("--save", metavar="NAME", default="digits-length")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--drawn", action="store_true", help="draw what was recorded, measure not")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    if args.drawn:
        metrics = next(r for r in read_records(args.results) if r.name == args.save).metrics
    elif not args.runs:
        parser.error("give --runs, or --drawn")
    else:
        began = time.perf_counter()
        runs = [Run(path) for path in args.runs]
        metrics = measure(runs)
        trained = sum(float((run.result() or {}).get("seconds", 0.0)) for run in runs)
        names = [path.name for path in args.runs]
        train = [
            shlex.join(["recollect", "train", run.recipe, "--seeds", str(len(run.seeds)),
                        "--out", run.path.name])
            for run in runs
        ]  # fmt: skip
        measured = f"python -m recollect.recipes.digits_length --runs {shlex.join(names)}"
        if args.save != parser.get_default("save"):
            measured += f" --save {shlex.quote(args.save)}"
        record = Record.of(
            args.save,
            command=" && ".join([*train, measured]),
            metrics=metrics,
            published={},
            seconds=time.perf_counter() - began + trained,
        )
        print(f"written: {record.save(args.results)}")
    if args.plot:
        plot(metrics, args.plot)


if __name__ == "__main__":
    main()
