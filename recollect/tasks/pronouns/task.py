"""Which name a pronoun attends to.

Shape letters: ``B`` batch, ``M`` mentions, ``W`` places of a window, ``C`` candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.tasks.base import Step
from recollect.tasks.pronouns.gap import GapRow, gap_figures
from recollect.tasks.pronouns.signs import SIDE, SIGNS, Asked, Told, Vocabulary, look
from recollect.tasks.pronouns.text import FEMININE, MASCULINE, Mention, PlacedWord, names, words
from recollect.tasks.said import Said, Wish

__all__ = ["NOBODY", "WINDOW", "PronounBatch", "Pronouns"]

NOBODY = 9
"""The answer that stands for none of the names, and the most names of a text."""
WINDOW = 2 * SIDE + SIGNS
"""Places of a window."""

_PUBLISHED: Mapping[str, Any] = MappingProxyType(
    {
        "f1": "66.9 (parallelism heuristic; 70.6 with the page's URL)",
        "f1_masculine": "69.4",
        "f1_feminine": "64.4",
        "bias": "0.93",
    }
)


class PronounBatch(NamedTuple):
    """Pronouns with the mentions of their candidates.

    Shapes:
        asked ``(B, W)``, windows ``(B, M, W)`` word ids; distance ``(B, M)``, one of 21; candidate
        ``(B, M)``, -1 for no mention; answer ``(B,)``.
    """

    asked: Tensor
    windows: Tensor
    distance: Tensor
    candidate: Tensor
    answer: Tensor


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
        self.vocab = Vocabulary(windows, least=least)
        self.ordinary = frozenset(
            word.text for row in rows["train"] for word in words(row.text) if word.text.islower()
        )
        self._packed = {
            split: self.collate([s[:2] for s in some], [row.answer for row in rows[split]])
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

    def collate(
        self, looked: Sequence[tuple[Asked, Sequence[Told]]], answers: Sequence[int]
    ) -> PronounBatch:
        """Return pronouns as tensors; an answer of 2 or more is nobody.

        Shapes:
            B pronouns -> see `PronounBatch`.
        """
        slots = max((len(told) for _, told in looked), default=0)
        windows = torch.zeros(len(looked), slots, WINDOW, dtype=torch.long)
        distance = torch.zeros(len(looked), slots, dtype=torch.long)
        candidate = torch.full((len(looked), slots), -1)
        windows_asked = []
        for i, (asked, told) in enumerate(looked):
            windows_asked.append(self.vocab.encode(asked.window))
            for m, one in enumerate(told):
                windows[i, m] = torch.tensor(self.vocab.encode(one.window))
                distance[i, m], candidate[i, m] = one.distance, one.candidate
        return PronounBatch(
            torch.tensor(windows_asked).view(len(looked), WINDOW),
            windows,
            distance,
            candidate,
            torch.tensor([a if a < 2 else NOBODY for a in answers]),
        )

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

    @torch.no_grad()
    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Say whom each pronoun of a text means; the weights are what it attends to.

        Raises:
            ValueError: the text is no UTF-8, or has no pronoun of one person, or no name.
        """
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"the text {text!r} is not UTF-8; save or type it as UTF-8")
        read = words(text)
        places = [i for i, w in enumerate(read) if w.text.lower() in MASCULINE | FEMININE]
        if not places:
            raise ValueError(f"there is no he, she, his or her in {text!r}; give a text with one")
        people = grouped(names(read, ordinary=self.ordinary))
        if not people:
            raise ValueError(f"there is no name in {text!r}; names are written with a capital")
        notes = []
        if len(people) > NOBODY:
            notes = [f"{len(people)} names; only the first {NOBODY} are candidates"]
            people = people[:NOBODY]
        labels = [mentions[0].name for mentions in people]
        lines, rows, weights = [], [], []
        for at in places:
            asked, told = look(read, at, people)
            likely = model(*self.collate([(asked, told)], [2])[:4])[0].exp()
            row = torch.cat([likely[: len(people)], likely[NOBODY:]])
            best = int(row.argmax())
            who = labels[best] if best < len(people) else "nobody named"
            lines.append(f"{read[at].text} → {who} ({float(row[best]):.2f})")
            rows.append(read[at].text)
            weights.append(row)
        details = {"answers": lines}
        return Said(
            "\n".join(lines), details, rows, [*labels, "nobody"], torch.stack(weights), notes, text
        )


def grouped(found: Sequence[Mention]) -> list[list[Mention]]:
    """Put mentions of one person together: a name whose words another has is the same.

    >>> [[m.name for m in g] for g in grouped(names(words("Ann Lee met Bo. Ann sang to Bo.")))]
    [['Ann Lee', 'Ann'], ['Bo', 'Bo']]
    """
    people: list[list[Mention]] = []
    for mention in found:
        own = set(mention.name.split())
        same = [p for p in people if own <= set(p[0].name.split())]
        if same:
            same[0].append(mention)
        else:
            people.append([mention])
    return people


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
