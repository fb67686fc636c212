"""Connected spoken digits: trained on two to five, tested on six to twelve.

A pyramid of GRUs, half as many positions at each layer, and a recurrent decoder that attends after
the step; the recipes differ in its mechanism alone. Adam at 0.002 let down along half a cosine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from recollect.mechanisms import (
    ContentAttention,
    LocationAttention,
    Mechanism,
    MonotonicAttention,
    StepwiseAttention,
)
from recollect.models import PyramidEncoder, RecurrentDecoder, Seq2Seq
from recollect.score import additive
from recollect.tasks.base import Task
from recollect.tasks.speech import Digits, read_digits
from recollect.train import (
    Adam,
    Config,
    LoopConfig,
    ModelConfig,
    TaskConfig,
    TorchConfig,
    WarmupCosine,
)

__all__ = [
    "ByContent",
    "ByLocation",
    "ByMonotonic",
    "ByStep",
    "DigitsConfig",
    "MechanismConfig",
    "SpellerConfig",
    "digits_content",
    "digits_location",
    "digits_monotonic",
    "digits_stepwise",
]


@dataclass(frozen=True, kw_only=True)
class DigitsConfig(TaskConfig):
    """Strings of spoken digits."""

    batch: int = 32
    """Strings a step."""
    held_out: str | None = None
    """A speaker who is not trained on, and alone is tested."""

    def build(self) -> Digits:
        """Make the task."""
        return Digits(read_digits(), batch=self.batch, held_out=self.held_out)


@dataclass(frozen=True, kw_only=True)
class MechanismConfig(ABC):
    """How the decoder attends."""

    @abstractmethod
    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism for queries and keys of these widths."""


@dataclass(frozen=True, kw_only=True)
class ByContent(MechanismConfig):
    """By the score alone."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        return ContentAttention(additive(size, key_size=memory))


@dataclass(frozen=True, kw_only=True)
class ByLocation(MechanismConfig):
    """By the score and where the weights lay before."""

    filters: int = 10
    """Of the convolution."""
    width: int = 15
    """Of each, in positions."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        score = additive(size, key_size=memory)
        return LocationAttention(score, filters=self.filters, width=self.width, cumulative=True)


@dataclass(frozen=True, kw_only=True)
class ByMonotonic(MechanismConfig):
    """Only forward, to any later position."""

    offset: float = -1.0
    """First value of the offset to the energies."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        score = additive(size, key_size=memory, normalized=True)
        return MonotonicAttention(score, offset=self.offset)


@dataclass(frozen=True, kw_only=True)
class ByStep(MechanismConfig):
    """Only forward, one position at a time."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        return StepwiseAttention(additive(size, key_size=memory))


@dataclass(frozen=True, kw_only=True)
class SpellerConfig(ModelConfig):
    """A pyramid that listens and a decoder that says digits."""

    size: int = 64
    """Width of each direction of the pyramid, and of the decoder."""
    layers: int = 3
    """How often the pyramid halves the frames."""
    mechanism: MechanismConfig = field(default_factory=ByContent)
    """How the decoder attends."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        wide = 2 * self.size
        return Seq2Seq(
            PyramidEncoder(40, size=self.size, layers=self.layers, dropout=0.1),
            decoder=RecurrentDecoder(
                14,
                size=self.size,
                memory_size=wide,
                mechanism=self.mechanism.build(self.size, wide),
                dropout=0.1,
            ),
        )


def _config(mechanism: MechanismConfig) -> Config:
    return Config(
        task=DigitsConfig(),
        model=SpellerConfig(mechanism=mechanism),
        optim=Adam(lr=2e-3, schedule=WarmupCosine(warmup=50), clip=1.0),
        loop=LoopConfig(
            steps=1500,
            log_every=50,
            eval_every=250,
            save_every=250,
            train_batches=5,
            choose="valid/loss",
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),
    )


def digits_content() -> Config:
    """Strings of spoken digits, attention by content alone."""
    return _config(ByContent())


def digits_location() -> Config:
    """Strings of spoken digits, location-aware attention."""
    return _config(ByLocation())


def digits_monotonic() -> Config:
    """Strings of spoken digits, monotonic attention."""
    return _config(ByMonotonic())


def digits_stepwise() -> Config:
    """Strings of spoken digits, stepwise monotonic attention."""
    return _config(ByStep())
