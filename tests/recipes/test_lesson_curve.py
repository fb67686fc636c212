"""The plot of lessons: what is read out of a run, walks on graphs, and a picture."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from recollect.recipes import lesson_curve
from recollect.recipes.lesson_curve import NODES, Course, course, plot, walked
from recollect.tasks.graphs.traversal import WALK


def run(rows):
    return SimpleNamespace(path=Path("a-run"), metrics=lambda: rows)


def row(step, seed, lesson, share):
    told = {"train/lesson": lesson, "train/triples": share, "train/answers": share / 2}
    return {"step": step, "seed": seed} | told


def test_the_course_of_a_seed():
    rows = [row(10, 0, 0.0, 0.5), row(10, 1, 0.0, 0.1), row(20, 0, 1.0, 0.25)]
    assert course(run(rows), seed=0) == Course([10, 20], [0, 1], [0.5, 0.25], [0.25, 0.125])
    with pytest.raises(ValueError, match="a-run has no lessons"):
        course(run([{"step": 1, "seed": 0}]), seed=0)


class Knows(nn.Module):
    """Says the edges of a walk, read out of the batch, right up to one edge."""

    def __init__(self, upto):
        super().__init__()
        self.upto, self.asked = upto, []

    def forward(self, x):
        (targets,) = self.asked[-1:]
        said = nn.functional.one_hot(targets.clamp(min=0), 10).float()
        said[:, len(said[0]) - WALK + self.upto] *= -1
        return said.flatten(2)


@pytest.mark.parametrize("upto", [0, 4])
def test_a_walk_counts_up_to_its_first_wrong_edge(monkeypatch, upto):
    model, real = Knows(upto), lesson_curve.pose

    def posed(asked):
        batch = real(asked)
        model.asked.append(batch.targets)
        return batch

    monkeypatch.setattr(lesson_curve, "pose", posed)
    share = walked(model, nodes=6, batches=2, batch=3)
    assert share == [1.0] * upto + [0.0] * (WALK - upto)


def test_a_picture(tmp_path):
    pytest.importorskip("matplotlib")
    went = Course([10, 20, 30], [0, 0, 1], [0.1, 0.9, 0.5], [0.1, 0.8, 0.2])
    plot(went, {nodes: torch.linspace(1, 0, WALK).tolist() for nodes in NODES}, tmp_path / "a.png")
    plot(went, {}, tmp_path / "b.png")
    assert (tmp_path / "a.png").stat().st_size > (tmp_path / "b.png").stat().st_size > 1000
