"""Learning to say one sequence for another, and being judged by what is said.

Shape letters: ``B`` batch, ``N`` source positions, ``T`` target positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from math import ceil
from random import Random
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from recollect.models import PAD, Generated, Seq2Seq, beam_search
from recollect.tasks.base import Step
from recollect.tasks.pairs.aligned import alignment_means
from recollect.tasks.pairs.corpus import Corpus, Pair, PairBatch, packed, similar
from recollect.tasks.pairs.figures import (
    pair_figures,
    translation_figures,
    translation_signatures,
)
from recollect.tasks.pairs.lines import PairWords

__all__ = ["Pairs"]


class Pairs:
    """Pairs of sequences, trained by the likelihood of the target and judged by a beam search.

    Args:
        corpus: the pairs.
        batch: pairs of a step.
        least: how often a token must occur to be known.
        longest: longer sources and targets are left out of training.
        beams: of the search with which a split is measured.
        translation: measure by BLEU and chrF, not by errors.
        room: how long a target may get when it is said, in lengths of its source and ten more; None
            is 2, or what the longest target of the training takes.
        published: figures of others, to stand beside ours.

    Shapes:
        batches: `PairBatch`.

    Raises:
        ValueError: no pair of the training split is short enough, `batch` or `beams` is below 1, or
            `room` not above 0.

    Attributes:
        skipped: how many rows are not trained on, by reason.
        learnt: the words of both sides, with which a person's own line is read.
    """

    def __init__(
        self,
        corpus: Corpus,
        *,
        batch: int = 64,
        least: int = 1,
        longest: int = 100,
        beams: int = 1,
        translation: bool = False,
        room: float | None = None,
        published: Mapping[str, Any] = MappingProxyType({}),
    ):
        if room is not None and room <= 0:
            raise ValueError(f"room is {room}; give a number above 0")
        if batch < 1 or beams < 1:
            raise ValueError(f"batch is {batch} and beams {beams}; give 1 or more of both")
        self.corpus, self.size, self.beams, self.longest = corpus, batch, beams, longest
        self.published, self.translation = published, translation
        self.source, self.target = corpus.vocabularies(least=least)
        self.learnt = PairWords(
            source=self.source,
            target=self.target,
            longest=longest,
            source_joint=corpus.source_joint,
            target_joint=corpus.target_joint,
            end=corpus.end,
            cut=corpus.cut,
        )
        self._kept = [
            r
            for r, pair in enumerate(corpus.splits["train"])
            if len(pair.source) <= longest and len(pair.targets[0]) <= longest
        ]
        if not self._kept:
            raise ValueError(
                f"no pair of the training split has at most {longest} tokens on both sides; give "
                "shorter lines, or a greater `longest`"
            )
        kept = [corpus.splits["train"][r] for r in self._kept]
        most = max((len(p.targets[0]) + 1) / (len(p.source) + 10) for p in kept)
        self.room = max(2.0, most) if room is None else room
        long = len(corpus.splits["train"]) - len(self._kept)
        told = {f"rows of more than {longest} tokens": long} if long else {}
        self.skipped: Mapping[str, int] = {**(corpus.skipped or {}), **told}

    def pairs(self, split: str) -> Sequence[Pair]:
        """The pairs of a split.

        Raises:
            ValueError: there is no such split.
        """
        if split not in self.corpus.splits:
            known = ", ".join(self.corpus.splits)
            raise ValueError(f"there is no split {split!r}; there are {known}")
        return self.corpus.splits[split]

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[PairBatch]:
        """Yield batches; the order of an epoch is a function of the seed and its number."""
        pairs = self.pairs(split)
        if split != "train":
            order = sorted(range(len(pairs)), key=lambda r: len(pairs[r].source))
            rows = (order[i : i + self.size] for i in range(0, len(order), self.size))
            for some in islice(rows, start, None):
                yield packed(pairs, some, self.source, self.target)
            return
        per_epoch = sum(
            -(-min(50 * self.size, len(self._kept) - s) // self.size)
            for s in range(0, len(self._kept), 50 * self.size)
        )
        lengths = [(len(pairs[r].source), len(pairs[r].targets[0])) for r in self._kept]
        epoch, skip = divmod(start, per_epoch)
        while True:
            rng = Random(f"{seed} {epoch}")
            for some in islice(similar(lengths, self.size, rng), skip, None):
                yield packed(pairs, [self._kept[i] for i in some], self.source, self.target)
            epoch, skip = epoch + 1, 0

    def step(self, model: nn.Module, batch: PairBatch) -> Step:
        """Return the mean negative log-likelihood a token, `EOS` included."""
        likely = model(batch.source, batch.lengths, batch.target)
        tokens = (batch.target[:, 1:] != PAD).sum()
        loss = -likely.sum() / tokens
        return Step(loss, {"nats": loss.detach(), "count": tokens.float()})

    def tell(self, model: nn.Module, batch: PairBatch) -> Generated:
        """Say the targets of a batch by a beam search."""
        inner = _seq2seq(model)
        encoded = inner.encoder(batch.source, batch.lengths)
        limit = self.longest_told(batch)
        return beam_search(inner.decoder, encoded, beams=self.beams, limit=limit)

    def longest_told(self, batch: PairBatch) -> int:
        """How many tokens a target may get, its end included, by the longest source of a batch."""
        longest = int(batch.lengths.max()) if len(batch.lengths) else 0
        return ceil(self.room * (longest + 10))

    @property
    def notes(self) -> dict[str, str]:
        """How figures are measured, where that has a name: the signatures of `sacrebleu`."""
        return translation_signatures() if self.translation else {}

    def told(self, model: nn.Module, split: str) -> tuple[list[list[str]], float]:
        """Say the targets of a split: tokens in the order of its pairs, and nats a token."""
        told: dict[int, list[str]] = {}
        nats = tokens = 0.0
        with torch.no_grad():
            for batch in self.batches(split, seed=0):
                step = self.step(model, batch)
                count = float(step.metrics["count"])
                nats, tokens = nats + count * float(step.loss), tokens + count
                rows = self.tell(model, batch).tokens.tolist()
                for row, numbers in zip(batch.rows.tolist(), rows, strict=True):
                    told[row] = self.learnt.spelt(numbers)
        return [told[r] for r in range(len(told))], nats / max(tokens, 1)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Error rates, or BLEU and chrF, of what is said, for each model; see `pair_figures`."""
        pairs = self.pairs(split)
        out: dict[str, list[float]] = {}
        for model in models:
            said, nats = self.told(model, split)
            if self.translation:
                figures = translation_figures(
                    [self.learnt.written(tokens) for tokens in said],
                    [self.learnt.written(pair.targets[0]) for pair in pairs],
                )
            else:
                figures = pair_figures(said, [pair.targets for pair in pairs])
            aligned = alignment_means(_seq2seq(model), self.batches(split, seed=0), pairs)
            for name, value in {**figures, "nats": nats, **aligned}.items():
                out.setdefault(name, []).append(value)
        return out


def _seq2seq(model: nn.Module) -> Seq2Seq:
    inner = getattr(model, "module", model)
    if not isinstance(inner, Seq2Seq):
        raise ValueError(f"a pair is told by a Seq2Seq, not by a {type(inner).__name__}")
    return inner


def weights_of(told: Generated, row: int, source: int, target: int) -> Tensor | None:
    """The alignment of one row: ``(T, N)`` without padding, or None.

    Shapes:
        `Generated` of a batch, the lengths of the row -> ``(target, source)``.
    """
    return None if told.weights is None else told.weights[row, :target, :source]
