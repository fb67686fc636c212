"""XQuAD: which sentence of a paragraph, and which span of it, answers a question, or none.

Six folds of articles; Adam at 0.002 let down along half a cosine.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from recollect.models.span_reader import SpanReader
from recollect.tasks.base import Task
from recollect.tasks.passages import CLASSES, PassageReading, Passages, read_xquad
from recollect.tasks.passages.overlap import ASKED, SENTENCE, SPAN
from recollect.train import (
    Adam,
    Config,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
    WarmupCosine,
)

__all__ = ["PassagesConfig", "SpanReaderConfig", "xquad"]


@dataclass(frozen=True, kw_only=True)
class PassagesConfig(TaskConfig):
    """Questions on paragraphs, dealt to folds by article."""

    batch: int = 32
    """Answerable questions of a fold and step; as many unanswerable ones join them."""
    folds: int = 6
    """Readers, each tested on the articles of its own fold."""
    folder: Path | None = None
    """Where the file lies, if not where `recollect data path squad` finds it."""

    def build(self) -> Passages:
        """Read the questions."""
        path = None if self.folder is None else str(self.folder)
        return Passages(read_xquad(path=path), batch=self.batch, folds=self.folds)


@dataclass(frozen=True, kw_only=True)
class SpanReaderConfig(ModelConfig):
    """The sizes of `recollect.models.SpanReader`, of which there is one a fold."""

    width: int = 64
    """Of the query and of both scores."""
    dropout: float = 0.3
    """On the numbers and the classes of sentences and spans."""

    def build(self, task: Task) -> nn.ModuleList:
        """Make a reader a fold."""
        assert isinstance(task, Passages | PassageReading)
        return nn.ModuleList(
            SpanReader(
                len(CLASSES),
                asked=ASKED,
                sentence=SENTENCE,
                span=SPAN,
                width=self.width,
                dropout=self.dropout,
            )
            for _ in range(task.folds)
        )


def xquad() -> Config:
    """Questions on paragraphs of Wikipedia: the sentence, the span, or none."""
    return Config(
        task=PassagesConfig(),
        model=SpanReaderConfig(),
        optim=Adam(lr=2e-3, schedule=WarmupCosine(warmup=50), clip=1.0),
        loop=LoopConfig(
            steps=300,
            log_every=50,
            eval_every=300,
            save_every=150,
            train_batches=5,
            choose="valid/loss",
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
