"""The task of reading questions into chains of relations.

Shape letters: ``B`` questions, ``J`` words, ``H`` hops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.models.chain_reader import PROGRAMS, TAGS, TOKENS, ChainReader
from recollect.tasks.base import Step
from recollect.tasks.triples.wording import Worded, word_question

__all__ = ["ChainBatch", "Chains"]

IDS = {token: i for i, token in enumerate(TOKENS)}
SKIP = -100


class ChainBatch(NamedTuple):
    """Questions with their chains.

    Shapes:
        tokens, tags ``(B, J)``; programs ``(B,)``; chain ``(B, H + 1)``: the word the chain begins
        at, then those of its hops, -1 where it has ended.
    """

    tokens: Tensor
    tags: Tensor
    programs: Tensor
    chain: Tensor


class Chains:
    """Unlimited questions about chains of relations.

    Args:
        batch: questions a batch.
        longest: hops of the longest chain.
        pool: batches worded before the first is worded again.
        valid: batches of the other splits.

    Raises:
        ValueError: `longest` is below 2.
    """

    def __init__(
        self, *, batch: int = 128, longest: int = 8, pool: int = 500, valid: int = 8
    ) -> None:
        if longest < 2:
            raise ValueError(f"longest is {longest}; a chain needs 2 hops or more")
        self.size, self.longest, self.pool, self.valid = batch, longest, pool, valid
        self._worded: dict[tuple[str, int, int], ChainBatch] = {}

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[ChainBatch]:
        """Batch i is a pure function of (split, seed, i)."""
        i = start
        while split == "train" or i < self.valid:
            yield self.batch(split, seed, i)
            i += 1

    def batch(self, split: str, seed: int, i: int) -> ChainBatch:
        """Batch `i` of a split: batches `i` and `i + pool` are the same."""
        key = (split, seed, i % self.pool)
        if key not in self._worded:
            rng = Random(f"chains {split} {seed} {key[2]}")
            self._worded[key] = pack([word_question(rng, self.longest) for _ in range(self.size)])
        return self._worded[key]

    def step(self, model: nn.Module, batch: ChainBatch) -> Step:
        """Cross-entropy of what is wanted, of what each word does, and of every hop's next word."""
        reader = cast(ChainReader, model)
        reading = reader(batch.tokens)
        tags = F.cross_entropy(reading.tags.flatten(0, 1), batch.tags.flatten(), ignore_index=SKIP)
        programs = F.cross_entropy(reading.programs, batch.programs)
        known = (batch.tokens != 0) & (batch.tags != SKIP)
        right = ((reading.tags.argmax(-1) == batch.tags) | ~known).all(-1)
        right &= reading.programs.argmax(-1) == batch.programs
        order, count = reading.tags.new_zeros(()), 0
        rows = torch.arange(len(batch.tokens))
        left = torch.zeros_like(known)
        for k in range(1, batch.chain.shape[1]):
            there = batch.chain[:, k] >= 0
            left[rows[there], batch.chain[there, k]] = True
        low = high = at = batch.chain[:, 0].clamp(min=0)
        for k in range(1, batch.chain.shape[1]):
            wanted = batch.chain[:, k]
            here = wanted >= 0
            if not bool(here.any()):
                break
            span = torch.stack([low, high], -1)
            found = reader.attend(reading, at, span, left)[here]
            order = order + F.nll_loss(found, wanted[here], reduction="sum")
            count += int(here.sum())
            right[here] &= found.argmax(-1) == wanted[here]
            at = torch.where(here, wanted, at)
            low, high = torch.minimum(low, at), torch.maximum(high, at)
            left = left.clone()
            left[rows[here], wanted[here]] = False
        loss = programs + tags + order / max(1, count)
        figures = {"right": right.float().mean(), "programs": programs, "tags": tags}
        return Step(loss, {name: f.detach() for name, f in figures.items()})

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> Mapping[str, Sequence[float]]:
        """Questions put to generated tables through all of `ask`: `recollect.tasks.triples.own`."""
        from recollect.tasks.triples.own import evaluate  # reads text, which training need not

        return evaluate([cast(ChainReader, model) for model in models], split=split)


def pack(worded: Sequence[Worded]) -> ChainBatch:
    """Questions as tensors."""
    longest = max(len(w.parts) for w in worded)
    hops = max(max((p.order for p in w.parts), default=0) for w in worded)
    tokens = torch.zeros(len(worded), longest, dtype=torch.long)
    tags = torch.full((len(worded), longest), SKIP)
    chain = torch.full((len(worded), hops + 1), -1)
    for b, w in enumerate(worded):
        for j, part in enumerate(w.parts):
            tokens[b, j] = IDS[part.token]
            if w.program != "unsupported":
                tags[b, j] = TAGS.index(part.tag)
            if part.order:
                chain[b, part.order] = j
            elif part.tag == "start":
                chain[b, 0] = j
    programs = torch.tensor([PROGRAMS.index(w.program) for w in worded])
    return ChainBatch(tokens, tags, programs, chain)
