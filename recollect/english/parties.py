"""Several spoken of together, and what is one's own: "the four of us", "because his own was broken"."""

from __future__ import annotations

from recollect.english.items import Item, Mention
from recollect.english.lexicon import NUMBERS, SELF
from recollect.english.likened import Likened

_HELPERS = frozenset("have has had having".split())
_MINE = frozenset("my your his her our their its".split())


class Parties(Likened):
    """Reads groups that are told by a pronoun."""

    def itself(self, at: int, width: int = 1) -> int:
        """The one who writes, or those with them: "I", "the four of us"."""
        name = SELF[self.low(at + width - 1)]
        entity = Mention(
            " ".join(raw.text for raw in self.raws[at : at + width]), name, name.lower()
        )
        entity.proper, entity.kind, entity.det = True, "person", "self"
        entity.mods = frozenset((name.lower(),))
        entity.gender = "p" if name == "we" else ""
        self.items.append(Item("np", "<person>", entity.text, mention=entity))
        return at + width

    def all_do(self, at: int) -> bool:
        """Whether "all" only says that every one of them acts: "they all went home"."""
        if not self.items or not (self.low(at + 1) in _HELPERS or "past" in self.forms(at + 1)):
            return False
        if self.items[-1].type == "pron" and self.items[-1].token == "they":
            return True
        return self.previous() in ("p", "np") and not self.verb_seen

    def reflexive(self, at: int) -> int:
        """Past "himself", with the "for" that leads to it: "kept the other for herself"."""
        if self.items and self.items[-1].type == "prep" and self.items[-1].token == "for":
            self.items.pop()
        return at + 1

    def denied(self, at: int) -> bool:
        """Whether an adjective is what somebody or something is not: "was not angry"."""
        if len(self.items) < 2 or self.items[-1].type != "not" or self.items[-2].type != "be":
            return False
        return not self.question and not self.starts_noun_phrase(at + 1)

    def party(self, at: int) -> int:
        """Past the group that begins at a token; `at` where none does."""
        low = self.low(at)
        if low in _MINE and self.low(at + 1) == "own":
            if self._run_at(at + 2) or self.question:
                return at
            return self._add("pron", "something", at, 2)
        j = at + (low == "the")
        if self.low(j + 1) != "of" or not (
            low in ("both", "all") or (self.low(j) in NUMBERS and self.low(j) != "one")
        ):
            return at
        if self.low(j + 2) == "us":
            return self.itself(at, j + 3 - at)
        if self.low(j + 2) == "them":
            return self._add(
                "pron", "them" if self.previous() in ("v", "prep") else "they", at, j + 3 - at
            )
        return at
