"""What the tasks on graphs share: lessons, and batches that follow from a seed and a number."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
import torch
from torch import nn

from recollect.tasks.graphs.triples import INPUT, OUTPUT

__all__ = ["Course"]

L = TypeVar("L")
B = TypeVar("B")


class Course(ABC, Generic[L, B]):
    """A task that is learnt lesson by lesson on what is drawn, and tested on what exists.

    A training batch is drawn for `lesson` (a share `review` of the batches for an easier one); `at`
    gives the task at another lesson. The valid split is of the last lesson, whatever the lesson is.
    A leaf has its first `lessons`, `drawn`, `tested` and `figures`.

    Args:
        lessons: from easy to hard; None are the leaf's own.
        lesson: the number of the one to train on; None is the last.
        batch: questions of a step.
        review: share of the training batches that are of an earlier lesson.
        looks: batches of the valid split.
        tests: batches of the test split.
        folder: where the test's tables lie, if not where they are found.

    Shapes:
        a model maps inputs ``(B, T, 92)`` to ``(B, T, 90)``.

    Raises:
        ValueError: a number is out of its range.
        MissingData: the test's tables are not there; raised when the test split is asked for.
    """

    inputs, outputs = INPUT, OUTPUT
    first_lessons: ClassVar[Sequence[Any]]

    def __init__(
        self,
        lessons: Sequence[L] | None = None,
        *,
        lesson: int | None = None,
        batch: int = 32,
        review: float = 0.15,
        looks: int = 8,
        tests: int = 16,
        folder: str | os.PathLike[str] | None = None,
    ):
        self.lessons: tuple[L, ...] = tuple(self.first_lessons if lessons is None else lessons)
        last = len(self.lessons) - 1
        self.lesson = last if lesson is None else lesson
        if batch < 1 or looks < 1 or tests < 1:
            raise ValueError(f"batch is {batch}, looks {looks}, tests {tests}; give 1 or more each")
        if not 0 <= review <= 1:
            raise ValueError(f"review is {review}; it is a share, 0 to 1")
        if not 0 <= self.lesson <= last:
            raise ValueError(f"lesson is {self.lesson}; there are lessons 0 to {last}")
        self.batch, self.review = batch, review
        self.looks, self.tests, self.folder = looks, tests, folder

    def at(self, lesson: int) -> Self:
        """Return this task at another lesson."""
        return type(self)(
            self.lessons,
            lesson=lesson,
            batch=self.batch,
            review=self.review,
            looks=self.looks,
            tests=self.tests,
            folder=self.folder,
        )

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[B]:
        """Yield batches of a split; train does not end."""
        if split == "train":
            while True:
                yield self.drawn(np.random.default_rng((seed, 0, start)), train=True)
                start += 1
        if split == "valid":
            for i in range(start, self.looks):
                yield self.drawn(np.random.default_rng((seed, 1, i)), train=False)
            return
        if split != "test":
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        numbers = range(start, self.tests)
        yield from self.tested(np.random.default_rng((seed, 2, i)) for i in numbers)

    @abstractmethod
    def drawn(self, random: np.random.Generator, *, train: bool) -> B:
        """Draw a batch: of the lesson and its review, or else of the last lesson."""

    @abstractmethod
    def tested(self, each: Iterator[np.random.Generator]) -> Iterator[B]:
        """Yield a batch of the test for each source of randomness."""

    @abstractmethod
    def figures(self, model: nn.Module, split: str) -> dict[str, float]:
        """Measure a model on a split that ends."""

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the figures of a split and, of the test, those of the last lesson's too."""
        found: dict[str, list[float]] = {}
        parts = {"": split} | ({"random_": "valid"} if split == "test" else {})
        for model in models:
            model.eval()
            for prefix, part in parts.items():
                for name, value in self.figures(model, part).items():
                    found.setdefault(prefix + name, []).append(value)
        return found
