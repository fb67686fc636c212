"""A clause in the making, and the sentence around it as far as it has been walked."""

from __future__ import annotations

from recollect.english.groups import join_verbs
from recollect.english.items import Item
from recollect.english.lexicon import ONLY_IN_QUESTIONS

_REPORTING = frozenset(("<say>", "<want>", "forget"))
_EMITTED = frozenset(
    ("np", "pron", "v", "aux", "pass", "not", "modal", "prep", "part", "w", "adv", "wh")
)
_SITTING = frozenset("in on at under behind near beside between outside with above".split())


class Draft:
    """A clause in the making."""

    __slots__ = ("inner", "items", "pending", "prefix", "said", "shown", "sub", "subject", "verb")

    def __init__(
        self, *, said: bool = False, sub: str = "", prefix: list[Item] | None = None
    ) -> None:
        self.items: list[Item] = []
        self.prefix = prefix or []
        self.said, self.sub = said, sub
        self.subject: list[Item] = []  # items that stand before the verb as its subject
        self.verb: Item | None = None
        self.inner: list[Item] = []  # who does it, where `subject` is who lets them or sees them
        self.pending = False  # the subject is still to come (or to be copied)
        self.shown = False

    @property
    def past_perfect(self) -> bool:
        """Whether its verb is in the past perfect ("had left")."""
        return self.verb is not None and self.verb.aux == "had"


class Walk:
    """The items of a sentence, the clause that is open and those that are done.

    Args:
        items: what `phrases.chunk` found.
        quoted: whether the sentence begins inside quoted speech.
        before: the subject of the clause before, for a sentence that has none.
    """

    def __init__(
        self, items: list[Item], *, quoted: bool = False, before: list[Item] | None = None
    ) -> None:
        self.items = join_verbs(items, False)
        self.quoted = quoted
        self.before = before or []
        self.done: list[Draft] = []
        self.late: list[Draft] = []  # clauses after a fronted "before"
        self.cur = Draft(said=quoted)
        self.scope = False  # inside what somebody said or wanted, or under a condition
        self.condition = False
        self.waiting: Draft | None = (
            None  # a main clause that waits for the end of a relative clause
        )
        self.speech = quoted
        self.imperative = False

    def at(self, k: int) -> Item | None:
        """The item at a position, or None."""
        return self.items[k] if 0 <= k < len(self.items) else None

    def kind(self, k: int) -> str:
        """The type of the item at a position, or ""."""
        item = self.at(k)
        return item.type if item else ""

    def group(self, k: int) -> int:
        """The verb of the group that begins at an item, or -1."""
        while k < len(self.items) and self.items[k].type in ("adv", "not", "modal", "pass", "aux"):
            k += 1
        return k if self.kind(k) == "v" else -1

    def subject_then_verb(self, k: int, several: bool) -> bool:
        """Whether a subject of its own and a verb follow."""
        if self.kind(k) not in ("np", "pron"):
            return False
        if self.items[k].token in ("him", "them") and self.items[k].type == "pron":
            return False
        j = k + 1
        while self.kind(j) == "prep" and self.kind(j + 1) == "np" and self.items[j].token != "to":
            j += 2
        while several and self.kind(j) in ("co", "p") and self.items[j].token in ("and", ",", "or"):
            step = j + 1
            if self.kind(step) == "co":
                step += 1
            if self.kind(step) not in ("np", "pron"):
                break
            j = step + 1
        if self.kind(j) == "rel":
            return True
        verb = self.group(j)
        if verb < 0:
            return False
        found = self.items[verb]
        return (
            bool(found.forms & {"past", "s", "base"} or found.aux)
            and self.items[verb - 1].token != "to"
        )

    def close(self) -> None:
        """Finish the current clause."""
        draft = self.cur
        if draft.verb is None and not draft.said:
            self._telegraphic(draft)
        if draft.items or draft.prefix:
            if draft.verb is None and not draft.pending and self.done and not draft.sub:
                self._attach(draft)
            else:
                self.done.append(draft)
        self.cur = Draft(said=self.scope or self.speech)

    @staticmethod
    def _telegraphic(draft: Draft) -> None:
        """Give "Ladder now in bay 2" its verb: it says that the ladder is there."""
        items = draft.items
        place = next((n for n, it in enumerate(items) if it.type == "prep"), 0)
        if (
            place and items[0].type == "np" and place + 1 < len(items) and items[place + 1].type == "np"
            and items[place].token in _SITTING and all(it.type in ("np", "pron", "adv", "not") or it.token == "and"
                                                       for it in items[:place])
            and "?" not in (it.token for it in items)
        ):  # fmt: skip
            verb = Item("v", "be", "", lemma="be", forms=frozenset(("s",)))
            at = next((n for n in range(place) if items[n].type in ("adv", "not")), place)
            items.insert(at, verb)
            draft.verb, draft.subject = verb, items[:at]

    def _attach(self, draft: Draft) -> None:
        """A piece without a verb belongs to the clause before."""
        if draft.items and draft.items[0].type in ("prep", "adv"):
            self.done[-1].items.extend(draft.items)
        else:
            self.done.append(draft)

    def open(
        self, *, subject: list[Item] | None = None, said: bool | None = None, sub: str = ""
    ) -> None:
        """Close the current clause and begin another."""
        self.close()
        self.cur = Draft(said=(self.scope or self.speech) if said is None else said, sub=sub)
        if subject is not None:
            self.cur.items = list(subject)
            self.cur.subject = list(subject)

    def heir(self) -> list[Item]:
        """The subject that the next clause takes over."""
        if self.cur.subject:
            return self.cur.subject
        for draft in reversed(self.done):
            if draft.subject:
                return draft.subject
        return self.before

    def add(self, item: Item) -> None:
        """Append an item to the current clause."""
        self.cur.items.append(item)

    def _resume(self, attach: bool = True) -> bool:
        """End a relative clause and go on with the clause around it."""
        if self.waiting is None:
            return False
        if self.cur.verb is None:
            return False
        main = self.waiting
        self.waiting = None
        self.done.append(self.cur)
        self.cur = main
        return True

    def _trailing(self) -> list[Item]:
        """Take back auxiliaries that were added before the verb they belong to was seen."""
        taken: list[Item] = []
        while self.cur.items and self.cur.items[-1].type in ("modal", "not", "pass", "aux"):
            taken.insert(0, self.cur.items.pop())
        return taken

    def _at_other(self, k: int, item: Item) -> int:
        if item.type in _EMITTED and not (item.type == "adv" and item.token in ONLY_IN_QUESTIONS):
            self.add(item)
        return k + 1


def last_is_main(verb: Item | None) -> bool:
    """Whether a verb is a finite one of its own clause."""
    return verb is not None and verb.aux not in ("to",)


def last_says(verb: Item | None) -> bool:
    """Whether a verb reports what somebody says or thinks."""
    return verb is not None and verb.token in _REPORTING
