"""Sparse access memory (Rae et al. 2016): associative recall out of 65,536 slots.

What a step costs does not depend on how many slots there are, so the memory is as large in training
as in the test. The LSTM and the transformer beside it are `lstm-recall` and `transformer-recall`.
"""

from dataclasses import dataclass

from recollect.cells import Recurrent, SparseAccessCell, lstm
from recollect.models.sequences import SequenceModel
from recollect.models.sparse_start import finding_what_is_like
from recollect.recipes.ntm_engine import FusedAdam, HoldCosine, KeepBest
from recollect.recipes.ntm_models import sequence_task
from recollect.recipes.ntm_tasks import RecallConfig
from recollect.tasks.base import Task
from recollect.train import Config, LoopConfig, ModelConfig

__all__ = ["SparseAccessConfig", "sam_recall"]


@dataclass(frozen=True, kw_only=True)
class SparseAccessConfig(ModelConfig):
    """A sparse access memory with an LSTM."""

    hidden: int = 64
    """Units of the controller."""
    slots: int = 65_536
    """Slots, in training and after."""
    width: int = 20
    """Numbers a slot holds."""
    heads: int = 2
    """Heads that read and write."""
    nearest: int = 8
    """Slots a head reads at a step."""
    log: float = 3.0
    """How surely a step writes to a slot that is not in use, before anything is learnt."""
    seek: float = 3.0
    """How surely heads look for content."""
    gain: float = 2.0
    """What the weights of queries and words start multiplied by."""

    def build(self, task: Task) -> SequenceModel:
        """Make the model.

        Raises:
            ValueError: the task is no `SequenceTask`.
        """
        of = sequence_task(task)
        cell = SparseAccessCell(
            of.inputs,
            output_size=of.outputs,
            slots=self.slots,
            width=self.width,
            heads=self.heads,
            nearest=self.nearest,
            controller=lstm(self.hidden),
        )
        finding_what_is_like(cell, log=self.log, seek=self.seek, gain=self.gain)
        return SequenceModel(Recurrent(cell))


def sam_recall() -> Config:
    """Associative recall: a sparse access memory of 65,536 slots."""
    return Config(
        task=RecallConfig(),
        model=SparseAccessConfig(),
        optim=FusedAdam(lr=5e-3, schedule=HoldCosine(hold=0.5), clip=0.1),
        loop=LoopConfig(
            steps=4000,
            log_every=250,
            eval_every=250,
            save_every=1000,
            train_batches=8,
            choose="valid/loss",
        ),
        engine=KeepBest(settle=0.1),
    )
