"""CLUTRR as its readers get it: a story in English, two persons, and the relation between them.

Shape letters: ``B`` batch, ``L`` words of a story, ``N`` persons, ``R`` relations.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.models.relation_reader import RelationReader
from recollect.tasks.base import Step
from recollect.tasks.clutrr import Clutrr, ClutrrQuestion, by_length, shares_by_length
from recollect.tasks.clutrr_own import KinStoryWords, story_words

__all__ = ["ClutrrText", "ClutrrTextBatch"]

_PERSON, _UNKNOWN = 1, 2


class ClutrrTextBatch(NamedTuple):
    """Stories as tensors, and the facts they tell, which a model is taught and not shown.

    Shapes:
        tokens, who ``(B, L)``: word ids, the person a word names or -1; query ``(B, 2)``; answer,
        length ``(B,)``; facts ``(B, N, N)``, the relation told of a pair, -1 for none.
    """

    tokens: Tensor
    who: Tensor
    query: Tensor
    answer: Tensor
    length: Tensor
    facts: Tensor


class ClutrrText:
    """The stories of CLUTRR: `Clutrr`'s questions from the text alone.

    The reader is taught the facts behind its story and the memory the answer that follows from
    them, side by side; nothing but the story and the two names is read when they are measured, one
    after the other. A word in `rare` or fewer training stories is unknown. The wordings of the test
    stories are others than those of training.

    Raises:
        ValueError, MissingData: as `Clutrr`.
    """

    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self,
        trained: Literal["2-3", "2-4"] = "2-4",
        *,
        batch: int = 32,
        rare: int = 2,
        folder: str | os.PathLike[str] | None = None,
    ):
        self.facts = Clutrr(trained, batch=batch, folder=folder)
        self.relations = self.facts.relations
        seen = Counter(w for q in self.facts.splits["train"] for w in set(story_words(q.story)))
        kept = sorted(w for w, n in seen.items() if n > rare and not w.startswith("["))
        self.vocab = ("", "[person]", "[unknown]", *kept)
        self.learnt = KinStoryWords(relations=self.relations, vocab=self.vocab)
        self._word = {word: i for i, word in enumerate(self.vocab)}
        self._relation = {name: i for i, name in enumerate(self.relations)}

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[ClutrrTextBatch]:
        """Yield the batches of `Clutrr`, as text."""
        for questions in self.facts.rows(split, seed=seed, start=start):
            yield self.collate(questions)

    def collate(self, questions: Sequence[ClutrrQuestion]) -> ClutrrTextBatch:
        """Return questions as tensors.

        Shapes:
            B questions -> see `ClutrrTextBatch`.
        """
        stories = [story_words(q.story) for q in questions]
        longest, persons = max(map(len, stories)), max(len(q.names) for q in questions)
        tokens = torch.zeros(len(questions), longest, dtype=torch.long)
        who = torch.full_like(tokens, -1)
        facts = torch.full((len(questions), persons, persons), -1)
        for i, (q, words) in enumerate(zip(questions, stories, strict=True)):
            number = {f"[{name.lower()}]": n for n, name in enumerate(q.names)}
            tokens[i, : len(words)] = torch.tensor(
                [_PERSON if w[0] == "[" else self._word.get(w, _UNKNOWN) for w in words]
            )
            who[i, : len(words)] = torch.tensor([number.get(w, -1) for w in words])
            for a, kind, b in q.facts:
                facts[i, a, b] = self._relation[kind]
        return ClutrrTextBatch(
            tokens,
            who,
            torch.tensor([q.query for q in questions]),
            torch.tensor([self._relation[q.answer] for q in questions]),
            torch.tensor([len(q.facts) for q in questions]),
            facts,
        )

    def step(self, model: nn.Module, batch: ClutrrTextBatch) -> Step:
        """Return the cross-entropy of the facts and of the answers that follow from the true ones.

        `error` is the share of wrong answers from the story, as it is when measured.
        """
        reader = cast(RelationReader, model)
        told = reader.read(batch.tokens, batch.who)
        taught, read = _taught(told, batch.facts)
        true = F.one_hot(batch.facts + 1, len(self.relations) + 1)[..., 1:].to(told)
        answered = F.nll_loss(reader.memory(true, batch.query), batch.answer)
        with torch.no_grad():
            said = reader.memory(told, batch.query).argmax(-1)
        count = torch.tensor(float(len(batch.answer)))
        figures = {
            "loss": (answered + taught).detach(),
            "error": (said != batch.answer).float().mean(),
            "facts": read,
            "count": count,
        }
        return Step(answered + taught, figures)

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the share of right answers by number of facts, as `Clutrr.evaluate`.

        `facts` is the share of the told facts that were read right.
        """
        return by_length([self._measure(cast(RelationReader, m), split) for m in models])

    def _measure(self, model: RelationReader, split: str) -> dict[str, float]:
        right, length, found = [], [], []
        for batch in self.batches(split, seed=0):
            told = model.read(batch.tokens, batch.who)
            said = model.memory(told, batch.query).argmax(-1)
            right += (said == batch.answer).tolist()
            length += batch.length.tolist()
            found.append(float(_taught(told, batch.facts)[1]) * float((batch.facts >= 0).sum()))
        share = sum(found) / sum(length) if length else 0.0
        return shares_by_length(right, length) | {"facts": float(np.float64(share))}


def _taught(told: Tensor, facts: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the facts of a story, none among them, and the share of facts read right."""
    gold = facts[:, : told.shape[1], : told.shape[2]]
    true, real = gold.clamp(min=0), gold >= 0
    share = told.gather(-1, true.unsqueeze(-1)).squeeze(-1)
    none = (1 - told.sum(-1)).clamp(min=1e-6)
    there = -(share.clamp(min=1e-6)).log()[real].mean()
    away = -none.log()[~real].sum() / real.sum()
    right = (told.argmax(-1) == true) & (told.sum(-1) > 0.5)
    return there + away, right[real].float().mean().detach()
