"""ProPara (Dalvi et al. 2018): where things are, sentence by sentence, in texts about processes.

A grid gives every participant's place before the text and after each sentence: "-" where it does
not exist, "?" where nobody is told.

Shape letters: ``B`` participants, ``T`` sentences, ``J`` words of a sentence.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.data import find
from recollect.models.process_memory import ProcessTold
from recollect.tasks.base import Step
from recollect.tasks.propara_own import ProcessWords
from recollect.tasks.propara_scores import GONE, UNTOLD, Follows, categories, change, stem
from recollect.tasks.propara_text import (
    CHANGES,
    find_name,
    likeliest,
    read_texts,
    states,
    word_at,
    words,
)

__all__ = ["CHANGES", "ProPara", "ProParaBatch", "Process", "likeliest", "read_propara"]


class Process(NamedTuple):
    """A paragraph: its sentences, its participants, and a row of places for each of them."""

    number: str
    sentences: tuple[str, ...]
    participants: tuple[str, ...]
    states: tuple[tuple[str, ...], ...]


class ProParaBatch(NamedTuple):
    """Participants with the text they are in.

    Shapes:
        words ``(B, T, J)`` ids, 0 behind the end; mine ``(B, T, J)``, True where the participant is
        named; change ``(B, T)`` index into `CHANGES`, -1 behind the last sentence; exists ``(B,)``,
        before the text; places ``(B, T + 1, T J + 1)``, True for the words that name the place
        before the text and after each change, the last for an untold one; none is True where
        nothing was moved or made.
    """

    words: Tensor
    mine: Tensor
    change: Tensor
    exists: Tensor
    places: Tensor


def read_propara(path: str | os.PathLike[str]) -> list[Process]:
    """Read a published file of grids, a paragraph a line.

    Raises:
        ValueError: a line is no paragraph, or a row is not one state longer than the text.
    """
    found = []
    for line, text in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(text)
            process = Process(
                str(row["para_id"]),
                tuple(row["sentence_texts"]),
                tuple(row["participants"]),
                tuple(tuple(states) for states in row["states"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {line}: no paragraph of ProPara ({error})") from error
        lengths = {len(states) for states in process.states}
        if lengths - {len(process.sentences) + 1} or len(process.states) != len(
            process.participants
        ):
            raise ValueError(
                f"{path}, line {line}: a participant has a state before the text and one after "
                f"each of its {len(process.sentences)} sentences; there are {sorted(lengths)}"
            )
        found.append(process)
    return found


class ProPara:
    """What each sentence does to each participant, and where to.

    Words in fewer than `rare` places of the training texts are unknown, and a plural is its
    singular. A place is looked for among the words of the whole text, first in its sentence.

    Raises:
        ValueError: a number is out of its range, or a file is not in the format.
        MissingData: a file is not there; the message names it and the remedy.
    """

    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(
        self, *, batch: int = 32, rare: int = 2, folder: str | os.PathLike[str] | None = None
    ):
        if batch < 1 or rare < 1:
            raise ValueError(f"batch is {batch} and rare {rare}; give 1 or more")
        self.batch = batch
        path = None if folder is None else Path(folder)
        files = {"train": "train", "valid": "dev", "test": "test"}
        self.processes = {
            split: read_propara(find("propara", path=path, file=f"grids.v1.{name}.json"))
            for split, name in files.items()
        }
        texts = [s for p in self.processes["train"] for s in p.sentences]
        counts = Counter(stem(w) for s in texts for w in words(s))
        self.vocab = ("", "[unknown]", *sorted(w for w, n in counts.items() if n >= rare))
        self.learnt = ProcessWords(vocab=self.vocab)
        self._word = {word: i for i, word in enumerate(self.vocab)}
        self.rows = {
            split: [(p, i) for p in found for i in range(len(p.participants))]
            for split, found in self.processes.items()
        }

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[ProParaBatch]:
        """Yield training batches without end, drawn with replacement, or another split's once."""
        if split not in self.rows:
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        rows, at = self.rows[split], start
        while split == "train":
            picks = np.random.default_rng((seed, 6, at)).integers(0, len(rows), self.batch)
            yield self.collate([rows[i] for i in picks])
            at += 1
        for first in range(start * self.batch, len(rows), self.batch):
            yield self.collate(rows[first : first + self.batch])

    def collate(self, rows: Sequence[tuple[Process, int]]) -> ProParaBatch:
        """Return participants, each with its paragraph, as tensors.

        Shapes:
            B rows -> see `ProParaBatch`.
        """
        texts = [[words(s) for s in process.sentences] for process, _ in rows]
        told = [(process.sentences, process.participants[who]) for process, who in rows]
        ids, mine = read_texts(told, self._word)
        T, J = ids.shape[1:]
        changes = torch.full((len(rows), T), -1)
        exists = torch.tensor([process.states[who][0] != GONE for process, who in rows])
        places = torch.zeros(len(rows), T + 1, T * J + 1, dtype=torch.bool)
        for b, ((process, who), text) in enumerate(zip(rows, texts, strict=True)):
            states = process.states[who]
            for t in range(len(text)):
                changes[b, t] = CHANGES.index(change(states[t], states[t + 1]))
            for t, place in enumerate(states):
                if place != GONE and (t == 0 or place != states[t - 1]):
                    places[b, t, _pointed(text, place, max(0, t - 1), J)] = True
        return ProParaBatch(ids, mine, changes, exists, places)

    def step(self, model: nn.Module, batch: ProParaBatch) -> Step:
        """Return the cross-entropy of changes, existence and places, and the share wrong.

        Of four sentences three change nothing: a change counts twice.
        """
        told = cast(ProcessTold, model(batch.words, batch.mine))
        real, moved = batch.change >= 0, batch.places.any(-1)
        weight = torch.tensor([1.0, 2.0, 2.0, 2.0]).to(told.changes)
        happened = F.cross_entropy(told.changes[real], batch.change[real], weight=weight)
        there = F.binary_cross_entropy_with_logits(told.exists, batch.exists.to(told.exists))
        share = told.places.log_softmax(-1).masked_fill(~batch.places, -1e4).logsumexp(-1)
        where = -(share * moved).sum() / moved.sum().clamp(min=1)
        wrong = (told.changes.argmax(-1) != batch.change)[real].float().mean()
        loss = happened + there + where
        return Step(loss, {"loss": loss.detach(), "error": wrong, "count": real.sum().float()})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the scores of `recollect.tasks.propara_scores`, beside two plain rules.

        `change` is the share of sentences whose effect on a participant is right. `..._still` is
        what "everything is there and nothing changes" has, `..._named` the rule that a participant
        not named in the first sentence is made in the sentence that names it first.
        """
        rows = [self._scores(self.follow(model, split)) for model in models]
        found = {name: [row[name] for row in rows] for name in rows[0]}
        for name, rule in (("still", _still), ("named", _named)):
            told = [
                Follows(process.states[who], rule(process, who))
                for process, who in self.rows[split]
            ]
            kept = ("change", "cat_1", "cat_2", "cat_3", "macro")
            found |= {f"{k}_{name}": [v] for k, v in self._scores(told).items() if k in kept}
        return found

    def follow(self, model: nn.Module, split: str) -> list[Follows]:
        """Return the places of a split's participants, and those that a model tells."""
        found = []
        for first in range(0, len(self.rows[split]), self.batch):
            rows = self.rows[split][first : first + self.batch]
            batch = self.collate(rows)
            told = cast(ProcessTold, model(batch.words, batch.mine))
            changes = told.changes.log_softmax(-1).tolist()
            places, width = told.places.argmax(-1).tolist(), batch.words.shape[2]
            for (process, who), logs, exists, where in zip(
                rows, changes, told.exists.tolist(), places, strict=True
            ):
                steps = len(process.sentences)
                there, happened = likeliest(logs[:steps], exists)
                said = [word_at(process.sentences, place, width) for place in where[: steps + 1]]
                found.append(Follows(process.states[who], states(there, happened, said)))
        return found

    @staticmethod
    def _scores(rows: Sequence[Follows]) -> dict[str, float]:
        pairs = [
            (change(a, b), change(c, d))
            for row in rows
            for (a, b), (c, d) in zip(pairwise(row.gold), pairwise(row.told), strict=True)
        ]
        return {"change": sum(a == b for a, b in pairs) / len(pairs)} | categories(rows)


def _still(process: Process, who: int) -> list[str]:
    return [UNTOLD] * (len(process.sentences) + 1)


def _named(process: Process, who: int) -> list[str]:
    names = [words(name) for name in process.participants[who].split(";")]
    said = [any(find_name(words(s), name) for name in names) for s in process.sentences]
    first = said.index(True) if True in said else 0
    return [GONE if t <= first and first else UNTOLD for t in range(len(said) + 1)]


def _pointed(text: Sequence[Sequence[str]], place: str, near: int, width: int) -> list[int]:
    """Which words of a text, all in a row, name a place: those of the sentence `near`, if any do.

    Where the whole name is nowhere, one of its longer words will do; what is untold or nowhere is
    at -1, the end of the row.
    """
    name = words(place)
    for kinds in ([name], [[word] for word in name if len(word) > 3]):
        found = [
            [at + k for kind in kinds for at in find_name(s, kind) for k in range(len(kind))]
            for s in text
        ]
        if place != UNTOLD and found[near]:
            return [near * width + j for j in found[near]]
        if place != UNTOLD and any(found):
            return [t * width + j for t, row in enumerate(found) for j in row]
    return [-1]
