"""Language modelling: the likelihood of the next token, in windows of a text.

Shape letters: ``B`` batch, ``T`` tokens of a window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from recollect.tasks.base import Step
from recollect.tasks.language.continuing import TextWords
from recollect.tasks.language.counting import counted_nats
from recollect.tasks.language.text import Text

__all__ = ["Language", "LanguageBatch"]


class LanguageBatch(NamedTuple):
    """Windows of a text.

    Shapes:
        tokens ``(B, T + 1)``; asked ``(B, T)``, the next tokens that count: each of a split once.
    """

    tokens: Tensor
    asked: Tensor


class Language:
    """What comes next in a text.

    A training batch is of windows that begin anywhere. Another split is read in windows that begin
    every half window, and each window but a text's first counts only its second half: every token
    is asked for once, with half a window or more before it.

    Args:
        text: the splits and how they are cut.
        batch: windows a step.
        window: tokens that a model sees.
        order: of the counts that stand beside the model, `..._counts` of `evaluate`.

    Raises:
        ValueError: a number is out of its range, or a split is too short for a window.
    """

    def __init__(self, text: Text, *, batch: int = 16, window: int = 128, order: int = 6):
        if batch < 1 or window < 2 or window % 2 or order < 1:
            raise ValueError(
                f"batch is {batch}, window {window}, order {order}: give 1 or more, an even window"
            )
        self.text, self.size, self.window, self.order = text, batch, window, order
        self.published: Mapping[str, Any] = text.published
        self.learnt = TextWords(cutter=text.cutter, window=window)
        self.tokens = {
            split: tuple(torch.tensor(text.cutter.encode(part)) for part in parts)
            for split, parts in text.splits.items()
        }
        for split, parts in self.tokens.items():
            short = min((len(part) for part in parts), default=0)
            if short <= window:
                raise ValueError(
                    f"a text of the split {split!r} has {short} tokens; a window of {window} needs "
                    "more: give a longer text or a smaller window"
                )

    def _parts(self, split: str) -> tuple[Tensor, ...]:
        if split not in self.tokens:
            raise ValueError(f"there is no split {split!r}; there are {', '.join(self.tokens)}")
        return self.tokens[split]

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[LanguageBatch]:
        """Yield training batches without end, or another split's windows once."""
        parts = self._parts(split)
        if split == "train":
            yield from self._drawn(parts, seed, start)
        windows = [(p, at) for p, part in enumerate(parts) for at in self._starts(len(part))]
        for first in range(start * self.size, len(windows), self.size):
            yield self._read(parts, windows[first : first + self.size])

    def _drawn(self, parts: Sequence[Tensor], seed: int, start: int) -> Iterator[LanguageBatch]:
        room = np.cumsum([len(part) - self.window for part in parts])
        asked = torch.ones(self.size, self.window, dtype=torch.bool)
        while True:
            picks = np.random.default_rng((seed, 11, start)).integers(0, room[-1], self.size)
            rows = []
            for pick in picks.tolist():
                p = int(np.searchsorted(room, pick, side="right"))
                at = pick - int(room[p - 1] if p else 0)
                rows.append(parts[p][at : at + self.window + 1])
            yield LanguageBatch(torch.stack(rows), asked)
            start += 1

    def _starts(self, length: int) -> list[int]:
        """Where the windows of a text begin: every half window, the last at its end."""
        last = length - self.window - 1
        return sorted({*range(0, last, self.window // 2), last})

    def _read(self, parts: Sequence[Tensor], windows: Sequence[tuple[int, int]]) -> LanguageBatch:
        half, rows, asked = self.window // 2, [], []
        for p, at in windows:
            rows.append(parts[p][at : at + self.window + 1])
            done = 0 if at == 0 else (at - 1) // half * half + self.window  # targets asked before
            asked.append(torch.arange(at, at + self.window) >= done)
        return LanguageBatch(torch.stack(rows), torch.stack(asked))

    def step(self, model: nn.Module, batch: LanguageBatch) -> Step:
        """Return the mean negative log-likelihood a token, in nats."""
        likely = model(batch.tokens[:, :-1])
        given = likely.gather(-1, batch.tokens[:, 1:].unsqueeze(-1)).squeeze(-1)
        count = batch.asked.sum()
        loss = -(given * batch.asked).sum() / count
        return Step(loss, {"nats": loss.detach(), "count": count.float()})

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return bits a character and perplexities a token and a word, beside what counting gives.

        All spread the same likelihood of the split over its characters, tokens, or words between
        spaces. `..._counts` are those of `counted_nats`, learnt from the training split.
        """
        parts = self.text.splits[split]
        tokens = sum(len(part) - 1 for part in self._parts(split))
        letters = sum(map(len, parts))
        words = sum(len(part.split()) for part in parts)
        out: dict[str, list[float]] = {}
        for model in models:
            nats = 0.0
            for batch in self.batches(split, seed=0):
                step = self.step(model, batch)
                nats += float(step.loss) * float(step.metrics["count"])
            out.setdefault("bits", []).append(nats / math.log(2) / letters)
            out.setdefault("perplexity_token", []).append(math.exp(nats / tokens))
            out.setdefault("perplexity_word", []).append(math.exp(nats / words))
        nats = counted_nats(
            [part.tolist() for part in self.tokens["train"]],
            [part.tolist() for part in self._parts(split)],
            order=self.order,
            vocab=len(self.text.cutter),
        )
        out["bits_counts"] = [nats / math.log(2) / letters]
        out["perplexity_word_counts"] = [math.exp(nats / words)]
        return out
