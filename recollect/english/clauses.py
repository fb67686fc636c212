"""From the items of a sentence to clauses: one verb each, subjects filled in, in the order things happened.

Reported speech, wishes and conditions are not facts: their clauses begin with `<said>` (or `if`).
"""

from __future__ import annotations

from recollect.english.drafts import Draft
from recollect.english.items import Item
from recollect.english.subjects import TRANSITIVE, Subjects, without_attribute

_ING_OBJECT = frozenset(
    "stop finish quit avoid deny practise practice enjoy miss mind cease resume go keep".split()
)
_UNREAL = frozenset(
    "suggest imagine propose recommend mention advise discuss debate contemplate fancy".split()
)
"""Verbs whose -ing object is only thought or spoken of."""


class Sentence(Subjects):
    """Splits the items of one sentence; the arguments are those of `Walk`."""

    def split(self) -> list[Draft]:
        """The clauses of the sentence in the order of events."""
        k = 0
        while k < len(self.items):
            item = self.items[k]
            step = getattr(self, f"_at_{item.type}", self._at_other)
            k = step(k, item)
        self._resume()
        self.close()
        return self._ordered()

    def _at_np(self, k: int, item: Item) -> int:
        return self._nominal(k, item)

    def _at_pron(self, k: int, item: Item) -> int:
        return self._nominal(k, item)

    def _nominal(self, k: int, item: Item) -> int:
        last = self.cur.verb
        if last is None:
            if (
                self.kind(k - 1) == "np"
                and self.kind(k - 2) != "prep"
                and self.waiting is None
                and self._relative(k)
            ):
                # "the bag John was carrying is now in the hall"
                antecedent = self.items[k - 1]
                self.waiting = self.cur
                self.waiting.subject = [antecedent]
                self.cur = Draft(said=self.cur.said)
                self.add(item)
                verb = self.group(k + 1)
                self.items[verb + 1 : verb + 1] = [antecedent]
                return k + 1
            self.fronted_object(k)
            self.add(item)
            return k + 1
        verb = self.group(k + 1)
        if verb < 0 or (self.kind(k - 1) == "prep" and not (verb >= 0 and self.waiting)):
            if (
                self.subject_then_verb(k, True)
                and self.kind(k - 1) in ("adv", "not", "np", "pron")
                and self.kind(k + 1) == "co"
            ):
                pass
            self.add(item)
            return k + 1
        found = self.items[verb]
        if self.waiting is not None:
            self.add(item)
            return k + 1
        if "ing" in found.forms and not found.aux and self._only_posture(verb, found, item):
            self.add(item)
            return verb + 1
        finite = bool(found.forms & {"past", "s"} or found.aux or verb > k + 1)
        if found.forms <= {"part"} and not found.aux:
            self.add(item)
            return k + 1
        if last.token in ("<say>", "<want>", "forget") and finite:
            self.scope = True
            self.open()
            self.add(item)
            return k + 1
        if (
            last.token in ("<find>", "<see>", "<meet>", "<manage>", "<say>")
            and verb == k + 1
            and not finite
        ):
            self.add(item)  # "saw Mary take the key", "heard him leave"
            self.scope = self.scope or last.token == "<say>"
            main = list(self.cur.subject)
            self.open(subject=[item])
            if main and not self.scope:
                self.cur.inner, self.cur.subject = (
                    [item],
                    main,
                )  # "let us in and handed her the key"
            return k + 1
        if "ing" in found.forms and not found.aux and verb == k + 1:
            self.add(item)
            if last.token in ("<find>", "<see>", "<meet>", "<follow>") or (
                item.type == "np"
                and item.mention is not None
                and (item.mention.kind in ("person",) and last.token not in ("<go>",))
            ):
                self.open(subject=[item])
            return k + 1
        if not finite:
            self.add(item)
            return k + 1
        if last.token in ("<find>", "<see>", "<manage>"):
            previous = self.items[k - 1]
            if previous.type != "np":
                self.open()
                self.add(item)
                return k + 1
        before = self.cur.items[-1] if self.cur.items else None
        if (
            before is not None
            and before.type == "np"
            and found.token in TRANSITIVE
            and (self.kind(verb + 1) not in ("np", "pron", "part"))
        ):  # "the key Mary had dropped"
            main = self.cur
            self.open(said=main.said)
            self.add(item)
            self.cur.subject = list(main.subject)
            self.cur.sub = "rel"
            self.items[verb + 1 : verb + 1] = [before]
            return k + 1
        if self.kind(k - 1) in ("np", "pron", "adv", "part", "v", "w"):
            self.scope = self.scope and self.condition
            self.open()
        self.add(item)
        return k + 1

    def _at_v(self, k: int, item: Item) -> int:
        cur = self.cur
        if cur.verb is None:
            return self._first_verb(k, item)
        previous = cur.items[-1] if cur.items else None
        plain_ing = "ing" in item.forms and not item.aux
        if plain_ing and cur.items and self._only_posture(k, item, cur.items[-1]):
            return k + 1
        if self.waiting is not None and not plain_ing:
            negs = self._trailing()
            self._resume()
            self.cur.items.extend(negs)
            return self._first_verb(k, item)
        if plain_ing:
            if cur.verb.token in ("<want>", "forget", "<manage>") or (
                cur.verb.lemma in _ING_OBJECT and previous is cur.verb
            ):
                if cur.verb.token == "<go>":
                    return k + 1
                self.add(item)
                cur.verb = item
                return k + 1
            if cur.verb.lemma in _UNREAL and previous is cur.verb:
                self.open(subject=self.heir(), said=True)  # "suggested taking the lamp"
                self.add(item)
                self.cur.verb = item
                return k + 1
            subject = self.heir()
            if (
                cur.verb.token in ("<find>", "<see>", "<meet>", "<say>")
                and previous is not None
                and previous.type in ("np", "pron")
            ):
                subject = [previous]
                self.scope = self.scope or cur.verb.token == "<say>"
            self.open(subject=subject)
            self.add(item)
            self.cur.verb = item
            return k + 1
        if previous is not None and previous.type == "np" and "part" in item.forms and not item.aux:
            follows = self.at(k + 1)
            if follows is None or follows.type in ("prep", "p", "adv", "co", "part"):
                subject = [previous]
                rest = list(cur.subject)
                self.open(subject=subject)
                self.add(Item("pass", "<passive>", ""))
                self.add(item)
                item.aux = "pass"
                self.cur.verb, self.cur.subject = item, rest or subject
                self.cur.sub = "rel"
                return k + 1
        if (
            cur.verb.token in ("<manage>", "<say>", "<want>", "forget")
            and item.forms & {"base"}
            and previous is not None
        ):
            if (previous is cur.verb and item.token != "<act>") or previous.type == "prep":
                self.add(item)
                cur.verb = item
                return k + 1
        seen = self._seen_doing(item)
        if seen is not None:  # "saw a man in a grey hood leave the bank"
            self.scope = self.scope or cur.verb.token == "<say>"
            self.open(subject=[seen])
            return self._first_verb(k, item)
        trailing = self._trailing()
        if previous is not None and item.token == "<act>" and previous.type in ("v", "w", "adv"):
            return k + 1  # a second word for the same act: "went shopping"
        self.open(subject=self.heir())
        self.cur.items.extend(trailing)
        return self._first_verb(k, item)

    def _seen_doing(self, item: Item) -> Item | None:
        """Who is seen (or heard) doing what a bare infinitive tells, when more stands between them."""
        verb, items = self.cur.verb, self.cur.items
        if verb is None or "base" not in item.forms or item.aux:
            return None
        if verb.token not in ("<find>", "<see>") and verb.lemma not in ("hear", "feel"):
            return None
        rest = items[next(n for n, it in enumerate(items) if it is verb) + 1 :]
        if len(rest) < 3 or len(rest) % 2 == 0 or rest[0].type != "np":
            return None
        pairs = zip(rest[1::2], rest[2::2], strict=True)
        return rest[0] if all(p.type == "prep" and n.type == "np" for p, n in pairs) else None

    def _first_verb(self, k: int, item: Item) -> int:
        cur = self.cur
        subject = [it for it in cur.items if it.type in ("np", "pron") or it.token in ("and", "or")]
        governed = {
            id(cur.items[j + 1]) for j in range(len(cur.items) - 1) if cur.items[j].type == "prep"
        }  # fmt: skip
        subject = [it for it in subject if id(it) not in governed]
        while subject and subject[0].type == "w":
            subject.pop(0)
        if not cur.subject:
            cur.subject = subject
        cur.verb = item
        without_attribute(cur.items)
        if not cur.subject and not cur.pending and not any(it.type == "wh" for it in cur.items):
            after = self.at(k + 1)
            if (
                item.token == "<say>"
                and (self.done or self.quoted)
                and after is not None
                and after.type in ("np", "pron")
            ):
                cur.items.append(after)
                cur.subject = [after]
                cur.items.append(item)
                return k + 2
            if "ing" in item.forms and not item.aux:
                cur.pending = True
            elif ((item.forms <= {"base"} and not item.aux) or item.aux == "do") and not any(
                it.type == "modal" for it in cur.items
            ):
                cur.items.insert(0, Item("modal", "<modal>", ""))
                self.imperative = True
            elif (
                after is not None
                and after.type in ("np", "pron")
                and governed
                and item.token in ("be", "was", "<stay>", "<go>", "had", "<hold>")
            ):  # "On the table lay a key"
                place = cur.items
                cur.items = [after, item, *place]
                cur.subject = [after]
                return k + 2
            elif item.aux == "modal" or any(it.text.lower() == "please" for it in cur.items):
                pass
            elif self.before and not self.done and self._of_things(item):
                pass  # "10:00 Transferred the parcels": nobody is said to have done it
            else:
                cur.items = (
                    [*self.before, *cur.items] if self.before and not self.done else cur.items
                )
                cur.subject = list(self.before) if not self.done else []
                if self.done and self.heir():
                    cur.items = [*self.heir(), *cur.items]
                    cur.subject = list(self.heir())
        if self._trainer(k, item):
            cur.subject[0].mention.kind, cur.subject[0].token = "person", "<person>"  # type: ignore[union-attr]
        if self._done_to(k, item):  # "Pallet 44 moved to the yard by Ann", "2 crates delivered"
            cur.items.append(Item("pass", "<passive>", ""))
            item.aux = "pass"
            if item.token == "<go>":
                item.token = "<bring>" if item.lemma == "move" else "<put>"
        cur.items.append(item)
        return k + 1
