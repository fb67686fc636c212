"""Lines and sentences of a text: a line each, or running prose broken anywhere."""

from __future__ import annotations

import re
from typing import NamedTuple

from recollect.english.nouns import KIND
from recollect.english.tokens import straighten

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sgt lt col gen rev capt det insp jr sr vs etc no nos approx dept est inc ltd co e.g i.e a.m "
    "p.m am pm fig vol pp ed mt ave rd mlle mme messrs hon cpl pvt".split()
)
_NEVER_LAST = frozenset(
    "mr mrs ms dr prof st sgt lt col gen rev capt det insp no vs mt e.g i.e".split()
)
_END = re.compile(r"([.!?]+)([\"')\]]*)(\s+|$)")
_BULLET = re.compile(
    r"^\s*(?:[-*•·>–—+]+\s+|\(?\d{1,6}[.)\]:]\s+|\d{1,6}\s+(?=[A-Za-z\"'])|[a-z]\)\s+|\[[ xX]\]\s*)"
)
_NUMBERED = re.compile(r"^\s*\d{1,6}\s+(?=[A-Z\"'])")
_UNIT = re.compile(
    r"^\s*\d+\s+(?:hours?|minutes?|days?|weeks?|years?|people|men|women|boxes|keys|of|more|[a-z]+s)\b"
)


class Sentence(NamedTuple):
    """A sentence and where it starts."""

    line: int
    text: str
    quoted: bool


def strip_marker(line: str) -> str:
    """A line without the bullet or number before it and the answer columns after it."""
    line = line.split("\t")[0]
    match = _BULLET.match(line)
    if match and not (match.group().strip().isdigit() and _UNIT.match(line)):
        line = line[match.end() :]
    return line.strip()


def _ends(line: str) -> bool:
    return line.rstrip("\"')] ").endswith((".", "!", "?", ":", ";"))


def _prose(block: list[str]) -> bool:
    """Whether the lines of a block are running prose broken by width rather than a sentence each."""
    if len(block) < 2:
        return False
    ends = [_ends(line) for line in block]
    if sum(ends) > 0.6 * len(block):
        return False
    if not any(re.search(r"[.!?]", line) for line in block):
        return False
    open_lines = [line for line, end in zip(block[:-1], ends[:-1], strict=True) if not end]
    long = sum(len(line) >= 45 for line in open_lines)
    small = sum(1 for n, line in enumerate(block[1:]) if not ends[n] and line[:1].islower())
    inner = any(re.search(r"[a-z][.!?]\s+\S", line) for line in block)
    return bool(open_lines) and (
        long >= len(open_lines) * 0.6 or (inner and small >= len(open_lines) * 0.6)
    )


def _label(before: str) -> bool:
    """Whether the letter at the end tells one place or box from another: "Bay B", "shelf C"."""
    words = before.lower().split()
    return len(words) > 1 and KIND.get(words[-2]) in ("place", "box")


def split_line(text: str) -> list[str]:
    """The sentences of a stretch of prose."""
    found, start, depth = [], 0, 0
    for match in _END.finditer(text):
        depth = text.count('"', 0, match.end()) % 2
        before = text[start : match.start()]
        word = re.split(r"[\s(\"]", before)[-1].lower() if before else ""
        rest = text[match.end() :]
        if match[1] == "." and rest:
            initial = (
                len(word) == 1 and word.isalpha() and word not in ("i", "a") and len(before) > 1
            )
            if word in _NEVER_LAST or (initial and rest[:1].isupper() and before[-1:].isupper()
                                       and not _label(before)):  # fmt: skip
                continue
            if word in _ABBREVIATIONS and not rest[:1].isupper():
                continue
            if re.fullmatch(r"\d+", before.strip()) and not found and len(before.strip()) < 4:
                continue  # "1. Mary went"
        if (rest and rest[:1] in ",;") or (match[2] and '"' in match[2] and rest[:1].islower()):
            continue
        if match[1] in ("...", "..", "....") and rest[:1].islower():
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    if text[start:].strip():
        found.append(text[start:].strip())
    del depth
    return found


def sentences(text: str) -> tuple[list[str], list[Sentence]]:
    """The lines of a text as written, and its sentences."""
    lines = text.splitlines()
    found: list[Sentence] = []
    clean = [straighten(line) for line in lines]
    n = 0
    while n < len(clean):
        if not clean[n].strip():
            n += 1
            continue
        m = n
        while m < len(clean) and clean[m].strip():
            m += 1
        block = [strip_marker(line) for line in clean[n:m]]
        if _prose(block) and m - n <= 2000:
            starts, joined = [], ""
            for line in block:
                starts.append(len(joined))
                joined += line + " "
            at, quoted = 0, False
            for sentence in split_line(joined):
                at = joined.index(sentence, at)
                number = max(k for k, start in enumerate(starts) if start <= at)
                found.append(Sentence(n + number + 1, sentence, quoted))
                quoted = (sentence.count('"') % 2 == 1) != quoted
                at += len(sentence)
        else:
            for k, line in enumerate(block):
                quoted = False
                for sentence in split_line(line):
                    found.append(Sentence(n + k + 1, sentence, quoted))
                    quoted = (sentence.count('"') % 2 == 1) != quoted
        n = m
    return lines, found
