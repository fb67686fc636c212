"""ProPara (Dalvi et al. 2018): where things are, sentence by sentence, in texts about processes.

A grid gives every participant's place before the text and after each sentence: "-" where it does
not exist, "?" where nobody is told.

Shape letters: ``B`` participants, ``T`` sentences, ``J`` words of a sentence, ``L`` places to
choose from.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.data import find
from recollect.tasks.base import Step

__all__ = ["CHANGES", "GONE", "UNTOLD", "ProPara", "ProParaBatch", "Process", "read_propara"]

GONE, UNTOLD = "-", "?"
CHANGES = ("none", "move", "create", "destroy")
"""What a sentence can do to a participant."""

_WORD = re.compile(r"\w+|[^\w\s]")
_UNKNOWN = 1


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
        named; change ``(B, T)`` index into `CHANGES`, -1 behind the last sentence; place
        ``(B, T)``, the word of the sentence that begins the new place, J for none or an untold one,
        -1 where nothing moved or was made.
    """

    words: Tensor
    mine: Tensor
    change: Tensor
    place: Tensor


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


def change(before: str, after: str) -> str:
    """Return what happened between two states.

    >>> change("-", "leaf"), change("soil", "root"), change("root", "-"), change("?", "?")
    ('create', 'move', 'destroy', 'none')
    """
    if before == after:
        return "none"
    return "create" if before == GONE else "destroy" if after == GONE else "move"


class ProPara:
    """What each sentence does to each participant, and where to.

    Words in fewer than `rare` places of the training texts are unknown. A new place is looked for
    among the words of its sentence.

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
        counts = Counter(w for p in self.processes["train"] for s in p.sentences for w in words(s))
        self.vocab = ("", "[unknown]", *sorted(w for w, n in counts.items() if n >= rare))
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
        T, J = max(map(len, texts)), max(len(s) for text in texts for s in text)
        ids = torch.zeros(len(rows), T, J, dtype=torch.long)
        mine = torch.zeros(len(rows), T, J, dtype=torch.bool)
        changes = torch.full((len(rows), T), -1)
        places = torch.full((len(rows), T), -1)
        for b, ((process, who), text) in enumerate(zip(rows, texts, strict=True)):
            states = process.states[who]
            names = [words(name) for name in process.participants[who].split(";")]
            for t, sentence in enumerate(text):
                row = [self._word.get(w, _UNKNOWN) for w in sentence]
                ids[b, t, : len(row)] = torch.tensor(row)
                for name in names:
                    for at in _find(sentence, name):
                        mine[b, t, at : at + len(name)] = True
                happened = change(states[t], states[t + 1])
                changes[b, t] = CHANGES.index(happened)
                if happened in ("move", "create"):
                    at = _find(sentence, words(states[t + 1]))
                    places[b, t] = at[0] if at else J
        return ProParaBatch(ids, mine, changes, places)

    def step(self, model: nn.Module, batch: ProParaBatch) -> Step:
        """Return the cross-entropy of the changes and of the places, and the share wrong."""
        changes, places = model(batch.words, batch.mine)
        real, moved = batch.change >= 0, batch.place >= 0
        happened = F.cross_entropy(changes[real], batch.change[real])
        where = F.cross_entropy(places[moved], batch.place[moved]) if moved.any() else happened * 0
        wrong = (changes.argmax(-1) != batch.change)[real].float().mean()
        count = real.sum().float()
        loss = happened + where
        return Step(loss, {"loss": loss.detach(), "error": wrong, "count": count})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return how well changes and states are told, beside the plain counts.

        `change` is the share of sentences whose effect on a participant is right, `f1` the mean
        over move, create and destroy of the harmonic mean of precision and recall; `state` is the
        share of places after a sentence, all in all, that are exactly those of the grid, "-" and
        "?" included. `..._still` is what "nothing changes" would have.
        """
        rows = [self._measure(model, split) for model in models]
        found = {name: [row[name] for row in rows] for name in rows[0]}
        return found | {name: [value] for name, value in self._still(split).items()}

    def _measure(self, model: nn.Module, split: str) -> dict[str, float]:
        gold, said, right = [], [], []
        for first in range(0, len(self.rows[split]), self.batch):
            rows = self.rows[split][first : first + self.batch]
            batch = self.collate(rows)
            changes, places = (x.argmax(-1).tolist() for x in model(batch.words, batch.mine))
            for (process, who), happened, where in zip(rows, changes, places, strict=True):
                states = process.states[who]
                told = follow(process.sentences, states[0], happened, where)
                for t in range(len(process.sentences)):
                    gold.append(change(states[t], states[t + 1]))
                    said.append(CHANGES[happened[t]])
                    right.append(_same(told[t], states[t + 1]))
        return {
            "change": float(np.mean([a == b for a, b in zip(gold, said, strict=True)])),
            "f1": _f1(gold, said),
            "state": float(np.mean(right)),
        }

    def _still(self, split: str) -> dict[str, float]:
        rows = [process.states[who] for process, who in self.rows[split]]
        steps = [(s[0], a, b) for s in rows for a, b in pairwise(s)]
        return {
            "change_still": float(np.mean([a == b for _, a, b in steps])),
            "state_still": float(np.mean([_same(start, b) for start, _, b in steps])),
        }


def words(text: str) -> list[str]:
    """Return a text's words and signs in lower case."""
    return _WORD.findall(text.lower())


def follow(
    sentences: Sequence[str], start: str, happened: Sequence[int], where: Sequence[int]
) -> list[str]:
    """Return the places that predicted changes lead to; a place is told by its first word.

    What does not exist cannot move, and what exists cannot be made: such a change is none.

    >>> follow(["Roots take it up.", "It is used."], "soil", [1, 3], [0, 0])
    ['roots', '-']
    """
    state, told = start, []
    for t, sentence in enumerate(sentences):
        kind, said = CHANGES[happened[t]], words(sentence)
        place = said[where[t]] if where[t] < len(said) else UNTOLD
        if (kind == "move" and state != GONE) or (kind == "create" and state == GONE):
            state = place
        elif kind == "destroy":
            state = GONE
        told.append(state)
    return told


def _same(told: str, gold: str) -> bool:
    """A place is right where its first word is: a reader of single words can say no more."""
    return told == gold or words(told)[:1] == words(gold)[:1]


def _find(sentence: Sequence[str], name: Sequence[str]) -> list[int]:
    """Where a name stands in a sentence; a plural or singular ending may differ."""
    stems = [_stem(w) for w in name]
    here = [_stem(w) for w in sentence]
    return [
        i for i in range(len(here) - len(stems) + 1) if stems and here[i:][: len(stems)] == stems
    ]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _f1(gold: Sequence[str], said: Sequence[str]) -> float:
    scores = []
    for kind in CHANGES[1:]:
        hits = sum(a == b == kind for a, b in zip(gold, said, strict=True))
        total = gold.count(kind) + said.count(kind)
        scores.append(2 * hits / total if total else 0.0)
    return float(np.mean(scores))
