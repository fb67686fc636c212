"""Cloze questions over novels, the books of a split apart from the others.

Shape letters: ``B`` batch, ``M`` mentions of candidates, ``W`` words of a window, ``C`` candidates.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.data import find
from recollect.tasks.base import Step
from recollect.tasks.reading.cloze import ClozeQuestion, cloze_questions
from recollect.tasks.reading.counting import COUNTING
from recollect.tasks.reading.text import kinds, sentences
from recollect.tasks.reading.words import KINDS, Laid, ReadingBatch, ReadingWords, stack

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


class Reading:
    """Which of ten names, or ten nouns, is missing in a sentence of a novel that nobody has read.

    Every mention of a candidate in the twenty sentences before, or in the sentence itself, is a
    memory: the `side` words before and after it. The vocabulary has the words of the training
    novels that are in `rare` places or more, the most frequent first; names are none of them, for
    those of a new book are as good as any.

    Raises:
        ValueError: a number is out of its range.
        MissingData: a book is not there; the message names it and the remedy.
    """

    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        *,
        batch: int = 64,
        side: int = 8,
        rare: int = 3,
        mentions: int = 64,
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
                    counts.update(word for words in book for word in words)
                for kind in KINDS:
                    stride = 1 if split == "train" else 2
                    asked = cloze_questions(book, found, kind=kind, stride=stride)
                    made += [(kind, question) for question in asked]
        self.names = frozenset(names)
        known: Counter[str] = Counter()
        for word, count in counts.items():
            if word not in names:
                known[word.lower()] += count
        kept = sorted((w for w, n in known.items() if n >= rare), key=lambda w: (-known[w], w))
        self.vocab = ("", *kept)
        self.learnt = ReadingWords(vocab=self.vocab, side=side, mentions=mentions)
        self._laid: dict[str, list[Laid | None]] = {
            split: [None] * len(asked) for split, asked in self.questions.items()
        }

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[ReadingBatch]:
        """Yield training batches without end, drawn with replacement, or another split's once."""
        if split not in self.questions:
            raise ValueError(f"split is {split!r}; choose {', '.join(self.questions)}")
        size, at = len(self.questions[split]), start
        while split == "train":
            picks = np.random.default_rng((seed, 5, at)).integers(0, size, self.batch)
            yield stack([self._lay(split, i) for i in picks.tolist()])
            at += 1
        for first in range(start * self.batch, size, self.batch):
            last = min(size, first + self.batch)
            yield stack([self._lay(split, i) for i in range(first, last)])

    def collate(self, questions: Sequence[tuple[str, ClozeQuestion]]) -> ReadingBatch:
        """Return questions as tensors.

        Shapes:
            B questions -> see `ReadingBatch`.
        """
        return stack([self.learnt.lay(kind, question, self.names) for kind, question in questions])

    def step(self, model: nn.Module, batch: ReadingBatch) -> Step:
        """Return the mean cross-entropy and the share of wrong answers."""
        told = model(*batch[:-1])
        loss = F.nll_loss(told, batch.answer)
        wrong = (told.argmax(-1) != batch.answer).float().mean()
        count = torch.tensor(float(len(batch.answer)))
        return Step(loss, {"loss": loss.detach(), "error": wrong, "count": count})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the share of right answers for names and nouns, beside what counting gives.

        `names_frequent` and the like are those of `recollect.tasks.reading.counting`;
        `names_mentioned` is how many of the ten candidates there are in the context.
        """
        rows: dict[str, list[list[float]]] = {}
        for batch in self.batches(split, seed=0):
            parts = batch.gap, batch.windows, batch.distance, batch.candidate
            said = {"": [model(*batch[:-1]).argmax(-1) for model in models]}
            said |= {f"_{name}": [count(*parts)] for name, count in COUNTING.items()}
            right = {name: [c == batch.answer for c in each] for name, each in said.items()}
            right["_mentioned"] = [_mentioned(batch)]
            for kind, name in enumerate(KINDS):
                mine = batch.kind == kind
                for ending, each in right.items():
                    held = rows.setdefault(name + ending, [[] for _ in each])
                    for row, values in zip(held, each, strict=True):
                        row += values[mine].float().tolist()
        return {
            name: [float(np.mean(row)) for row in held]
            for name, held in sorted(rows.items(), key=lambda item: "_" in item[0])
            if held[0]
        }

    def _lay(self, split: str, i: int) -> Laid:
        """Lay a question out when it is first read, and keep it."""
        held = self._laid[split][i]
        if held is None:
            kind, question = self.questions[split][i]
            held = self._laid[split][i] = self.learnt.lay(kind, question, self.names)
        return held


def _mentioned(batch: ReadingBatch) -> Tensor:
    """How many candidates the context mentions."""
    there = F.one_hot(batch.candidate.clamp(min=0), batch.centre.shape[1]).bool()
    before = (batch.candidate >= 0) & (batch.distance > 0)
    return (there & before.unsqueeze(-1)).any(1).sum(-1)
