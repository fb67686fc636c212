"""From the items of a sentence to clauses: one verb each, subjects filled in, in the order things happened.

Reported speech, wishes and conditions are not facts: their clauses begin with `<said>` (or `if`).
"""

from __future__ import annotations

from recollect.english.groups import join_verbs
from recollect.english.lexicon import ONLY_IN_QUESTIONS
from recollect.english.nouns import ANIMALS
from recollect.english.phrases import Item

_REPORTING = frozenset(("<say>", "<want>", "forget"))
_ING_OBJECT = frozenset(
    "stop finish quit avoid deny practise practice enjoy miss mind cease resume go keep".split()
)
_EMITTED = frozenset(
    ("np", "pron", "v", "aux", "pass", "not", "modal", "prep", "part", "w", "adv", "wh")
)
_MOVED = frozenset("take put drop hide lose leave give bring carry find get hold see buy".split())
_SITTING = frozenset("in on at under behind near beside between outside with above".split())
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
_TRANSITIVE = frozenset(
    ("<take>", "take", "get", "carry", "<bring>", "<drop>", "<lose>", "<put>", "hide", "<give>", "<send>", "leave",
     "<receive>", "<find>", "<see>", "<meet>", "<swap>", "<destroy>", "<hold>")
)  # fmt: skip


class Draft:
    """A clause in the making."""

    __slots__ = ("items", "pending", "prefix", "said", "shown", "sub", "subject", "verb")

    def __init__(
        self, *, said: bool = False, sub: str = "", prefix: list[Item] | None = None
    ) -> None:
        self.items: list[Item] = []
        self.prefix = prefix or []
        self.said, self.sub = said, sub
        self.subject: list[Item] = []  # items that stand before the verb as its subject
        self.verb: Item | None = None
        self.pending = False  # the subject is still to come (or to be copied)
        self.shown = False

    @property
    def past_perfect(self) -> bool:
        """Whether its verb is in the past perfect ("had left")."""
        return self.verb is not None and self.verb.aux == "had"


class Sentence:
    """Splits the items of one sentence.

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

    # -- looking around ---------------------------------------------------------------------------------------------

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

    # -- building ---------------------------------------------------------------------------------------------------

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

    # -- the walk ---------------------------------------------------------------------------------------------------

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

    def _at_other(self, k: int, item: Item) -> int:
        if item.type in _EMITTED and not (item.type == "adv" and item.token in ONLY_IN_QUESTIONS):
            self.add(item)
        return k + 1

    def _at_p(self, k: int, item: Item) -> int:
        token = item.token
        if token == ",":
            return self._comma(k)
        if token == '"':
            self.speech = not self.speech
            self._resume()
            self.close()
            self.cur.said = self.speech or self.scope
            return k + 1
        if token == "?":
            self.add(Item("w", "?", "?"))
            return k + 1
        if (
            token in "(["
            and self.kind(k + 1) == "np"
            and self.kind(k + 2) == "p"
            and self.kind(k - 1) == "np"
        ):
            return k + 3  # another name for the same: "badge 12 (Tom Reyes)"
        if token in "([" or token in "])":
            if self.group(k + 1) >= 0 or self.subject_then_verb(k + 1, True):
                self.open()
            return k + 1
        if token in ";:.!" or (
            token == "-" and (self.subject_then_verb(k + 1, True) or self.group(k + 1) >= 0)
        ):
            self._resume()
            if token == ":" and self.cur.verb is None and not self.cur.said:
                # "Mary: took the key" names the actor
                if (
                    self.cur.items
                    and self.cur.items[-1].type in ("np", "pron")
                    and self.group(k + 1) >= 0
                ):
                    self.cur.subject = [self.cur.items[-1]]
                    return k + 1
                if self.subject_then_verb(k + 1, True):
                    self.cur = Draft(said=self.speech)
                return k + 1
            heir = self.heir()
            reporting = (
                self.cur.verb is not None and self.cur.verb.token == "<say>" and token == ":"
            )
            if token != "-" or not self.scope:
                self.scope = self.scope and self.condition
            self.close()
            if reporting:
                self.scope = self.cur.said = True
            if self.group(k + 1) >= 0 and heir and not self.subject_then_verb(k + 1, True):
                self.cur.items, self.cur.subject = list(heir), list(heir)
            return k + 1
        return k + 1

    def _comma(self, k: int) -> int:
        after = k + 1
        if self._resume():
            return self._comma_after_relative(after)
        if self.cur.verb is None and not self.cur.sub and not self.cur.pending:
            if (
                self.kind(k - 1) in ("np", "pron")
                and self.kind(after) in ("np", "pron")
                and not self._fronted(k)
            ):
                if self._apposition(after):
                    while self.kind(after) != "p":
                        after += 1
                    return after + 1
                if not self._unlike(k - 1, after):
                    self.add(Item("w", "and", ","))
            return after
        if self.kind(after) == "co":
            return after
        if (
            self.cur.sub
            and self.cur.verb is not None
            and (
                self.kind(after) in ("np", "pron")
                or self.group(after) >= 0
                or self.kind(after) in ("prep", "adv")
            )
        ):
            if (
                self.subject_then_verb(after, True)
                or self.kind(after) in ("prep", "adv")
                or self.group(after) >= 0
            ):
                said = self.condition or self.speech
                fronted = not self.done or self.done[-1].sub != "" or self.cur.pending
                if self.group(after) >= 0 and not self.subject_then_verb(after, True):
                    heir = self.heir()
                    self.open(subject=heir, said=said)
                else:
                    self.open(said=said)
                if fronted:
                    self.scope = self.condition
                return after
        if self.cur.pending and self.cur.verb is not None and self.subject_then_verb(after, True):
            self.open(said=self.speech or self.condition)
            return after
        if self.subject_then_verb(after, True) and not self._list_ahead(after):
            report = self.cur.verb is not None and self.cur.verb.token == "<say>" and not self.scope
            self.open()
            if report and self.done and not self.done[-1].said:
                pass
            return after
        if self.group(after) >= 0 and self.cur.verb is not None:
            verb = self.items[self.group(after)]
            if verb.token == "<say>" and self.kind(self.group(after) + 1) in ("np", "pron"):
                self._report_backwards()
                self.open(subject=[], said=False)
                return after
            self.open(subject=self.heir())
            return after
        if self.kind(k - 1) in ("np", "pron") and self.kind(after) in ("np", "pron"):
            self.add(Item("w", "and", ","))
        elif self.kind(after) in ("np", "pron") and self.subject_then_verb(after, False):
            self.open()
        return after

    def _comma_after_relative(self, after: int) -> int:
        if self.kind(after) == "co":
            return after
        if self.subject_then_verb(after, True):
            self.open()
        return after

    def _unlike(self, left: int, right: int) -> bool:
        """Whether two mentions are of kinds that no list holds together: "Upstairs, Billy slept"."""
        kinds = [
            item.mention.kind if item.mention else "person"
            for item in (self.items[left], self.items[right])
        ]
        return (kinds[0] == "place") != (kinds[1] == "place") and {"name", "person"} & set(
            kinds
        ) != set()

    def _fronted(self, k: int) -> bool:
        """Whether the noun before a comma belongs to a fronted "In the kitchen," (or is called: "Mary, ...")."""
        return self.kind(k - 2) == "prep" and not self._list_ahead(k + 1)

    def _list_ahead(self, k: int) -> bool:
        """Whether "NP, NP and NP" goes on from here."""
        while self.kind(k) in ("np", "pron"):
            k += 1
            if self.kind(k) == "co" and self.items[k].token in ("and", "or"):
                return self.kind(k + 1) in ("np", "pron") and not self.subject_then_verb(
                    k + 1, False
                )
            if self.kind(k) != "p" or self.items[k].token != ",":
                return False
            k += 1
            if self.kind(k) == "co" and self.items[k].token in ("and", "or"):
                return self.kind(k + 1) in ("np", "pron") and not self.subject_then_verb(
                    k + 1, False
                )
        return False

    def _apposition(self, k: int) -> bool:
        """As in "Mary, the guard, took": a second name for the same one."""
        first, second = self.at(k - 2), self.at(k)
        after = k + 1
        while self.kind(after) == "prep" and self.kind(after + 1) == "np":
            after += 2
        return bool(
            first and second and first.mention and second.mention and first.mention.kind in ("name", "person")
            and second.mention.kind == "person" and second.mention.det in ("def", "a", "my", "his", "her", "their", "our", "")
            and self.kind(after) == "p" and self.group(after + 1) >= 0 and first.mention.det != "self"
        )  # fmt: skip

    def _at_co(self, k: int, item: Item) -> int:
        after, words = k + 1, {item.token}
        while self.kind(after) == "co" or (
            self.kind(after) == "p" and self.items[after].token == ","
        ):
            words.add(self.items[after].token)
            after += 1
        comma = self.kind(k - 1) == "p"
        while self.kind(after) == "adv" and self.items[after].token in ONLY_IN_QUESTIONS | {
            "still"
        }:
            if self.items[after].token == "still":
                break
            after += 1
        strong = bool(words & {"but", "so", "then"})
        if self.kind(after) == "sub":
            self._leave_scope(words, True)
            self._resume()
            self.open(said=None)
            return after
        if self.cur.verb is None and not self.cur.pending and not self.waiting:
            if self.kind(after) in ("np", "pron") and self.cur.items and not strong:
                self.add(Item("w", item.token, item.text))
            return after
        if self.subject_then_verb(after, comma or strong) or (
            self.kind(after) == "prep"
            and self.kind(after + 1) == "np"
            and self.subject_then_verb(after + 2, True)
        ):
            self._resume()
            self._leave_scope(words, True)
            self.open()
            return after
        if (
            self.kind(after) == "prep"
            and self.items[after].token == "to"
            and self.group(after + 1) >= 0
        ):
            self._continue_infinitive(after + 1, words)
            return after
        verb = self.group(after)
        if verb >= 0:
            return self._same_subject(after, verb, words)
        if self.kind(after) in ("prep", "np", "pron", "adv", "w") and words & {"and", "or"}:
            self.add(Item("w", "or" if "or" in words else "and", item.text))
        elif self.kind(after) == "not":
            pass
        return after

    def _leave_scope(self, words: set[str], own_subject: bool) -> None:
        """End what somebody said or wanted at "but" and "so"."""
        if self.scope and not self.condition and own_subject and words & {"but", "so"}:
            self.scope = False

    def _same_subject(self, after: int, verb_at: int, words: set[str]) -> int:
        """A further verb of the same subject: "took the key and went out"."""
        verb = self.items[verb_at]
        last = self.cur.verb
        bare = (verb.forms <= {"base"} and not verb.aux) or (
            "base" in verb.forms and not verb.aux and last is not None and last.aux in ("do", "modal", "to"))  # fmt: skip
        has_own = any(
            self.items[j].type in ("modal", "aux", "pass", "not") for j in range(after, verb_at)
        )
        if last is not None and bare and not has_own and self._continue_infinitive(after, words):
            return after
        said = self.cur.said and (
            self.speech or self.condition or bool(self.scope and not last_is_main(last))
        )
        passive = (
            last is not None and last.aux == "pass" and "part" in verb.forms and not has_own
            and "past" in verb.forms and verb.token not in ("<go>", "<exit>", "<stay>", "<say>", "be", "was")
            and self.kind(verb_at + 1) not in ("np", "pron")
        )  # fmt: skip
        passive = passive or (last is not None and last.aux == "pass" and verb.forms <= {"part"})
        heir = self.heir()
        if self.waiting is not None:
            heir = self.waiting.subject or heir
            self._resume(attach=False)
        self._leave_scope(words, bool(words & {"but", "so"}))
        self.open(subject=heir, said=self.scope or said or self.speech)
        if passive:
            self.add(Item("pass", "<passive>", ""))
            verb.aux = "pass"
        return after

    def _continue_infinitive(self, after: int, words: set[str]) -> bool:
        """A bare verb after "and" shares the negation, modal or infinitive of the one before."""
        carried: list[Item] = []
        seen_verb = False
        for item in self.cur.items[len(self.cur.subject) :]:
            if item.type in ("not", "modal") or item.token in ("never", "no_longer", "maybe"):
                carried.append(item)
            elif item.type == "v":
                if (
                    item.token in ("<want>", "forget", "<manage>", "<say>")
                    and item is not self.cur.verb
                ):
                    carried.append(item)
                    seen_verb = True
                else:
                    break
            elif item.token == "to" and seen_verb:
                carried.append(item)
                break
        if not carried and not self.cur.said:
            verb = self.cur.verb
            if verb is None or verb.aux != "to":
                return False
        heir, said = self.heir(), self.cur.said
        self.open(subject=heir, said=said)
        self.cur.items.extend(carried)
        return True

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
        self.scope = self.scope or last.token not in ("<find>", "<see>")
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
        if last_says(self.cur.verb) and item.token in ("where", "who", "which"):
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
            if not main_open:
                # what follows "and" belongs to the main clause again
                self.cur.subject = self.done[-1].subject if self.done else [antecedent]
            return k + 1
        end = self._end_of_relative(k + 1)
        tail = [antecedent]
        if item.token == "where":
            tail = [Item("prep", "in", "in"), antecedent]
        self.items[end:end] = tail
        return k + 1

    def _end_of_relative(self, k: int) -> int:
        """Where the object of an object relative belongs: right after its verb."""
        verb = self.group(k + 1)
        while verb < 0 and k < len(self.items):
            k += 1
            verb = self.group(k)
        return min(verb + 1, len(self.items)) if verb >= 0 else min(k, len(self.items))

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
            self.open(subject=[item])
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
            and found.token in _TRANSITIVE
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

    def _at_v(self, k: int, item: Item) -> int:
        cur = self.cur
        if cur.verb is None:
            return self._first_verb(k, item)
        previous = cur.items[-1] if cur.items else None
        plain_ing = "ing" in item.forms and not item.aux
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
        trailing = self._trailing()
        if previous is not None and item.token == "<act>" and previous.type in ("v", "w", "adv"):
            return k + 1  # a second word for the same act: "went shopping"
        self.open(subject=self.heir())
        self.cur.items.extend(trailing)
        return self._first_verb(k, item)

    def _trailing(self) -> list[Item]:
        """Take back auxiliaries that were added before the verb they belong to was seen."""
        taken: list[Item] = []
        while self.cur.items and self.cur.items[-1].type in ("modal", "not", "pass", "aux"):
            taken.insert(0, self.cur.items.pop())
        return taken

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
            elif item.aux in ("modal",):
                pass
            else:
                cur.items = (
                    [*self.before, *cur.items] if self.before and not self.done else cur.items
                )
                cur.subject = list(self.before) if not self.done else []
                if self.done and self.heir():
                    cur.items = [*self.heir(), *cur.items]
                    cur.subject = list(self.heir())
        if self._done_to(k, item):  # "Pallet 44 moved to the yard by Ann", "2 crates delivered"
            cur.items.append(Item("pass", "<passive>", ""))
            item.aux = "pass"
            if item.token == "<go>":
                item.token = "<bring>" if item.lemma == "move" else "<put>"
        cur.items.append(item)
        return k + 1

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

    # -- order ------------------------------------------------------------------------------------------------------

    def _report_backwards(self) -> None:
        """What came before was said, as in "The key is here, said Mary"."""
        self.cur.said = True
        for draft in self.done:
            draft.said = draft.said or not draft.sub

    def _ordered(self) -> list[Draft]:
        drafts = [draft for draft in self.done if draft.items or draft.prefix]
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
    def _left_where_they_were(ordered: list[Draft]) -> None:
        """Put "but left the amp behind" before the going that it is said of: the amp stays where they were."""
        for n in range(1, len(ordered)):
            draft, going = ordered[n], ordered[n - 1]
            if draft.verb is None or going.verb is None or draft.said or going.said:
                continue
            if draft.sub or going.sub or not _left_behind(draft):
                continue
            later = draft.items[draft.items.index(draft.verb) + 1].type == "pron"
            if later and any(
                it.mention and it.mention.kind in ("thing", "box", "noun") for it in going.items
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

    @staticmethod
    def _cataphora(drafts: list[Draft]) -> None:
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


def _left_behind(draft: Draft) -> bool:
    """Whether a clause says that something stayed, and not where: "left it behind", "forgot her coat"."""
    verb, items = draft.verb, draft.items
    at = next((n for n, it in enumerate(items) if it is verb), len(items))
    rest = [it for it in items[at + 1 :] if it.type in ("np", "pron", "prep", "part", "v")]
    if not rest or rest[0].type not in ("np", "pron"):
        return False
    if any(it.type in ("prep", "v") for it in rest) or any(it.type == "not" for it in items):
        return False
    places = [it for it in rest if it.mention is not None and it.mention.kind == "place"]
    if verb is None or places:
        return False
    behind = rest[-1].token == "behind" and rest[-1].type == "part"
    return verb.lemma in ("leave_behind", "forget") or (verb.lemma == "leave" and behind)


def last_is_main(verb: Item | None) -> bool:
    """Whether a verb is a finite one of its own clause."""
    return verb is not None and verb.aux not in ("to",)


def last_says(verb: Item | None) -> bool:
    """Whether a verb reports what somebody says or thinks."""
    return verb is not None and verb.token in _REPORTING
