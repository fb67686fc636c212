"""Which name a pronoun attends to.

Shape letters: ``B`` batch, ``M`` mentions, ``W`` places of a window, ``C`` candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from recollect.tasks.base import Step
from recollect.tasks.pronouns.gap import GapRow, gap_figures
from recollect.tasks.pronouns.lines import PronounBatch, PronounWords
from recollect.tasks.pronouns.signs import Asked, Told, Vocabulary, look
from recollect.tasks.pronouns.text import Mention, PlacedWord, words

__all__ = ["Pronouns"]

_PUBLISHED: Mapping[str, Any] = MappingProxyType(
    {
        "f1": "66.9 (parallelism heuristic; 70.6 with the page's URL)",
        "f1_masculine": "69.4",
        "f1_feminine": "64.4",
        "bias": "0.93",
    }
)


class Pronouns:
    """Find the name that a pronoun stands for, by what the pronoun attends to.

    Every mention of a name is a slot of the memory: the words around it and signs of how it stands
    to the pronoun; see `recollect.models.MentionReader`. What a name is called is not looked at.

    Args:
        rows: by split, as `recollect.tasks.pronouns.gap` reads them.
        batch: pronouns a step.
        least: how often a word must occur to be known.

    Raises:
        ValueError: a number is below 1, or there are no rows to train on.

    Attributes:
        learnt: the words of the training split, with which a person's own text is read.
    """

    published: Mapping[str, Any] = _PUBLISHED

    def __init__(self, rows: Mapping[str, Sequence[GapRow]], *, batch: int = 64, least: int = 12):
        if batch < 1 or least < 1:
            raise ValueError(f"batch is {batch} and least {least}; give 1 or more of both")
        if not rows.get("train"):
            raise ValueError("there are no rows of a split 'train'; give some")
        self.rows, self.size = rows, batch
        seen = {split: [_looked(row) for row in some] for split, some in rows.items()}
        train = seen["train"]
        windows = [w for asked, told, _ in train for w in (asked.window, *(t.window for t in told))]
        lower = {w.text for row in rows["train"] for w in words(row.text) if w.text.islower()}
        self.learnt = PronounWords(
            vocab=Vocabulary.of(windows, least=least), ordinary=tuple(sorted(lower))
        )
        self._packed = {
            split: self.learnt.collate([s[:2] for s in some], [row.answer for row in rows[split]])
            for split, some in seen.items()
        }
        self._nearest = {split: [near for *_, near in some] for split, some in seen.items()}

    def _whole(self, split: str) -> PronounBatch:
        if split not in self._packed:
            raise ValueError(f"there is no split {split!r}; there are {', '.join(self._packed)}")
        return self._packed[split]

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[PronounBatch]:
        """Yield training batches without end, an epoch in a random order, or a split once."""
        whole = self._whole(split)
        count = len(whole.answer)
        rounds = -(-count // self.size)
        at = start
        while split == "train":
            epoch, place = divmod(at, rounds)
            order = np.random.default_rng((seed, 13, epoch)).permutation(count)
            picks = torch.from_numpy(order[place * self.size : (place + 1) * self.size])
            yield PronounBatch(*(x[picks] for x in whole))
            at += 1
        for first in range(start * self.size, count, self.size):
            yield PronounBatch(*(x[first : first + self.size] for x in whole))

    def step(self, model: nn.Module, batch: PronounBatch) -> Step:
        """Return the mean cross-entropy and the share of wrong answers."""
        likely = model(*batch[:4])
        loss = F.nll_loss(likely, batch.answer)
        wrong = (likely.argmax(-1) != batch.answer).float().mean()
        return Step(
            loss,
            {"loss": loss.detach(), "error": wrong, "count": torch.tensor(float(len(likely)))},
        )

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the benchmark's figures, see `gap_figures`, beside those of the nearer name.

        `..._distance` are of an answer that takes the name with the fewest words between.
        """
        whole, rows = self._whole(split), self.rows[split]
        out: dict[str, list[float]] = {}
        for model in models:
            said = model(*whole[:4]).argmax(-1)
            told = gap_figures(rows, [min(s, 2) for s in said.tolist()])
            for name, value in told.items():
                out.setdefault(name, []).append(value)
        for name, value in gap_figures(rows, self._nearest[split]).items():
            out[f"{name}_distance"] = [value]
        return out


def _looked(row: GapRow) -> tuple[Asked, list[Told], int]:
    """A row's pronoun, the mentions of its two names, and which of them is nearer."""
    read = words(row.text)
    at = _at(read, row.at)
    spans = [
        (_at(read, place), _at(read, place + len(name) - 1))
        for name, place in zip(row.names, row.places, strict=True)
    ]
    named = [
        [Mention(*spans[i], row.names[i]), *_again(read, row.names[i], row.names[1 - i], spans)]
        for i in (0, 1)
    ]
    near = [abs(at - first) for first, _ in spans]
    return *look(read, at, named), int(near[1] < near[0])


def _again(
    read: Sequence[PlacedWord], name: str, other: str, spans: Sequence[tuple[int, int]]
) -> list[Mention]:
    """Return where else a name, or a word of it that the other has not, stands."""
    taken = {i for first, last in spans for i in range(first, last + 1)}
    own = {
        word for word in name.replace("'s", " ").split() if word[0].isupper() and len(word) > 2
    } - set(other.replace("'s", " ").split())
    found: list[Mention] = []
    for i, word in enumerate(read):
        if i in taken or word.text not in own:
            continue
        if found and found[-1].last == i - 1:
            found[-1] = Mention(found[-1].first, i, name)
        else:
            found.append(Mention(i, i, name))
    return found


def _at(read: Sequence[PlacedWord], place: int) -> int:
    """Return the word that a character belongs to."""
    return max((i for i, word in enumerate(read) if word.start <= place), default=0)
