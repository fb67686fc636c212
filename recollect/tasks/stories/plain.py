"""Which wordings leave no doubt: what a word is called by tells who is meant to do what.

"Ann left the blicket" tells that Ann went, or that the blicket stayed behind, as long as nobody
knows what a blicket is. `plain` finds such wordings, for stories whose questions have one answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PEOPLE = "rpy"
_THINGS = frozenset(("thing", "box"))
_PLACES = frozenset(("place", "box"))
_HANDED = re.compile(r"\b(?:br|t[ao][ko]|s[eo][nl]|deliver|return|thr[eo]w|pass)\w* ")


def plain(
    kind: str,
    text: str,
    fillers: Mapping[str, Sequence[int]],
    shown: Sequence[str],
    sexed: Sequence[bool],
) -> bool:
    """Whether the kinds of the words tell this event from others that are worded alike.

    Args:
        kind: of the event.
        text: the wording, with placeholders.
        fillers: the entities that fill them.
        shown: how the reader sees each entity.
        sexed: whether the reader knows the gender of each.

    >>> plain("drop", "{a} left {o}", {"a": [0], "o": [1]}, ["name", "noun"], [True, False])
    False
    >>> plain("drop", "{a} left {o}", {"a": [0], "o": [1]}, ["name", "thing"], [True, False])
    True
    """

    def all_of(letters: str, kinds: frozenset[str]) -> bool:
        return all(shown[e] in kinds for letter in letters for e in fillers.get(letter, ()))

    if kind != "give" or _HANDED.search(text):
        for letter in _PEOPLE:
            for e in fillers.get(letter, ()):
                if not (shown[e] == "person" or (shown[e] == "name" and sexed[e])):
                    return False
    if kind in ("take", "drop", "bring", "put") and re.search(
        r"with \{[oa]\}|le(?:ft|av\w+) \{o\}", text
    ):
        goal = "because of" in text  # "left the box because of the rain" is read as "for the rain"
        return all_of("o", frozenset(("thing",)) if goal else _THINGS) and all_of("l", _PLACES)
    if kind in ("put", "bring") and "to {l}" in text:
        return all_of("l", _PLACES)
    if re.search(r"le(?:ft|av\w+) \{s\}", text):
        return all_of("s", frozenset(("place",)))
    if re.search(r"\{x\} (?:in|at) \{l\}", text):
        return all_of("x", _THINGS)
    return True
