"""Repeat copy (Graves et al. 2014, section 4.2): say it so many times, then say that it is over."""

from types import MappingProxyType

import numpy as np

from recollect.tasks.algorithmic.sequences import (
    SequenceBatch,
    SequenceTask,
    Size,
    Sizes,
    as_batch,
    check_positive,
    random_bits,
)

__all__ = ["RepeatCopy"]


class RepeatCopy(SequenceTask):
    """Read up to 10 vectors of bits and how many times, 1 to 10; say them so often, then the end.

    Graves et al. 2014, section 4.2. The last inputs are a mark and, beside it, the number of
    repeats, shifted and scaled to mean 0 and variance 1 over the trained range; the last output is
    the end. A size (L, R) takes ``L + 1 + L R + 1`` steps, of which the last ``L R + 1`` are
    scored.

    Raises:
        ValueError: a size is below 1.
    """

    axes = ("length", "repeats")
    # Section 4.2 and figure 8.
    published = MappingProxyType(
        {
            "wrong_bits_length_20_repeats_10": "right but for the end",
            "wrong_bits_length_10_repeats_20": "right but for the end",
        }
    )

    def __init__(
        self,
        *,
        width: int = 8,
        lengths: tuple[int, int] = (1, 10),
        repeats: tuple[int, int] = (1, 10),
        batch: int = 16,
        curriculum: int = 0,
        valid: tuple[Size, ...] = ((10, 10),),
        beyond: tuple[Size, ...] = ((20, 10), (10, 20), (50, 10), (10, 50), (10, 100)),
    ):
        self.inputs, self.outputs = check_positive(width, "width") + 2, width + 1
        self.batch = check_positive(batch, "batch")
        spread = np.arange(repeats[0], repeats[1] + 1)
        self.mean, self.sd = float(spread.mean()), float(spread.std()) or 1.0
        lows_to_highs = [sorted({low, (low + high) // 2, high}) for low, high in (lengths, repeats)]
        self.sizes = Sizes(
            train=(lengths, repeats),
            valid=valid,
            within=tuple((n, m) for n in lows_to_highs[0] for m in lows_to_highs[1]),
            beyond=beyond,
            curriculum=curriculum,
        )

    def draw(self, rng: np.random.Generator, count: int, size: Size) -> SequenceBatch:
        """Return `count` sequences of one length and number of repeats."""
        length, repeats = size
        width = self.outputs - 1
        bits = random_bits(rng, count, length, width)
        steps = length + 1 + length * repeats + 1
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        targets = np.zeros((count, steps, self.outputs), np.float32)
        inputs[:, :length, :width] = bits
        inputs[:, length, width] = 1
        inputs[:, length, width + 1] = (repeats - self.mean) / self.sd
        targets[:, length + 1 : -1, :width] = np.tile(bits, (1, repeats, 1))
        targets[:, -1, width] = 1
        return as_batch(inputs, targets, np.arange(steps) > length)
