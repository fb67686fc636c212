"""What is learnt from pairs before any training: the words of both sides, and how lines are cut.

Shape letters: ``N`` source positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from recollect.models import BOS, EOS, PAD, UNKNOWN
from recollect.tasks.pairs.corpus import Cut, Line, Vocabulary
from recollect.tasks.pairs.subwords import joined

__all__ = ["CopyWords", "PairWords", "own_numbers", "own_words"]


@dataclass(frozen=True, kw_only=True)
class PairWords:
    """How a line of a person's own is read, and how what a model says for it is written.

    Attributes:
        source: the tokens of sources.
        target: those of targets.
        longest: the most tokens of a source in training.
        source_joint: what stands between the tokens of a source.
        target_joint: the same for a target.
        end: what marks the last piece of a word, where tokens are pieces of words.
        cut: how a text is cut into the tokens of a source; None cuts at the joint.
    """

    source: Vocabulary
    target: Vocabulary
    longest: int
    source_joint: str = " "
    target_joint: str = " "
    end: str = ""
    cut: Cut | None = None

    def read_line(self, text: str) -> Line:
        """Read a line of a person's own.

        Letters are cut where the data's sources are letters. Where upper or lower case is all that
        the data knows, it is what is read.

        Raises:
            ValueError: it is empty, longer than anything in training, or no UTF-8.
        """
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"the text {text!r} is not UTF-8; save or type it as UTF-8")
        if not text.strip():
            raise ValueError("the text is empty; give a line as it stands in the data")
        known = self.source.numbers
        ways = []
        for form in (text.strip(), text.strip().lower(), text.strip().upper()):
            tokens = self._cut(form)
            strange = [token for token in tokens if token not in known]
            if strange and self.cut is not None:  # a piece of a word says little by itself
                words = form.split()
                strange = [w for w in words if not all(t in known for t in self._cut(w))] or strange
            ways.append((len(strange), tokens, strange))
        _, tokens, strange = min(ways, key=lambda way: way[0])
        if len(tokens) > self.longest:
            raise ValueError(
                f"the text has {len(tokens)} tokens; training had at most {self.longest}"
            )
        source = torch.tensor([self.source.encode(tokens)])
        return Line(source, tokens, list(dict.fromkeys(strange)))

    def _cut(self, text: str) -> list[str]:
        if self.cut is not None:
            return list(self.cut(text))
        return list(text) if self.source_joint == "" else text.split()

    def spelt(self, numbers: Sequence[int], labels: Sequence[str] = ()) -> list[str]:
        """Return the tokens of a target up to its end; its source's labels do not matter."""
        return self.target.decode(numbers)

    def written(self, tokens: Sequence[str]) -> str:
        """Write the tokens of a target as text."""
        return joined(tokens, self.end, self.target_joint)


@dataclass(frozen=True, kw_only=True)
class CopyWords:
    """`PairWords` for a model that may also say the source's own tokens.

    Attributes:
        words: of both sides.
        copies: let the source have words to copy (`recollect.models.CopyEncoder`).
    """

    words: PairWords
    copies: bool = True

    @property
    def source(self) -> Vocabulary:
        """The tokens of sources."""
        return self.words.source

    @property
    def target(self) -> Vocabulary:
        """The tokens of targets."""
        return self.words.target

    def read_line(self, text: str) -> Line:
        """Read a line of a person's own; see `PairWords.read_line`.

        Shapes:
            source of the line ``(1, N, 2)`` with copies, ``(1, N)`` without.
        """
        line = self.words.read_line(text)
        if not self.copies:
            return line
        own, known = own_numbers(line.labels, self.target), self.target.numbers
        numbers = torch.tensor([[own.get(w, known.get(w, UNKNOWN)) for w in line.labels]])
        return line._replace(source=torch.stack([line.source, numbers], -1))

    def spelt(self, numbers: Sequence[int], labels: Sequence[str] = ()) -> list[str]:
        """Return the tokens of a target up to its end, some of them those of its source."""
        return own_words(numbers, labels, self.target)

    def written(self, tokens: Sequence[str]) -> str:
        """Write the tokens of a target as text."""
        return self.words.written(tokens)


def own_numbers(source: Sequence[str], vocabulary: Vocabulary) -> dict[str, int]:
    """Number the words that a source has and a vocabulary has not: V + where each first stands.

    Shapes:
        tokens of one source -> a number for each of its own words.

    >>> own_numbers(["b", "zoo", "ox", "zoo"], Vocabulary.of([("b",)]))
    {'zoo': 6, 'ox': 7}
    """
    known, found = vocabulary.numbers, {}
    for place, word in enumerate(source):
        if word not in known:
            found.setdefault(word, len(vocabulary) + place)
    return found


def own_words(numbers: Sequence[int], source: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Give the tokens up to the end; what the vocabulary has not is looked up in the source.

    >>> own_words([4, 7, 2, 0], ["b", "zoo", "ox"], Vocabulary.of([("b",)]))
    ['b', 'ox']
    """
    size, out = len(vocabulary), []
    for number in numbers:
        if number == EOS:
            break
        if number not in (PAD, BOS):
            out.append(vocabulary.tokens[number] if number < size else source[number - size])
    return out
