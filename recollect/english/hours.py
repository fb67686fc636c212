"""Hours, days and dates as they are written: "half past nine", "3 pm", "Monday morning", "12 March"."""

from __future__ import annotations

import re
from datetime import date

from recollect.english.clock import Span, parse_clock, parse_date
from recollect.english.lexicon import NUMBERS
from recollect.english.names import NAMES
from recollect.english.nouns import KIND
from recollect.english.time_words import (
    AFTER_CLOCK,
    DAY,
    MONTH,
    NO_NIGHT,
    NO_PART,
    PART_OF_DAY,
    PERIODS,
    UNITS,
)
from recollect.english.tokens import Raw

_NO_TIME = frozenset("'s ' - of was is were has had will".split())


class Hours:
    """Reads what a stretch of tokens says of when; the width of it is 0 where it says nothing.

    Args:
        raws: the tokens of a sentence.
    """

    def __init__(self, raws: list[Raw]) -> None:
        self.raws, self.span = raws, Span()
        self.kept: list[Raw] = []

    def low(self, at: int) -> str:
        """The token at a position in small letters, or ""."""
        return self.raws[at].low if 0 <= at < len(self.raws) else ""

    def _unit(self, at: int) -> str:
        low = self.low(at)
        return low if low in UNITS else low[:-1] if low.endswith("s") and low[:-1] in UNITS else ""

    def _quantity(self, at: int) -> int:
        """Where the unit after a quantity stands ("a few", "two", "half an"), or 0."""
        low = self.low(at)
        if low in ("a", "an", "another", "one"):
            if self.low(at + 1) in ("few", "couple"):
                return at + 2 + (self.low(at + 2) == "of")
            return at + 1 + (self.low(at + 1) in ("short", "long", "whole"))
        if low == "half" and self.low(at + 1) in ("a", "an"):
            return at + 2
        if low in ("several", "some", "few", "many"):
            return at + 1
        if low in NUMBERS or low.isdigit():
            return at + 1 + (self.low(at + 1) in ("more", "whole", "full", "long"))
        return 0

    def _amount(self, at: int) -> float:
        low = self.low(at)
        if low in ("a", "an", "one", "another"):
            return {"few": 3.0, "couple": 2.0}.get(self.low(at + 1), 1.0)
        if low == "half":
            return 0.5
        if low.isdigit():
            return float(low)
        return float(NUMBERS.get(low, 3))

    def _clock(self, at: int, bare: bool) -> int:
        """A clock time: 9:15, 3 pm, nine o'clock, half past nine, quarter to ten; a bare number after "at"."""
        low, after = self.low(at), self.low(at + 1)
        if low in ("half", "quarter") or (low == "a" and after == "quarter"):
            j = at + 1 + (low == "a")
            if self.low(j) in ("past", "to") and (hour := self._hour(j + 1)) is not None:
                part = 0.5 if low == "half" else 0.25
                self.span.hour = hour + part if self.low(j) == "past" else hour - part
                self.span.loose = True
                return j + 2 - at + (self.low(j + 2) == "o'clock")
            return 0
        hour = self._hour(at)
        if hour is not None:
            if (
                after in ("past", "to")
                and (next_hour := self._hour(at + 2)) is not None
                and hour < 60
            ):
                self.span.hour = next_hour + (hour if after == "past" else -hour) / 60
                self.span.loose = True
                return 3
            if after == "o'clock":
                self.span.hour, self.span.loose = hour, True
                return 2 + self._half(at + 2)
            if after in ("am", "pm", "a.m", "p.m"):
                self.span.hour, self.span.loose = hour % 12 + (12 if after[0] == "p" else 0), False
                return 2
            follows = after[:1].isalpha() and after not in AFTER_CLOCK
            if (
                bare
                and hour <= 24
                and (not follows or self.raws[at + 1].text[0].isupper() or after in NAMES)
            ):
                self.span.hour, self.span.loose = hour, True
                return 1 + self._half(at + 1)
            return 0
        if low[:1].isdigit() and (":" in low or "." in low or low.rstrip(".").endswith("m")):
            found = parse_clock(low)
            if found:
                self.span.hour, self.span.loose = found
                return 1 + self._half(at + 1)
        return 0

    def _names(self, at: int) -> bool:
        """Whether a noun follows that belongs to the word before: "summer dress"."""
        after = self.low(at)
        noun = KIND.get(after) or KIND.get(f"{self.low(at - 1)}_{after}")
        return bool(noun) and not self.raws[at].text[0].isupper()

    def _period(self, at: int) -> int:
        """A stretch of days: "this week", "all summer", "the whole month", "that year"."""
        low, j = self.low(at), at + 1
        if low in ("the", "that", "this") and self.low(j) in ("whole", "entire"):
            j += 1
        elif low not in ("this", "that", "all"):
            return 0
        if self.low(j) not in PERIODS:
            return 0
        j += self.low(j + 1) == "long" and low == "all"
        after = self.low(j + 1)
        if after in _NO_TIME or self._names(j + 1):
            return 0  # "this year's apples", "that summer dress", "this week was hard"
        return j + 1 - at

    def _half(self, at: int) -> int:
        """The half of the day after a clock time: "in the morning"."""
        if (
            self.low(at) == "in"
            and self.low(at + 1) == "the"
            and self.low(at + 2) in ("morning", "afternoon", "evening")
        ):
            if self.low(at + 2) != "morning" and self.span.hour is not None and self.span.hour < 12:
                self.span.hour += 12
            self.span.loose = False
            return 3
        if self.low(at) == "at" and self.low(at + 1) == "night":
            if self.span.hour is not None and self.span.hour < 12:
                self.span.hour += 12
            self.span.loose = False
            return 2
        if self.low(at) in ("sharp",):
            return 1
        return 0

    def _hour(self, at: int) -> float | None:
        low = self.low(at)
        if low.isdigit() and len(low) <= 2:
            return float(low)
        if low in NUMBERS and NUMBERS[low] <= 30:
            return float(NUMBERS[low])
        return None

    def _part(self, at: int) -> int:
        low = self.low(at)
        if low in PART_OF_DAY and low not in ("lunch", "breakfast"):
            if low == "night" and self.low(at + 1) in NO_NIGHT:
                return 0
            if low in ("morning", "afternoon", "evening") and self.low(at + 1) in NO_PART:
                return 0
            self.span.hour, self.span.loose = PART_OF_DAY[low], False
            return 1
        return 0

    def _day(self, at: int) -> int:
        """A weekday or a date, with the part of the day after it."""
        low = self.low(at)
        if low in DAY and (
            len(low) > 3 or (self.raws[at].text[0].isupper() and low not in ("sat", "sun"))
        ):
            self.span.day = ("week", float(DAY[low]))
            width = 1
            more = self._part(at + 1)
            if not more and self.low(at + 1) in ("the", ",") and self._date(at + 1 + 1):
                more = 1 + self._date(at + 2)
            return width + (more or self._date(at + 1))
        return self._date(at)

    def _date(self, at: int) -> int:
        low, after = self.low(at), self.low(at + 1)
        if not low:
            return 0
        if low == "the":
            return 0
        found = parse_date(low)
        if found is not None:
            self.span.day = ("date", found)
            return 1
        digits = re.match(r"(\d{1,2})(st|nd|rd|th)?$", low)
        j, day, month = at, 0, 0
        if digits and (after in MONTH or (after == "of" and self.low(at + 2) in MONTH)):
            day = int(digits[1])
            j = at + (2 if after in MONTH else 3)
            month = MONTH[self.low(j - 1)]
        elif low in MONTH and (number := re.match(r"(\d{1,2})(?:st|nd|rd|th)?$", after)):
            day, month, j = int(number[1]), MONTH[low], at + 2
        elif (
            low in MONTH
            and (len(low) > 3 or low == "may")
            and self.low(at - 1) in ("in", "since", "during")
        ):
            day, month, j = 1, MONTH[low], at + 1
        else:
            return 0
        year = 2000
        k = j + (self.low(j) == ",")
        if re.fullmatch(r"(19|20)\d\d", self.low(k) or ""):
            year, j = int(self.low(k)), k + 1
        try:
            self.span.day = ("date", float(date(year, month, day).toordinal()))
        except ValueError:
            return 0
        return j - at
