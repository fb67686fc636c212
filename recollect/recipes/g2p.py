"""Spelling to sound on CMUdict: no attention, soft, sampled, summed, and from left to right.

The recipes differ in the decoder's attention alone and have the same number of parameters, except
for the one without attention and the posterior of `g2p_variational`, which only trains.
`g2p_language` is for the fifteen languages of SIGMORPHON 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from recollect.recipes.seq2seq import (
    AttentionSeq2Seq,
    MarginalSeq2Seq,
    PlainSeq2Seq,
    SampledSeq2Seq,
    VariationalSeq2Seq,
    training,
)
from recollect.recipes.table import TableConfig
from recollect.tasks.pairs import Pairs, cmudict, pronunciation
from recollect.train import Config, ModelConfig, TaskConfig

__all__ = [
    "CMUDictConfig",
    "PronunciationConfig",
    "g2p_language",
    "g2p_marginal",
    "g2p_monotone",
    "g2p_none",
    "g2p_sampled",
    "g2p_soft",
    "g2p_variational",
]

_G2P: Mapping[str, Any] = MappingProxyType(
    {"word_error": "20.6 (all words, a larger Transformer)", "token_error": "4.7 (five models)"}
)


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

    def own(self, data: str) -> TableConfig:
        """Read letters of a table, and say what stands between spaces."""
        return TableConfig(data=data, source_letters=True, batch=self.batch, beams=self.beams)


_FIFTEEN: Mapping[str, Any] = MappingProxyType(
    {
        "word_error": "15.0 best, 16.8 LSTM (means over 15 languages)",
        "token_error": "3.3 best (mean over 15 languages)",
    }
)


@dataclass(frozen=True, kw_only=True)
class PronunciationConfig(TaskConfig):
    """Spelling to sound in one of the 15 languages of SIGMORPHON 2020."""

    language: str = "fre"
    """ady, arm, bul, dut, fre, geo, gre, hin, hun, ice, jpn, kor, lit, rum or vie."""
    batch: int = 32
    """Pairs a step."""
    beams: int = 5
    """Of the search with which it is measured."""

    def build(self) -> Pairs:
        """Make the task."""
        corpus = pronunciation(self.language)
        return Pairs(corpus, batch=self.batch, beams=self.beams, published=_FIFTEEN)

    def own(self, data: str) -> TableConfig:
        """Read letters of a table, and say what stands between spaces."""
        return TableConfig(data=data, source_letters=True, batch=self.batch, beams=self.beams)


def _g2p(model: ModelConfig) -> Config:
    return training(CMUDictConfig(words=20_000), model, 1000)


def g2p_none() -> Config:
    """Spelling to sound on 20,000 words, without attention."""
    return _g2p(PlainSeq2Seq())


def g2p_soft() -> Config:
    """Spelling to sound on 20,000 words, soft additive attention."""
    return _g2p(AttentionSeq2Seq())


def g2p_sampled() -> Config:
    """Spelling to sound on 20,000 words, hard attention by REINFORCE."""
    return _g2p(SampledSeq2Seq())


def g2p_variational() -> Config:
    """Spelling to sound on 20,000 words, hard attention by a posterior that sees the sounds."""
    return _g2p(VariationalSeq2Seq())


def g2p_marginal() -> Config:
    """Spelling to sound on 20,000 words, hard attention by the exact sum."""
    return _g2p(MarginalSeq2Seq())


def g2p_monotone() -> Config:
    """Spelling to sound on 20,000 words, exact hard attention from left to right."""
    return _g2p(MarginalSeq2Seq(monotone=True))


def g2p_language() -> Config:
    """Spelling to sound in one of 15 languages, French first: exact monotone hard attention."""
    return training(PronunciationConfig(), MarginalSeq2Seq(monotone=True, dropout=0.3), 2000)
