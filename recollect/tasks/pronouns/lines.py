"""What is learnt from texts before any training, and whom the pronouns of one's own text mean.

Shape letters: ``B`` batch, ``M`` mentions, ``W`` places of a window, ``C`` candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.tasks.pronouns.signs import SIDE, SIGNS, Asked, Told, Vocabulary, look
from recollect.tasks.pronouns.text import FEMININE, MASCULINE, Mention, names, words
from recollect.tasks.said import Said, Wish

__all__ = ["NOBODY", "WINDOW", "PronounBatch", "PronounWords", "grouped"]

NOBODY = 9
"""The answer that stands for none of the names, and the most names of a text."""
WINDOW = 2 * SIDE + SIGNS
"""Places of a window."""


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


@dataclass(frozen=True, kw_only=True)
class PronounWords:
    """How a text with pronouns is read: with it a model answers without the corpus.

    Attributes:
        vocab: the words and signs of windows.
        ordinary: words that are no names where a capital only begins a sentence.
    """

    vocab: Vocabulary
    ordinary: tuple[str, ...]

    @cached_property
    def _plain(self) -> frozenset[str]:
        return frozenset(self.ordinary)

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
        people = grouped(names(read, ordinary=self._plain))
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
        return Said(
            "\n".join(lines),
            {"answers": lines},
            rows,
            [*labels, "nobody"],
            torch.stack(weights),
            notes,
            title=text,
            caption="A row is a pronoun, a column a name that it may stand for",
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
