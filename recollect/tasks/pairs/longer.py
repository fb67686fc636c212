"""Longer sequences from short ones: pairs one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from recollect.tasks.pairs.corpus import Corpus, Pair

__all__ = ["concatenated"]


def concatenated(corpus: Corpus, *, most: int, test: int | None = None, seed: int = 0) -> Corpus:
    """Join pairs: a training pair becomes one of one to so many, side by side on both sides.

    Every pair of the training and of the validation split is in one row, with others drawn at
    random; as many rows have one pair as two, and so on. The test split stays as it is, and beside
    it stand ``test2``, ``test3`` and so on: each of its pairs once, two or more neighbours a row,
    the last ones left out where they do not fill a row.

    Args:
        corpus: to be joined; of several targets of a source the first counts.
        most: pairs of a row in training.
        test: pairs of a row in the last of the test splits; None is `most`.
        seed: of what is drawn.

    Raises:
        ValueError: `most` or `test` is below 1.
    """
    test = most if test is None else test
    if most < 1 or test < 1:
        raise ValueError(f"most is {most} and test {test}; a row has at least one pair")
    splits = dict(corpus.splits)
    for name in ("train", "valid"):
        splits[name] = _mixed(corpus.splits[name], most, Random(f"{name} {seed}"))
    pairs = corpus.splits["test"]
    for count in range(2, test + 1):
        starts = range(0, len(pairs) - count + 1, count)
        splits[f"test{count}"] = [_one(pairs[i : i + count]) for i in starts]
    return replace(corpus, splits=splits)


def _mixed(pairs: Sequence[Pair], most: int, rng: Random) -> list[Pair]:
    order = list(pairs)
    rng.shuffle(order)
    rows, at, count = [], 0, 0
    while at < len(order):
        count = count % most + 1
        rows.append(_one(order[at : at + count]))
        at += count
    return rows


def _one(pairs: Sequence[Pair]) -> Pair:
    source = tuple(token for pair in pairs for token in pair.source)
    return Pair(source, (tuple(token for pair in pairs for token in pair.targets[0]),))
