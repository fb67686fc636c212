"""What a task is: batches that anyone can make again, and a loss for one of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

from torch import Tensor, nn

# A tensor, or NamedTuples, tuples, lists and dicts of tensors and plain Python values, batch first.
# Its shape is the task's business; the loop only moves it to the device and hands it back.
Batch: TypeAlias = Any


class Step(NamedTuple):
    """What one batch gave: the loss to descend and the figures to report.

    Every metric is a mean over the batch. A metric named `count` weighs the batch in
    averages (a last batch may be shorter); without one all batches weigh the same.

    Shapes:
        loss: scalar. metrics: scalars by name.
    """

    loss: Tensor
    metrics: dict[str, Tensor]


class Task(Protocol):
    """Where batches come from and what a model is judged by."""

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[Batch]:
        """Yield batches `start`, `start + 1`, ... of a split.

        Batch i is a pure function of (split, seed, i): exact resume rests on it. A training
        split does not end; the others may.
        """
        ...

    def step(self, model: nn.Module, batch: Batch) -> Step:
        """Return the loss and the metrics of a model on one batch."""
        ...


class Minimum(NamedTuple):
    """A local minimum that a task is known for: seeds in it are named in the results.

    `metric` is a final figure such as `test/error`; a seed with `low <= figure <= high` fell in.

    >>> Minimum("guesses one colour", metric="test/error", low=0.45, high=0.6).holds(0.52)
    True
    """

    name: str
    metric: str
    low: float
    high: float
    remedy: str = ""

    def holds(self, figure: float) -> bool:
        """Tell whether a seed with this figure fell in."""
        return self.low <= figure <= self.high


@runtime_checkable
class LeavesOut(Protocol):
    """A task that does not train on all of its data, and says why: how many rows, by reason."""

    skipped: Mapping[str, int]


@runtime_checkable
class Learns(Protocol):
    """A task that learns something from its data before any training, such as a vocabulary.

    `learnt` is a frozen dataclass of plain values, or of other such ones. A run folder keeps it, so
    that where the data are not at hand a model can be built from it, and a person's own line read.
    """

    learnt: Any


@runtime_checkable
class KnownMinima(Protocol):
    """A task that can say where seeds get stuck."""

    known_minima: Sequence[Minimum]
