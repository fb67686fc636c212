"""What is learnt from pairs before any training: the words of both sides, and how lines are cut.

Shape letters: ``N`` source positions.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from recollect.models import BOS, EOS, PAD, UNKNOWN
from recollect.tasks.pairs.corpus import SPECIAL, Cut, Line, Vocabulary
from recollect.tasks.pairs.ordinary import escaped, stops, tokenized
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
        the data knows, it is what is read. Where words are cut into pieces, a line is tokenized as
        the data are, and ends as nearly all of theirs do, in a full stop; the note says so.

        Raises:
            ValueError: it is empty, longer than anything in training, or no UTF-8.
        """
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"the text {text!r} is not UTF-8; save or type it as UTF-8")
        if not text.strip():
            raise ValueError("the text is empty; give a line as it stands in the data")
        ways = []
        for form in (text.strip(), text.strip().lower(), text.strip().upper()):
            for spelling in tokenized(form) if self._escaped else [form]:
                tokens = self._cut(spelling)
                strange = self._strange(spelling, tokens)
                # of ways that know all words, the one with the longest pieces of them
                ways.append(((len(strange), len(tokens) * self._escaped), tokens, strange))
        _, tokens, strange = min(ways, key=lambda way: way[0])
        note = ""
        if self._unstopped(tokens):
            tokens = [*tokens, f".{self.end}"]
            note = "a full stop was added, in which the lines of training end"
        if len(tokens) > self.longest:
            raise ValueError(
                f"the text has {len(tokens)} tokens; training had at most {self.longest}"
            )
        source = torch.tensor([self.source.encode(tokens)])
        return Line(source, tokens, list(dict.fromkeys(strange)), note)

    def _unstopped(self, tokens: Sequence[str]) -> bool:
        """Say whether a line ends in a word, where those of the data end in a full stop."""
        if not self.end or not stops(self.source.numbers, self.end):
            return False
        last = html.unescape("".join(tokens).removesuffix(self.end).split(self.end)[-1])
        return any(map(str.isalnum, last)) and not last.endswith(".")

    @property
    def _escaped(self) -> bool:
        return bool(self.end) and escaped(self.source.numbers)

    def _strange(self, text: str, tokens: Sequence[str]) -> list[str]:
        """What training never had: tokens, or where these are pieces of words, the words."""
        known = self.source.numbers
        strange = [token for token in tokens if token not in known]
        if strange and self.end:  # a piece of a word says little by itself
            return [w for w in text.split() if not all(t in known for t in self._cut(w))] or strange
        return strange

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

    def plain(self, text: str) -> str:
        """Write a text of the data as people do: quotes that were escaped are quotes again."""
        return html.unescape(text) if self.end and escaped(self.target.numbers) else text

    def shown(self, tokens: Sequence[str]) -> list[str]:
        """Give the tokens as a picture shows them: a piece that does not end its word has a dash.

        >>> words = Vocabulary.of([("ha", "us</w>")])
        >>> PairWords(source=words, target=words, longest=9, end="</w>").shown(["ha", "us</w>"])
        ['ha-', 'us']
        """
        if not self.end:
            return list(tokens)
        ended = [token.removesuffix(self.end) for token in tokens]
        return [
            e if e != t or t in SPECIAL else f"{t}-" for e, t in zip(ended, tokens, strict=True)
        ]


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

    def plain(self, text: str) -> str:
        """Write a text of the data as people do."""
        return self.words.plain(text)

    def shown(self, tokens: Sequence[str]) -> list[str]:
        """Give the tokens as a picture shows them."""
        return self.words.shown(tokens)


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
