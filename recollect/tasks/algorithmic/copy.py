"""Copy (Graves et al. 2014, section 4.1), and many copies in one episode (Graves et al. 2016).

Shape letters: ``B`` batch, ``T`` time.
"""

from collections.abc import Iterator
from types import MappingProxyType

import numpy as np
import torch

from recollect.tasks.algorithmic.sequences import (
    SequenceBatch,
    SequenceTask,
    Size,
    Sizes,
    as_batch,
    check_positive,
    random_bits,
)

__all__ = ["Copy", "CopyReuse"]


class Copy(SequenceTask):
    """Read up to 20 vectors of 8 random bits and a mark, then say them again.

    Graves et al. 2014, section 4.1. The last input is the mark. A sequence of length L takes
    ``2 L + 1`` steps, of which the last L are scored. `valid` lengths choose the checkpoint.

    A vector of zeros, one in 256, looks as silence does, and a machine that has met few of them
    loses its place there. `zeros` is the share of training vectors that are made so beside those
    that chance draws; validation and tests are fair bits.

    Raises:
        ValueError: a size is below 1, or `zeros` is no share.

    >>> task = Copy()
    >>> batch = next(task.batches("valid", seed=0))
    >>> batch.inputs.shape, int(batch.mask[0].sum())
    (torch.Size([16, 161, 9]), 80)
    """

    axes = ("length",)
    # Figure 4, of one sequence: from the doubled vector on, all are a place too late.
    published = MappingProxyType({"wrong_bits_length_120": "a vector said twice"})

    def __init__(
        self,
        *,
        width: int = 8,
        lengths: tuple[int, int] = (1, 20),
        batch: int = 16,
        curriculum: int = 0,
        valid: tuple[int, ...] = (80,),
        beyond: tuple[int, ...] = (40, 80, 120, 200),
        zeros: float = 0.0,
    ):
        if not 0 <= zeros <= 1:
            raise ValueError(f"zeros is {zeros}; it is a share, 0 to 1")
        self.inputs, self.outputs = check_positive(width, "width") + 1, width
        self.batch, self.zeros = check_positive(batch, "batch"), zeros
        self.sizes = Sizes(
            train=(lengths,),
            valid=tuple((n,) for n in valid),
            within=tuple((n,) for n in range(lengths[0], lengths[1] + 1)),
            beyond=tuple((n,) for n in beyond),
            curriculum=curriculum,
        )

    def draw(self, rng: np.random.Generator, count: int, size: Size) -> SequenceBatch:
        """Return `count` sequences of one length."""
        (length,) = size
        return _copies(random_bits(rng, count, 1, length, self.outputs), marks=1)

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[SequenceBatch]:
        """Yield the batches of a split; see `SequenceTask`."""
        for i, batch in enumerate(super().batches(split, seed=seed, start=start), start):
            yield self._blanked(batch, (seed, i)) if split == "train" and self.zeros else batch

    def _blanked(self, batch: SequenceBatch, key: tuple[int, int]) -> SequenceBatch:
        """Return a batch in which more of the vectors are zeros."""
        count, length = len(batch.inputs), batch.inputs.shape[1] // 2
        luck = np.random.default_rng((9, *key)).random((count, length))
        kept = torch.from_numpy((luck >= self.zeros).astype(np.float32))[..., None]
        inputs, targets = batch.inputs.clone(), batch.targets.clone()
        inputs[:, :length] *= kept
        targets[:, length + 1 :] *= kept
        return batch._replace(inputs=inputs, targets=targets)


class CopyReuse(SequenceTask):
    """Copy several sequences one after another, so that a small memory must be used again.

    Graves et al. 2016, extended data figure 1: ten sequences in an episode and fewer slots than
    vectors. The last inputs are two marks: one beside every vector that is read, one to say it.
    Each copy of length L takes ``2 L + 1`` steps.

    Raises:
        ValueError: a size is below 1.
    """

    axes = ("length", "copies")

    def __init__(
        self,
        *,
        width: int = 6,
        lengths: tuple[int, int] = (1, 5),
        copies: tuple[int, int] = (1, 10),
        batch: int = 16,
        curriculum: int = 0,
        valid: tuple[Size, ...] = ((5, 20),),
        beyond: tuple[Size, ...] = ((5, 20), (5, 50), (5, 100)),
    ):
        self.inputs, self.outputs = check_positive(width, "width") + 2, width
        self.batch = check_positive(batch, "batch")
        ends = [(n, m) for n in lengths for m in copies]
        self.sizes = Sizes(
            train=(lengths, copies),
            valid=valid,
            within=tuple(dict.fromkeys(ends)),
            beyond=beyond,
            curriculum=curriculum,
        )

    def draw(self, rng: np.random.Generator, count: int, size: Size) -> SequenceBatch:
        """Return `count` episodes of one size."""
        length, copies = size
        return _copies(random_bits(rng, count, copies, length, self.outputs), marks=2)


def _copies(bits: np.ndarray, *, marks: int) -> SequenceBatch:
    """Lay out copies ``(B, C, L, W)`` one after another."""
    count, copies, length, width = bits.shape
    steps = 2 * length + 1
    inputs = np.zeros((count, copies, steps, width + marks), np.float32)
    targets = np.zeros((count, copies, steps, width), np.float32)
    inputs[:, :, :length, :width] = bits
    inputs[:, :, length, width] = 1
    if marks > 1:
        inputs[:, :, :length, width + 1] = 1
    targets[:, :, length + 1 :] = bits
    scored = np.tile(np.arange(steps) > length, copies)
    flat = (count, copies * steps, -1)
    return as_batch(inputs.reshape(flat), targets.reshape(flat), scored)
