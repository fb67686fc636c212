"""Questions of bAbI laid out as arrays, each sentence encoded once.

Shape letters: ``M`` memory slots, ``Q`` questions, ``F`` gold facts.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recollect.kernels.layout import Facts
from recollect.tasks.babi_files import BabiQuestion

__all__ = ["BabiSplit", "encode"]


class BabiSplit(NamedTuple):
    """Encoded questions: what a kernel reads, the task of each, the gold facts among the slots.

    Shapes:
        task, supports (how many gold facts there are) ``(Q,)``; support ``(Q, M)``; chain ``(Q,
        F)``, the slots of the gold facts in the file's order, -1 for a fact that is no longer in
        memory and behind the last.
    """

    facts: Facts
    task: NDArray[np.int32]
    support: NDArray[np.bool_]
    supports: NDArray[np.int32]
    chain: NDArray[np.int32]


def encode(
    parsed: Sequence[tuple[int, BabiQuestion]], words: dict[str, int], longest: int, slots: int
) -> BabiSplit:
    """Lay the questions out; a story's statements are stored once, whatever asks about it."""
    sentences: list[tuple[str, ...]] = []
    first = np.zeros(len(parsed), np.int32)
    count = np.zeros(len(parsed), np.int32)
    support = np.zeros((len(parsed), slots), bool)
    most = max((len(question.support) for _, question in parsed), default=0)
    chain = np.full((len(parsed), most), -1, np.int32)
    before, begin = (-1, -1), 0
    for row, (number, question) in enumerate(parsed):
        length = len(question.story)
        if (question.task, number) != before:
            before, begin = (question.task, number), len(sentences)
        sentences.extend(question.story[len(sentences) - begin :])
        count[row] = min(length, slots)
        first[row] = begin + length - count[row]
        recent = [f - (length - count[row]) for f in question.support]
        support[row, [f for f in recent if f >= 0]] = True
        chain[row, : len(recent)] = [max(f, -1) for f in recent]

    def table(texts: Sequence[tuple[str, ...]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        out = np.zeros((max(len(texts), 1), longest), np.int32)
        for row, text in enumerate(texts):
            out[row, : len(text)] = [words[w] for w in text]
        return out, np.array([len(t) for t in texts], np.int32)

    questions = [question for _, question in parsed]
    asked = table([q.words for q in questions])
    answer = np.array([words[q.answer] for q in questions], np.int32)
    facts = Facts(*table(sentences), first, count, *asked, answer)
    task = np.array([q.task for q in questions], np.int32)
    supports = np.array([len(set(q.support)) for q in questions], np.int32)
    return BabiSplit(facts, task, support, supports, chain)
