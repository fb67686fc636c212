"""A verb that is not said again: "put the lamp on the desk and the rug under the bed"."""

from __future__ import annotations

from recollect.english.items import Item
from recollect.english.order import Order

_HANDLING = frozenset(
    ("<put>", "hide", "<give>", "<send>", "<bring>", "carry", "<take>", "take", "leave", "<drop>",
     "<receive>")
)  # fmt: skip
_BEING = frozenset(("be", "was", "<stay>", "<go>"))
_WAYS = frozenset(
    "to into in on at from under above behind near beside between with over by past outside".split()
)


class Gaps(Order):
    """Says a verb again for the second of two objects that each have a place or a person of their own."""

    def fronted_object(self, k: int) -> None:
        """Bring "The key she kept for ever" to its usual order: the noun before the subject is the object."""
        if self.waiting is not None or len(self.cur.items) != 1 or self.kind(k - 1) != "np":
            return
        thing, subject, verb = self.items[k - 1], self.items[k], self.group(k + 1)
        if self.cur.items[0] is not thing or verb < 0 or thing.mention is None:
            return
        if thing.mention.kind not in ("thing", "box") or not (
            thing.mention.det or thing.mention.owner
        ):
            return
        people = subject.token in ("he", "she", "they", "<name>", "<person>")
        deed = self.items[verb]
        if not people or deed.aux == "pass" or not deed.forms & {"past", "s", "base"}:
            return
        if deed.token == "<destroy>" and deed.lemma == "sell" and self.kind(verb + 1) == "prep":
            deed.token = "<give>"
        if deed.token not in _HANDLING | {"<hold>", "<lose>", "<find>", "get", "<destroy>"}:
            return
        at = verb + 1
        if self.kind(at) in ("np", "pron"):
            if deed.token != "<give>" or self.items[at].token in ("it", "<thing>", "<box>"):
                return
            at += 1
        self.cur.items.pop()
        self.items.insert(at, thing)

    def _gapped(self, k: int) -> bool:
        """Whether the verb of the open clause goes for the objects from item `k` too; opens its clause."""
        verb = self.cur.verb
        if verb is None or self.waiting is not None or not self.cur.subject:
            return False
        items = self.cur.items
        at = next((n for n, it in enumerate(items) if it is verb), -1)
        if at < 0:
            return False
        if verb.aux == "pass" or verb.token in _BEING:
            return self._other_subject(k, at)
        if verb.token not in _HANDLING:
            return False
        rest = [it for it in items[at + 1 :] if it.type != "adv"]
        if not (self._placed(k) and _object_and_place(rest)):
            return False
        before = [it for it in items[: at + 1] if not any(it is s for s in self.cur.subject)]
        self.open(subject=self.heir(), said=self.cur.said)
        self.cur.items.extend(before)
        self.cur.verb = verb
        return True

    def _other_subject(self, k: int, at: int) -> bool:
        """Whether the verb goes for another subject: "The lamp is on the desk and the rug under the bed"."""
        items, subject = self.cur.items, self.cur.subject
        types = [it.type for it in items[at + 1 :] if it.type != "adv"]
        if types[:2] != ["prep", "np"] or len(types) % 2 or not self._placed(k):
            return False
        if types != ["prep", "np"] * (len(types) // 2) or self.kind(k + 1) != "prep":
            return False
        old, new = subject[-1].mention, self.items[k].mention
        if old is None or new is None or _sort(old.kind) != _sort(new.kind):
            return False
        middle = [it for it in items[: at + 1] if it.type in ("pass", "v", "not", "modal")]
        self.open(subject=[self.items[k]], said=self.cur.said)
        self.cur.items.extend(middle)
        self.cur.verb = middle[-1]
        del self.items[k]
        return True

    def _placed(self, k: int) -> bool:
        """Whether an object with its own place follows, and nothing else of this clause."""
        end = k + 1
        while self.kind(end) == "co" and self.kind(end + 1) == "np":
            end += 2  # "and the rug and the mat under the bed"
        if self.kind(k) != "np" or self.kind(end) != "prep" or self.items[end].token not in _WAYS:
            return False
        if self.kind(end + 1) not in ("np", "pron"):
            return False
        return self.kind(end + 2) in ("", "p", "co", "sub", "rel", "adv", "prep")


def _sort(kind: str) -> str:
    return {"name": "person", "box": "thing", "noun": "thing"}.get(kind, kind)


def _object_and_place(rest: list[Item]) -> bool:
    """Whether "the lamp on the desk" or "Ann the lamp" stands there."""
    types = [it.type for it in rest]
    n = 0
    while n + 2 < len(types) and types[n] in ("np", "pron") and rest[n + 1].token == "and":
        n += 2
    if types[n : n + 3] not in (
        ["np", "prep", "np"],
        ["pron", "prep", "np"],
        ["np", "prep", "pron"],
    ):
        return False
    return rest[n + 1].token in _WAYS and types[-1] in ("np", "pron")
