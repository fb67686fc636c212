"""Polysemy: contextual vectors of twenty ambiguous nouns, on CoarseWSD-20."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from recollect.models import ContextVectors
from recollect.tasks.base import Task
from recollect.tasks.polysemy import Polysemy, SenseWords, coarse_wsd
from recollect.train import (
    Adam,
    Config,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
    WarmupCosine,
)

__all__ = ["CoarseWSDConfig", "ContextVectorsConfig", "polysemy"]


@dataclass(frozen=True, kw_only=True)
class CoarseWSDConfig(TaskConfig):
    """CoarseWSD-20: sentences with one of twenty nouns."""

    batch: int = 64
    """Sentences a step."""
    hide: float = 0.3
    """Share of the words that are hidden."""
    frequent: float = 5e-5
    """Share of all words at which a word begins to count less."""
    width: int = 128
    """Of the static vectors."""

    def build(self) -> Polysemy:
        """Make the task."""
        return Polysemy(
            coarse_wsd(),
            batch=self.batch,
            hide=self.hide,
            frequent=self.frequent,
            width=self.width,
        )


@dataclass(frozen=True, kw_only=True)
class ContextVectorsConfig(ModelConfig):
    """A Transformer over static vectors."""

    layers: int = 1
    """Blocks."""
    heads: int = 4
    """Of every attention."""
    inner: int = 256
    """Width of the blocks' networks."""
    dropout: float = 0.0
    """In the blocks."""

    def build(self, task: Task) -> ContextVectors:
        """Make the model."""
        assert isinstance(task, Polysemy | SenseWords)
        learns = isinstance(task, Polysemy)  # in use, weights are loaded over what is begun with
        return ContextVectors(
            task.static if learns else torch.zeros(len(task.vocab), task.width),
            shares=task.shares if learns else None,
            layers=self.layers,
            heads=self.heads,
            inner=self.inner,
            dropout=self.dropout,
        )


def polysemy() -> Config:
    """Vectors of ambiguous nouns, learnt by naming hidden words: a minute on one core."""
    return Config(
        task=CoarseWSDConfig(),
        model=ContextVectorsConfig(),
        optim=Adam(
            lr=5e-3, schedule=WarmupCosine(warmup=30), betas=(0.9, 0.98), clip=1.0,
            weight_decay=0.01,
        ),
        loop=LoopConfig(
            steps=1000,
            log_every=50,
            eval_every=400,
            eval_batches=20,
            save_every=100,
            choose="valid/loss",
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )  # fmt: skip
