"""Key-value memory networks (Miller et al. 2016) on PathQuestion and bAbI.

The authors descend by plain SGD over sampled negatives; here Adam takes all candidates, which are
few. The answers alone are learnt from.
"""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from recollect.models.kv_memory import KeyValueMemory, KeyValueStories
from recollect.recipes.memn2n import BabiConfig
from recollect.recipes.triples import walking
from recollect.tasks.babi import Babi
from recollect.tasks.base import Task
from recollect.tasks.triples.pathquestion import Kind
from recollect.tasks.triples.pathquestion_kv import KeyValueQuestions, Told
from recollect.train import (
    Adam,
    Config,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
    WarmupCosine,
)

__all__ = [
    "KeyValueConfig",
    "KeyValueQuestionsConfig",
    "KeyValueStoriesConfig",
    "babi_kv",
    "pathquestion_kv_2h",
    "pathquestion_kv_3h",
]


@dataclass(frozen=True, kw_only=True)
class KeyValueQuestionsConfig(TaskConfig):
    """PathQuestion over selected slots: which of its four sets, and how it is parted."""

    questions: Kind = "2H"
    """Hops, on the small or the large (L) knowledge base."""
    told: Told = "triples"
    """What a slot is: a triple, a sentence that tells it, or the words around a name in one."""
    split: Literal["random", "paths"] = "random"
    """Part the questions at random, or keep questions of one path together."""
    fold: int = 0
    """Another random parting."""
    batch: int = 64
    """Questions a step."""
    most: int | None = 40
    """Keys that a word may stand in to select any; None reads every triple for every question."""
    folder: str | None = None
    """Where the data lies."""

    def build(self) -> KeyValueQuestions:
        """Make the task."""
        return KeyValueQuestions(
            self.questions,
            told=self.told,
            split=self.split,
            fold=self.fold,
            batch=self.batch,
            most=self.most,
            folder=self.folder,
        )


@dataclass(frozen=True, kw_only=True)
class KeyValueConfig(ModelConfig):
    """The sizes of `recollect.KeyValueMemory`."""

    width: int = 64
    hops: int | None = None
    """None for as many as the questions have."""

    def build(self, task: Task) -> nn.Module:
        """Make a model for the task's words."""
        if not isinstance(task, KeyValueQuestions):
            raise ValueError(f"the model reads PathQuestion's slots, not {type(task).__name__}")
        return KeyValueMemory(len(task.vocab), width=self.width, hops=self.hops or task.hops)


def _pathquestion(kind: Kind, steps: int) -> Config:
    task = KeyValueQuestionsConfig(questions=kind)
    return walking(task, KeyValueConfig(), steps=steps, log_every=100)


def pathquestion_kv_2h() -> Config:
    """Questions of two hops for a key-value memory, learnt from their answers alone."""
    return _pathquestion("2H", 400)


def pathquestion_kv_3h() -> Config:
    """Questions of three hops for a key-value memory, learnt from their answers alone."""
    return _pathquestion("3H", 1000)


@dataclass(frozen=True, kw_only=True)
class KeyValueStoriesConfig(ModelConfig):
    """The sizes of `recollect.models.KeyValueStories`."""

    width: int = 50
    hops: int = 3

    def build(self, task: Task) -> nn.Module:
        """Make a model for the task's words."""
        if not isinstance(task, Babi):
            raise ValueError(f"the model reads bAbI's stories, not {type(task).__name__}")
        return KeyValueStories(len(task.vocab), ages=task.slots, width=self.width, hops=self.hops)


def babi_kv() -> Config:
    """A bAbI task for a key-value memory of sentences: bags of words with an age."""
    return Config(
        task=BabiConfig(tasks=(1,), validation=0.1),
        model=KeyValueStoriesConfig(),
        optim=Adam(lr=0.01, schedule=WarmupCosine(warmup=50), clip=40.0),
        loop=LoopConfig(
            steps=1500,
            log_every=100,
            eval_every=500,
            save_every=500,
            report=("train", "valid", "test"),
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
