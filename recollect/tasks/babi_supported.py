"""bAbI with its supporting facts told in training: a chain of facts and an answer to be chosen.

Shape letters: ``B`` batch, ``F`` gold facts of a question at most, ``K`` hops.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.models.memnn import MemNN
from recollect.tasks.babi import Babi, BabiBatch, BabiSplit
from recollect.tasks.babi_figures import FAILED
from recollect.tasks.babi_own import say_each
from recollect.tasks.base import Step
from recollect.tasks.said import Said, Wish

__all__ = ["BabiSupported", "BabiSupportedEach", "SupportedBatch"]


class SupportedBatch(NamedTuple):
    """Questions, and the slots of their gold facts in the file's order.

    Shapes:
        chain ``(B, F)``, -1 behind the last and for a fact that is not in memory.
    """

    asked: BabiBatch
    chain: Tensor


class BabiSupported:
    """One bAbI task for a `MemNN`: training batches go through the questions in random orders.

    Raises:
        ValueError, MissingData: as `Babi`.
    """

    known_minima = ()
    published: Mapping[str, float] = MappingProxyType({})

    def __init__(self, data: Babi):
        self.data = data

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[SupportedBatch]:
        """Yield training batches without end, or another split's once."""
        data, batch = self.data, self.data.batch
        if split == "train":
            rows = data.rows("train", seed=seed)
            per = max(1, len(rows) // batch)
            while True:
                order = np.random.default_rng((seed, 4, start // per)).permutation(rows)
                place = start % per * batch
                yield self._collate(data.train, order[place : place + batch])
                start += 1
        if split not in ("valid", "test"):
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        part = data.test if split == "test" else data.train
        rows = np.arange(len(part.task)) if split == "test" else data.rows("valid", seed=seed)
        for at in range(start * batch, len(rows), batch):
            yield self._collate(part, rows[at : at + batch])

    def _collate(self, part: BabiSplit, rows: NDArray[np.int64]) -> SupportedBatch:
        asked = self.data.collate(part, rows)
        filled = max(1, int(part.facts.count[rows].max()))  # empty slots cost as much as full ones
        short = asked._replace(
            story=asked.story[:, :filled],
            times=asked.times[:, :filled],
            support=asked.support[:, :filled],
        )
        return SupportedBatch(short, torch.from_numpy(part.chain[rows]).long())

    def step(self, model: nn.Module, batch: SupportedBatch) -> Step:
        """Return the missed margins, and of the model's own choices: wrong answers, facts found.

        `support` is the share of a question's gold facts that were chosen, `precise` that of the
        chosen facts that are gold, `chain` is 1 where both are all of them.
        """
        asked, chain = batch
        network = cast(MemNN, model)
        count = torch.tensor(float(len(chain)))
        metrics = {"count": count}
        missed = network.loss(asked.story, asked.question, asked.answer, chain)
        loss = missed.facts + missed.answer
        metrics["loss"] = loss.detach() / count
        if model.training:  # the model's own choices cost as much as a step
            parts = {"facts": missed.facts, "answer": missed.answer}
            return Step(loss, metrics | {n: part.detach() / count for n, part in parts.items()})
        choice = network.choose(asked.story, asked.question)
        gold, taken = (chain >= 0).sum(-1), (choice.slots >= 0).sum(-1)
        same = (chain[:, :, None] == choice.slots[:, None]) & (chain >= 0)[..., None]
        found = same.any(-1).sum(-1)
        metrics |= {
            "error": (choice.logits.argmax(-1) != asked.answer).float().mean(),
            "support": (found / gold.clamp(min=1)).mean(),
            "precise": (found / taken.clamp(min=1)).mean(),
            "chain": ((found == gold) & (taken == gold)).float().mean(),
        }
        return Step(loss, metrics)


class BabiSupportedEach:
    """Several bAbI tasks, a `MemNN` for each, as `BabiSupported` is for one."""

    known_minima = ()
    published: Mapping[str, float] = MappingProxyType({})

    def __init__(self, parts: Sequence[Babi]):
        self.each = {str(part.tasks[0]): BabiSupported(part) for part in parts}

    def batches(
        self, split: str, *, seed: int, start: int = 0
    ) -> Iterator[tuple[SupportedBatch, ...]]:
        """Yield a batch of every task, until the first has no more."""
        found = [task.batches(split, seed=seed, start=start) for task in self.each.values()]
        return zip(*found, strict=False)

    def step(self, model: nn.Module, batch: Sequence[SupportedBatch]) -> Step:
        """Return the sum of the tasks' losses, means of their figures, and each one's errors."""
        models = dict(model.named_children())
        steps = {
            name: task.step(models[name], part)
            for (name, task), part in zip(self.each.items(), batch, strict=True)
        }
        loss = torch.stack([step.loss for step in steps.values()]).sum()
        first = next(iter(steps.values())).metrics
        means = {
            name: torch.stack([step.metrics[name] for step in steps.values()]).mean()
            for name in first
        }
        each = {
            f"{figure}_{name}": step.metrics[figure]
            for figure in ("error", "support", "chain")
            for name, step in steps.items()
            if figure in step.metrics
        }
        return Step(loss, means | each)

    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Answer a question about a person's own story by each model that knows its words.

        Raises:
            ValueError: as `recollect.tasks.babi_own.say_story`.
        """
        parts = {name: task.data for name, task in self.each.items()}
        return say_each(parts, model, text, likely=False)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return every model's figures on a split, each task weighing the same."""
        return {
            name: [row[name] for row in rows]
            for rows in [[self._figures(model, split) for model in models]]
            for name in rows[0]
        }

    @torch.no_grad()
    def _figures(self, model: nn.Module, split: str) -> dict[str, float]:
        models, found = dict(model.named_children()), {}
        for name, task in self.each.items():
            network = models[name].eval()
            sums: dict[str, float] = {}
            for batch in task.batches(split, seed=0):
                told = task.step(network, batch).metrics
                count = told.pop("count").item()
                for figure, value in ({"count": torch.tensor(1.0)} | told).items():
                    sums[figure] = sums.get(figure, 0.0) + value.item() * count
            count = sums.pop("count")
            found[name] = {figure: value / count for figure, value in sums.items()}
        figures = {
            figure: float(np.mean([told[figure] for told in found.values()]))
            for figure in next(iter(found.values()))
        }
        figures["failed"] = float(sum(told["error"] > FAILED for told in found.values()))
        for figure in ("error", "support"):
            figures |= {f"{figure}_{name}": told[figure] for name, told in found.items()}
        return figures
