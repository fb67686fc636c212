"""Priority sort (Graves et al. 2014, section 4.5): the most urgent of the vectors, in order."""

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

__all__ = ["PrioritySort"]


class PrioritySort(SequenceTask):
    """Read 20 vectors of 8 bits, each with a priority in -1 to 1; say the 16 highest in order.

    Graves et al. 2014, section 4.5. The last inputs are the priority and a mark that ends the list.
    A size of n vectors takes ``n + 1 + k`` steps, the last k scored, where k is `keep` of n.

    Raises:
        ValueError: a size is below 1, or `keep` is no share.
    """

    axes = ("vectors",)

    def __init__(
        self,
        *,
        width: int = 8,
        vectors: tuple[int, int] = (20, 20),
        keep: float = 0.8,
        batch: int = 16,
        curriculum: int = 0,
        valid: tuple[int, ...] = (20,),
        beyond: tuple[int, ...] = (25, 30, 40),
    ):
        if not 0 < keep <= 1:
            raise ValueError(f"keep is {keep}; give a share of the vectors, above 0, at most 1")
        self.inputs, self.outputs = check_positive(width, "width") + 2, width
        self.keep, self.batch = keep, check_positive(batch, "batch")
        self.sizes = Sizes(
            train=(vectors,),
            valid=tuple((n,) for n in valid),
            within=((vectors[1],),),
            beyond=tuple((n,) for n in beyond),
            curriculum=curriculum,
        )

    def draw(self, rng: np.random.Generator, count: int, size: Size) -> SequenceBatch:
        """Return `count` lists of one number of vectors."""
        (vectors,) = size
        width, kept = self.outputs, max(1, round(self.keep * vectors))
        bits = random_bits(rng, count, vectors, width)
        urgent = rng.uniform(-1, 1, (count, vectors)).astype(np.float32)
        steps = vectors + 1 + kept
        inputs = np.zeros((count, steps, self.inputs), np.float32)
        targets = np.zeros((count, steps, self.outputs), np.float32)
        inputs[:, :vectors, :width] = bits
        inputs[:, :vectors, width] = urgent
        inputs[:, vectors, width + 1] = 1
        order = np.argsort(-urgent, axis=1, kind="stable")[:, :kept]
        targets[:, -kept:] = np.take_along_axis(bits, order[..., None], 1)
        return as_batch(inputs, targets, np.arange(steps) > vectors)
