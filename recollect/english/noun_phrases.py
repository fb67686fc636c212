"""Noun phrases: determiners, owners, modifiers and head; names beside them."""

from __future__ import annotations

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
from recollect.english.name_phrases import NamePhrases
from recollect.english.names import DAYS, MONTHS, NAMES
from recollect.english.nouns import ADJECTIVES, ANIMALS, KIND, PERSONS
from recollect.english.scanner import _NOUN_TOO, _SMALL, _kind, _noun

_KIN = frozenset(
    "mother father mum mom dad sister brother aunt uncle grandma grandpa granny sir madam boss".split()
)
_ONE = frozenset("the a this that his her my our their".split())


class NounPhrases(NamePhrases):
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
        if self.low(j) == "old" and self._titled(j + 1) and self.capital(j + 1):
            j += 1  # "old Mr Brandt"
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

    def _by_trade(self, mention: Mention, at: int) -> bool:
        """Whether a trade without an article stands before its name: "but chef Rosa was ill"."""
        return (
            mention.kind == "person"
            and mention.head not in _KIN
            and not self.question
            and self.low(at + 1) != "'s"
            and self.previous() in ("co", "sub", "prep", "p")
        )

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
            and (
                det
                or (mention.kind == "person" and not self.items and not self.question)
                or self._by_trade(mention, j)
            )
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
        """A run of names with its titles, or "the Blue Anchor pub"."""
        mention, j = self._bare_name(at, det)
        lower = not self.capital(at + self._fond(at))
        title = self._titled(at + self._fond(at))
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
                if mention.kind in ("noun", "place"):  # "a bar of chocolate"
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
