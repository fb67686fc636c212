"""What tells one thing from another of its kind, and what only says how a thing is now."""

from __future__ import annotations

from collections.abc import Sequence

from recollect.english.items import Mention
from recollect.english.nouns import ADJECTIVES

STATES = frozenset(
    "empty full half-empty half-full open closed heavy wet dry old same dirty clean broken cracked damaged torn "
    "repaired mended locked unlocked hot warm cold precious poor dear beloved missing lost stolen remaining "
    "finished folded sealed burnt soaked dusty muddy famous wretched".split()
)
"""Adjectives that make no other thing: the crate and "the empty crate"."""
_MATERIALS = frozenset(
    "tin metal glass paper plastic cardboard steel stone brick copper leather cloth silver gold iron brass wicker china "
    "wooden woollen rubber".split()
)
_OPPOSED = {
    "old": frozenset(("new", "young")),
    "broken": frozenset(("new", "spare")),
    "damaged": frozenset(("new", "spare")),
}


def opposed(states: frozenset[str], mods: set[str]) -> bool:
    """Whether a state was said to tell two things apart: "the old key" is not "the new key"."""
    return any(_OPPOSED.get(state, frozenset()) & mods for state in states) or bool(mods & STATES)


def like_one(
    kinds: Sequence[str], mods: Sequence[set[str]], mention: Mention, several: Sequence[bool]
) -> int:
    """The thing whose kind "one" stands for: after "the big box", "the small one" is a box; or -1.

    Args:
        kinds: of the things so far; "" for what bears a name.
        mods: what stood before their nouns.
        mention: the phrase with "one".
        several: whether they are several: after "two rolls in a bag", "one" is a roll.
    """
    things = [n for n, kind in enumerate(kinds) if kind in ("thing", "box", "noun")]
    if not things and mention.mods:  # "from the small room to the large one"
        things = [n for n, kind in enumerate(kinds) if kind == "place" and mods[n] & ADJECTIVES]
    if not things:
        return -1
    if mention.mods:
        told_apart = [n for n in things if mods[n] & (ADJECTIVES | _MATERIALS)]
        if told_apart:
            return told_apart[-1]
    return next((n for n in reversed(things) if several[n] and not mention.mods), things[-1])
