"""Connected spoken digits: trained on two to five, tested on six to twelve.

Three convolutions leave one position for eight frames (80 ms), a GRU of two directions reads them,
and a recurrent decoder attends after the step. The recipes differ in its mechanism alone. Adam at
0.003 let down along half a cosine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from recollect.mechanisms import (
    ContentAttention,
    LocationAttention,
    Mechanism,
    MonotonicAttention,
    OnwardAttention,
    StepwiseAttention,
)
from recollect.models import (
    NearEncoder,
    PyramidEncoder,
    RecurrentDecoder,
    Seq2Seq,
    StridedEncoder,
)
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
    "ByOnward",
    "ByStep",
    "DigitsConfig",
    "MechanismConfig",
    "SpellerConfig",
    "digits_content",
    "digits_location",
    "digits_location_speaker",
    "digits_monotonic",
    "digits_near_content",
    "digits_near_location",
    "digits_near_onward",
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
    window: int | None = None
    """Outside training, read no farther than this from where half of the last weights lay."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        return LocationAttention(
            additive(size, key_size=memory),
            filters=self.filters,
            width=self.width,
            cumulative=True,
            window=self.window,
        )


@dataclass(frozen=True, kw_only=True)
class ByMonotonic(MechanismConfig):
    """Only forward, to any later position."""

    offset: float = -1.0
    """First value of the offset to the energies."""
    hard: bool = False
    """Outside training, stop at the first position with more than even odds."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        score = additive(size, key_size=memory, normalized=True)
        return MonotonicAttention(score, offset=self.offset, hard=self.hard)


@dataclass(frozen=True, kw_only=True)
class ByOnward(MechanismConfig):
    """Only forward, and never at the same position again."""

    offset: float = -1.0
    """First value of the offset to the energies."""
    hard: bool = False
    """Outside training, stop at the first position with more than even odds."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        score = additive(size, key_size=memory, normalized=True)
        return OnwardAttention(score, offset=self.offset, hard=self.hard)


@dataclass(frozen=True, kw_only=True)
class ByStep(MechanismConfig):
    """Only forward, one position at a time."""

    hard: bool = False
    """Outside training, stay or go on, whichever is likelier."""

    def build(self, size: int, memory: int) -> Mechanism:
        """Make the mechanism."""
        return StepwiseAttention(additive(size, key_size=memory), hard=self.hard)


@dataclass(frozen=True, kw_only=True)
class SpellerConfig(ModelConfig):
    """Convolutions and a pyramid that listen, and a decoder that says digits."""

    size: int = 64
    """Channels, width of each direction of the pyramid, and of the decoder."""
    strided: int = 3
    """How often convolutions halve the frames."""
    layers: int = 0
    """How often the pyramid halves what they leave; with none it is one GRU of two directions."""
    near: bool = False
    """Convolutions in place of the pyramid: the listener hears half a second and cannot count."""
    mechanism: MechanismConfig = field(default_factory=ByContent)
    """How the decoder attends."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        wide = 2 * self.size
        if self.near:
            inner = NearEncoder(self.size, size=wide, dropout=0.1)
        else:
            inner = PyramidEncoder(self.size, size=self.size, layers=self.layers, dropout=0.1)
        return Seq2Seq(
            StridedEncoder(40, inner=inner, channels=self.size, layers=self.strided, dropout=0.1),
            decoder=RecurrentDecoder(
                14,
                size=self.size,
                memory_size=wide,
                mechanism=self.mechanism.build(self.size, wide),
                dropout=0.1,
            ),
        )


def _config(
    mechanism: MechanismConfig, *, near: bool = False, held_out: str | None = None
) -> Config:
    return Config(
        task=DigitsConfig(held_out=held_out),
        model=SpellerConfig(mechanism=mechanism, near=near),
        optim=Adam(lr=3e-3, schedule=WarmupCosine(warmup=50), clip=1.0),
        loop=LoopConfig(
            steps=700,
            log_every=50,
            eval_every=350,
            save_every=350,
            eval_batches=8,
            train_batches=2,
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


def digits_location_speaker() -> Config:
    """The same, tested on the one speaker that it was not trained on."""
    return _config(ByLocation(), held_out="theo")


def digits_monotonic() -> Config:
    """Strings of spoken digits, monotonic attention."""
    return _config(ByMonotonic())


def digits_stepwise() -> Config:
    """Strings of spoken digits, stepwise monotonic attention."""
    return _config(ByStep())


def digits_near_content() -> Config:
    """A listener that hears half a second and cannot count, attention by content alone."""
    return _config(ByContent(), near=True)


def digits_near_location() -> Config:
    """The same listener, location-aware attention that sees 1.2 s to both sides."""
    return _config(ByLocation(width=31), near=True)


def digits_near_onward() -> Config:
    """The same listener, monotonic attention that goes on from behind the last stop."""
    return _config(ByOnward(), near=True)
