"""What a memory machine did, step by step, as arrays that a page can hold.

Shape letters: ``T`` steps, ``N`` slots, ``M`` width, ``K`` links kept of a slot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.trace import Trace
from recollect.trace.recording import listeners
from recollect.trace.watch import module_names

__all__ = ["Tape", "tapes_of", "watch"]

SLOTWISE = {"weights", "write_weights", "content_weights", "allocation", "usage", "memory"}
LINKS = 3  # the strongest links of a slot; the rest is not kept
MANY = 2048  # of more slots only those that were read or written are kept
SLIGHT = 1e-3  # less is as good as not read, where there are many slots
CELLS = 6_000_000  # of memory contents, and of links, over all steps


class Few(NamedTuple):
    """The slots of a step that are not empty.

    Shapes:
        where ``(n,)``; values ``(..., n)``, of a memory ``(n, M)``.
    """

    where: NDArray[np.int64]
    values: NDArray


@dataclass
class Tape:
    """The records of one machine and one example, a step after another.

    Attributes:
        cell: the class of the machine.
        steps: how many there were.
        slots: slots of the memory.
        parts: tensors by name, a list over time, each without its batch axis.
        slotwise: those that have an axis of slots, of many slots those in use.
        links: for each step the strongest links into each slot: from where, and how strong.
    """

    cell: str = ""
    steps: int = 0
    slots: int = 0
    parts: dict[str, list[NDArray]] = field(default_factory=dict)
    slotwise: dict[str, list[NDArray | Few]] = field(default_factory=dict)
    links: list[tuple[NDArray, NDArray]] = field(default_factory=list)

    def add(self, tensors: Mapping[str, Tensor], *, item: int = 0) -> None:
        """Take the records of one step.

        Shapes:
            each ``(B, ...)``, of which `item` is kept.
        """
        self.steps += 1
        self.slots = tensors["write_weights"].shape[-1]
        for name, tensor in tensors.items():
            array = tensor[item].detach().float().cpu().numpy()
            if name == "link":
                self.links.append(_strongest(array))
            elif name not in SLOTWISE:
                self.parts.setdefault(name, []).append(array.copy())
            elif self.slots <= MANY:
                # Half precision halves what a long memory takes; a page shows no more digits.
                kept = array.astype(np.float16) if name == "memory" else array.copy()
                self.slotwise.setdefault(name, []).append(kept)
            else:
                self.slotwise.setdefault(name, []).append(_few(name, array))

    def stack(self, name: str) -> NDArray:
        """Return a tensor over time.

        Shapes:
            ``(T, ...)``.
        """
        return np.stack(self.parts[name])

    def over(self, name: str, slots: NDArray[np.int64], *, every: int = 1) -> NDArray:
        """Return a tensor over time at some slots, each `every`-th step.

        Shapes:
            slots ``(n,)`` -> ``(T, ..., n)``, of the memory ``(T, n, M)``.
        """
        steps = self.slotwise[name][::every]
        axis = 0 if name == "memory" else -1
        return np.stack([_at(step, slots, axis) for step in steps])

    def used_slots(self) -> NDArray[np.int64]:
        """Return the slots to show: all, or of many those that were read or written."""
        if self.slots <= MANY:
            return np.arange(self.slots)
        most = np.zeros(self.slots, np.float32)
        for name in ("weights", "write_weights"):
            for step in self.slotwise.get(name, []):
                if isinstance(step, Few):
                    np.maximum.at(most, step.where, np.abs(step.values).max(0))
        found = np.flatnonzero(most > SLIGHT)
        return np.sort(found[np.argsort(-most[found], kind="stable")][:MANY])

    def every(self, cells: int) -> int:
        """Return 1 to keep all steps of so many cells each, or n for each n-th."""
        return max(1, -(-self.steps * cells // CELLS))


def tapes_of(trace: Trace, *, item: int = 0) -> dict[str, Tape]:
    """Return the tape of every memory machine in a trace, by module name.

    Raises:
        ValueError: the trace holds no records of a memory machine.
    """
    tapes = {}
    for name, records in trace.items():
        if all("write_weights" in record and "memory" in record for record in records):
            tapes[name] = Tape(cell=name.rpartition(".")[-1])
            for record in records:
                tapes[name].add(record, item=item)
    if not tapes:
        raise ValueError(
            f"the trace holds no memory machine; it recorded {', '.join(trace) or 'nothing'}"
        )
    return tapes


@contextmanager
def watch(model: nn.Module) -> Iterator[dict[str, Tape]]:
    """Keep tapes of the first example of every batch, while the block runs.

    A trace keeps every tensor whole, which for the links of 512 slots over 2,000 steps is
    gigabytes; a tape keeps of these the strongest alone. A task may run a copy of the model over
    more slots: a machine that is not in `model` counts as the next one in it of its class.

    Shapes:
        of a model that is called with a batch of one.
    """
    names, tapes, before = module_names(model), {}, listeners.open
    left = list(names.items())

    def listen(module: nn.Module, tensors: dict[str, Tensor]) -> None:
        if "write_weights" not in tensors or "memory" not in tensors:
            return
        if module not in names:
            alike = [pair for pair in left if type(pair[0]) is type(module)]
            if not alike:
                return
            left.remove(alike[0])
            names[module] = alike[0][1]
        tapes.setdefault(names[module], Tape(cell=type(module).__name__)).add(tensors)

    listeners.open = (*before, listen)
    try:
        yield tapes
    finally:
        listeners.open = before


def _few(name: str, array: NDArray) -> Few:
    """Keep the slots that hold something, or are read or written."""
    axis = 0 if name == "memory" else -1
    other = tuple(i for i in range(array.ndim) if i != axis % array.ndim)
    where = np.flatnonzero(np.abs(array).max(other) > (0 if name == "memory" else SLIGHT))
    return Few(where, np.take(array, where, axis))


def _at(step: NDArray | Few, slots: NDArray[np.int64], axis: int) -> NDArray:
    if not isinstance(step, Few):
        return np.take(step, slots, axis)
    shape = list(step.values.shape)
    shape[axis] = len(slots)
    out = np.zeros(shape, np.float32)
    both, ours, theirs = np.intersect1d(slots, step.where, return_indices=True)
    if len(both) and axis == 0:
        out[ours] = step.values[theirs]
    elif len(both):
        out[..., ours] = step.values[..., theirs]
    return out


def _strongest(link: NDArray) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Of links (W, N, N), the strongest K into each slot: from where and how strong, (W, N, K).

    The strongest is first. A search for each of three is many times as fast as a partition.
    """
    left, sources = link.copy(), []
    for _ in range(min(LINKS, link.shape[-1])):
        sources.append(left.argmax(-1)[..., None])
        np.put_along_axis(left, sources[-1], -np.inf, -1)
    found = np.concatenate(sources, -1)
    return found.astype(np.uint16), np.take_along_axis(link, found, -1)
