"""The clock of a text: hours of the day and dates as numbers, and what one sentence says of them."""

from __future__ import annotations

import re
from datetime import date

_STRETCH = 8  # sentences without a time, after which a story is not told time by time
_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?::(\d{2}))?\s?([ap])?\.?m?\.?$")


class Clock:
    """Where a text has got to in time.

    Attributes:
        day: hours at the midnight of the current day.
        hour: hour of the day, or None.
        told: whether the text has said any time at all.
        sentence: the number of the sentence that said the last one.
    """

    def __init__(self) -> None:
        self.day, self.told, self.sentence = 0.0, False, 0
        self.hour: float | None = None
        self.anchor: float | None = None
        self.weekday = False  # whether a day of the week was the last day told

    @property
    def when(self) -> float:
        """The current time in hours."""
        return self.day + (self.hour or 0.0) if self.told else 0.0


class Span:
    """What the time expressions of a sentence say: absolute or relative to the clock."""

    __slots__ = ("after", "back", "day", "first", "future", "hour", "loose", "passing", "shift")

    def __init__(self) -> None:
        self.day: tuple[str, float] | None = None  # ("offset" | "week" | "date", value)
        self.hour: float | None = None
        self.loose = False  # a clock time without am or pm
        self.shift: float | None = None  # hours from the clock
        self.after: bool = False
        self.future = False
        self.back = False  # the sentence looks back: "On Monday he had been there"
        self.passing = False  # and says so before the time: "He had been there on Monday"
        self.first = False  # the time stands before all else: "Last night he was there"

    def set(self, clock: Clock, sentence: int) -> bool:
        """Move the clock to what a sentence said, and return whether that holds for it alone.

        A long stretch after the last time, an earlier hour is that of another day, and a day that
        is over ("... as they did last night") is looked back to.
        """
        if self.future or (self.day is None and self.hour is None and self.shift is None):
            return False
        far = sentence - clock.sentence > _STRETCH
        before, clock.sentence = clock.when, sentence
        self._move(clock)
        back = far and clock.when < before
        if back and self.day is None and self.shift is None:
            while clock.when < before:
                clock.day += 24
            return self.passing
        return self.passing or (
            back and not self.first and self.day is not None and self.day[0] == "offset"
        )

    def _move(self, clock: Clock) -> None:
        clock.told = True
        if self.shift is not None:
            total = clock.when + self.shift
            if abs(self.shift) >= 24:
                clock.day += self.shift
            else:
                clock.hour = total - clock.day
            if self.hour is None:
                return
        if self.day is not None:
            kind, value = self.day
            if kind == "offset":
                if clock.weekday and clock.anchor is None:
                    clock.anchor = clock.day + 48  # "Last Sunday ... Yesterday ..."
                clock.day = (clock.anchor or 0.0) + value * 24
            elif kind == "next":
                clock.day += value * 24
            elif kind == "week":
                day = value * 24 + 24
                if clock.weekday and not self.back:
                    while day < clock.day:
                        day += 168  # "On Friday ... On Monday ..."
                clock.day, clock.weekday = day, True
            else:
                clock.day = value * 24
                clock.anchor = clock.day
            clock.hour = None
        if self.hour is not None:
            hour = self.hour
            if self.loose and hour < 7 and clock.hour is not None and clock.hour >= 7:
                hour += 12
            clock.hour = hour


def parse_clock(text: str) -> tuple[float, bool] | None:
    """Hour of the day of "9:15", "9.15 am", "3pm", "14:00"; and whether am or pm is missing."""
    match = _CLOCK.match(text.lower().strip())
    if not match:
        return None
    hour, minute, second, half = match.groups()
    value = int(hour) + int(minute or 0) / 60 + int(second or 0) / 3600
    if int(hour) > 24 or int(minute or 0) > 59:
        return None
    if half:
        value = value % 12 + (12 if half == "p" else 0)
        return value, False
    return value, len(hour) == 1 or not minute


def parse_date(text: str) -> float | None:
    """Days of the calendar of "2024-03-12", "12/03/2024" (day first unless that cannot be)."""
    try:
        if match := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
            return float(date(*map(int, match.groups())).toordinal())
        if match := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{2,4})", text):
            first, second, year = map(int, match.groups())
            year += 2000 if year < 100 else 0
            day, month = (second, first) if second > 12 else (first, second)
            return float(date(year, month, day).toordinal())
    except ValueError:
        return None
    return None
