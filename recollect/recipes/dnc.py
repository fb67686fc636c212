"""The graph tasks of the differentiable neural computer (Graves et al. 2016), with LSTM controls.

A model learns on random graphs, through lessons, and is tested on the London Underground. The
authors trained with RMSprop on up to a million graphs and more; here it is Adam, a memory with a
slot for every step, and a start from which reading by content is learnt quickly
(`recollect.models.slot_per_step`). A control is an LSTM of as many parameters, on the same lessons.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, cast

from torch import nn

from recollect.cells import DNCCell, DNCRules, Recurrent, lstm
from recollect.models.sequences import SequenceModel
from recollect.models.slot_per_step import SlotPerStep, ready
from recollect.recipes.curriculum import Curriculum
from recollect.tasks.babi_words import BabiWords
from recollect.tasks.base import Task
from recollect.tasks.graphs import Inference, ShortestPath, Traversal
from recollect.tasks.shrdlu import MiniShrdlu
from recollect.train import (
    Adam,
    Config,
    Halving,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
)

__all__ = [
    "BabiWordsConfig",
    "DNCConfig",
    "FamilyConfig",
    "GraphLSTMConfig",
    "PathConfig",
    "ShrdluConfig",
    "Sized",
    "TraversalConfig",
    "WordDNCConfig",
    "babi_words_dnc",
    "dnc_family",
    "dnc_shortest_path",
    "dnc_shrdlu",
    "dnc_traversal",
    "lstm_family",
    "lstm_shortest_path",
    "lstm_shrdlu",
    "lstm_traversal",
]


class Sized(Task, Protocol):
    """A task whose steps have so many inputs and outputs."""

    inputs: int
    outputs: int


@dataclass(frozen=True, kw_only=True)
class _LessonsConfig(TaskConfig):
    """What all tasks with lessons have."""

    batch: int = 16
    """Sequences a step, all of one lesson."""
    review: float = 0.15
    """Share of the batches that are of an earlier lesson."""
    looks: int = 16
    """Batches of the valid split."""


@dataclass(frozen=True, kw_only=True)
class TraversalConfig(_LessonsConfig):
    """Walks on random graphs; the Underground as the test."""

    looks: int = 8
    """Batches of the valid split."""
    tests: int = 32
    """Batches of the test split."""
    folder: Path | None = None
    """Where the Underground's tables lie, if not where `recollect data path london` finds them."""

    def build(self) -> Traversal:
        """Make the task."""
        return Traversal(**vars(self))


@dataclass(frozen=True, kw_only=True)
class FamilyConfig(_LessonsConfig):
    """Who is whose relative, in random families; Hinton's two as the test."""

    tests: int = 32
    """Batches of the test split."""
    folder: Path | None = None
    """Where Hinton's table lies, if not where `recollect data path family` finds it."""

    def build(self) -> Inference:
        """Make the task."""
        return Inference(**vars(self))


@dataclass(frozen=True, kw_only=True)
class PathConfig(_LessonsConfig):
    """Shortest paths on random graphs; the Underground as the test."""

    tests: int = 32
    """Batches of the test split."""
    folder: Path | None = None
    """Where the Underground's tables lie, if not where `recollect data path london` finds them."""

    def build(self) -> ShortestPath:
        """Make the task."""
        return ShortestPath(**vars(self))


@dataclass(frozen=True, kw_only=True)
class ShrdluConfig(_LessonsConfig):
    """Mini-SHRDLU: move blocks until the goal that is named is met."""

    stray: float = 0.15
    """Share of the moves shown that are random ones."""

    def build(self) -> MiniShrdlu:
        """Make the task."""
        return MiniShrdlu(**vars(self))


@dataclass(frozen=True, kw_only=True)
class DNCConfig(ModelConfig):
    """A DNC with an LSTM controller of one layer and a slot for every step."""

    hidden: int = 128
    """Units of the controller."""
    width: int = 48
    """Numbers a slot holds."""
    reads: int = 2
    """Read heads."""
    forget: float = -2.0
    """Bias that the LSTM's forget gates start with: below 0 little of the past is kept."""
    carry: float = 0.1
    """What the weights that carry the past start multiplied by."""

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        sized = cast(Sized, task)
        cell = DNCCell(
            sized.inputs,
            output_size=sized.outputs,
            slots=1,  # those of a sequence are as many as its steps
            width=self.width,
            reads=self.reads,
            controller=lstm(self.hidden),
        )
        return SequenceModel(SlotPerStep(ready(cell, forget=self.forget, carry=self.carry)))


@dataclass(frozen=True, kw_only=True)
class GraphLSTMConfig(ModelConfig):
    """The control: an LSTM of one layer."""

    hidden: int = 181
    """Units; of as many parameters as the DNC where it stands beside one."""

    def build(self, task: Task) -> SequenceModel:
        """Make the model."""
        sized = cast(Sized, task)
        core = nn.LSTM(sized.inputs, self.hidden, batch_first=True)
        return SequenceModel(core, nn.Linear(self.hidden, sized.outputs))


@dataclass(frozen=True, kw_only=True)
class BabiWordsConfig(TaskConfig):
    """bAbI as a stream of words, one model for all tasks."""

    tasks: tuple[int, ...] = tuple(range(1, 21))
    """Numbers from 1 to 20."""
    size: Literal["1k", "10k"] = "10k"
    """Training questions a task."""
    batch: int = 16
    """Stories a step."""
    longest: int = 800
    """Words of the longest training story."""
    folder: Path | None = None
    """Where the data set lies, if not where `recollect data path babi` finds it."""

    def build(self) -> BabiWords:
        """Read and encode the files."""
        return BabiWords(
            self.tasks,
            size=self.size,
            batch=self.batch,
            longest=self.longest,
            folder=self.folder,
        )


@dataclass(frozen=True, kw_only=True)
class WordDNCConfig(ModelConfig):
    """A DNC that reads words, with masked keys and slots that are emptied when they are freed."""

    hidden: int = 256
    """Units of the controller, and the width of a word."""
    slots: int = 256
    """Slots of the memory."""
    width: int = 64
    """Numbers a slot holds."""
    reads: int = 4
    """Read heads."""

    def build(self, task: Task) -> nn.Module:
        """Make the model."""
        vocab = len(cast(BabiWords, task).vocab)
        cell = DNCCell(
            self.hidden,
            output_size=vocab,
            slots=self.slots,
            width=self.width,
            reads=self.reads,
            controller=lstm(self.hidden),
            rules=DNCRules(masking=True, deallocation=True),
        )
        return nn.Sequential(nn.Embedding(vocab, self.hidden), SequenceModel(Recurrent(cell)))


def _config(task: TaskConfig, model: ModelConfig, *, steps: int, metric: str = "triples") -> Config:
    return Config(
        task=task,
        model=model,
        optim=Adam(lr=2e-3, clip=1.0, schedule=Halving(every=6000, start=12_000)),
        loop=LoopConfig(
            steps=steps,
            log_every=100,
            eval_every=2000,
            save_every=500,
            report=("train", "valid"),
            choose="train/loss",
        ),
        engine=Curriculum(device="cpu", metric=metric),
    )


def dnc_traversal() -> Config:
    """DNC: walks on graphs, from random graphs of growing size to the London Underground."""
    return _config(TraversalConfig(), DNCConfig(), steps=30_000)


def lstm_traversal() -> Config:
    """LSTM of as many parameters as the DNC: walks on graphs, the same lessons."""
    return _config(TraversalConfig(), GraphLSTMConfig(), steps=30_000)


def dnc_family() -> Config:
    """DNC: who is whose uncle, from random families of growing size to Hinton's two."""
    return _config(FamilyConfig(), DNCConfig(), steps=40_000)


def lstm_family() -> Config:
    """LSTM of as many parameters as the DNC: relatives, the same lessons."""
    return _config(FamilyConfig(), GraphLSTMConfig(), steps=40_000)


def dnc_shortest_path() -> Config:
    """DNC: shortest paths, from neighbours in small graphs to the London Underground."""
    return _config(PathConfig(), DNCConfig(), steps=40_000)


def lstm_shortest_path() -> Config:
    """LSTM of as many parameters as the DNC: shortest paths, the same lessons."""
    return _config(PathConfig(), GraphLSTMConfig(), steps=40_000)


def babi_words_dnc() -> Config:
    """DNC: all twenty bAbI tasks as one stream of words, 10,000 questions a task."""
    return Config(
        task=BabiWordsConfig(),
        model=WordDNCConfig(),
        optim=Adam(lr=5e-4, clip=10.0, schedule=Halving(every=20_000, start=40_000)),
        loop=LoopConfig(
            steps=100_000,
            log_every=50,
            eval_every=2000,
            eval_batches=40,
            save_every=500,
            choose="valid/loss",
        ),
        engine=TorchConfig(replicas="turns"),  # lengths differ from batch to batch
    )


def dnc_shrdlu() -> Config:
    """DNC: Mini-SHRDLU, from one block to be moved once to goals of six constraints."""
    return _config(ShrdluConfig(), DNCConfig(), steps=40_000, metric="moves")


def lstm_shrdlu() -> Config:
    """LSTM of as many parameters as the DNC: Mini-SHRDLU, the same lessons."""
    return _config(ShrdluConfig(), GraphLSTMConfig(), steps=40_000, metric="moves")
