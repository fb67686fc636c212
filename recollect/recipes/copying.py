"""A pointer-generator and how it is trained."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from recollect.mechanisms import ContentAttention, CoverageAttention
from recollect.models import (
    CopyEncoder,
    PointerGenerator,
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
)
from recollect.recipes.seq2seq import sizes
from recollect.score import additive
from recollect.tasks.base import Task
from recollect.train import ModelConfig

__all__ = ["CopySeq2Seq"]


@dataclass(frozen=True, kw_only=True)
class CopySeq2Seq(ModelConfig):
    """GRUs on both sides with additive attention, which may also copy what it attends to."""

    size: int = 128
    """Width of embeddings and states."""
    hidden: int | None = None
    """Width of the scores' hidden layer; None is that of the states."""
    dropout: float = 0.2
    """On embeddings and before the readout."""
    coverage: float = 0.0
    """Weight of the coverage loss; above 0 the attention also sees what it read in all."""
    coverage_from: int = 0
    """The step from which that loss counts."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = sizes(task)
        wide = 2 * self.size
        kind = CoverageAttention if self.coverage else ContentAttention
        inner = RecurrentDecoder(
            target,
            size=self.size,
            memory_size=wide,
            mechanism=kind(additive(self.size, key_size=wide, hidden=self.hidden)),
            dropout=self.dropout,
        )
        return Seq2Seq(
            CopyEncoder(RecurrentEncoder(source, size=self.size, dropout=self.dropout)),
            decoder=PointerGenerator(inner, coverage=self.coverage),
        )

    def at_step(self, model: nn.Module, step: int) -> None:
        """Switch the coverage loss on at its step."""
        assert isinstance(model, Seq2Seq) and isinstance(model.decoder, PointerGenerator)
        model.decoder.coverage = self.coverage if step >= self.coverage_from else 0.0
