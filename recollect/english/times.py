"""Time expressions: what a sentence says of when, taken out of it and turned into a number of hours.

Hours count from midnight of the day on which a text begins ("today"); a calendar date counts from the first day of the
calendar. A text without any time expression stays at 0.
"""

from __future__ import annotations

import re
from datetime import date

from recollect.english.clock import Span, parse_clock, parse_date
from recollect.english.lexicon import NUMBERS
from recollect.english.names import DAYS, NAMES
from recollect.english.time_words import (
    AFTER_CLOCK,
    BARE_CLOCK,
    CLOCK_AFTER,
    DAY,
    DAY_AFTER,
    DAY_PARTS,
    EVENTS,
    MONTH,
    NO_NIGHT,
    NO_PART,
    PART_OF_DAY,
    PREPOSITIONS,
    READ_OVER,
    ROUGHLY,
    SEASONS,
    SPANS,
    STARTERS,
    UNITS,
)
from recollect.english.tokens import Raw

_PAST = frozenset(
    "spring summer autumn winter weekend christmas easter term semester season".split()
)


class _Reader:
    """Takes the time expressions out of a list of raw tokens."""

    def __init__(self, raws: list[Raw]) -> None:
        self.raws, self.span = raws, Span()
        self.kept: list[Raw] = []

    def low(self, at: int) -> str:
        return self.raws[at].low if 0 <= at < len(self.raws) else ""

    def read(self) -> None:
        at = 0
        while at < len(self.raws):
            width = (
                self._expression(at)
                if self.raws[at].low in STARTERS or self.raws[at].low[0].isdigit()
                else 0
            )
            if width:
                at += width
                if self.low(at) == "," and (not self.kept or self.kept[-1].low == ","):
                    at += 1
            else:
                self.kept.append(self.raws[at])
                at += 1

    def _expression(self, at: int) -> int:
        """The width of the time expression at a token, or 0; notes what it says."""
        low = self.low(at)
        for words in READ_OVER.get((low, self.low(at + 1)), ()):
            if all(self.low(at + k) == word for k, word in enumerate(words)):
                if words[-1] == "that" and self._noun_follows(at + len(words)):
                    continue
                if words == ("the", "whole", "time") or words[0] != "later" or words[-1] != "that":
                    return len(words)
        if low == "later" and self.low(at + 1) == "that":
            width = self._core(at + 2)
            return 2 + width if width else 0
        if low in ("one", "every", "each") and (
            self.low(at + 1) in SEASONS or self.low(at + 1) in DAYS
        ):
            return 2
        width = self._core(at)
        if width:
            return width
        if low in ("early", "late"):
            skip = 2 if self.low(at + 1) in ("in", "on") else 1
            width = self._core(at + skip) or (
                self._core(at + skip + 1) and 1 + self._core(at + skip + 1)
            )
            return width + skip if width else 0
        if low in ("since", "until", "till", "by"):  # how long, not when
            said = (self.span.day, self.span.hour, self.span.shift)
            width = self._prepositional(at)
            self.span.day, self.span.hour, self.span.shift = said
            return width
        if low in PREPOSITIONS:
            return self._prepositional(at)
        return 0

    def _noun_follows(self, at: int) -> bool:
        low = self.low(at)
        return (
            bool(low)
            and low[0].isalpha()
            and low in ("night", "day", "morning", "evening", "afternoon")
        )

    def _prepositional(self, at: int) -> int:
        """With a preposition: "at 9:15", "in the morning", "on Monday", "from 9 to 5"."""
        low, j = self.low(at), at + 1
        if low in ("of", "to", "after") and not (
            low == "after" and self.low(j) in EVENTS | {"midnight"}
        ):
            if low != "after":
                return 0
        if low in CLOCK_AFTER:
            for word in ROUGHLY:
                j += self.low(j) == word
            width = self._clock(j, bare=low in BARE_CLOCK)
            if width:
                width += self.low(j + width) in ("hours", "hrs", "h")
                if low == "from" and self.low(j + width) in ("to", "until", "till"):
                    hour = self.span.hour
                    more = self._clock(j + width + 1, bare=True)
                    self.span.hour = hour
                    return j + width + 1 + more - at if more else j + width - at
                return j + width - at
        if low in DAY_AFTER:
            k = j + (self.low(j) in ("the", "that", "this"))
            for word in ("early", "late", "following", "same", "very", "next"):
                if self.low(k) == word:
                    if word in ("following", "next"):
                        self.span.day = ("next", 1)
                    k += 1
            if low == "on" and self.low(k) in UNITS and self.low(k) == "day":
                return 0
            width = self._part(k) or self._day(k)
            if width:
                return k + width - at
            if (
                low in ("after", "before", "during", "at", "until")
                and self.low(k) in EVENTS
                and k == j
            ):
                after = self.low(k + 1)
                if not after or not after[0].isalnum() or low != "at":
                    return 0 if low == "at" and self.low(k) not in ("lunch", "dawn") else k + 1 - at
        if low in ("in", "for", "within", "after", "before", "since", "at"):
            k = self._quantity(j)
            if k and self._unit(k):
                shift = self._amount(j) * UNITS[self._unit(k)]
                if low == "after":
                    self.span.shift = shift
                return k + 1 - at + ((self.low(k + 1) == "or" and 2) or 0)
        if low == "in" and re.fullmatch(r"(19|20)\d\d", self.low(j) or ""):
            self.span.day = ("date", float(date(int(self.low(j)), 1, 1).toordinal()))
            return 2
        return 0

    def _core(self, at: int) -> int:
        """Expressions without a preposition."""
        low, after = self.low(at), self.low(at + 1)
        if low in ("yesterday", "today", "tomorrow"):
            self.span.day = ("offset", {"yesterday": -1, "today": 0, "tomorrow": 1}[low])
            self.span.future = low == "tomorrow"
            return 1 + self._part(at + 1)
        if low == "tonight":
            self.span.day, self.span.hour = ("offset", 0), 21
            return 1
        if low == "this" and after in PART_OF_DAY:
            self.span.day = ("offset", 0)
            return 1 + self._part(at + 1)
        if low == "that" and after in ("same", "very") and self.low(at + 2) in DAY_PARTS:
            return 2 + (self._part(at + 2) or 1)
        if low == "that" and after in ("morning", "afternoon", "evening", "night", "day"):
            return 1 + (self._part(at + 1) or 1)
        if low == "last" and after in ("night", "evening"):
            self.span.day, self.span.hour = ("offset", -1), PART_OF_DAY[after]
            return 2
        if low == "last" and after in ("week", "month", "year"):
            self.span.day = ("offset", {"week": -7, "month": -30, "year": -365}[after])
            return 2
        if low == "last" and after in _PAST:
            self.span.day = ("offset", -7 if after == "weekend" else -180)
            return 2
        if low in ("last", "next", "this") and after in DAY and len(after) > 3:
            self._day(at + 1)
            if low == "next":
                self.span.future = True
            return 2 + self._part(at + 2)
        if low == "next" and after in ("week", "month", "year"):
            self.span.future = True
            return 2
        if low == "the":
            if after in ("next", "following") and self.low(at + 2) in DAY_PARTS:
                self.span.day = ("next", 1)
                return 2 + (self._part(at + 2) or 1)
            if after in ("next", "following") and self.low(at + 2) in SPANS:
                self.span.day = ("next", UNITS.get(self.low(at + 2), 168.0) / 24)
                return 3
            if after in ("same",) and self.low(at + 2) in DAY_PARTS:
                return 2 + (self._part(at + 2) or 1)
            if after == "day" and self.low(at + 2) in ("before", "after"):
                if self.low(at + 3) in ("yesterday", "tomorrow"):
                    self.span.day = ("offset", -2 if self.low(at + 3) == "yesterday" else 2)
                    return 4
                if not self.low(at + 3) or self.low(at + 3) in ",.":
                    self.span.day = ("next", -1 if self.low(at + 2) == "before" else 1)
                    return 3
        k = self._quantity(at)
        if k and self._unit(k):
            tail = self.low(k + 1)
            amount = self._amount(at) * UNITS[self._unit(k)]
            if tail in ("later", "afterwards", "after"):
                self.span.shift = amount
                return k + 2 - at
            if tail in ("earlier", "before", "previously") and not (self.low(k + 2)[:1].isalnum()):
                self.span.shift = -amount
                return k + 2 - at
            if tail == "ago":
                if amount >= 24:
                    self.span.day = ("offset", -amount / 24)
                return k + 2 - at
        if low in DAY and len(low) > 3 and (self.raws[at].text[0].isupper() or low.endswith("day")):
            if (
                at == 0
                or not self.kept
                or self.kept[-1].low in (",", "and", ":", "-")
                or self._part(at + 1)
            ):
                return self._day(at)
        if (
            low in MONTH
            and len(low) > 2
            and low not in ("may", "mar", "march", "june", "april", "august")
        ):
            return self._day(at) if after[:1].isdigit() else 0
        if low[:1].isdigit():
            width = self._day(at)
            if width:
                return width
            found = parse_clock(low)
            if (
                found
                and (":" in low or "m" in low)
                and not (at and self.low(at - 1) in ("room", "bay", "unit"))
            ):
                self.span.hour, self.span.loose = found
                return 1 + (self.low(at + 1) in ("hours", "hrs", "h"))
            return self._clock(at, bare=False)
        if low in ("noon", "midnight", "midday") and not self.kept:
            return self._part(at)
        return 0

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
        elif low in MONTH and re.match(r"\d{1,2}(st|nd|rd|th)?$", after):
            day, month, j = int(re.match(r"\d+", after)[0]), MONTH[low], at + 2  # type: ignore[index]
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


def take_times(raws: list[Raw]) -> tuple[list[Raw], Span]:
    """The tokens without their time expressions, and what those said."""
    reader = _Reader(raws)
    reader.read()
    reader.span.back = any(raw.low == "had" for raw in raws)
    return reader.kept, reader.span
