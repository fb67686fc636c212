"""bAbI questions among up to 64,000 words of a novel: one record and one plot for several models.

    python -m recollect.recipes.noise_curves --runs runs/babi-entity runs/babi-memn2n-10k

The shipped reader of stories, that of `recollect ask`, reads all of the novel; the trained networks
of the runs read what is sifted out for them (`recollect.tasks.babi_noise`).
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from recollect.answer import Answerer
from recollect.recipes import find_recipe
from recollect.results import Figure, Record, figure, read_records
from recollect.tasks.babi import BabiEach
from recollect.tasks.babi_by_story import BabiByStoryEach
from recollect.tasks.babi_noise import LANGUAGE_MODELS, NOISE, beside_large_models
from recollect.tasks.babi_whole import BabiWhole
from recollect.tasks.stories.among_noise import noise_figures
from recollect.train import Run
from recollect.train.configfile import differences
from recollect.train.runs import load_model

__all__: list[str] = []

_PLOTTED = {
    "ask, which reads all of it": ("ask", "", "o-"),
    "entity network, retrieved": ("babi-entity", "_retrieved", "o-"),
    "entity network, familiar": ("babi-entity", "_familiar", "o:"),
    "MemN2N, retrieved": ("babi-memn2n-10k", "_retrieved", "o-"),
    "MemN2N, familiar": ("babi-memn2n-10k", "_familiar", "o:"),
    "TPR-RNN, retrieved": ("babi-tpr", "_retrieved", "o-"),
    "TPR-RNN, familiar": ("babi-tpr", "_familiar", "o:"),
}


def measure(
    runs: Sequence[Run], *, questions: int, lengths: Sequence[int] = NOISE
) -> dict[str, Figure]:
    """Return the figures of the shipped reader, as `ask_...`, and of runs, by their names.

    `questions` are asked of the reader for each task and each of `lengths`, as many as
    `ask_asked_16k` and the like tell; 0 leaves it out. Networks are asked 100 at all lengths.

    Raises:
        ValueError: a run is not of bAbI.
        MissingData: the test files or the novel are not there.
    """
    asked: dict[str, float] = {}
    if questions:
        asked = noise_figures(Answerer.shipped(), questions=questions, lengths=lengths)
        asked |= {f"asked_{length // 1000}k": float(questions) for length in lengths}
    found = {f"ask_{name}": figure([value]) for name, value in asked.items()}
    for run in runs:
        task = run.config.task.build()
        if not isinstance(task, BabiEach | BabiByStoryEach | BabiWhole):
            raise ValueError(
                f"{run.path} is of {type(task).__name__}; give runs of babi-entity, "
                "babi-memn2n-10k or babi-tpr"
            )
        models = [load_model(run.path, seed=seed).model.eval() for seed in run.seeds]
        told = task.evaluate(models, split="noise")
        found |= {f"{run.path.name}_{name}": figure(values) for name, values in told.items()}
    return found


def published(names: Sequence[str]) -> dict[str, str]:
    """Return what large models reach, beside the figures of the reader that reads everything."""
    told = beside_large_models([name.removeprefix("ask_") for name in names if "ask_" in name])
    return {f"ask_{name}": text for name, text in told.items()}


def _trained(run: Run) -> str:
    """Return the command that trains a run."""
    flags = ["--seeds", str(len(run.seeds))] if len(run.seeds) > 1 else []
    for name, (_, value) in differences(find_recipe(run.recipe)(), run.config).items():
        given = value if isinstance(value, list | tuple) else [value]
        flags += [f"--{name.replace('_', '-')}", *map(str, given)]
    return " ".join(["recollect train", run.recipe, *flags, "--out", run.path.name])


def plot(metrics: Mapping[str, Figure], path: Path) -> None:
    """Draw accuracy against the words of noise, a panel a task."""
    import matplotlib.pyplot as plt

    tasks = sorted({name.split("qa")[1][0] for name in metrics if "qa" in name})
    places = range(len(NOISE))
    figure_, panels = plt.subplots(1, len(tasks), figsize=(3 * len(tasks), 3.4), sharey=True)
    for panel, task in zip(panels, tasks, strict=True):
        for i, (label, (who, sift, line)) in enumerate(_PLOTTED.items()):
            keys = [f"{who}_qa{task}_{length // 1000}k{sift}" for length in NOISE]
            told = {at: 100 * metrics[k]["mean"] for at, k in enumerate(keys) if k in metrics}
            if told:
                color = f"C{(i + 1) // 2}"  # the two ways of sifting share one
                panel.plot(list(told), list(told.values()), line, color=color, label=label)
        for model, marker in (("gemini-3-flash-preview", "s"), ("Llama-3-8B-Instruct", "^")):
            at = {"0k": 0, "4k": 2, "32k": 3}  # tokens, beside the words they are nearest to
            told = {at[k]: 100 * v[int(task) - 1] for k, v in LANGUAGE_MODELS[model].items()}
            panel.plot(list(told), list(told.values()), f"{marker}--", color="grey", label=model)
        panel.set_title(f"task {task}", fontsize=10)
        panel.set_xticks(places, [f"{n // 1000}k" for n in NOISE])
        panel.set_xlabel("words of noise")
        panel.set_ylim(0, 103)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("right answers, %")
    handles = {
        label: h for p in panels for h, label in zip(*p.get_legend_handles_labels(), strict=True)
    }
    figure_.legend(
        handles.values(), handles, loc="lower center", ncols=4, fontsize=8, frameon=False
    )
    figure_.tight_layout(rect=(0, 0.13, 1, 1))
    figure_.savefig(path, dpi=110)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, write results/NAME.json and draw the plot; --plot alone draws what is recorded."""
    parser = argparse.ArgumentParser(prog="python -m recollect.recipes.noise_curves")
    parser.add_argument("--runs", nargs="*", type=Path, default=[])
    parser.add_argument("--questions", type=int, default=25, help="a task and length, for ask (25)")
    parser.add_argument("--lengths", nargs="+", type=int, default=NOISE, help="words, for ask")
    parser.add_argument("--save", metavar="NAME", default="babi-noise")
    parser.add_argument("--add", action="store_true", help="to the record that there is")
    parser.add_argument("--plot", type=Path, help="where to draw it; without runs, only draw")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    before = [r for r in read_records() if r.name == args.save]
    if args.plot and not args.runs and not args.add:
        plot(before[0].metrics, args.plot)
        return
    began = time.perf_counter()
    runs = [Run(path) for path in args.runs]
    metrics = measure(runs, questions=args.questions, lengths=args.lengths)
    words = ["python -m recollect.recipes.noise_curves", f"--questions {args.questions}"]
    words += [] if args.lengths == NOISE else ["--lengths", *map(str, args.lengths)]
    words += ["--runs", *(path.name for path in args.runs)] if args.runs else []
    seconds = time.perf_counter() - began
    parts = [*map(_trained, runs), " ".join([*words, "--add"])]
    before = [r for r in read_records() if r.name == args.save]  # parts are measured side by side
    if args.add and before:
        metrics = before[0].metrics | metrics
        parts = [*before[0].command.split(" && "), *parts]
        seconds += before[0].seconds
    record = Record.of(
        args.save,
        command=" && ".join(sorted(dict.fromkeys(parts), key=lambda part: "train" not in part)),
        metrics=metrics,
        published=published(list(metrics)),
        seconds=seconds,
    )
    print(f"written: {record.save()}")
    if args.plot:
        plot(metrics, args.plot)


if __name__ == "__main__":
    main()
