"""Shortest paths: told the edges of a graph and two nodes, tell a shortest way between them.

Shape letters: ``B`` batch, ``N`` nodes, ``K`` edges that leave a node, at most, ``L`` edges of a
path, ``T`` time.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.tasks.base import Step
from recollect.tasks.graphs.course import Course
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
from recollect.tasks.graphs.triples import BLANK, OUTPUT, Asked, digits, encode, pose

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


class ShortestPath(Course[Lesson, PathBatch]):
    """Paths on random graphs to learn from, and on the London Underground to be tested on.

    While answering, the input is the edge told before, so that the answer is one path and not a mix
    of several. In training that is an edge of a shortest path drawn at random, and any edge that
    begins a shortest rest of the way counts as right; the authors followed the model's own choices
    part of the time. In an evaluation the model's choices are fed back. An answer is right if it
    goes along edges of the graph and arrives in as few steps as can be.

    Shapes:
        batches are `PathBatch`; a model maps inputs ``(B, T, 92)`` to ``(B, T, 90)``.

    Raises:
        ValueError, MissingData: as a `Course` does.
    """

    first_lessons = PATH_LESSONS
    published: Mapping[str, float] = MappingProxyType({"answers": 0.553, "random_answers": 0.64})

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

    def figures(self, model: nn.Module, split: str) -> dict[str, float]:
        """Return the share of shortest paths found.

        `arrived` counts those, too, that step over an edge that is not there but end at the goal.
        """
        right, arrived = [], []
        for batch in self.batches(split, seed=1234):
            answer = self.answer(model, batch)
            right.append(_is_path(answer, batch))
            arrived.append(answer[:, -1, 1] == batch.ends[:, 1].numpy())
        return {"answers": float(np.mean(right)), "arrived": float(np.mean(arrived))}

    def tested(self, each: Iterator[np.random.Generator]) -> Iterator[PathBatch]:
        """Yield paths on the Underground."""
        rails = underground(self.folder)
        for random in each:
            length = int(random.integers(FAR[0], FAR[1] + 1))
            graphs = label(random, self.batch, rails)
            yield self._posed(random, graphs, length, self.lessons[-1].planning)

    def drawn(self, random: np.random.Generator, *, train: bool) -> PathBatch:
        """Draw paths on random graphs; see `Course.drawn`."""
        lesson, review = (self.lesson, self.review) if train else (len(self.lessons) - 1, 0.0)
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
