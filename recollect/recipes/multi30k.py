"""Captions from German into English on Multi30k: with attention, without, and by a Transformer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from recollect.recipes.seq2seq import AttentionSeq2Seq, PlainSeq2Seq, TransformerSeq2Seq, training
from recollect.tasks.pairs import Pairs, multi30k, subwords
from recollect.train import Config, TaskConfig

__all__ = ["Multi30kConfig", "multi30k_de_en", "multi30k_de_en_none", "multi30k_de_en_transformer"]

_DE_EN: Mapping[str, Any] = MappingProxyType(
    {"bleu": "28.1 GRU and attention, 36.5 Transformer (other tokens, greedy)"}
)


@dataclass(frozen=True, kw_only=True)
class Multi30kConfig(TaskConfig):
    """Captions in two languages, lower-cased and tokenized, cut into subwords."""

    source: str = "de"
    """de, en or fr."""
    target: str = "en"
    """Another of these."""
    pieces: int = 4000
    """Subwords of the joint vocabulary."""
    batch: int = 64
    """Pairs a step."""
    beams: int = 5
    """Of the search with which it is measured."""

    def build(self) -> Pairs:
        """Make the task."""
        corpus = subwords(multi30k(self.source, self.target), size=self.pieces)
        return Pairs(
            corpus,
            batch=self.batch,
            least=2,
            longest=60,
            beams=self.beams,
            translation=True,
            published=_DE_EN if (self.source, self.target) == ("de", "en") else {},
        )


def multi30k_de_en() -> Config:
    """German captions into English: GRUs with additive attention, eight epochs."""
    return training(Multi30kConfig(), AttentionSeq2Seq(size=256, dropout=0.3), 3600)


def multi30k_de_en_none() -> Config:
    """German captions into English without attention, eight epochs."""
    return training(Multi30kConfig(), PlainSeq2Seq(size=256, dropout=0.3), 3600)


def multi30k_de_en_transformer() -> Config:
    """German captions into English: a Transformer of three and three blocks, twelve epochs."""
    return training(Multi30kConfig(batch=128), TransformerSeq2Seq(size=192, dropout=0.3), 2700)
