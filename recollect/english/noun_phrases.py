"""Noun phrases: determiners, owners, modifiers and head; names with their titles; appositions."""

from __future__ import annotations

import re

from recollect.english.items import Mention
from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    DETERMINERS,
    MEASURES,
    NUMBERS,
    PARTS,
    PHRASE_STARTS,
    PORTIONS,
)
from recollect.english.morphology import singular
from recollect.english.names import CITIES, DAYS, MONTHS, NAMES, TITLES, WORDS_TOO
from recollect.english.noun_bounds import NounBounds
from recollect.english.nouns import ADJECTIVES, ANIMALS, KIND, PERSONS
from recollect.english.scanner import _NOUN_TOO, _SMALL, _kind, _noun

_TRADES = frozenset("mr mrs ms miss mister dr prof".split())
_PICKING = frozenset("def a my his her our their your".split())
_ONE = frozenset("the a this that his her my our their".split())
_SERIAL = re.compile(r"[a-z]{2,5}-?\d{2,}[a-z]?")


class NounPhrases(NounBounds):
    """Reads noun phrases."""

    def noun_phrase(self, at: int) -> tuple[Mention, int] | None:
        """The noun phrase that begins at a token, and where it ends."""
        j, det, words = at, "", self.raws
        while j < len(words):  # "all the", "both my", "these two"
            low = words[j].low
            phrases = PHRASE_STARTS.get((low, words[j + 1].low)) if j + 1 < len(words) else None
            phrase = next(
                (p for p in phrases or () if p[1] == "det" and self._matches(j, p[0])), None
            )
            if phrase:
                det, j = phrase[2], j + len(phrase[0])
            elif low in DETERMINERS and not (
                low in ("her", "that", "his", "all", "both", "half")
                and not self._run_at(j + 1)
                and not (low in ("all", "both", "half") and self.low(j + 1) in DETERMINERS)
            ):
                det, j = DETERMINERS[low] if det != "no" else "no", j + 1
            elif (
                (low in NUMBERS or low.isdigit())
                and self._run_at(j + 1)
                and not self.capital(j + 1)
            ):
                det, j = det or "a", j + 1
            else:
                break
        if j > at and j < len(words) and words[j].low in ("other",) and self._run_at(j + 1):
            det, j = "other", j + 1
        if self.known and (kept := self._known(j)):
            return kept
        mention: Mention | None = None
        if j < len(words) and self.is_name(j) and not (det and not self.capital(j)):
            mention, j = self._name(j, det)
            mention, j = self._of_trade(mention, j)
        elif j < len(words):
            found = self._run(j, det)
            if found:
                mention, j = found
        if mention is None:
            return None
        while self.low(j) == "'s" and (self._possessive(j)):
            owner = mention
            found = self._run(j + 1, "owner") or (
                self._name(j + 1, "") if self.capital(j + 1) else None
            )
            if not found:
                break
            mention, j = found
            mention.owner = owner
            if not mention.proper:  # "Ann's waiter Tom" is Tom
                mention.name = f"{owner.name}'s {mention.name}"
            mention.det = "owner"
        else:
            if self.low(j) == "'" and mention.plural and self._run_at(j + 1):
                owner = mention
                found = self._run(j + 1, "owner")
                if found:
                    mention, j = found
                    mention.owner, mention.name = owner, f"{owner.name}' {mention.name}"
        if self.low(j) == "'s" and self._premises(mention, j):
            mention.kind, mention.gender, mention.plural = "place", "n", False
            mention.name, mention.head = f"{mention.name}'s", f"{mention.head}'s"
            mention.mods = mention.mods | {mention.head} if not mention.proper else frozenset(
                (mention.name.lower(),)
            )  # fmt: skip
            mention.extra = ()
            j += 1
        if self.low(j) == "of" and not mention.proper:
            mention, j = self._of(mention, j)
        unnamed = not mention.proper or (mention.kind == "noun" and det == "a")  # "an American"
        if self.low(j) in ("called", "named") and unnamed and self.is_name(j + 1):
            named, j = self._name(j + 1, "")  # "a girl called Ann"
            named.extra = (mention.head,)
            named.gender = named.gender or mention.gender
            mention = named
        if mention.proper and not mention.owner:
            j = self._byname(mention, j)
        if det and mention.det == "":
            mention.det = det
        mention.text = (
            " ".join(raw.text for raw in words[at:j]).replace(" 's", "'s").replace(" .", ".")
        )
        return mention, j

    def _of_trade(self, mention: Mention, at: int) -> tuple[Mention, int]:
        """Take "Customs officer Brandt" for one person: a capital word, a trade, a name."""
        trade = self.low(at)
        if KIND.get(trade) != "person" or self.capital(at) or not self.is_name(at + 1):
            return mention, at
        if mention.head in NAMES or mention.det or self.items or not self.capital(at + 1):
            return mention, at
        person, j = self._name(at + 1, "")
        person.extra = (*person.extra, trade)
        person.gender = person.gender or PERSONS.get(trade, "")
        return person, j

    def _byname(self, mention: Mention, at: int) -> int:
        """Take in "the goblin" after "Xix": what somebody is beside the name."""
        if self.low(at) != "the" or (
            self.verb_seen and self.previous() not in ("prep", "sub", "p", "co")
        ):
            return at
        found = self._run(at + 1, "def")
        if not found or found[0].proper or found[0].plural:
            return at
        noun, j = found
        if self.verb_seen and self.items[-1].token == "to":
            return at
        if noun.kind in ("place", "box") or (noun.kind == "thing" and noun.head not in ANIMALS):
            return at
        mention.extra = (*mention.extra, noun.head)
        mention.gender = mention.gender or noun.gender
        return j

    def _apposition(self, mention: Mention, at: int) -> tuple[Mention, int]:
        """Bring "the best man, Curtis," and "Curtis, the best man," to one name with an alias."""
        if self.low(at) != "," or not (
            mention.kind in ("name", "person") or mention.head in ANIMALS
        ):
            return mention, at
        named = mention.proper
        if (
            (self.is_name(at + 1) if named else self.starts_noun_phrase(at + 1) is False)
            or mention.det == "self"
            or mention.plural
        ):
            return mention, at
        if named and DETERMINERS.get(self.low(at + 1)) not in _PICKING:
            return mention, at
        if not named and mention.det not in _PICKING and not mention.owner:
            return mention, at
        found = self.noun_phrase(at + 1)
        if not found or found[0].proper == named or found[0].plural:
            return mention, at
        other, j = found
        if (other if named else mention).kind != "person" and other.head not in ANIMALS:
            return mention, at
        if other.proper and other.kind != "name":
            return mention, at
        end = self.low(j)
        if end not in (",", ".", "", "!", "?") or self.low(j + 1) in ("and", "or"):
            return mention, at
        if end != "," and not self.verb_seen:
            return mention, at
        name, noun = (mention, other) if named else (other, mention)
        name.det = name.det if named else mention.det
        name.extra = (*name.extra, noun.head)
        name.gender = name.gender or noun.gender
        name.text = " ".join(raw.text for raw in self.raws[at - 1 : j]) if named else name.text
        return name, j + (end == ",")

    def _run(self, at: int, det: str) -> tuple[Mention, int] | None:
        """Modifiers and head."""
        words, j, parts, head_at = self.raws, at, [], -1
        while j < len(words):
            low = words[j].low
            if not low[0].isalnum():
                break
            noun, adjective = _noun(low), low in ADJECTIVES
            forms = self.forms(j)
            verb = bool(forms)
            if low in _SMALL and not (
                det
                and (low == "mine" or (low == "till" and not parts and words[j - 1].low in _ONE))
            ):  # "the till", "the gold mine"
                if not (
                    low in _NOUN_TOO
                    and head_at < 0
                    and (
                        self._noun_after(j + 1)
                        or (det and (low in PARTS or low in KIND or low in ("can", "will", "half")))
                    )
                ):
                    if (
                        low in ("very", "quite", "rather", "really", "most", "more", "own")
                        and head_at < 0
                    ):
                        j += 1
                        continue
                    break
            elif low.endswith("ly") and not noun and not adjective and low not in NAMES:
                if head_at < 0 and self._noun_after(j + 1):
                    j += 1
                    continue
                break
            elif head_at >= 0 and self._homeward(j):
                break
            elif head_at >= 0:
                if self._breaks(j, words[head_at].low, noun, adjective, forms, parts):
                    break
            elif verb and not noun and not adjective and not det and not parts:
                if not (
                    forms & {"part", "ing"}
                    and self._noun_after(j + 1)
                    and self.previous() in ("prep", "v")
                ):
                    break
            if not (low in _SMALL and not noun):
                pass
            parts.append(j)
            only_before = (adjective and not noun) or (forms & {"part", "ing"} and not noun)
            if not (only_before and self._continues(j + 1)):
                head_at = j
            j += 1
        if head_at < 0 and parts:
            head_at = parts[-1]
        if head_at < 0:
            return None
        parts = [p for p in parts if p <= head_at]
        j = head_at + 1
        lows = [words[p].low for p in parts]
        texts = [words[p].text for p in parts]
        head = singular(lows[-1])
        number = ""
        after = self.raws[j] if j < len(words) else None
        if after and self._identifier(j, head):
            number = after.low.lstrip("#")
            texts.append(after.text)
            j += 1
        mention = Mention("", " ".join(texts), head)
        mention.kind = _kind(lows, head)
        mention.number = number
        mention.mods = frozenset(
            singular(low) if low not in ADJECTIVES else low for low in lows[:-1]
        )
        mention.plural = head != lows[-1] and lows[-1] not in KIND
        mention.gender = PERSONS.get("_".join(lows), PERSONS.get(lows[-1], PERSONS.get(head, "")))
        if mention.kind != "person":
            mention.gender = "p" if mention.plural else "n" if mention.kind != "noun" else ""
        elif mention.plural:
            mention.gender = "p"
        mention.det = det if det != "owner" else ""
        if (
            self.capital(j)
            and not number
            and (self.is_name(j) or (_noun(self.low(j)) and self.capital(j)))
            and self.low(j) not in MONTHS + DAYS
            and self._nameable(mention)
            and not mention.plural
            and (det or (mention.kind == "person" and not self.items and not self.question))
        ):  # "my brother Tom", "the robot Marvin", "Stage manager Noor"
            person, j = self._name(j, "")
            person.extra = (head,)
            if not person.proper:  # "his dog Biscuit"
                person.proper, person.mods = True, frozenset((person.name.lower(),))
            person.kind = "name"
            person.gender = person.gender or mention.gender
            return person, j
        return mention, j

    def _name(self, at: int, det: str) -> tuple[Mention, int]:
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
            if not texts and raw.low in TITLES and (self.capital(j + 1) or self.low(j + 1) == "."):
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
        behind = self.items[-1].type if self.items else ""
        if (
            (det or behind == "prep")
            and not title
            and mention.kind != "place"
            and not lower
            and (
                KIND.get(self.low(j)) in ("place", "box")
                or KIND.get(f"{self.low(j)}_{self.low(j + 1)}") in ("place", "box")
            )
            and self.low(j) not in ADVERBIAL_PLACES
        ):  # "the Blue Anchor pub", "at Harlow police station"
            found = self._run(j, "def")
            if found and found[0].kind in ("place", "box"):
                inner, j = found
                inner.mods |= mention.mods
                inner.name = f"{mention.name} {inner.name}"
                inner.det = det
                return inner, j
        return mention, j

    def _of(self, mention: Mention, at: int) -> tuple[Mention, int]:
        """Take in what follows "of": "a bottle of milk", "the back of the van"."""
        if mention.head in PARTS and self.low(at + 1) not in ("",):
            found = self.noun_phrase(at + 1)
            if found:
                return found
        if mention.head in MEASURES and self.low(at + 1) not in DETERMINERS:
            found = self.noun_phrase(at + 1)
            if found and not found[0].proper:
                inner, j = found
                mention.name = f"{mention.name} of {inner.name}"
                mention.extra = (inner.head,)
                mention.mods |= inner.mods
                if mention.kind == "noun":
                    mention.kind = inner.kind if inner.kind != "noun" else "thing"
                return mention, j
        elif mention.head in PORTIONS and self.low(at + 1) in DETERMINERS:
            found = self.noun_phrase(at + 1)
            if found and not found[0].proper:  # eaten, it leaves the cake where it is
                inner, j = found
                mention.name = f"{mention.name} of {inner.det and 'the '}{inner.name}"
                mention.mods |= inner.mods | {inner.head}
                mention.kind = "thing"
                return mention, j
        elif self.capital(at + 1) and self.capital(at - 1):  # House of Lords
            inner, j = self._name(at + 1, "")
            mention.name = f"{mention.name} of {inner.name}"
            mention.mods |= inner.mods
            return mention, j
        return mention, at
