"""Several spoken of together, and what is one's own: "the four of us", "because his own was broken"."""

from __future__ import annotations

from recollect.english.items import Item, Mention
from recollect.english.lexicon import NUMBERS, SELF
from recollect.english.likened import Likened

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

    def party(self, at: int) -> int:
        """Past the group that begins at a token; `at` where none does."""
        low = self.low(at)
        if low in _MINE and self.low(at + 1) == "own":
            if self._run_at(at + 2) or self.question:
                return at
            return self._add("pron", "something", at, 2)
        j = at + (low == "the")
        if self.low(j + 1) != "of" or not (
            low in ("both", "all") or (j > at and self.low(j) in NUMBERS)
        ):
            return at
        if self.low(j + 2) == "us":
            return self.itself(at, j + 3 - at)
        if self.low(j + 2) == "them":
            return self._add(
                "pron", "them" if self.previous() in ("v", "prep") else "they", at, j + 3 - at
            )
        return at
