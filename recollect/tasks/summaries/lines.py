"""What is learnt from papers before any training: the words, and how one's own text is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recollect.tasks.pairs import CopyWords, Line, Vocabulary
from recollect.tasks.summaries.papers import words

__all__ = ["SUMMARY", "SummaryWords"]

SUMMARY = "<summary>"
"""What stands before a source of which a summary is asked."""


@dataclass(frozen=True, kw_only=True)
class SummaryWords:
    """`CopyWords` of papers: a text of any length is read up to its longest.

    Attributes:
        words: of both sides.
        longest: words of a source that are read.
    """

    words: CopyWords
    longest: int

    @property
    def source(self) -> Vocabulary:
        """The tokens of sources."""
        return self.words.source

    @property
    def target(self) -> Vocabulary:
        """The tokens of targets."""
        return self.words.target

    def read_line(self, text: str) -> Line:
        """Read a text of a person's own; of a long one the first words, and it is said.

        Raises:
            ValueError: there is no word in it, or it is no UTF-8.
        """
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError("the text is not UTF-8; save or type it as UTF-8")
        found = words(text)
        if not found:
            raise ValueError("the text is empty; give an abstract")
        line = self.words.read_line(" ".join((SUMMARY, *found[: self.longest])))
        left = len(found) - self.longest
        note = f"the first {self.longest} words are read, {left} are not" if left > 0 else ""
        return line._replace(note=note)

    def spelt(self, numbers: Sequence[int], labels: Sequence[str] = ()) -> list[str]:
        """Return the tokens of a summary, some of them those of its source."""
        return self.words.spelt(numbers, labels)

    def written(self, tokens: Sequence[str]) -> str:
        """Write tokens as text, punctuation at the word before it."""
        text = " ".join(tokens)
        for mark in ".,;:!?)]%":
            text = text.replace(f" {mark}", mark)
        return text.replace("( ", "(").replace("[ ", "[")

    def plain(self, text: str) -> str:
        """Write a text of the data as people do: it is so already."""
        return text

    def shown(self, tokens: Sequence[str]) -> list[str]:
        """Give the tokens as a picture shows them."""
        return self.words.shown(tokens)
