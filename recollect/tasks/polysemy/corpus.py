"""CoarseWSD-20: sentences with one of twenty ambiguous nouns, and the sense that each has.

Loureiro, Rezaee, Pilehvar and Camacho-Collados 2021, "Analysis and evaluation of language models
for word sense disambiguation".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from recollect.data import find

__all__ = ["Occurrence", "SenseCorpus", "coarse_wsd"]

_HELD = 5  # every fifth training sentence validates


class Occurrence(NamedTuple):
    """A sentence, the place of its noun, the number of the noun and that of its sense."""

    tokens: tuple[str, ...]
    place: int
    noun: int
    sense: int


class SenseCorpus(NamedTuple):
    """Nouns, the names of the senses of each, and the sentences by split."""

    nouns: tuple[str, ...]
    senses: tuple[tuple[str, ...], ...]
    splits: Mapping[str, Sequence[Occurrence]]


def coarse_wsd(
    *, nouns: Sequence[str] | None = None, path: str | Path | None = None
) -> SenseCorpus:
    """Read the corpus; every fifth training sentence validates.

    Args:
        nouns: some of the twenty; None reads all.
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: there is no such noun, or a file is not as it should be; the line is named.
    """
    folder = find("coarsewsd20", path=path) / "CoarseWSD-20"
    known = sorted(p.name for p in folder.iterdir() if p.is_dir())
    chosen = tuple(known if nouns is None else nouns)
    for noun in chosen:
        if noun not in known:
            raise ValueError(f"there is no noun {noun!r}; there are {', '.join(known)}")
    senses, splits = [], {"train": [], "valid": [], "test": []}
    for number, noun in enumerate(chosen):
        told = json.loads((folder / noun / "classes_map.txt").read_text(encoding="utf-8"))
        names = tuple(told[str(i)].removeprefix(f"{noun}_") for i in range(len(told)))
        senses.append(names)
        for part in ("train", "test"):
            for i, one in enumerate(_read(folder / noun, part, number, len(names))):
                held = part == "train" and i % _HELD == _HELD - 1
                splits["valid" if held else part].append(one)
    return SenseCorpus(chosen, tuple(senses), splits)


def _read(folder: Path, part: str, noun: int, senses: int) -> list[Occurrence]:
    data, gold = (folder / f"{part}.{kind}.txt" for kind in ("data", "gold"))
    lines = data.read_text(encoding="utf-8").rstrip("\n").split("\n")
    marks = gold.read_text(encoding="utf-8").split()
    if len(lines) != len(marks):
        raise ValueError(f"{data} has {len(lines)} sentences and {gold} {len(marks)} senses")
    found = []
    for number, (line, mark) in enumerate(zip(lines, marks, strict=True), 1):
        place, tab, sentence = line.partition("\t")
        tokens = tuple(sentence.split())
        if not tab or not place.isdigit() or int(place) >= len(tokens):
            raise ValueError(f"{data}, line {number}: {line[:60]!r} is no place and sentence")
        if not mark.isdigit() or int(mark) >= senses:
            raise ValueError(f"{gold}, line {number}: {mark!r} is none of {senses} senses")
        found.append(Occurrence(tokens, int(place), noun, int(mark)))
    return found
