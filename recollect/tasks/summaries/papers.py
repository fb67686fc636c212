"""Abstracts of papers with their summaries, read from the published files untouched."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path
from typing import NamedTuple

from recollect.data import find

__all__ = ["Paper", "scitldr", "words"]

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[^\w\s]|_")


class Paper(NamedTuple):
    """An abstract in sentences, the summaries that are right for it, and its title."""

    sentences: tuple[str, ...]
    summaries: tuple[str, ...]
    title: str


def words(text: str) -> tuple[str, ...]:
    """Cut a text into words in small letters and punctuation marks.

    >>> words("It's state-of-the-art (5% better).")
    ("it's", 'state-of-the-art', '(', '5', '%', 'better', ')', '.')
    """
    return tuple(_WORD.findall(text.lower()))


def scitldr(*, path: str | None = None) -> dict[str, list[Paper]]:
    """Abstracts and summaries of papers: SciTLDR (Cachola et al. 2020), abstracts alone.

    1,992 papers train with one summary each; 619 validate and 618 test with several, by the authors
    and by readers.

    Args:
        path: folder of the data; None looks where `recollect data` says.

    Raises:
        MissingData: the files are not there.
        ValueError: a line is no paper with an abstract and a summary; it is named.
    """
    read = {}
    for split, part in (("train", "train"), ("valid", "dev"), ("test", "test")):
        file = find("scitldr", path=path, file=f"{part}.jsonl.gz")
        read[split] = [_paper(line, file, number) for number, line in enumerate(_lines(file), 1)]
    return read


def _lines(file: Path) -> list[str]:
    try:
        return gzip.decompress(file.read_bytes()).decode("utf-8").rstrip("\n").split("\n")
    except (gzip.BadGzipFile, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is no gzipped text in UTF-8 ({error}); fetch it again") from error


def _paper(line: str, file: Path, number: int) -> Paper:
    try:
        told = json.loads(line)
        paper = Paper(tuple(told["source"]), tuple(told["target"]), told.get("title") or "")
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}, line {number} is no paper ({error}): {line[:80]!r}") from error
    if not paper.sentences or not paper.summaries:
        raise ValueError(f"{file}, line {number} has no abstract or no summary: {line[:80]!r}")
    return paper
