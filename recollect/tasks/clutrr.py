"""CLUTRR (Sinha et al. 2019): who is whose what, told as a path of kinships or as a story.

The two published sets of the systematic-generalisation experiment are read from their zips:
training questions over paths of two and three, or two to four relations, tests up to ten.

Shape letters: ``B`` batch, ``E`` facts of a question.
"""

import ast
import csv
import io
import math
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.data import find
from recollect.models.relation_memory import RelationMemory
from recollect.tasks.base import Step
from recollect.tasks.clutrr_own import KinWords

__all__ = ["Clutrr", "ClutrrBatch", "ClutrrQuestion", "read_clutrr", "wilson"]

_FILES = {"2-3": "data_089907f8.zip", "2-4": "data_db9b8f04.zip"}
_COLUMNS = ("clean_story", "story_edges", "edge_types", "query_edge", "target", "genders")


class ClutrrQuestion(NamedTuple):
    """A question: facts as (person, relation, person), the two asked about, answer and story.

    ``(0, "son", 1)`` is told of persons 0 and 1 where 1 is the son of 0.
    """

    names: tuple[str, ...]
    facts: tuple[tuple[int, str, int], ...]
    query: tuple[int, int]
    answer: str
    story: str


class ClutrrBatch(NamedTuple):
    """Questions as tensors.

    Shapes:
        edges ``(B, E, 3)`` of person, relation, person, the relation -1 where there is none; query
        ``(B, 2)``; answer, length ``(B,)``.
    """

    edges: Tensor
    query: Tensor
    answer: Tensor
    length: Tensor


def read_clutrr(path: str | os.PathLike[str]) -> dict[str, dict[int, list[ClutrrQuestion]]]:
    """Read a published zip: the questions by split ("train", "test") and number of facts.

    Raises:
        ValueError: the file is no such zip; the message names the table and the line.
    """
    found: dict[str, dict[int, list[ClutrrQuestion]]] = {"train": {}, "test": {}}
    try:
        with zipfile.ZipFile(path) as archive:
            tables = [name for name in archive.namelist() if name.endswith(".csv")]
            for name in tables:
                split = "train" if name.endswith("train.csv") else "test"
                text = io.TextIOWrapper(archive.open(name), "utf-8", newline="")
                for line, row in enumerate(csv.DictReader(text), 2):
                    question = _question(row, f"{Path(path).name}: {name}, line {line}")
                    found[split].setdefault(len(question.facts), []).append(question)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path} is no zip of CLUTRR: {error}") from error
    if not found["train"] or not found["test"]:
        raise ValueError(f"{path} is no zip of CLUTRR: it has no tables of training and test")
    return found


def _question(row: Mapping[str, str], where: str) -> ClutrrQuestion:
    missing = [name for name in _COLUMNS if not row.get(name)]
    if missing:
        raise ValueError(f"{where}: there is no {missing[0]!r}; it is no table of CLUTRR")
    try:
        pairs = ast.literal_eval(row["story_edges"])
        kinds = ast.literal_eval(row["edge_types"])
        source, target = ast.literal_eval(row["query_edge"])
        facts = tuple((int(a), str(k), int(b)) for (a, b), k in zip(pairs, kinds, strict=True))
    except (ValueError, SyntaxError, TypeError) as error:
        raise ValueError(f"{where}: the facts cannot be read ({error})") from error
    names = tuple(part.split(":")[0] for part in row["genders"].split(","))
    strange = [n for a, _, b in facts for n in (a, b) if not 0 <= n < len(names)]
    if strange:
        raise ValueError(f"{where}: there is no person {strange[0]} among {len(names)}")
    return ClutrrQuestion(names, facts, (source, target), row["target"], row["clean_story"])


def wilson(right: int, of: int, *, z: float = 1.96) -> tuple[float, float]:
    r"""Return Wilson's interval for a share: at 1.96 it holds the true one 95 times of 100.

    .. math:: \frac{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    >>> low, high = wilson(109, 122)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.937)
    """
    if of < 1 or not 0 <= right <= of:
        raise ValueError(f"{right} right of {of}; give 0 to {of} of at least 1")
    share, width = right / of, z * z / of
    middle = share + width / 2
    spread = z * math.sqrt(share * (1 - share) / of + width / (4 * of))
    return (middle - spread) / (1 + width), (middle + spread) / (1 + width)


class Clutrr:
    """The facts of CLUTRR as a graph of anonymous persons; the model names a relation.

    `trained` is "2-3" or "2-4", the numbers of facts in a training question. A twentieth of the
    distinct paths of more than two facts is held out of training for the valid split. A test table
    a length. `learnt` reads a person's own facts.

    Raises:
        ValueError: a number is out of its range, or the file is not in the format.
        MissingData: the file is not there; the message names it and the remedy.
    """

    published: Mapping[str, Any] = MappingProxyType({})
    """What others reported, under the names of our figures."""

    def __init__(
        self,
        trained: Literal["2-3", "2-4"] = "2-4",
        *,
        batch: int = 128,
        validation: float = 0.05,
        folder: str | os.PathLike[str] | None = None,
    ):
        if trained not in _FILES:
            raise ValueError(f"trained is {trained!r}; choose 2-3 or 2-4")
        if batch < 1 or not 0 <= validation < 1:
            raise ValueError(
                f"batch is {batch} and validation {validation}; give 1 or more, and a share below 1"
            )
        self.trained, self.batch = trained, batch
        file = find("clutrr", path=None if folder is None else Path(folder), file=_FILES[trained])
        read = read_clutrr(file)
        everything = [q for split in read.values() for found in split.values() for q in found]
        kinds = {q.answer for q in everything} | {k for q in everything for _, k, _ in q.facts}
        self.relations = tuple(sorted(kinds))
        self.learnt = KinWords(relations=self.relations)
        questions = [q for found in read["train"].values() for q in found]
        held = _held_out(questions, validation)
        self.splits = {
            "train": [q for q in questions if _path(q) not in held],
            "valid": [q for q in questions if _path(q) in held],
            "test": [q for _, found in sorted(read["test"].items()) for q in found],
        }
        self._number = {name: i for i, name in enumerate(self.relations)}

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[ClutrrBatch]:
        """Yield training batches without end, drawn with replacement, or another split's once."""
        for rows in self.rows(split, seed=seed, start=start):
            yield self.collate(rows)

    def rows(self, split: str, *, seed: int, start: int = 0) -> Iterator[list[ClutrrQuestion]]:
        """Yield the questions of batch `start`, `start + 1`, ..."""
        if split not in self.splits:
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        questions = self.splits[split]
        at = start
        while split == "train":
            random = np.random.default_rng((seed, 3, at))
            yield [questions[i] for i in random.integers(0, len(questions), self.batch)]
            at += 1
        for first in range(start * self.batch, len(questions), self.batch):
            yield questions[first : first + self.batch]

    def collate(self, questions: Sequence[ClutrrQuestion]) -> ClutrrBatch:
        """Return questions as tensors.

        Shapes:
            B questions -> see `ClutrrBatch`.
        """
        longest = max(len(q.facts) for q in questions)
        edges = torch.zeros(len(questions), longest, 3, dtype=torch.long)
        edges[..., 1] = -1
        for row, q in zip(edges, questions, strict=True):
            told = [(a, self._number[kind], b) for a, kind, b in q.facts]
            row[: len(told)] = torch.tensor(told)
        return ClutrrBatch(
            edges,
            torch.tensor([q.query for q in questions]),
            torch.tensor([self._number[q.answer] for q in questions]),
            torch.tensor([len(q.facts) for q in questions]),
        )

    def step(self, model: nn.Module, batch: ClutrrBatch) -> Step:
        """Return the mean cross-entropy and the share of wrong answers."""
        logits = model(batch.edges, batch.query)
        loss = F.nll_loss(logits, batch.answer)
        wrong = (logits.argmax(-1) != batch.answer).float().mean()
        count = torch.tensor(float(len(batch.answer)))
        return Step(loss, {"loss": loss.detach(), "error": wrong, "count": count})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the share of right answers by number of facts, with the ends of its 95 % interval.

        `proof` is the share of answers that stay when nothing is told but the leaves of the
        answer's own derivation, and `proof_facts` the mean number of them over the number told.
        """
        return by_length([self._measure(cast(RelationMemory, m), split) for m in models])

    def _measure(self, model: RelationMemory, split: str) -> dict[str, float]:
        right, length, stays, share = [], [], [], []
        for batch in self.batches(split, seed=0):
            said = model(batch.edges, batch.query).argmax(-1)
            right += (said == batch.answer).tolist()
            length += batch.length.tolist()
            leaves = [tree.edges() for tree in model.derive(batch.edges, batch.query)]
            rest = torch.zeros_like(batch.edges)
            rest[..., 1] = -1
            for row, kept in zip(rest, leaves, strict=True):
                kept = list(dict.fromkeys(kept))[: len(row)]
                row[: len(kept)] = torch.tensor(kept)
            again = model(rest, batch.query).argmax(-1)
            stays += (again == said).tolist()
            told = batch.length.tolist()
            share += [len(set(kept)) / n for kept, n in zip(leaves, told, strict=True)]
        found = shares_by_length(right, length)
        return found | {"proof": float(np.mean(stays)), "proof_facts": float(np.mean(share))}


def shares_by_length(right: Sequence[bool], length: Sequence[int]) -> dict[str, float]:
    """Return `accuracy`, and for each length k `accuracy_k`, `low_k` and `high_k` (Wilson, 95 %).

    >>> shares_by_length([True, True], [2, 3])["accuracy_2"]
    1.0
    """
    out = {"accuracy": float(np.mean(right))}
    for k in sorted(set(length)):
        hits = [r for r, n in zip(right, length, strict=True) if n == k]
        out[f"accuracy_{k}"] = float(np.mean(hits))
        out[f"low_{k}"], out[f"high_{k}"] = wilson(sum(hits), len(hits))
    return out


def by_length(rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """Join the figures of several models: a list a figure."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _path(question: ClutrrQuestion) -> tuple:
    """What makes two questions the same but for the names."""
    return question.facts, question.query


def _held_out(questions: Sequence[ClutrrQuestion], share: float) -> set[tuple]:
    paths = sorted({_path(q) for q in questions if len(q.facts) > 2})
    picks = np.random.default_rng(0).permutation(len(paths))[: round(share * len(paths))]
    return {paths[i] for i in picks}
