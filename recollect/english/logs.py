"""Reading a log: rows with some of time, actor, action, object and place.

Each row becomes the items of a sentence and is read like one, so that a log and a story are the same to a model.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime

from recollect.english.clock import parse_clock, parse_date
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import MONTHS, NAMES
from recollect.english.nouns import KIND, PERSONS
from recollect.english.rows import Cells, row_items
from recollect.english.sentences import Sentence as Line
from recollect.english.story import Reader, finish
from recollect.english.tokens import straighten
from recollect.english.words import Note, Story, Unreadable

COLUMNS = {
    "time": "time when date timestamp datetime day at clock hour time_stamp date_time ts logged started start t",
    "actor": "actor who person user name by employee staff agent worker operator member player character people "
             "borrower driver owner technician handler scanned_by done_by checked_out_by",
    "action": "action event verb did activity act operation type status movement event_type what_happened",
    "object": "object what item thing things items asset tool product article equipment material package parcel device "
              "what_item item_name goods title book sku",
    "place": "place where location to room site destination area position zone at_place building bay shelf dest loc "
             "store station target to_location new_location",
    "source": "from source origin from_location old_location from_place",
    "receiver": "receiver recipient to_whom given_to to_person whom for with to_user",
    "note": "note notes comment comments remark remarks details description text message",
}  # fmt: skip
_ALIASES = {alias: column for column, names in COLUMNS.items() for alias in names.split()}
_WANTED = "time, actor, action, object, place"
_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%m-%Y", "%d-%m-%Y %H:%M", "%d %b %Y", "%d %b %Y %H:%M", "%d %B %Y",
    "%d %B %Y %H:%M", "%b %d %Y", "%B %d %Y", "%b %d, %Y", "%B %d, %Y", "%b %d, %Y %H:%M", "%Y-%m-%d %I:%M %p",
    "%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p", "%Y%m%dT%H%M%S", "%d/%m/%y", "%d/%m/%y %H:%M",
)  # fmt: skip


_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{2}(?:\d\d)?)\b")


def parse_when(text: str, *, month_first: bool = False) -> float | None:
    """Hours for a time as people and machines write it, or None.

    Calendar dates count from the first day of the calendar, a clock time alone from midnight, a plain number as itself.
    `month_first` reads 03/04/2024 as 4 March; else it is 3 April, unless that cannot be.
    """
    if month_first and (found := _SLASHED.search(text)):
        text = text[: found.start()] + f"{found[2]}/{found[1]}/{found[3]}" + text[found.end() :]
    text = re.sub(r"\s+", " ", straighten(text).strip().strip("[]"))
    if not text:
        return None
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        value = float(text)
        return value / 3600 + 719163 * 24 if value > 1e8 and value < 1e11 else value / 3.6e6 + 719163 * 24 if (
            value >= 1e11) else value  # fmt: skip
    plain = (
        re.sub(r"(\.\d+)?(Z|[+-]\d{2}:?\d{2}| UTC)?$", "", text)
        if re.match(r"\d{4}-\d\d-\d\d[T ]", text)
        else text
    )
    for pattern in _FORMATS:
        try:
            found = datetime.strptime(plain, pattern)
        except ValueError:
            continue
        return found.toordinal() * 24 + found.hour + found.minute / 60 + found.second / 3600
    if (clock := parse_clock(text)) is not None and re.search(r"[:.apm]", text.lower()):
        return clock[0]
    if (day := parse_date(text)) is not None:
        return day * 24
    if match := re.fullmatch(r"(?:day|week|turn|step|round)\s*(\d+)(?:[ ,]+(.*))?", text.lower()):
        rest = parse_when(match[2]) if match[2] else 0.0
        return float(match[1]) * (
            24 if "day" in text.lower() else 168 if "week" in text.lower() else 1
        ) + (rest or 0.0)
    days = "monday tuesday wednesday thursday friday saturday sunday".split()
    if match := re.fullmatch(r"([a-z]{3,9})\.?(?:[ ,]+(.*))?", text.lower()):
        for number, day_name in enumerate(days):
            if day_name.startswith(match[1]):
                rest = parse_when(match[2]) if match[2] else 0.0
                return (number + 1) * 24 + (rest or 0.0)
        if match[1] in ("morning", "noon", "afternoon", "evening", "night", "midday", "midnight"):
            return {"morning": 8, "noon": 12, "midday": 12, "afternoon": 14, "evening": 19, "night": 21, "midnight": 24}[
                match[1]]  # fmt: skip
    return None


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


def _header(row: list[str]) -> dict[str, int] | None:
    """The columns named by a first row, or None if it names fewer than two (or than all it has)."""
    found: dict[str, int] = {}
    for number, cell in enumerate(row):
        name = re.sub(r"[^a-z]+", "_", cell.strip().lower()).strip("_")
        column = (
            _ALIASES.get(name)
            or _ALIASES.get(name.rpartition("_")[2])
            or _ALIASES.get(name.partition("_")[0])
        )
        if column and column not in found:
            found[column] = number
        elif column == "time" and name in ("time", "clock", "hour"):
            found["clock"] = number
    things = [n for n, cell in enumerate(row) if _ALIASES.get(cell.strip().lower()) == "object"]
    if "action" not in found and len(things) > 1 and row[things[0]].strip().lower() == "what":
        found["action"], found["object"] = things[:2]  # "who, what, item": what was done
    return found if len(found) >= 2 or (len(found) == 1 and len(row) <= 2) else None


def _guess(rows: list[list[str]]) -> dict[str, int] | None:
    """Columns of a table without a header, by what stands in them."""
    width = max(map(len, rows))
    votes: dict[int, dict[str, float]] = {n: {} for n in range(width)}
    for row in rows[:200]:
        for n, cell in enumerate(row):
            low = straighten(cell).strip().lower()
            if not low:
                continue
            words = low.split()
            vote = votes[n]
            last = words[-1]
            if parse_when(low) is not None:
                vote["time"] = vote.get("time", 0) + 1
            if words[0] in VERB_FORMS and any(
                form in ("past", "s", "base", "part") for _, form in VERB_FORMS[words[0]]
            ):
                if words[0] not in KIND or len(words) > 1:
                    vote["action"] = vote.get("action", 0) + 1
            if KIND.get(last) in ("place",) or re.match(
                r"(room|bay|shelf|building|unit|zone|dock|warehouse)\b", low
            ):
                vote["place"] = vote.get("place", 0) + 1
            elif KIND.get(last) in ("thing", "box"):
                vote["object"] = vote.get("object", 0) + 0.9
            if (
                words[0] in NAMES
                or last in PERSONS
                or (cell.strip()[:1].isupper() and len(words) <= 2 and last not in KIND)
            ):
                vote["actor"] = vote.get("actor", 0) + 0.8
    found: dict[str, int] = {}
    for column in ("time", "action", "place", "actor", "object"):
        options = [(votes[n].get(column, 0), -n) for n in range(width) if n not in found.values()]
        if options and max(options)[0] >= 0.4 * min(len(rows), 200):
            found[column] = -max(options)[1]
    if "object" not in found and "action" in found:
        free = [n for n in range(width) if n not in found.values()]
        if len(free) == 1:
            found["object"] = free[0]
    return (
        found
        if "action" in found or (("object" in found or "actor" in found) and "place" in found)
        else None
    )


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
    columns = _header(header)
    body = rows[1:]
    if columns is None or (columns.keys() == {"time"}):
        columns, body = _guess([row for _, row in rows]), rows
        if columns is None:
            raise Unreadable(
                f"line {header_line} of the log names no columns that are known ({', '.join(header[:6])}): "
                f"the first line must name some of {_WANTED}"
            )
        story.notes.append(Note(header_line, lines[header_line - 1], "no header; columns guessed: " + ", ".join(
            f"{n + 1} is {name}" for name, n in sorted(columns.items(), key=lambda item: item[1]))))  # fmt: skip
        width = max(map(len, [row for _, row in rows]))
    else:
        width = len(header)
        unknown = [name for n, name in enumerate(header) if n not in columns.values() and name]
        if unknown:
            story.notes.append(
                Note(header_line, lines[header_line - 1], "columns not read: " + ", ".join(unknown))
            )
    return _rows(story, body, columns, width)


def _rows(
    story: Story, body: list[tuple[int, list[str]]], columns: dict[str, int], width: int
) -> Story:
    names = frozenset(
        word.lower() for _, row in body for column in ("actor", "receiver")
        if columns.get(column, -1) >= 0 and len(row) > columns[column]
        for word in [row[columns[column]]] if word.isalpha() and word[:1].isupper() and word.lower() not in KIND
    )  # fmt: skip
    reader = Reader(names)
    reading = Cells(names)
    month_first = _month_first(
        row[columns["time"]] for _, row in body if "time" in columns and len(row) > columns["time"]
    )
    order: list[tuple[float, int]] = []
    last, number = 0.0, 0
    for line, row in body:
        raw = story.lines[line - 1] if line <= len(story.lines) else ", ".join(row)
        if len(row) > width and any(row[width:]):
            story.notes.append(
                Note(
                    line, raw, f"{len(row)} cells where {width} were expected; the rest is not read"
                )
            )
        elif len(row) < width and len(row) < max(columns.values()) + 1:
            story.notes.append(Note(line, raw, f"{len(row)} cells where {width} were expected"))
        cells = {
            name: row[n]
            for name, n in columns.items()
            if n < len(row) and row[n] and row[n] not in ("-", "N/A", "n/a", "?")
        }
        moment = _moment(cells, month_first)
        if moment is None:
            if "time" in columns and cells.get("time"):
                story.notes.append(
                    Note(
                        line,
                        raw,
                        f"the time {cells['time']!r} is not understood; the row before it is taken",
                    )
                )
            moment = last if "time" in columns else 0.0
        last = moment
        if said := " ".join(cells[name] for name in ("time", "clock") if name in cells):
            story.moments[line] = said
        reader.subject, reader.heirs, reader.owners = [], {}, {}
        items = row_items(cells, reading)
        if items is not None:
            found = reader.items(items, Line(line, raw, False), number)
        else:
            if cells.get("note"):
                found = reader.sentence(Line(line, cells["note"], False), number)
            else:
                story.notes.append(
                    Note(
                        line,
                        raw,
                        "too little in this row: it needs an action, or something and a place",
                    )
                )
                continue
        reader.clock.told = False
        number += 1
        for clause in found:
            order.append((moment, len(story.clauses)))
            story.clauses.append(clause._replace(when=moment, text=raw))
    ranked = [story.clauses[n] for _, n in sorted(order, key=lambda pair: (pair[0], pair[1]))]
    if ranked != story.clauses:
        story.notes.append(
            Note(body[0][0], "", "rows are not in the order of their times; they were sorted")
        )
        story.clauses = ranked
    if not story.clauses:
        raise Unreadable(
            f"the log has no row that can be read: a row needs an action, or something and a place (columns: {_WANTED})"
        )
    earlier = story.notes
    story = finish(story, reader)
    story.notes = earlier + story.notes
    return story


def _month_first(times: Iterable[str]) -> bool:
    """Whether dates like 03/25/2024 are among these, and none like 25/03/2024: 03/04/2024 is then 4 March."""
    first = second = 0
    for text in times:
        if found := _SLASHED.search(text):
            first, second = max(first, int(found[1])), max(second, int(found[2]))
    return second > 12 >= first


def _moment(cells: dict[str, str], month_first: bool) -> float | None:
    time, clock = cells.get("time", ""), cells.get("clock", "")
    day = parse_when(time, month_first=month_first) if time else None
    if not (time and clock):
        return day
    both = parse_when(f"{time} {clock}", month_first=month_first)
    if both is None:
        hour = parse_when(clock)
        both = hour if day is None else day + (hour or 0.0)
    return both


__all__ = ["COLUMNS", "MONTHS", "parse_when", "read_log"]
