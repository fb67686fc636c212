"""A person's own pairs, for any recipe of pairs: `recollect train RECIPE --data pairs.tsv`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recollect.tasks.pairs import CopyPairs, Pairs, subwords, table
from recollect.train import TaskConfig

__all__ = ["TableConfig"]


@dataclass(frozen=True, kw_only=True)
class TableConfig(TaskConfig):
    """A person's own pairs."""

    data: str = "pairs.tsv"
    """A source, a tab, a target; a line each."""
    target: str | None = None
    """A file of targets, a line for each line of `data`, which then has the sources alone."""
    letters: bool = False
    """Split both sides into letters; otherwise at spaces."""
    source_letters: bool = False
    """Split the sources alone into letters, such as spelling to be said in sounds."""
    pieces: int | None = None
    """Cut words into so many subwords, learnt from both sides; None leaves them whole."""
    copies: bool = False
    """Tell the model which tokens of the source are words of the target."""
    translation: bool = False
    """Measure by BLEU and chrF, not by errors."""
    least: int = 1
    """How often a token must occur to be known."""
    longest: int = 100
    """Pairs with more tokens on a side are not trained on."""
    batch: int = 64
    """Pairs a step."""
    beams: int = 1
    """Of the search with which it is measured."""

    def __post_init__(self) -> None:
        """Refuse letters in pieces."""
        if self.pieces is not None and (self.letters or self.source_letters):
            raise ValueError("letters are not cut into pieces; give one of both")

    def build(self) -> Pairs | CopyPairs:
        """Make the task; training tells which rows are left out."""
        corpus = table(
            self.data,
            target=self.target,
            letters=self.letters,
            source_letters=self.source_letters,
        )
        if self.pieces is not None:
            corpus = subwords(corpus, size=self.pieces)
        pairs = Pairs(
            corpus,
            batch=self.batch,
            least=self.least,
            longest=self.longest,
            beams=self.beams,
            translation=self.translation,
        )
        return CopyPairs(pairs) if self.copies else pairs

    def own(self, data: str) -> TableConfig:
        """Read another file."""
        return replace(self, data=data)
