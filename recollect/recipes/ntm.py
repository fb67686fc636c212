"""The five tasks of the Neural Turing Machine (Graves, Wayne and Danihelka 2014), with controls.

Each task has four recipes: the machine with an LSTM (`ntm-copy`) and with a feed-forward controller
(`ntm-ff-copy`), and as controls an LSTM (`lstm-copy`) and a transformer (`transformer-copy`) of as
many parameters as the first, trained on as many sequences.

The authors trained with RMSprop at 1e-4 on up to a million sequences. Here it is Adam on a fraction
of them, from a memory that is constant (Collier and Beel 2018) and a start in which write heads
walk and read heads look for content (`recollect.models.writing_in_order`); gradients have a norm of
0.1 at most, since one large one undoes what was learnt; the rate falls to 2 % in the end. Of each
seed the weights are kept that were best on the valid split, whose sizes, `task.valid`, are stated
before training.
"""

from dataclasses import dataclass, field, replace

from torch import nn

from recollect.cells import ConstantMemory, NTMCell, Recurrent, feedforward, lstm
from recollect.cells.controller import MakeController
from recollect.models.ntm_start import writing_in_order
from recollect.models.sequences import CausalTransformer, SequenceModel
from recollect.recipes.ntm_engine import FusedAdam, HoldCosine, KeepBest
from recollect.tasks.algorithmic import (
    Copy,
    NGrams,
    PrioritySort,
    Recall,
    RepeatCopy,
    SequenceTask,
)
from recollect.tasks.base import Task
from recollect.train import Config, LoopConfig, ModelConfig, TaskConfig

__all__ = [
    "CopyConfig",
    "FeedforwardNTMConfig",
    "LSTMConfig",
    "MemoryConfig",
    "NGramsConfig",
    "NTMConfig",
    "RecallConfig",
    "RepeatCopyConfig",
    "SortConfig",
    "TransformerConfig",
    "lstm_copy",
    "lstm_ngram",
    "lstm_recall",
    "lstm_repeat_copy",
    "lstm_sort",
    "ntm_copy",
    "ntm_ff_copy",
    "ntm_ff_ngram",
    "ntm_ff_recall",
    "ntm_ff_repeat_copy",
    "ntm_ff_sort",
    "ntm_ngram",
    "ntm_recall",
    "ntm_repeat_copy",
    "ntm_sort",
    "transformer_copy",
    "transformer_ngram",
    "transformer_recall",
    "transformer_repeat_copy",
    "transformer_sort",
]


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

    def build(self) -> Copy:
        """Make the task."""
        return Copy(
            lengths=self.lengths,
            batch=self.batch,
            curriculum=self.curriculum,
            valid=self.valid,
            beyond=self.beyond,
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


def _sequence_task(task: Task) -> SequenceTask:
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

    def machine(self, task: Task, controller: MakeController) -> SequenceModel:
        """Make a machine with this memory."""
        of = _sequence_task(task)
        cell = NTMCell(
            of.inputs,
            output_size=of.outputs,
            controller=controller,
            memory=ConstantMemory(self.slots, self.width),
            heads=self.heads,
        )
        writing_in_order(cell, walk=self.walk, seek=self.seek, gain=self.gain)
        return SequenceModel(Recurrent(cell))


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
        of = _sequence_task(task)
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
        of = _sequence_task(task)
        core = CausalTransformer(of.inputs, width=self.width, layers=self.layers, heads=self.heads)
        return SequenceModel(core, nn.Linear(self.width, of.outputs))


def _config(
    task: TaskConfig,
    model: ModelConfig,
    *,
    steps: int,
    looks: int = 20,
    lr: float = 5e-3,
    hold: float = 0.3,
) -> Config:
    every = steps // looks
    loop = LoopConfig(
        steps=steps,
        log_every=every,
        eval_every=every,
        save_every=4 * every,
        train_batches=8,
        choose="valid/loss",
    )
    optim = FusedAdam(lr=lr, schedule=HoldCosine(hold=hold), clip=0.1)
    return Config(task=task, model=model, optim=optim, loop=loop, engine=KeepBest(settle=0.1))


def _lstm(machine: Config, *, hidden: int) -> Config:
    """Put an LSTM in the machine's place; everything else stays as it is."""
    return replace(machine, model=LSTMConfig(hidden=hidden))


def _transformer(machine: Config, *, width: int) -> Config:
    """Put a transformer in the machine's place, with a lower rate that rises first."""
    optim = FusedAdam(lr=1e-3, schedule=HoldCosine(hold=0.5, warmup=100), clip=1.0)
    return replace(machine, model=TransformerConfig(width=width), optim=optim)


# A memory has at least as many slots as most training sequences have steps.
_COPY = MemoryConfig(slots=64)
_REPEAT_COPY = MemoryConfig(slots=128)
_RECALL = MemoryConfig(slots=32)
_SORT = MemoryConfig(slots=64)
_NGRAM = MemoryConfig(slots=208)


def _copy(model: ModelConfig) -> Config:
    return _config(CopyConfig(), model, steps=800, looks=16)


def _repeat_copy(model: ModelConfig) -> Config:
    return _config(RepeatCopyConfig(), model, steps=2000, hold=0.5)


def _recall(model: ModelConfig) -> Config:
    return _config(RecallConfig(), model, steps=800, looks=16, lr=3e-3, hold=0.4)


def _sort(model: ModelConfig) -> Config:
    return _config(SortConfig(), model, steps=4000, hold=0.5)


def _ngram(model: ModelConfig) -> Config:
    return _config(NGramsConfig(), model, steps=6000, hold=0.5)


def ntm_copy() -> Config:
    """Copy: the Neural Turing Machine with an LSTM."""
    return _copy(NTMConfig(memory=_COPY))


def ntm_ff_copy() -> Config:
    """Copy: the Neural Turing Machine with a feed-forward controller."""
    return _copy(FeedforwardNTMConfig(memory=_COPY))


def lstm_copy() -> Config:
    """Copy: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_copy(), hidden=82)


def transformer_copy() -> Config:
    """Copy: a transformer with as many parameters as the machine."""
    return _transformer(ntm_copy(), width=28)


def ntm_repeat_copy() -> Config:
    """Repeat copy: the Neural Turing Machine with an LSTM."""
    return _repeat_copy(NTMConfig(memory=_REPEAT_COPY))


def ntm_ff_repeat_copy() -> Config:
    """Repeat copy: the Neural Turing Machine with a feed-forward controller."""
    return _repeat_copy(FeedforwardNTMConfig(memory=_REPEAT_COPY))


def lstm_repeat_copy() -> Config:
    """Repeat copy: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_repeat_copy(), hidden=82)


def transformer_repeat_copy() -> Config:
    """Repeat copy: a transformer with as many parameters as the machine."""
    return _transformer(ntm_repeat_copy(), width=28)


def ntm_recall() -> Config:
    """Associative recall: the Neural Turing Machine with an LSTM."""
    return _recall(NTMConfig(memory=_RECALL))


def ntm_ff_recall() -> Config:
    """Associative recall: the Neural Turing Machine with a feed-forward controller."""
    return _recall(FeedforwardNTMConfig(memory=_RECALL))


def lstm_recall() -> Config:
    """Associative recall: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_recall(), hidden=82)


def transformer_recall() -> Config:
    """Associative recall: a transformer with as many parameters as the machine."""
    return _transformer(ntm_recall(), width=28)


def ntm_sort() -> Config:
    """Priority sort: the Neural Turing Machine with an LSTM."""
    return _sort(NTMConfig(memory=_SORT))


def ntm_ff_sort() -> Config:
    """Priority sort: the Neural Turing Machine with a feed-forward controller."""
    return _sort(FeedforwardNTMConfig(memory=_SORT))


def lstm_sort() -> Config:
    """Priority sort: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_sort(), hidden=82)


def transformer_sort() -> Config:
    """Priority sort: a transformer with as many parameters as the machine."""
    return _transformer(ntm_sort(), width=28)


def ntm_ngram() -> Config:
    """Dynamic 6-grams: the Neural Turing Machine with an LSTM."""
    return _ngram(NTMConfig(memory=_NGRAM))


def ntm_ff_ngram() -> Config:
    """Dynamic 6-grams: the Neural Turing Machine with a feed-forward controller."""
    return _ngram(FeedforwardNTMConfig(memory=_NGRAM))


def lstm_ngram() -> Config:
    """Dynamic 6-grams: an LSTM with as many parameters as the machine."""
    return _lstm(ntm_ngram(), hidden=82)


def transformer_ngram() -> Config:
    """Dynamic 6-grams: a transformer with as many parameters as the machine."""
    return _transformer(ntm_ngram(), width=28)
