"""Reading a log: rows with some of time, actor, action, object and place.

Each row becomes the items of a sentence and is read like one, so that a log and a story are the same to a model.
"""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from recollect.english.columns import COLUMNS, Layout, guess, layout
from recollect.english.moments import moment, month_first, parse_when
from recollect.english.nouns import KIND
from recollect.english.rows import Cells, row_items
from recollect.english.sentences import Sentence as Line
from recollect.english.story import Reader, finish
from recollect.english.words import Note, Story, Unreadable

_WANTED = "time, actor, action, object, place"
_EMPTY = frozenset(("-", "--", "—", "–", "n/a", "na", "?", "none", "null", "nil", "nan"))


def _sniff(text: str) -> str:
    """The delimiter that most lines agree on."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    best, score = "", 0.0
    for mark in ("\t", ";", ",", "|"):
        counts = [line.count(mark) for line in lines]
        if counts and max(counts):
            common = max(set(counts), key=counts.count)
            value = counts.count(common) / len(counts) * (common > 0) * (1.0 + 0.01 * common)
            if value > score:
                best, score = mark, value
    return best


def read_log(text: str) -> Story:
    """The clauses of a table with columns time, actor, action, object, place: any of them, in any order.

    Raises:
        Unreadable: if the text is empty, or no columns can be made out.
    """
    if "\x00" in text:
        raise Unreadable("the log is not a text file: save it as CSV (UTF-8)")
    text = text.lstrip("\ufeff")
    if not text.strip():
        raise Unreadable(f"the log is empty: it needs a header and rows with some of {_WANTED}")
    mark = _sniff(text)
    if not mark:
        raise Unreadable(f"the log has no columns: separate {_WANTED} by commas")
    lines = text.splitlines()
    story = Story(lines=lines)
    rows: list[tuple[int, list[str]]] = []
    quoting = csv.QUOTE_MINIMAL
    if text.count('"') % 2:
        quoting = csv.QUOTE_NONE
        at = next(n for n, line in enumerate(lines, 1) if line.count('"') % 2)
        story.notes.append(
            Note(at, lines[at - 1], "a quote is not closed; quotes are read as they stand")
        )
    source = csv.reader(
        io.StringIO(text), delimiter=mark, skipinitialspace=True, strict=False, quoting=quoting
    )
    try:
        start = 1
        for row in source:
            if any(cell.strip() for cell in row):
                rows.append(
                    (start, [cell.strip().strip('"') if quoting else cell.strip() for cell in row])
                )
            start = source.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            f"line {source.line_num} of the log cannot be read as CSV ({error}): check its quotes"
        ) from error
    header_line, header = rows[0]
    body = rows[1:]
    found = layout(header, [row for _, row in body])
    if found is None or found.columns.keys() == {"time"}:
        columns, body = guess([row for _, row in rows]), rows
        if columns is None:
            raise Unreadable(
                f"line {header_line} of the log names no columns that are known ({', '.join(header[:6])}): "
                f"the first line must name some of {_WANTED}"
            )
        found, width = Layout(columns), max(len(row) for _, row in rows)
        story.notes.append(Note(header_line, lines[header_line - 1], "no header; columns guessed: " + ", ".join(
            f"{n + 1} is {name}" for name, n in sorted(columns.items(), key=lambda item: item[1]))))  # fmt: skip
    else:
        width = len(header)
        for name in found.guessed:
            title = header[found.columns[name]] or f"column {found.columns[name] + 1}"
            reason = f"{title!r} is taken for the {name}, by what stands in it"
            story.notes.append(Note(header_line, lines[header_line - 1], reason))
        unknown = [
            name for n, name in enumerate(header) if n not in found.columns.values() and name
        ]
        if unknown:
            story.notes.append(
                Note(header_line, lines[header_line - 1], "columns not read: " + ", ".join(unknown))
            )
    return _rows(story, body, found, width)


class _Row(NamedTuple):
    line: int
    raw: str
    cells: dict[str, str]
    when: float


def _rows(story: Story, body: list[tuple[int, list[str]]], found: Layout, width: int) -> Story:
    columns = found.columns
    names = frozenset(
        word.lower() for _, row in body for column in ("actor", "receiver")
        if columns.get(column, -1) >= 0 and len(row) > columns[column]
        for word in [row[columns[column]]] if word.isalpha() and word[:1].isupper() and word.lower() not in KIND
    )  # fmt: skip
    things = frozenset(
        row[columns["object"]].lower() for _, row in body
        if "object" in columns and len(row) > columns["object"]
    )  # fmt: skip
    reader = Reader(names)
    receivers = frozenset(
        row[columns["receiver"]].lower() for _, row in body
        if "receiver" in columns and len(row) > columns["receiver"]
    )  # fmt: skip
    reading = Cells(names, things, receivers)
    rows = _timed(story, body, columns, width)
    ranked = sorted(rows, key=lambda row: row.when)
    if ranked != rows:
        late = next(row for row, right in zip(rows, ranked, strict=True) if row is not right)
        reason = "rows are not in the order of their times; they were sorted"
        story.notes.append(Note(late.line, late.raw, reason))
    here: dict[str, str] = {}
    number = 0
    for row in ranked:
        reader.subject, reader.heirs, reader.owners = [], {}, {}
        statements = row_items(row.cells, reading, here, found.deed)
        if statements:
            line = Line(row.line, row.raw, False)
            clauses = [c for items in statements for c in reader.items(items, line, number)]
        elif row.cells.get("note"):
            clauses = reader.sentence(Line(row.line, row.cells["note"], False), number)
        else:
            reason = "too little in this row: it needs an action, or something and a place"
            story.notes.append(Note(row.line, row.raw, reason))
            continue
        reader.clock.told = False
        number += 1
        story.clauses += [c._replace(when=row.when, text=row.raw) for c in clauses]
    if not story.clauses:
        raise Unreadable(
            f"the log has no row that can be read: a row needs an action, or something and a place (columns: {_WANTED})"
        )
    earlier = story.notes
    story = finish(story, reader)
    story.notes = earlier + story.notes
    return story


def _timed(
    story: Story, body: list[tuple[int, list[str]]], columns: dict[str, int], width: int
) -> list[_Row]:
    """The cells of the rows that have any, with their times; what is odd about a row is noted."""
    american = month_first(
        row[columns["time"]] for _, row in body if "time" in columns and len(row) > columns["time"]
    )
    rows: list[_Row] = []
    last = 0.0
    for line, row in body:
        raw = story.lines[line - 1] if line <= len(story.lines) else ", ".join(row)
        fault = ""
        if len(row) > width and any(row[width:]):
            fault = f"{len(row)} cells where {width} were expected; the rest is not read"
        elif len(row) < width and len(row) < max(columns.values()) + 1:
            fault = f"{len(row)} cells where {width} were expected"
        cells = {
            name: row[n]
            for name, n in columns.items()
            if n < len(row) and row[n] and row[n].lower() not in _EMPTY
        }
        when = moment(cells, american)
        if when is None:
            if cells.get("time"):
                fault = f"the time {cells['time']!r} is not understood; the row before it is taken"
            when = last
        if fault:
            story.notes.append(Note(line, raw, fault))
        last = when
        if said := " ".join(cells[name] for name in ("time", "clock") if name in cells):
            story.moments[line] = said
        rows.append(_Row(line, raw, cells, when))
    return rows


__all__ = ["COLUMNS", "parse_when", "read_log"]
