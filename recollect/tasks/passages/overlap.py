"""What a question and a passage have in common, as numbers: of a sentence and of a span.

Shape letters: ``S`` sentences, ``C`` candidate spans, ``F`` features, ``N`` words of the passage,
``Q`` words of the question that are no function words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from recollect.tasks.passages.text import CLASSES, FUNCTION, Passage, stem, word_class, words

__all__ = ["ASKED", "SENTENCE", "SPAN", "Overlap", "Spans", "overlap", "spans_of"]

ASKED = 4
"""Classes that tell what is asked for: the question word and the three words behind it."""
SENTENCE = 31
"""Features of a sentence."""
SPAN = 41
"""Features of a span, besides the classes of its first and last word and its neighbours."""
LONGEST = 10
"""Words of the longest span."""

_AUXILIARY = frozenset("is are was were do does did has have had been be".split())
_QUESTION = frozenset("what who whom whose which where when why how".split())
_STOPS = FUNCTION - frozenset("one two three four five six seven eight nine ten no not".split())
_DOT = frozenset(".!?;")
_WIDE = 8  # traits of a word


class Spans(NamedTuple):
    """The candidate spans of one sentence.

    Shapes:
        first, last ``(C,)`` words of the passage; features ``(C, F)``; classes ``(C, 4)``: first
        and last word, the one before and the one behind.
    """

    first: np.ndarray
    last: np.ndarray
    features: np.ndarray
    classes: np.ndarray


class Overlap(NamedTuple):
    """A question beside a passage.

    Shapes:
        asked ``(ASKED,)`` classes; sentences ``(1 + S, SENTENCE)``, the first row that of no
        sentence; cover ``(S,)``, the weight of the question's words found in each, a share of all;
        matched ``(N,)``, the weight of the question's word that stands there, else 0; adjacent
        ``(N,)``, whether any word of the question does, a function word too.
    """

    asked: np.ndarray
    sentences: np.ndarray
    cover: np.ndarray
    question: tuple[str, ...]
    matched: np.ndarray
    adjacent: np.ndarray


def overlap(passage: Passage, question: str) -> Overlap:
    """Compare a question with each sentence of a passage.

    A word counts the more, the fewer sentences have it; a word bent otherwise counts for 0.9, one
    that begins alike for 0.6.

    Raises:
        ValueError: the question has no words.
    """
    asked = tuple(w.text for w in words(question) if w.text[0].isalnum())
    if not asked:
        raise ValueError("the question has no words")
    telling = [w for w in asked if w.lower() not in FUNCTION] or list(asked)
    forms = _forms(passage)
    alike = _alike(forms, telling)  # (N, Q)
    count = len(passage.sentences)
    found = np.stack([alike[a:b].max(0) for a, b in passage.sentences])  # (S, Q)
    rarity = np.log((count + 1) / ((found > 0).sum(0) + 0.5))
    weight = rarity / rarity.sum()
    cover, plain = found @ weight, found.mean(-1)
    marked = np.array([w[0].isupper() or w[0].isdigit() for w in telling])
    marked[0] &= telling[0].lower() != asked[0].lower() or telling[0][0].isdigit()
    strict = found[:, marked].mean(-1) if marked.any() else np.full(count, 0.5)
    low, said = forms.low, np.array([w.lower() for w in asked])
    pairs = set(pairwise(said.tolist()))
    traits = forms.traits * (alike.max(-1) == 0)[:, None]  # what the question says is no answer
    rows = np.zeros((1 + count, SENTENCE), dtype=np.float32)
    best = np.sort(cover)[::-1]
    whole = alike.max(0)
    for s, (a, b) in enumerate(passage.sentences):
        others = np.delete(cover, s)
        near = [cover[t] for t in (s - 1, s + 1) if 0 <= t < count]
        words_here = low[a:b].tolist()
        both = sum(pair in pairs for pair in pairwise(words_here))
        rows[1 + s, :13] = (
            1,
            cover[s],
            plain[s],
            strict[s],
            cover[s] - (others.max() if len(others) else 0),
            float(cover[s] == best[0]),
            max(near, default=0),
            min(both, 5) / 3,
            _run(low[a:b], said) / 3,
            math.log(b - a) / 4,
            s / max(count - 1, 1),
            float(words_here[0] in ("he", "she", "it", "they", "this", "these", "his", "their")),
            float(s > 0) * cover[s - 1],
        )
        rows[1 + s, 13:21] = np.minimum(traits[a:b].sum(0), 3) / 2
    rows[0, 21:] = (
        1,
        whole @ weight,
        best[0],
        best[1] if count > 1 else 0,
        plain.max(),
        strict.max(),
        whole.mean(),
        float(whole[marked].mean()) if marked.any() else 0.5,
        float(marked.any()),
        math.log(len(telling)) / 2,
    )
    return Overlap(
        _asked(asked),
        rows,
        cover,
        asked,
        (alike * weight * len(telling)).max(-1),
        np.isin(low, said),
    )


def spans_of(passage: Passage, held: Overlap, sentence: int) -> Spans:
    """Return the candidate spans of a sentence: up to ten words, none of them its end.

    Shapes:
        -> `Spans`; there may be none.
    """
    a, b = passage.sentences[sentence]
    text = [w.text for w in passage.words]
    low, kinds = [w.lower() for w in text], _forms(passage).classes
    first, last = [], []
    for i in range(a, b):
        if not text[i][0].isalnum() and text[i] not in '$£€"“':
            continue
        for j in range(i, min(i + LONGEST, b)):
            if low[j] in _DOT and j + 1 == b:
                break
            if (low[j] in _STOPS) or not (text[j][0].isalnum() or text[j] in '%"”)'):
                continue
            first.append(i)
            last.append(j)
    i, j = np.array(first, dtype=np.int64), np.array(last, dtype=np.int64)
    kinds = np.concatenate([[0], kinds[a:b], [0]])
    classes = np.stack([kinds[i - a + 1], kinds[j - a + 1], kinds[i - a], kinds[j - a + 2]], -1)
    return Spans(i, j, _span_features(passage, held, (a, b), i, j), classes)


def _span_features(
    passage: Passage, held: Overlap, bounds: tuple[int, int], i: np.ndarray, j: np.ndarray
) -> np.ndarray:
    a, b = bounds
    out = np.zeros((len(i), SPAN), dtype=np.float32)
    if not len(i):
        return out
    text = [w.text for w in passage.words[a:b]]
    low = [w.lower() for w in text]
    size = j - i + 1
    for column, (least, most) in enumerate(((1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 99))):
        out[:, column] = (size >= least) & (size <= most)
    summed = np.concatenate([np.zeros((1, _WIDE)), _forms(passage).traits[a:b].cumsum(0)])
    inside = summed[j - a + 1] - summed[i - a]
    out[:, 6:14] = inside > 0
    out[:, 14] = inside[:, 0] == size  # nothing but capitals
    matched, near = held.matched[a:b], held.adjacent[a:b]
    total = np.concatenate([[0], matched.cumsum()])
    some = np.concatenate([[0], (matched > 0).cumsum()])
    out[:, 15] = total[j - a + 1] - total[i - a]
    out[:, 16] = (some[j - a + 1] - some[i - a]) / size
    out[:, 17] = some[j - a + 1] == some[i - a]
    left, right = i - a, j - a  # places in the sentence
    at = np.arange(b - a)
    for column, length in ((18, 2.0), (20, 6.0)):
        before = np.exp(-np.maximum(left[:, None] - at, 0) / length) * (at < left[:, None])
        behind = np.exp(-np.maximum(at - right[:, None], 0) / length) * (at > right[:, None])
        out[:, column], out[:, column + 1] = before @ matched, behind @ matched
    padded = np.concatenate([[False], near, [False]])
    out[:, 22], out[:, 23] = padded[left], padded[right + 2]
    strong = np.concatenate([[0], matched, [0]]) > 0
    out[:, 24], out[:, 25] = strong[left], strong[right + 2]
    focus = {stem(w) for w in _focus(held.question)}
    head = np.array([False, *(stem(w) in focus for w in text), False])
    out[:, 26], out[:, 27], out[:, 28] = head[left], head[right + 1], head[right + 2]
    opened = np.array([True, *(w in ",(:;–—" for w in low), True])
    closed = np.array([True, *(w in ",):;.–—" for w in low), True])
    out[:, 29], out[:, 30] = opened[left], closed[right + 2]
    out[:, 31] = opened[left] & closed[right + 2]
    out[:, 32] = left / (b - a)
    out[:, 33] = left == 0
    # a span that could go on: its neighbour is as capital as itself
    capital = np.array([False, *(w[0].isupper() for w in text), False])
    out[:, 34] = capital[left] & capital[left + 1]
    out[:, 35] = capital[right + 1] & capital[right + 2]
    # the words around the gap of the question, around the span
    stems = ["", "", *(stem(w) for w in text), ""]
    before, behind, end = (stem(w) for w in _around(held.question))
    out[:, 36] = np.array([w == before != "" for w in stems])[left + 1]
    out[:, 37] = np.array([w == behind != "" for w in stems])[right + 3]
    same = np.array([w == end != "" for w in stems])
    out[:, 38], out[:, 39] = same[left + 1], same[left]
    out[:, 40] = strong[left - 1] & (left > 0)
    return out


class _Forms(NamedTuple):
    """A passage's words in the forms that are compared."""

    low: np.ndarray
    stem: np.ndarray
    five: np.ndarray  # the first five letters, of words longer than that
    traits: np.ndarray
    classes: np.ndarray


@lru_cache(maxsize=1024)
def _forms(passage: Passage) -> _Forms:
    text = [w.text for w in passage.words]
    low = [w.lower() for w in text]
    classes = np.array([word_class(w) for w in text])
    return _Forms(
        np.array(low),
        np.array([stem(w) for w in text]),
        np.array([w[:5] if len(w) > 5 else " " for w in low]),
        _traits(text, classes),
        classes,
    )


def _alike(forms: _Forms, asked: list[str]) -> np.ndarray:
    """How alike every word of a text is to every word asked: 1, 0.9, 0.6 or 0."""
    out = np.zeros((len(forms.low), len(asked)))
    for q, word in enumerate(asked):
        low = word.lower()
        if len(low) > 5:
            out[forms.five == low[:5], q] = 0.6
        out[forms.stem == stem(word), q] = 0.9
        out[forms.low == low, q] = 1
    return out


def _traits(text: list[str], classes: np.ndarray) -> np.ndarray:
    initial = np.array([w[0].isupper() for w in text])
    columns = [initial, np.array([w[0].isdigit() for w in text])]
    columns += [np.isin(classes, _KIND[kind]) for kind in _TRAITS]
    columns[3] = columns[3] & initial  # "may" is no month
    return np.stack(columns, -1).astype(np.float64)


def _numbers(classes: Iterable[str]) -> np.ndarray:
    return np.array([CLASSES.index(name) for name in classes])


_TRAITS = ("year", "month", "number", "money", "function", "comma")
_KIND = {
    "year": _numbers(["<year>"]),
    "month": _numbers(
        "january february march april may june july august september october november "
        "december".split()
    ),
    "number": _numbers(
        "one two three four five six seven eight nine ten hundred thousand million billion".split()
    ),
    "money": _numbers(["$", "%", "percent", "percentage"]),
    "function": _numbers(sorted(_STOPS)),
    "comma": _numbers([","]),
}


def _run(text: np.ndarray, asked: np.ndarray) -> int:
    """The most words that follow each other in both, counted up to six."""
    same = text[:, None] == asked[None]
    run, length = same, 0
    while length < 6 and run.any():
        length += 1
        run = run[:-1, :-1] & same[length:, length:]
    return length


def _place(asked: tuple[str, ...]) -> int:
    """Where the question word stands; 0 where there is none."""
    return next((i for i, w in enumerate(asked) if w.lower() in _QUESTION), 0)


def _focus(asked: tuple[str, ...]) -> list[str]:
    """The noun that a question asks for, as in 'how many points' and 'what city'."""
    at = _place(asked)
    behind = [w for w in asked[at + 1 : at + 4] if w.lower() not in ("many", "much")]
    out = []
    for word in behind:
        if word.lower() in FUNCTION:
            break
        out.append(word)
    return out


def _around(asked: tuple[str, ...]) -> tuple[str, str, str]:
    """The word before what is asked for, the word behind it, and the question's last."""
    at = _place(asked)
    behind = (
        at
        + 1
        + len(_focus(asked))
        + sum(w.lower() in ("many", "much") for w in asked[at + 1 : at + 2])
    )
    rest = [w for w in asked[behind:] if w.lower() not in _AUXILIARY]
    return asked[at - 1] if at else "", rest[0] if rest else "", asked[-1]


def _asked(asked: tuple[str, ...]) -> np.ndarray:
    at = _place(asked)
    behind = (*asked[at : at + ASKED], *[""] * ASKED)[:ASKED]
    return np.array([word_class(w) for w in behind])
