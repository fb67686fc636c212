"""A passage as words and sentences, and the closed list of classes that its words belong to.

Nothing here is learnt or counted over a data set: a word of a new passage is as good as any.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["CLASSES", "Passage", "Word", "read_passage", "stem", "word_class", "words"]

_WORD = re.compile(r"['’][sS]\b|\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’](?![sS]\b)[^\W\d_]+)*|[^\w\s]|\w")
_ABBREVIATED = frozenset(
    "mr mrs ms dr st prof gen col lt sr jr vs no vol fig ca cf etc inc".split()
)
_ENDS = frozenset(".!?")
_OPEN, _CLOSE = frozenset("\"“‘'(["), frozenset("\"”’')]")

_FUNCTION = """
    the a an of in on at by for from to into with without within between among during since
    until before after under over through against about around across toward towards near above
    below behind beyond per via as than and or but nor so that which who whom whose what where
    when why how if because while although though is are was were be been being am has have had
    having do does did will would can could shall should may might must not no it its he she
    they them his her their him this these those there here we our you your i my also both
    either neither each every all any some such only just very more most less least many much
    other another same own one two three four five six seven eight nine ten
    """.split()
_TELLING = """
    year years month months day days date century centuries decade hour hours minute minutes
    time age percent percentage number amount population size rate cost price height length area
    distance speed name names person people man woman king queen president emperor leader author
    founder company organization group team party school university city town country state
    nation region continent river place location street type types kind form term word title
    language color colour position role job event war battle law treaty book film show january
    february march april june july august september october november december million billion
    thousand hundred first second third last
    """.split()
_SUFFIXES = tuple("tion ment ness ity ism ist ing ed ly ers er al ic ous ive es s".split())
_SHAPES = ("year", "digits", "capitals", "capital", "sign", "other")
_SIGNS = (",", ".", "(", ")", '"', "'s", "$", "%", "-")
CLASSES = (
    "",
    *dict.fromkeys([*_FUNCTION, *_TELLING, *_SIGNS]),
    *(f"<{shape}>" for shape in _SHAPES),
    *(f"-{end}" for end in _SUFFIXES),
)
"""Every class of a word: itself where it is of the list, else its shape or its ending."""

_SAME = {"“": '"', "”": '"', "–": "-", "—": "-", "£": "$", "€": "$"}
FUNCTION = frozenset(_FUNCTION)
"""Words that match between any question and any sentence."""
_NUMBER = {name: i for i, name in enumerate(CLASSES)}


class Word(NamedTuple):
    """A word or a sign of a text, and from which to which character it stands."""

    text: str
    start: int
    end: int


class Passage(NamedTuple):
    """A text, its words, and of each sentence the first word and the one behind the last."""

    text: str
    words: tuple[Word, ...]
    sentences: tuple[tuple[int, int], ...]

    def written(self, first: int, last: int) -> str:
        """Return the text from a word to another, both included."""
        return self.text[self.words[first].start : self.words[last].end]


def words(text: str) -> tuple[Word, ...]:
    """Return the words and signs of a text.

    >>> [w.text for w in words("Manning's 1,435 mm (4 ft).")]
    ['Manning', "'s", '1,435', 'mm', '(', '4', 'ft', ')', '.']
    """
    return tuple(Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(text))


def read_passage(text: str) -> Passage:
    """Read a passage: words, and sentences that end with a sign before a capital or a figure.

    Raises:
        ValueError: there is no word in it.

    >>> read_passage("Dr. Short led. J. Allen had 136 sacks!").sentences
    ((0, 5), (5, 12))
    """
    found = words(text)
    if not any(w.text[0].isalnum() for w in found):
        raise ValueError("the passage has no words: give a text of one sentence or more")
    bounds, first = [], 0
    for i, word in enumerate(found):
        if i < first or word.text not in _ENDS:
            continue
        end = i + 1
        while end < len(found) and found[end].text in _CLOSE and _touches(found, end):
            end += 1
        if _ends(found, i, end):
            bounds.append((first, end))
            first = end
    if first < len(found):
        bounds.append((first, len(found)))
    return Passage(text, found, tuple(bounds))


def _ends(found: tuple[Word, ...], i: int, end: int) -> bool:
    """Whether a sign ends a sentence, `end` being the word behind it and what closes with it."""
    if end == len(found):
        return True
    if found[i].text == "." and i:  # an initial, an abbreviation and "e.g." do not
        before = found[i - 1].text
        if (len(before) == 1 and before.isalpha()) or before.lower() in _ABBREVIATED:
            return False
    after = found[end]
    if _touches(found, end) and (found[i].text == "." or after.text in _ENDS):
        return False
    return after.text[0].isupper() or after.text[0].isdigit() or after.text in _OPEN


def _touches(found: tuple[Word, ...], i: int) -> bool:
    """Whether nothing stands between a word and the one before it."""
    return found[i].start == found[i - 1].end


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a word without what bends it, in lower case.

    >>> [stem(w) for w in ("Studies", "studied", "leading", "leads", "city")]
    ['study', 'study', 'lead', 'lead', 'city']
    """
    low = word.lower()
    for end, instead in (("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""),
                         ("es", ""), ("s", ""), ("e", "")):  # fmt: skip
        if low.endswith(end) and len(low) - len(end) >= 3 and not low.endswith("ss"):
            return low[: -len(end)] + instead
    return low


@lru_cache(maxsize=65536)
def word_class(word: str) -> int:
    """Return the number of a word's class in `CLASSES`; 0 is no word.

    >>> [CLASSES[word_class(w)] for w in ("Of", "1969", "308", "Kuechly", "linebackers", "—")]
    ['of', '<year>', '<digits>', '<capital>', '-ers', '-']
    """
    low = word.lower().replace("’", "'")
    low = _SAME.get(low, low)
    if low in _NUMBER:
        return _NUMBER[low]
    if low[0].isdigit():
        plain = low.isdigit() and len(low) == 4 and low[0] in "12"
        return _NUMBER["<year>" if plain else "<digits>"]
    if not low[0].isalnum():
        return _NUMBER["<sign>"]
    if word.isupper() and len(word) > 1:
        return _NUMBER["<capitals>"]
    if word[0].isupper():
        return _NUMBER["<capital>"]
    for end in _SUFFIXES:
        if low.endswith(end) and len(low) > len(end) + 2:
            return _NUMBER[f"-{end}"]
    return _NUMBER["<other>"]
