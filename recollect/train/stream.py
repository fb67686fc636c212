"""Batches dealt out to processes: one endless stream to learn from, a split to be judged on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from recollect.tasks.base import Batch, Task

if TYPE_CHECKING:
    from recollect.train.mesh import Mesh

# Every seed is judged on the same batches.
EVAL_SEED = 1234


class Stream:
    """The training batches of one process: number `start`, `start + world`, ... of one stream.

    All processes share one stream of batches and deal it out, so that two processes, or one with
    `accumulate=2`, see the same data.
    """

    def __init__(self, task: Task, *, seed: int, mesh: Mesh) -> None:
        """Open the train split for a seed."""
        self.task, self.seed, self.mesh = task, seed, mesh
        self.at, self.batches = -1, iter(())

    def take(self, index: int) -> Batch:
        """Return this process's batch of round `index`."""
        if index != self.at:
            first = index * self.mesh.world + self.mesh.rank
            found = self.task.batches("train", seed=self.seed, start=first)
            self.batches = islice(found, 0, None, self.mesh.world)
        self.at = index + 1
        for batch in self.batches:
            return to_device(batch, self.mesh.device)
        raise ValueError(
            f"{type(self.task).__name__}.batches('train') ended before batch {index}; "
            "a train split must not end"
        )


def looked_at(
    task: Task, split: str, batches: int | None, mesh: Mesh
) -> Iterator[tuple[Batch, bool]]:
    """Deal a split's batches out to the processes; every process gets as many, some not its own.

    A sharded model must be called by all processes alike, so the last round is filled up with a
    batch that counts for nothing.
    """
    found = islice(task.batches(split, seed=EVAL_SEED), batches)
    while dealt := list(islice(found, mesh.world)):
        mine = mesh.rank < len(dealt)
        yield to_device(dealt[mesh.rank if mine else -1], mesh.device), mine


def to_device(batch: Batch, device: torch.device) -> Batch:
    """Move every tensor of a batch to a device."""
    from torch.utils._pytree import tree_map_only

    if device.type == "cpu":
        return batch
    return tree_map_only(Tensor, lambda t: t.to(device, non_blocking=True), batch)
