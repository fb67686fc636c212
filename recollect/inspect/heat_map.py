"""Where each hop of an answer read: its weights beside the sentences, and in small over them all.

Shape letters: ``S`` sentences, ``H`` hops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from recollect.answer import Answer, Doubt
from recollect.english import Story

READ = 0.005  # a weight that rounds to 0.00 is not shown
WHOLE = 400  # a longer story is shown around the sentences that were read
AROUND = 2  # sentences shown on either side of one that was read
STRIP = 400  # columns of the overview; more sentences are pooled by maximum


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence in the map: its number, line and text, and its weight at each hop.

    `gap` counts the sentences left out before it.
    """

    sentence: int
    line: int
    text: str
    weights: tuple[float, ...]
    cited: int  # its place in the chain of evidence, or 0
    doubt: str  # why it was not understood, or nothing
    counted: bool  # False past the line asked about
    gap: int = 0


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Weights of every hop on every sentence, as they are drawn.

    Attributes:
        hops: numbers of the hops that read something, from 1.
        rows: the sentences that are shown.
        sentences: how many there are.
        after: how many are left out after the last row.
        strip: for the overview, `(first line, last line, weights of each hop)` a column.
        nothing: for each hop, the mass that found no sentence.
    """

    hops: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    sentences: int = 0
    after: int = 0
    strip: tuple[tuple[int, int, tuple[float, ...]], ...] = ()
    nothing: tuple[float, ...] = field(default=())


def heat_map(story: Story, told: Answer, *, at: int | None = None) -> HeatMap:
    """Return the weights of an answer's hops beside the sentences they fell on.

    Args:
        story: what was read.
        told: the answer, whose `hops` are `(H, S)`.
        at: the line asked about; later sentences do not count.
    """
    first = {}
    for clause in story.clauses:
        first.setdefault(clause.sentence, clause)
    mass = told.hops.sum(-1).tolist() if told.hops.numel() else []
    hops = [h for h, m in enumerate(mass) if m >= 0.01]
    weights = {n: tuple(float(told.hops[h, n]) for h in hops) for n in first}
    cited = {}
    for e in told.evidence:
        same = (n for n, c in first.items() if c.line == e.line and c.text == e.text)
        cited[next((n for n in same if n not in cited), -1)] = e.hop
    doubts: dict[tuple[int, str], Doubt] = {(d.line, d.text): d for d in told.not_understood}
    rows = []
    for n, clause in sorted(first.items()):
        doubt = doubts.get((clause.line, clause.text))
        rows.append(
            Row(
                n + 1,
                clause.line,
                clause.text,
                weights[n],
                cited.get(n, 0),
                doubt.reason if doubt else "",
                at is None or clause.line <= at,
            )
        )
    shown, after = _shown(rows)
    return HeatMap(
        tuple(h + 1 for h in hops),
        shown,
        len(rows),
        after,
        _strip(rows),
        tuple(max(0.0, 1 - mass[h]) for h in hops),
    )


def _shown(rows: list[Row]) -> tuple[tuple[Row, ...], int]:
    """All rows of a short story; of a long one those that were read, and some around them."""
    if len(rows) <= WHOLE:
        return tuple(rows), 0
    near: set[int] = set(range(AROUND)) | {len(rows) - 1}
    for n, row in enumerate(rows):
        if row.cited or max(row.weights, default=0) >= READ:
            near |= set(range(max(0, n - AROUND), min(len(rows), n + AROUND + 1)))
    kept, last = [], -1
    for n in sorted(near):
        kept.append(replace(rows[n], gap=n - last - 1))
        last = n
    return tuple(kept), len(rows) - 1 - last


def _strip(rows: Sequence[Row]) -> tuple[tuple[int, int, tuple[float, ...]], ...]:
    wide = math.ceil(len(rows) / STRIP)
    pools = [rows[n : n + wide] for n in range(0, len(rows), wide)] if rows else []
    return tuple(
        (pool[0].line, pool[-1].line, tuple(map(max, zip(*(r.weights for r in pool), strict=True))))
        for pool in pools
    )
