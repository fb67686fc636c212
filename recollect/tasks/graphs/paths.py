"""Shortest paths: told the edges of a graph and two nodes, tell a shortest way between them.

Shape letters: ``B`` batch, ``N`` nodes, ``K`` edges that leave a node, at most, ``L`` edges of a
path, ``T`` time.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.tasks.base import Step
from recollect.tasks.graphs.lessons import Lesson, draw_sizes
from recollect.tasks.graphs.london import label, underground
from recollect.tasks.graphs.random_graph import (
    ALL,
    SYMBOLS,
    Graphs,
    random_graphs,
    shuffled,
    triples,
)
from recollect.tasks.graphs.triples import BLANK, INPUT, OUTPUT, Asked, digits, encode, pose

__all__ = ["PATH_LESSONS", "PathBatch", "ShortestPath", "best_leaving", "distances", "path_loss"]

FAR = (2, 5)
"""Fewest and most edges of the paths asked for on the Underground."""

PATH_LESSONS = (
    Lesson((4, 8), (1, 1), (1, 1), symbols=True, whole=False),
    Lesson((4, 8), (1, 2), (1, 1)),
    Lesson((5, 8), (2, 2), (1, 2), planning=2),
    Lesson((6, 10), (2, 3), (1, 3), planning=4),
    Lesson((8, 14), (2, 3), (2, 3), planning=4),
    Lesson((10, 18), (2, 3), (2, 4), planning=8),
    Lesson((12, 25), (2, 4), (2, 5), planning=8),
    Lesson((20, 30), (2, 4), (3, 5), planning=10),
)
"""From neighbours to nodes five edges apart among a hundred edges."""


class PathBatch(NamedTuple):
    """Two nodes of each graph to be joined, and all that a step of an answer may be.

    At step i the answer stands at the i-th node of one shortest path, which the inputs tell, and
    each edge from there that begins a shortest rest of the way is right.

    Shapes:
        inputs ``(B, T, 92)``; right ``(B, L, K, 9)``, digits, -1 for one that is not judged, and
        all of them -1 for no edge; graph: the edges
        described, as labels ``(B, E, 3)``; ends, labels ``(B, 2)``.
    """

    inputs: Tensor
    right: Tensor
    graph: Tensor
    ends: Tensor


def distances(graphs: Graphs) -> NDArray[np.int64]:
    """Return how many edges lead from each node to each, -1 where none do.

    Shapes:
        -> ``(B, N, N)``.
    """
    batch, nodes, _ = graphs.to.shape
    joined = np.zeros((batch, nodes, nodes + 1), np.float32)  # the last takes what is no edge
    rows, source = np.arange(batch)[:, None, None], np.arange(nodes)[None, :, None]
    joined[rows, source, graphs.to] = 1
    joined = joined[..., :-1]
    apart = np.where(np.eye(nodes, dtype=bool), 0, np.full((batch, nodes, nodes), -1))
    here = np.broadcast_to(np.eye(nodes, dtype=np.float32), apart.shape)
    for step in range(1, nodes):
        here = ((here @ joined > 0) & (apart < 0)).astype(np.float32)
        if not here.any():
            break
        apart = np.where(here > 0, step, apart)
    return apart


def best_leaving(
    graphs: Graphs, apart: NDArray[np.int64], at: NDArray[np.int64], goal: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which edges from `at` begin a shortest way to `goal`.

    Shapes:
        apart ``(B, N, N)``, at and goal ``(B,)`` -> ``(B, K)``.
    """
    rows = np.arange(len(at))
    to = graphs.to[rows, at]
    after = apart[rows[:, None], to, goal[:, None]]
    return (to >= 0) & (after == apart[rows, at, goal][:, None] - 1)


def path_loss(logits: Tensor, right: Tensor) -> Tensor:
    r"""Return the mean of −log of the chance that a step is one of the right edges, nats a digit.

    .. math:: -\tfrac{1}{9} \log \sum_k \prod_{d=1}^{9} \mathrm{softmax}(y_d)[t_{kd}]

    Shapes:
        logits ``(B, L, 90)``, right ``(B, L, K, 9)`` -> scalar.
    """
    each = logits.unflatten(-1, (9, 10)).log_softmax(-1)
    there = (right >= 0).any(-1)
    chosen = right.clamp(min=0).unsqueeze(-1)
    told = each.unsqueeze(2).expand(-1, -1, right.shape[2], -1, -1).gather(-1, chosen).squeeze(-1)
    total = told.masked_fill(right < 0, 0.0).sum(-1).masked_fill(~there, -torch.inf)
    return -total.logsumexp(-1).mean() / 9


class ShortestPath:
    """Paths on random graphs to learn from, and on the London Underground to be tested on.

    While answering, the input is the edge told before, so that the answer is one path and not a mix
    of several. In training that is an edge of a shortest path drawn at random, and any edge that
    begins a shortest rest of the way counts as right; the authors followed the model's own choices
    part of the time. In an evaluation the model's choices are fed back. An answer is right if it
    goes along edges of the graph and arrives in as few steps as can be.

    Shapes:
        batches are `PathBatch`; a model maps inputs ``(B, T, 92)`` to ``(B, T, 90)``.

    Raises:
        ValueError: a number is out of its range.
        MissingData: the Underground's tables are not there; raised when the test split is asked
            for.
    """

    inputs, outputs = INPUT, OUTPUT
    published: Mapping[str, float] = MappingProxyType({"answers": 0.553, "random_answers": 0.64})

    def __init__(
        self,
        lessons: Sequence[Lesson] = PATH_LESSONS,
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

    def at(self, lesson: int) -> "ShortestPath":
        """Return this task at another lesson."""
        return ShortestPath(
            self.lessons,
            lesson=lesson,
            batch=self.batch,
            review=self.review,
            looks=self.looks,
            tests=self.tests,
            folder=self.folder,
        )

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[PathBatch]:
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
            random = np.random.default_rng((seed, 2, i))
            length = int(random.integers(FAR[0], FAR[1] + 1))
            graphs = label(random, self.batch, rails)
            yield self._posed(random, graphs, length, self.lessons[-1].planning)

    def step(self, model: nn.Module, batch: PathBatch) -> Step:
        """Return the loss, and the shares of steps and of answers right along the path told."""
        length = batch.right.shape[1]
        logits = model(batch.inputs)[:, -length:]
        loss = path_loss(logits, batch.right)
        told = logits.detach().unflatten(-1, (9, 10)).argmax(-1)
        fits = ((told.unsqueeze(2) == batch.right) | (batch.right < 0)).all(-1)
        right = (fits & (batch.right >= 0).any(-1)).any(-1).float()
        figures = {"triples": right.mean(), "answers": right.prod(1).mean()}
        return Step(loss, figures | {"count": torch.tensor(float(len(batch.inputs)))})

    @torch.no_grad()
    def answer(self, model: nn.Module, batch: PathBatch) -> NDArray[np.int64]:
        """Let a model answer, each edge it tells fed back to it; return the edges as labels.

        Shapes:
            -> ``(B, L, 3)``.
        """
        inputs, length = batch.inputs.clone(), batch.right.shape[1]
        first = inputs.shape[1] - length
        inputs[:, first:, :OUTPUT] = 0
        out = []
        for step in range(length):
            logits = model(inputs)[:, first + step]
            told = logits.reshape(-1, 3, 3, 10).argmax(-1) @ torch.tensor([100, 10, 1])
            out.append(told.numpy())
            if step + 1 < length:
                inputs[:, first + step + 1, :OUTPUT] = torch.from_numpy(encode(out[-1]))
        return np.stack(out, 1)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the share of shortest paths found, on a split and, of the test, on random graphs.

        `arrived` counts those, too, that step over an edge that is not there but end at the goal.
        """
        found: dict[str, list[float]] = {}
        parts = {"": split} | ({"random_": "valid"} if split == "test" else {})
        for model in models:
            model.eval()
            for prefix, part in parts.items():
                right, arrived = [], []
                for batch in self.batches(part, seed=1234):
                    answer = self.answer(model, batch)
                    right.append(_is_path(answer, batch))
                    arrived.append(answer[:, -1, 1] == batch.ends[:, 1].numpy())
                found.setdefault(f"{prefix}answers", []).append(float(np.mean(right)))
                found.setdefault(f"{prefix}arrived", []).append(float(np.mean(arrived)))
        return found

    def _drawn(self, key: tuple[int, ...], lesson: int, review: float) -> PathBatch:
        random = np.random.default_rng(key)
        sizes = draw_sizes(random, self.lessons, lesson, review=review)
        pool = SYMBOLS if sizes.lesson.symbols else ALL
        # Not every graph has two nodes so far apart: draw more, and take those that do.
        length, graphs = sizes.steps, None
        for _ in range(20):
            more = random_graphs(
                random,
                2 * self.batch,
                nodes=sizes.nodes,
                degree=sizes.degree,
                names=sizes.names,
                labels=pool,
            )
            fit = (distances(more) == length).any((1, 2))
            more = Graphs(*(part[fit] for part in more))
            graphs = more if graphs is None else _joined(graphs, more)
            if len(graphs.nodes) >= self.batch:
                graphs = Graphs(*(part[: self.batch] for part in graphs))
                batch = self._posed(random, graphs, length, sizes.lesson.planning)
                if not sizes.lesson.whole:
                    batch.right[..., :6] = -1
                return batch
        raise ValueError(f"graphs of {sizes} have no nodes {length} edges apart; lower its steps")

    def _posed(
        self, random: np.random.Generator, graphs: Graphs, length: int, planning: int
    ) -> PathBatch:
        """Ask for a path of `length` edges in each graph."""
        apart = distances(graphs)
        batch, nodes, degree = graphs.to.shape
        rows = np.arange(batch)
        far = (apart == length).reshape(batch, -1)
        pair = np.where(far, random.random(far.shape), -1.0).argmax(1)
        at, goal = pair // nodes, pair % nodes
        ends = np.stack([graphs.nodes[rows, at], graphs.nodes[rows, goal]], 1)
        path = np.empty((batch, length, 3), np.int64)
        right = np.full((batch, length, degree, 9), BLANK)
        for step in range(length):
            best = best_leaving(graphs, apart, at, goal)
            to = graphs.to[rows, at]
            told = np.stack(
                [
                    np.broadcast_to(graphs.nodes[rows, at][:, None], to.shape),
                    graphs.nodes[rows[:, None], to],
                    graphs.edges[rows, at],
                ],
                -1,
            )
            right[:, step] = np.where(best[..., None], digits(told).reshape(batch, degree, 9), -1)
            leave = np.where(best, random.random(best.shape), -1.0).argmax(1)
            path[:, step] = told[rows, leave]
            at = to[rows, leave]
        query = np.stack([ends[:, 0], ends[:, 1], np.full(batch, BLANK)], 1)[:, None]
        graph = triples(graphs)
        posed = pose(Asked(shuffled(random, graph), query, path), planning=planning)
        inputs = posed.inputs.clone()
        if length > 1:
            inputs[:, -length + 1 :, :OUTPUT] = torch.from_numpy(encode(path[:, :-1]))
        return PathBatch(
            inputs, torch.from_numpy(right), torch.from_numpy(graph), torch.from_numpy(ends)
        )


def _joined(one: Graphs, other: Graphs) -> Graphs:
    return Graphs(*(np.concatenate(parts) for parts in zip(one, other, strict=True)))


def _is_path(answer: NDArray[np.int64], batch: PathBatch) -> NDArray[np.bool_]:
    """Tell which answers go along edges of the graph, from the first node asked for to the last."""
    graph, ends = batch.graph.numpy(), batch.ends.numpy()
    real = (answer[:, :, None] == graph[:, None]).all(-1).any(-1).all(-1)
    joined = (answer[:, 1:, 0] == answer[:, :-1, 1]).all(-1)
    return real & joined & (answer[:, 0, 0] == ends[:, 0]) & (answer[:, -1, 1] == ends[:, 1])
