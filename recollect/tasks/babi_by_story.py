"""bAbI story by story: all questions about one story in one batch, so that it is read once.

Shape letters: ``Q`` questions, ``G`` groups of questions about one story, ``M`` sentences.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recollect.kernels.layout import Facts, Groups, Sizes
from recollect.models.entity import EntityNetwork
from recollect.tasks.babi import Babi, BabiBatch
from recollect.tasks.babi_figures import FAILED, each_among_noise, mean_figures, support_recall
from recollect.tasks.babi_own import say_each
from recollect.tasks.base import Step
from recollect.tasks.said import Said, Wish

__all__ = ["BabiByStory", "BabiByStoryEach", "grouped", "story_figures"]


def grouped(facts: Facts, rows: NDArray[np.int64]) -> Groups:
    """Group questions that stand together and whose memories begin at one sentence.

    A question whose story is longer than the memory begins at a sentence of its own.

    Shapes:
        rows ``(Q,)``.
    """
    first = facts.first[rows]
    # Two empty memories may begin at one place and be of different stories; they share nothing.
    cuts = np.flatnonzero(first[1:] != first[:-1]) + 1
    return Groups(np.asarray(rows, np.int64), np.concatenate([[0], cuts, [len(rows)]]))


class BabiByStory:
    """One bAbI task; a batch is some stories with all their questions, `batch` of them on average.

    The training stories are gone through in one random order after another; there is no noise.

    Raises:
        ValueError, MissingData: as `Babi`.
    """

    known_minima = Babi.known_minima
    published: Mapping[str, float] = MappingProxyType({})

    def __init__(self, data: Babi):
        self.data = data
        self.groups = grouped(data.train.facts, data.rows("train", seed=0))

    def draw(
        self, seed: int, start: int, stop: int, *, pieces: int = 1
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the groups of steps `start` to `stop - 1`, and where each step's begin.

        With `pieces` the steps are of so many times fewer questions.

        Shapes:
            -> groups ``(X,)``, begins ``(stop - start + 1,)``.
        """
        stories = len(self.groups.begins) - 1
        pace = max(1.0, self.data.batch / pieces * stories / len(self.groups.members))
        cuts = np.floor(np.arange(start, stop + 1) * pace).astype(np.int64)
        rounds = range(cuts[0] // stories, 1 + cuts[-1] // stories)
        order = np.concatenate([_order(seed, number, stories) for number in rounds])
        return order[np.arange(cuts[0], cuts[-1]) - rounds[0] * stories], cuts - cuts[0]

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[BabiBatch]:
        """Yield training batches without end, or another split's once.

        Training batch i is what `recollect.kernels.entity` learns from at step i.
        """
        if split != "train":
            yield from self.data.batches(split, seed=seed, start=start)
            return
        members, begins = self.groups
        while True:
            picked, _ = self.draw(seed, start, start + 1)
            rows = np.concatenate([members[begins[g] : begins[g + 1]] for g in picked])
            yield self.data.collate(self.data.train, rows)
            start += 1

    def step(self, model: nn.Module, batch: BabiBatch) -> Step:
        """Return the batch's summed cross-entropy, its mean and the share of wrong answers."""
        return self.data.step(model, batch)


class BabiByStoryEach:
    """Several bAbI tasks, a model for each, as `BabiByStory` is for one.

    Its batches are tuples with a batch of every task; its model is a `torch.nn.ModuleDict` whose
    keys are the tasks' numbers.
    """

    known_minima = Babi.known_minima
    published: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, parts: Sequence[Babi]):
        self.each = {str(part.tasks[0]): BabiByStory(part) for part in parts}

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[tuple[BabiBatch, ...]]:
        """Yield a batch of every task, until the first has no more."""
        found = [task.batches(split, seed=seed, start=start) for task in self.each.values()]
        return zip(*found, strict=False)

    def step(self, model: nn.Module, batch: Sequence[BabiBatch]) -> Step:
        """Return the sum of the tasks' losses, the mean loss, and each task's wrong answers."""
        models = dict(model.named_children())
        steps = {
            name: task.step(models[name], part)
            for (name, task), part in zip(self.each.items(), batch, strict=True)
        }
        loss = torch.stack([step.loss for step in steps.values()]).sum()
        metrics = {
            name: torch.stack([step.metrics[name] for step in steps.values()]).mean()
            for name in ("loss", "error", "count")
        }
        errors = {f"error_{name}": step.metrics["error"] for name, step in steps.items()}
        return Step(loss, metrics | errors)

    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Answer a question about a person's own story by each model that knows its words.

        Raises:
            ValueError: as `recollect.tasks.babi_own.say_story`.
        """
        return say_each({n: task.data for n, task in self.each.items()}, model, text)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return every model's figures, and those of the best of them for each task.

        `chosen_...` tells of the model with the smallest error on the held-out training questions,
        task by task, as the paper chooses among its ten. The split `noise` is
        `recollect.tasks.babi_noise`.
        """
        if split == "noise":
            parts = {name: task.data for name, task in self.each.items()}
            found, self.published = each_among_noise(models, parts)
            return found
        rows: list[list[dict[str, float]]] = [[] for _ in models]
        chosen: dict[str, dict[str, float]] = {}
        for name, task in self.each.items():
            held = []
            for row, model in zip(rows, models, strict=True):
                part = cast(EntityNetwork, dict(model.named_children())[name])
                sizes, weights = part.sizes(task.data.slots), part.kernel_weights()
                valid = story_figures(weights, sizes, task.data, split="valid")
                held.append((valid["error"], valid["loss"], len(held)))
                row.append(story_figures(weights, sizes, task.data, split=split))
            chosen[name] = rows[min(held)[-1]][-1]
        means = [mean_figures(row) for row in rows]
        figures = {name: [mean[name] for mean in means] for name in means[0]}
        errors = {name: told["error"] for name, told in chosen.items()}
        totals = {
            "chosen_error": float(np.mean(list(errors.values()))),
            "chosen_failed": float(sum(error > FAILED for error in errors.values())),
        } | {f"chosen_error_{name}": error for name, error in errors.items()}
        return figures | {name: [value] for name, value in totals.items()}


def story_figures(
    weights: NDArray[np.float32], sizes: Sizes, task: Babi, *, split: str
) -> dict[str, float]:
    """Measure an entity network on one task: loss, wrong answers, gold facts found.

    The gold facts are looked for among the sentences with the largest shares in what was read (see
    `recollect.models.EntityNetwork.weights`).

    Raises:
        ValueError: there is no such split.
    """
    from recollect.kernels.entity import evaluate  # compiles: only where it is needed

    if split not in ("train", "valid", "test"):
        raise ValueError(f"split is {split!r}; choose train, valid or test")
    data = task.test if split == "test" else task.train
    rows = np.arange(len(data.task)) if split == "test" else task.rows(split, seed=0)
    if not len(rows):
        return {}
    loss, best, shares = evaluate(weights, sizes, data.facts, grouped(data.facts, rows))
    wrong = float((best != data.facts.answer[rows]).mean())
    name = task.tasks[0]
    figures = {"loss": loss / len(rows), "error": wrong}
    if split == "test":
        figures["failed"] = float(wrong > FAILED)
    figures[f"error_{name}"] = wrong
    if split == "test":
        for kind, hits in support_recall(shares[:, None], data, rows).items():
            if np.isfinite(hits).any():
                figures[kind] = figures[f"{kind}_{name}"] = float(np.nanmean(hits))
    return figures


@lru_cache(maxsize=64)
def _order(seed: int, number: int, stories: int) -> NDArray[np.int64]:
    """Return the random order in which stories are gone through for the `number`-th time."""
    return np.random.default_rng((seed, 3, number)).permutation(stories)
