"""The times of a log, as people and machines write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from recollect.english.clock import parse_clock, parse_date
from recollect.english.tokens import straighten

_FORMATS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d-%m-%Y", "%d-%m-%Y %H:%M", "%d %b %Y", "%d %b %Y %H:%M", "%d %B %Y",
    "%d %B %Y %H:%M", "%b %d %Y", "%B %d %Y", "%b %d, %Y", "%B %d, %Y", "%b %d, %Y %H:%M", "%Y-%m-%d %I:%M %p",
    "%d/%m/%Y %I:%M %p", "%m/%d/%Y %I:%M %p", "%Y%m%dT%H%M%S", "%d/%m/%y", "%d/%m/%y %H:%M",
)  # fmt: skip


_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{2}(?:\d\d)?)\b")


def _dated(text: str) -> float | None:
    """Hours of a date without a year, which is put into the year 2000."""
    for pattern in (
        "%d %b %Y",
        "%d %B %Y",
        "%d %b %Y %H:%M",
        "%d %B %Y %H:%M",
        "%d %b %Y %I:%M %p",
    ):
        try:
            found = datetime.strptime(re.sub(r"[, ]+", " ", text).strip(), pattern)
        except ValueError:
            continue
        return found.toordinal() * 24 + found.hour + found.minute / 60
    return None


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
    if match := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)? ([a-z]{3,9})\.?(.*)", text.lower()):
        plain = f"{match[1]} {match[2]} 2000{match[3]}"
    elif match := re.fullmatch(
        r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?!\d)(.*)", text.lower()
    ):
        plain = f"{match[2]} {match[1]} 2000{match[3]}"
    if match and (found := _dated(plain)) is not None:
        return found
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


def month_first(times: Iterable[str]) -> bool:
    """Whether dates like 03/25/2024 are among these, and none like 25/03/2024: 03/04/2024 is then 4 March."""
    first = second = 0
    for text in times:
        if found := _SLASHED.search(text):
            first, second = max(first, int(found[1])), max(second, int(found[2]))
    return second > 12 >= first


def moment(cells: dict[str, str], month_first: bool) -> float | None:
    """Hours of the time cells of a row, or None."""
    time, clock = cells.get("time", ""), cells.get("clock", "")
    day = parse_when(time, month_first=month_first) if time else None
    if not (time and clock):
        return day
    both = parse_when(f"{time} {clock}", month_first=month_first)
    if both is None:
        hour = parse_when(clock)
        both = hour if day is None else day + (hour or 0.0)
    return both
