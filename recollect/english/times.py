"""Time expressions: what a sentence says of when, taken out of it and turned into a number of hours.

Hours count from midnight of the day on which a text begins ("today"); a calendar date counts from the first day of the
calendar. A text without any time expression stays at 0.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import date

from recollect.english.clock import Span, parse_clock
from recollect.english.hours import Hours
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import DAYS
from recollect.english.time_words import (
    BARE_CLOCK,
    CLOCK_AFTER,
    DAY,
    DAY_AFTER,
    DAY_PARTS,
    EVENTS,
    MONTH,
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

_SEASONS = frozenset("spring summer autumn winter".split())
_PAST = frozenset(
    "spring summer autumn winter weekend christmas easter term semester season".split()
)


_CLAUSE_ENDS = frozenset(", ; : - and but then so".split())
_BETWEEN = frozenset("not never already just only also even n't".split())


class _Reader(Hours):
    """Takes the time expressions out of a list of raw tokens."""

    def read(self, quoted: bool) -> None:
        """Read all tokens; of what is quoted the times are taken out and tell nothing."""
        at = 0
        while at < len(self.raws):
            quoted ^= self.raws[at].low == '"'
            said = copy(self.span)
            width = (
                self._expression(at)
                if self.raws[at].low in STARTERS or self.raws[at].low[0].isdigit()
                else 0
            )
            if width and (quoted or self.low(at + width) == "'s"):
                self.span = said  # nobody's "last night's victory" is at night
                width += self.low(at + width) == "'s"
            elif width:
                self.span.passing, self.span.first = self._had(), not self.kept
            if width:
                at += width
                if self.low(at) == "," and (not self.kept or self.kept[-1].low == ","):
                    at += 1
            else:
                self.kept.append(self.raws[at])
                at += 1

    def _had(self) -> bool:
        """Whether the clause so far is in the past perfect: "she had left"."""
        for at in range(len(self.kept) - 1, -1, -1):
            if self.kept[at].low in _CLAUSE_ENDS:
                return False
            if self.kept[at].low == "had":
                after = [raw.low for raw in self.kept[at + 1 :] if raw.low not in _BETWEEN][:1]
                return any(form == "part" for word in after for _, form in VERB_FORMS.get(word, ()))
        return False

    def _expression(self, at: int) -> int:
        """The width of the time expression at a token, or 0; notes what it says."""
        low = self.low(at)
        if low == "in" and self.low(at + 1) in _SEASONS and not self._names(at + 2):
            return 2  # "in spring"
        if at == 0 and low == "in" and self.low(1) == "the" and self.low(2) in SEASONS:
            return 3  # "In the spring the beekeeper": anywhere else it may be a well
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
            if not width and skip == 2 and self.low(at + 2) == "the":  # "Early in the morning"
                width = self._part(at + 3) and 1 + self._part(at + 3)
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

    def _thing_follows(self, at: int) -> bool:
        """Whether what "ten minutes before" goes by is named with an article."""
        return self.low(at) in ("the", "a", "an", "his", "her", "their", "our", "my")

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
        if (width := self._period(at)) > 0:
            return width
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
        if low == "next" and after in DAY_PARTS and at == 0:
            self.span.day = ("next", 1)
            return 1 + (self._part(at + 1) or 1)
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
            if tail in ("before", "after") and self._thing_follows(k + 2):
                self.span.shift = amount if tail == "after" else self.span.shift
                return k + 1 - at  # "Ten minutes before the start, ..."
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


def take_times(raws: list[Raw], *, quoted: bool = False) -> tuple[list[Raw], Span]:
    """The tokens without their time expressions, and what those said that stand outside quotes.

    Args:
        raws: the tokens of a sentence.
        quoted: whether it begins inside of a quotation.
    """
    reader = _Reader(raws)
    reader.read(quoted)
    reader.span.back = any(raw.low == "had" for raw in raws)
    return reader.kept, reader.span
