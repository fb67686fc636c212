"""A text as words with their places, its sentences, pronouns and names."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

__all__ = ["FEMININE", "MASCULINE", "Mention", "PlacedWord", "names", "shape", "words"]

MASCULINE = frozenset(("he", "him", "his", "himself"))
FEMININE = frozenset(("she", "her", "hers", "herself"))

# The corpus writes a star for a letter that it could not keep.
_WORD = re.compile(r"['’]s\b|[\w*]+(?:[-'’](?!s\b)[\w*]+)*|``|''|[^\w\s]")
_ABBREVIATED = frozenset(
    "mr mrs ms dr st sr jr prof rev gen col capt lt sgt gov sen rep no vs etc e.g i.e u.s".split()
)
_NO_NAMES = frozenset(
    """
    i monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december mr mrs ms miss dr sir lady
    """.split()
)
_ENDINGS = ("ing", "ed", "ly", "er", "ion", "s")


class PlacedWord(NamedTuple):
    """A word or sign, its first character's place, and the sentence it stands in."""

    text: str
    start: int
    sentence: int


class Mention(NamedTuple):
    """Words `first` to `last` that name someone."""

    first: int
    last: int
    name: str


def words(text: str) -> list[PlacedWord]:
    """Cut a text into words and signs, and number its sentences.

    >>> [(w.text, w.sentence) for w in words("Mr. Hall's dog ran. He did.")][2:6]
    [('Hall', 0), ("'s", 0), ('dog', 0), ('ran', 0)]
    """
    found = list(_WORD.finditer(text))
    out, sentence = [], 0
    for i, match in enumerate(found):
        out.append(PlacedWord(match.group(), match.start(), sentence))
        if match.group() in (".", "!", "?") and i + 1 < len(found):
            before = found[i - 1].group().lower() if i else ""
            after = found[i + 1]
            inside = after.start() == match.end() and after.group() not in ("''", '"', ")")
            if inside or (match.group() == "." and (len(before) == 1 or before in _ABBREVIATED)):
                continue
            if not after.group()[0].islower():
                sentence += 1
    return out


def shape(word: str) -> str:
    """Name a word's kind, for one that is too rare to be known by itself.

    >>> [shape(w) for w in ("Anna", "walked", "1999", "dog")]
    ['[capital]', '[-ed]', '[number]', '[word]']
    """
    if word[0].isdigit():
        return "[number]"
    if word[0].isupper():
        return "[capital]"
    if not word[0].isalpha():
        return "[sign]"
    return next(
        (f"[-{e}]" for e in _ENDINGS if len(word) > len(e) + 2 and word.endswith(e)), "[word]"
    )


def names(text: Sequence[PlacedWord], *, ordinary: Collection[str] = ()) -> list[Mention]:
    """Return the runs of capitalised words that are no ordinary words.

    Args:
        text: of `words`.
        ordinary: words in lower case that are no names where a capital only begins a sentence.

    >>> [m.name for m in names(words("When Ann Lee met Bea, Ann left."), ordinary={"when"})]
    ['Ann Lee', 'Bea', 'Ann']
    """
    found, run = [], []

    def close() -> None:
        if run:
            name = " ".join(text[i].text for i in run)
            found.append(Mention(run[0], run[-1], name))
            run.clear()

    for i, word in enumerate(text):
        low = word.text.lower()
        begins = (
            i == 0 or text[i - 1].sentence != word.sentence or not text[i - 1].text[0].isalnum()
        )
        plain = low in MASCULINE | FEMININE | _NO_NAMES or (begins and low in ordinary)
        joined = not run or text[i - 1].text != ","
        if word.text[0].isupper() and not plain and joined:
            run.append(i)
        else:
            close()
    close()
    return found
