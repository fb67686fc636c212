"""Algorithms learnt from examples: the NTM's five tasks, and copies that use memory again."""

from recollect.tasks.algorithmic.copy import Copy, CopyReuse
from recollect.tasks.algorithmic.ngrams import NGrams, optimal_estimate
from recollect.tasks.algorithmic.recall import Recall
from recollect.tasks.algorithmic.repeat_copy import RepeatCopy
from recollect.tasks.algorithmic.sequences import (
    SequenceBatch,
    SequenceTask,
    Sizes,
    Timed,
    pad_batches,
)
from recollect.tasks.algorithmic.sort import PrioritySort

__all__ = [
    "Copy",
    "CopyReuse",
    "NGrams",
    "PrioritySort",
    "Recall",
    "RepeatCopy",
    "SequenceBatch",
    "SequenceTask",
    "Sizes",
    "Timed",
    "optimal_estimate",
    "pad_batches",
]
