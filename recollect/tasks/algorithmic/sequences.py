"""What the algorithmic tasks share: batches of bit sequences, and wrong bits over ever longer ones.

Shape letters: ``B`` batch, ``T`` time, ``I`` inputs, ``O`` outputs.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.tasks.base import Step

__all__ = ["SequenceBatch", "SequenceTask", "Sizes", "Timed", "pad_batches"]

Size: TypeAlias = tuple[int, ...]
"""How hard a sequence is, a number for each of the task's `axes`: (length,), (length, repeats)."""

Floats: TypeAlias = NDArray[np.float32]

# The streams of the splits: no training sequence is ever drawn for a look.
_STREAM = {"train": 0, "valid": 1, "test": 2}
_CHUNK = 32


class SequenceBatch(NamedTuple):
    """Sequences to read and what should be said, and when.

    Shapes:
        inputs ``(B, T, I)``, targets ``(B, T, O)`` of 0 and 1, mask ``(B, T)``, True where the
        output is scored, lengths ``(B,)``: the steps that are no padding.
    """

    inputs: Tensor
    targets: Tensor
    mask: Tensor
    lengths: Tensor


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Which sizes are trained on, validated on, and measured.

    A training batch has one size, drawn uniformly from the ranges `train` (one an axis, both ends
    in). With a `curriculum` of C, batch i draws only from the lowest (i + 1) / C of every range
    until i reaches C.

    Raises:
        ValueError: a range is empty or starts below 1, or a size has the wrong number of axes.

    >>> sizes = Sizes(train=((1, 20),), curriculum=100)
    >>> sizes.highest(0), sizes.highest(49), sizes.highest(500)
    ((2,), (11,), (20,))
    """

    train: tuple[tuple[int, int], ...]
    valid: tuple[Size, ...] = ()
    within: tuple[Size, ...] = ()
    beyond: tuple[Size, ...] = ()
    curriculum: int = 0

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be."""
        for low, high in self.train:
            if not 1 <= low <= high:
                raise ValueError(f"the range {(low, high)} is no range of sizes: give 1 <= a <= b")
        for size in (*self.valid, *self.within, *self.beyond):
            if len(size) != len(self.train) or min(size) < 1:
                raise ValueError(
                    f"the size {size} does not fit {len(self.train)} axes, each at least 1"
                )
        if self.curriculum < 0:
            raise ValueError(f"curriculum is {self.curriculum}; give 0 or a number of batches")

    def highest(self, index: int) -> Size:
        """Return the largest size that training batch `index` may have."""
        if index >= self.curriculum:
            return tuple(high for _, high in self.train)
        share = (index + 1) / self.curriculum
        return tuple(low + -int(-(high - low) * share // 1) for low, high in self.train)

    def draw(self, rng: np.random.Generator, index: int) -> Size:
        """Draw the size of training batch `index`."""
        ends = zip(self.train, self.highest(index), strict=True)
        return tuple(int(rng.integers(low, high + 1)) for (low, _), high in ends)


@runtime_checkable
class Timed(Protocol):
    """A model that knows the seconds of training behind its weights."""

    seconds: Tensor


@runtime_checkable
class Roomy(Protocol):
    """A model whose memory can be made larger than it was in training."""

    def with_room(self, slots: int) -> nn.Module:
        """Return a model of the same weights with at least so many slots."""
        ...


class SequenceTask(ABC):
    """Read a sequence of bits, then say another: the loss is the cross-entropy of the scored bits.

    The metric of Graves et al. 2014 is the number of wrong bits a sequence; `evaluate` tells it
    over sizes within the trained range and as a curve beyond it. A model maps ``(B, T, I)`` to
    logits ``(B, T, O)`` and must not look ahead.
    """

    inputs: int
    outputs: int
    axes: tuple[str, ...]
    sizes: Sizes
    batch: int
    published: Mapping[str, Any] = MappingProxyType({})
    """What others reported, under the names of our figures."""
    looks: int = 64
    """Sequences of each size beyond the trained range in `evaluate`."""
    solved: float = 0.01
    """Wrong bits a sequence under which a task counts as learnt."""
    moves: bool = True
    """Whether heads are expected to walk along the slots, and longer sequences so to need more."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, count: int, size: Size) -> SequenceBatch:
        """Return `count` sequences of one size."""

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[SequenceBatch]:
        """Yield training batches without end, or two batches of each validation or test size.

        Batch i is a pure function of (split, seed, i).
        """
        if split == "train":
            for i in count(start):
                rng = np.random.default_rng((_STREAM[split], seed, i))
                yield self.draw(rng, self.batch, self.sizes.draw(rng, i))
        if split not in _STREAM:
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        listed = self.sizes.valid if split == "valid" else self.sizes.within + self.sizes.beyond
        for i, size in list(enumerate(size for size in listed for _ in range(2)))[start:]:
            rng = np.random.default_rng((_STREAM[split], seed, i))
            yield self.draw(rng, self.batch, size)

    def step(self, model: nn.Module, batch: SequenceBatch) -> Step:
        """Return the mean cross-entropy of the scored bits, and the wrong bits a sequence.

        A model in eval mode is given room for long sequences, as `evaluate` does.
        """
        logits = (model if model.training else self._roomy(model, batch))(batch.inputs)
        bits = F.binary_cross_entropy_with_logits(logits, batch.targets, reduction="none").sum(-1)
        scored = batch.mask.sum() * self.outputs
        loss = (bits * batch.mask).sum() / scored
        figures = self.figures(logits.detach(), batch)
        # Every sequence weighs the same in a mean over batches of one size.
        return Step(loss, figures | {"count": torch.tensor(float(len(bits)))})

    def figures(self, logits: Tensor, batch: SequenceBatch) -> dict[str, Tensor]:
        """Return the figures of a batch: means over its sequences.

        Shapes:
            logits ``(B, T, O)`` -> scalars.
        """
        wrong = ((logits > 0) != (batch.targets > 0.5)) & batch.mask.unsqueeze(-1)
        return {"wrong_bits": wrong.sum() / len(logits)}

    @torch.no_grad()
    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return every model's figures within the trained range and for each size beyond it.

        `wrong_bits` is the mean over the sizes within, 32 fresh sequences each; `solved` is 1 where
        it is under the task's bound; `wrong_bits_length_40` and `accuracy_length_40`, the share of
        right bits, are those of a size beyond, with as many slots as steps where the model's memory
        can grow and the task's heads move. `seconds` of training are told where the model knows
        them.

        Raises:
            ValueError: there is no such split.
        """
        if split not in ("valid", "test"):
            raise ValueError(f"split is {split!r}; choose valid or test")
        rows = [self._row(model.eval(), split) for model in models]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def _row(self, model: nn.Module, split: str) -> dict[str, float]:
        row = dict[str, float]()
        within = [self._look(model, split, size, _CHUNK) for size in self.sizes.within]
        if within:
            row = {name: sum(r[name] for r in within) / len(within) for name in within[0]}
            row["solved"] = float(row["wrong_bits"] < self.solved)
        for size in self.sizes.beyond:
            found = self._look(model, split, size, self.looks)
            place = self.place(size)
            row |= {f"{name}_{place}": value for name, value in found.items()}
        if isinstance(model, Timed):
            row["seconds"] = float(model.seconds)
        return row

    def _roomy(self, model: nn.Module, batch: SequenceBatch) -> nn.Module:
        """Give a slot a step: heads that come round the end write over what is not yet said."""
        if not self.moves or not isinstance(model, Roomy):
            return model
        return model.with_room(batch.inputs.shape[1])

    def _look(self, model: nn.Module, split: str, size: Size, looks: int) -> dict[str, float]:
        rng = np.random.default_rng((_STREAM[split], 3, *size))
        total: dict[str, float] = {}
        for at in range(0, looks, _CHUNK):
            batch = self.draw(rng, min(_CHUNK, looks - at), size)
            found = self.figures(self._roomy(model, batch)(batch.inputs), batch)
            share = len(batch.inputs) / looks
            for name, value in found.items():
                total[name] = total.get(name, 0.0) + share * float(value)
            bits = float(batch.mask.sum()) * self.outputs / len(batch.inputs)
        return total | {"accuracy": 1 - total["wrong_bits"] / bits}

    def place(self, size: Size) -> str:
        """Return the name of a size: `length_20_repeats_10`.

        Shapes:
            a number an axis.
        """
        return "_".join(f"{axis}_{n}" for axis, n in zip(self.axes, size, strict=True))


def as_batch(inputs: Floats, targets: Floats, scored: NDArray[np.bool_]) -> SequenceBatch:
    """Return arrays ``(B, T, ...)`` and the scored steps ``(T,)`` of all sequences as a batch."""
    size, steps = inputs.shape[:2]
    mask = torch.from_numpy(scored).expand(size, -1)
    lengths = torch.full((size,), steps)
    return SequenceBatch(torch.from_numpy(inputs), torch.from_numpy(targets), mask, lengths)


def check_positive(value: int, name: str) -> int:
    """Return a count, or say that it is none."""
    if value < 1:
        raise ValueError(f"{name} is {value}; give 1 or more")
    return value


def random_bits(rng: np.random.Generator, *shape: int) -> Floats:
    """Draw fair bits as 0 and 1."""
    return rng.integers(0, 2, shape, dtype=np.uint8).astype(np.float32)


def pad_batches(batches: Sequence[SequenceBatch]) -> SequenceBatch:
    """Put batches of several sizes into one: zeros after the end, never scored.

    Shapes:
        batches ``(B_i, T_i, ...)`` -> ``(sum B_i, max T_i, ...)``.

    Raises:
        ValueError: there is no batch.
    """
    if not batches:
        raise ValueError("batches is empty: give one or more")
    steps = max(batch.inputs.shape[1] for batch in batches)

    def whole(tensors: Sequence[Tensor]) -> Tensor:
        return torch.cat(
            [F.pad(t, (0, 0) * (t.dim() - 2) + (0, steps - t.shape[1])) for t in tensors]
        )

    inputs, targets, masks, lengths = zip(*batches, strict=True)
    return SequenceBatch(whole(inputs), whole(targets), whole(masks), torch.cat(lengths))
