"""One sentence for an abstract, on SciTLDR: a pointer-generator with coverage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from recollect.recipes.copying import CopySeq2Seq
from recollect.recipes.seq2seq import training
from recollect.tasks.summaries import Summaries, scitldr
from recollect.train import Config, TaskConfig

__all__ = ["SciTLDRConfig", "scitldr_copy"]

_PUBLISHED: Mapping[str, Any] = MappingProxyType(
    {"rouge1": "43.8 (CATTS: BART, pretrained, and titles; another ROUGE program)"}
)


@dataclass(frozen=True, kw_only=True)
class SciTLDRConfig(TaskConfig):
    """Abstracts of papers and their summaries of one sentence."""

    batch: int = 16
    """Abstracts a step."""
    least: int = 3
    """How often a word must occur to be in a vocabulary."""
    longest: int = 160
    """Words of an abstract that are read."""
    titles: bool = True
    """Learn to say titles too."""
    beams: int = 4
    """Of the search with which it is measured."""

    def build(self) -> Summaries:
        """Make the task."""
        return Summaries(
            scitldr(),
            batch=self.batch,
            least=self.least,
            longest=self.longest,
            titles=self.titles,
            beams=self.beams,
            published=_PUBLISHED,
        )


def scitldr_copy() -> Config:
    """One sentence for an abstract: a pointer-generator, with coverage at the end."""
    model = CopySeq2Seq(size=96, hidden=48, coverage=1.0, dropout=0.3, coverage_from=2250)
    config = training(SciTLDRConfig(), model, 2500, 3e-3)
    return replace(config, loop=replace(config.loop, eval_every=1250, save_every=625))
