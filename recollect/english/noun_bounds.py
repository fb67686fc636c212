"""Where a noun phrase begins and ends."""

from __future__ import annotations

from recollect.english.items import Mention
from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    COORDINATORS,
    DETERMINERS,
    NUMBERS,
    PREPOSITIONS,
    RESULTS,
    SUBORDINATORS,
)
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.name_words import NameWords
from recollect.english.names import DAYS, MONTHS, NAMES
from recollect.english.nouns import ADJECTIVES, ANIMALS, KIND, NOUNS
from recollect.english.scanner import _NOUN_TOO, _SMALL, _noun

_HOMES = frozenset(
    "care nursing holiday retirement funeral mobile old new family rest stately childhood parental foster first "
    "the a my his her our their your".split()
)
_OWNED = frozenset("his my our their your".split())
_AWAY = frozenset("upstairs downstairs backstage outdoors indoors ashore abroad overseas".split())
_HALVED = frozenset("my your his her our their one other".split())
_HOUSED = frozenset("at to from in into near outside behind beside around past towards by".split())
_VESSELS = frozenset("ship boat yacht ferry spaceship rocket submarine".split())


class NounBounds(NameWords):
    """Tells which words belong to a noun phrase."""

    def _possessive(self, at: int) -> bool:
        """Whether 's at a token marks an owner (and is not "is" or "has")."""
        after = self.low(at + 1)
        if (
            not after
            or not after[0].isalnum()
            or after in _SMALL - {"left", "right", "back", "own", "last", "first"}
        ):
            return after == "own"
        if after in DETERMINERS or after in NUMBERS:
            return False
        forms = self.forms(at + 1)
        if "ing" in forms and not _noun(after):
            return False
        if forms == {"past"} and not _noun(after) and after not in ADJECTIVES:
            return False  # "Mo's flew away"
        if after in ADJECTIVES and not self._noun_after(at + 2):
            return _noun(after)
        if "part" in forms and not _noun(after):
            return after in ADJECTIVES and self._noun_after(at + 2)
        return not after.endswith("ly")

    def _premises(self, mention: Mention, at: int) -> bool:
        """Whether 's at a token makes a place of a person: "at Theo's", "to the dentist's"."""
        before, after = self.previous_item(), self.low(at + 1)
        return (
            mention.kind in ("name", "person")
            and before is not None
            and before.type == "prep"
            and before.token in _HOUSED
            and (
                not after[:1].isalnum()
                or after in PREPOSITIONS
                or after in COORDINATORS
                or after in SUBORDINATORS
                or after in ("now", "again", "first", "last", "too", "still", "yesterday")
            )
        )

    def _run_at(self, at: int) -> bool:
        """Whether the words of a noun phrase (after its determiner) may begin here."""
        low = self.low(at)
        if not low or not low[0].isalnum():
            return False
        if low == "own":
            return self._run_at(at + 1)
        if low in _SMALL:
            if low == "half" and self.low(at - 1) in _HALVED:
                return True  # "Kiki ate her half"
            return low in _NOUN_TOO and self._noun_after(at + 1)
        if low in NUMBERS or _noun(low) or low in ADJECTIVES or self._compound(at):
            return True
        if at == 1 and self.low(0) == "her" and not self.question:
            return True  # "Her pass is on the desk"
        if self.low(at - 1) in _OWNED and "ing" in self.forms(at) and self._noun_after(at + 1):
            return True  # "his hearing aid", and not "saw her carrying boxes"
        if self.low(at - 1) in _OWNED and "base" in self.forms(at):
            if self.low(at + 1) not in DETERMINERS and self.low(at + 1) not in PREPOSITIONS:
                return True  # "because his shift was over"
        if self.low(at - 1) in ("her", "his") and self.verb_seen and self.forms(at) == {"s"}:
            return True  # "showed her slides"
        if self.capital(at) and self.low(at - 1) not in ("his",):
            return self.low(at - 1) != "her" or low not in NAMES
        return low not in VERB_FORMS and not low.endswith("ly")

    def _continues(self, at: int) -> bool:
        """Whether after a modifier the noun phrase goes on."""
        low = self.low(at)
        if not low or not low[0].isalnum() or (low in _SMALL and low not in ("own",)):
            return low in _NOUN_TOO and self._noun_after(at + 1)
        if _noun(low) or low in ADJECTIVES:
            return True
        return low not in VERB_FORMS or (
            "base" in self.forms(at) and self.low(at + 1) not in DETERMINERS
        )

    def _breaks(
        self,
        at: int,
        head: str,
        noun: bool,
        adjective: bool,
        forms: frozenset[str],
        parts: list[int],
    ) -> bool:
        """Whether a noun phrase that has a head ends before this word."""
        low = self.low(at)
        if low[0].isdigit() or (low in NUMBERS and self._identifier(at, singular(head))):
            return True  # "ward four"
        if low in ("called", "named") and self.capital(at + 1):
            return True
        if low in RESULTS and not self._noun_after(at + 1):
            return True
        if low in MONTHS or low in DAYS:
            return True
        if low in _AWAY and not self._noun_after(at + 1):
            return True  # "in a bucket backstage"
        subject = not self.verb_seen
        if forms:
            plural = singular(head) != head
            if (
                self.question
                and "base" in forms
                and subject
                and any(it.type in ("do", "modal") for it in self.items)
            ):
                return not any(
                    "base" in self.forms(j) for j in range(at + 1, min(at + 8, len(self.raws)))
                )
            if noun:
                if "base" in forms and self.low(at + 1) in DETERMINERS and self.witnessed():
                    return True  # "saw a man in a coat drop the bag"
                if (forms & {"s", "past"} and not plural) or (plural and "base" in forms):
                    if subject and not self.verb_ahead(at + 1):
                        return True
                    return not subject and "past" in forms and self.starts_noun_phrase(at + 1)
                return False
            if subject and "base" in forms and [it.type for it in self.items] == ["prep"]:
                if self.low(at + 1) in ("he", "she", "they", "we", "i", "it"):
                    return False  # "At the museum stop he got off"
            if (
                subject
                and "base" in forms
                and any(it.mention is not None and it.mention.plural for it in self.items)
            ):
                return True  # "the keys to the gate remain"
            if (
                "base" in forms
                and not forms & {"past", "s"}
                and not plural
                and KIND.get(singular(head)) != "person"
            ):
                return self.starts_noun_phrase(at + 1) or (
                    self.previous() == "start" and not self.verb_ahead(at + 1)
                )
            if "ing" in forms:
                return not self._noun_after(at + 1)
            # "handed out the maths tests": an object has no verb of its own
            within = not subject and self.previous() in ("v", "prep") and forms <= {"s"}
            return not within or self.starts_noun_phrase(at + 1)
        if adjective and not noun:
            return not self._noun_after(at + 1)
        if self.capital(at) and not self.capital(at - 1):
            return True
        if not noun and not self.capital(at):  # an unknown word after a head
            if low in NAMES:
                return True
            if subject and (low.endswith(("ed", "s", "ing")) or self.low(at + 1) in PREPOSITIONS):
                return not self.verb_ahead(at + 1)
        return False

    def _identifier(self, at: int, head: str) -> bool:
        """Whether a token is the number or letter of the noun before it: Room 12, shelf B, locker #4."""
        raw = self.raws[at]
        low = raw.low
        if low in ("a", "i") and not (raw.text == "A" and head in KIND):
            return False
        if raw.low.startswith("#") or (
            low[0].isdigit() and ":" not in low and "/" not in low and len(low) < 6
        ):
            return not (
                low.isdigit()
                and _noun(self.low(at + 1))
                and singular(self.low(at + 1)) != self.low(at + 1)
            )
        if len(raw.text) == 1 and raw.text.isupper():
            return True
        if low in NUMBERS and head in (
            "room",
            "platform",
            "gate",
            "bay",
            "unit",
            "shelf",
            "locker",
            "floor",
            "number",
            "ward",
            "wing",
            "pier",
            "cabin",
            "suite",
            "studio",
            "terminal",
            "classroom",
            "lane",
        ):
            return True
        return raw.text.isupper() and any(c.isdigit() for c in raw.text)

    def _nameable(self, mention: Mention) -> bool:
        """Whether a name right after a noun may be its own: "my brother Tom", and not "the show Tom"."""
        if mention.kind == "person" or mention.head in ANIMALS | _VESSELS:
            return True
        if self.fronted:
            return False
        return mention.kind == "noun" and mention.head not in NOUNS and self.previous() == "start"

    def _homeward(self, at: int) -> bool:
        """Whether "home" or "upstairs" after an object says where to, and is no part of its name."""
        return (
            self.low(at) in ADVERBIAL_PLACES
            and self.verb_seen
            and self.previous() != "prep"
            and self.low(at - 1) not in _HOMES
            and not self._noun_after(at + 1)
        )
