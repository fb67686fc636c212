"""Dates as people write them, made up: pairs to try a model on in a minute."""

from __future__ import annotations

import re
from datetime import date, timedelta
from random import Random

from recollect.tasks.pairs.corpus import Corpus, Pair

__all__ = ["date_links", "dates", "written"]

_PIECES = re.compile(r"%-?.|[^%]")
_FORMS: tuple[str, ...] = (
    "%d/%m/%Y", "%d.%m.%y", "%d %b %Y", "%d %B %Y", "%B %d, %Y", "%b %d %Y", "%A, %d %B %Y",
    "%d of %B %Y", "%Y %B %d", "%a %d %b %y", "%-d %B %Y", "%-d/%-m/%Y", "%B %-d, %Y", "%-d %b %Y",
)  # fmt: skip


def dates(*, count: int = 10_000, seed: int = 0) -> Corpus:
    """Dates as people write them, to be said as 2026-11-21: made up, for a try of a minute.

    Args:
        count: pairs to train on; a tenth as many validate and test.
        seed: of all randomness.

    Raises:
        ValueError: `count` is below 10.
    """
    if count < 10:
        raise ValueError(f"count is {count}; give 10 or more, a tenth of which validates and tests")
    rng = Random(f"dates {seed}")
    first, days = date(1950, 1, 1), 365 * 100

    def pair() -> Pair:
        day = first + timedelta(rng.randrange(days))
        form = rng.choice(_FORMS)
        told = written(day, form)
        if rng.random() < 0.5:
            told = told.lower()
        return Pair(tuple(told), (tuple(day.isoformat()),), date_links(day, form))

    return Corpus(
        {
            "train": [pair() for _ in range(count)],
            "valid": [pair() for _ in range(count // 10)],
            "test": [pair() for _ in range(count // 10)],
        },
        source_joint="",
        target_joint="",
    )


def date_links(day: date, form: str) -> tuple[tuple[int, int], ...]:
    """Say from which letter of a written date each digit of year-month-day comes.

    Digits that the date does not show, as those of a month that is told by its name, have none.

    Args:
        day: the date.
        form: as `written` takes it.

    Shapes:
        -> pairs of step and position.

    >>> date_links(date(2026, 11, 21), "%d %b %y")
    ((8, 0), (9, 1), (2, 7), (3, 8))
    >>> date_links(date(2026, 11, 1), "%-d %B")
    ((9, 0),)
    """
    steps = {"Y": (0, 1, 2, 3), "y": (2, 3), "m": (5, 6), "d": (8, 9)}
    links, place = [], 0
    for piece in _PIECES.findall(form):
        told = _said(day, piece)
        if piece[0] == "%":
            shown = steps.get(piece[-1], ())[-len(told) :]  # of a day without its zero, the last
            links += [(step, place + i) for i, step in enumerate(shown)]
        place += len(told)
    return tuple(links)


def written(day: date, form: str) -> str:
    """Return a date in a form of `strftime`, where ``%-d`` and ``%-m`` write no zero in front.

    >>> written(date(2026, 11, 1), "%-d %B %Y")
    '1 November 2026'
    """
    return "".join(_said(day, piece) for piece in _PIECES.findall(form))


def _said(day: date, piece: str) -> str:
    told = day.strftime(piece.replace("-", "") if piece[0] == "%" else piece)
    return told.lstrip("0") if piece.startswith("%-") else told
