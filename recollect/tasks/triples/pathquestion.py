"""PathQuestion (Zhou, Huang and Zhu 2018): questions of two or three hops, with the gold path.

Shape letters: ``B`` batch, ``J`` words of a question, ``K`` hops, ``N`` triples, ``E`` entities.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor, nn

from recollect.data import find
from recollect.models.triple_memory import TripleMemory, Triples, TripleWalk
from recollect.tasks.base import Step
from recollect.tasks.triples.paths import best_path

__all__ = ["PathQuestion", "PathQuestionBatch", "PathQuestionLine", "read_pathquestion"]

PAD, ENTITY, STRANGE = 0, 1, 2
FLOOR = 1e-6
Kind = Literal["2H", "3H", "L-2H", "L-3H"]
_FILES: dict[str, tuple[str, str, int]] = {
    "2H": ("PQ-2H.txt", "2H-kb.txt", 2),
    "3H": ("PQ-3H.txt", "3H-kb.txt", 3),
    "L-2H": ("PQL-2H.txt", "PQL2-KB.txt", 2),
    "L-3H": ("PQL-3H.txt", "PQL3-KB.txt", 3),
}


class PathQuestionLine(NamedTuple):
    """A question: its words, the entity among them, its answers, and the gold path."""

    words: tuple[str, ...]
    start: str
    answers: frozenset[str]
    path: tuple[tuple[str, str, str], ...]


class PathQuestionBatch(NamedTuple):
    """Questions in numbers.

    Shapes:
        question ``(B, J)``, 0 pads; start ``(B,)``; answers ``(B, E)`` of 0 and 1; path ``(B, K)``,
        the numbers of the gold triples.
    """

    question: Tensor
    start: Tensor
    answers: Tensor
    path: Tensor


def read_pathquestion(path: str | os.PathLike[str]) -> list[PathQuestionLine]:
    """Read one of the published files of questions.

    Raises:
        ValueError: the file is not in the format; the message names the line.
    """
    found = []
    for at, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        cells = line.split("\t")
        told = re.fullmatch(r"(.*?)\((.*)\)", cells[1]) if len(cells) == 3 else None
        steps = cells[-1].partition("#<end>")[0].split("#")
        if told is None or len(steps) < 3 or len(steps) % 2 == 0:
            raise ValueError(
                f"{path}, line {at}: not a line of PathQuestion; it is a question, an answer with "
                "all answers in brackets, and subject#relation#object..., parted by tabs"
            )
        chain = tuple((steps[i], steps[i + 1], steps[i + 2]) for i in range(0, len(steps) - 2, 2))
        answers = frozenset(part for part in told[2].split("/") if part) | {told[1]}
        found.append(PathQuestionLine(tuple(cells[0].split()), steps[0], answers, chain))
    return found


def relation_words(relation: str) -> list[str]:
    """The word a relation is asked by: the last part of its name, then its single words.

    >>> relation_words("__film__film__directed_by"), relation_words("spouse")
    (['directed_by', 'directed', 'by'], ['spouse'])
    """
    last = relation.rpartition("__")[2]
    parts = last.split("_")
    return [last, *(parts if len(parts) > 1 else [])]


class PathQuestion:
    """Questions over a small knowledge base, answered by walking it.

    Training knows the answers alone unless `paths` weighs the gold path too. `split` is "random"
    (of the questions a tenth each for valid and test, as in the paper; the same path is asked in
    two or three wordings, so that most test paths have been seen in another wording) or "paths"
    (questions of one subject and chain of relations stay together).

    Args:
        kind: "2H", "3H", "L-2H" or "L-3H".
        split: how questions are parted.
        fold: another random parting.
        paths: weight of the gold path in the loss.
        batch: questions a batch.
        folder: where the data lies.

    Raises:
        ValueError: a choice is not one of the named, or the data is not in the format.
        MissingData: the data is not there.
    """

    def __init__(
        self,
        kind: Kind = "2H",
        *,
        split: Literal["random", "paths"] = "random",
        fold: int = 0,
        paths: float = 0.0,
        batch: int = 64,
        folder: str | os.PathLike[str] | None = None,
    ):
        if kind not in _FILES:
            raise ValueError(f"kind is {kind!r}; choose {', '.join(_FILES)}")
        if split not in ("random", "paths"):
            raise ValueError(f"split is {split!r}; choose random or paths")
        asked, known, self.hops = _FILES[kind]
        path = None if folder is None else Path(folder)
        self.lines = read_pathquestion(find("pathquestion", path=path, file=asked))
        rows = _read_base(find("pathquestion", path=path, file=known))
        self.size, self.paths = batch, paths
        self.parts = _parts(self.lines, split, fold)
        self.names = list(dict.fromkeys(name for s, _, o in rows for name in (s, o)))
        self.relations = list(dict.fromkeys(r for _, r, _ in rows))
        self.entity = {name: i for i, name in enumerate(self.names)}
        place = {r: i for i, r in enumerate(self.relations)}
        # A word only asked in valid or test is strange, unless a relation is called so.
        trained = (w for i in self.parts["train"] for w in self.lines[i].words)
        named = (w for r in self.relations for w in relation_words(r))
        words = dict.fromkeys([*named, *(w for w in trained if w not in self.entity)])
        self.vocab = {w: i for i, w in enumerate(["", "<entity>", "<strange>", *words])}
        longest = max(len(relation_words(r)) for r in self.relations)
        spelt = torch.zeros(len(self.relations), longest, dtype=torch.long)
        for i, r in enumerate(self.relations):
            for j, w in enumerate(relation_words(r)):
                spelt[i, j] = self.vocab[w]
        s, r, o = (
            torch.tensor(column)
            for column in zip(
                *((self.entity[s], place[r], self.entity[o]) for s, r, o in rows), strict=True
            )
        )
        self.triples = Triples(len(self.names), s, r, o, spelt)
        self._slot = {row: i for i, row in enumerate(rows)}
        self._batches: dict[tuple[int, ...], PathQuestionBatch] = {}

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[PathQuestionBatch]:
        """Batch i is a pure function of (split, seed, i)."""
        if split not in self.parts:
            raise ValueError(f"split is {split!r}; choose {', '.join(self.parts)}")
        part = self.parts[split]
        each = -(-len(part) // self.size)
        i = start
        while split == "train" or i < each:
            epoch, at = divmod(i, each)
            order = list(part)
            if split == "train":
                Random(f"{seed} {epoch}").shuffle(order)
            yield self.batch(order[at * self.size : (at + 1) * self.size])
            i += 1

    def batch(self, rows: Sequence[int]) -> PathQuestionBatch:
        """Some questions, by their numbers."""
        lines = [self.lines[i] for i in rows]
        longest = max(len(line.words) for line in lines)
        question = torch.full((len(lines), longest), PAD)
        answers = torch.zeros(len(lines), len(self.names))
        start = torch.tensor([self.entity[line.start] for line in lines])
        for b, line in enumerate(lines):
            for j, word in enumerate(line.words):
                question[b, j] = ENTITY if word == line.start else self.vocab.get(word, STRANGE)
            answers[b, [self.entity[a] for a in line.answers if a in self.entity]] = 1
        path = torch.tensor([[self._slot[step] for step in line.path] for line in lines])
        return PathQuestionBatch(question, start, answers, path)

    def step(self, model: nn.Module, batch: PathQuestionBatch) -> Step:
        """Minus the logarithm of the probability of the answers, whichever, and of the path."""
        walk = cast(TripleMemory, model).walk(batch.question, batch.start, self.triples)
        right = (walk.answers * batch.answers).sum(-1)
        loss = -(right + FLOOR).log().mean()
        if self.paths:
            read = walk.weights[:, 0].gather(-1, batch.path.unsqueeze(-1)).squeeze(-1)
            loss = loss - self.paths * (read + FLOOR).log().mean()
        best = batch.answers.gather(-1, walk.answers.argmax(-1, keepdim=True)).squeeze(-1)
        count = torch.tensor(float(len(right)), device=right.device)
        return Step(loss, {"hits": best.mean().detach(), "count": count})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> Mapping[str, Sequence[float]]:
        """Hits@1, exact answer sets, and the gold path among the hops.

        `hits`: the likeliest entity is an answer. `exact`: the entities with half of the largest
        probability are the answers, all of them and no other. `path`: the strongest path to the
        likeliest entity is the gold path, triple by triple; of entities that are as likely, within
        a hundredth, the gold answer is taken. Where two children lead to the same answer, one of
        them is gold, and the other counts as wrong. `relations`: the path's relations are the gold
        ones.
        """
        found: dict[str, list[float]] = {}
        for model in models:
            model.eval()
            sums = {"hits": 0.0, "exact": 0.0, "path": 0.0, "relations": 0.0}
            count = 0
            for batch in islice(
                self.batches(split, seed=0), -(-len(self.parts[split]) // self.size)
            ):
                walk = cast(TripleMemory, model).walk(batch.question, batch.start, self.triples)
                for name, hits in self._judge(walk, batch).items():
                    sums[name] += hits
                count += len(batch.start)
            for name, total in sums.items():
                found.setdefault(name, []).append(total / count)
        return found

    def _judge(self, walk: TripleWalk, batch: PathQuestionBatch) -> dict[str, float]:
        best = walk.answers.argmax(-1)
        hits = batch.answers.gather(-1, best.unsqueeze(-1)).sum()
        some = walk.answers >= 0.5 * walk.answers.amax(-1, keepdim=True)
        exact = (some == batch.answers.bool()).all(-1).sum()
        weights = walk.weights[:, 0]  # one chain
        same = alike = 0
        for b, gold in enumerate(batch.path.tolist()):
            end = int(self.triples.objects[gold[-1]])
            if walk.answers[b, end] < 0.99 * walk.answers[b].max():
                end = int(best[b])
            path = best_path(weights[b], int(batch.start[b]), end, self.triples)
            same += path == gold
            r = self.triples.relations
            alike += [int(r[i]) for i in path] == [int(r[i]) for i in gold]
        return {
            "hits": float(hits),
            "exact": float(exact),
            "path": float(same),
            "relations": float(alike),
        }


def _read_base(path: Path) -> list[tuple[str, str, str]]:
    rows = []
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = tuple(line.split("\t"))
        if len(cells) != 3:
            raise ValueError(f"{path}, line {at}: a triple is subject, relation, object")
        rows.append(cells)
    return list(dict.fromkeys(rows))


def _parts(lines: Sequence[PathQuestionLine], split: str, fold: int) -> dict[str, list[int]]:
    """Number the questions of each part: eight, one and one tenth."""
    groups: dict[object, list[int]] = {}
    for i, line in enumerate(lines):
        asked = (line.start, *(r for _, r, _ in line.path))
        groups.setdefault(i if split == "random" else asked, []).append(i)
    order = list(groups.values())
    Random(f"pathquestion {fold}").shuffle(order)
    parts: dict[str, list[int]] = {"valid": [], "test": [], "train": []}
    tenth = len(lines) / 10
    for group in order:
        part = next((p for p in ("test", "valid") if len(parts[p]) + len(group) <= tenth), "train")
        parts[part] += group
    return parts
