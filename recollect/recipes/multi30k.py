"""Captions from German into English on Multi30k: with attention, without, and by a Transformer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from recollect.recipes.seq2seq import AttentionSeq2Seq, PlainSeq2Seq, TransformerSeq2Seq, training
from recollect.recipes.table import TableConfig
from recollect.tasks.pairs import Pairs, concatenated, multi30k, subwords
from recollect.train import Config, TaskConfig, TorchConfig

__all__ = [
    "Multi30kConfig",
    "multi30k_de_en",
    "multi30k_de_en_none",
    "multi30k_de_en_transformer",
    "multi30k_joined",
    "multi30k_joined_none",
]

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
    joined: int = 1
    """Captions that stand one after the other in a pair, from one to so many."""

    def build(self) -> Pairs:
        """Make the task; with `joined` there are test splits of longer rows, see `concatenated`."""
        corpus = subwords(multi30k(self.source, self.target), size=self.pieces)
        if self.joined > 1:
            corpus = concatenated(corpus, most=self.joined, test=self.joined + 1)
        return Pairs(
            corpus,
            batch=self.batch,
            least=2,
            longest=60 * self.joined,
            beams=self.beams,
            translation=True,
            published=_DE_EN if (self.source, self.target) == ("de", "en") else {},
        )

    def own(self, data: str) -> TableConfig:
        """Read words of a table in pieces, and measure as translations are measured."""
        return TableConfig(
            data=data,
            pieces=self.pieces,
            translation=True,
            least=2,
            longest=60,
            batch=self.batch,
            beams=self.beams,
        )


def _narrow(config: Config) -> Config:
    """Make the products in bfloat16: twice as fast where the processor has it."""
    assert isinstance(config.engine, TorchConfig)
    return replace(config, engine=replace(config.engine, bf16=True))


def multi30k_de_en() -> Config:
    """German captions into English: GRUs with additive attention, eight epochs."""
    return _narrow(training(Multi30kConfig(), AttentionSeq2Seq(size=256, dropout=0.3), 3600))


def multi30k_de_en_none() -> Config:
    """German captions into English without attention, eight epochs."""
    return _narrow(training(Multi30kConfig(), PlainSeq2Seq(size=256, dropout=0.3), 3600))


def multi30k_joined() -> Config:
    """One to three German captions in a row into English: GRUs with additive attention."""
    task = Multi30kConfig(joined=3, batch=32)
    return _narrow(training(task, AttentionSeq2Seq(size=256, dropout=0.2), 2400))


def multi30k_joined_none() -> Config:
    """One to three German captions in a row into English, without attention."""
    task = Multi30kConfig(joined=3, batch=32)
    return _narrow(training(task, PlainSeq2Seq(size=256, dropout=0.2), 2400))


def multi30k_de_en_transformer() -> Config:
    """German captions into English: a Transformer of three and three blocks, twelve epochs."""
    return training(Multi30kConfig(batch=128), TransformerSeq2Seq(size=192, dropout=0.3), 2700)
