"""The Neural Turing Machine and its controls as configs."""

from dataclasses import dataclass, field

from torch import nn

from recollect.cells import (
    ConstantMemory,
    NTMCell,
    Recurrent,
    feedforward,
    lstm,
)
from recollect.cells.controller import MakeController
from recollect.models.ntm_start import writing_in_order
from recollect.models.sequences import CausalTransformer, SequenceModel
from recollect.tasks.algorithmic import SequenceTask
from recollect.tasks.base import Task
from recollect.train import ModelConfig

__all__ = [
    "FeedforwardNTMConfig",
    "LSTMConfig",
    "MemoryConfig",
    "NTMConfig",
    "TransformerConfig",
]


def sequence_task(task: Task) -> SequenceTask:
    """Return a task that has bits to say, or refuse it."""
    if not isinstance(task, SequenceTask):
        raise ValueError(f"this model says bits for a SequenceTask, not for {type(task).__name__}")
    return task


@dataclass(frozen=True, kw_only=True)
class MemoryConfig:
    """The memory of a machine and its heads."""

    slots: int = 64
    """Slots in training; longer sequences get more (`recollect.tasks.algorithmic`)."""
    width: int = 20
    """Numbers a slot holds."""
    heads: tuple[int, int] = (1, 1)
    """Heads that read and heads that write."""
    walk: float = 3.0
    """How surely write heads go from slot to slot before anything is learnt; 0 is no such start."""
    seek: float = 3.0
    """How surely read heads look for content before anything is learnt."""
    gain: float = 2.0
    """What the weights of keys and additions start multiplied by."""
    piece: int = 20
    """Steps after which the gradient of the state is bounded."""

    def machine(self, task: Task, controller: MakeController) -> SequenceModel:
        """Make a machine with this memory."""
        of = sequence_task(task)
        cell = NTMCell(
            of.inputs,
            output_size=of.outputs,
            controller=controller,
            memory=ConstantMemory(self.slots, self.width),
            heads=self.heads,
        )
        writing_in_order(cell, walk=self.walk, seek=self.seek, gain=self.gain)
        return SequenceModel(Recurrent(cell), piece=self.piece)


@dataclass(frozen=True, kw_only=True)
class NTMConfig(ModelConfig):
    """The Neural Turing Machine with an LSTM."""

    hidden: int = 64
    """Units of the controller."""
    memory: MemoryConfig = field(default_factory=MemoryConfig)

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        return self.memory.machine(task, lstm(self.hidden))


@dataclass(frozen=True, kw_only=True)
class FeedforwardNTMConfig(ModelConfig):
    """The Neural Turing Machine with a layer that keeps nothing, so that all is kept in slots."""

    hidden: int = 64
    """Units of the controller."""
    memory: MemoryConfig = field(default_factory=MemoryConfig)

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        return self.memory.machine(task, feedforward(self.hidden))


@dataclass(frozen=True, kw_only=True)
class LSTMConfig(ModelConfig):
    """An LSTM without a memory beside it."""

    hidden: int = 82
    layers: int = 1

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        of = sequence_task(task)
        core = nn.LSTM(of.inputs, self.hidden, self.layers, batch_first=True)
        return SequenceModel(core, nn.Linear(self.hidden, of.outputs))


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(ModelConfig):
    """A transformer that looks back only, without a memory beside it."""

    width: int = 28
    layers: int = 3
    heads: int = 4

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        of = sequence_task(task)
        core = CausalTransformer(of.inputs, width=self.width, layers=self.layers, heads=self.heads)
        return SequenceModel(core, nn.Linear(self.width, of.outputs))
