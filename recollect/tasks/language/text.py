"""Texts as numbers: Shakespeare's letters, seven novels in pieces of words, a file of one's own."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from recollect.data import find
from recollect.models import UNKNOWN
from recollect.tasks.pairs.subwords import learnt_pieces, needs_tokenizers
from recollect.tasks.reading import BOOKS

__all__ = ["Cutter", "Letters", "Pieces", "Text", "novels", "own", "shakespeare"]

_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")


@dataclass(frozen=True)
class Cutter(ABC):
    """How a text becomes numbers, and how numbers become a text again, in plain values."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many tokens there are."""

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Cut a text."""

    @abstractmethod
    def decode(self, numbers: Sequence[int]) -> str:
        """Join tokens."""

    @abstractmethod
    def shown(self, number: int) -> str:
        """Return one token as a label."""


@dataclass(frozen=True)
class Letters(Cutter):
    """A token a character.

    >>> letters = Letters.of("abba")
    >>> letters.encode("ba!"), letters.decode([5, 4])
    ([5, 4, 3], 'ba')
    """

    tokens: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Letters:
        """Take every character of a text."""
        return cls((*_SPECIAL, *sorted(set(text))))

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        own = enumerate(self.tokens[len(_SPECIAL) :], len(_SPECIAL))
        return {letter: i for i, letter in own}

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """Give a number a character; one that is not here is `UNKNOWN`."""
        return [self._numbers.get(letter, UNKNOWN) for letter in text]

    def decode(self, numbers: Sequence[int]) -> str:
        """Join characters; what is none is left out."""
        return "".join(self.tokens[n] for n in numbers if n >= len(_SPECIAL))

    def shown(self, number: int) -> str:
        """Return a character; a line's end can be seen."""
        return {"\n": "⏎", " ": "␣"}.get(self.tokens[number], self.tokens[number])


@dataclass(frozen=True)
class Pieces(Cutter):
    """Pieces of words, learnt from a text; any text can be cut into them, and joined again.

    Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units",
    over bytes.

    Attributes:
        pieces: all there are, in the order of their numbers.
        merges: which two pieces become one, the most frequent first.
    """

    pieces: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, text: str, *, size: int = 4000) -> Pieces:
        """Learn so many pieces from a text.

        Raises:
            ValueError: `size` is below 300, or `tokenizers` is not installed.
        """
        if size < 300:
            raise ValueError(f"size is {size}; the bytes alone are 256: give 300 or more pieces")
        parts = needs_tokenizers()
        cutter = cls((), ())._cutter
        trainer = parts.trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(_SPECIAL),
            initial_alphabet=parts.pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        cutter.train_from_iterator(text.splitlines(keepends=True), trainer)
        return cls(*learnt_pieces(cutter))

    @cached_property
    def _cutter(self) -> Any:
        parts = needs_tokenizers()
        numbers = {piece: i for i, piece in enumerate(self.pieces)}
        cutter = parts.Tokenizer(parts.models.BPE(numbers, list(self.merges)))
        cutter.pre_tokenizer = parts.pre_tokenizers.ByteLevel(add_prefix_space=False)
        cutter.decoder = parts.decoders.ByteLevel()
        if numbers:
            cutter.add_special_tokens(list(_SPECIAL))
        return cutter

    def __len__(self) -> int:
        return len(self.pieces)

    def encode(self, text: str) -> list[int]:
        """Cut a text."""
        return self._cutter.encode(text).ids

    def decode(self, numbers: Sequence[int]) -> str:
        """Join pieces."""
        return self._cutter.decode(list(numbers))

    def shown(self, number: int) -> str:
        """Return a piece; a space before it and a line's end can be seen."""
        text = self._cutter.decode([number])
        return text.replace(" ", "␣").replace("\n", "⏎") or self._cutter.id_to_token(number)


class Text(NamedTuple):
    """The texts of each split, and how they are cut."""

    splits: Mapping[str, tuple[str, ...]]
    cutter: Cutter
    published: Mapping[str, Any] = MappingProxyType({})


def shakespeare(*, path: str | None = None) -> Text:
    """Tiny Shakespeare in characters: the last tenth tests, the fiftieth before it validates.

    Raises:
        MissingData: the file is not there.
    """
    text = find("tinyshakespeare", path=path, file="input.txt").read_text(encoding="utf-8")
    published = {
        "bits": "2.120 (nanoGPT, 10.7 M parameters, GPU; 2.712 with its setting for a CPU)"
    }
    return Text(_cut(text), Letters.of(text), MappingProxyType(published))


def novels(*, pieces: int = 4000, path: str | None = None) -> Text:
    """Seven novels for children, in pieces of words; two are never trained on, one validates.

    Lines of a paragraph are joined; a paragraph ends with one line's end.

    Args:
        pieces: how many, learnt from the four novels of the training split.
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: a novel is not there.
        ValueError: too few pieces, or `tokenizers` is not installed.
    """
    splits = {
        split: tuple(
            _paragraphs(find("gutenberg_children", path=path, file=file).read_text("utf-8"))
            for file in files
        )
        for split, files in BOOKS.items()
    }
    return Text(splits, Pieces.of("".join(splits["train"]), size=pieces))


def own(file: str | Path, *, pieces: int | None = None) -> Text:
    """Cut a file of one's own: its last tenth tests, the fiftieth before it validates.

    Args:
        file: text in UTF-8.
        pieces: how many pieces of words; None takes characters.

    Raises:
        ValueError: the file is missing, no UTF-8, or has fewer than 1,000 characters.
    """
    path = Path(file)
    if not path.is_file():
        raise ValueError(f"there is no file {path}; give a text in UTF-8")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 ({error}); save it as UTF-8") from error
    if len(text) < 1000:
        raise ValueError(f"{path} has {len(text)} characters; a model of a text needs 1000 or more")
    splits = _cut(text)
    learnt = splits["train"][0]
    return Text(splits, Letters.of(learnt) if pieces is None else Pieces.of(learnt, size=pieces))


def _cut(text: str) -> dict[str, tuple[str, ...]]:
    tested = len(text) * 9 // 10
    looked = tested - len(text) // 50
    return {"train": (text[:looked],), "valid": (text[looked:tested],), "test": (text[tested:],)}


def _paragraphs(text: str) -> str:
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text.replace("\r", "")))
    return "".join(part + "\n" for part in parts if part)
