"""The questions by which ProPara is scored: what, when and where participants change.

Ten questions in three categories, as in the authors' evaluation (Dalvi et al. 2018, section 6): is
it made, used up, moved (1); in which sentence (2); where from and where to (3). Theirs holds the
predictions against the grids of several people, ours against the one grid that is published in
this form.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

__all__ = ["GONE", "UNTOLD", "Follows", "categories", "change", "stem"]

GONE, UNTOLD = "-", "?"
_WORD = re.compile(r"\w+|[^\w\s]")


class Follows(NamedTuple):
    """A participant's places, before the text and after each sentence: those of the grid, ours."""

    gold: Sequence[str]
    told: Sequence[str]


def change(before: str, after: str) -> str:
    """Return what happened between two states.

    >>> change("-", "leaf"), change("soil", "root"), change("root", "-"), change("?", "?")
    ('create', 'move', 'destroy', 'none')
    """
    if before == after:
        return "none"
    return "create" if before == GONE else "destroy" if after == GONE else "move"


def stem(word: str) -> str:
    """Return a word without the ending of a plural."""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _matches(told: str, gold: str) -> bool:
    """Whether a place is named by words that stand together in the grid's name of it."""
    mine, theirs = ([stem(w) for w in _WORD.findall(text.lower())] for text in (told, gold))
    return any(theirs[i : i + len(mine)] == mine for i in range(len(theirs) - len(mine) + 1))


def _steps(states: Sequence[str], kind: str) -> list[int]:
    return [t for t, (a, b) in enumerate(pairwise(states)) if change(a, b) == kind]


def _step(states: Sequence[str], kind: str) -> int | None:
    """When a participant is made, first, or used up, last; None where it never is so.

    What is there before the text is not made by it, and what is there at the end is not used up.
    """
    if states[0 if kind == "create" else -1] != GONE:
        return None
    found = _steps(states, kind)
    return found[0 if kind == "create" else -1] if found else None


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


def categories(rows: Sequence[Follows]) -> dict[str, float]:
    """Return the accuracy of each category, its mean over the three, and of the ten questions.

    `cat_1`: is it made, used up, moved; `cat_2`: in which sentence, F1 for moves, of which there
    may be several; `cat_3`: where, of changes whose place the grid has: where to when made, where
    from when used up, where from and where to when moved. A place is right if its words are among
    those of the grid's.

    >>> gold = ["soil", "root", "-"]
    >>> told = categories([Follows(gold, gold), Follows(["-", "-", "leaf"], ["-", "leaf", "leaf"])])
    >>> told["cat_1"], told["made_when"], told["made_where"], told["moved_where"]
    (1.0, 0.0, 1.0, 1.0)
    """
    found: dict[str, float] = {}
    for name, kind in (("made", "create"), ("used_up", "destroy")):
        said = [_step(row.told, kind) for row in rows]
        gold = [_steps(row.gold, kind) for row in rows]
        whether = [(s is not None) == bool(g) for s, g in zip(said, gold, strict=True)]
        found[name] = _share(whether)
        found[f"{name}_when"] = _share([s == t for s, g in zip(said, gold, strict=True) for t in g])
        after = kind == "create"
        found[f"{name}_where"] = _share(_places(rows, gold, after=after))
    said, gold = ([_steps(getattr(r, k), "move") for r in rows] for k in ("told", "gold"))
    found["moved"] = _share([bool(s) == bool(g) for s, g in zip(said, gold, strict=True)])
    moved = [(set(s), set(g)) for s, g in zip(said, gold, strict=True) if g]
    total = sum(len(s) + len(g) for s, g in moved)
    found["moved_when"] = 2 * sum(len(s & g) for s, g in moved) / total if total else 0.0
    found["moved_from"] = _share(_places(rows, gold, after=False))
    found["moved_where"] = _share(_places(rows, gold, after=True))
    parts = (
        ("made", "used_up", "moved"),
        ("made_when", "used_up_when", "moved_when"),
        ("made_where", "used_up_where", "moved_from", "moved_where"),
    )
    each = [sum(found[name] for name in names) / len(names) for names in parts]
    told = {f"cat_{i}": value for i, value in enumerate(each, 1)}
    return told | {"macro": sum(each) / 3} | found


def _places(rows: Sequence[Follows], steps: Sequence[Sequence[int]], *, after: bool) -> list[bool]:
    """Whether the places at changes are right, of those that the grid names."""
    right = []
    for row, mine in zip(rows, steps, strict=True):
        for t in mine:
            gold, told = row.gold[t + after], row.told[t + after]
            if gold not in (GONE, UNTOLD):
                right.append(told not in (GONE, UNTOLD) and _matches(told, gold))
    return right
