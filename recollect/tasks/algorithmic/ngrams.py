"""Dynamic n-grams (Graves et al. 2014, section 4.4): learn a table while predicting from it."""

import math
from types import MappingProxyType

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.tasks.algorithmic.sequences import (
    SequenceBatch,
    SequenceTask,
    Size,
    Sizes,
    as_batch,
    check_positive,
)

__all__ = ["NGrams", "optimal_estimate"]


class NGrams(SequenceTask):
    r"""Predict each of 200 bits from those before it, where five bits decide the odds of the next.

    Graves et al. 2014, section 4.4. Every sequence has a table of its own, an entry for each of the
    32 contexts drawn from Beta(1/2, 1/2); the first five bits are fair and not scored. The input is
    the last bit, as a one of two; step t predicts bit t. The line to reach is the best any
    estimator can do, `optimal_estimate`; `excess` is the share by which the cost in bits a
    sequence lies above it.

    Raises:
        ValueError: a size is below 1, or no bit would be scored.
    """

    axes = ("bits",)
    moves = False  # the table has as many entries in every sequence
    # Figure 13: close to the optimal estimator, never at it.
    published = MappingProxyType({"excess": "close to 0, not 0 (figure 13)"})

    def __init__(
        self,
        *,
        context: int = 5,
        bits: tuple[int, int] = (200, 200),
        batch: int = 16,
        curriculum: int = 0,
        valid: tuple[int, ...] = (200,),
        beyond: tuple[int, ...] = (400, 1000, 2000),
    ):
        self.context, self.batch = (
            check_positive(context, "context"),
            check_positive(batch, "batch"),
        )
        fewest = min(bits[0], *valid, *beyond)
        if fewest <= context:
            raise ValueError(f"bits is {fewest}; give more than the {context} bits of the context")
        self.inputs, self.outputs = 2, 1
        self.sizes = Sizes(
            train=(bits,),
            valid=tuple((n,) for n in valid),
            within=((bits[1],),),
            beyond=tuple((n,) for n in beyond),
            curriculum=curriculum,
        )

    def draw(self, rng: np.random.Generator, count: int, size: Size) -> SequenceBatch:
        """Return `count` sequences of bits, each from a table of its own."""
        (length,) = size
        table = rng.beta(0.5, 0.5, (count, 2**self.context))
        luck = rng.random((count, length))
        bits = np.zeros((count, length), np.int64)
        rows, window, keep = np.arange(count), np.zeros(count, np.int64), 2**self.context - 1
        for t in range(length):
            odds = 0.5 if t < self.context else table[rows, window]
            bits[:, t] = luck[:, t] < odds
            window = (2 * window + bits[:, t]) & keep
        inputs = np.zeros((count, length, 2), np.float32)
        inputs[:, 1:, 0], inputs[:, 1:, 1] = bits[:, :-1] == 0, bits[:, :-1] == 1
        targets = bits[..., None].astype(np.float32)
        return as_batch(inputs, targets, np.arange(length) >= self.context)

    def figures(self, logits: Tensor, batch: SequenceBatch) -> dict[str, Tensor]:
        """Return the wrong bits, the cost in bits a sequence, and its excess over the best."""
        best = optimal_estimate(batch.targets[..., 0], context=self.context)
        bits = batch.targets[..., 0]
        cost = F.binary_cross_entropy_with_logits(logits[..., 0], bits, reduction="none")
        least = F.binary_cross_entropy(best, bits, reduction="none")
        cost, least = ((c * batch.mask).sum() / len(bits) / math.log(2) for c in (cost, least))
        ours = {"cost": cost, "optimal_cost": least, "excess": cost / least - 1}
        return super().figures(logits, batch) | ours


def optimal_estimate(bits: Tensor, *, context: int = 5) -> Tensor:
    r"""Return the best estimate of each bit from those before it.

    .. math:: P(b_t = 1) = \frac{N_1 + 1/2}{N_0 + N_1 + 1}

    where N0, N1 count the zeros and ones that followed the same `context` bits so far. Murphy 2012;
    Graves et al. 2014, eq. 10. The first `context` bits, which have no context, are given 1/2.

    Shapes:
        bits ``(B, T)`` of 0 and 1 -> ``(B, T)`` of probabilities.

    Raises:
        ValueError: `bits` is not of that shape, or the context is below 1.

    >>> optimal_estimate(torch.tensor([[1.0, 1.0, 1.0, 0.0]]), context=1)
    tensor([[0.5000, 0.5000, 0.7500, 0.8333]])
    """
    if bits.dim() != 2:
        raise ValueError(f"bits are (B, T), not {tuple(bits.shape)}")
    check_positive(context, "context")
    known = bits.long().numpy()
    count, length = known.shape
    seen = np.full((count, 2**context, 2), 0.5)
    rows, window = np.arange(count), np.zeros(count, np.int64)
    out = np.full((count, length), 0.5)
    for t in range(length):
        if t >= context:
            both = seen[rows, window]
            out[:, t] = both[:, 1] / both.sum(1)
            seen[rows, window, known[:, t]] += 1
        window = (2 * window + known[:, t]) & (2**context - 1)
    return torch.from_numpy(out).to(bits.dtype if bits.is_floating_point() else torch.float32)
