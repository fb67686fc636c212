"""A story, log or table from a file or from standard input: bytes to text, text to clauses.

UTF-8 and UTF-16 are read as they are; bytes that are neither are taken for Windows-1252, of which
Latin-1 is a part, and that is said. What is no text at all is named for what it is.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import errno
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from recollect.cli import UserError, say

if TYPE_CHECKING:
    from recollect.answer.knowledge import Knowledge
    from recollect.english import Story

MOST_LINES = 200_000
MOST_BYTES = 64 * 1024 * 1024
MOST_TRIPLES = 5_000_000  # lines of a table of facts: about 3 GB of memory
MOST_TABLE_BYTES = 512 * 1024 * 1024
SLOW_LINES = 5_000  # reading more than this takes seconds, so it is said before
STORY_SPEED, LOG_SPEED = 8_000, 1_700  # lines a second on one core, measured on 100,000
SLOW_TRIPLES, TABLE_SPEED = 200_000, 200_000  # measured on 1,000,000
LOGS = (".csv", ".tsv")
# The columns a table without a file name is known by; recollect.english.logs knows more names.
_COLUMNS = set("time date actor who action event object what item place where".split())
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF", "a PDF", "copy its text into a plain text file"),
    (b"PK\x03\x04", "a zip archive or an office document", "save it as plain text or CSV"),
    (b"\xd0\xcf\x11\xe0", "an office document", "save it as plain text or CSV"),
    (b"{\\rtf", "a rich-text document", "save it as plain text"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"SQLite format 3", "a database", "export the table as CSV"),
)


class Source(NamedTuple):
    """A text as it was written: its name, its lines, whether it is a log or a table of facts."""

    name: str
    text: str
    lines: int
    log: bool
    table: bool = False

    @property
    def slow(self) -> bool:
        """Whether reading it takes seconds."""
        return self.lines > (SLOW_TRIPLES if self.table else SLOW_LINES)


def read_bytes(path: str) -> bytes:
    """Return the bytes of a file, or of standard input for `-`.

    Raises:
        UserError: there is no such file, it is a folder, it may not be read, or it is too large.
    """
    name = called(path)
    try:
        if path == "-":
            data = _upto(sys.stdin.buffer, path)
        else:
            with open(path, "rb") as file:
                data = _upto(file, path)
    except OSError as error:
        raise UserError(f"{name} {_refused(path, error)}") from error
    if len(data) > MOST_TABLE_BYTES:
        raise UserError(
            f"{name} is larger than {MOST_TABLE_BYTES // 2**20} MB, the most that is read of a "
            "table; ask about a part of it"
        )
    if len(data) > MOST_BYTES and not _table(path, data):
        raise UserError(
            f"{name} is larger than {MOST_BYTES // 2**20} MB; ask about a part of it: "
            f"head -n {MOST_LINES} {path} | recollect ask - QUESTION"
        )
    return data


def _upto(file: BinaryIO, path: str) -> bytes:
    """Read as much as is asked about: more of a table, whose lines are short and quickly read."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES and _table(path, data):
        data += file.read(MOST_TABLE_BYTES + 1 - len(data))
    return data


def _table(path: str, data: bytes) -> bool:
    from recollect.answer.knowledge import is_knowledge

    return is_knowledge(path, data[:20_000].decode("utf-8", errors="replace"))


def _wanted(name: str) -> str:
    if name.lower().endswith(".tsv"):
        return "write subject, relation and object, parted by tabs, a line each"
    return "write a sentence a line, like 'Mary took the key.'"


def decode(data: bytes, name: str) -> str:
    """Return the text of `data`; a guess at its encoding is told on standard error.

    Raises:
        UserError: it is empty, or no text.
    """
    if not data:
        raise UserError(f"{name} is empty; {_wanted(name)}")
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError as error:
                raise UserError(
                    f"{name} says that it is {encoding.upper().removesuffix('-SIG')} and is not, "
                    f"from byte {error.start + 1:,} on; save it as UTF-8"
                ) from error
    for magic, what, remedy in _MAGIC:
        if data.startswith(magic):
            raise UserError(f"{name} is {what}, not plain text; {remedy}")
    if b"\x00" in data:
        return _without_bom(data, name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data.decode("cp1252", errors="replace")
        line = data.count(b"\n", 0, error.start) + 1
        # Western letters are few among the plain ones; another alphabet is not.
        strange = sum(not c.isascii() for c in text)
        if _binary(text) or strange > 0.25 * len(text):
            raise UserError(
                f"{name}, line {line} is not text in UTF-8 (byte {data[error.start]:#04x}); "
                "save the file as UTF-8"
            ) from error
        say(
            f"{name}, line {line} is not UTF-8; read as Windows-1252 (Latin-1). "
            "If names look wrong, save the file as UTF-8"
        )
    if _binary(text):
        raise UserError(f"{name} is a binary file, not plain text; save it as plain text or CSV")
    return text


def open_text(path: str) -> Source:
    """Return the text of a file, or of standard input for `-`, without reading its sentences yet.

    Raises:
        UserError: the file cannot be opened, is no text, or is too long.
    """
    name = called(path)
    text = decode(read_bytes(path), name)
    if not text.strip():
        raise UserError(f"{name} is empty; {_wanted(name)}")
    from recollect.answer.knowledge import is_knowledge

    lines = len(text.splitlines())
    if is_knowledge(path, text):
        if lines > MOST_TRIPLES:
            raise UserError(
                f"{name} has {lines:,} lines and {MOST_TRIPLES:,} are the most that are read of a "
                "table; ask about a part of it"
            )
        return Source(name, text, lines, log=False, table=True)
    if lines > MOST_LINES:
        raise UserError(
            f"{name} has {lines:,} lines and {MOST_LINES:,} are the most that are read; "
            "ask about a part of it"
        )
    return Source(name, text, lines, is_log(path, text))


def read(source: Source) -> Story:
    """Read the sentences of a story or the rows of a log; a long one is announced.

    Raises:
        UserError: the text as a whole cannot be read; the place is named.
    """
    from recollect.english import Unreadable, read_log, read_story

    name, lines = source.name, source.lines
    if source.slow:
        seconds = lines / (LOG_SPEED if source.log else STORY_SPEED)
        say(f"{name}: reading {lines:,} lines, about {seconds:.0f} s ...")
    started = time.perf_counter()
    try:
        story = read_log(source.text) if source.log else read_story(source.text)
    except Unreadable as error:
        raise UserError(f"{name}: {error}") from error
    if source.slow:
        say(f"{name}: read in {time.perf_counter() - started:.1f} s")
    return story


def read_table(source: Source) -> Knowledge:
    """Read the triples of a table of facts; a long one is announced.

    Raises:
        UserError: its lines are not subject, relation and object; the first is named.
    """
    from recollect.answer.knowledge import read_knowledge

    if source.slow:
        seconds = source.lines / TABLE_SPEED
        say(f"{source.name}: reading {source.lines:,} lines, about {seconds:.0f} s ...")
    try:
        return read_knowledge(source.text)
    except ValueError as error:
        raise UserError(f"{source.name}: {error}") from error


def is_log(path: str, text: str) -> bool:
    """Tell a table from prose, by the name of its file or by its first line."""
    if Path(path).suffix.lower() in LOGS:
        return True
    first = text.lstrip("\ufeff").partition("\n")[0][:1000]
    for mark in (",", ";", "\t", "|"):
        cells = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=mark), [])]
        if len(cells) > 1 and sum(cell in _COLUMNS for cell in cells) > 1:
            return True
    return False


def called(path: str) -> str:
    """Return what a message calls the text."""
    return "standard input" if path == "-" else path


def _without_bom(data: bytes, name: str) -> str:
    """Decode UTF-16 that does not say so: plain English has its zeros in every second byte."""
    half = len(data) // 2
    odd, even = data[1::2].count(0), data[0::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 0.6 * half and not others:
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                break
            say(f"{name} is read as UTF-16, though it does not say so at its start")
            return text
    raise UserError(f"{name} is a binary file, not plain text; save it as plain text or CSV")


def _binary(text: str) -> bool:
    controls = sum(ord(c) < 32 and c not in "\t\n\r\f\v\x1b" for c in text[:100_000])
    return controls > 0.01 * min(len(text), 100_000)


def _refused(path: str, error: OSError) -> str:
    if error.errno == errno.EISDIR or os.path.isdir(path):
        return "is a folder; name a text file in it"
    if isinstance(error, FileNotFoundError):
        folder, name = os.path.split(path)
        try:
            there = os.listdir(folder or ".")
        except OSError:
            return f"is not there: there is no folder {folder!r}"
        near = difflib.get_close_matches(name, there, n=1)
        hint = f"did you mean {os.path.join(folder, near[0])}?" if near else "check its name"
        return f"is not there; {hint}"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"
