"""Associative recall (Graves et al. 2014, section 4.3): which item came after this one?"""

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

__all__ = ["Recall"]


class Recall(SequenceTask):
    """Read 2 to 6 items of three 6-bit vectors, then one of them again; say the one after it.

    Graves et al. 2014, section 4.3. The last inputs are two marks: one before every item, one
    before and after the question. A size of n items takes ``4 n + 8`` steps, the last 3 scored.

    Raises:
        ValueError: a size is below 1, or there are fewer than two items.
    """

    axes = ("items",)
    # Figure 12 and its text: a feed-forward NTM is nearly perfect at 12 and under 1 bit at 15.
    published = MappingProxyType(
        {"wrong_bits": "~0", "wrong_bits_items_12": "~0", "wrong_bits_items_15": "< 1"}
    )

    def __init__(
        self,
        *,
        width: int = 6,
        vectors: int = 3,
        items: tuple[int, int] = (2, 6),
        batch: int = 16,
        curriculum: int = 0,
        valid: tuple[int, ...] = (12,),
        beyond: tuple[int, ...] = (8, 10, 12, 15, 20, 30, 60),
    ):
        self.inputs, self.outputs = check_positive(width, "width") + 2, width
        self.vectors, self.batch = (
            check_positive(vectors, "vectors"),
            check_positive(batch, "batch"),
        )
        fewest = min(items[0], *valid, *beyond)
        if fewest < 2:
            raise ValueError(f"items is {fewest}; give 2 or more: the first asks for the second")
        self.sizes = Sizes(
            train=(items,),
            valid=tuple((n,) for n in valid),
            within=tuple((n,) for n in range(items[0], items[1] + 1)),
            beyond=tuple((n,) for n in beyond),
            curriculum=curriculum,
        )

    def draw(self, rng: np.random.Generator, count: int, size: Size) -> SequenceBatch:
        """Return `count` sequences of one number of items."""
        (items,) = size
        width, vectors = self.outputs, self.vectors
        bits = random_bits(rng, count, items, vectors, width)
        asked = rng.integers(0, items - 1, count)
        rows = np.arange(count)
        listed = items * (vectors + 1)
        steps = listed + (vectors + 2) + vectors
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        targets = np.zeros((count, steps, self.outputs), np.float32)
        shown = inputs[:, :listed].reshape(count, items, vectors + 1, self.inputs)
        shown[:, :, 0, width] = 1
        shown[:, :, 1:, :width] = bits
        inputs[:, :listed] = shown.reshape(count, listed, self.inputs)
        inputs[:, [listed, listed + vectors + 1], width + 1] = 1
        inputs[:, listed + 1 : listed + 1 + vectors, :width] = bits[rows, asked]
        targets[:, -vectors:] = bits[rows, asked + 1]
        return as_batch(inputs, targets, np.arange(steps) >= steps - vectors)
