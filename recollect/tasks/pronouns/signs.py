"""What stands around a pronoun and around each mention of a name, as words and signs.

A place of the window is a word near by, or a sign such as ``[back=1]``: a sentence earlier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from recollect.tasks.pronouns.text import FEMININE, MASCULINE, Mention, PlacedWord, shape

__all__ = ["SIDE", "SIGNS", "Asked", "Told", "Vocabulary", "look"]

SIDE = 3
"""Words of a window before and after what it is around."""
SIGNS = 8
"""Signs of a window."""

_OPEN, _CLOSE = frozenset(("(", "[")), frozenset((")", "]"))
_PREPOSITIONS = frozenset(
    """
    of in on at by for from to with about against between through after before under over as like
    than and or including into without
    """.split()
)
_VERBS = frozenset(
    """
    is was were are has had have did does do will would could can may might should must who then
    also later never became made took gave said told went came left won got met began wrote saw
    found felt thought knew lost ran held kept brought sent
    """.split()
)


class Asked(NamedTuple):
    """The window and signs of a pronoun."""

    window: tuple[str, ...]


class Told(NamedTuple):
    """The window and signs of a mention, the number of its name, and the word it begins with."""

    window: tuple[str, ...]
    distance: int
    candidate: int
    mention: Mention


@dataclass(frozen=True)
class Vocabulary:
    """Words that are common, kinds for the others, and all signs; 0 is nothing, 1 is unknown."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, windows: Iterable[Sequence[str]], *, least: int = 12) -> Vocabulary:
        """Collect the words that occur at least so often in the windows of a training split."""
        counts = Counter(word for window in windows for word in window)
        kinds = {shape(word) for word in counts if word and not word.startswith("[")}
        known = {word for word, n in counts.items() if n >= least or word.startswith("[")}
        return cls(("", "[unknown]", *sorted((known | kinds) - {"", "[unknown]"})))

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of every word, kind and sign."""
        return {word: i for i, word in enumerate(self.words)}

    def encode(self, window: Sequence[str]) -> list[int]:
        """Give the number of each word, that of its kind where it is rare."""
        return [self._one(word) for word in window]

    def _one(self, word: str) -> int:
        if not word:
            return 0
        numbers = self.numbers
        if word in numbers:
            return numbers[word]
        return numbers.get("[unknown]" if word.startswith("[") else shape(word), 1)


def look(
    text: Sequence[PlacedWord], at: int, named: Sequence[Sequence[Mention]], *, most: int = 6
) -> tuple[Asked, list[Told]]:
    """Return what stands around the pronoun and around the mentions of each name.

    Args:
        text: of `words`.
        at: the pronoun's place.
        named: the mentions of each name, the first of which is the one that may be meant.
        most: of the mentions of a name, the nearest.
    """
    inside: dict[int, int] = {}
    for number, mentions in enumerate(named):
        for mention in mentions:
            inside |= dict.fromkeys(range(mention.first, mention.last + 1), number)
    case = _case(text, at)
    here = _place(text, at, at)
    asked = (
        f"[form={text[at].text.lower()}]",
        f"[case={case}]",
        f"[place={here}]",
        f"[depth={_depth(text, at)}]",
        f"[sentence={min(text[at].sentence, 3)}]",
        f"[case={case} place={min(here, 2)}]",
        "",
        "",
    )
    around = _around(text, at, at, inside, -1)
    told = []
    for number, mentions in enumerate(named):
        nearest = sorted(mentions[1:], key=lambda m: abs(m.first - at))[: most - 1]
        before = sum(m.first < at for m in mentions)
        for i, mention in enumerate((mentions[0], *nearest)):
            back = text[at].sentence - text[mention.first].sentence
            far = at - mention.first
            role = _role(text, mention)
            where = _place(text, mention.first, mention.last)
            low, high = sorted((at, mention.last))
            others = sum(
                low < m.first < high
                for other, rivals in enumerate(named)
                for m in rivals
                if other != number
            )
            marks = sum(text[k].text in (",", ";", "and", "but", "who") for k in range(low, high))
            near = f"{min(marks, 3)}" if back == 0 else "-"
            signs = (
                f"[role={role}]",
                f"[place={where} first={mention.first == 0}]",
                f"[back={max(-2, min(back, 4))} {'before' if far > 0 else 'after'}]",
                f"[between={min(others, 2)} {'before' if far > 0 else 'after'}]",
                f"[often={min(before, 4)} of {min(len(mentions), 5)}]",
                f"[{role} {case} {max(-1, min(back, 2))} {'before' if far > 0 else 'after'}]",
                f"[marks={near} {case}]",
                f"[other={i > 0} long={min(mention.last - mention.first, 2)}"
                f" depth={_depth(text, mention.first)}]",
            )
            window = _around(text, mention.first, mention.last, inside, number)
            told.append(Told((*window, *signs), _far(far), number, mention))
    return Asked((*around, *asked)), told


def _far(words: int) -> int:
    """A distance in words as one of 21: its side and its power of two."""
    return 10 + (1 if words > 0 else -1) * min(abs(words).bit_length(), 10)


def _around(
    text: Sequence[PlacedWord], first: int, last: int, inside: dict[int, int], own: int
) -> tuple[str, ...]:
    places = [*range(first - SIDE, first), *range(last + 1, last + 1 + SIDE)]
    found = []
    for k in places:
        if not 0 <= k < len(text) or text[k].sentence != text[first].sentence:
            found.append("[end]")
        elif k in inside:
            found.append("[itself]" if inside[k] == own else "[name]")
        elif text[k].text[0].isupper() and text[k].text.lower() not in MASCULINE | FEMININE:
            found.append(
                "[capital]" if k and text[k - 1].sentence == text[k].sentence else "[first]"
            )
        else:
            found.append(text[k].text.lower())
    return tuple(found)


def _case(text: Sequence[PlacedWord], at: int) -> str:
    word = text[at].text.lower()
    if word in ("he", "she"):
        return "subject"
    if word in ("his", "hers"):
        return "possessive"
    if word == "her" and at + 1 < len(text):
        after = text[at + 1].text
        if after[0].isalpha() and after.lower() not in _PREPOSITIONS | _VERBS:
            return "possessive"
    return "object"


def _role(text: Sequence[PlacedWord], mention: Mention) -> str:
    """What a name seems to be in its sentence, from its neighbours."""
    before = text[mention.first - 1] if mention.first else None
    after = text[mention.last + 1] if mention.last + 1 < len(text) else None
    own = text[mention.first].sentence
    if after is not None and after.text.lower() in ("'s", "’s", "'"):
        return "owner"
    opens = before is None or before.sentence != own
    low = "" if before is None or opens else before.text.lower()
    if after is not None and after.sentence == own:
        verb = after.text.lower()
        if verb in _VERBS or (verb.endswith("ed") and len(verb) > 3):
            return (
                "subject" if low not in _PREPOSITIONS - {"and", "as", "after", "before"} else "late"
            )
    if low in _PREPOSITIONS:
        return "joined" if low in ("and", "or") else "by" if low == "by" else "oblique"
    if low in (",", "("):
        return "aside"
    return "opens" if opens else "object"


def _place(text: Sequence[PlacedWord], first: int, last: int) -> int:
    """How many words of the sentence stand before, as one of five."""
    start = first
    while start and text[start - 1].sentence == text[first].sentence:
        start -= 1
    return min((first - start).bit_length(), 4)


def _depth(text: Sequence[PlacedWord], at: int) -> int:
    """Whether a bracket is open there."""
    depth = 0
    for word, after in pairwise((*text[: at + 1], text[at])):
        depth += (word.text in _OPEN) - (word.text in _CLOSE)
        if after.sentence != word.sentence:
            depth = 0
    return int(depth > 0)
