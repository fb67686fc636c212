"""Phrases around a deed that name nothing that moves: "during rehearsal", "halfway up", "on board"."""

from __future__ import annotations

from recollect.english.items import Item, Mention
from recollect.english.lexicon import PRONOUNS, SELF
from recollect.english.small_words import SmallWords

_WAYS = frozenset("up down there across along through home back".split())


class Adjuncts(SmallWords):
    """Reads phrases that are no part of what a clause tells of its things."""

    def adjunct(self, at: int) -> int:
        """Past the adjunct that begins at a token; `at` where none does."""
        low, after = self.low(at), self.low(at + 1)
        if low == "during":
            return self._during(at)
        if low in ("halfway", "midway"):
            then = self.low(at + 2)
            subject = then in PRONOUNS or then in SELF or self.capital(at + 2)
            return at + 1 + (after in _WAYS and (subject or not then[:1].isalnum()))
        if low == "on" and after == "board" and not self.question:
            return self._aboard(at)
        return at

    def _during(self, at: int) -> int:
        """When something was done: "during rehearsal" is no thing and no place."""
        if (done := self._time_only(at)) > at:
            return done
        if self.question or (found := self.noun_phrase(at + 1)) is None:
            return at
        return found[1]

    def _aboard(self, at: int) -> int:
        """Where somebody went or is: "climbed on board", "on board the ferry"."""
        if self.starts_noun_phrase(at + 2):
            return self._add("prep", "in", at, 2)
        mention = Mention("on board", "aboard", "aboard")
        mention.kind, mention.gender = "place", "n"
        self.items.append(Item("np", "<place>", "on board", mention=mention))
        return at + 2
