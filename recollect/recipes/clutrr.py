"""Kinship on CLUTRR: a table of compositions learned on short paths and read on long ones.

Adam at 0.005 let down along half a cosine, batches of 128.
"""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

from recollect.models.relation_memory import RelationMemory
from recollect.models.relation_reader import RelationReader
from recollect.tasks.base import Task
from recollect.tasks.clutrr import Clutrr
from recollect.tasks.clutrr_text import ClutrrText
from recollect.train import Adam, Config, LoopConfig, ModelConfig, TaskConfig, TorchConfig
from recollect.train.optim import WarmupCosine

__all__ = [
    "ClutrrConfig",
    "ClutrrTextConfig",
    "RelationMemoryConfig",
    "RelationReaderConfig",
    "clutrr",
    "clutrr_23",
    "clutrr_text",
]

# A run of conditional theorem provers trained on two to four facts, from its authors' log.
_PROVER = {2: 1.0, 3: 0.72, 4: 0.74, 5: 0.978, 6: 0.962, 7: 0.981, 8: 0.978, 9: 0.944, 10: 0.893}


@dataclass(frozen=True, kw_only=True)
class ClutrrConfig(TaskConfig):
    """CLUTRR as a graph of facts."""

    trained: Literal["2-3", "2-4"] = "2-4"
    """Facts in a training question."""
    batch: int = 128
    """Questions a step."""
    validation: float = 0.05
    """Share of the distinct paths that is held out."""
    folder: Path | None = None
    """Where the data set lies, if not where `recollect data path clutrr` finds it."""

    def build(self) -> Clutrr:
        """Read the zip."""
        task = Clutrr(
            self.trained, batch=self.batch, validation=self.validation, folder=self.folder
        )
        if self.trained == "2-4":
            told = {f"accuracy_{k}": figure for k, figure in _PROVER.items()}
            task.published = MappingProxyType(told)
        return task


@dataclass(frozen=True, kw_only=True)
class RelationMemoryConfig(ModelConfig):
    """The sizes of `recollect.RelationMemory`."""

    latent: int = 0
    """Symbols between the relations, which no question names."""
    sharpness: float = 2.0
    """How much the surest composition of a pair outweighs the others."""

    def build(self, task: Task) -> RelationMemory:
        """Make a model for the task's relations."""
        relations = len(cast(Clutrr, task).relations)
        return RelationMemory(relations, latent=self.latent, sharpness=self.sharpness)


@dataclass(frozen=True, kw_only=True)
class ClutrrTextConfig(TaskConfig):
    """CLUTRR as stories."""

    trained: Literal["2-3", "2-4"] = "2-4"
    """Facts in a training story."""
    batch: int = 32
    """Stories a step."""
    folder: Path | None = None
    """Where the data set lies, if not where `recollect data path clutrr` finds it."""

    def build(self) -> ClutrrText:
        """Read the zip."""
        return ClutrrText(self.trained, batch=self.batch, folder=self.folder)


@dataclass(frozen=True, kw_only=True)
class RelationReaderConfig(ModelConfig):
    """The sizes of `recollect.RelationReader`."""

    width: int = 64
    """Of the words and of each direction of the GRU."""
    window: int = 4
    """Mentions between which a fact may stand."""
    dropout: float = 0.2

    def build(self, task: Task) -> RelationReader:
        """Make a model for the task's words and relations."""
        data = cast(ClutrrText, task)
        return RelationReader(
            len(data.vocab),
            relations=len(data.relations),
            width=self.width,
            window=self.window,
            dropout=self.dropout,
        )


def clutrr() -> Config:
    """Kinship by composition, trained on two to four facts, tested on up to ten."""
    return Config(
        task=ClutrrConfig(),
        model=RelationMemoryConfig(),
        optim=Adam(lr=0.005, schedule=WarmupCosine(warmup=10)),
        loop=LoopConfig(steps=600, log_every=20, eval_every=100, save_every=100),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )


def clutrr_23() -> Config:
    """Kinship by composition, trained on two and three facts, tested on up to ten."""
    base = clutrr()
    return Config(
        task=ClutrrConfig(trained="2-3"),
        model=base.model,
        optim=base.optim,
        loop=base.loop,
        engine=base.engine,
    )


def clutrr_text() -> Config:
    """Kinship read from stories of two to four facts, tested on stories of up to ten."""
    return Config(
        task=ClutrrTextConfig(),
        model=RelationReaderConfig(),
        optim=Adam(lr=5e-3, schedule=WarmupCosine(warmup=50), clip=5.0),
        loop=LoopConfig(steps=1500, log_every=50, eval_every=250, save_every=250),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
