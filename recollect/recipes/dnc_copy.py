"""Copies that make a small memory be used again (Graves et al. 2016, extended data figure 1).

An episode holds more vectors than the machine has slots. One that keeps them in slots must free
what it has said; but a copy of five vectors, thirty bits, also fits into the units of an LSTM, of
the control's and of the machine's controller. The controls are as large and see the same episodes:
an LSTM, a transformer, and a Neural Turing Machine with a feed-forward controller, which frees
nothing and is given a slot for every step in tests.
"""

from dataclasses import dataclass, replace

from recollect.cells import DNCCell, DNCRules, Recurrent, lstm
from recollect.models.sequences import SequenceModel
from recollect.recipes.ntm_engine import FusedAdam, HoldCosine, KeepBest
from recollect.recipes.ntm_models import (
    FeedforwardNTMConfig,
    LSTMConfig,
    MemoryConfig,
    TransformerConfig,
    sequence_task,
)
from recollect.tasks.algorithmic import CopyReuse
from recollect.tasks.base import Task
from recollect.train import Config, LoopConfig, ModelConfig, TaskConfig

__all__ = [
    "CopyReuseConfig",
    "SmallDNCConfig",
    "dnc_copy_reuse",
    "lstm_copy_reuse",
    "ntm_ff_copy_reuse",
    "transformer_copy_reuse",
]


@dataclass(frozen=True, kw_only=True)
class CopyReuseConfig(TaskConfig):
    """Several copies one after another."""

    lengths: tuple[int, int] = (1, 5)
    """Fewest and most vectors of a copy in training."""
    copies: tuple[int, int] = (1, 10)
    """Fewest and most copies of a training episode."""
    batch: int = 16
    """Episodes a step, all of one size."""
    curriculum: int = 0
    """Batches until the largest sizes are drawn; 0 draws all from the start."""
    valid: tuple[tuple[int, int], ...] = ((5, 20),)
    """Vectors and copies that choose the weights."""
    beyond: tuple[tuple[int, int], ...] = ((5, 20), (5, 50), (5, 100))
    """Vectors and copies of the curve."""

    def build(self) -> CopyReuse:
        """Make the task."""
        return CopyReuse(
            lengths=self.lengths,
            copies=self.copies,
            batch=self.batch,
            curriculum=self.curriculum,
            valid=self.valid,
            beyond=self.beyond,
        )


@dataclass(frozen=True, kw_only=True)
class SmallDNCConfig(ModelConfig):
    """A DNC with an LSTM and few slots."""

    hidden: int = 64
    """Units of the controller."""
    slots: int = 10
    """Slots, in training and after: twice the vectors of the longest copy."""
    width: int = 16
    """Numbers a slot holds."""
    reads: int = 1
    """Read heads."""
    deallocation: bool = False
    """A slot that is freed is also emptied."""
    piece: int = 22
    """Steps after which the gradient of the state is bounded: two of the longest copies."""

    def build(self, task: Task) -> SequenceModel:
        """Make the model.

        Raises:
            ValueError: the task is no `SequenceTask`.
        """
        of = sequence_task(task)
        cell = DNCCell(
            of.inputs,
            output_size=of.outputs,
            slots=self.slots,
            width=self.width,
            reads=self.reads,
            controller=lstm(self.hidden),
            rules=DNCRules(deallocation=self.deallocation),
        )
        return SequenceModel(Recurrent(cell), piece=self.piece)


def dnc_copy_reuse() -> Config:
    """Copies in a row: the DNC, with a fifth of the slots that an episode has vectors."""
    every = 100
    return Config(
        task=CopyReuseConfig(),
        model=SmallDNCConfig(),
        optim=FusedAdam(lr=8e-3, schedule=HoldCosine(hold=0.5), clip=0.3),
        loop=LoopConfig(
            steps=20 * every,
            log_every=every,
            eval_every=every,
            save_every=4 * every,
            train_batches=8,
            choose="valid/loss",
        ),
        engine=KeepBest(settle=0.1),
    )


def ntm_ff_copy_reuse() -> Config:
    """Copies in a row: the Neural Turing Machine with a feed-forward controller."""
    model = FeedforwardNTMConfig(hidden=220, memory=MemoryConfig(slots=64))
    return replace(dnc_copy_reuse(), model=model)


def lstm_copy_reuse() -> Config:
    """Copies in a row: an LSTM with as many parameters as the machine."""
    return replace(dnc_copy_reuse(), model=LSTMConfig(hidden=78))


def transformer_copy_reuse() -> Config:
    """Copies in a row: a transformer with as many parameters as the machine."""
    optim = FusedAdam(lr=1e-3, schedule=HoldCosine(hold=0.5, warmup=100), clip=1.0)
    model = TransformerConfig(width=34, layers=2, heads=2)
    return replace(dnc_copy_reuse(), model=model, optim=optim)
