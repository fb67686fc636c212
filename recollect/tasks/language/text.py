"""Texts as numbers: Shakespeare's letters, seven novels in pieces of words, a file of one's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from recollect.data import find
from recollect.models import UNKNOWN
from recollect.tasks.reading import BOOKS

__all__ = ["Cutter", "Letters", "Pieces", "Text", "novels", "own", "shakespeare"]

_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>")


class Cutter(Protocol):
    """How a text becomes numbers, and how numbers become a text again."""

    def __len__(self) -> int:
        """Return how many tokens there are."""
        ...

    def encode(self, text: str) -> list[int]:
        """Cut a text."""
        ...

    def decode(self, numbers: Sequence[int]) -> str:
        """Join tokens."""
        ...

    def shown(self, number: int) -> str:
        """Return one token as a label."""
        ...


class Letters:
    """A token a character.

    >>> letters = Letters("abba")
    >>> letters.encode("ba!"), letters.decode([5, 4])
    ([5, 4, 3], 'ba')
    """

    def __init__(self, text: str):
        self.tokens = (*_SPECIAL, *sorted(set(text)))

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


class Pieces:
    """Pieces of words, learnt from a text; any text can be cut into them, and joined again.

    Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units",
    over bytes.

    Raises:
        ValueError: `size` is below 300, or `tokenizers` is not installed.
    """

    def __init__(self, text: str, *, size: int = 4000):
        if size < 300:
            raise ValueError(f"size is {size}; the bytes alone are 256: give 300 or more pieces")
        try:
            from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
        except ImportError as error:
            raise ValueError("pieces need tokenizers: pip install 'recollect[text]'") from error
        cutter: Any = Tokenizer(models.BPE())
        cutter.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        cutter.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=list(_SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        cutter.train_from_iterator(text.splitlines(keepends=True), trainer)
        self._cutter = cutter

    def __len__(self) -> int:
        return self._cutter.get_vocab_size()

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
    return Text(_cut(text), Letters(text), MappingProxyType(published))


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
    return Text(splits, Pieces("".join(splits["train"]), size=pieces))


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
    return Text(splits, Letters(learnt) if pieces is None else Pieces(learnt, size=pieces))


def _cut(text: str) -> dict[str, tuple[str, ...]]:
    tested = len(text) * 9 // 10
    looked = tested - len(text) // 50
    return {"train": (text[:looked],), "valid": (text[looked:tested],), "test": (text[tested:],)}


def _paragraphs(text: str) -> str:
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text.replace("\r", "")))
    return "".join(part + "\n" for part in parts if part)
