"""One sequence for another: a try of a minute, spelling to sound, inflection, commands to actions.

Small models of one layer on each side, Adam at 0.002 let down along half a cosine, gradients
clipped at a norm of 1. The recipes `g2p-...` differ in the decoder's attention alone and have the
same number of parameters, except for the one without attention.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from recollect.mechanisms import ContentAttention
from recollect.models import (
    HiddenChoiceDecoder,
    RecurrentDecoder,
    RecurrentEncoder,
    SampledChoiceDecoder,
    Seq2Seq,
    TransformerDecoder,
    TransformerEncoder,
)
from recollect.score import additive
from recollect.tasks.base import Task
from recollect.tasks.pairs import (
    Corpus,
    Pairs,
    cmudict,
    dates,
    inflection,
    multi30k,
    scan,
    subwords,
    table,
)
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
    "CMUDictConfig",
    "DatesConfig",
    "InflectionConfig",
    "MarginalSeq2Seq",
    "Multi30kConfig",
    "PlainSeq2Seq",
    "SampledSeq2Seq",
    "ScanConfig",
    "TableConfig",
    "TransformerSeq2Seq",
    "g2p_marginal",
    "g2p_monotone",
    "g2p_none",
    "g2p_sampled",
    "g2p_soft",
    "multi30k_de_en",
    "multi30k_de_en_none",
    "multi30k_de_en_transformer",
    "pairs_cmudict",
    "pairs_dates",
    "pairs_inflection",
    "pairs_scan",
    "pairs_table",
]

_G2P: Mapping[str, Any] = MappingProxyType(
    {"word_error": "20.6 (all words, a larger Transformer)", "token_error": "4.7 (five models)"}
)

_DE_EN: Mapping[str, Any] = MappingProxyType(
    {"bleu": "28.1 GRU and attention, 36.5 Transformer (other tokens, greedy)"}
)


@dataclass(frozen=True, kw_only=True)
class DatesConfig(TaskConfig):
    """Dates as people write them, to be said as 2026-11-21."""

    count: int = 10_000
    """Pairs to train on."""
    batch: int = 64
    """Pairs a step."""

    def build(self) -> Pairs:
        """Make the task."""
        return Pairs(dates(count=self.count), batch=self.batch)


@dataclass(frozen=True, kw_only=True)
class CMUDictConfig(TaskConfig):
    """Spelling to sound on CMUdict."""

    words: int | None = None
    """Training words; None takes all."""
    batch: int = 128
    """Pairs a step."""
    beams: int = 1
    """Of the search with which it is measured."""

    def build(self) -> Pairs:
        """Make the task."""
        return Pairs(cmudict(words=self.words), batch=self.batch, beams=self.beams, published=_G2P)


@dataclass(frozen=True, kw_only=True)
class InflectionConfig(TaskConfig):
    """Stem and features to a form, in one of 52 languages."""

    language: str = "german"
    """Of the data."""
    size: str = "medium"
    """low, medium or high: 100, 1,000 or 10,000 pairs."""
    batch: int = 32
    """Pairs a step."""

    def build(self) -> Pairs:
        """Make the task."""
        return Pairs(inflection(self.language, size=self.size), batch=self.batch)


@dataclass(frozen=True, kw_only=True)
class ScanConfig(TaskConfig):
    """Commands to actions."""

    split: str = "simple"
    """simple, length, addprim_jump, addprim_turn_left or template_around_right."""
    batch: int = 64
    """Pairs a step."""

    def build(self) -> Pairs:
        """Make the task."""
        return Pairs(scan(self.split), batch=self.batch)


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


@dataclass(frozen=True, kw_only=True)
class TableConfig(TaskConfig):
    """A person's own pairs."""

    data: str = "pairs.tsv"
    """A source, a tab, a target; a line each."""
    letters: bool = False
    """Split both sides into letters; otherwise at spaces."""
    least: int = 1
    """How often a token must occur to be known."""
    batch: int = 64
    """Pairs a step."""

    def build(self) -> Pairs:
        """Make the task; rows that are left out are told."""
        corpus: Corpus = table(self.data, letters=self.letters)
        return Pairs(corpus, batch=self.batch, least=self.least)


def _sizes(task: Task) -> tuple[int, int]:
    assert isinstance(task, Pairs)
    return len(task.source), len(task.target)


@dataclass(frozen=True, kw_only=True)
class PlainSeq2Seq(ModelConfig):
    """GRUs on both sides, and the source's summary at every step: no attention."""

    size: int = 128
    """Width of embeddings and states."""
    dropout: float = 0.2
    """On embeddings and before the readout."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = _sizes(task)
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
    """On embeddings and before the readout."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = _sizes(task)
        wide = 2 * self.size
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, dropout=self.dropout),
            decoder=RecurrentDecoder(
                target,
                size=self.size,
                memory_size=wide,
                mechanism=ContentAttention(additive(self.size, key_size=wide)),
                before=self.before,
                dropout=self.dropout,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class MarginalSeq2Seq(ModelConfig):
    """One slot is read a step, and all choices are summed over."""

    size: int = 128
    """Width of embeddings, states and scores."""
    monotone: bool = False
    """Read from left to right."""
    dropout: float = 0.2
    """On embeddings and before the readout."""

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = _sizes(task)
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, dropout=self.dropout),
            decoder=_hidden(target, self.size, self.monotone, self.dropout),
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
        source, target = _sizes(task)
        return Seq2Seq(
            RecurrentEncoder(source, size=self.size, dropout=self.dropout),
            decoder=SampledChoiceDecoder(
                _hidden(target, self.size, False, self.dropout), samples=self.samples
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

    def build(self, task: Task) -> Seq2Seq:
        """Make the model."""
        source, target = _sizes(task)
        kind = {"layers": self.layers, "heads": self.heads, "dropout": self.dropout}
        return Seq2Seq(
            TransformerEncoder(source, size=self.size, **kind),
            decoder=TransformerDecoder(target, size=self.size, memory_size=self.size, **kind),
        )


def _hidden(vocab: int, size: int, monotone: bool, dropout: float) -> HiddenChoiceDecoder:
    return HiddenChoiceDecoder(
        vocab,
        size=size,
        memory_size=2 * size,
        score=additive(size, key_size=2 * size),
        monotone=monotone,
        dropout=dropout,
    )


def _config(task: TaskConfig, model: ModelConfig, steps: int, lr: float = 2e-3) -> Config:
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


def pairs_dates() -> Config:
    """Dates as people write them, said as 2026-11-21: the smoke test, a minute on one core."""
    return _config(DatesConfig(), AttentionSeq2Seq(size=64, dropout=0.0), 800, 4e-3)


def pairs_cmudict() -> Config:
    """Spelling to sound on all of CMUdict: additive attention, ten epochs."""
    return _config(CMUDictConfig(beams=5), AttentionSeq2Seq(size=256, before=False), 8500)


def pairs_inflection() -> Config:
    """Stem and features to a German form, 1,000 pairs: exact monotone hard attention."""
    return _config(InflectionConfig(), MarginalSeq2Seq(monotone=True, dropout=0.3), 2000)


def pairs_scan() -> Config:
    """Commands to actions on SCAN's simple split: additive attention before the step."""
    return _config(ScanConfig(), AttentionSeq2Seq(before=True), 2500)


def pairs_table() -> Config:
    """A person's own table of pairs: additive attention, split at spaces."""
    return _config(TableConfig(), AttentionSeq2Seq(), 2000)


def multi30k_de_en() -> Config:
    """German captions into English: GRUs with additive attention, eight epochs."""
    return _config(Multi30kConfig(), AttentionSeq2Seq(size=256, dropout=0.3), 3600)


def multi30k_de_en_none() -> Config:
    """German captions into English without attention, eight epochs."""
    return _config(Multi30kConfig(), PlainSeq2Seq(size=256, dropout=0.3), 3600)


def multi30k_de_en_transformer() -> Config:
    """German captions into English: a Transformer of three and three blocks, twelve epochs."""
    return _config(Multi30kConfig(batch=128), TransformerSeq2Seq(size=192, dropout=0.3), 2700)


def _g2p(model: ModelConfig) -> Config:
    return _config(CMUDictConfig(words=20_000), model, 1500)


def g2p_none() -> Config:
    """Spelling to sound on 20,000 words, without attention."""
    return _g2p(PlainSeq2Seq())


def g2p_soft() -> Config:
    """Spelling to sound on 20,000 words, soft additive attention."""
    return _g2p(AttentionSeq2Seq())


def g2p_sampled() -> Config:
    """Spelling to sound on 20,000 words, hard attention by REINFORCE."""
    return _g2p(SampledSeq2Seq())


def g2p_marginal() -> Config:
    """Spelling to sound on 20,000 words, hard attention by the exact sum."""
    return _g2p(MarginalSeq2Seq())


def g2p_monotone() -> Config:
    """Spelling to sound on 20,000 words, exact hard attention from left to right."""
    return _g2p(MarginalSeq2Seq(monotone=True))
