"""Words that no table has: a name, a noun or a verb, by where they stand."""

from __future__ import annotations

from recollect.english.items import Item
from recollect.english.lexicon import DETERMINERS, PREPOSITIONS, PRONOUNS
from recollect.english.parties import Parties


class UnknownWords(Parties):
    """Reads a word in no table."""

    def _accompanies(self, at: int) -> bool:
        """Whether an unknown -ing word after a comma tells what was done meanwhile: "sat there, shelling peas"."""
        if self.items[-1].token != "," or self.capital(at):
            return False
        if self.low(at + 1) in DETERMINERS or self.low(at + 1) in PRONOUNS:
            return True
        return (
            self.starts_noun_phrase(at + 1)
            and len(self.items) > 2
            and self.items[-2].type == "np"
            and self.items[-3].type == "prep"
        )

    def _unknown(self, at: int) -> int:
        """A word in no table: a name, a noun or a verb by where it stands."""
        low, previous = self.low(at), self.previous()
        if (
            previous in ("np", "pron", "modal", "do", "not", "rel") and not self.verb_seen
        ) or previous == "have":
            subject = self.items[-1].mention
            chatty = previous == "pron" or (subject is not None and subject.det == "self")
            if (
                (chatty and self.starts_noun_phrase(at + 1))
                or low.endswith(("ed", "s", "es", "ing"))
                or previous in ("modal", "do")
                or self.low(at + 1) in PREPOSITIONS
            ):
                forms = (
                    {"past", "part"}
                    if low.endswith("ed")
                    else {"ing"}
                    if low.endswith("ing")
                    else {"s", "base"}
                )
                if (
                    low.endswith("ed")
                    or self.low(at + 1) in PREPOSITIONS
                    or self.starts_noun_phrase(at + 1)
                ):
                    self.items.append(
                        Item("v", "<unk>", self.raws[at].text, lemma=low, forms=frozenset(forms))
                    )
                    self.verb_seen = True
                    return at + 1
        if (
            previous in ("p", "co")
            and self.verb_seen
            and low.endswith("ed")
            and not self.capital(at)
        ):
            forms = frozenset(("past", "part"))
            self.items.append(Item("v", "<unk>", self.raws[at].text, lemma=low, forms=forms))
            return at + 1
        if previous == "p" and self.verb_seen and low.endswith("ing") and self._accompanies(at):
            self.items.append(
                Item("v", "<unk>", self.raws[at].text, lemma=low, forms=frozenset(("ing",)))
            )
            return at + 1
        if previous == "be" and low.endswith(("ed", "ing")):
            forms = {"part"} if low.endswith("ed") else {"ing"}
            self.items.append(
                Item("v", "<unk>", self.raws[at].text, lemma=low, forms=frozenset(forms))
            )
            return at + 1
        bare = previous == "be" and not self.question and self.items[-1].type == "be"
        if bare and self.low(at + 1) in PREPOSITIONS and not self.capital(at):
            if not any(it.token == "there" for it in self.items):
                return self._add("w", "<adj>", at)  # "is preset on the bench"
        if low[0].isalpha():
            done = self._mention(at)
            if done:
                item = self.items[-1]
                if (
                    item.mention
                    and item.mention.kind == "noun"
                    and not item.mention.det
                    and not self.verb_seen
                ):
                    if self.forms(done) & {"past", "s"} and len(item.mention.mods) == 0:
                        item.mention.kind, item.token = "name", "<name>"
                        item.mention.proper, item.mention.mods = (
                            True,
                            frozenset((item.mention.name.lower(),)),
                        )
                return done
        return self._add("w", "<unk>", at)
