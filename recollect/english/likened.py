"""Things that are named by another of their kind: "lent him hers", "gave one of them", "took another"."""

from __future__ import annotations

from recollect.english.adjuncts import Adjuncts
from recollect.english.items import Item, Mention
from recollect.english.lexicon import NUMBERS

_OWNED = {
    "hers": "her", "his": "his", "mine": "my", "theirs": "their", "ours": "our", "yours": "your",
}  # fmt: skip
_GIVING = frozenset(("<give>", "<bring>", "<send>"))


class Likened(Adjuncts):
    """Reads words that stand for a thing of the kind spoken of."""

    def likened(self, at: int) -> int:
        """Past "hers" or "another" where it stands for a thing; `at` where it does not."""
        low = self.low(at)
        if self.question or not self.verb_seen or not self.items:
            return at
        if low in _OWNED and not (low == "his" and self._run_at(at + 1)):
            return self._owned(at, _OWNED[low])
        handled = self.items[-1].type == "v" and self.items[-1].token != "<act>"
        if low == "another" and handled and not self._run_at(at + 1):
            return self._one(at, "another", 1)
        if low == "the" and self.low(at + 1) == "other" and handled and not self._run_at(at + 2):
            return self._one(at, "another", 2)  # "ate one and gave the other to Ann"
        return at

    def _owned(self, at: int, owner: str) -> int:
        """After somebody else's bike, "hers" is a bike of her own."""
        things = [it.mention for it in self.items if it.mention is not None]
        kinds = ("thing", "box", "noun")
        like = next((m for m in reversed(things) if m.kind in kinds and not m.proper), None)
        if like is None or self.items[-1].type in ("prep", "be"):
            return at
        mention = Mention(self.raws[at].text, like.name.split()[-1], like.head)
        mention.kind, mention.gender, mention.plural = like.kind, like.gender, like.plural
        mention.det, mention.owner = "another", owner
        self.items.append(Item("np", f"<{mention.kind}>", mention.text, mention=mention))
        return at + 1

    def _to_her(self, at: int) -> bool:
        """Whether "her" is who gets something: "brought her four more eggs"."""
        after = self.low(at + 1)
        return (
            self.low(at) == "her"
            and bool(self.items)
            and self.items[-1].token in _GIVING
            and (after in NUMBERS or after[:1].isdigit())
            and not any(self.low(at + n) == "to" for n in range(2, 6))
        )
