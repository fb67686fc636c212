"""Words cut into pieces that training has seen: byte-pair encoding, learnt by `tokenizers`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recollect.tasks.pairs.corpus import Corpus, Pair

__all__ = ["END", "joined", "subwords"]

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
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ImportError as error:
        raise ValueError("subwords need tokenizers: pip install 'recollect[text]'") from error
    cutter = Tokenizer(models.BPE(end_of_word_suffix=END, unk_token="<unk>"))
    cutter.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # type: ignore[assignment]
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<unk>"], end_of_word_suffix=END, show_progress=False
    )
    train = corpus.splits["train"]
    lines = [" ".join(side) for p in train for side in (p.source, p.targets[0])]
    cutter.train_from_iterator(lines, trainer)

    def cut(sides: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
        found = cutter.encode_batch([" ".join(side) for side in sides])
        return [tuple(one.tokens) for one in found]

    splits = {}
    for name, pairs in corpus.splits.items():
        sources = cut(p.source for p in pairs)
        targets = [tuple(cut(p.targets)) for p in pairs]
        splits[name] = [Pair(s, t) for s, t in zip(sources, targets, strict=True)]
    return Corpus(splits, end=END, cut=lambda text: cutter.encode(text).tokens)


def joined(tokens: Sequence[str], end: str, joint: str) -> str:
    """Write tokens as text: pieces become words again.

    >>> joined(["ha", "us</w>", "gross</w>"], "</w>", " ")
    'haus gross'
    """
    if not end:
        return joint.join(tokens)
    return "".join(tokens).replace(end, " ").strip()
