"""A novel as sentences of words, and which of its words are names and which are common nouns.

No tagger: a name is a word that stands with a capital in the middle of sentences, a common noun one
that often closes what an article or a possessive opened.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Kinds", "kinds", "opened", "sentences"]

Sentence = tuple[str, ...]

# A possessive's ending is a word of its own: "Anne's" names Anne.
_TOKEN = re.compile(r"['’]s\b|[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*|\d+|[^\w\s]")
_OPEN = frozenset("\"“‘'([{—-")
_TITLES = ("Mr", "Mrs", "Dr", "St", "Messrs")
_ABBREVIATED = re.compile(rf"\b({'|'.join(_TITLES)})\.")
_END = re.compile(r"(?<=[.!?])([\"”’')\]]*)\s+(?=[\"“‘'(\[]*[A-Z])|(?<=[.!?][\"”’')])\s+")
_DETERMINERS = frozenset(
    "a an the this that these those my your his her its our their some any no every each".split()
)
FUNCTION = _DETERMINERS | frozenset(
    """
    i you he she it we they me him us them who whom whose which what and or but nor so yet if as
    than that then when while where because though although until since before after of in on at by
    for from to into with without over under upon about against between through across behind beside
    near like up down out off away back is was were are be been being am had has have having do does
    did will would shall should may might must can could not never very too quite just only even
    still ever again also there here now how why all both more most much many such own same other
    another one two three said asked came went looked seemed
    """.split()
)
_NO_NAMES = frozenset(
    """
    i i'm i'll i've i'd i’m i’ll i’ve i’d oh mr mrs dr sir god lord christmas chapter monday tuesday
    wednesday thursday friday saturday sunday january february march april may june july august
    september october november december
    """.split()
)


class Kinds(NamedTuple):
    """The words of a book that a question may leave out: names as written, nouns in lower case."""

    names: frozenset[str]
    nouns: frozenset[str]


def sentences(text: str) -> list[Sentence]:
    r"""Return a text's sentences as words and signs; an empty line ends one, headings go.

    >>> sentences("It was late. Mrs. Hall said--no!\n\nCHAPTER II\n\nShe left.")[1:]
    [('Mrs', '.', 'Hall', 'said', '--', 'no', '!'), ('She', 'left', '.')]
    """
    found = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r", "")):
        flat = " ".join(paragraph.replace("_", "").split())
        if (
            not flat
            or flat.upper() == flat
            or re.match(r"(chapter|part) [\divxlc]+\b", flat.lower())
        ):
            continue
        held = _ABBREVIATED.sub(r"\1․", flat)  # a dot that ends no sentence
        for piece in _END.sub(lambda m: (m.group(1) or "") + "\n", held).split("\n"):
            words = tuple(_TOKEN.findall(piece.replace("--", " — ").replace("․", ".")))
            if any(word[0].isalpha() for word in words):
                found.append(tuple("--" if word == "—" else word for word in words))
    return found


def opened(words: Sequence[str], place: int) -> bool:
    """Whether a word closes what an article or a possessive opened, two words before or nearer.

    It tells a noun from a verb of the same letters: "the strange report" and "they report".

    >>> said = "they report the strange report .".split()
    >>> opened(said, 1), opened(said, 4)
    (False, True)
    """
    if not _closes(words, place):
        return False
    for word in reversed(words[max(0, place - 3) : place]):
        if word.lower() in _DETERMINERS:
            return True
        if not word[0].isalpha() or word.lower() in FUNCTION:
            return False
    return False


def _closes(words: Sequence[str], place: int) -> bool:
    """Whether what comes after a word cannot belong to it, as a noun does to an adjective."""
    after = words[place + 1] if place + 1 < len(words) else "."
    return not after[0].isalpha() or after.lower() in FUNCTION


def kinds(book: Sequence[Sentence], *, often: int = 3) -> Kinds:
    """Return the names and the common nouns of a book, from how its words stand.

    A name stands with a capital inside sentences `often` times or more, and ten times as often as
    without one. A common noun comes as often, and is the last word of what a determiner opens in a
    quarter of its places.
    """
    capital, lower, closes = Counter(), Counter(), Counter()
    for words in book:
        start = True
        for i, word in enumerate(words):
            if word[0].isupper() and not start and word.upper() != word:
                capital[word] += 1
            elif word[0].islower():
                lower[word] += 1
                if i and words[i - 1].lower() in _DETERMINERS and _closes(words, i):
                    closes[word] += 1
            start = (start and word in _OPEN) or word in ".!?:" or word in _OPEN
    names = frozenset(
        word
        for word, count in capital.items()
        if count >= often and count >= 10 * lower[word.lower()] and word.lower() not in _NO_NAMES
    )
    nouns = frozenset(
        word
        for word, count in lower.items()
        if count >= often
        and len(word) > 2
        and word not in FUNCTION
        and "'" not in word
        and "’" not in word
        and closes[word] >= 0.25 * count
    )
    return Kinds(names, nouns)
