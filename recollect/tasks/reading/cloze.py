"""Questions of the Children's Book Test (Hill et al. 2016), made from the text of any novel.

Twenty sentences are the context, the twenty-first lacks a word, and ten words to choose from are
given.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Literal, NamedTuple

from recollect.tasks.reading.text import Kinds, Sentence, opened

__all__ = ["CONTEXT", "ClozeQuestion", "cloze_questions"]

CONTEXT = 20
"""Sentences before the question."""


class ClozeQuestion(NamedTuple):
    """Twenty sentences, one whose word `blank` is missing, ten candidates and the answer."""

    context: tuple[Sentence, ...]
    query: Sentence
    blank: int
    candidates: tuple[str, ...]
    answer: str


def cloze_questions(
    book: Sequence[Sentence],
    words: Kinds,
    *,
    kind: Literal["names", "nouns"],
    seed: int = 0,
    choices: int = 10,
    stride: int = 5,
) -> Iterator[ClozeQuestion]:
    """Yield a question for every `stride` sentences that have one of the kind in them.

    The missing word is one that the context has too, drawn among those in the sentence; a noun is
    missing only where an article or a possessive opens it, for many are verbs elsewhere. The other
    candidates are drawn from the words of its kind in the context, filled up from the book's most
    frequent where the context has too few. Names are as written, nouns in lower case.

    Raises:
        ValueError: `kind` is unknown, or there are fewer than two choices.
    """
    if kind not in ("names", "nouns"):
        raise ValueError(f"kind is {kind!r}; choose names or nouns")
    if choices < 2:
        raise ValueError(f"choices is {choices}; give 2 or more")
    wanted = words.names if kind == "names" else words.nouns
    common = _frequent(book, wanted)
    random = Random(f"cloze {kind} {seed}")
    at = CONTEXT
    while at < len(book):
        context, query = tuple(book[at - CONTEXT : at]), book[at]
        inside = dict.fromkeys(w for sentence in context for w in sentence if w in wanted)
        places = [
            i
            for i, word in enumerate(query)
            if word in inside and (kind == "names" or opened(query, i))
        ]
        if not places:
            at += 1
            continue
        blank = random.choice(places)
        answer = query[blank]
        others = [w for w in inside if w != answer]
        random.shuffle(others)
        others += [w for w in common if w != answer and w not in inside]
        given = [answer, *others[: choices - 1]]
        random.shuffle(given)
        if len(given) == choices:
            yield ClozeQuestion(context, query, blank, tuple(given), answer)
        at += stride


def _frequent(book: Sequence[Sentence], wanted: frozenset[str]) -> list[str]:
    counts: dict[str, int] = {}
    for sentence in book:
        for word in sentence:
            if word in wanted:
                counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda w: (-counts[w], w))
