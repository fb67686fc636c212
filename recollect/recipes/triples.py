"""Walking knowledge bases: PathQuestion, and the reader of questions about tables of one's own."""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from recollect.models.chain_reader import ChainReader
from recollect.models.triple_memory import TripleMemory
from recollect.tasks.base import Task
from recollect.tasks.triples.chains import Chains
from recollect.tasks.triples.hinton import Hinton
from recollect.tasks.triples.pathquestion import Kind, PathQuestion
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
    "ChainReaderConfig",
    "ChainsConfig",
    "HintonConfig",
    "PathQuestionConfig",
    "TripleMemoryConfig",
    "WalkersConfig",
    "families",
    "family_hinton",
    "pathquestion_2h",
    "pathquestion_3h",
    "pathquestion_large_2h",
    "pathquestion_large_3h",
]


@dataclass(frozen=True, kw_only=True)
class PathQuestionConfig(TaskConfig):
    """PathQuestion: which of its four sets, and how it is parted."""

    questions: Kind = "2H"
    """Hops, on the small or the large (L) knowledge base."""
    split: Literal["random", "paths"] = "random"
    """Part the questions at random, or keep questions of one path together."""
    fold: int = 0
    """Another random parting."""
    paths: float = 0.0
    """Weight of the gold path in the loss; 0 learns from the answers alone."""
    batch: int = 64
    """Questions a step."""
    folder: str | None = None
    """Where the data lies."""

    def build(self) -> PathQuestion:
        """Make the task."""
        return PathQuestion(
            self.questions,
            split=self.split,
            fold=self.fold,
            paths=self.paths,
            batch=self.batch,
            folder=self.folder,
        )


@dataclass(frozen=True, kw_only=True)
class TripleMemoryConfig(ModelConfig):
    """The sizes of `recollect.models.TripleMemory`."""

    width: int = 64
    dropout: float = 0.2
    """Of the question's words."""

    def build(self, task: Task) -> nn.Module:
        """Make a model that can walk as far as the questions do."""
        if not isinstance(task, PathQuestion):
            raise ValueError(f"a TripleMemory is made for PathQuestion, not {type(task).__name__}")
        return TripleMemory(
            len(task.vocab),
            relations=len(task.relations),
            width=self.width,
            hops=task.hops,
            dropout=self.dropout,
        )


def walking(task: TaskConfig, model: ModelConfig, *, steps: int, log_every: int = 50) -> Config:
    """Learn PathQuestion from the answers alone; the best on the validation set is kept."""
    return Config(
        task=task,
        model=model,
        optim=Adam(lr=3e-3, schedule=WarmupCosine(warmup=50), clip=1.0),
        loop=LoopConfig(
            steps=steps,
            log_every=log_every,
            eval_every=steps // 2,
            save_every=steps // 2,
            report=("valid",),
            choose="valid/loss",
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )


def _pathquestion(kind: Kind, steps: int) -> Config:
    return walking(PathQuestionConfig(questions=kind), TripleMemoryConfig(), steps=steps)


def pathquestion_2h() -> Config:
    """Questions of two hops, learnt from their answers alone."""
    return _pathquestion("2H", 200)


def pathquestion_3h() -> Config:
    """Questions of three hops, learnt from their answers alone."""
    return _pathquestion("3H", 350)


def pathquestion_large_2h() -> Config:
    """Questions of two hops over 363 relations, learnt from their answers alone."""
    return _pathquestion("L-2H", 200)


def pathquestion_large_3h() -> Config:
    """Questions of three hops over 411 relations, learnt from their answers alone."""
    return _pathquestion("L-3H", 300)


@dataclass(frozen=True, kw_only=True)
class ChainsConfig(TaskConfig):
    """Questions about chains of relations to train on."""

    batch: int = 128
    """Questions a step."""
    longest: int = 8
    """Hops of the longest chain."""
    pool: int = 500
    """Batches worded before the first is worded again."""

    def build(self) -> Chains:
        """Make the task."""
        return Chains(batch=self.batch, longest=self.longest, pool=self.pool)


@dataclass(frozen=True, kw_only=True)
class ChainReaderConfig(ModelConfig):
    """The sizes of `recollect.models.ChainReader`."""

    width: int = 48
    layers: int = 3

    def build(self, task: Task) -> ChainReader:
        """Make the model."""
        return ChainReader(width=self.width, layers=self.layers)


def families() -> Config:
    """The reader behind `recollect ask TABLE`, trained on worded chains."""
    return Config(
        task=ChainsConfig(),
        model=ChainReaderConfig(),
        optim=Adam(lr=4e-3, schedule=WarmupCosine(warmup=50), clip=1.0),
        loop=LoopConfig(steps=500, log_every=50, eval_every=250, save_every=250, train_batches=4),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )


@dataclass(frozen=True, kw_only=True)
class HintonConfig(TaskConfig):
    """Hinton's families, with every pair of a person and a relation held out once."""

    held: int = 4
    """Pairs held out of a fold."""
    folds: int | None = None
    """How many folds to train; None trains all."""
    deal: int = 0
    """Another random dealing of the pairs to folds."""
    drop: float = 0.05
    """Share of the other triples that a question of training may not read."""
    folder: str | None = None
    """Where the data lies."""

    def build(self) -> Hinton:
        """Make the task."""
        return Hinton(
            held=self.held, folds=self.folds, deal=self.deal, drop=self.drop, folder=self.folder
        )


@dataclass(frozen=True, kw_only=True)
class WalkersConfig(ModelConfig):
    """A `recollect.models.TripleMemory` a fold, which concludes relations from others."""

    width: int = 32
    hops: int = 2
    chains: int = 6
    """Walked side by side; what they say is multiplied."""
    stay: float = 2.0
    """First logit of a hop that stays where it is."""

    def build(self, task: Task) -> nn.ModuleList:
        """Make the models."""
        if not isinstance(task, Hinton):
            raise ValueError(f"walkers are made for Hinton's families, not {type(task).__name__}")
        return nn.ModuleList(
            TripleMemory(
                task.vocab,
                relations=2 * task.relations,
                width=self.width,
                hops=self.hops,
                chains=self.chains,
                stay=self.stay,
                joint=True,
            )
            for _ in task.held
        )


def family_hinton() -> Config:
    """Hinton's families: each pair held out once, concluded from the other relations."""
    return Config(
        task=HintonConfig(),
        model=WalkersConfig(),
        optim=Adam(lr=0.025, schedule=WarmupCosine(warmup=20), clip=1.0),
        loop=LoopConfig(
            steps=120,
            log_every=20,
            eval_every=120,
            save_every=20,
            report=("train",),
            train_batches=1,
            choose="train/loss",
            best="train/loss",
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
