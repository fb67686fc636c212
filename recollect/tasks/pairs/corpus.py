"""A corpus of pairs, its vocabularies, and batches of similar lengths.

Shape letters: ``B`` batch, ``N`` source positions, ``T`` target positions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from recollect.models import BOS, EOS, PAD, UNKNOWN

__all__ = ["Corpus", "Cut", "Line", "Pair", "PairBatch", "Vocabulary"]

SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")


class Pair(NamedTuple):
    """One source, and the targets that are right for it: the first is the one trained on.

    Where it is known, links are pairs of a target's token and the source's that it comes from.
    """

    source: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    links: tuple[tuple[int, int], ...] | None = None


class Line(NamedTuple):
    """A line of a person's own, as a model reads it.

    Shapes:
        source ``(1, N)`` of tokens or ``(1, N, F)`` of frames; labels, N of them; strange, the
        tokens that training never had; note, what else there is to say of how it is read.
    """

    source: Tensor
    labels: list[str]
    strange: list[str]
    note: str = ""


class PairBatch(NamedTuple):
    """Pairs as tensors.

    Shapes:
        source ``(B, N)``, lengths ``(B,)``, target ``(B, T)`` from `BOS` to `EOS`, then `PAD`;
        rows ``(B,)``, the number of each pair in its split.
    """

    source: Tensor
    lengths: Tensor
    target: Tensor
    rows: Tensor


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and their numbers; the first four are padding, begin, end and unknown.

    >>> known = Vocabulary.of([("a", "b"), ("a",)])
    >>> known.encode(["a", "z"]), known.decode([4, 5, 2, 0])
    ([4, 3], ['a', 'b'])
    """

    tokens: tuple[str, ...]

    @classmethod
    def of(cls, sequences: Iterable[Sequence[str]], *, least: int = 1) -> Vocabulary:
        """Collect the tokens that occur at least so often, the commonest first."""
        counts = Counter(token for sequence in sequences for token in sequence)
        often = [t for t, n in sorted(counts.items(), key=lambda c: (-c[1], c[0])) if n >= least]
        return cls((*SPECIAL, *often))

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of every token but the first four, which no text means by their names."""
        words = self.tokens[len(SPECIAL) :]
        return {token: i for i, token in enumerate(words, len(SPECIAL))}

    def encode(self, sequence: Sequence[str]) -> list[int]:
        """Give the number of each token, `UNKNOWN` for one that is not here."""
        numbers = self.numbers
        return [numbers.get(token, UNKNOWN) for token in sequence]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """Give the tokens up to the end, without padding and begin."""
        out = []
        for number in numbers:
            if number == EOS:
                break
            if number not in (PAD, BOS):
                out.append(self.tokens[number])
        return out


@dataclass(frozen=True)
class Cut(ABC):
    """How a text becomes the tokens of a source, in plain values that a run folder can keep."""

    @abstractmethod
    def __call__(self, text: str) -> Sequence[str]:
        """Cut a text."""


@dataclass(frozen=True)
class Corpus:
    """Pairs by split, and how a sequence of tokens is written.

    Attributes:
        splits: train, valid and test, and any others.
        source_joint: what stands between the tokens of a source when it is shown.
        target_joint: the same for a target.
        skipped: how many rows were left out, by reason.
        end: what marks the last piece of a word, where tokens are pieces of words.
        cut: how a text is cut into the tokens of a source; None cuts at the joint.
    """

    splits: Mapping[str, Sequence[Pair]]
    source_joint: str = " "
    target_joint: str = " "
    skipped: Mapping[str, int] | None = None
    end: str = ""
    cut: Cut | None = None

    def vocabularies(self, *, least: int = 1) -> tuple[Vocabulary, Vocabulary]:
        """The tokens of sources and of targets, seen in training."""
        train = self.splits["train"]
        return (
            Vocabulary.of((p.source for p in train), least=least),
            Vocabulary.of((p.targets[0] for p in train), least=least),
        )


def packed(
    pairs: Sequence[Pair], rows: Sequence[int], source: Vocabulary, target: Vocabulary
) -> PairBatch:
    """Put some pairs of a split into one batch.

    Shapes:
        rows of the split -> `PairBatch`.
    """
    read, said = source.numbers, target.numbers
    sources = [[read.get(t, UNKNOWN) for t in pairs[r].source] for r in rows]
    targets = [[BOS, *(said.get(t, UNKNOWN) for t in pairs[r].targets[0]), EOS] for r in rows]
    return PairBatch(
        _pad(sources),
        torch.tensor([len(s) for s in sources]),
        _pad(targets),
        torch.tensor(list(rows)),
    )


def _pad(sequences: Sequence[Sequence[int]]) -> Tensor:
    longest = max((len(s) for s in sequences), default=0)
    rows = [[*s, *[PAD] * (longest - len(s))] for s in sequences]
    return torch.tensor(rows, dtype=torch.long).view(len(sequences), longest)


def similar(lengths: Sequence[tuple[int, int]], batch: int, rng: Random) -> Iterator[list[int]]:
    """One epoch of rows: batches of similar lengths in random order, each row once.

    Of the same sources' length, targets of similar lengths come together: a fifth of all steps
    would be padding otherwise.

    Shapes:
        lengths of source and target of all rows -> lists of rows.
    """
    order = list(range(len(lengths)))
    rng.shuffle(order)
    # sorted within a pool of many batches: similar, but not the same neighbours every epoch
    pool = 50 * batch
    batches = []
    for start in range(0, len(order), pool):
        some = sorted(order[start : start + pool], key=lambda r: lengths[r])
        batches += [some[i : i + batch] for i in range(0, len(some), batch)]
    rng.shuffle(batches)
    yield from batches
