"""PathQuestion for a key-value memory: triples found by their subject and relation.

Shape letters: ``B`` batch, ``J`` words of a question, ``N`` slots, ``K`` words of a key, ``C``
entities, ``H`` hops.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, Literal, NamedTuple, cast

import torch
from torch import Tensor, nn

from recollect.models.kv_memory import (
    KeyHash,
    KeyValueMemory,
    KeyValueSlots,
    Slot,
    sentence_slots,
    triple_slots,
    window_slots,
)
from recollect.tasks.base import Step
from recollect.tasks.triples.pathquestion import FLOOR, Kind, PathQuestion, relation_words

__all__ = ["KeyValueBatch", "KeyValueQuestions", "Told"]

Told = Literal["triples", "sentences", "windows"]
Triple = tuple[str, str, str]


class KeyValueBatch(NamedTuple):
    """Questions, and the slots that were selected for each.

    Shapes:
        question ``(B, J)``; slots with keys ``(B, N, K)`` and values ``(B, N, V)``; mask ``(B,
        N)``; answers ``(B, C)`` of 0 and 1; path ``(B, H)``, the places of the gold triples among
        the slots, -1 for one that was not selected. Where nothing is selected, the keys are ``(N,
        K)`` and the values ``(N, V)``, the same for all.
    """

    question: Tensor
    slots: KeyValueSlots
    mask: Tensor | None
    answers: Tensor
    path: Tensor


class KeyValueQuestions:
    """PathQuestion, learnt from answers alone over slots that a hash of words selects.

    What is known is told in one of three ways, as Miller et al. 2016 tell it (section 3.3). Of
    "triples" a key is a subject and the words of a relation, a value the object. Or each triple is
    a sentence, "Ann mother Eve": of "sentences" all of it is key and value, of "windows" a slot
    for each of its two names has that name as its value and the words around it as its key.

    The slots of a question are those that share a rare word with it and, `hops` times, with the
    values found so far: the network then reads tens of slots, not thousands.

    Args:
        kind: "2H", "3H", "L-2H" or "L-3H".
        told: how the network is told what is known.
        split: how questions are parted; see `PathQuestion`.
        fold: another random parting.
        batch: questions a batch.
        most: keys that a word may stand in to select any; None reads all triples every time.
        folder: where the data lies.

    Raises:
        ValueError, MissingData: as `PathQuestion`.
    """

    published: Mapping[str, Any] = {}

    def __init__(
        self,
        kind: Kind = "2H",
        *,
        told: Told = "triples",
        split: Literal["random", "paths"] = "random",
        fold: int = 0,
        batch: int = 64,
        most: int | None = 40,
        folder: str | os.PathLike[str] | None = None,
    ):
        data = PathQuestion(kind, split=split, fold=fold, batch=batch, folder=folder)
        self.hops, self.size, self.parts, self.lines = data.hops, batch, data.parts, data.lines
        self.names, self.entity = data.names, data.entity
        known = data.triples
        rows = [
            (data.names[s], data.relations[r], data.names[o])
            for s, r, o in zip(
                known.subjects.tolist(), known.relations.tolist(), known.objects.tolist(),
                strict=True,
            )
        ]  # fmt: skip
        self.triples, self.told = rows, told
        slots, of = _slots(rows, told)
        self._slot = dict(zip(rows, of, strict=True))
        self._keys, self._values = [key for key, _ in slots], [value for _, value in slots]
        # Entities come first, so that the answers are the rows 1 to C of the table.
        words = dict.fromkeys(word for key in self._keys for word in key)
        asked = dict.fromkeys(w for i in data.parts["train"] for w in data.lines[i].words)
        order = ["", *self.names, *(w for w in {**words, **asked} if w not in self.entity)]
        self.vocab = {word: i for i, word in enumerate(order)}
        self.whole = KeyValueSlots(self._numbers(self._keys), self._numbers(self._values))
        self._hash = None if most is None else KeyHash(self._keys, most=most)
        self._found: dict[int, list[int]] = {}

    def _numbers(self, rows: Sequence[Sequence[str]]) -> Tensor:
        """The words of some bags, padded with 0."""
        out = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for i, words in enumerate(rows):
            out[i, : len(words)] = torch.tensor([self.vocab[word] for word in words])
        return out

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[KeyValueBatch]:
        """Batch i is a pure function of (split, seed, i)."""
        if split not in self.parts:
            raise ValueError(f"split is {split!r}; choose {', '.join(self.parts)}")
        part = self.parts[split]
        each, i = -(-len(part) // self.size), start
        while split == "train" or i < each:
            epoch, at = divmod(i, each)
            order = list(part)
            if split == "train":
                Random(f"{seed} {epoch}").shuffle(order)
            yield self.batch(order[at * self.size : (at + 1) * self.size])
            i += 1

    def selected(self, row: int) -> list[int]:
        """The slots that question `row` reads; without a hash, all of them."""
        if self._hash is None:
            return list(range(len(self._keys)))
        if row not in self._found:
            self._found[row] = self._hash.reach(self.lines[row].words, self._values, hops=self.hops)
        return self._found[row]

    def batch(self, rows: Sequence[int]) -> KeyValueBatch:
        """Some questions, by their numbers."""
        lines, picked = [self.lines[i] for i in rows], [self.selected(i) for i in rows]
        question = torch.zeros(len(rows), max(len(line.words) for line in lines), dtype=torch.long)
        index = torch.full((len(rows), max(1, *map(len, picked))), -1)
        answers, path = torch.zeros(len(rows), len(self.names)), []
        for b, (line, slots) in enumerate(zip(lines, picked, strict=True)):
            found = [self.vocab.get(word, 0) for word in line.words]
            question[b, : len(found)] = torch.tensor(found)
            index[b, : len(slots)] = torch.tensor(slots)
            answers[b, [self.entity[a] for a in line.answers if a in self.entity]] = 1
            place = {slot: i for i, slot in enumerate(slots)}
            path.append([place.get(self._slot[step], -1) for step in line.path])
        mask, index = index >= 0, index.clamp(min=0)
        slots = self.whole
        if self._hash is not None:
            there = mask.unsqueeze(-1)
            slots = KeyValueSlots(slots.keys[index] * there, slots.values[index] * there)
        return KeyValueBatch(question, slots, mask, answers, torch.tensor(path))

    def step(self, model: nn.Module, batch: KeyValueBatch) -> Step:
        """Minus the logarithm of the probability of the answers, whichever."""
        chances = self._answer(cast(KeyValueMemory, model), batch).softmax(-1)
        right = (chances * batch.answers).sum(-1)
        best = batch.answers.gather(-1, chances.argmax(-1, keepdim=True)).squeeze(-1)
        count = torch.tensor(float(len(right)))
        hits = best.mean().detach()
        return Step(-(right + FLOOR).log().mean(), {"hits": hits, "count": count})

    def _answer(self, model: KeyValueMemory, batch: KeyValueBatch) -> Tensor:
        return model(batch.question, batch.slots, None, batch.mask)[:, 1 : len(self.names) + 1]

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> Mapping[str, Sequence[float]]:
        """Hits@1, the gold path among the hops, and what the selection costs.

        `path`: the first choice of every hop is its gold triple, in order; `support`: the share of
        the gold triples that are some hop's first choice. `selected`: the questions whose gold path
        is among their slots, whole; `slots`: how many slots they read. `hits_whole`: hits where
        every triple is read instead.
        """
        found: dict[str, list[float]] = {}
        for model in models:
            net, sums, count = cast(KeyValueMemory, model.eval()), dict[str, float](), 0
            for batch in self.batches(split, seed=0):
                mask = cast(Tensor, batch.mask)
                best = self._answer(net, batch).argmax(-1, keepdim=True)
                every = self._answer(net, batch._replace(slots=self.whole, mask=None))
                first = net.weights(batch.question, batch.slots, mask).argmax(-1)
                there = (first.unsqueeze(1) == batch.path.unsqueeze(2)).any(2)
                figures = {
                    "hits": batch.answers.gather(-1, best).squeeze(-1),
                    "path": (first == batch.path).all(-1),
                    "support": there.float().mean(-1),
                    "selected": (batch.path >= 0).all(-1),
                    "slots": mask.sum(-1),
                    "hits_whole": batch.answers.gather(-1, every.argmax(-1, keepdim=True))[:, 0],
                }
                for name, each in figures.items():
                    sums[name] = sums.get(name, 0.0) + float(each.float().sum())
                count += len(best)
            for name, total in sums.items():
                found.setdefault(name, []).append(total / count)
        return found


def _slots(rows: Sequence[Triple], told: Told) -> tuple[list[Slot], list[int]]:
    """The slots that tell triples, and the one of each that tells its object."""
    if told == "triples":
        keyed = triple_slots(rows, both_ways=False)
        slots = [((key[0], *relation_words(key[1])), value) for key, value in keyed]
        return slots, list(range(len(rows)))
    spelt = [(subject, *relation_words(relation), object_) for subject, relation, object_ in rows]
    if told == "sentences":
        return sentence_slots(spelt), list(range(len(rows)))
    if told != "windows":
        raise ValueError(f"told is {told!r}; choose triples, sentences or windows")
    slots = [slot for words in spelt for slot in window_slots(words, {words[0], words[-1]})]
    ends, of = 0, []
    for words in spelt:
        ends += sum(word in (words[0], words[-1]) for word in words)
        of.append(ends - 1)
    return slots, of
