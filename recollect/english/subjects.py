"""What a subject is to its verb: whom a verb without one is said of, what is done to it, what only describes it."""

from __future__ import annotations

from recollect.english.items import Item
from recollect.english.nouns import ANIMALS
from recollect.english.postures import Postures

_DONE_TO = frozenset(
    (
        "<take>",
        "take",
        "<put>",
        "<bring>",
        "<give>",
        "<send>",
        "<receive>",
        "<find>",
        "<see>",
        "<lose>",
    )
)
TRANSITIVE = frozenset(
    ("<take>", "take", "get", "carry", "<bring>", "<drop>", "<lose>", "<put>", "hide", "<give>", "<send>", "leave",
     "<receive>", "<find>", "<see>", "<meet>", "<swap>", "<destroy>", "<hold>")
)  # fmt: skip


class Subjects(Postures):
    """Tells what a subject and its verb are to each other."""

    def _of_things(self, item: Item) -> bool:
        """Whether a verb without a subject handles things, and only a thing was spoken of before."""
        return item.token in TRANSITIVE and all(
            it.mention is not None
            and it.mention.kind in ("thing", "box")
            and it.mention.head not in ANIMALS
            for it in self.before
        )

    def _trainer(self, k: int, item: Item) -> bool:
        """Whether "the coach" is the one who trains: it acts on a thing, or speaks."""
        subject = self.cur.subject
        if len(subject) != 1 or subject[0].mention is None or item.aux == "pass":
            return False
        if subject[0].mention.head != "coach" or subject[0].mention.kind != "box":
            return False
        if item.token in ("<say>", "<want>", "forget"):
            return True
        after = self.at(k + 1)
        return item.token in TRANSITIVE - {"<hold>", "<meet>", "get"} and (
            after is not None
            and (
                after.token in ("it", "them", "<thing>", "<box>", "<noun>")
                or item.token in ("<give>", "<put>", "hide", "<find>", "<see>")
            )
        )

    def _done_to(self, k: int, item: Item) -> bool:
        """Whether a past form is a passive that has lost its "was"."""
        subject = self.cur.subject
        if (
            item.aux
            or "part" not in item.forms
            or "past" not in item.forms
            or len(subject) != 1
            or (subject[0].mention is None)
        ):
            return False
        mention = subject[0].mention
        if (
            mention.kind not in ("thing", "box")
            or mention.head in ANIMALS
            or self.kind(k + 1) in ("np", "pron")
        ):
            return False
        if item.token in _DONE_TO:
            return True
        by = next(
            (j for j in range(k + 1, min(k + 7, len(self.items))) if self.items[j].text == "by"), 0
        )
        doer = self.at(by + 1) if by else None
        return (
            doer is not None
            and doer.token in ("<name>", "<person>")
            and (item.lemma == "move" or item.text.lower() == "returned")
        )


def without_attribute(items: list[Item]) -> None:
    """Leave out what only tells which thing is meant: "the keys to the gate (are on the hook)".

    Or what it is full of: "the crate of apples (stood in the hall)".
    """
    telling = len(items) > 2 and items[1].text.lower() in ("to", "for", "of")
    if telling and [it.type for it in items[:3]] == ["np", "prep", "np"]:
        subject = items[0].mention
        if subject is not None and subject.kind in ("thing", "box"):
            del items[1:3]
