"""Training memory networks with their kernel: whole epochs a call, seeds and tasks over threads.

Shape letters: ``S`` seeds, ``Q`` questions, ``K`` hops, ``M`` slots.
"""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recollect.kernels.layout import Weights, Wiring
from recollect.models.memn2n import MemN2N
from recollect.tasks.babi import Babi, BabiEach
from recollect.tasks.babi_figures import babi_figures, mean_figures
from recollect.tasks.base import Task
from recollect.train import Config, Diverged, Engine, EngineConfig, Mesh, State, TorchConfig
from recollect.train.checkpoint import put_weights
from recollect.train.engine import build_model

__all__ = ["MemN2NKernel"]


@dataclass(frozen=True, kw_only=True)
class MemN2NKernel(EngineConfig):
    """Plain SGD on the CPU, whole epochs in one call of `recollect.kernels.memn2n`.

    It descends the batch's summed loss and clips each matrix at the spectral norm `optim.clip`, the
    gradient of the nil row counted in, as the authors' code does.
    """

    threads: int = 0
    """Seeds and tasks trained at a time; 0 takes a thread for each of this process's cores."""

    def build(self, config: Config, task: Task, seeds: Sequence[int], mesh: Mesh) -> Engine:
        """Make the engine; without Numba it is plain torch, slower by two orders of magnitude."""
        if mesh.world > 1:
            raise ValueError(
                f"the kernel trains in one process, not in {mesh.world}; start it without torchrun"
            )
        try:
            import numba  # noqa: F401
        except ImportError:
            warnings.warn(
                "Numba is missing, so the readable model trains instead of the kernel: hours, not "
                "minutes; pip install numba",
                stacklevel=2,
            )
            return TorchConfig(replicas="turns").build(config, task, seeds, mesh)
        return _KernelEngine(config, self, task, seeds)


class _Job(NamedTuple):
    """One seed's model of one task, its arrays updated in place."""

    seed: int
    model: MemN2N
    task: Babi
    rows: NDArray[np.int64]
    weights: Weights
    wiring: Wiring


class _KernelEngine:
    """A model a seed, or one for every task of a seed; each is trained by itself."""

    def __init__(
        self, config: Config, engine: MemN2NKernel, task: Task, seeds: Sequence[int]
    ) -> None:
        if not isinstance(task, (Babi, BabiEach)):
            raise ValueError(f"the kernel trains on bAbI, not on {type(task).__name__}")
        self.config, self.seeds, self.done = config, tuple(seeds), 0
        self.threads = engine.threads or _cores()
        self.models = [build_model(config, task, seed) for seed in seeds]
        self.jobs = [
            self._job(seed, *part)
            for seed, model in zip(seeds, self.models, strict=True)
            for part in _parts(model, task)
        ]

    @staticmethod
    def _job(seed: int, model: MemN2N, task: Babi) -> _Job:
        rows = task.rows("train", seed=seed)
        return _Job(seed, model, task, rows, model.kernel_weights(), model.wiring())

    def _each(self, work):
        """Return what `work` returns for every job, in their order."""
        if self.threads == 1:
            return [work(job) for job in self.jobs]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(work, self.jobs))

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1` of every job."""
        optim, steps = self.config.optim, self.config.loop.steps
        phases = [
            (rate, linear, len(list(run)))
            for (rate, linear), run in groupby(
                (optim.lr * optim.schedule.scale(i, steps), self._linear(i))
                for i in range(start, stop)
            )
        ]
        figures = self._each(partial(self._train, start=start, phases=phases))
        self.done = stop
        return [mean_figures(rows) for rows in self._by_seed(figures)]

    def _linear(self, step: int) -> bool:
        """Tell whether the hops' softmax is off at a step, as the config has it."""
        model = self.jobs[0].model
        self.config.model.at_step(self.models[0], step)
        return model.is_linear()

    def _train(
        self, job: _Job, *, start: int, phases: Sequence[tuple[float, bool, int]]
    ) -> dict[str, float]:
        from recollect.kernels.memn2n import train

        clip = self.config.optim.clip or math.inf
        batch, noise = job.task.batch, job.task.noise
        loss = wrong = norms = clipped = taken = 0
        for rate, linear, count in phases:
            found = train(
                job.weights, job.task.train.facts, job.rows, job.wiring, batch, noise, rate, clip,
                linear, job.seed, start + taken, count,
            )  # fmt: skip
            if found[-1] < count:
                raise Diverged(
                    f"step {start + taken + found[-1]}, seed {job.seed}, bAbI "
                    f"{', '.join(map(str, job.task.tasks))}: the gradient of 'tables' is not "
                    f"finite (loss {found[0]:.4g}, gradient norm {found[2]:.4g})"
                )
            loss, wrong, norms = loss + found[0], wrong + found[1], norms + found[2]
            clipped, taken = clipped + found[3], taken + count
        seen = taken * batch
        return {
            "loss": loss / seen,
            "error": wrong / seen,
            "norm": norms / taken,
            "clipped": clipped / taken / job.model.plan.tables,
        }

    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return every seed's figures on its own train or valid rows, or on the test files.

        The training questions come with plain times here. `batches` limits the other splits alone.
        """
        linear = self._linear(max(0, self.done - 1))
        limit = None if split == "train" else batches

        def look(job: _Job) -> dict[str, float]:
            count = None if limit is None else limit * job.task.batch
            return babi_figures(
                job.weights, job.wiring, job.task,
                split=split, seed=job.seed, linear=linear, limit=count,
            )  # fmt: skip

        return [mean_figures(rows) for rows in self._by_seed(self._each(look))]

    def _by_seed(self, figures: list[dict[str, float]]) -> list[list[dict[str, float]]]:
        each = len(self.jobs) // len(self.seeds)
        return [figures[i : i + each] for i in range(0, len(figures), each)]

    def state(self) -> State:
        """Return the models' tensors, stacked where there are several seeds."""
        for job in self.jobs:
            job.model.take_kernel_weights(job.weights)
        states = [model.state_dict() for model in self.models]
        if len(states) == 1:
            return State({name: t.clone() for name, t in states[0].items()}, {})
        return State({name: torch.stack([s[name] for s in states]) for name in states[0]}, {})

    def load(self, state: State, step: int) -> None:
        """Go to a saved state."""
        for s, model in enumerate(self.models):
            many = len(self.models) > 1
            if many and any(len(t) != len(self.models) for t in state.model.values()):
                raise ValueError(
                    f"the checkpoint is not of the {len(self.models)} seeds of this run"
                )
            put_weights(model, {n: t[s] if many else t for n, t in state.model.items()})
        self.jobs = [job._replace(weights=job.model.kernel_weights()) for job in self.jobs]
        self.done = step


def _cores() -> int:
    if sys.platform == "linux":  # a container may be allowed fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _parts(model: nn.Module, task: Babi | BabiEach) -> list[tuple[MemN2N, Babi]]:
    """Return the models with what each is trained on."""
    if isinstance(task, Babi):
        return [(cast(MemN2N, model), task)]
    models = dict(model.named_children())
    return [(cast(MemN2N, models[name]), part) for name, part in task.each.items()]
