"""The words of time expressions: parts of a day, units, phrases that are read over, what stands before."""

from __future__ import annotations

from recollect.english.lexicon import NUMBERS
from recollect.english.names import DAYS, MONTHS

PART_OF_DAY = {
    "dawn": 5.5, "sunrise": 6, "daybreak": 6, "breakfast": 7.5, "morning": 8, "noon": 12, "midday": 12,
    "lunchtime": 12.5, "lunch": 12.5, "afternoon": 14, "teatime": 16, "dusk": 18, "sunset": 18, "evening": 19,
    "dinnertime": 19, "suppertime": 19, "bedtime": 21.5, "night": 21, "nightfall": 20, "midnight": 24, "tonight": 21,
}  # fmt: skip
UNITS = {
    "second": 1 / 3600, "sec": 1 / 3600, "minute": 1 / 60, "min": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0,
    "month": 720.0, "year": 8760.0, "moment": 0.01, "hr": 1.0, "night": 24.0,
}  # fmt: skip
MONTH = (
    {name: n for n, name in enumerate(MONTHS, 1)}
    | {name[:3]: n for n, name in enumerate(MONTHS, 1)}
    | {"sept": 9}
)
DAY = {name: n for n, name in enumerate(DAYS)} | {name[:3]: n for n, name in enumerate(DAYS)} | {
    "tues": 1, "thur": 3, "thurs": 3}  # fmt: skip
PREPOSITIONS = frozenset(
    "at on in by around about during since until till from before after for of to within".split()
)
EVENTS = frozenset(
    "lunch breakfast dinner supper work school class tea midnight noon dark sunset dawn bed lessons practice".split()
)

PHRASES: dict[str, tuple[str, ...]] = {
    "later": (
        "after that", "following that", "after this", "later on", "a little later", "a bit later", "after a while",
        "a while later", "some time later", "sometime later", "shortly afterwards", "shortly after that",
        "soon afterwards", "soon after", "not long after", "after a moment", "a moment later", "moments later",
        "in the meantime", "in the middle of the night", "in the dead of night", "in the middle of the day",
        "in the middle of the afternoon", "in the middle of the morning", "at the same time", "at that moment", "at this point",
        "for a while", "for a moment", "for a long time", "for some time", "all day", "all night", "all the time",
        "by now", "one day", "one morning", "one afternoon", "one evening", "one night", "some day", "once upon a time", "before long", "after all",
        "from then on", "since then", "by then", "until then", "up to now", "so far", "later that",
        "from there", "just then", "just now",
        "from time to time", "every day", "each day", "every morning", "every evening",
        "every night", "this time", "next time", "for now", "at times", "all afternoon", "all morning", "all evening",
        "the whole day", "the whole time", "the other day", "these days", "a long time ago", "long ago", "a while ago",
        "some time ago", "for ages", "for good", "for ever", "in time", "on time", "at that time", "after a bit",
        "for hours", "for days", "for weeks", "for months", "for years", "for life", "for many years", "before that", "for a bit", "for a minute", "for a second",
        "as of now", "not long afterwards", "immediately afterwards", "straight after", "straight afterwards",
        "right after that", "a few moments later", "after some time", "a short while later", "a short time later",
    ),
}  # fmt: skip
_RESTS = tuple(f"for the rest of {whose} {span}" for whose in ("his", "her", "their", "my", "our", "its")
               for span in ("life", "days", "lives", "stay", "career"))  # fmt: skip
_RESTS += tuple(
    f"for the rest of the {span}"
    for span in "day night morning evening afternoon week month year summer winter trip journey lesson match".split()
)
_DAYS = "first second third fourth fifth sixth seventh final last same".split()
_ON_DAYS = tuple(
    f"on the {nth} {part}" for nth in _DAYS for part in ("day", "morning", "evening", "night")
)
READ_OVER: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
for _phrase in (*PHRASES["later"], *_ON_DAYS, *_RESTS):
    READ_OVER.setdefault(tuple(_phrase.split()[:2]), []).append(tuple(_phrase.split()))
for _list in READ_OVER.values():
    _list.sort(key=len, reverse=True)

STARTERS = (
    frozenset(words[0] for words in READ_OVER) | frozenset(DAY) | frozenset(MONTH) | PREPOSITIONS | frozenset(NUMBERS)
    | frozenset("yesterday today tomorrow tonight this that the next last later earlier half quarter one a an every few "
                "several afterwards noon midnight moments early late some couple between then".split())
)  # fmt: skip

SEASONS = frozenset("spring summer autumn winter weekend midnight noon".split())
PERIODS = frozenset(
    "week month year term semester weekend spring summer autumn winter fortnight season".split()
)
BARE_CLOCK = frozenset("at around about by since until till before after".split())
AFTER_CLOCK = frozenset(
    "in on the and he she they we i it but sharp at when then mary with to a an my his her our their nobody someone everyone somebody you this that all".split()
)
CLOCK_AFTER = frozenset("at by around about since until till before after from within".split())
ROUGHLY = tuple("about around approximately just exactly roughly nearly almost precisely".split())
DAY_AFTER = frozenset("in on at by during until since around before after till from".split())
DAY_PARTS = frozenset("day morning afternoon evening night".split())
SPANS = frozenset("week month year weekend minute".split())
NO_NIGHT = frozenset("shift guard watchman sky stand".split())
NO_PART = frozenset("shift paper dress tea room".split())
