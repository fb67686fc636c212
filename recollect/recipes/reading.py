"""Cloze questions of names and nouns over novels, the test novels unread.

Adam at 0.01 let down along half a cosine, batches of 64.
"""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

from recollect.models.window_reader import WindowReader
from recollect.tasks.base import Task
from recollect.tasks.reading.task import Reading
from recollect.train import Adam, Config, LoopConfig, ModelConfig, TaskConfig, TorchConfig
from recollect.train.optim import WarmupCosine

__all__ = ["ReadingConfig", "WindowReaderConfig", "reading"]

# Window memories with self-supervision on the Children's Book Test (Hill et al. 2016, table 2):
# other books and questions, so these stand beside ours only to tell what is usual.
_PAPER = MappingProxyType(
    {"names": "0.666 (98 training books)", "nouns": "0.630 (98 training books)"}
)


@dataclass(frozen=True, kw_only=True)
class ReadingConfig(TaskConfig):
    """Cloze questions made from the novels."""

    batch: int = 64
    """Questions a step."""
    side: int = 8
    """Words of a window before and after its centre."""
    rare: int = 3
    """Places a word must have in the training novels to be known."""
    folder: Path | None = None
    """Where the novels lie, if not where `recollect data path gutenberg_children` finds them."""

    def build(self) -> Reading:
        """Read the novels and make the questions."""
        task = Reading(batch=self.batch, side=self.side, rare=self.rare, folder=self.folder)
        task.published = _PAPER
        return task


@dataclass(frozen=True, kw_only=True)
class WindowReaderConfig(ModelConfig):
    """`recollect.models.WindowReader` has no sizes of its own."""

    def build(self, task: Task) -> WindowReader:
        """Make a model for the task's words and windows."""
        data = cast(Reading, task)
        return WindowReader(len(data.vocab), window=2 * data.side)


def reading() -> Config:
    """Names and nouns missing in novels, from the twenty sentences before."""
    return Config(
        task=ReadingConfig(),
        model=WindowReaderConfig(),
        optim=Adam(lr=1e-2, schedule=WarmupCosine(warmup=20), clip=5.0),
        loop=LoopConfig(steps=500, log_every=50, eval_every=250, save_every=250),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
