"""Random graphs, many at once: points in the unit square, each joined to its nearest neighbours.

Shape letters: ``B`` graphs, ``N`` nodes, ``K`` edges that leave a node, at most, ``E`` = N K,
``L`` steps of a walk.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recollect.tasks.graphs.triples import BLANK, LABELS

__all__ = ["ALL", "SYMBOLS", "Graphs", "choice", "random_graphs", "shuffled", "triples", "walk"]


ALL = np.arange(LABELS)
"""Every label."""
SYMBOLS = 111 * np.arange(10)
"""Labels whose three digits are one."""


class Graphs(NamedTuple):
    """Directed graphs of one size. No two edges that leave a node have the same label.

    Shapes:
        nodes ``(B, N)``, the nodes' labels; to ``(B, N, K)``, indices of nodes, -1 after a node's
        last edge; edges ``(B, N, K)``, the edges' labels.
    """

    nodes: NDArray[np.int64]
    to: NDArray[np.int64]
    edges: NDArray[np.int64]


def random_graphs(
    random: np.random.Generator,
    batch: int,
    *,
    nodes: int,
    degree: int,
    names: int,
    labels: NDArray[np.int64] = ALL,
) -> Graphs:
    """Draw graphs as the paper does: each node has edges to its `degree` nearest neighbours.

    Graves et al. 2016, methods, "Graph tasks": points uniform in the unit square. Nodes and edges
    are labelled at random out of `labels`. The edges of one graph share `names` labels, so that, as
    on a map of lines, a label tells the edge only together with the node it leaves.

    Shapes:
        -> `Graphs` of ``(B, N)`` and ``(B, N, K)``.

    Raises:
        ValueError: there are too few nodes or names for the degree, or more than there are labels.
    """
    if not 1 <= degree < nodes <= len(labels) or not degree <= names <= len(labels):
        raise ValueError(
            f"nodes is {nodes}, degree {degree} and names {names}: degree is at least 1, less than "
            f"nodes and at most names, and none is above {len(labels)}"
        )
    place = random.random((batch, nodes, 2))
    apart = ((place[:, :, None] - place[:, None]) ** 2).sum(-1)
    apart[:, np.arange(nodes), np.arange(nodes)] = np.inf
    to = apart.argsort(-1)[..., :degree]
    told = labels[choice(random, batch, len(labels), nodes)]
    pool = labels[choice(random, batch, len(labels), names)]
    pick = random.random((batch, nodes, names)).argsort(-1)[..., :degree]
    edges = np.take_along_axis(pool, pick.reshape(batch, -1), 1).reshape(pick.shape)
    return Graphs(told, to, edges)


def triples(graphs: Graphs) -> NDArray[np.int64]:
    """Return the edges as (source, destination, edge) labels, node by node; `BLANK` where none is.

    Shapes:
        -> ``(B, E, 3)``.
    """
    batch = len(graphs.nodes)
    source = np.broadcast_to(graphs.nodes[..., None], graphs.to.shape)
    to = np.take_along_axis(graphs.nodes, graphs.to.reshape(batch, -1), 1)
    told = np.stack([source.reshape(batch, -1), to, graphs.edges.reshape(batch, -1)], -1)
    return np.where(graphs.to.reshape(batch, -1, 1) < 0, BLANK, told)


def shuffled(random: np.random.Generator, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Put the rows of each of the batch into a random order.

    Shapes:
        rows ``(B, E, ...)`` -> the same.
    """
    order = random.random(rows.shape[:2]).argsort(1)
    return rows[np.arange(len(rows))[:, None], order]


def walk(random: np.random.Generator, graphs: Graphs, steps: int) -> NDArray[np.int64]:
    """Walk at random from a random node; return the edges walked as triples of labels.

    Shapes:
        -> ``(B, L, 3)``.

    Raises:
        ValueError: the walk comes to a node that no edge leaves.
    """
    batch, nodes, _ = graphs.to.shape
    rows = np.arange(batch)
    count = (graphs.to >= 0).sum(-1)
    at = random.integers(nodes, size=batch)
    out = np.empty((batch, steps, 3), np.int64)
    for step in range(steps):
        if not count[rows, at].all():
            raise ValueError("a node has no edge that leaves it; every node needs one for a walk")
        leave = random.integers(count[rows, at])
        after = graphs.to[rows, at, leave]
        out[:, step, 0] = graphs.nodes[rows, at]
        out[:, step, 1] = graphs.nodes[rows, after]
        out[:, step, 2] = graphs.edges[rows, at, leave]
        at = after
    return out


def choice(random: np.random.Generator, batch: int, of: int, count: int) -> NDArray[np.int64]:
    """Draw `count` different numbers below `of`, in random order, for each of the batch.

    Shapes:
        -> ``(B, count)``.
    """
    drawn = random.random((batch, of))
    if count == of:
        return drawn.argsort(-1)
    few = drawn.argpartition(count, -1)[:, :count]
    return random.permuted(few, axis=1)
