"""End-to-end memory networks on bAbI (Sukhbaatar et al. 2015, table 1), as their authors trained.

Batches of 32 with replacement; plain SGD on the summed loss; every matrix's gradient clipped at a
spectral norm of 40; the rate halved every 15 epochs of 60 (one model for all tasks, width 50) or
every 25 of 100 (a model a task, width 20). A linear start of 30 or 20 epochs comes before, and the
rate is then 0.005 instead of 0.01. Of 10 seeds the one with the smallest training error is taken.

The authors held a tenth of the training questions out and then made no use of it. `babi_memn2n`
trains on all of them; `babi_memn2n_held_out` and the other columns of the table keep to theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

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
    "babi_memn2n_held_out",
    "babi_memn2n_layer_wise",
]

_TASKS = tuple(range(1, 21))

# Table 1 of the paper: % of wrong answers of tasks 1 to 20, the best of 10 by training error.
_PAPER = {
    "each, bow": "0.6 17.6 71.0 32.0 18.3 8.7 23.5 11.4 21.1 22.8 4.1 0.3 10.5 1.3 24.3 52.0 45.4 "
    "48.1 89.7 0.1",
    "each, pe": "0.1 21.6 64.2 3.8 14.1 7.9 21.6 12.6 23.3 17.4 4.3 0.3 9.9 1.8 0.0 52.1 50.1 13.6 "
    "87.4 0.0",
    "each, pe ls": "0.2 12.8 58.8 11.6 15.7 8.7 20.3 12.7 17.0 18.6 0.0 0.1 0.3 2.0 0.0 1.6 49.0 "
    "10.1 85.6 0.0",
    "each, pe ls rn": "0.0 8.3 40.3 2.8 13.1 7.6 17.3 10.0 13.2 15.1 0.9 0.2 0.4 1.7 0.0 1.3 51.0 "
    "11.1 82.8 0.0",
    "1 hop": "0.8 62.0 76.9 22.8 11.0 7.2 15.9 13.2 5.1 10.6 8.4 0.4 6.3 36.9 46.4 47.4 44.4 9.6 "
    "90.7 0.0",
    "2 hops": "0.0 15.6 31.6 2.2 13.4 2.3 25.4 11.7 2.0 5.0 1.2 0.0 0.2 8.1 0.5 51.3 41.2 10.3 "
    "89.9 0.1",
    "3 hops": "0.1 14.0 33.1 5.7 14.8 3.3 17.9 10.1 3.1 6.6 0.9 0.3 1.4 8.2 0.0 3.5 44.5 9.2 90.2 "
    "0.0",
    "3 hops, rn": "0.0 11.4 21.9 13.4 14.4 2.8 18.3 9.3 1.9 6.5 0.3 0.1 0.2 6.9 0.0 2.7 40.4 9.4 "
    "88.0 0.0",
    "layer-wise": "0.1 18.8 31.7 17.5 12.9 2.0 10.1 6.1 1.5 2.6 3.3 0.0 0.5 2.0 1.8 51.0 42.6 9.2 "
    "90.6 0.2",
}


def _published(column: str, tasks: Sequence[int], prefix: str) -> dict[str, float]:
    """Return a column as shares, under the names of our figures."""
    percent = [float(figure) for figure in _PAPER[column].split()]
    told = {f"{prefix}error_{t}": round(percent[t - 1] / 100, 5) for t in tasks}
    if tuple(tasks) != _TASKS:
        return told
    failed = float(sum(figure > 5 for figure in percent))
    return {f"{prefix}error": round(sum(percent) / 2000, 5), f"{prefix}failed": failed} | told


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
    column: str = ""
    """The column of the paper's table 1 that `recollect eval` sets beside the figures."""

    def __post_init__(self) -> None:
        """Refuse a column that the table does not have."""
        if self.column and self.column not in _PAPER:
            raise ValueError(
                f"task.column is {self.column!r}; the table has {', '.join(map(repr, _PAPER))}"
            )

    def build(self) -> Task:
        """Read and encode the files."""
        kind = BabiEach if self.each else Babi
        task = kind(
            self.tasks,
            size=self.size,
            slots=self.slots,
            batch=self.batch,
            validation=self.validation,
            noise=self.noise,
            folder=self.folder,
        )
        if self.column and self.size == "1k":
            prefix = "chosen_" if self.each else ""
            task.published = _published(self.column, self.tasks, prefix)
        return task


@dataclass(frozen=True, kw_only=True)
class MemN2NConfig(ModelConfig):
    """The sizes of `recollect.MemN2N`, and when its linear start ends."""

    width: int = 50
    hops: int = 3
    tying: Literal["adjacent", "layer-wise", "recurrent"] = "adjacent"
    """adjacent: a hop's values are the next one's keys; layer-wise: all hops share both; recurrent:
    as layer-wise, with a ReLU behind every hop."""
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


def _joint(column: str, model: MemN2NConfig, *, noise: float = 0.0) -> Config:
    """One model for all tasks."""
    task = BabiConfig(column=column, noise=noise)
    return _config(task, model, questions=20_000, epochs=60, halving=15, linear=30)


def _each(column: str, model: MemN2NConfig, *, noise: float = 0.0, linear: int = 20) -> Config:
    """A model a task."""
    task, model = BabiConfig(column=column, each=True, noise=noise), replace(model, width=20)
    return _config(task, model, questions=1000, epochs=100, halving=25, linear=linear)


def _config(
    task: BabiConfig, model: MemN2NConfig, *, questions: int, epochs: int, halving: int, linear: int
) -> Config:
    """Return a config in the authors' terms: epochs, and a rate halved as one of them begins."""
    steps = round((1 - task.validation) * questions) // task.batch  # an epoch's
    return Config(
        task=task,
        model=replace(model, linear_steps=linear * steps),
        optim=SGD(
            lr=0.005 if linear else 0.01,
            clip=40.0,
            clip_each=True,
            schedule=Halving(every=halving * steps, start=(linear - 1) * steps),
        ),
        loop=LoopConfig(
            steps=(linear + epochs) * steps,
            log_every=steps,
            eval_every=5 * steps if task.validation else (linear + epochs) * steps,
            save_every=5 * steps,
            best="valid/loss" if task.validation else "train/loss",
            report=("train", "valid", "test") if task.validation else ("train", "test"),
            choose="train/error",
        ),
        engine=MemN2NKernel(),
    )


def babi_memn2n() -> Config:
    """MemN2N, one model for all 20 bAbI tasks: 3 hops, position encoding, linear start, noise."""
    task = BabiConfig(column="3 hops, rn", validation=0.0)
    return _config(task, MemN2NConfig(), questions=20_000, epochs=60, halving=15, linear=30)


def babi_memn2n_held_out() -> Config:
    """MemN2N as babi-memn2n, but on nine tenths of the questions, as its authors trained it."""
    return _joint("3 hops, rn", MemN2NConfig(), noise=0.1)


def babi_memn2n_1hop() -> Config:
    """MemN2N, one model for all tasks: 1 hop, position encoding, linear start."""
    return _joint("1 hop", MemN2NConfig(hops=1))


def babi_memn2n_2hops() -> Config:
    """MemN2N, one model for all tasks: 2 hops, position encoding, linear start."""
    return _joint("2 hops", MemN2NConfig(hops=2))


def babi_memn2n_3hops() -> Config:
    """MemN2N, one model for all tasks: 3 hops, position encoding, linear start, no noise."""
    return _joint("3 hops", MemN2NConfig())


def babi_memn2n_layer_wise() -> Config:
    """MemN2N, one model for all tasks: 3 hops that share their tables, linear start."""
    return _joint("layer-wise", MemN2NConfig(tying="layer-wise"))


def babi_memn2n_each() -> Config:
    """MemN2N, a model a bAbI task: 3 hops, position encoding, linear start, noise."""
    return _each("each, pe ls rn", MemN2NConfig(), noise=0.1)


def babi_memn2n_each_pe_ls() -> Config:
    """MemN2N, a model a task: position encoding and linear start, no noise."""
    return _each("each, pe ls", MemN2NConfig())


def babi_memn2n_each_pe() -> Config:
    """MemN2N, a model a task: position encoding, no linear start, no noise."""
    return _each("each, pe", MemN2NConfig(), linear=0)


def babi_memn2n_each_bow() -> Config:
    """MemN2N, a model a task: bags of words, no linear start, no noise."""
    return _each("each, bow", MemN2NConfig(encoding="bag"), linear=0)
