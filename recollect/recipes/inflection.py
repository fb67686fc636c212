"""Inflection on SIGMORPHON 2017: no attention, soft attention, copying, and from left to right.

The recipes differ in the decoder alone, and all but the one without attention have nearly the same
number of parameters. Five languages of different kinds are measured: German (fusional, with changes
inside the stem), Spanish (suffixes of verbs), Turkish (agglutinating, with vowel harmony), Arabic
(patterns of vowels over a root) and Navajo (prefixes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from recollect.recipes.copying import CopySeq2Seq
from recollect.recipes.seq2seq import AttentionSeq2Seq, MarginalSeq2Seq, PlainSeq2Seq, training
from recollect.recipes.table import TableConfig
from recollect.tasks.pairs import CopyPairs, Pairs, affix_rules, inflection
from recollect.train import Config, ModelConfig, TaskConfig

__all__ = [
    "InflectedConfig",
    "inflection_copy",
    "inflection_monotone",
    "inflection_none",
    "inflection_soft",
]


_PUBLISHED: Mapping[tuple[str, str], Mapping[str, Any]] = MappingProxyType(
    {
        ("spanish", "medium"): {
            "accuracy": "69.4 (on valid: LSTMs and attention, krieya/Deep-Learning-Models)"
        }
    }
)


@dataclass(frozen=True, kw_only=True)
class InflectedConfig(TaskConfig):
    """Stem and features to a form, in one of 52 languages."""

    language: str = "german"
    """Of the data."""
    size: str = "medium"
    """low, medium or high: 100, 1,000 or 10,000 pairs."""
    batch: int = 16
    """Pairs a step."""
    beams: int = 1
    """Of the search with which it is measured."""
    copies: bool = False
    """Tell the model which tokens of the source are words of the target."""

    def build(self) -> CopyPairs:
        """Make the task."""
        corpus = inflection(self.language, size=self.size)
        published = _PUBLISHED.get((self.language, self.size), {})
        pairs = Pairs(corpus, batch=self.batch, beams=self.beams, published=published)
        rules = affix_rules(corpus.splits["train"])
        return CopyPairs(pairs, copies=self.copies, beside={"rules": rules})

    def own(self, data: str) -> TableConfig:
        """Read letters of a table, and say letters."""
        return TableConfig(
            data=data, letters=True, copies=self.copies, batch=self.batch, beams=self.beams
        )


def _inflection(model: ModelConfig, *, copies: bool = False) -> Config:
    config = training(InflectedConfig(copies=copies), model, 1000, 4e-3)
    # a look costs as much as a hundred steps
    return replace(config, loop=replace(config.loop, eval_every=500, save_every=500))


def inflection_none() -> Config:
    """Inflection from 1,000 forms of a language, without attention."""
    return _inflection(PlainSeq2Seq(size=64, dropout=0.1))


def inflection_soft() -> Config:
    """Inflection from 1,000 forms of a language, soft additive attention."""
    return _inflection(AttentionSeq2Seq(size=64, dropout=0.1))


def inflection_copy() -> Config:
    """Inflection from 1,000 forms of a language, a pointer-generator."""
    return _inflection(CopySeq2Seq(size=64, dropout=0.1), copies=True)


def inflection_monotone() -> Config:
    """Inflection from 1,000 forms of a language, exact hard attention from left to right."""
    return _inflection(MarginalSeq2Seq(size=64, monotone=True, dropout=0.1))
