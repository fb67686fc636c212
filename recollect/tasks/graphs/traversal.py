"""Graph traversal: told the edges of a graph, a node and the labels to follow, tell the walk.

Shape letters: ``B`` batch, ``T`` time, ``A`` answer steps.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor, nn

from recollect.tasks.base import Step
from recollect.tasks.graphs.lessons import LESSONS, Lesson, draw_sizes
from recollect.tasks.graphs.london import RailMap, label, underground
from recollect.tasks.graphs.random_graph import (
    ALL,
    SYMBOLS,
    Graphs,
    random_graphs,
    shuffled,
    triples,
    walk,
)
from recollect.tasks.graphs.triples import (
    BLANK,
    INPUT,
    OUTPUT,
    Asked,
    TripleBatch,
    pose,
    triple_figures,
    triple_loss,
)

__all__ = ["Traversal", "ask_walk"]

WALK = 7
"""Edges of a walk on the Underground, as in the paper's figure 2."""


def ask_walk(random: np.random.Generator, graphs: Graphs, steps: int) -> Asked:
    """Describe graphs edge by edge, in random order, and ask for a walk of `steps` edges.

    The query tells the first node and the label of every edge, one edge a step; the answer is the
    edges themselves, whole triples. Graves et al. 2016, methods, "Graph tasks".

    Shapes:
        -> `Asked`, E = N K edges and Q = A = `steps`.
    """
    answer = walk(random, graphs, steps)
    query = answer.copy()
    query[:, :, 1] = BLANK
    query[:, 1:, 0] = BLANK
    return Asked(shuffled(random, triples(graphs)), query, answer)


def _first(logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Return the share of walks whose first edges are all right, by how many."""
    right = (logits.unflatten(-1, (9, 10)).argmax(-1) == targets).all(-1)
    so_far = right.float().cumprod(1).mean(0)
    return {f"first_{count}": so_far[count - 1] for count in (1, 3, 5)}


class Traversal:
    """Walks on random graphs to learn from, and on the London Underground to be tested on.

    A training batch is of one size, drawn for `lesson` (a share `review` of the batches for an
    easier one); `at` gives the task at another lesson. The valid split is of the last lesson,
    whatever the lesson is. The test split is the Underground, its stations and lines labelled at
    random for each question, with walks of seven edges.

    Shapes:
        batches are `TripleBatch`; a model maps inputs ``(B, T, 92)`` to ``(B, T, 90)``.

    Raises:
        ValueError: a number is out of its range.
        MissingData: the Underground's tables are not there; raised when the test split is asked
            for.
    """

    inputs, outputs = INPUT, OUTPUT
    published: Mapping[str, float] = MappingProxyType({"answers": 0.988, "random_answers": 0.99})

    def __init__(
        self,
        lessons: Sequence[Lesson] = LESSONS,
        *,
        lesson: int | None = None,
        batch: int = 32,
        review: float = 0.15,
        looks: int = 8,
        tests: int = 16,
        folder: str | os.PathLike[str] | None = None,
    ):
        last = len(lessons) - 1
        lesson = last if lesson is None else lesson
        if batch < 1 or looks < 1 or tests < 1:
            raise ValueError(f"batch is {batch}, looks {looks}, tests {tests}; give 1 or more each")
        if not 0 <= review <= 1:
            raise ValueError(f"review is {review}; it is a share, 0 to 1")
        if not 0 <= lesson <= last:
            raise ValueError(f"lesson is {lesson}; there are lessons 0 to {last}")
        self.lessons, self.lesson, self.batch, self.review = tuple(lessons), lesson, batch, review
        self.looks, self.tests, self.folder = looks, tests, folder

    def at(self, lesson: int) -> "Traversal":
        """Return this task at another lesson."""
        return Traversal(
            self.lessons,
            lesson=lesson,
            batch=self.batch,
            review=self.review,
            looks=self.looks,
            tests=self.tests,
            folder=self.folder,
        )

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[TripleBatch]:
        """Yield batches of a split; train does not end."""
        if split == "train":
            while True:
                yield self._drawn((seed, 0, start), self.lesson, self.review)
                start += 1
        if split == "valid":
            for i in range(start, self.looks):
                yield self._drawn((seed, 1, i), len(self.lessons) - 1, 0.0)
            return
        if split != "test":
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        rails = underground(self.folder)
        for i in range(start, self.tests):
            yield self._ridden((seed, 2, i), rails)

    def step(self, model: nn.Module, batch: TripleBatch) -> Step:
        """Return the cross-entropy of a digit, and the shares of triples and of answers right."""
        logits = model(batch.inputs)
        loss = triple_loss(logits, batch.targets)
        figures = triple_figures(logits, batch.targets)
        return Step(loss, figures | {"count": torch.tensor(float(len(batch.lengths)))})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the figures of a split and, of the test, those of the last lesson's graphs too.

        On the Underground `first_k` is the share of walks whose first k edges are all right.
        """
        found: dict[str, list[float]] = {}
        parts = {"": split} | ({"random_": "valid"} if split == "test" else {})
        for model in models:
            model.eval()
            for prefix, part in parts.items():
                for name, value in self._mean(model, part).items():
                    found.setdefault(prefix + name, []).append(value)
        return found

    def _mean(self, model: nn.Module, split: str) -> dict[str, float]:
        """Return the mean figures of a split that ends."""
        rows: dict[str, list[float]] = {}
        for batch in self.batches(split, seed=1234):
            logits = model(batch.inputs)
            figures = triple_figures(logits, batch.targets)
            if split == "test":
                figures |= _first(logits[:, -WALK:], batch.targets[:, -WALK:])
            for name, value in figures.items():
                rows.setdefault(name, []).append(float(value))
        return {name: float(np.mean(values)) for name, values in rows.items()}

    def _drawn(self, key: tuple[int, ...], lesson: int, review: float) -> TripleBatch:
        random = np.random.default_rng(key)
        sizes = draw_sizes(random, self.lessons, lesson, review=review)
        graphs = random_graphs(
            random,
            self.batch,
            nodes=sizes.nodes,
            degree=sizes.degree,
            names=sizes.names,
            labels=SYMBOLS if sizes.lesson.symbols else ALL,
        )
        batch = pose(ask_walk(random, graphs, sizes.steps))
        if sizes.lesson.whole:
            return batch
        targets = batch.targets.clone()
        targets[..., :3] = targets[..., 6:] = -1
        return batch._replace(targets=targets)

    def _ridden(self, key: tuple[int, ...], rails: RailMap) -> TripleBatch:
        random = np.random.default_rng(key)
        return pose(ask_walk(random, label(random, self.batch, rails), WALK))
