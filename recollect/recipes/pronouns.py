"""Pronouns: which name a pronoun attends to, on GAP."""

from __future__ import annotations

from dataclasses import dataclass

from recollect.models import MentionReader
from recollect.tasks.base import Task
from recollect.tasks.pronouns import WINDOW, Pronouns, PronounWords, gap
from recollect.train import (
    Adam,
    Config,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
    WarmupCosine,
)

__all__ = ["GapConfig", "PronounReader", "pronouns"]


@dataclass(frozen=True, kw_only=True)
class GapConfig(TaskConfig):
    """GAP: 2,000 pronouns train, 454 validate, 2,000 test."""

    batch: int = 64
    """Pronouns a step."""
    least: int = 12
    """How often a word must occur to be known."""

    def build(self) -> Pronouns:
        """Make the task."""
        return Pronouns(gap(), batch=self.batch, least=self.least)


@dataclass(frozen=True, kw_only=True)
class PronounReader(ModelConfig):
    """A memory of mentions, read by the pronoun."""

    width: int = 32
    """Of the tables."""
    dropout: float = 0.5
    """On windows."""

    def build(self, task: Task) -> MentionReader:
        """Make the model."""
        words = task.learnt if isinstance(task, Pronouns) else task
        assert isinstance(words, PronounWords)
        return MentionReader(
            len(words.vocab), window=WINDOW, width=self.width, dropout=self.dropout
        )


def pronouns() -> Config:
    """Which of two names a pronoun stands for, by what it attends to: seconds on one idle core."""
    return Config(
        task=GapConfig(),
        model=PronounReader(),
        optim=Adam(lr=3e-3, schedule=WarmupCosine(warmup=30), clip=1.0, weight_decay=0.3),
        loop=LoopConfig(
            steps=600, log_every=25, eval_every=100, save_every=200, choose="valid/loss"
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
