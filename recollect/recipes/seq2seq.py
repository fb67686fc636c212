"""Models for one sequence for another, and how all of them are trained.

One layer on each side but for the Transformer; Adam let down along half a cosine, gradients clipped
at a norm of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from recollect.mechanisms import ContentAttention
from recollect.models import (
    HiddenChoiceDecoder,
    RecurrentDecoder,
    RecurrentEncoder,
    SampledChoiceDecoder,
    Seq2Seq,
    TransformerDecoder,
    TransformerEncoder,
    VariationalChoiceDecoder,
)
from recollect.score import additive
from recollect.tasks.base import Task
from recollect.tasks.pairs import Vocabulary
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
    "AttentionSeq2Seq",
    "MarginalSeq2Seq",
    "PlainSeq2Seq",
    "SampledSeq2Seq",
    "TransformerSeq2Seq",
    "VariationalSeq2Seq",
]


@runtime_checkable
class Worded(Protocol):
    """A task with a vocabulary on each side."""

    source: Vocabulary
    target: Vocabulary


@dataclass(frozen=True, kw_only=True)
class PlainSeq2Seq(ModelConfig):
    """GRUs on both sides, and the source's summary at every step: no attention."""

    size: int = 128
    """Width of embeddings and states."""
    dropout: float = 0.2
    """On embeddings and before the readout."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = sizes(task)
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, dropout=self.dropout),
            decoder=RecurrentDecoder(
                target, size=self.size, memory_size=2 * self.size, dropout=self.dropout
            ),
        )


@dataclass(frozen=True, kw_only=True)
class AttentionSeq2Seq(ModelConfig):
    """GRUs on both sides with additive attention."""

    size: int = 128
    """Width of embeddings, states and scores."""
    before: bool = False
    """Attend before the step, as Bahdanau does; otherwise after it, as Luong does."""
    dropout: float = 0.2
    """On embeddings, between layers and before the readout."""
    layers: int = 1
    """Of the encoder."""
    smooth: float = 0.0
    """Label smoothing; the losses told while training are those of the smoothed targets."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = sizes(task)
        wide = 2 * self.size
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, layers=self.layers, dropout=self.dropout),
            decoder=RecurrentDecoder(
                target,
                size=self.size,
                memory_size=wide,
                mechanism=ContentAttention(additive(self.size, key_size=wide)),
                before=self.before,
                dropout=self.dropout,
            ).smoothed(self.smooth),
        )


@dataclass(frozen=True, kw_only=True)
class MarginalSeq2Seq(ModelConfig):
    """One slot is read a step, and all choices are summed over."""

    size: int = 128
    """Width of embeddings, states and scores."""
    monotone: bool = False
    """Read from left to right."""
    dropout: float = 0.2
    """On embeddings, between layers and before the readout."""
    layers: int = 1
    """Of the encoder."""
    keep: int | None = None
    """Sum over so many of the likeliest slots of a step; None over all."""
    chunk: int | None = None
    """Steps of a target made at once, for large vocabularies; None makes all."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = sizes(task)
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, layers=self.layers, dropout=self.dropout),
            decoder=HiddenChoiceDecoder(
                target,
                size=self.size,
                memory_size=2 * self.size,
                score=additive(self.size, key_size=2 * self.size),
                monotone=self.monotone,
                dropout=self.dropout,
                keep=self.keep,
                chunk=self.chunk,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class SampledSeq2Seq(ModelConfig):
    """One slot is read a step, and choices are sampled: REINFORCE."""

    size: int = 128
    """Width of embeddings, states and scores."""
    samples: int = 4
    """Of every choice."""
    dropout: float = 0.2
    """On embeddings and before the readout."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = sizes(task)
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, dropout=self.dropout),
            decoder=SampledChoiceDecoder(
                _hidden(target, self.size, self.dropout), samples=self.samples
            ),
        )


@dataclass(frozen=True, kw_only=True)
class VariationalSeq2Seq(ModelConfig):
    """One slot is read a step, and a posterior that sees the target says which, in training."""

    size: int = 128
    """Width of embeddings, states and scores."""
    samples: int | None = None
    """Of every choice; None enumerates."""
    dropout: float = 0.2
    """On embeddings and before the readout."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = sizes(task)
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, dropout=self.dropout),
            decoder=VariationalChoiceDecoder(
                _hidden(target, self.size, self.dropout),
                score=additive(2 * self.size, key_size=2 * self.size, hidden=self.size),
                samples=self.samples,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class TransformerSeq2Seq(ModelConfig):
    """Transformers on both sides."""

    size: int = 128
    """Width."""
    layers: int = 3
    """Blocks on each side."""
    heads: int = 4
    """Of every attention."""
    dropout: float = 0.2
    """On embeddings, weights and inside the blocks."""
    rotary: bool = True
    """Rotary positions; otherwise sinusoids are added to the embeddings."""
    smooth: float = 0.0
    """Label smoothing; the losses told while training are those of the smoothed targets."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = sizes(task)
        kind = {"layers": self.layers, "heads": self.heads, "dropout": self.dropout}
        kind |= {"rotary": self.rotary}
        return Seq2Seq(
            TransformerEncoder(source, size=self.size, **kind),
            decoder=TransformerDecoder(
                target, size=self.size, memory_size=self.size, **kind
            ).smoothed(self.smooth),
        )


def training(task: TaskConfig, model: ModelConfig, steps: int, lr: float = 2e-3) -> Config:
    """Return the config of a run of so many steps, with a tenth of them between measurements."""
    return Config(
        task=task,
        model=model,
        optim=Adam(lr=lr, schedule=WarmupCosine(warmup=50), clip=1.0),
        loop=LoopConfig(
            steps=steps,
            log_every=50,
            eval_every=max(100, steps // 10),
            save_every=max(100, steps // 10),
            choose="valid/loss",
        ),
        engine=TorchConfig(device="cpu", replicas="turns"),  # lengths differ from batch to batch
    )


def sizes(task: Task) -> tuple[int, int]:
    """How many tokens the two vocabularies of a task on pairs have.

    Raises:
        ValueError: it has none.
    """
    if not isinstance(task, Worded):
        raise ValueError(f"a model of pairs is made for pairs, not for a {type(task).__name__}")
    return len(task.source), len(task.target)


def _hidden(vocab: int, size: int, dropout: float) -> HiddenChoiceDecoder:
    return HiddenChoiceDecoder(
        vocab,
        size=size,
        memory_size=2 * size,
        score=additive(size, key_size=2 * size),
        dropout=dropout,
    )
