"""One sequence for another: dates, CMUdict, inflection, commands, and a table of one's own."""

from __future__ import annotations

from dataclasses import dataclass

from recollect.recipes.g2p import CMUDictConfig
from recollect.recipes.seq2seq import (
    AttentionSeq2Seq,
    MarginalSeq2Seq,
    training,
)
from recollect.recipes.table import TableConfig
from recollect.tasks.pairs import Pairs, dates, inflection, scan
from recollect.train import Config, TaskConfig

__all__ = [
    "DatesConfig",
    "InflectionConfig",
    "ScanConfig",
    "TableConfig",
    "pairs_cmudict",
    "pairs_dates",
    "pairs_inflection",
    "pairs_scan",
    "pairs_table",
]


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

    def own(self, data: str) -> TableConfig:
        """Read letters of a table, and say letters."""
        return TableConfig(data=data, letters=True, batch=self.batch)


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

    def own(self, data: str) -> TableConfig:
        """Read letters of a table, and say letters."""
        return TableConfig(data=data, letters=True, batch=self.batch)


@dataclass(frozen=True, kw_only=True)
class ScanConfig(TaskConfig):
    """Commands to actions."""

    split: str = "simple"
    """simple, length, addprim_jump, addprim_turn_left or template_around_right."""
    batch: int = 64
    """Pairs a step."""

    def build(self) -> Pairs:
        """Make the task."""
        # the split by length is tested on 48 actions for nine words, and trained on 22 at most
        return Pairs(scan(self.split), batch=self.batch, room=3.0)

    def own(self, data: str) -> TableConfig:
        """Read words of a table, and say words."""
        return TableConfig(data=data, batch=self.batch)


def pairs_dates() -> Config:
    """Dates as people write them, said as 2026-11-21: the smoke test, a minute on one core."""
    return training(DatesConfig(), AttentionSeq2Seq(size=64, dropout=0.0), 800, 4e-3)


def pairs_cmudict() -> Config:
    """Spelling to sound on all of CMUdict: additive attention, ten epochs."""
    return training(CMUDictConfig(beams=5), AttentionSeq2Seq(size=256, before=False), 8500)


def pairs_inflection() -> Config:
    """Stem and features to a German form, 1,000 pairs: exact monotone hard attention."""
    return training(InflectionConfig(), MarginalSeq2Seq(monotone=True, dropout=0.3), 2000)


def pairs_scan() -> Config:
    """Commands to actions on SCAN's simple split: additive attention before the step."""
    return training(ScanConfig(), AttentionSeq2Seq(before=True), 2500)


def pairs_table() -> Config:
    """A person's own table of pairs: additive attention, split at spaces."""
    return training(TableConfig(), AttentionSeq2Seq(), 2000)
