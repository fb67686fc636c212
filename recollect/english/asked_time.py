"""The time that a question asks about: "at 9:30", "on Monday", "before noon", "at step 3".

What it comes to depends on the text: "at 9:30" is a moment only of a text that tells of one day, and
"at 3" is the afternoon where the text begins in the morning.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import NamedTuple

from recollect.english.clock import Clock, Span
from recollect.english.times import take_times
from recollect.english.tokens import raw_tokens, straighten
from recollect.english.words import Clause, Story

MINUTE, SECOND = 1 / 60, 1 / 3600
_STEP = re.compile(
    r"\b(?:at|in|on|by|during)\s+(?:(?:the )?(?:time|step|turn|round)|t)\s*=?\s*(\d+(?:\.\d+)?)\b",
    re.IGNORECASE,
)
_DAY_NUMBER = re.compile(
    r"\b(?P<how>on|at|in|before|by|until)\s+(?P<unit>day|week)\s+(?P<n>\d+)\b", re.IGNORECASE
)
_ISO = re.compile(r"\b(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d)")
_SLASHED = re.compile(r"\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b")
_PARTS = {  # a part of the day -> the hours at which it begins and ends
    "morning": (0.0, 12.0),
    "afternoon": (12.0, 18.0),
    "evening": (17.0, 21.0),
    "night": (18.0, 30.0),
    "tonight": (17.0, 30.0),
}


class Window(NamedTuple):
    """The time that a question is about, in the hours of `Clause.when`.

    Attributes:
        start: events at this hour or later lie in it.
        end: what is told before this hour has happened by then.
        fault: why the text has no such time, in one sentence; "" where it has.
    """

    start: float
    end: float
    fault: str = ""


def asked_time(question: str, story: Story) -> tuple[str, Window | None]:
    r"""The question in words that `read_question` knows, and the time it is about; None for the end of the text.

    >>> from recollect.english import read_log
    >>> log = read_log("time,who,where\n9:00,Ann,hall\n10:00,Ann,attic\n")
    >>> asked_time("Where was Ann at 9:30?", log)[1].end < 10
    True
    """
    text = _ISO.sub(r"\1 at \2", straighten(question).strip())
    if found := _STEP.search(text):
        rest = (text[: found.start()] + text[found.end() :]).strip(" ,")
        value = float(found[1])
        return rest, _dated(story, Window(value, math.nextafter(value, math.inf)))
    if found := _DAY_NUMBER.search(text):
        rest = (text[: found.start()] + text[found.end() :]).strip(" ,")
        unit = 24.0 if found["unit"].lower() == "day" else 168.0
        start = float(found["n"]) * unit
        window = Window(start, start + unit)
        before = found["how"].lower() in ("before", "until")
        return rest, _dated(story, Window(-math.inf, start) if before else window)
    raws = raw_tokens(text)
    kept, span = take_times(raws)
    removed = [raw for raw in raws if not any(raw is k for k in kept)]
    lows = [raw.low for raw in removed]
    relation = next((low for low in lows if low in ("before", "after", "until", "till", "by")), "")
    if relation in ("until", "till", "by"):
        at = [raw._replace(low="at") if raw.low == relation else raw for raw in raws]
        span = take_times(at)[1]
    if "since" in lows or span.future or (span.day is None and span.hour is None):
        return text, None
    if span.day == ("offset", 0) and span.hour is None:
        return text, None  # "today": as of now
    return text, _dated(story, _window(text, span, lows, relation, story))


def _dated(story: Story, window: Window) -> Window:
    if any(clause.when for clause in story.clauses):
        return window
    return window._replace(fault="The text does not say at what time things happened.")


def _window(text: str, span: Span, lows: list[str], relation: str, story: Story) -> Window:
    days = sorted({math.floor(clause.when / 24) for clause in story.clauses})
    if span.day is not None:
        day = _day(text, span.day, days, story)
        if day is None:
            return Window(0, 0, "The text does not tell which day that was.")
    elif len(days) > 1:
        return Window(0, 0, f"The text tells of {len(days)} days: say on which day.")
    else:
        day = days[0] if days else 0
    midnight = day * 24.0
    part = next((_PARTS[low] for low in lows if low in _PARTS), None)
    clock = any(low[0].isdigit() and ":" in low for low in lows) or "o'clock" in lows
    if span.hour is None:
        start, end = midnight, midnight + 24
    elif part is not None and not clock and span.hour in (8.0, 14.0, 19.0, 21.0):
        start, end = midnight + part[0], midnight + part[1]
    else:
        hour = span.hour
        told = [clause.when - midnight for clause in story.clauses if clause.when // 24 == day]
        if span.loose and hour < 12 and told and hour < min(told) and hour + 12 <= max(told) + 2:
            hour += 12
        exact = any(low.count(":") == 2 for low in lows)
        start = midnight + hour - SECOND / 2
        end = start + (SECOND if exact else MINUTE)
    if relation in ("before", "until", "till"):
        return Window(-math.inf, start)
    if relation == "by":
        return Window(-math.inf, end)
    if relation == "after":
        return Window(end, math.inf)
    return Window(start, end)


def _day(text: str, said: tuple[str, float], days: list[int], story: Story) -> int | None:
    """The number of the day that is meant, in the hours of the text divided by 24."""
    kind, value = said
    if kind == "date":
        if (written := _SLASHED.search(text)) and (rows := _rows_of(written[0], story)):
            return math.floor(rows[0].when / 24)
        day = int(value)
        if not re.search(r"\b\d{4}\b", text):  # no year was said: that of the text
            same = [d for d in days if d > 366 and _same_date(d, day)]
            return same[-1] if same else _in_year_of(days[-1], day) if days else day
        return day
    if kind == "week":
        if days and days[0] > 366:  # calendar days: 1 January of the year 1 was a Monday
            same = [d for d in days if (d - 1) % 7 == int(value)]
            if len(same) == 1:
                return same[0]
            if same:
                return None
            later = [d for d in range(days[0], days[-1] + 1) if (d - 1) % 7 == int(value)]
            return later[0] if len(later) == 1 else None
        told = [d for d in days if d >= 1 and (d - 1) % 7 == int(value)]
        return told[0] if len(told) == 1 else int(value) + 1
    if kind == "offset":
        clock = getattr(story.memory, "clock", None)
        anchor = (clock.anchor or 0.0) if isinstance(clock, Clock) else 0.0
        if days and days[0] > 366 and not anchor:
            return None  # "yesterday" of a log is nobody knows which day
        return math.floor(anchor / 24 + value)
    if kind == "next" and len(days) == 2:
        return days[1]  # "the next day" of a text of two
    return None


def _rows_of(written: str, story: Story) -> list[Clause]:
    """The rows of a log that have this date as it is written: whether the day or the month stands first is theirs."""
    return [c for c in story.clauses if written in story.moments.get(c.line, "")]


def _in_year_of(day: int, other: int) -> int:
    if day <= 366:
        return other
    said = date.fromordinal(other)
    return (date(date.fromordinal(day).year, said.month, 1).toordinal()) + said.day - 1


def _same_date(day: int, other: int) -> bool:
    one, two = date.fromordinal(day), date.fromordinal(other)
    return (one.month, one.day) == (two.month, two.day)


__all__ = ["Window", "asked_time"]
