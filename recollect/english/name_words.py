"""Whether a word is a name: by its capital, its neighbours and what the text knows."""

from __future__ import annotations

from recollect.english.lexicon import DETERMINERS, MODALS, NUMBERS, PREPOSITIONS, PRONOUNS, SELF
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import CITIES, DAYS, MONTHS, NAMES, TITLES, WORDS_TOO
from recollect.english.nouns import ADJECTIVES, ANIMALS, KIND
from recollect.english.scanner import _SMALL, Scanner, _noun

_RATHER_WORDS = frozenset(
    "honey candy ginger basil sage olive rosemary summer autumn page van china storm star river sky hope joy faith "
    "patience mercy grace charity destiny harmony melody said guy bud chip dot major general art dawn".split()
)
_WHERE = frozenset("in at to from near of through around the a".split())
_FOND = frozenset("little old young poor dear big tiny wee good brave clever".split())


class NameWords(Scanner):
    """Tells names from other words."""

    def starts_noun_phrase(self, at: int) -> bool:
        """Whether a noun phrase or pronoun seems to begin here."""
        low = self.low(at)
        if not low or not (low[0].isalnum()):
            return False
        if self.known and self._known(at):
            return True
        if (
            low in DETERMINERS
            or low in PRONOUNS
            or low in SELF
            or low in NUMBERS
            or low[0].isdigit()
        ):
            return True
        if low in _SMALL:
            return False
        return (
            self._compound(at)
            or self.is_name(at)
            or _noun(low)
            or (low in ADJECTIVES and low not in VERB_FORMS)
        )

    def is_name(self, at: int) -> bool:
        """Whether the token is a name, by its capital, its neighbours and what is known of it."""
        low = self.low(at)
        if not low or not low[0].isalpha() or low in ("i", "o'clock"):
            return False
        capital = self.capital(at)
        before = self.low(at - 1)
        first = at == 0 or before in '"(:-' or not (self.items or before in ("called", "named"))
        if (
            capital
            and self.low(at + 1) == "the"
            and (low in WORDS_TOO or (low not in VERB_FORMS and low not in _SMALL))
            and low not in MODALS
            and (KIND.get(self.low(at + 2)) == "person" or self.low(at + 2) in ANIMALS)
        ):
            return True  # "Pip the parrot"
        if low in WORDS_TOO:
            if capital and not first:
                return not (low in MODALS and self._modal_here(at))
            return self._name_by_neighbours(at, capital)
        if low in _SMALL or low in MONTHS or low in DAYS or (low in NUMBERS and at == 0):
            return False
        if at == 0 and low[-1] == "s" and low not in NAMES and low[-2:] != "ss":
            if self.low(1) in PREPOSITIONS or self.low(1) in ("are", "were", "have"):
                return False  # "Fingerprints on", "Quokkas are"
        if low in NAMES or low in CITIES:
            return capital or not (_noun(low) or low in VERB_FORMS)
        if low in self.names:
            return capital or not (_noun(low) or low in VERB_FORMS or low in ADJECTIVES)
        if not capital:
            return low in _FOND and not first and self._fond(at)  # "gave it to little Milo"
        if low in TITLES and not _noun(low) and self.capital(at + 1 + (self.low(at + 1) == ".")):
            return True
        if not first:
            return True
        if _noun(low) or low in ADJECTIVES or low in VERB_FORMS or low.endswith("ly"):
            return bool(
                self.capital(at + 1)
                and (low in ADJECTIVES or _noun(low))
                and self.low(at + 1) not in _SMALL
            )
        return True

    def _fond(self, at: int) -> bool:
        """Whether "Little Mia" begins here: an adjective that is no part of the name."""
        after = self.low(at + 1)
        return (
            self.low(at) in _FOND
            and self.capital(at + 1)
            and (after in NAMES or self._must_be_called(at))
            and not self.capital(at + 2)
        )

    def _must_be_called(self, at: int) -> bool:
        """Whether a capital inside a sentence can only be a name: "by little Samir", not "in old Prague"."""
        after = self.low(at + 1)
        inside = self.items and not self.capital(at) and self.low(at - 1) not in _WHERE
        return bool(inside) and not (_noun(after) or after in VERB_FORMS or after in ADJECTIVES)

    def _modal_here(self, at: int) -> bool:
        """Whether a capital "Will" inside a sentence is the modal of a title: "What Will Happen"."""
        before = self.items[-1] if self.items else None
        return (
            before is not None
            and before.type in ("np", "pron", "wh", "rel")
            and not self.verb_seen
            and "base" in self.forms(at + 1)
            and self.capital(at + 1)
        )

    def _name_by_neighbours(self, at: int, capital: bool) -> bool:
        """Whether a word that is also a name is one here: by the verb or the "and" that follows."""
        low, after = self.low(at), self.low(at + 1)
        known = low in self.names and (capital or not self.caps)
        previous = self.low(at - 1)
        if (
            capital
            and self.capital(at + 1)
            and low not in MODALS
            and self.low(at + 1) not in _SMALL
            and low not in TITLES
        ):
            return True
        if not capital and previous in DETERMINERS and previous not in ("that",):
            return False
        following = self.forms(at + 1)
        finite = bool(following & {"past", "s"}) and after not in (
            "set",
            "put",
            "read",
            "cut",
            "hit",
            "shut",
            "let",
        )
        last = self.items[-1] if self.items else None
        if last is not None and last.token == "<give>" and self.starts_noun_phrase(at + 1):
            return not after[0].isdigit()  # "gave rose the lamp", and not "gave page 4 the stamp"
        if low in MODALS:
            if self.capital(at + 1) and (not capital or (at == 0 and self.question)):
                return False  # "what will Will do"
            if previous in ("did", "does", "do", "is", "was", "has", "had") and not (
                self.items and self.items[-1].type in ("np", "pron")
            ):
                return True
            if at == 0 and not self.question and not self.caps and "past" in following:
                return True  # "will put it down"
            if (
                after in MODALS
                or after in ("is", "was", "has", "had", "did", "does", "and", "'s")
                or (finite and "base" not in following)
            ):
                return True
            return known and (not self.starts_noun_phrase(at + 1)) and "base" not in following and after not in (
                "not", "be", "have", "never")  # fmt: skip
        if (
            after in MODALS
            or after in ("is", "was", "has", "had", "did", "does", "'s")
            or (finite and not _noun(after))
        ):
            if capital or known or at == 0 or self.previous() in ("start", "co", "sub", "p"):
                return (
                    not (
                        not capital
                        and not known
                        and _noun(low)
                        and self.previous() not in ("start",)
                    )
                    or known
                )
        if finite and capital:
            return True
        if (
            at == 0
            and "past" in following
            and VERB_FORMS.get(low)
            and self.starts_noun_phrase(at + 2)
        ):
            return True
        if (
            after == "and"
            and (capital or known)
            and (self.capital(at + 2) or self.low(at + 2) in NAMES)
        ):
            return True
        if capital and at == 0 and after in ("'s",):
            return True
        if (
            not self.caps
            and low not in _RATHER_WORDS
            and low not in MODALS
            and previous in ("to", "with", "by", "from", "and")
        ):
            beyond = not after or not after[0].isalnum() or after in PREPOSITIONS or after == "and"
            if (beyond and previous != "and") or (after == "and" and beyond):
                return True
        if not known:
            return (
                capital
                and at == 0
                and low in NAMES
                and not VERB_FORMS.get(low)
                and not self.starts_noun_phrase(at + 1)
            )
        if previous in (
            "to",
            "with",
            "and",
            "from",
            "by",
            "gave",
            "is",
            "was",
            "did",
            "does",
            "for",
            "told",
            "asked",
        ):
            return not self.starts_noun_phrase(at + 1) or previous in (
                "is",
                "was",
                "did",
                "does",
                "gave",
            )
        return capital and not self.starts_noun_phrase(at + 1)
