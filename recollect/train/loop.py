"""The training loop: count, look, log, save, and tell the outcome over the seeds."""

from __future__ import annotations

import json
import math
import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from recollect.tasks.base import KnownMinima, LeavesOut, Task
from recollect.train.checkpoint import write_file
from recollect.train.config import Config, LoopConfig
from recollect.train.engine import Diverged, Engine
from recollect.train.log import Metrics, Progress, TensorBoard, Watching
from recollect.train.mesh import Mesh
from recollect.train.provenance import threads
from recollect.train.runs import Run

Figures = dict[str, float]


class Outcome(NamedTuple):
    """What a finished run came to.

    `summary[metric]` holds mean, sd (over the seeds, n − 1), best (of the seed that the training
    figure chose) and per_seed; `stuck` names the seeds in a known local minimum.
    """

    seeds: tuple[int, ...]
    summary: dict[str, dict[str, Any]]
    chosen_seed: int
    chosen_by: str
    stuck: list[dict[str, Any]]
    steps: int
    seconds: float
    threads: int


class Stopped(KeyboardInterrupt):
    """Training was told to stop; a checkpoint was written first."""


def fit(
    config: Config,
    out: str | os.PathLike[str],
    *,
    seeds: Sequence[int] | None = None,
    recipe: str = "",
    resume: bool = False,
    quiet: bool = False,
    tensorboard: bool = False,
) -> Outcome:
    """Train a config into a run folder, or go on where the folder's last checkpoint ends.

    A run that was stopped and resumed gives bit for bit what a run without a stop gives. Under
    torchrun every process calls this and the first one writes.

    Raises:
        ValueError: the folder or the config is wrong, or the training diverged.
        Stopped: an interrupt came; the state was saved.
    """
    seeds = (config.loop.seed,) if seeds is None else tuple(seeds)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {list(seeds)}; give one or more, all different")
    mesh = Mesh(config.engine.device)
    if mesh.first and not resume:
        Run.refuse_taken(out)
    # Where data is missing or a size cannot be, no folder is left that a retry would meet.
    task = config.task.build()
    engine = config.engine.build(config, task, seeds, mesh)
    run = _open(config, out, seeds=seeds, recipe=recipe, resume=resume, mesh=mesh)
    if mesh.first:
        run.keep_learnt(task)
    if mesh.first and isinstance(task, LeavesOut):
        for reason, count in task.skipped.items():
            print(f"{run.path}: left out, {count} {reason}", file=sys.stderr, flush=True)
    watchers = []
    if mesh.first:
        watchers.append(Metrics(run.path / "metrics.jsonl"))
        if not quiet:
            watchers.append(Progress(recipe or run.path.name))
        if tensorboard:
            watchers.append(TensorBoard(run.path / "tensorboard"))
    with Watching(watchers) as watch:
        seconds = _Training(run, config.loop, engine, mesh, watch).go()
    outcome = _conclude(config.loop, task, engine, seeds, seconds)
    if mesh.first:
        told = json.dumps(outcome._asdict(), indent=1)
        write_file(run.path / "result.json", told.encode())
    return outcome


def _open(
    config: Config,
    out: str | os.PathLike[str],
    *,
    seeds: Sequence[int],
    recipe: str,
    resume: bool,
    mesh: Mesh,
) -> Run:
    exists = os.path.exists(os.path.join(out, "config.json"))
    mesh.barrier()
    if not (resume and exists):
        if mesh.first:
            Run.create(out, config, recipe=recipe, seeds=seeds)
        mesh.barrier()
    run = Run(out)
    if mesh.first:
        run.go_on_as(config, seeds)
        run.checkpoints.sweep()
    mesh.barrier()
    return run


class _Training:
    """The counting part: which step is next, and what is due after it."""

    def __init__(
        self, run: Run, loop: LoopConfig, engine: Engine, mesh: Mesh, watch: Watching
    ) -> None:
        self.run, self.loop, self.engine, self.mesh, self.watch = run, loop, engine, mesh, watch
        self.step = 0
        self.seconds = 0.0

    def go(self) -> float:
        """Train to the end; return the seconds of training over all sittings."""
        found = self.run.load_state()
        if found is not None:
            self.step, state, about = found
            self.seconds = float(about.get("seconds", 0.0))
            before = about.get("processes", self.mesh.world)
            if before != self.mesh.world and self.mesh.first:
                print(
                    f"{self.run.path}: {before} processes trained it to step {self.step}, now "
                    f"{self.mesh.world}: a step averages over other batches from here on",
                    file=sys.stderr,
                )
            self.engine.load(state, self.step)
        self.watch.begin(self.step, self.loop.steps)
        began = time.perf_counter() - self.seconds
        with _interrupts() as told:
            while self.step < self.loop.steps:
                rows = self._advance()
                self.seconds = time.perf_counter() - began
                due = self.step == self.loop.steps
                stop = self._agreed(bool(told))
                if due or self.step % self.loop.eval_every == 0:
                    for row, look in zip(rows, self._look(), strict=True):
                        row.update(look)
                spent = {"seconds": round(self.seconds, 3)}
                self.watch.figures(self.step, self.run.seeds, [spent | row for row in rows])
                if due or stop or self.step % self.loop.save_every == 0:
                    self._save(rows)
                if stop and not due:
                    raise Stopped(
                        f"stopped at step {self.step} of {self.loop.steps}; the state is saved in "
                        f"{self.run.path}; go on with --resume"
                    )
        return self.seconds

    def _advance(self) -> list[Figures]:
        loop = self.loop
        every = (loop.log_every, loop.eval_every, loop.save_every)
        stop = min(loop.steps, *[(self.step // n + 1) * n for n in every])
        try:
            rows = self.engine.advance(self.step, stop)
        except Diverged as error:
            last = self.run.checkpoints.latest()
            good = f"the last good checkpoint is {last.path}" if last else "there is no checkpoint"
            raise Diverged(
                f"{error}; no step was taken with it and {good}; "
                "try a smaller --optim.lr or --optim.clip in a new run"
            ) from error
        self.step = stop
        return [{f"train/{name}": value for name, value in row.items()} for row in rows]

    def _look(self) -> list[Figures]:
        rows = self.engine.evaluate("valid", self.loop.eval_batches)
        return [{f"valid/{name}": value for name, value in row.items()} for row in rows]

    def _save(self, rows: Sequence[Figures]) -> None:
        state = self.engine.state()
        scores = [row[self.loop.best] for row in rows if self.loop.best in row]
        looked = any(name.startswith("valid/") for name in rows[0])
        if not scores and (looked or self.loop.best.startswith("train/")):
            raise ValueError(f"loop.best is {self.loop.best!r}; the figures are {sorted(rows[0])}")
        score = math.fsum(scores) / len(scores) if scores else math.nan
        if self.mesh.first:
            about = {
                "seconds": self.seconds,
                "seeds": list(self.run.seeds),
                "processes": self.mesh.world,
                "score": score if math.isfinite(score) else None,
                "figures": [dict(row) for row in rows],
            }
            self.run.checkpoints.save(self.step, state._asdict(), about=about)
        self.mesh.barrier()

    def _agreed(self, wanted: bool) -> bool:
        """Tell whether any process was interrupted: all must stop at the same step."""
        if self.mesh.world == 1:
            return wanted
        import torch

        return bool(self.mesh.sum(torch.tensor(float(wanted), device=self.mesh.device)) > 0)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM so that a checkpoint can be written; a second one interrupts."""
    told: list[int] = []

    def note(number: int, frame: object) -> None:
        if told:
            raise KeyboardInterrupt
        told.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = {s: signal.signal(s, note) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _conclude(
    loop: LoopConfig, task: Task, engine: Engine, seeds: Sequence[int], seconds: float
) -> Outcome:
    rows: list[Figures] = [{} for _ in seeds]
    for split in loop.report:
        batches = loop.train_batches if split == "train" else loop.eval_batches
        for row, found in zip(rows, engine.evaluate(split, batches), strict=True):
            row.update({f"{split}/{name}": value for name, value in found.items()})
    if loop.choose not in rows[0]:
        raise ValueError(f"loop.choose is {loop.choose!r}; the final figures are {sorted(rows[0])}")
    chosen = min(range(len(seeds)), key=lambda s: rows[s][loop.choose])
    return Outcome(
        seeds=tuple(seeds),
        summary=summarize(rows, chosen=chosen),
        chosen_seed=seeds[chosen],
        chosen_by=loop.choose,
        stuck=_stuck(task, seeds, rows),
        steps=loop.steps,
        seconds=round(seconds, 3),
        threads=threads(),
    )


def summarize(rows: Sequence[Mapping[str, float]], *, chosen: int) -> dict[str, dict[str, Any]]:
    """Return mean, sd, best and per_seed of every figure; `best` is that of row `chosen`.

    The sd is the sample's, sqrt(Σ (x − mean)² / (n − 1)), and 0 for one seed.

    >>> summarize([{"error": 1.0}, {"error": 3.0}], chosen=1)["error"]["best"]
    3.0
    """
    out = {}
    for name in rows[0]:
        values = [float(row[name]) for row in rows]
        out[name] = {
            "mean": statistics.fmean(values),
            "sd": statistics.stdev(values) if len(values) > 1 else 0.0,
            "best": values[chosen],
            "per_seed": values,
        }
    return out


def _stuck(task: Task, seeds: Sequence[int], rows: Sequence[Figures]) -> list[dict[str, Any]]:
    if not isinstance(task, KnownMinima):
        return []
    return [
        {
            "seed": seed,
            "minimum": minimum.name,
            "metric": minimum.metric,
            "figure": row[minimum.metric],
            "remedy": minimum.remedy,
        }
        for minimum in task.known_minima
        for seed, row in zip(seeds, rows, strict=True)
        if minimum.metric in row and minimum.holds(row[minimum.metric])
    ]
