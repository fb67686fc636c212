"""How a run went through its lessons, and how far its walks go on graphs of several sizes: a plot.

    python -m recollect.recipes.lesson_curve runs/dnc-traversal --plot docs/images/lessons.png

Shape letters: ``B`` batch, ``L`` edges of a walk.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from recollect.tasks.graphs import Traversal
from recollect.tasks.graphs.random_graph import random_graphs
from recollect.tasks.graphs.traversal import WALK, ask_walk
from recollect.tasks.graphs.triples import pose
from recollect.train import Run
from recollect.train.runs import load_model

__all__ = ["Course", "course", "walked"]

DEGREE = 3
NODES = (6, 10, 20, 30)


class Course(NamedTuple):
    """How a run went: a number for each stretch of steps that was logged.

    Shapes:
        all ``(stretches,)``.
    """

    steps: list[int]
    lessons: list[int]
    triples: list[float]
    answers: list[float]


def course(run: Run, *, seed: int) -> Course:
    """Return the lessons that a seed was in, and the shares of edges and of answers right in them.

    Shapes:
        see `Course`.

    Raises:
        ValueError: the run has no lessons.
    """
    rows = [row for row in run.metrics() if row["seed"] == seed and "train/lesson" in row]
    if not rows:
        raise ValueError(f"{run.path} has no lessons; give a run such as dnc-traversal")
    told = [[row[f"train/{name}"] for row in rows] for name in ("lesson", "triples", "answers")]
    return Course([row["step"] for row in rows], [int(at) for at in told[0]], told[1], told[2])


@torch.no_grad()
def walked(model: nn.Module, *, nodes: int, batches: int = 4, batch: int = 16) -> list[float]:
    """Return the share of walks right up to each edge, on random graphs of so many nodes.

    Shapes:
        -> ``(L,)``, L being `recollect.tasks.graphs.traversal.WALK`.
    """
    right = []
    for number in range(batches):
        random = np.random.default_rng((5, nodes, number))
        names = 4 * DEGREE + 2
        graphs = random_graphs(random, batch, nodes=nodes, degree=DEGREE, names=names)
        asked = pose(ask_walk(random, graphs, WALK))
        told = model(asked.inputs)[:, -WALK:].unflatten(-1, (9, 10)).argmax(-1)
        right.append((told == asked.targets[:, -WALK:]).all(-1).float().cumprod(1).mean(0))
    return torch.stack(right).mean(0).tolist()


def plot(went: Course, walks: dict[int, list[float]], path: Path) -> None:
    """Draw what was right against the steps, over the lessons, and walks by the size of graphs."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 1 + bool(walks), figsize=(5 + 4.5 * bool(walks), 3.6))
    panel = panels[0] if walks else panels
    steps = [step / 1000 for step in went.steps]
    edges = [0, *(steps[i] for i in range(len(steps) - 1) if _new(went, i))]
    for number, (low, high) in enumerate(zip(edges, [*edges[1:], steps[-1]], strict=True)):
        panel.axvspan(low, high, color="0.93" if number % 2 else "1.0", lw=0)
        if high - low > steps[-1] / 25:
            panel.text((low + high) / 2, 1.03, str(number + 1), ha="center", fontsize=8)
    panel.plot(steps, went.triples, lw=1, label="edges right")
    panel.plot(steps, went.answers, lw=1, label="walks right")
    panel.set(
        xlabel="thousand steps (above: lesson)", ylabel="share", ylim=(0, 1.1), xlim=(0, steps[-1])
    )
    panel.legend(loc="lower right", fontsize=8)
    if walks:
        for nodes, share in walks.items():
            label = f"{nodes} nodes, {nodes * DEGREE} edges"
            panels[1].plot(range(1, WALK + 1), share, "o-", ms=3, label=label)
        panels[1].set(xlabel="edges walked", ylabel="walks right so far", ylim=(0, 1.05))
        panels[1].legend(loc="lower left", fontsize=8)
        panels[1].grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _new(went: Course, i: int) -> bool:
    return went.lessons[i + 1] != went.lessons[i]


def main(argv: Sequence[str] | None = None) -> None:
    """Draw the plot of a run, and print the walks."""
    parser = argparse.ArgumentParser(prog="python -m recollect.recipes.lesson_curve")
    parser.add_argument("run", type=Path)
    parser.add_argument("--plot", type=Path, required=True, help="where to draw it")
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    run = Run(args.run)
    seed = run.seeds[0]
    walks = {}
    if isinstance(run.config.task.build(), Traversal):
        model = load_model(args.run, seed=seed).model.eval()
        walks = {nodes: walked(model, nodes=nodes) for nodes in NODES}
        for nodes, share in walks.items():
            print(f"{nodes * DEGREE} edges:", " ".join(f"{100 * right:.0f}%" for right in share))
    plot(course(run, seed=seed), walks, args.plot)


if __name__ == "__main__":
    main()
