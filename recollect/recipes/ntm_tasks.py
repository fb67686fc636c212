"""The Neural Turing Machine's five tasks as configs: sizes to train on, choose by and measure."""

from dataclasses import dataclass

from recollect.tasks.algorithmic import Copy, NGrams, PrioritySort, Recall, RepeatCopy
from recollect.train import TaskConfig

__all__ = ["CopyConfig", "NGramsConfig", "RecallConfig", "RepeatCopyConfig", "SortConfig"]


@dataclass(frozen=True, kw_only=True)
class CopyConfig(TaskConfig):
    """Copy: say a sequence again."""

    lengths: tuple[int, int] = (1, 20)
    """Fewest and most vectors of a training sequence."""
    batch: int = 16
    """Sequences a step, all of one size."""
    curriculum: int = 0
    """Batches until the largest sizes are drawn; 0 draws all from the start."""
    valid: tuple[int, ...] = (60,)
    """Lengths that choose the weights."""
    beyond: tuple[int, ...] = (40, 80, 120, 200)
    """Lengths of the curve."""
    zeros: float = 0.05
    """Share of the training vectors that are made zeros."""

    def build(self) -> Copy:
        """Make the task."""
        return Copy(
            lengths=self.lengths,
            batch=self.batch,
            curriculum=self.curriculum,
            valid=self.valid,
            beyond=self.beyond,
            zeros=self.zeros,
        )


@dataclass(frozen=True, kw_only=True)
class RepeatCopyConfig(TaskConfig):
    """Repeat copy: say a sequence so many times."""

    lengths: tuple[int, int] = (1, 10)
    """Fewest and most vectors of a training sequence."""
    repeats: tuple[int, int] = (1, 10)
    """Fewest and most repeats."""
    batch: int = 8
    """Sequences a step, all of one size."""
    curriculum: int = 0
    """Batches until the largest sizes are drawn; 0 draws all from the start."""
    valid: tuple[tuple[int, int], ...] = ((10, 10),)
    """Lengths and repeats that choose the weights."""
    beyond: tuple[tuple[int, int], ...] = ((20, 10), (10, 20), (50, 10), (100, 10), (10, 100))
    """Lengths and repeats of the curve."""

    def build(self) -> RepeatCopy:
        """Make the task."""
        return RepeatCopy(
            lengths=self.lengths,
            repeats=self.repeats,
            batch=self.batch,
            curriculum=self.curriculum,
            valid=self.valid,
            beyond=self.beyond,
        )


@dataclass(frozen=True, kw_only=True)
class RecallConfig(TaskConfig):
    """Associative recall: say the item that came after this one."""

    items: tuple[int, int] = (2, 6)
    """Fewest and most items of a training sequence."""
    batch: int = 8
    """Sequences a step, all of one size."""
    curriculum: int = 0
    """Batches until the largest sizes are drawn; 0 draws all from the start."""
    valid: tuple[int, ...] = (12,)
    """Numbers of items that choose the weights."""
    beyond: tuple[int, ...] = (8, 10, 12, 15, 20, 30, 60)
    """Numbers of items of the curve."""

    def build(self) -> Recall:
        """Make the task."""
        return Recall(
            items=self.items,
            batch=self.batch,
            curriculum=self.curriculum,
            valid=self.valid,
            beyond=self.beyond,
        )


@dataclass(frozen=True, kw_only=True)
class SortConfig(TaskConfig):
    """Priority sort: say the most urgent vectors in order."""

    vectors: tuple[int, int] = (20, 20)
    """Fewest and most vectors of a training list."""
    batch: int = 16
    """Lists a step, all of one size."""
    curriculum: int = 0
    """Batches until the largest sizes are drawn; 0 draws all from the start."""
    valid: tuple[int, ...] = (20,)
    """Numbers of vectors that choose the weights."""
    beyond: tuple[int, ...] = (25, 30, 40, 100, 200)
    """Numbers of vectors of the curve."""

    def build(self) -> PrioritySort:
        """Make the task."""
        return PrioritySort(
            vectors=self.vectors,
            batch=self.batch,
            curriculum=self.curriculum,
            valid=self.valid,
            beyond=self.beyond,
        )


@dataclass(frozen=True, kw_only=True)
class NGramsConfig(TaskConfig):
    """Dynamic n-grams: learn a table while predicting from it."""

    bits: tuple[int, int] = (200, 200)
    """Fewest and most bits of a training sequence."""
    batch: int = 4
    """Sequences a step, all of one size."""
    curriculum: int = 0
    """Batches until the largest sizes are drawn; 0 draws all from the start."""
    valid: tuple[int, ...] = (200,)
    """Numbers of bits that choose the weights."""
    beyond: tuple[int, ...] = (400, 1000, 2000)
    """Numbers of bits of the curve."""

    def build(self) -> NGrams:
        """Make the task."""
        return NGrams(
            bits=self.bits,
            batch=self.batch,
            curriculum=self.curriculum,
            valid=self.valid,
            beyond=self.beyond,
        )
