"""The files of the bAbI tasks (Weston et al. 2015): where they are, and what is in them.

A file holds stories: numbered statements and questions, a question line carrying its answer and the
numbers of the statements that support it, parted by tabs; a number 1 begins the next story.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from recollect.data import MissingData, find

__all__ = ["BABI", "BabiQuestion", "find_file", "parse", "read_babi"]

BABI = (
    "single-supporting-fact",
    "two-supporting-facts",
    "three-supporting-facts",
    "two-arg-relations",
    "three-arg-relations",
    "yes-no-questions",
    "counting",
    "lists-sets",
    "simple-negation",
    "indefinite-knowledge",
    "basic-coreference",
    "conjunction",
    "compound-coreference",
    "time-reasoning",
    "basic-deduction",
    "basic-induction",
    "positional-reasoning",
    "size-reasoning",
    "path-finding",
    "agents-motivations",
)
"""The names of tasks 1 to 20, as they stand in the files' names."""

_FOLDERS = {"1k": "en", "10k": "en-10k"}


class BabiQuestion(NamedTuple):
    """A question, the statements before it, oldest first, and the indices of those behind it."""

    task: int
    story: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    answer: str
    support: tuple[int, ...]


def _words(text: str) -> tuple[str, ...]:
    """The official tokens: lower case, one full stop or question mark less at a word's end."""
    return tuple(w[:-1] if w[-1] in ".?" else w for w in text.lower().split())


def parse(path: Path, task: int) -> Iterator[tuple[int, BabiQuestion]]:
    """Yield the number of the story and the question, for every question of a file.

    Raises:
        ValueError: the file is not in the format; the message names the line.
    """
    story: list[tuple[str, ...]] = []
    place: dict[str, int] = {}
    number = -1
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a bAbI file: it is no UTF-8 text ({error})") from error
    for at, line in enumerate(lines, 1):
        if not line.strip():
            continue
        label, _, text = line.strip().partition(" ")
        if label == "1":
            story, place, number = [], {}, number + 1
        if not label.isdigit() or number < 0 or not text:
            raise ValueError(
                f"{path}, line {at}: not a bAbI file; a line is a number and a sentence, "
                "and a story begins with 1"
            )
        if "\t" not in text:
            place[label] = len(story)
            story.append(_words(text))
            continue
        asked, answer, *support = (part.strip() for part in text.split("\t"))
        facts = support[0].split() if support else []
        strange = [f for f in facts if f not in place]
        if strange or not answer:
            what = f"fact {strange[0]} is no statement before it" if strange else "no answer"
            raise ValueError(f"{path}, line {at}: a question with a fault: {what}")
        where = tuple(place[f] for f in facts)
        yield number, BabiQuestion(task, tuple(story), _words(asked), answer.lower(), where)


def read_babi(path: str | os.PathLike[str], *, task: int = 0) -> list[BabiQuestion]:
    """Read one official file.

    Raises:
        ValueError: the file is not in the format; the message names the line.
    """
    return [question for _, question in parse(Path(path), task)]


def find_file(task: int, split: str, size: str, folder: str | os.PathLike[str] | None) -> Path:
    """Return where the file of a task and split is.

    Raises:
        ValueError: there is no such task or size.
        MissingData: the file is not there.
    """
    if not 1 <= task <= len(BABI):
        raise ValueError(f"there is no bAbI task {task}; give 1 to {len(BABI)}")
    if size not in _FOLDERS:
        raise ValueError(f"bAbI has no size {size!r}; choose 1k or 10k")
    file = f"{_FOLDERS[size]}/qa{task}_{BABI[task - 1]}_{split}.txt"
    path = None if folder is None else Path(folder)
    try:
        return find("babi", path=path, file=file)
    except MissingData:
        # Of task 3 with 10,000 questions only a part may have been found; the name says so.
        try:
            return find("babi", path=path, file=file.replace(".txt", ".PARTIAL.txt"))
        except MissingData:
            pass
        raise
