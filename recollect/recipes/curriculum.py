"""Training through a curriculum: a lesson is left when enough of it is answered rightly.

The lesson is part of a run's state, saved with its weights, so that a resumed run goes on in the
lesson it stopped in; a step is a function of the state, the seed and its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch

from recollect.tasks.base import Task
from recollect.train import Config, Engine, EngineConfig, Mesh, State, TorchConfig
from recollect.train.stream import Stream

__all__ = ["Curriculum"]

_LESSON = "curriculum/lesson"


@runtime_checkable
class Lessons(Task, Protocol):
    """A task whose training batches are of a lesson, numbered from 0."""

    lesson: int
    lessons: Sequence[object]

    def at(self, lesson: int) -> Task:
        """Return the task at another lesson."""
        ...


@dataclass(frozen=True, kw_only=True)
class Curriculum(EngineConfig):
    """Plain torch that begins in the first lesson and goes to the next when one is learnt.

    After every stretch of `loop.log_every` steps (or up to a look or a save) the training figure
    `metric`, a mean over the stretch, is held against `goal`.
    """

    metric: str = "triples"
    """The figure that decides, larger is better."""
    goal: float = 0.9
    """Its least mean over a stretch to go on; Graves et al. let a lesson go at 0.9, too."""
    first: int = 0
    """The lesson to begin in."""
    parallel: Literal["ddp", "fsdp"] = "ddp"
    """Under torchrun: copy the model to every process, or shard it."""

    def build(self, config: Config, task: Task, seeds: Sequence[int], mesh: Mesh) -> Engine:
        """Make an engine a seed; each seed goes through the lessons at its own pace.

        Raises:
            ValueError: the task has no lessons, or not so many.
        """
        if not isinstance(task, Lessons):
            raise ValueError(
                f"a curriculum needs a task with lessons; {type(task).__name__} has none"
            )
        if not 0 <= self.first < len(task.lessons):
            raise ValueError(
                f"engine.first is {self.first}; there are lessons 0 to {len(task.lessons) - 1}"
            )
        plain = TorchConfig(device=self.device, parallel=self.parallel)
        pupils = [_Pupil(config, self, plain, task, seed, mesh) for seed in seeds]
        return _Class(pupils)


class _Pupil:
    """One seed: a plain engine, and the lesson it is in."""

    def __init__(
        self,
        config: Config,
        curriculum: Curriculum,
        plain: TorchConfig,
        task: Lessons,
        seed: int,
        mesh: Mesh,
    ) -> None:
        from recollect.train.engine import TorchEngine

        self.curriculum, self.task, self.mesh, self.seed = curriculum, task, mesh, seed
        self.engine = TorchEngine(config, plain, task, seed, mesh)
        self.go_to(curriculum.first)

    def go_to(self, lesson: int) -> None:
        """Take the training batches from a lesson on."""
        self.lesson = lesson
        self.engine.stream = Stream(self.task.at(lesson), seed=self.seed, mesh=self.mesh)

    def advance(self, start: int, stop: int) -> dict[str, float]:
        """Take the steps, then judge them."""
        row = self.engine.advance(start, stop)[0]
        metric = self.curriculum.metric
        if metric not in row:
            raise ValueError(f"engine.metric is {metric!r}; the figures are {sorted(row)}")
        row["lesson"] = float(self.lesson)
        if row[metric] >= self.curriculum.goal and self.lesson + 1 < len(self.task.lessons):
            self.go_to(self.lesson + 1)
        return row


class _Class:
    """The seeds of a run, one after the other."""

    def __init__(self, pupils: Sequence[_Pupil]) -> None:
        self.pupils = pupils

    def advance(self, start: int, stop: int) -> list[dict[str, float]]:
        """Take the steps `start` to `stop - 1` of one seed after another."""
        return [pupil.advance(start, stop) for pupil in self.pupils]

    def evaluate(self, split: str, batches: int | None) -> list[dict[str, float]]:
        """Return every seed's figures on the same batches."""
        return [pupil.engine.evaluate(split, batches)[0] for pupil in self.pupils]

    def state(self) -> State:
        """Return the tensors of all and their lessons, stacked where there are several seeds."""
        states = []
        for pupil in self.pupils:
            model, optim = pupil.engine.state()
            states.append(State(model, optim | {_LESSON: torch.tensor(float(pupil.lesson))}))
        if len(states) == 1:
            return states[0]
        return State(_stacked([s.model for s in states]), _stacked([s.optim for s in states]))

    def load(self, state: State, step: int) -> None:
        """Go to a saved state, each seed to its lesson."""
        count = len(self.pupils)
        many = count > 1
        if many and any(len(t) != count for t in state.model.values()):
            raise ValueError(f"the checkpoint is not of the {count} seeds of this run")
        for s, pupil in enumerate(self.pupils):
            model, optim = ({n: t[s] if many else t for n, t in part.items()} for part in state)
            pupil.go_to(int(optim.pop(_LESSON)))
            pupil.engine.load(State(model, optim), step)


def _stacked(parts: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: torch.stack([part[name] for part in parts]) for name in parts[0]}
