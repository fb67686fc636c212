"""Names as written: a run of capital words with its title."""

from __future__ import annotations

import re

from recollect.english.items import Mention
from recollect.english.morphology import singular
from recollect.english.names import CITIES, DAYS, MONTHS, NAMES, TITLES, WORDS_TOO
from recollect.english.noun_bounds import NounBounds
from recollect.english.nouns import KIND, PERSONS
from recollect.english.scanner import _SMALL

_TRADES = frozenset("mr mrs ms miss mister dr prof".split())
_SERIAL = re.compile(r"[a-z]{2,5}-?\d{2,}[a-z]?")


class NamePhrases(NounBounds):
    """Reads names."""

    def _titled(self, at: int) -> bool:
        """Whether a title begins a name here: "Mr Osei", "Dr. Osei"."""
        return self.low(at) in TITLES and (self.capital(at + 1) or self.low(at + 1) == ".")

    def _bare_name(self, at: int, det: str) -> tuple[Mention, int]:
        """A run of names with its titles."""
        words, j = self.raws, at + self._fond(at)
        texts: list[str] = []
        title = ""
        gender: str | None = None
        lower = not self.capital(j)
        while j < len(words):
            raw = words[j]
            if (
                raw.low == "."
                and texts
                and (texts[-1].lower() in TITLES or len(texts[-1]) == 1)
                and self.capital(j + 1)
            ):
                j += 1
                continue
            if not raw.low[0].isalpha():
                if (
                    texts
                    and raw.low[0].isdigit()
                    and raw.low.isdigit()
                    and not lower
                    and len(raw.low) < 4
                ):
                    texts.append(raw.text)  # "Platform 9"
                    j += 1
                break
            if texts:
                lettered = raw.text == "A" and KIND.get(texts[-1].lower()) in ("place", "box")
                if raw.low in _SMALL and not (
                    (raw.low in WORDS_TOO and self.capital(j)) or lettered
                ):
                    break
                if lower:
                    break
                if not self.capital(j) and raw.low not in ("von", "de", "la", "di"):
                    break
                if raw.low in MONTHS + DAYS and raw.low not in WORDS_TOO:
                    break
            if gender is None or gender == "":
                gender = NAMES.get(raw.low, WORDS_TOO.get(raw.low, gender))
            if not texts and self._titled(j):
                title = raw.low
                gender = TITLES[raw.low] or None
            texts.append(raw.text)
            j += 1
        name = " ".join(texts)
        lows = [text.lower() for text in texts]
        mention = Mention(name, name, lows[-1])
        mention.proper = True
        mention.mods = frozenset(low for low in lows if low != title or len(lows) == 1)
        mention.kind = "name"
        if title and title not in _TRADES and lows[-1] not in KIND:
            mention.extra = (title,)
        last = (
            singular(lows[-1])
            if not lows[-1].isdigit()
            else singular(lows[-2])
            if len(lows) > 1
            else ""
        )
        if (len(lows) > 1 or det) and not title and last in KIND:
            mention.kind = KIND[last]
            if lows[-1].isdigit() or len(lows[-1]) == 1 or det:
                mention.head, mention.proper = last, False
                mention.number = lows[-1] if lows[-1].isdigit() else ""
                mention.mods = frozenset(lows[: -2 if mention.number else -1])
            elif KIND[last] == "person":
                mention.kind = "name"
        elif len(lows) > 1 and len(lows[-1]) == 1 and singular(lows[-2]) in KIND:
            mention.kind, mention.proper = KIND[singular(lows[-2])], False
            mention.head, mention.number = singular(lows[-2]), lows[-1]
            mention.mods = frozenset(lows[:-2])
        elif (
            lows[0] in CITIES
            and (lows[0] not in NAMES or lows[0] in ("paris", "florence", "sydney"))
        ) or (
            lows[0]
            in ("lake", "mount", "mt", "port", "fort", "cape", "san", "new", "north", "south")
            and len(lows) > 1
        ):
            mention.kind = "place"
        elif (
            len(lows) == 1 and lows[0] in KIND and lows[0] not in NAMES and lows[0] not in WORDS_TOO
        ):
            mention.kind, mention.proper = KIND[lows[0]], False
            mention.mods, mention.gender = frozenset(), PERSONS.get(lows[0], "")
        elif len(lows) == 1 and "-" in lows[0] and lows[0].partition("-")[0] in KIND:
            mention.kind = KIND[lows[0].partition("-")[0]]
        elif len(lows) == 1 and _SERIAL.fullmatch(lows[0]):
            mention.kind = "thing"
        elif det and len(lows) >= 1 and lows[0] not in NAMES:
            mention.kind = "noun"
        if mention.kind == "name":
            surname = title and not TITLES[title] and len(lows) == 2
            mention.gender = "" if surname else gender or ""
        elif mention.kind != "person":
            mention.gender = "n"
        mention.det = det
        return mention, j
