"""The official bAbI test files, read as a person's text: never trained on.

A story is read once, whole; each question is asked as of its line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from recollect.answer import Answerer
from recollect.data import find
from recollect.english import Story, read_story
from recollect.tasks.stories.scoring import Judged, normal

TASKS = {
    1: "single-supporting-fact", 2: "two-supporting-facts", 3: "three-supporting-facts",
    6: "yes-no-questions",
    11: "basic-coreference", 12: "conjunction", 13: "compound-coreference",
}  # fmt: skip
"""The tasks about where people and things are."""
_PRONOUN = re.compile(r"\b(?:he|she|they)\b", re.IGNORECASE)


class Posed(NamedTuple):
    """A question of a file, asked after `at` statements; `support` numbers its facts from 1."""

    question: str
    answer: str
    at: int
    support: tuple[int, ...]


class Told(NamedTuple):
    """A story of a file: its statements and its questions."""

    statements: tuple[str, ...]
    questions: tuple[Posed, ...]


@lru_cache(maxsize=16)
def read_file(path: Path) -> tuple[Told, ...]:
    """Read the stories of an official file."""
    out: list[Told] = []
    statements: list[str] = []
    questions: list[Posed] = []
    place: dict[str, int] = {}
    for line in [*path.read_text(encoding="utf-8").splitlines(), "1 "]:
        label, _, text = line.strip().partition(" ")
        if label == "1":
            if questions:
                out.append(Told(tuple(statements), tuple(questions)))
            statements, questions, place = [], [], {}
        if "\t" in text:
            asked, answer, support = (part.strip() for part in text.split("\t"))
            facts = tuple(place[f] for f in support.split())
            questions.append(Posed(asked, answer, len(statements), facts))
        else:
            statements.append(text)
            place[label] = len(statements)
    return tuple(out)


def test_file(task: int, folder: str | Path | None = None) -> Path:
    """Where the test file of a task is.

    Raises:
        MissingData: it is nowhere; the message says how to get it.
    """
    return find("babi", path=folder, file=f"en/qa{task}_{TASKS[task]}_test.txt")


@lru_cache(maxsize=2048)
def _read(statements: tuple[str, ...]) -> Story:
    return read_story("\n".join(statements))


class Miss(NamedTuple):
    """A question that went wrong, for reading."""

    task: int
    story: Told
    posed: Posed
    told: str
    lines: tuple[int, ...]


def judge(
    answerer: Answerer, task: int, stories: Sequence[Told]
) -> tuple[list[Judged], list[bool], list[Miss]]:
    """Ask the questions of stories: verdicts, whether the facts are the gold ones, misses."""
    judged, chains, misses = [], [], []
    for story in stories:
        read = _read(story.statements)
        for posed in story.questions:
            found = answerer.ask(read, posed.question, at=posed.at)
            right = found.known and normal(found.answer) == normal(posed.answer)
            lines = tuple(e.line for e in found.evidence)
            chain = set(lines) == set(posed.support)
            unknown = 1 - found.confidence if found.known else found.confidence
            judged.append(Judged(found.confidence, right, found.known, True, unknown))
            chains.append(chain)
            if not (right and chain):
                misses.append(Miss(task, story, posed, found.answer, lines))
    return judged, chains, misses


def judge_task(
    answerer: Answerer, task: int, *, limit: int | None = None, folder: str | Path | None = None
) -> tuple[list[Judged], list[bool], list[Miss]]:
    """Judge a task's test file, or its first `limit` stories."""
    return judge(answerer, task, read_file(test_file(task, folder))[:limit])


def robbed(
    answerer: Answerer, *, limit: int = 20, folder: str | Path | None = None
) -> dict[str, list[bool]]:
    """Whether "I don't know" comes: without the lines that name the entity, and of one absent."""
    out: dict[str, list[bool]] = {"deleted": [], "absent": []}
    for task in TASKS:
        for story in read_file(test_file(task, folder))[:limit]:
            read = _read(story.statements)
            for posed in story.questions:
                name = _asked_about(posed.question)
                erased = [
                    n for n, s in enumerate(story.statements, 1) if re.search(rf"\b{name}\b", s)
                ]
                # what a pronoun says of somebody goes with the name
                erased += [
                    n + 1
                    for n in erased
                    if n < len(story.statements) and _PRONOUN.search(story.statements[n])
                ]
                out["deleted"].append(
                    not answerer.ask(read, posed.question, at=posed.at, erased=erased).known
                )
                asked = re.sub(
                    rf"\b{name}\b", "Zorvan" if name[0].isupper() else "wugget", posed.question
                )
                out["absent"].append(not answerer.ask(read, asked, at=posed.at).known)
    return out


def _asked_about(question: str) -> str:
    return re.sub(r"^(?:Where (?:is|was)|Is) (?:the )?", "", question).split()[0].strip("?")


def report(misses: Sequence[Miss], most: int = 3) -> str:
    """A few misses, with the statements that matter."""
    lines = []
    for miss in misses[:most]:
        shown = sorted({*miss.lines, *miss.posed.support})
        lines.append(
            f"   {miss.posed.question} at {miss.posed.at} -> {miss.told!r} {list(miss.lines)}; "
            f"gold {miss.posed.answer!r} {list(miss.posed.support)}"
        )
        lines += [
            f"      {n} {miss.story.statements[n - 1]}"
            for n in shown
            if n <= len(miss.story.statements)
        ]
    return "\n".join(lines)
