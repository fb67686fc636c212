"""Pairs whose words may be copied: the source tells how the target numbers each of its tokens.

Shape letters: ``B`` batch, ``N`` source positions, ``T`` target positions, ``V`` vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import nn

from recollect.models import UNKNOWN, Generated
from recollect.tasks.base import Step
from recollect.tasks.pairs.corpus import Pair, PairBatch
from recollect.tasks.pairs.figures import pair_figures
from recollect.tasks.pairs.lines import CopyWords, own_numbers
from recollect.tasks.pairs.task import Pairs

__all__ = ["CopyPairs"]


class CopyPairs:
    """`Pairs` for a model that copies, and for those beside it that do not, judged alike.

    Args:
        pairs: what is learnt.
        copies: let the sources have words to copy (`recollect.models.CopyEncoder`); otherwise the
            batches are those of `pairs`.
        beside: what says targets without a model, by name, to be measured beside.

    Shapes:
        batches: `PairBatch`, with copies source ``(B, N, 2)``.
    """

    def __init__(
        self,
        pairs: Pairs,
        *,
        copies: bool = True,
        beside: Mapping[str, Callable[[Sequence[str]], Sequence[str]]] = MappingProxyType({}),
    ):
        self.inner, self.copies, self.beside = pairs, copies, beside
        self.source, self.target = pairs.source, pairs.target
        self.learnt = CopyWords(words=pairs.learnt, copies=copies)
        self.skipped, self.published = pairs.skipped, pairs.published

    def pairs(self, split: str) -> Sequence[Pair]:
        """The pairs of a split; a split that is not there is refused."""
        return self.inner.pairs(split)

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[PairBatch]:
        """Yield batches; the order of an epoch is a function of the seed and its number."""
        for batch in self.inner.batches(split, seed=seed, start=start):
            yield self._with_words(batch, split) if self.copies else batch

    def _with_words(self, batch: PairBatch, split: str) -> PairBatch:
        source = torch.stack([batch.source, torch.zeros_like(batch.source)], -1)
        target, known = batch.target.clone(), self.target.numbers
        for b, row in enumerate(batch.rows.tolist()):
            pair = self.inner.pairs(split)[row]
            own = own_numbers(pair.source, self.target)
            words = [own.get(w, known.get(w, UNKNOWN)) for w in pair.source]
            source[b, : len(words), 1] = torch.tensor(words, dtype=torch.long)
            for t, word in enumerate(pair.targets[0], 1):
                if word in own:
                    target[b, t] = own[word]
        return batch._replace(source=source, target=target)

    def step(self, model: nn.Module, batch: PairBatch) -> Step:
        """Return the mean negative log-likelihood a token, `EOS` included."""
        return self.inner.step(model, batch)

    def tell(self, model: nn.Module, batch: PairBatch) -> Generated:
        """Say the targets of a batch by a beam search."""
        return self.inner.tell(model, batch)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Accuracy, edits a token, and nats a token of each model, all in percent but the last.

        And the accuracy of what is measured beside.
        """
        pairs, out = self.pairs(split), {}
        for model in models:
            told: dict[int, list[str]] = {}
            nats = tokens = 0.0
            with torch.no_grad():
                for batch in self.batches(split, seed=0):
                    step = self.step(model, batch)
                    count = float(step.metrics["count"])
                    nats, tokens = nats + count * float(step.loss), tokens + count
                    rows = self.tell(model, batch).tokens.tolist()
                    for row, numbers in zip(batch.rows.tolist(), rows, strict=True):
                        told[row] = self.learnt.spelt(numbers, pairs[row].source)
            figures = pair_figures(
                [told[r] for r in range(len(pairs))], [pair.targets for pair in pairs]
            )
            for name, value in (
                ("accuracy", 100 - figures["word_error"]),
                ("token_error", figures["token_error"]),
                ("nats", nats / max(tokens, 1)),
            ):
                out.setdefault(name, []).append(value)
        for name, say in self.beside.items():
            told_so = [say(pair.source) for pair in pairs]
            figures = pair_figures(told_so, [pair.targets for pair in pairs])
            out[f"{name}_accuracy"] = [100 - figures["word_error"]]
        return out
