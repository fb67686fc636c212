"""Memory networks that are told the supporting facts (Weston et al. 2014 and 2015), on bAbI.

A model a task, 1,000 questions each: bags of n-grams, a matching of two layers, as many facts as a
question needs. The margins of all wrong choices are descended by Adam, the rate falling along half
a cosine, where the authors sample wrong choices for plain SGD.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import nn

from recollect.models.memnn import MemNN
from recollect.tasks.babi import Babi
from recollect.tasks.babi_supported import BabiSupportedEach
from recollect.tasks.base import Task
from recollect.train import Adam, Config, LoopConfig, ModelConfig, TaskConfig, TorchConfig
from recollect.train.optim import WarmupCosine

__all__ = ["BabiSupportedConfig", "MemNNConfig", "babi_memnn"]

_TASKS = tuple(range(1, 21))

# Weston et al. 2015, table 3: % of right answers with adaptive memory, n-grams and nonlinear
# matching, tasks 1 to 20.
_PAPER = "100 100 100 100 98 100 85 91 100 98 100 100 100 99 100 100 65 95 36 100"


@dataclass(frozen=True, kw_only=True)
class BabiSupportedConfig(TaskConfig):
    """bAbI with its supporting facts, a model for each task."""

    tasks: tuple[int, ...] = _TASKS
    """Numbers from 1 to 20."""
    size: Literal["1k", "10k"] = "1k"
    """Training questions a task."""
    slots: int = 50
    """Sentences in memory: the most recent ones."""
    batch: int = 32
    """Questions a step."""
    validation: float = 0.0
    """Share of the training questions that is held out."""
    folder: Path | None = None
    """Where the data set lies, if not where `recollect data path babi` finds it."""

    def build(self) -> Task:
        """Read and encode the files."""
        parts = [
            Babi(
                (number,),
                size=self.size,
                slots=self.slots,
                batch=self.batch,
                validation=self.validation,
                noise=0.0,
                folder=self.folder,
            )
            for number in self.tasks
        ]
        task = BabiSupportedEach(parts)
        if self.size == "1k":
            right = [float(figure) for figure in _PAPER.split()]
            wrong = {t: round(1 - right[t - 1] / 100, 5) for t in self.tasks}
            mean = {"error": round(sum(wrong.values()) / len(wrong), 5)}
            failed = {"failed": float(sum(error > 0.05 for error in wrong.values()))}
            task.published = mean | failed | {f"error_{t}": error for t, error in wrong.items()}
        return task


@dataclass(frozen=True, kw_only=True)
class MemNNConfig(ModelConfig):
    """The sizes of `recollect.MemNN`."""

    width: int = 50
    hops: int = 10
    """Facts behind an answer, at most."""
    grams: int = 3
    """Words of the longest n-gram that is a feature."""
    buckets: int = 4096
    """Rows of the tables that n-grams are hashed into."""
    linked: bool = True
    """Whether words that question and facts share are features by that."""
    margin: float = 1.0
    """By how much the right choice shall be better than any other."""

    def build(self, task: Task) -> nn.Module:
        """Make a model for each of the task's tasks."""
        if not isinstance(task, BabiSupportedEach):
            raise ValueError(f"the model needs supporting facts; {type(task).__name__} has none")
        return nn.ModuleDict({name: self._one(part.data) for name, part in task.each.items()})

    def _one(self, data: Babi) -> MemNN:
        return MemNN(
            len(data.vocab),
            width=self.width,
            hops=min(self.hops, data.train.chain.shape[1] + 1),  # it must find out when to end
            words=data.words,
            grams=self.grams,
            buckets=self.buckets,
            linked=self.linked,
            margin=self.margin,
        )


def babi_memnn() -> Config:
    """MemNN on 1,000 questions, a model a bAbI task, told the supporting facts in training."""
    task = BabiSupportedConfig()
    steps = 1000 // task.batch  # an epoch's
    return Config(
        task=task,
        model=MemNNConfig(),
        optim=Adam(lr=0.003, schedule=WarmupCosine(warmup=steps)),
        loop=LoopConfig(
            steps=10 * steps,
            log_every=steps,
            eval_every=10 * steps,
            save_every=steps,
            best="train/loss",
            report=("train", "test"),
            choose="train/loss",
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),  # how many facts there are differs
    )
