"""Graph traversal: told the edges of a graph, a node and the labels to follow, tell the walk.

Shape letters: ``B`` batch, ``T`` time, ``A`` answer steps.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from torch import Tensor, nn

from recollect.tasks.base import Step
from recollect.tasks.graphs.course import Course
from recollect.tasks.graphs.lessons import LESSONS, Lesson, draw_sizes
from recollect.tasks.graphs.london import label, underground
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
    Asked,
    TripleBatch,
    pose,
    triple_figures,
    triple_step,
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


class Traversal(Course[Lesson, TripleBatch]):
    """Walks on random graphs to learn from, and on the London Underground to be tested on.

    A training batch is of one size. The test split is the Underground, its stations and lines
    labelled at random for each question, with walks of seven edges.

    Shapes:
        batches are `TripleBatch`; a model maps inputs ``(B, T, 92)`` to ``(B, T, 90)``.

    Raises:
        ValueError, MissingData: as a `Course` does.
    """

    first_lessons = LESSONS
    published: Mapping[str, float] = MappingProxyType({"answers": 0.988, "random_answers": 0.99})

    def step(self, model: nn.Module, batch: TripleBatch) -> Step:
        """Return the cross-entropy of a digit, and the shares of triples and of answers right."""
        return triple_step(model(batch.inputs), batch)

    def figures(self, model: nn.Module, split: str) -> dict[str, float]:
        """Return the mean figures of a split that ends.

        On the Underground `first_k` is the share of walks whose first k edges are all right.
        """
        rows: dict[str, list[float]] = {}
        for batch in self.batches(split, seed=1234):
            logits = model(batch.inputs)
            figures = triple_figures(logits, batch.targets)
            if split == "test":
                figures |= _first(logits[:, -WALK:], batch.targets[:, -WALK:])
            for name, value in figures.items():
                rows.setdefault(name, []).append(float(value))
        return {name: float(np.mean(values)) for name, values in rows.items()}

    def drawn(self, random: np.random.Generator, *, train: bool) -> TripleBatch:
        """Draw walks on random graphs; see `Course.drawn`."""
        lesson, review = (self.lesson, self.review) if train else (len(self.lessons) - 1, 0.0)
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

    def tested(self, each: Iterator[np.random.Generator]) -> Iterator[TripleBatch]:
        """Yield walks on the Underground."""
        rails = underground(self.folder)
        for random in each:
            yield pose(ask_walk(random, label(random, self.batch, rails), WALK))
