"""How answers are judged: equal wording, calibration, and what abstaining buys.

Shape letters: N judged answers.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

ARTICLES = frozenset("a an the some my your his her its our their".split())
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_POSSESSIVE = re.compile(r"\b[\w.]+(?: [\w.]+)?['’]s? (?=\w)")
_PARTS = re.compile(r",? and |, (?:in|on|at|inside|with) (?:the )?|[,;]")


class Judged(NamedTuple):
    """One answer: its confidence that it is right, whether it is, whether one was given.

    `known` says whether the gold answer exists; an answer that is not given to an unknown is right.
    """

    confidence: float
    right: bool
    given: bool
    known: bool
    unknown: float = 0.0  # probability of "I don't know"


def normal(text: str) -> str:
    """Bring an answer to a form in which case, articles, possessives and punctuation are gone.

    >>> normal("the Café"), normal("Ben's bedroom"), normal("Mrs. Quill"), normal("06:02")
    ('cafe', 'bedroom', 'mrs quill', '6:02')
    """
    text = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = _POSSESSIVE.sub("", text) if not text.startswith("crow's") else text
    words = re.findall(r"\w+(?::\w+)+|\w+", text.replace("'s", ""))
    words = [w for w in words if w not in ARTICLES] or words
    words = [str(NUMBERS.index(w)) if w in NUMBERS else w for w in words]
    return re.sub(r"(?<![:\w])0(\d)", r"\1", " ".join(words))


def parts(text: str) -> list[str]:
    """The members of a list, or the nested places of an answer.

    >>> parts("torch, lamp and melon"), parts("box, in the attic")
    (['torch', 'lamp', 'melon'], ['box', 'attic'])
    """
    return [normal(part) for part in _PARTS.split(text) if part.strip()]


def same(told: str, accepted: Sequence[str], members: Sequence[str] = ()) -> bool:
    """Whether an answer is one of the accepted ones, or names exactly `members` in any order.

    An answer that names a thing and what that is in must be right in both.

    >>> same("the box, in the attic", ["box", "attic"]), same("box, in the hall", ["box", "attic"])
    (True, False)
    >>> same("melon and torch", [], ["torch", "melon"])
    True
    """
    if members:
        return sorted(parts(told)) == sorted(normal(m) for m in members)
    listed = {normal(text) for text in accepted}
    return normal(told) in listed or (bool(parts(told)) and all(p in listed for p in parts(told)))


def auroc(judged: Sequence[Judged]) -> float:
    r"""Area under the curve of the probability of "I don't know" against there being no answer.

    .. math:: P(u_i > u_j) + P(u_i = u_j) / 2

    over an unanswerable i and an answerable j; NaN where one kind is missing.

    >>> auroc([Judged(.9, True, False, False, .9), Judged(.8, True, True, True, .2)])
    1.0
    """
    yes = sorted(j.unknown for j in judged if not j.known)
    no = sorted(j.unknown for j in judged if j.known)
    if not yes or not no:
        return math.nan
    wins = below = equal = 0.0
    low = high = 0
    for value in yes:
        while low < len(no) and no[low] < value:
            low += 1
        while high < len(no) and no[high] <= value:
            high += 1
        below, equal = low, high - low
        wins += below + equal / 2
    return wins / (len(yes) * len(no))


def calibration_error(judged: Sequence[Judged], bins: int = 15) -> float:
    r"""Expected calibration error.

    .. math:: \sum_b \frac{n_b}{N} |\mathrm{acc}_b - \mathrm{conf}_b|

    with equal bins of confidence (Guo et al. 2017, eq. 3).

    >>> round(calibration_error([Judged(.8, True, True, True), Judged(.8, False, True, True)]), 3)
    0.3
    """
    if not judged:
        return math.nan
    sums = [[0, 0.0, 0.0] for _ in range(bins)]
    for j in judged:
        row = sums[min(bins - 1, int(j.confidence * bins))]
        row[0] += 1
        row[1] += j.right
        row[2] += j.confidence
    return sum(abs(right - sure) for _, right, sure in sums) / len(judged)


def risk_coverage(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """The curve of abstention: (share answered, share of those wrong), the surest answers first.

    Everything that is answered counts, an answer to the unanswerable as wrong. The surest are
    those with the least probability of "I don't know" and the most of the answer.
    """
    given = sorted((j for j in judged if j.given), key=lambda j: -j.confidence)
    total = max(1, sum(j.known for j in judged))
    curve, wrong = [], 0
    for n, j in enumerate(given, 1):
        wrong += not j.right
        if n == len(given) or given[n].confidence < j.confidence:
            curve.append((n / total, wrong / n))
    return curve


def coverage_at(curve: Sequence[tuple[float, float]], risk: float) -> float:
    """The largest share answered at which no more than `risk` of the answers are wrong.

    >>> coverage_at([(0.5, 0.0), (0.9, 0.01), (1.0, 0.05)], 0.01)
    0.9
    """
    return max((min(1.0, share) for share, wrong in curve if wrong <= risk), default=0.0)
