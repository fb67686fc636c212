"""Commas, colons and "and": where one clause ends and the next begins."""

from __future__ import annotations

from recollect.english.drafts import Draft, last_is_main
from recollect.english.gaps import Gaps
from recollect.english.items import Item
from recollect.english.lexicon import ONLY_IN_QUESTIONS

_GROUPS = frozenset("crew team couple pair family staff band twins gang party parents".split())


class Joins(Gaps):
    """Splits at punctuation and coordinators."""

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
        listed = self.cur.sub in ("while", "because", "when", "if", "until") and self._listed(k)
        if self.cur.verb is None and not self.cur.pending and (not self.cur.sub or listed):
            if (
                self.kind(k - 1) in ("np", "pron")
                and self.kind(after) in ("np", "pron")
                and not self._fronted(k)
            ):
                if self._members(after):
                    self.cur.items.pop()
                    return after
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
        if self._gapped(after):
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

    def _listed(self, k: int) -> bool:
        """Whether the comma stands in a list of those who act: "While Ann, Bob and Eve slept"."""
        first = self.items[k - 1].mention if self.kind(k - 1) == "np" else None
        if first is None or not (first.proper or first.det):
            return False  # "Although tired, Ann and Bob went"
        end = k
        while self.kind(end) == "p" and self.kind(end + 1) in ("np", "pron"):
            end += 2
        return self.kind(end) == "co" and self.kind(end + 1) in ("np", "pron")

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

    def _members(self, k: int) -> bool:
        """Whether names tell who the group before the comma is: "Her crew, Piet and Lou, rowed"."""
        group = self.items[k - 2].mention
        if group is None or group.proper or not (group.plural or group.head in _GROUPS):
            return False
        if not (group.kind == "person" or group.head in _GROUPS):
            return False
        types = [self.kind(n) for n in range(k, k + 4)]
        if types != ["np", "co", "np", "p"] or self.group(k + 4) < 0:
            return False
        return self.items[k].token == self.items[k + 2].token == "<name>"

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
        if self.kind(after) == "adv" and self.items[after].token in ("there", "here"):
            if self.cur.verb is not None and self.subject_then_verb(after + 1, False):
                self._resume()
                self._leave_scope(words, True)
                self.open()  # "and there she was"
                return after
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
        if "and" in words and self._gapped(after):
            return after
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
        if self.items[after].type == "modal" and self.items[after].text.lower() == "please":
            self.open()  # "so please put it back": whoever reads it
            return after
        bare = (verb.forms <= {"base"} and not verb.aux) or (
            "base" in verb.forms and not verb.aux and last is not None and last.aux in ("do", "modal", "to"))  # fmt: skip
        has_own = any(
            self.items[j].type in ("modal", "aux", "pass", "not") for j in range(after, verb_at)
        )
        if last is not None and bare and not has_own and self._continue_infinitive(after, words):
            return after
        thought = "ing" in verb.forms and not verb.aux  # "suggested taking the lamp and leaving"
        said = self.cur.said and (
            thought or self.speech or self.condition or bool(self.scope and not last_is_main(last))
        )
        passive = (
            last is not None and last.aux == "pass" and "part" in verb.forms and not has_own
            and "past" in verb.forms and verb.token not in ("<go>", "<exit>", "<stay>", "<say>", "be", "was")
            and self.kind(verb_at + 1) not in ("np", "pron")
        )  # fmt: skip
        passive = passive or (last is not None and last.aux == "pass" and verb.forms <= {"part"})
        heir = self.heir()
        if self.cur.inner and "base" in verb.forms:
            heir = self.cur.inner  # "saw Mary take the key and leave"
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
