"""Phrases around a deed that name nothing that moves: "during rehearsal", "halfway up", "on board"."""

from __future__ import annotations

from recollect.english.items import Item, Mention
from recollect.english.lexicon import PRONOUNS, RESULTS, SELF
from recollect.english.small_words import SmallWords

_MINE = frozenset("the my your his her our their its".split())
_ENDS = frozenset("back front top bottom end side rear".split())
_WAYS = frozenset("up down there across along through home back".split())


class Adjuncts(SmallWords):
    """Reads phrases that are no part of what a clause tells of its things."""

    def adjunct(self, at: int) -> int:
        """Past the adjunct that begins at a token; `at` where none does."""
        low, after = self.low(at), self.low(at + 1)
        if low == "of" and not self.items and self.raws[at].text == "of" and not self.question:
            found = self.noun_phrase(at + 1)  # what is left of "On the evening of the party"
            return found[1] if found else at
        if low == "during":
            return self._during(at)
        if low in RESULTS and self._left_so(at):
            return at + 1
        if low in ("halfway", "midway"):
            then = self.low(at + 2)
            subject = then in PRONOUNS or then in SELF or self.capital(at + 2)
            return at + 1 + (after in _WAYS and (subject or not then[:1].isalnum()))
        if low == "on" and after == "board" and not self.question:
            return self._aboard(at)
        if low == "on" and self.low(at + 2) == "way" and after in _MINE:
            return self._on_the_way(at + 3)
        if low in ("in", "with") and (done := self._described(at)) > at:
            return done
        if low in ("at", "on", "in") and after == "the" and self._part_of_it(at + 2):
            return at + 3  # "in the cabinet at the back"
        if low in ("inside", "within") and self._with_it(at):
            return at + 1
        return at

    def _described(self, at: int) -> int:
        """Past what tells who gets a thing: "gave it to the boy in the red cap"."""
        if self.question or len(self.items) < 2:
            return at
        who, before = self.items[-1].mention, self.items[-2]
        if who is None or who.kind != "person" or who.proper or who.det not in ("def", "a"):
            return at
        if (
            not (before.token in ("to", "from") and before.type == "prep")
            and before.token != "<give>"
        ):
            return at
        found = self.noun_phrase(at + 1)
        if found is None or not (found[0].det or found[0].owner) or found[0].proper:
            return at
        worn = found[0].kind == "thing" or (found[0].kind == "box" and self.low(at) == "with")
        after = self.low(found[1])
        return (
            found[1] if worn and (not after[:1].isalnum() or after in ("and", "in", "at")) else at
        )

    def _part_of_it(self, at: int) -> bool:
        """Whether "the back" is only where in the thing before it something is."""
        if self.low(at) not in _ENDS or self.low(at + 1) == "of" or self._noun_after(at + 1):
            return False
        if self.question or len(self.items) < 2 or self.items[-1].mention is None:
            return False
        way = self.items[-2]
        return (
            self.items[-1].mention.kind in ("box", "place")
            and way.type == "prep"
            and way.token in ("in", "on", "under", "into")
        )

    def _left_so(self, at: int) -> bool:
        """Whether "open" is how something was left: "the gate was left open" leaves it nowhere."""
        last = self.items[-1] if self.items else None
        if (
            last is None
            or last.token != "leave"
            or self.question
            or self.starts_noun_phrase(at + 1)
        ):
            return False
        if not any(it.type == "be" for it in self.items[-3:]):
            return False
        last.token = "<act>"
        return True

    def _since(self, at: int) -> int:
        """Past what only says since when: "has not been seen since the party"."""
        found = self.noun_phrase(at + 1)
        plain = found is not None and found[0].kind == "noun" and not found[0].proper
        return found[1] if found and plain and not self.question else self._add("prep", "of", at)

    def _on_the_way(self, at: int) -> int:
        """Past where somebody was going while something else was done: "on his way to work"."""
        at += self.low(at) in _WAYS
        if self.low(at) not in ("to", "from", "through", "past"):
            return at
        found = self.noun_phrase(at + 1)
        return found[1] if found else at

    def _with_it(self, at: int) -> bool:
        """Whether "inside" says where a companion is: "took it home with him still inside"."""
        types = [it.type for it in self.items if it.type != "adv"][-2:]
        if types not in (["prep", "pron"], ["prep", "np"]) or self.starts_noun_phrase(at + 1):
            return False
        kept = [it for it in self.items if it.type != "adv"]
        if kept[-2].token != "with" or self.question:
            return False
        self.items[:] = [it for it in self.items if it.token != "still"]
        return True

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
        if [it.token for it in self.items[-2:-1]] == ["with"] and self.items[-1].type == "np":
            del self.items[-2:]  # "left with three men on board"
            return at + 2
        mention = Mention("on board", "aboard", "aboard")
        mention.kind, mention.gender = "place", "n"
        self.items.append(Item("np", "<place>", "on board", mention=mention))
        return at + 2
