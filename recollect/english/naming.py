"""The words that a text uses as names."""

from __future__ import annotations

import re

from recollect.english.lexicon import MODALS
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import CITIES, DAYS, MONTHS, NAMES, WORDS_TOO
from recollect.english.nouns import ADJECTIVES
from recollect.english.scanner import _SMALL, _noun
from recollect.english.sentences import Sentence as Line

_CAPITAL = re.compile(r"(?<![.!?\"'\w-])(?<=[\w,;] )([A-Z][\w-]*[a-z][\w-]*)")
_STAMP = re.compile(r"^[\d:.]+(?: ?[ap]\.?m\.?)?[ ,:-]+")
_WORD = re.compile(r"[A-Za-z][\w'-]*")


def find_names(lines: list[Line]) -> frozenset[str]:
    """Words (in small letters) that a text uses as names: capitals inside a sentence, known first names."""
    found: set[str] = set()
    for line in lines:
        text = _STAMP.sub("", line.text)
        for capital in _CAPITAL.finditer(text):
            low = capital.group(1).lower()
            if (low not in _SMALL and low not in MONTHS and low not in DAYS and not _noun(low)) or (
                low in WORDS_TOO and low not in MONTHS and (not _noun(low) or low in NAMES)
            ):
                found.add(low)
        first = _WORD.match(text)
        if first and first.group()[0].isupper():
            low = first.group().lower()
            if low in WORDS_TOO:
                rest = _WORD.match(text[first.end() :].lstrip())
                if rest and (
                    rest.group().lower() in _FINITE
                    or (low in MODALS and rest.group().lower() in MODALS)
                ):
                    found.add(low)
            elif not (
                low in _SMALL
                or _noun(low)
                or low in VERB_FORMS
                or low in ADJECTIVES
                or low.endswith("ly")
            ):
                found.add(low)
    return frozenset(found - {"i"}) - CITIES | frozenset(n for n in found if n in CITIES)


_FINITE = frozenset(
    form for form, readings in VERB_FORMS.items() if any(kind in ("past", "s") for _, kind in readings)
    and not any(kind == "base" for _, kind in readings)
)  # fmt: skip
