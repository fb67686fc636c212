"""Cloze questions of names and nouns over novels, the test novels unread.

Adam at 0.003 let down along half a cosine, batches of 32.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from recollect.models.window_reader import WindowReader
from recollect.tasks.base import Task
from recollect.tasks.reading.task import Reading
from recollect.train import Adam, Config, LoopConfig, ModelConfig, TaskConfig, TorchConfig
from recollect.train.optim import WarmupCosine

__all__ = ["ReadingConfig", "WindowReaderConfig", "reading"]


@dataclass(frozen=True, kw_only=True)
class ReadingConfig(TaskConfig):
    """Cloze questions made from the novels."""

    batch: int = 32
    """Questions a step."""
    side: int = 5
    """Words of a window before and after its centre."""
    rare: int = 5
    """Places a word must have in the training novels to be known."""
    folder: Path | None = None
    """Where the novels lie, if not where `recollect data path gutenberg_children` finds them."""

    def build(self) -> Reading:
        """Read the novels and make the questions."""
        return Reading(batch=self.batch, side=self.side, rare=self.rare, folder=self.folder)


@dataclass(frozen=True, kw_only=True)
class WindowReaderConfig(ModelConfig):
    """The sizes of `recollect.WindowReader`."""

    width: int = 64
    dropout: float = 0.3

    def build(self, task: Task) -> WindowReader:
        """Make a model for the task's words and windows."""
        data = cast(Reading, task)
        return WindowReader(
            len(data.vocab), window=2 * data.side, width=self.width, dropout=self.dropout
        )


def reading() -> Config:
    """Names and nouns missing in novels, from the twenty sentences before."""
    return Config(
        task=ReadingConfig(),
        model=WindowReaderConfig(),
        optim=Adam(lr=3e-3, weight_decay=1e-2, schedule=WarmupCosine(warmup=50), clip=5.0),
        loop=LoopConfig(steps=2500, log_every=50, eval_every=250, save_every=250),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
