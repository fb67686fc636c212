"""How a thing lies where it was left: "left it lying on the table" leaves it on the table."""

from __future__ import annotations

from recollect.english.items import Item
from recollect.english.subordinate import Subordinate

_POSTURES = frozenset("lie stick stand hang lean sit rest wait float stay dangle".split())
_LEFT = frozenset(("leave", "<hold>", "<find>"))


class Postures(Subordinate):
    """Reads over participles that only say how something lies."""

    def _only_posture(self, k: int, item: Item, thing: Item) -> bool:
        """Whether an -ing form belongs to the leaving, keeping or finding of the thing before it."""
        verb = self.cur.verb
        if verb is None or verb.token not in _LEFT or item.lemma not in _POSTURES:
            return False
        if thing.type not in ("np", "pron"):
            return False
        if any(it.type == "prep" for it in self.cur.items[self.cur.items.index(verb) :]):
            return False
        if verb.token == "<find>" and (
            thing.token in ("him", "her", "them")
            or (thing.mention is not None and thing.mention.kind in ("name", "person"))
        ):
            return False  # who is found sitting somewhere is there, and held by nobody
        return self.kind(k + 1) in ("prep", "adv") or (
            self.kind(k + 1) == "np" and self.items[k + 1].token == "<place>"
        )
