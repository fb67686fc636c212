"""Cloze questions over novels, the books of a split apart from the others.

Shape letters: ``B`` batch, ``M`` mentions of candidates, ``W`` words of a window, ``C`` candidates.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.data import find
from recollect.tasks.base import Step
from recollect.tasks.reading.cloze import CONTEXT, ClozeQuestion, cloze_questions
from recollect.tasks.reading.text import kinds, sentences

__all__ = ["BOOKS", "Reading", "ReadingBatch"]

BOOKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "train": (
            "45_anne_of_green_gables.txt",
            "514_little_women.txt",
            "113_the_secret_garden.txt",
            "62_a_princess_of_mars.txt",
        ),
        "valid": ("74_the_adventures_of_tom_sawyer.txt",),
        "test": ("11_alices_adventures_in_wonderland.txt", "120_treasure_island.txt"),
    }
)
"""The novels of each split."""

_NAME, _UNKNOWN = 1, 2
_KINDS = ("names", "nouns")


class ReadingBatch(NamedTuple):
    """Questions as windows.

    Shapes:
        gap ``(B, W)``, windows ``(B, M, W)``, centre ``(B, M)`` word ids; distance ``(B, M)`` in
        sentences; candidate ``(B, M)``, -1 for no mention; answer, kind (0 names, 1 nouns)
        ``(B,)``.
    """

    gap: Tensor
    windows: Tensor
    centre: Tensor
    distance: Tensor
    candidate: Tensor
    answer: Tensor
    kind: Tensor


class Reading:
    """Which of ten names, or ten nouns, is missing in a sentence of a novel that nobody has read.

    Every mention of a candidate in the twenty sentences before, or in the sentence itself, is a
    memory: the `side` words before and after it. Names are one word for all, so the names of a new
    book are as good as any; words in fewer than `rare` places of the training books are unknown.

    Raises:
        ValueError: a number is out of its range.
        MissingData: a book is not there; the message names it and the remedy.
    """

    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        *,
        batch: int = 32,
        side: int = 5,
        rare: int = 5,
        mentions: int = 96,
        books: Mapping[str, Sequence[str]] = BOOKS,
        folder: str | os.PathLike[str] | None = None,
    ):
        if min(batch, side, rare, mentions) < 1:
            raise ValueError(
                f"batch is {batch}, side {side}, rare {rare}, mentions {mentions}: give 1 or more"
            )
        self.batch, self.side, self.mentions = batch, side, mentions
        path = None if folder is None else Path(folder)
        self.questions: dict[str, list[tuple[str, ClozeQuestion]]] = {}
        counts: Counter[str] = Counter()
        names: set[str] = set()
        for split, files in books.items():
            made = self.questions.setdefault(split, [])
            for file in files:
                text = find("gutenberg_children", path=path, file=file).read_text(encoding="utf-8")
                book = sentences(text)
                found = kinds(book)
                names |= found.names
                if split == "train":
                    counts.update(word.lower() for words in book for word in words)
                for kind in _KINDS:
                    stride = 1 if split == "train" else 2
                    asked = cloze_questions(book, found, kind=kind, stride=stride)
                    made += [(kind, question) for question in asked]
        self.names = frozenset(names)
        kept = sorted(word for word, count in counts.items() if count >= rare)
        self.vocab = ("", "[name]", "[unknown]", *kept)
        self._word = {word: i for i, word in enumerate(self.vocab)}

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[ReadingBatch]:
        """Yield training batches without end, drawn with replacement, or another split's once."""
        if split not in self.questions:
            raise ValueError(f"split is {split!r}; choose {', '.join(self.questions)}")
        asked, at = self.questions[split], start
        while split == "train":
            picks = np.random.default_rng((seed, 5, at)).integers(0, len(asked), self.batch)
            yield self.collate([asked[i] for i in picks])
            at += 1
        for first in range(start * self.batch, len(asked), self.batch):
            yield self.collate(asked[first : first + self.batch])

    def collate(self, questions: Sequence[tuple[str, ClozeQuestion]]) -> ReadingBatch:
        """Return questions as tensors.

        Shapes:
            B questions -> see `ReadingBatch`.
        """
        held = [self._mentions(question) for _, question in questions]
        slots, width = max(len(found) for found in held), 2 * self.side
        windows = torch.zeros(len(held), slots, width, dtype=torch.long)
        rest = torch.zeros(3, len(held), slots, dtype=torch.long)
        rest[2] = -1
        gaps = []
        for i, ((_, question), found) in enumerate(zip(questions, held, strict=True)):
            gaps.append(self._window(question.query, question.blank))
            windows[i, : len(found)] = torch.tensor([window for window, *_ in found])
            rest[:, i, : len(found)] = torch.tensor([other for _, *other in found]).T
        centre, distance, candidate = rest
        answer = torch.tensor([q.candidates.index(q.answer) for _, q in questions])
        kind = torch.tensor([_KINDS.index(kind) for kind, _ in questions])
        return ReadingBatch(torch.tensor(gaps), windows, centre, distance, candidate, answer, kind)

    def step(self, model: nn.Module, batch: ReadingBatch) -> Step:
        """Return the mean cross-entropy and the share of wrong answers."""
        logits = model(*batch[:5])
        loss = F.nll_loss(logits, batch.answer)
        wrong = (logits.argmax(-1) != batch.answer).float().mean()
        count = torch.tensor(float(len(batch.answer)))
        return Step(loss, {"loss": loss.detach(), "error": wrong, "count": count})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the share of right answers for names and nouns, beside what counting gives.

        `..._frequent` chooses the candidate most often mentioned in context and question,
        `..._recent` the last one mentioned in the context, `..._chance` is one of ten.
        """
        hits: dict[str, list[list[float]]] = {kind: [[] for _ in models] for kind in _KINDS}
        told: dict[str, list[float]] = {}
        for batch in self.batches(split, seed=0):
            said = [model(*batch[:5]).argmax(-1) == batch.answer for model in models]
            counted, last = _counted(batch), _last(batch)
            for i, kind in enumerate(batch.kind.tolist()):
                name = _KINDS[kind]
                for row, each in zip(hits[name], said, strict=True):
                    row.append(float(each[i]))
                told.setdefault(f"{name}_frequent", []).append(float(counted[i]))
                told.setdefault(f"{name}_recent", []).append(float(last[i]))
        found = {
            kind: [float(np.mean(row)) for row in rows] for kind, rows in hits.items() if rows[0]
        }
        return found | {name: [float(np.mean(row))] for name, row in told.items()}

    def _mentions(self, question: ClozeQuestion) -> list[tuple]:
        number = {word: i for i, word in enumerate(question.candidates)}
        found = []
        for back, words in enumerate((question.query, *question.context[::-1])):
            for place in range(len(words) - 1, -1, -1):
                if words[place] in number and not (back == 0 and place == question.blank):
                    hole = question.blank if back == 0 else None
                    window = self._window(words, place, hole)
                    at = min(back, CONTEXT)
                    found.append((window, self._id(words[place]), at, number[words[place]]))
        return found[: self.mentions]  # the most recent first

    def _window(self, words: Sequence[str], place: int, hole: int | None = None) -> list[int]:
        """The words around a place, the place itself left out, and the gap where it is in sight."""
        near = [*range(place - self.side, place), *range(place + 1, place + self.side + 1)]
        inside = [i if 0 <= i < len(words) and i != hole else -1 for i in near]
        return [self._id(words[i]) if i >= 0 else 0 for i in inside]

    def _id(self, word: str) -> int:
        return _NAME if word in self.names else self._word.get(word.lower(), _UNKNOWN)


def _counted(batch: ReadingBatch) -> Tensor:
    """Whether the candidate mentioned most often is the answer; equals are settled by recency."""
    there = F.one_hot(batch.candidate.clamp(min=0), 10) * (batch.candidate >= 0).unsqueeze(-1)
    return (there.sum(1) - there.cumsum(1).eq(0).sum(1) * 1e-4).argmax(-1) == batch.answer


def _last(batch: ReadingBatch) -> Tensor:
    """Whether the last candidate mentioned in the context is the answer."""
    before = (batch.distance > 0) & (batch.candidate >= 0)
    first = before.to(torch.uint8).argmax(-1, keepdim=True)
    return batch.candidate.gather(1, first).squeeze(1) == batch.answer
