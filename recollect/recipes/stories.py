"""The reader of stories behind `recollect ask`: the model that comes with the package.

A seed takes nine minutes of one core. Stories of at most 40 clauses are told anew for
every run (a pool of batches, seen some times each); Adam at 4e-3, warmed up over 50 steps and let
down along half a cosine, gradients clipped at a norm of 1.
"""

from dataclasses import dataclass

from recollect.models.event_memory import EventMemory
from recollect.tasks.base import Task
from recollect.tasks.stories.task import Stories
from recollect.train import (
    Adam,
    Config,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
    WarmupCosine,
)

__all__ = ["EventMemoryConfig", "StoriesConfig", "stories"]


@dataclass(frozen=True, kw_only=True)
class StoriesConfig(TaskConfig):
    """Simulated stories to train on."""

    clauses: int = 480
    """Clauses a batch."""
    longest: int = 40
    """Clauses of the longest training story."""
    questions: int = 6
    """Questions a story."""
    evidence: float = 1.0
    """Weight of the evidence in the loss."""
    pool: int = 600
    """Batches told before the first is told again."""

    def build(self) -> Stories:
        """Make the task."""
        return Stories(
            clauses=self.clauses,
            longest=self.longest,
            questions=self.questions,
            evidence=self.evidence,
            pool=self.pool,
        )


@dataclass(frozen=True, kw_only=True)
class EventMemoryConfig(ModelConfig):
    """The model behind `recollect ask`."""

    size: int = 40
    """Width of the embeddings and of each direction of the GRU."""
    hidden: int = 32
    """Width of the scorers of antecedents."""

    def build(self, task: Task) -> EventMemory:
        """Make the model."""
        return EventMemory(self.size, self.hidden)


def stories() -> Config:
    """The model behind `recollect ask`, trained on simulated stories."""
    return Config(
        task=StoriesConfig(),
        model=EventMemoryConfig(),
        optim=Adam(lr=4e-3, schedule=WarmupCosine(warmup=50), clip=1.0),
        loop=LoopConfig(steps=3000, log_every=20, eval_every=200, save_every=200, train_batches=8),
        # A batch reads each distinct clause once, so its shape is its own: seeds take turns.
        engine=TorchConfig(device="cpu", replicas="turns"),
    )
