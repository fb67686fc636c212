"""What every task must do."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn

from recollect.tasks.base import Task
from recollect.testing.expect import Expect, quiet

__all__ = ["check_task"]


def check_task(
    task: Task, *, model: nn.Module | None = None, split: str = "train", batches: int = 3
) -> None:
    """Hold a task to its contract: batches that can be made again, and a loss to descend.

    Batch i is a function of the split, the seed and i: made twice, from the start or from `start`,
    beside another iterator or after other draws, it is the same. Another seed gives others. torch's
    own generator is left as it was. With a `model`, `step` returns a finite scalar loss that gives
    the model a gradient, and metrics that are scalars; the same batch gives the same loss.

    Shapes:
        batches of any structure; loss and metrics scalar.

    Raises:
        Nonconformity: a rule is broken.
    """
    expect = Expect(task)
    with quiet(model, seed=0):
        before = torch.get_rng_state()
        made = list(islice(task.batches(split, seed=1), batches))
        expect.true(
            torch.equal(before, torch.get_rng_state()),
            "batches leave torch's generator alone; draw from one of (seed, i)",
        )
        expect.true(len(made) > 0, f"the split {split!r} has batches")
        torch.rand(7)
        again = list(islice(task.batches(split, seed=1), batches))
        _same(expect, again, made, "batches made twice are the same")
        for start in range(1, len(made)):
            tail = list(islice(task.batches(split, seed=1, start=start), len(made) - start))
            _same(expect, tail, made[start:], f"start={start} goes on from batch {start}")
        one, two = task.batches(split, seed=1), task.batches(split, seed=2)
        mixed = [(a, next(two, None)) for a in islice(one, batches)]
        _same(expect, [a for a, _ in mixed], made, "iterators do not disturb one another")
        if split == "train":
            other = [leaf for _, b in mixed for leaf in _leaves(b)]
            ours = [leaf for b in made for leaf in _leaves(b)]
            expect.true(not _equal(other, ours), "another seed gives other batches")
        if model is not None:
            _step(expect, task, model, made[0])


def _leaves(batch: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every tensor and plain value of a batch, by its place."""
    if isinstance(batch, Mapping):
        parts = list(batch.items())
    elif is_dataclass(batch):
        parts = [(f.name, getattr(batch, f.name)) for f in fields(batch)]
    elif isinstance(batch, list | tuple):
        names = getattr(batch, "_fields", range(len(batch)))
        parts = list(zip(names, batch, strict=True))
    else:
        yield place, batch
        return
    for name, part in parts:
        yield from _leaves(part, f"{place}.{name}")


def _equal(ours: list[tuple[str, Any]], theirs: list[tuple[str, Any]]) -> bool:
    if [place for place, _ in ours] != [place for place, _ in theirs]:
        return False
    return all(_identical(a, b) for (_, a), (_, b) in zip(ours, theirs, strict=True))


def _identical(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b)
    return bool(a == b)


def _same(expect: Expect, ours: list, theirs: list, rule: str) -> None:
    expect.true(len(ours) == len(theirs), f"{rule}; there are {len(ours)}, not {len(theirs)}")
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        mine, yours = list(_leaves(a)), list(_leaves(b))
        names = [place for place, _ in mine], [place for place, _ in yours]
        expect.true(names[0] == names[1], f"{rule}; batch {i} holds {names[0]}, not {names[1]}")
        for (place, x), (_, y) in zip(mine, yours, strict=True):
            expect.true(_identical(x, y), f"{rule}; batch {i}{place} differs")


def _step(expect: Expect, task: Task, model: nn.Module, batch: Any) -> None:
    step = task.step(model, batch)
    expect.shape(step.loss, (), "the sizes of the loss")
    expect.finite(step.loss, "the loss is finite")
    expect.true(step.loss.requires_grad, "the loss has a gradient")
    for name, metric in step.metrics.items():
        expect.true(isinstance(metric, Tensor), f"the metric {name} is a tensor")
        expect.shape(metric, (), f"the sizes of the metric {name}")
        expect.true(not metric.requires_grad, f"the metric {name} is detached")
    parameters = [p for p in model.parameters() if p.requires_grad]
    found = torch.autograd.grad(step.loss, parameters, allow_unused=True)
    reached = [g for g in found if g is not None]
    expect.true(any((g != 0).any() for g in reached), "a gradient of the loss reaches the model")
    for gradient in reached:
        expect.finite(gradient, "the gradients of the loss are finite")
    again = task.step(model, batch).loss
    expect.close(again, step.loss, "the same batch gives the same loss")
