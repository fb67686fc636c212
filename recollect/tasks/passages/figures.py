"""How right spans are: exact match, overlap of words, and how well none is told from some."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np

__all__ = ["auroc", "best_threshold", "exact_match", "plain_words", "word_f1"]

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_SIGNS = str.maketrans("", "", string.punctuation)


def plain_words(text: str) -> list[str]:
    """Return a text's words as SQuAD compares them: lower case, no signs, no articles.

    >>> plain_words("The University of Chicago's")
    ['university', 'of', 'chicagos']
    """
    return _ARTICLES.sub(" ", text.lower().translate(_SIGNS)).split()


def exact_match(ours: str, right: str) -> float:
    """Return 1 where two answers have the same plain words (Rajpurkar et al. 2016, section 6.1).

    >>> exact_match("the Rhine.", "Rhine")
    1.0
    """
    return float(plain_words(ours) == plain_words(right))


def word_f1(ours: str, right: str) -> float:
    """Return the harmonic mean of precision and recall of plain words (the same section).

    >>> word_f1("on 7 May 1998", "7 May")
    0.666...
    """
    mine, theirs = Counter(plain_words(ours)), Counter(plain_words(right))
    both = sum((mine & theirs).values())
    if not mine or not theirs:
        return float(mine == theirs)
    return 2 * both / (sum(mine.values()) + sum(theirs.values()))


def auroc(negative: Sequence[float], positive: Sequence[float]) -> float:
    """Return how often a positive case scores above a negative one; a tie is half.

    Shapes:
        scores of both kinds -> a number from 0 to 1.

    Raises:
        ValueError: one of the kinds has no case.

    >>> auroc([0.1, 0.4], [0.4, 0.9])
    0.875
    """
    if not len(negative) or not len(positive):
        raise ValueError(
            f"{len(negative)} negative and {len(positive)} positive cases: give one or more of each"
        )
    low, high = np.asarray(negative)[:, None], np.asarray(positive)[None]
    return float((high > low).mean() + (high == low).mean() / 2)


def best_threshold(negative: Sequence[float], positive: Sequence[float]) -> float:
    """Return the score at and above which a case is best called positive, on balance.

    Shapes:
        scores of both kinds -> one of the scores, or infinity where none is positive.

    >>> best_threshold([0.1, 0.4], [0.4, 0.9])
    0.9
    """
    low, high = np.asarray(negative), np.asarray(positive)
    tried = np.array(sorted({*negative, *positive, float("inf")}, reverse=True))
    balance = [(low < t).mean() + (high >= t).mean() for t in tried]
    return float(tried[int(np.argmax(balance))])
