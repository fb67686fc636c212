"""Clauses inside clauses: conditions, reports, relatives, infinitives and participles."""

from __future__ import annotations

from recollect.english.drafts import Draft, last_says
from recollect.english.items import Item
from recollect.english.joins import Joins

_PLACED = frozenset(("<stay>", "<go>", "<put>", "<drop>", "leave", "be", "was"))


class Subordinate(Joins):
    """Opens and closes the clauses that depend on another."""

    def _at_sub(self, k: int, item: Item) -> int:
        token = item.token
        after = k + 1
        clause = self.subject_then_verb(after, True) or self.group(after) >= 0
        if self.kind(after) == "co":
            return after
        if not clause:
            if token in ("before", "after", "until") and self.kind(after) in ("np", "pron"):
                self.add(Item("prep", token, item.text))
            elif token == "if":
                self.add(Item("w", "if", item.text))
            return after
        self._resume()
        last = self.cur.verb
        if (
            last is not None
            and last.token in ("<say>", "<find>", "<see>")
            and token in ("if", "when")
            and self.kind(k - 1) in ("v", "np", "pron", "not", "adv")
            and (token == "if")
        ):
            self.scope = True
            self.open(said=True, sub="reported")
            self.cur.prefix = [Item("w", "if", item.text)]
            return after
        fronted = self.cur.verb is None and not self.cur.items
        inherited = self.scope
        heir = self.heir()
        if token == "so_that":
            self.open(said=True)
            return after
        if token == "if":
            if not fronted:
                self.cur.said = True
                self.condition = True
                self.scope = True
            self.open(said=self.speech, sub=token)
            self.condition = self.scope = True
        else:
            self.open(said=inherited or self.speech, sub=token)
        if token in ("if", "because", "while", "until"):
            self.cur.prefix = [Item("w", token, item.text)]
        verb = self.items[self.group(after)] if self.group(after) >= 0 else None
        if verb is not None and not self.subject_then_verb(after, True):
            if fronted:
                self.cur.pending = True
            else:
                self.cur.items, self.cur.subject = list(heir), list(heir)
        self.cur.shown = fronted
        return after

    def _at_that(self, k: int, item: Item) -> int:
        if not self.subject_then_verb(k + 1, True) and self.group(k + 1) < 0:
            return k + 1
        last = self.cur.verb
        if last is None and not self.cur.items:
            return k + 1
        if last is not None and last.token == "<manage>":
            last.token = "<say>"
        if last is None or last.token not in ("<find>", "<see>", "<act>"):
            self.scope = True
        self.open()
        return k + 1

    def _at_wh(self, k: int, item: Item) -> int:
        last = self.cur.verb
        if last is None:
            self.add(item)
            return k + 1
        if last.token == "<manage>":
            last.token = "<say>"
        placed = item.token == "where" and last.token in _PLACED  # "stayed where it was until"
        self.scope = self.scope or not (placed or last.token in ("<find>", "<see>"))
        self.open(said=True)
        self.add(item)
        return k + 1

    def _at_rel(self, k: int, item: Item) -> int:
        people = item.token in ("who", "whom", "whose")
        antecedent = next((it for it in reversed(self.cur.items) if it.type == "np" and (
            not people or it.mention is None or it.mention.kind in ("name", "person"))), None)  # fmt: skip
        antecedent = antecedent or next(
            (it for it in reversed(self.cur.items) if it.type == "np"), None
        )
        if antecedent is None and self.done:
            antecedent = next((it for it in reversed(self.done[-1].items) if it.type == "np"), None)
        if antecedent is None:
            return k + 1
        main_open = self.cur.verb is None
        verb = self.group(k + 1)
        said = self.cur.said and (self.scope or self.speech)
        if self.kind(k + 1) == "p":
            return k + 1
        if item.token == "whose":
            return k + 1
        asked = last_says(self.cur.verb) and self.kind(k - 1) != "p"  # "asked Ann, who laughed"
        if asked and item.token in ("where", "who", "which"):
            return self._at_wh(k, Item("wh", item.token, item.text))
        if main_open:
            self.waiting = self.cur
            self.waiting.subject = [it for it in self.cur.items if it.type in ("np", "pron", "w")]
            self.cur = Draft(said=said)
        else:
            self.close()
            self.cur = Draft(said=said)
            self.cur.sub = "rel"
        if verb >= 0 and not self.subject_then_verb(k + 1, False):
            self.cur.items, self.cur.subject = [antecedent], [antecedent]
            if not main_open and not self._goes_on_relating(k):
                # what follows "and" belongs to the main clause again
                self.cur.subject = self.done[-1].subject if self.done else [antecedent]
            return k + 1
        end = self._end_of_relative(k + 1)
        tail = [antecedent]
        if item.token == "where":
            tail = [Item("prep", "in", "in"), antecedent]
        self.items[end:end] = tail
        return k + 1

    def _goes_on_relating(self, k: int) -> bool:
        """Whether "and" goes on with "..., who rode it to the station and left it there"."""
        if self.kind(k - 1) != "p":
            return False
        for j in range(k + 1, len(self.items)):
            if self.kind(j) == "p":
                return False
            if self.kind(j) == "co":
                return self.items[j].token == "and" and self.group(j + 1) >= 0
        return False

    def _end_of_relative(self, k: int) -> int:
        """Where the object of an object relative belongs: right after its verb."""
        verb = self.group(k + 1)
        while verb < 0 and k < len(self.items):
            k += 1
            verb = self.group(k)
        return min(verb + 1, len(self.items)) if verb >= 0 else min(k, len(self.items))

    def _relative(self, k: int) -> bool:
        """Whether a subject and its verb are followed by the verb of the clause around them."""
        verb = self.group(k + 1)
        if verb < 0 or not (self.items[k - 1].mention and self.items[k - 1] in self.cur.items):
            return False
        for j in range(verb + 1, min(verb + 8, len(self.items))):
            if self.items[j].type in ("p", "co", "sub"):
                return False
            if self.items[j].type == "v" and (
                self.items[j].forms & {"past", "s"} or self.items[j].aux
            ):
                return True
        return False

    def _at_prep(self, k: int, item: Item) -> int:
        if item.text.lower() == "according to" and self.kind(k + 1) in ("np", "pron"):
            self.scope = self.cur.said = True
            return k + 3 if self.kind(k + 2) == "p" else k + 2
        verb = self.group(k + 1)
        if verb >= 0 and self.kind(k + 1) not in ("np", "pron"):
            found = self.items[verb]
            if item.token == "to" and "base" in found.forms and not found.aux:
                return self._infinitive(k, item, found)
            if "ing" in found.forms and not found.aux:
                return self._gerund(k, item)
        self.add(item)
        return k + 1

    def _infinitive(self, k: int, item: Item, verb: Item) -> int:
        last = self.cur.verb
        verb.aux = "to"
        if last is None and not self.cur.items:
            self.cur.said = True
            self.cur.pending = True
            return k + 1
        inline = (last is not None and last.token in ("<want>", "forget", "<manage>", "<say>", "be", "was") and last.aux != "to") or (
            last is not None and last.token in ("<want>", "forget", "<manage>"))  # fmt: skip
        if last is None or (inline and not self._object_then_purpose(last)):
            self.add(item)
            self._inline = True
            self.cur.verb = None if last is None else last
            return self._inline_verb(k + 1, verb)
        subject = self.heir()
        if last.token == "<act>" and last.lemma == "help":
            self.open(subject=subject)
            return k + 1
        self.open(subject=subject, said=True)
        return k + 1

    def _object_then_purpose(self, last: Item) -> bool:
        """Whether an infinitive is a purpose, as in "wanted the key to open the door"."""
        items = self.cur.items
        after = items[items.index(last) + 1 :]
        if not after:
            return False
        final = after[-1]
        if last.token in ("be", "was"):
            return final.type != "w"
        if (
            final.type == "np"
            and final.mention is not None
            and final.mention.kind in ("thing", "box", "place", "noun")
        ):
            return True
        return any(it.type == "v" for it in after)

    def _inline_verb(self, k: int, verb: Item) -> int:
        """Take an infinitive into the clause of its verb."""
        while self.items[k] is not verb:
            self._at_other(k, self.items[k])
            k += 1
        self.add(verb)
        self.cur.verb = verb
        return k + 1

    def _gerund(self, k: int, item: Item) -> int:
        """Open the clause of a participle: "without taking", "by going", "after leaving"."""
        heir = self.heir()
        if self.cur.verb is None and not self.cur.items:
            self.cur.pending = True
            if item.token in ("for", "of", "without"):
                self.cur.said = True
            return k + 1
        negative = item.token == "without"
        doubtful = item.token in ("for", "of", "from")
        self.open(subject=heir, said=True if doubtful else None)
        if negative:
            self.add(Item("not", "not", item.text))
        return k + 1
