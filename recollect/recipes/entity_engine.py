"""Training entity networks with their kernel: whole epochs a call, seeds and tasks over threads.

Shape letters: ``P`` all parameters of a model in a row.
"""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray

from recollect.kernels.layout import Sizes
from recollect.models.entity import EntityNetwork
from recollect.tasks.babi_by_story import BabiByStory, BabiByStoryEach, story_figures
from recollect.tasks.babi_figures import mean_figures
from recollect.tasks.base import Task
from recollect.train import Adam, Config, Diverged, Engine, EngineConfig, Mesh, State, TorchConfig
from recollect.train.checkpoint import put_weights
from recollect.train.engine import build_model

__all__ = ["EntityKernel"]

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class EntityKernel(EngineConfig):
    """Adam on the CPU, whole epochs in one call of `recollect.kernels.entity`.

    Every `look` steps a model is measured on its held-out questions, and the weights that were
    best there are the ones that are kept and told of. It is done when it has made no mistake there
    `zeros` times.
    """

    threads: int = 0
    """Seeds and tasks trained at a time; 0 takes a thread for each of this process's cores."""
    look: int = 281
    """Steps between two looks at the held-out questions."""
    zeros: int = 3
    """Looks without a mistake after which a model is done."""
    split: tuple[int, ...] = ()
    """Tasks each of whose steps is taken as `pieces` steps, of so many times fewer questions and
    with a bound on the gradient that is so many times smaller."""
    pieces: int = 5
    """Steps that such a task takes where another takes one."""

    def build(self, config: Config, task: Task, seeds: Sequence[int], mesh: Mesh) -> Engine:
        """Make the engine; without Numba it is plain torch, slower by two orders of magnitude."""
        if mesh.world > 1:
            raise ValueError(
                f"the kernel trains in one process, not in {mesh.world}; start it without torchrun"
            )
        optim = config.optim
        plain = Adam(lr=optim.lr, schedule=optim.schedule, clip=optim.clip)
        if optim != plain:
            raise ValueError(
                "the kernel takes Adam's steps with its usual betas and eps, no weight decay and "
                "one norm for all gradients; choose these, or --engine torch-config"
            )
        if self.look < 1 or self.zeros < 1:
            raise ValueError(f"look is {self.look} and zeros {self.zeros}; both must be 1 or more")
        if self.pieces < 1:
            raise ValueError(f"pieces is {self.pieces}; it must be 1 or more")
        try:
            import numba  # noqa: F401
        except ImportError:
            warnings.warn(
                "Numba is missing, so the readable model trains instead of the kernel: days, not "
                "minutes; pip install numba",
                stacklevel=2,
            )
            return TorchConfig(replicas="turns").build(config, task, seeds, mesh)
        return _KernelEngine(config, self, task, seeds)


@dataclass
class _Job:
    """One seed's model of one task, its arrays updated in place."""

    seed: int
    model: EntityNetwork
    task: BabiByStory
    sizes: Sizes
    row: NDArray[np.float32]
    mean: NDArray[np.float32]
    square: NDArray[np.float32]
    kept: NDArray[np.float32]
    # The best error on the held-out questions, its loss, looks without a mistake, the step of the
    # best, and what was told of the last steps: loss, error and norm.
    score: NDArray[np.float64] = field(
        default_factory=lambda: np.array([np.inf, np.inf, 0, 0, 0, 0, 0])
    )


class _KernelEngine:
    """A model for every task of a seed; each is trained by itself."""

    def __init__(
        self, config: Config, engine: EntityKernel, task: Task, seeds: Sequence[int]
    ) -> None:
        if not isinstance(task, BabiByStoryEach):
            raise ValueError(f"the kernel trains on bAbI by story, not on {type(task).__name__}")
        self.config, self.engine, self.seeds = config, engine, tuple(seeds)
        self.threads = engine.threads or _cores()
        self.models = [build_model(config, task, seed) for seed in seeds]
        self.jobs: list[_Job] = []
        for seed, model in zip(seeds, self.models, strict=True):
            for name, part in dict(model.named_children()).items():
                self.jobs.append(_job(seed, cast(EntityNetwork, part), task.each[name]))

    def _each(self, work: Callable[[_Job], _T]) -> list[_T]:
        """Return what `work` returns for every job, in their order."""
        if self.threads == 1:
            return [work(job) for job in self.jobs]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(work, self.jobs))

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1` of every job that is not done."""
        figures = self._each(partial(self._train, start=start, stop=stop))
        return [mean_figures(rows) for rows in self._by_seed(figures)]

    def _train(self, job: _Job, *, start: int, stop: int) -> dict[str, float]:
        look = self.engine.look
        sums, at = np.zeros(4), start
        while at < stop and job.score[2] < self.engine.zeros:
            end = min(stop, (at // look + 1) * look)
            sums += self._steps(job, at, end)
            at = end
            if at % look == 0 or at == self.config.loop.steps:
                self._look(job, at)
        if at > start:
            job.score[4:] = sums[0] / sums[2], sums[1] / sums[2], sums[3] / (at - start)
        loss, error, norm = (float(x) for x in job.score[4:])
        done = float(job.score[2] >= self.engine.zeros)
        return {"loss": loss, "error": error, "norm": norm, "done": done}

    def _steps(self, job: _Job, start: int, stop: int) -> NDArray[np.float64]:
        """Take steps; return summed loss, wrong answers, questions and summed norms."""
        from recollect.kernels.entity import train

        optim, steps = self.config.optim, self.config.loop.steps
        rates = [optim.lr * optim.schedule.scale(i, steps) for i in range(start, stop)]
        pieces = self.engine.pieces if job.task.data.tasks[0] in self.engine.split else 1
        picks, begins = job.task.draw(job.seed, start * pieces, stop * pieces, pieces=pieces)
        *sums, taken = train(
            job.row, job.mean, job.square, job.sizes, job.task.data.train.facts, job.task.groups,
            picks, begins, np.repeat(rates, pieces), (optim.clip or math.inf) / pieces,
            start * pieces,
        )  # fmt: skip
        sums[3] /= pieces  # a step's norm is the mean of its pieces'
        if taken < (stop - start) * pieces:
            raise Diverged(
                f"step {start + taken // pieces}, seed {job.seed}, "
                f"bAbI {job.task.data.tasks[0]}: the "
                f"gradient is not finite (loss {sums[0]:.4g}, gradient norm {sums[3]:.4g})"
            )
        return np.array(sums, np.float64)

    def _look(self, job: _Job, step: int) -> None:
        """Keep the weights where they are the best on the held-out questions so far."""
        told = story_figures(job.row, job.sizes, job.task.data, split="valid")
        if not told:  # nothing is held out: the last weights are kept
            job.kept[:] = job.row
            return
        if (told["error"], told["loss"]) < tuple(job.score[:2]):
            job.kept[:] = job.row
            job.score[0], job.score[1], job.score[3] = told["error"], told["loss"], step
        job.score[2] += told["error"] == 0

    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return every seed's figures, those of the weights that were kept; always whole splits."""

        def look(job: _Job) -> dict[str, float]:
            return story_figures(job.kept, job.sizes, job.task.data, split=split)

        return [mean_figures(rows) for rows in self._by_seed(self._each(look))]

    def _by_seed(self, figures: list[dict[str, float]]) -> list[list[dict[str, float]]]:
        each = len(self.jobs) // len(self.seeds)
        return [figures[i : i + each] for i in range(0, len(figures), each)]

    def state(self) -> State:
        """Return the kept weights as the models', and what training goes on from."""
        for job in self.jobs:
            job.model.take_kernel_weights(job.kept)
        states = [model.state_dict() for model in self.models]
        model = {n: torch.stack([s[n] for s in states]) for n in states[0]}
        if len(self.models) == 1:
            model = {name: tensor[0] for name, tensor in model.items()}
        optim = {
            f"{job.seed}.{job.task.data.tasks[0]}/{name}": torch.from_numpy(array.copy())
            for job in self.jobs
            for name, array in _arrays(job).items()
        }
        return State(model, optim)

    def load(self, state: State, step: int) -> None:
        """Go to a saved state."""
        many = len(self.models) > 1
        if many and any(len(t) != len(self.models) for t in state.model.values()):
            raise ValueError(f"the checkpoint is not of the {len(self.models)} seeds of this run")
        for s, model in enumerate(self.models):
            put_weights(model, {n: t[s] if many else t for n, t in state.model.items()})
        for job in self.jobs:
            job.kept[:] = job.model.kernel_weights()
            for name, array in _arrays(job).items():
                key = f"{job.seed}.{job.task.data.tasks[0]}/{name}"
                if key not in state.optim:
                    raise ValueError(f"the checkpoint has no {key!r}: it is of another run")
                array[:] = state.optim[key].numpy()


def _job(seed: int, model: EntityNetwork, task: BabiByStory) -> _Job:
    row = model.kernel_weights()
    sizes = model.sizes(task.data.slots)
    return _Job(seed, model, task, sizes, row, np.zeros_like(row), np.zeros_like(row), row.copy())


def _arrays(job: _Job) -> dict[str, NDArray]:
    return {"row": job.row, "mean": job.mean, "square": job.square, "score": job.score}


def _cores() -> int:
    if sys.platform == "linux":  # a container may be allowed fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
