"""The order of events: "after", "before", the past perfect, and what was left behind."""

from __future__ import annotations

from recollect.english.drafts import Draft, Walk
from recollect.english.items import Item


class Order(Walk):
    """Brings the clauses of a sentence to the order in which things happened."""

    def _report_backwards(self) -> None:
        """What came before was said, as in "The key is here, said Mary"."""
        self.cur.said = True
        for draft in self.done:
            draft.said = draft.said or not draft.sub

    def _ordered(self) -> list[Draft]:
        drafts = [d for d in self.done if (d.items or d.prefix) and not _only_when(d)]
        for n, draft in enumerate(drafts):
            if draft.pending and not draft.subject:
                heir = next(
                    (d.subject for d in drafts[n + 1 :] if d.subject and not d.pending), None
                )
                heir = heir or next(
                    (d.subject for d in reversed(drafts[:n]) if d.subject), self.before
                )
                draft.items = [*heir, *draft.items]
                draft.subject = list(heir)
        self._cataphora(drafts)
        ordered: list[Draft] = []
        late: list[Draft] = []
        for draft in drafts:
            if draft.sub == "before" and draft.shown:
                late.append(draft)
            elif draft.sub in ("after", "when") and not draft.shown and ordered and not draft.said:
                ordered.insert(len(ordered) - 1, draft)
            else:
                ordered.append(draft)
        ordered.extend(late)
        ordered = [clause for draft in ordered for clause in (draft, *_spoke_from(draft))]
        self._left_where_they_were(ordered)
        if any(d.past_perfect for d in ordered) and not all(d.past_perfect for d in ordered):
            first = [
                d
                for d in ordered
                if d.past_perfect and not d.said and d.sub not in ("before", "until")
            ]
            ordered = first + [d for d in ordered if not any(d is f for f in first)]
        return ordered

    @staticmethod
    def _carry(drafts: list[Draft], draft: Draft) -> None:
        """Name what "it had been" means before its clause goes to the front: the thing spoken of before."""
        at = next(n for n, d in enumerate(drafts) if d is draft)
        for before in reversed(drafts[:at]):
            if len(before.subject) == 1 and before.subject[0].mention is not None:
                thing = before.subject[0].mention
                if thing.kind in ("thing", "box", "noun") and not thing.plural:
                    draft.items = [*before.subject, *draft.items[1:]]
                    draft.subject = list(before.subject)
                return

    @staticmethod
    def _carry_object(drafts: list[Draft], draft: Draft) -> None:
        """The same for an object: "saw that the camera was gone, because he had left it there"."""
        at = next(n for n, d in enumerate(drafts) if d is draft)
        it = next((n for n, i in enumerate(draft.items) if i.type == "pron" and i.token == "it"), 0)
        things = [
            i
            for d in drafts[:at]
            for i in d.items
            if i.mention and i.mention.kind in ("thing", "box", "noun") and not i.mention.plural
        ]
        if it > 0 and at and len({id(i.mention) for i in things}) == 1 and draft.sub:
            draft.items[it] = things[0]

    @staticmethod
    def _left_where_they_were(ordered: list[Draft]) -> None:
        """Put "but left the amp behind" before the going that it is said of: the amp stays where they were."""
        for n in range(1, len(ordered)):
            draft, going = ordered[n], ordered[n - 1]
            if draft.verb is None or going.verb is None or draft.said or going.said:
                continue
            if draft.sub or going.sub or not _left_behind(draft):
                continue
            later = draft.items[draft.items.index(draft.verb) + 1]
            if later.type == "pron" and any(
                it.token == later.token
                or (it.mention and it.mention.kind in ("thing", "box", "noun"))
                for it in going.items
            ):
                continue  # "it" is what the going speaks of
            moved = going.verb.token in (
                "<go>",
                "<enter>",
                "<exit>",
                "<bring>",
                "take",
                "carry",
                "get",
            )
            if moved or going.verb.token == "leave":
                ordered[n - 1], ordered[n] = draft, going

    def _cataphora(self, drafts: list[Draft]) -> None:
        """Fill in the pronoun of "After he had eaten, Ben left", whose clause now comes first."""
        mains = [d for d in drafts if not d.sub and d.subject and d.subject[0].type == "np"]
        for draft in drafts:
            if not (
                draft.sub in ("after", "when", "before", "while", "because") or draft.past_perfect
            ):
                continue
            if len(draft.subject) != 1 or draft.subject[0].type != "pron" or not draft.items:
                continue
            pronoun = draft.subject[0]
            if pronoun.token == "it" and draft.past_perfect and draft.items[0] is pronoun:
                self._carry(drafts, draft)
                continue
            if draft.past_perfect:
                self._carry_object(drafts, draft)
            if (
                pronoun.token not in ("he", "she", "they")
                or draft.items[0] is not pronoun
                or draft.said
            ):
                continue
            for main in mains:
                people = [it for it in main.subject if it.mention is not None]
                gender = "" if len(people) != 1 else people[0].mention.gender  # type: ignore[union-attr]
                fits = (len(people) > 1 and pronoun.token == "they") or (gender and gender == {
                    "he": "m", "she": "f", "they": "p"}[pronoun.token])  # fmt: skip
                if fits and main is not draft and not main.said:
                    draft.items = [*main.subject, *draft.items[1:]]
                    draft.subject = list(main.subject)
                    break


def _only_when(draft: Draft) -> bool:
    """Whether "until the bell rang" tells how long something went on, and moves nobody anywhere."""
    verb = draft.verb
    if draft.sub != "until" or verb is None:
        return False
    if verb.token in ("<act>", "<unk>"):
        return True
    if verb.token not in ("<go>", "<say>") and verb.lemma != "be":
        return False
    rest = draft.items[next((n for n, it in enumerate(draft.items) if it is verb), 0) + 1 :]
    return all(it.token in ("<adj>", "<noun>", "back") for it in rest)


_CALLED = frozenset(
    "shout call yell scream phone ring telephone text write wave whistle radio cry shriek sing beckon watch".split()
)


def _spoke_from(draft: Draft) -> list[Draft]:
    """The clause that says where somebody is who calls, waves or phones from there."""
    verb, items = draft.verb, draft.items
    if draft.said or verb is None or verb.lemma not in _CALLED or verb.aux == "pass":
        return []
    if any(it.type in ("not", "modal") or it.token == "never" for it in items):
        return []
    at = next((n for n, it in enumerate(items) if it is verb), len(items))
    source = next((n for n in range(at, len(items) - 1) if items[n].token == "from"), -1)
    place = items[source + 1].mention if source >= 0 else None
    if place is None or place.kind not in ("place", "box") or len(draft.subject) != 1:
        return []
    there = Draft()
    there.subject = list(draft.subject)
    there.verb = Item("v", "was", "was", lemma="be", forms=frozenset(("past",)))
    there.items = [*draft.subject, there.verb, Item("prep", "in", "in"), items[source + 1]]
    del items[source : source + 2]
    return [there]


def _left_behind(draft: Draft) -> bool:
    """Whether a clause says that something stayed, and not where: "left it behind", "forgot her coat"."""
    verb, items = draft.verb, draft.items
    at = next((n for n, it in enumerate(items) if it is verb), len(items))
    rest = [it for it in items[at + 1 :] if it.type in ("np", "pron", "prep", "part", "v")]
    if not rest or rest[0].type not in ("np", "pron"):
        return False
    if any(it.token in ("there", "here") for it in items[at + 1 :]):
        return False  # "took it to the shed and forgot it there"
    if any(it.type in ("prep", "v") for it in rest) or any(it.type == "not" for it in items):
        return False
    places = [it for it in rest if it.mention is not None and it.mention.kind == "place"]
    if verb is None or places:
        return False
    behind = rest[-1].token == "behind" and rest[-1].type == "part"
    return verb.lemma in ("leave_behind", "forget") or (verb.lemma == "leave" and behind)
