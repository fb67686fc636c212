"""Words cut into pieces that training has seen: byte-pair encoding, learnt by `tokenizers`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recollect.tasks.pairs.corpus import Corpus, Cut, Pair

__all__ = ["END", "WordPieces", "joined", "subwords"]

END = "</w>"
"""What marks the last piece of a word."""


def subwords(corpus: Corpus, *, size: int = 4000) -> Corpus:
    """Cut the words of a corpus into pieces, learnt from both sides of its training split.

    Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units".

    Args:
        corpus: with words as tokens.
        size: pieces of the joint vocabulary.

    Raises:
        ValueError: `size` is below 100, or `tokenizers` is not installed.
    """
    if size < 100:
        raise ValueError(f"size is {size}; a vocabulary of pieces has 100 or more")
    train = corpus.splits["train"]
    cut = WordPieces.of((side for p in train for side in (p.source, p.targets[0])), size=size)
    splits = {}
    for name, pairs in corpus.splits.items():
        sources = cut.all(p.source for p in pairs)
        targets = [tuple(cut.all(p.targets)) for p in pairs]
        splits[name] = [Pair(s, t) for s, t in zip(sources, targets, strict=True)]
    return Corpus(splits, end=END, cut=cut, skipped=corpus.skipped)


@dataclass(frozen=True)
class WordPieces(Cut):
    """Words cut into pieces by merges that were learnt.

    Attributes:
        pieces: all there are, in the order of their numbers.
        merges: which two pieces become one, the most frequent first.
    """

    pieces: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], *, size: int) -> WordPieces:
        """Learn so many pieces from sentences of words; the same from the same ones.

        Raises:
            ValueError: `tokenizers` is not installed.
        """
        parts, lines = needs_tokenizers(), [" ".join(words) for words in sentences]
        cutter = cls((), ())._cutter
        # `tokenizers` meets words in an order of chance, and by it numbers the letters that end
        # words and decides between equally frequent merges: what it has been told has its number
        last = sorted({word[-1] + END for line in lines for word in line.split()})
        trainer = parts.trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=["<unk>", *last],
            end_of_word_suffix=END,
            show_progress=False,
        )
        cutter.train_from_iterator(lines, trainer)
        return cls(*learnt_pieces(cutter))

    @cached_property
    def _cutter(self) -> Any:
        parts = needs_tokenizers()
        numbers = {piece: i for i, piece in enumerate(self.pieces)}
        kind = {"end_of_word_suffix": END, "unk_token": "<unk>"}
        cutter = parts.Tokenizer(parts.models.BPE(numbers, list(self.merges), **kind))
        cutter.pre_tokenizer = parts.pre_tokenizers.WhitespaceSplit()
        return cutter

    def __call__(self, text: str) -> Sequence[str]:
        """Cut a text."""
        return self._cutter.encode(text).tokens

    def all(self, sentences: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
        """Cut sentences of words."""
        found = self._cutter.encode_batch([" ".join(words) for words in sentences])
        return [tuple(one.tokens) for one in found]


def learnt_pieces(cutter: Any) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What a cutter of `tokenizers` learnt, in plain values: the pieces by number, the merges."""
    numbers = cutter.get_vocab()
    told = json.loads(cutter.to_str())["model"]["merges"]
    merges = (m.split(" ") if isinstance(m, str) else m for m in told)  # by its version
    return tuple(sorted(numbers, key=numbers.__getitem__)), tuple((a, b) for a, b in merges)


def needs_tokenizers() -> Any:
    try:
        import tokenizers
    except ImportError as error:
        raise ValueError("subwords need tokenizers: pip install 'recollect[text]'") from error
    return tokenizers


def joined(tokens: Sequence[str], end: str, joint: str) -> str:
    """Write tokens as text: pieces become words again.

    >>> joined(["ha", "us</w>", "gross</w>"], "</w>", " ")
    'haus gross'
    """
    if not end:
        return joint.join(tokens)
    return "".join(tokens).replace(end, " ").strip()
