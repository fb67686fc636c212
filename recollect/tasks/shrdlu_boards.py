"""The boards of Mini-SHRDLU: what stands where, what a move makes of it, how far a goal is.

A board has three columns of up to three blocks. A move takes the top block of a column to the top
of another.

Shape letters: ``S`` boards of so many blocks, ``N`` blocks.
"""

from functools import lru_cache
from itertools import permutations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCKS", "MOVES", "RELATIONS", "Boards", "boards", "least_moves"]

BLOCKS = 6
"""Most blocks of a board."""
RELATIONS = ("above", "below", "left of", "right of")
MOVES = tuple((a, b) for a in range(3) for b in range(3) if a != b)
"""Moves as (from, to) columns."""


class Boards(NamedTuple):
    """Every board of so many blocks.

    Shapes:
        cells ``(S, 3, 3)``, the block at a column and a height, -1 for none; after ``(S, 6)``, the
        board behind each of `MOVES`, -1 where it cannot be made; holds ``(S, N, 4, N)``, whether a
        block stands in a relation to another.
    """

    cells: NDArray[np.int64]
    after: NDArray[np.int64]
    holds: NDArray[np.bool_]


@lru_cache(maxsize=BLOCKS)
def boards(blocks: int) -> Boards:
    """Return all boards of so many blocks, with moves and relations.

    Raises:
        ValueError: there are fewer than two blocks or more than six.

    >>> boards(2).cells.shape, int((boards(2).after >= 0).sum())
    ((12, 3, 3), 36)
    """
    if not 2 <= blocks <= BLOCKS:
        raise ValueError(f"blocks is {blocks}; give 2 to {BLOCKS}")
    cells = []
    for heights in product(range(4), repeat=3):
        if sum(heights) != blocks:
            continue
        for order in permutations(range(blocks)):
            cell, left = np.full((3, 3), -1), list(order)
            for column, height in enumerate(heights):
                cell[column, :height] = [left.pop() for _ in range(height)]
            cells.append(cell)
    all_ = np.stack(cells)
    place = {cell.tobytes(): i for i, cell in enumerate(all_)}
    after = np.full((len(all_), len(MOVES)), -1)
    heights = (all_ >= 0).sum(-1)
    for state, cell in enumerate(all_):
        for move, (a, b) in enumerate(MOVES):
            if heights[state, a] and heights[state, b] < 3:
                moved = cell.copy()
                moved[b, heights[state, b]] = moved[a, heights[state, a] - 1]
                moved[a, heights[state, a] - 1] = -1
                after[state, move] = place[moved.tobytes()]
    where = np.stack([(all_ == block).reshape(-1, 9).argmax(1) for block in range(blocks)], 1)
    column, height = where // 3, where % 3
    aside = column[:, :, None] - column[:, None]
    up = height[:, :, None] - height[:, None]
    relations = [(aside == 0) & (up == 1), (aside == 0) & (up == -1)]
    relations += [(aside == -1) & (up == 0), (aside == 1) & (up == 0)]
    return Boards(all_, after, np.stack(relations, 2))


def least_moves(after: NDArray[np.int64], met: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many moves each board is from the nearest where the goal is met, -1 for never.

    Every move can be taken back, so the search goes out from the goal.

    Shapes:
        after ``(S, 6)``, met ``(S,)`` -> ``(S,)``.
    """
    away = np.where(met, 0, -1)
    here, step = np.flatnonzero(met), 0
    while len(here):
        step += 1
        near = np.unique(after[here])
        here = near[(near >= 0) & (away[near] < 0)]
        away[here] = step
    return away
