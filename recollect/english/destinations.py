"""Who or where: whether a cell of a log names somebody or a place, and what a column headed "to" leads to."""

from __future__ import annotations

from recollect.english.deeds import token_of
from recollect.english.lexicon import ADVERBIAL_PLACES, PREPOSITIONS, PRONOUNS
from recollect.english.morphology import singular
from recollect.english.names import NAMES
from recollect.english.nouns import KIND, PERSONS

_MOVING = frozenset(("<go>", "<bring>", "<send>", "carry", "<exit>", "leave", "<act>"))
_TAKING = frozenset(("<take>", "take", "get", "<receive>"))


def person(text: str, names: frozenset[str]) -> bool:
    """Whether what stands in the column of places is a person."""
    low = text.lower().split() or [""]
    words = low[0] in NAMES or low[0] in names
    return (words and low[-1] not in KIND) or low[-1] in PERSONS


def location(text: str) -> bool:
    """Whether a cell is somewhere to be, not something to be in or a direction."""
    low = text.lower().split()
    if not low or low[0] in PREPOSITIONS or low[0] in PRONOUNS or low[0] in ADVERBIAL_PLACES:
        return False
    head = low[-2] if len(low) > 1 and (low[-1].isdigit() or len(low[-1]) == 1) else low[-1]
    return KIND.get(singular(head)) != "box"


def toward(cells: dict[str, str], names: frozenset[str]) -> dict[str, str]:
    """The cells with that of "to" as who gets the thing, or as where it is taken.

    Args:
        cells: column -> what stands in it; the action is read already.
        names: words in small letters that are names elsewhere in the log.
    """
    goal = cells.get("to", "")
    if not goal:
        return cells
    cells = {name: cell for name, cell in cells.items() if name != "to"}
    token = token_of(cells["action"])
    words = goal.split()
    called = goal[:1].isupper() and all(word.isalpha() for word in words) and len(words) < 4
    named = person(goal, names) or (token == "<give>" and called and words[-1].lower() not in KIND)
    if named and "receiver" not in cells:
        return {**cells, "receiver": goal}
    start = cells.get("place", "")
    if start and "source" not in cells and token in _MOVING:
        cells["source"] = start  # "moved, crate, dock, yard": from the dock to the yard
    cells["place"] = f"to {goal}" if token in _TAKING and start else goal
    return cells
