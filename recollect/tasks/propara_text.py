"""Texts about processes as words, and the courses that things can take in them.

Shape letters: ``B`` participants, ``T`` sentences, ``J`` words of a sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import torch
from torch import Tensor

from recollect.tasks.propara_scores import GONE, UNTOLD, stem

__all__ = ["CHANGES", "find_name", "likeliest", "read_texts", "states", "word_at", "words"]

CHANGES = ("none", "move", "create", "destroy")
"""What a sentence can do to a participant."""

_WORD = re.compile(r"\w+|[^\w\s]")
_UNKNOWN = 1


def words(text: str) -> list[str]:
    """Return a text's words and signs in lower case."""
    return _WORD.findall(text.lower())


def read_texts(
    rows: Sequence[tuple[Sequence[str], str]], vocab: dict[str, int]
) -> tuple[Tensor, Tensor]:
    """Return the words of texts, and which of them name the participant that each is read for.

    A participant may have several names, parted by semicolons.

    Shapes:
        B texts of sentences with a participant -> ``(B, T, J)`` ids, 0 behind the end; ``(B, T,
        J)``.
    """
    texts = [[words(s) for s in sentences] for sentences, _ in rows]
    T, J = max(map(len, texts)), max(len(s) for text in texts for s in text)
    ids = torch.zeros(len(rows), T, J, dtype=torch.long)
    mine = torch.zeros(len(rows), T, J, dtype=torch.bool)
    for b, ((_, participant), text) in enumerate(zip(rows, texts, strict=True)):
        names = [words(name) for name in participant.split(";")]
        for t, sentence in enumerate(text):
            row = [vocab.get(stem(w), _UNKNOWN) for w in sentence]
            ids[b, t, : len(row)] = torch.tensor(row, dtype=torch.long)
            for name in names:
                for at in find_name(sentence, name):
                    mine[b, t, at : at + len(name)] = True
    return ids, mine


def likeliest(changes: Sequence[Sequence[float]], exists: float) -> tuple[bool, list[int]]:
    """Return whether a participant exists before the text, and its likeliest possible changes.

    What does not exist cannot move or be used up, and what exists cannot be made. `changes` are
    log-probabilities of `CHANGES`, sentence by sentence, `exists` a logit.

    >>> likeliest([[-9, -1, -2, -9], [-2, -1, -9, -3]], 0.0)
    (True, [1, 1])
    >>> likeliest([[-9, -1, -2, -9], [-2, -1, -9, -3]], -9.0)
    (False, [2, 1])
    """
    start = {True: -math.log1p(math.exp(-exists)), False: -math.log1p(math.exp(exists))}
    best: dict[bool, tuple[float, bool, list[int]]] = {
        there: (score, there, []) for there, score in start.items()
    }
    ways = {True: ((0, True), (1, True), (2, False)), False: ((0, False), (3, True))}
    for row in changes:
        best = {
            there: max(
                (best[before][0] + row[kind], best[before][1], [*best[before][2], kind])
                for kind, before in ways[there]
            )
            for there in (True, False)
        }
    _, there, happened = max(best.values())
    return there, happened


def states(there: bool, happened: Sequence[int], said: Sequence[str]) -> list[str]:
    """Return the states that changes lead to; a move that leads nowhere else is to a place untold.

    `said` are the words for the place before the text and after each sentence.
    """
    found = [said[0] if there else GONE]
    for kind, place in zip(happened, said[1:], strict=True):
        name = CHANGES[kind]
        found.append(GONE if name == "destroy" else found[-1] if name == "none" else place)
    return found


def word_at(sentences: Sequence[str], place: int, width: int) -> str:
    """Return the word at a place among all words of a text, sentences being `width` long."""
    t, j = divmod(place, width)
    said = words(sentences[t]) if t < len(sentences) else []
    return said[j] if j < len(said) else UNTOLD


def find_name(sentence: Sequence[str], name: Sequence[str]) -> list[int]:
    """Where a name stands in a sentence; a plural or singular ending may differ."""
    stems = [stem(w) for w in name]
    here = [stem(w) for w in sentence]
    return [
        i for i in range(len(here) - len(stems) + 1) if stems and here[i:][: len(stems)] == stems
    ]
