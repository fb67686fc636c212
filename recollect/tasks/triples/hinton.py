"""Hinton's two families (1986): relations that are not told are concluded from others.

104 pairs of a person and a relation have an answer. Some are held out: the triples that tell them
are in no memory and no question of training, and the answer has to be found by other relations
(the aunt of somebody is a sister of the mother, or the wife of the uncle).

Shape letters: ``B`` pairs, ``N`` triples both ways, ``E`` people, ``F`` folds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from recollect.answer.knowledge import read_knowledge
from recollect.data import find
from recollect.models.triple_memory import TripleMemory, Triples
from recollect.tasks.base import Step

__all__ = ["Hinton", "HintonBatch"]

WORDS = 2  # padding, and the entity; the relations follow


class HintonBatch(NamedTuple):
    """Every pair of a person and a relation that has an answer.

    Shapes:
        question ``(B, 1)``; start ``(B,)``; answers ``(B, E)`` of 0 and 1; hidden ``(B, N)``: the
        triples that tell the answer, of which a question may read none.
    """

    question: Tensor
    start: Tensor
    answers: Tensor
    hidden: Tensor


class Hinton:
    """Held-out pairs of a person and a relation, answered by what the other triples tell.

    Every pair is held out once: the pairs are dealt to folds at random, and a model of this task is
    a list of walkers, one a fold, each of which never sees the pairs of its own.

    Args:
        held: pairs held out of a fold; Hinton held out 4.
        folds: how many folds to train; None trains all, so that every pair is judged.
        deal: another random dealing.
        drop: share of the other triples that a question of training may not read either.
        folder: where the data lies.

    Raises:
        ValueError: `held` or `folds` is not positive.
        MissingData: the data is not there.
    """

    def __init__(
        self,
        *,
        held: int = 4,
        folds: int | None = None,
        deal: int = 0,
        drop: float = 0.1,
        folder: str | os.PathLike[str] | None = None,
    ):
        if held < 1 or (folds is not None and folds < 1):
            raise ValueError(f"held is {held} and folds are {folds}; both must be 1 or more")
        path = None if folder is None else Path(folder)
        file = find("family", path=path, file="hinton_family_1986.tsv")
        known = read_knowledge(file.read_text(encoding="utf-8"))
        words = torch.arange(len(known.relations)).unsqueeze(-1) + WORDS
        s, r, o = (torch.from_numpy(c) for c in (known.subjects, known.rels, known.objects))
        one_way = Triples(len(known.names), s, r, o, words)
        self.triples, self.relations = one_way.both_ways(), len(known.relations)
        pairs: dict[tuple[int, int], list[int]] = {}
        for i, (s, r) in enumerate(zip(known.subjects, known.rels, strict=True)):
            pairs.setdefault((int(s), int(r)), []).append(i)
        self.pairs = list(pairs)
        self.drop, self.count = drop, len(known)
        count = len(known)
        hidden = torch.zeros(len(pairs), 2 * count, dtype=torch.bool)
        answers = torch.zeros(len(pairs), len(known.names))
        for b, slots in enumerate(pairs.values()):
            for slot in slots:
                hidden[b, [slot, slot + count]] = True
                answers[b, int(known.objects[slot])] = 1
        start, relation = torch.tensor(self.pairs).unbind(-1)
        self.all = HintonBatch((relation + WORDS).unsqueeze(-1), start, answers, hidden)
        order = list(range(len(self.pairs)))
        Random(f"hinton {deal}").shuffle(order)
        dealt = [order[i : i + held] for i in range(0, len(order), held)]
        self.held = [torch.tensor(fold) for fold in dealt[:folds]]

    @property
    def vocab(self) -> int:
        """Words of a question: the relations."""
        return self.relations + WORDS

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[HintonBatch]:
        """All pairs, again and again for "train", once for another split."""
        yield self.all
        while split == "train":
            yield self.all

    def step(self, model: nn.Module, batch: HintonBatch) -> Step:
        """Mean over folds of minus the logarithm of each answer's probability.

        The pairs held out of a fold are never looked at here, so that no seed is chosen by them.
        """
        losses, hits = [], []
        for fold, held in enumerate(self.held):
            asked = torch.ones(len(batch.start), dtype=torch.bool)
            asked[held] = False
            found = self.answer(model, fold, batch, asked)
            gold = batch.answers[asked]
            likely = ((found + 1e-6).log() * gold).sum(-1) / gold.sum(-1)
            losses.append(-likely.mean())
            best = gold.gather(-1, found.argmax(-1, keepdim=True)).squeeze(-1)
            hits.append(best.mean())
        return Step(torch.stack(losses).mean(), {"hits": torch.stack(hits).mean().detach()})

    def answer(self, model: nn.Module, fold: int, batch: HintonBatch, asked: Tensor) -> Tensor:
        """The probability of every person for the pairs asked, by the walker of a fold.

        Shapes:
            asked ``(B,)`` boolean, b of them true -> ``(b, E)``.
        """
        walker = cast(TripleMemory, cast(nn.ModuleList, model)[fold])
        gone = batch.hidden[self.held[fold]].any(0)
        mask = ~(batch.hidden[asked] | gone)
        if model.training and self.drop:
            kept = torch.rand(len(mask), self.count, device=mask.device) >= self.drop
            mask = mask & kept.repeat(1, 2)
        return walker(batch.question[asked], batch.start[asked], self.triples, mask)

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> Mapping[str, Sequence[float]]:
        """Held-out pairs over all folds.

        `hits`: the likeliest person is an answer. `exact`: the likeliest people, as many as there
        are answers, are the answers. `told`: hits on the pairs that were trained on, whose own
        triples are hidden too.
        """
        found: dict[str, list[float]] = {"hits": [], "exact": [], "told": []}
        for model in models:
            model.eval()
            hits, exact, told = [], [], []
            for fold, held in enumerate(self.held):
                asked = torch.zeros(len(self.pairs), dtype=torch.bool)
                asked[held] = True
                for which, into in ((asked, hits), (~asked, told)):
                    answers = self.answer(model, fold, self.all, which)
                    gold = self.all.answers[which]
                    into.append(gold.gather(-1, answers.argmax(-1, keepdim=True)).flatten())
                    if into is hits:
                        for row, truth in zip(answers, gold, strict=True):
                            best = row.topk(int(truth.sum())).indices
                            exact.append(truth[best].min().reshape(1))
            for name, parts in (("hits", hits), ("exact", exact), ("told", told)):
                found[name].append(float(torch.cat(parts).mean()))
        return found
