"""End-to-end memory networks on bAbI (Sukhbaatar et al. 2015, table 1), as their authors trained.

Batches of 32 with replacement; plain SGD on the summed loss; every matrix's gradient clipped at a
spectral norm of 40; the rate halved every 15 epochs of 60 (one model for all tasks, width 50) or
every 25 of 100 (a model a task, width 20). A linear start of 30 or 20 epochs comes before, and the
rate is then 0.005 instead of 0.01. Of 10 seeds the one with the smallest training error is taken.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from torch import nn

from recollect.models.memn2n import MemN2N
from recollect.recipes.memn2n_engine import MemN2NKernel
from recollect.tasks.babi import Babi, BabiEach
from recollect.tasks.base import Task
from recollect.train import SGD, Config, Halving, LoopConfig, ModelConfig, TaskConfig

__all__ = [
    "BabiConfig",
    "MemN2NConfig",
    "babi_memn2n",
    "babi_memn2n_1hop",
    "babi_memn2n_2hops",
    "babi_memn2n_3hops",
    "babi_memn2n_each",
    "babi_memn2n_each_bow",
    "babi_memn2n_each_pe",
    "babi_memn2n_each_pe_ls",
    "babi_memn2n_layer_wise",
]

_TASKS = tuple(range(1, 21))


@dataclass(frozen=True, kw_only=True)
class BabiConfig(TaskConfig):
    """bAbI: which tasks, for one model or a model each."""

    tasks: tuple[int, ...] = _TASKS
    """Numbers from 1 to 20."""
    each: bool = False
    """A model for each task, not one for all."""
    size: Literal["1k", "10k"] = "1k"
    """Training questions a task."""
    slots: int = 50
    """Sentences in memory: the most recent ones."""
    batch: int = 32
    """Questions a step."""
    validation: float = 0.1
    """Share of the training questions that is held out."""
    noise: float = 0.1
    """Dummy memories thrown among the times in training, at most, as a share of the real ones."""
    folder: Path | None = None
    """Where the data set lies, if not where `recollect data path babi` finds it."""

    def build(self) -> Task:
        """Read and encode the files."""
        kind = BabiEach if self.each else Babi
        return kind(
            self.tasks,
            size=self.size,
            slots=self.slots,
            batch=self.batch,
            validation=self.validation,
            noise=self.noise,
            folder=self.folder,
        )


@dataclass(frozen=True, kw_only=True)
class MemN2NConfig(ModelConfig):
    """The sizes of `recollect.MemN2N`, and when its linear start ends."""

    width: int = 50
    hops: int = 3
    tying: Literal["adjacent", "layer-wise"] = "adjacent"
    """adjacent: a hop's values are the next one's keys; layer-wise: all hops share both."""
    encoding: Literal["position", "bag"] = "position"
    """Whether a sentence's embedding knows the order of its words."""
    masked: bool = False
    """Keep empty slots out of the softmax; the authors' code does not."""
    linear_steps: int = 0
    """Steps without the hops' softmax, before all others."""

    def build(self, task: Task) -> nn.Module:
        """Make a model for the task, or one for each of its tasks."""
        if isinstance(task, BabiEach):
            return nn.ModuleDict({name: self._one(part) for name, part in task.each.items()})
        return self._one(cast(Babi, task))

    def _one(self, task: Babi) -> MemN2N:
        return MemN2N(
            len(task.vocab),
            width=self.width,
            hops=self.hops,
            slots=task.slots,
            words=task.words,
            tying=self.tying,
            encoding=self.encoding,
            masked=self.masked,
        )

    def at_step(self, model: nn.Module, step: int) -> None:
        """Take the hops' softmax out before `linear_steps`, and put it in afterwards."""
        for part in model.modules():
            if isinstance(part, MemN2N):
                part.linear_start(step < self.linear_steps)


def _config(
    model: dict[str, Any],
    task: dict[str, Any],
    *,
    steps: int,
    epochs: int,
    halving: int,
    linear: int,
) -> Config:
    """Return a config; an epoch is `steps` steps. The code halves as epoch `halving` begins."""
    return Config(
        task=BabiConfig(**task),
        model=MemN2NConfig(linear_steps=linear * steps, **model),
        optim=SGD(
            lr=0.005 if linear else 0.01,
            clip=40.0,
            clip_each=True,
            schedule=Halving(every=halving * steps, start=(linear - 1) * steps),
        ),
        loop=LoopConfig(
            steps=(linear + epochs) * steps,
            log_every=steps,
            eval_every=5 * steps,
            save_every=5 * steps,
            report=("train", "valid", "test"),
            choose="train/error",
        ),
        engine=MemN2NKernel(),
    )


def _joint(*, noise: float = 0.0, linear: int = 30, **model: Any) -> Config:
    # 18,000 questions in batches of 32.
    model = {"width": 50} | model
    return _config(model, {"noise": noise}, steps=562, epochs=60, halving=15, linear=linear)


def _each(*, noise: float = 0.0, linear: int = 0, **model: Any) -> Config:
    # 900 questions in batches of 32.
    model, task = {"width": 20} | model, {"noise": noise, "each": True}
    return _config(model, task, steps=28, epochs=100, halving=25, linear=linear)


def babi_memn2n() -> Config:
    """MemN2N, one model for all 20 bAbI tasks: 3 hops, position encoding, linear start, noise."""
    return _joint(noise=0.1)


def babi_memn2n_1hop() -> Config:
    """MemN2N, one model for all tasks: 1 hop, position encoding, linear start."""
    return _joint(hops=1)


def babi_memn2n_2hops() -> Config:
    """MemN2N, one model for all tasks: 2 hops, position encoding, linear start."""
    return _joint(hops=2)


def babi_memn2n_3hops() -> Config:
    """MemN2N, one model for all tasks: 3 hops, position encoding, linear start, no noise."""
    return _joint(hops=3)


def babi_memn2n_layer_wise() -> Config:
    """MemN2N, one model for all tasks: 3 hops that share their tables, linear start."""
    return _joint(tying="layer-wise")


def babi_memn2n_each() -> Config:
    """MemN2N, a model a bAbI task: 3 hops, position encoding, linear start, noise."""
    return _each(noise=0.1, linear=20)


def babi_memn2n_each_pe_ls() -> Config:
    """MemN2N, a model a task: position encoding and linear start, no noise."""
    return _each(linear=20)


def babi_memn2n_each_pe() -> Config:
    """MemN2N, a model a task: position encoding, no linear start, no noise."""
    return _each()


def babi_memn2n_each_bow() -> Config:
    """MemN2N, a model a task: bags of words, no linear start, no noise."""
    return _each(encoding="bag")
