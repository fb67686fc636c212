"""The words of a question as slots: whom it names, which relations it asks for, small words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple

from recollect.answer.knowledge.base import Knowledge
from recollect.answer.knowledge.relation_words import PREPOSITIONS, Form, RelationWords

__all__ = ["Lexicon", "Slot"]

_SAME = {
    "be": "is are was were am be been being",
    "do": "do does did",
    "have": "has have had",
    "who": "who whom",
    "tell": "tell give show list say find",
    "know": "know",
    "<sort>": "person people man men woman women someone somebody anyone anybody individual place "
    "places city cities town country year date day time thing things one ones kind sort something "
    "anything everyone everybody",
    "number": "number count",
    "name": "name names",
    **{
        w: w
        for w in "whose what which where when how many by of as and or that there it if".split()
    },
}
_SMALL = {word: token for token, said in _SAME.items() for word in said.split()}
_SMALL |= {word: "<prep>" for word in PREPOSITIONS if word not in _SMALL}
# Words that change nothing. A possessive counts only in "as her father".
_IDLE = frozenset(
    "the a an please me us you i we can could would want wants exactly actually currently now "
    "also all any every both called so then true else".split()
)
_POSSESSIVE = frozenset("his her their its my your our".split())
_TOKEN = re.compile(r"(?<=\w)['’]s\b|(?<=s)['’](?=\s)|[^\W_]+")


class Slot(NamedTuple):
    """A word, or several that are one name or one relation.

    Attributes:
        token: of `recollect.models.chain_reader.TOKENS`.
        text: as written.
        entities: whom it names; several where the table spells a name in several ways.
        forms: the relations it asks for.
        others: relations that mean much the same, for where those tell nothing.
        trusted: whether it is a kind of thing that the table says nothing of ("which films").
    """

    token: str
    text: str
    entities: tuple[int, ...] = ()
    forms: tuple[Form, ...] = ()
    others: tuple[Form, ...] = ()
    trusted: bool = False


class Lexicon:
    """The names and relations of a knowledge base, found in questions.

    Args:
        knowledge: the table.
    """

    def __init__(self, knowledge: Knowledge):
        self.knowledge = knowledge
        self.relations = RelationWords(knowledge.relations)
        self._names: dict[str, list[int]] = {}
        self._longest: dict[str, int] = {}
        for i, name in enumerate(knowledge.names):
            words = spell(name)
            if not words:
                continue
            self._names.setdefault(" ".join(words), []).append(i)
            if len(words) > self._longest.get(words[0], 0):
                self._longest[words[0]] = len(words)

    def read(self, question: str) -> list[Slot]:
        """The slots of a question; what is neither name, relation nor small word is `<unk>`."""
        pieces = [(m[0], m.start()) for m in _TOKEN.finditer(question)]
        words = ["'s" if w[0] in "'’" else w.lower() for w, _ in pieces]
        slots: list[Slot] = []
        j = 0
        while j < len(words):
            size, slot = self._named(words, [w for w, _ in pieces], j)
            related, forms = self.relations.at(words, j)
            if related > size or (related and related == size and not self._capital(pieces, j)):
                size = related
                slot = self._relation(forms, words[j : j + size])
                if size == 1:
                    known = {form.relation for form in forms}
                    alike = self.relations.alike(words[j])
                    others = tuple(form for form in alike if form.relation not in known)
                    slot = slot._replace(others=others)
            if not size:
                size, slot = self._small(words, j, pieces, slots)
            if slot is not None:
                slots.append(slot)
            j += size
        slots = [_settled(slots, n) for n in range(len(slots))]
        return self._placed(_trusting(slots))

    def _placed(self, slots: list[Slot]) -> list[Slot]:
        """Is Berlin in Germany? Where is Berlin? - of a table with `located_in`."""
        if any(slot.forms for slot in slots) or not any(slot.entities for slot in slots):
            return slots
        for n, slot in enumerate(slots):
            forms = self.relations.placed(slot.text) if slot.token == "<prep>" else []
            if forms:
                return [*slots[:n], Slot("<verb>", slot.text, (), tuple(forms)), *slots[n:]]
        forms = self.relations.placed("")
        if [slot.token for slot in slots] == ["where", "be", "<ent>"] and forms:
            return [*slots, Slot("<verb>", "is", (), tuple(forms))]
        return slots

    def _named(self, words: list[str], written: list[str], j: int) -> tuple[int, Slot | None]:
        for size in range(min(self._longest.get(words[j], 0), len(words) - j), 0, -1):
            found = self._names.get(" ".join(words[j : j + size]))
            if not found:
                continue
            small = size == 1 and (words[j] in _SMALL or words[j] in _IDLE)
            if small and (j == 0 or not written[j][0].isupper()):
                continue
            return size, Slot("<ent>", " ".join(written[j : j + size]), tuple(found))
        return 0, None

    @staticmethod
    def _capital(pieces: Sequence[tuple[str, int]], j: int) -> bool:
        return j > 0 and pieces[j][0][0].isupper()

    def _relation(self, forms: list[Form], words: Sequence[str]) -> Slot:
        token = "<verb>" if all(form.verb for form in forms) else "<noun>"
        return Slot(token, " ".join(words), (), tuple(forms))

    def _small(
        self,
        words: list[str],
        j: int,
        pieces: Sequence[tuple[str, int]],
        slots: Sequence[Slot],
    ) -> tuple[int, Slot | None]:
        word, written = words[j], pieces[j][0]
        if word == "'s":  # who's, what's
            wh = bool(slots) and slots[-1].token in ("who", "what", "where", "when", "which")
            return 1, Slot("be" if wh else "'s", written)
        if word in _IDLE or (word in _POSSESSIVE and slots and slots[-1].token == "as"):
            return 1, None
        if word in _SMALL:
            return 1, Slot(_SMALL[word], written)
        forms = self.relations.near(words, j)
        if forms:
            return 1, self._relation(forms, [word])
        return 1, Slot("<unk>", written)

    def alike(self, text: str) -> list[str]:
        """Names in the table that a misspelt or shortened one may mean, the nearest first."""
        low = text.lower()
        words = set(spell(text))
        part = [n for n in self.knowledge.names if words and words <= set(spell(n))]
        if part:
            return part[:5]
        near = difflib.get_close_matches(low, list(self._names)[:200_000], 3, 0.75)
        return [self.knowledge.names[self._names[name][0]] for name in near]


def _trusting(slots: list[Slot]) -> list[Slot]:
    """Take "films" in "which films did X direct" for a kind of thing, where a relation follows.

    So also "book" in "the book that X wrote".
    """
    for n, slot in enumerate(slots):
        if slot.token != "<unk>" or not any(s.forms for s in slots[n + 1 :]):
            continue
        before = slots[n - 1].token if n else ""
        after = slots[n + 1].token
        if before in ("which", "what", "many") or after in ("that", "who", "which", "where"):
            slots[n] = slot._replace(token="<sort>", trusted=True)
    return slots


def spell(name: str) -> list[str]:
    """The words of a name as a question says them.

    >>> spell("ludwig_ii_of_bavaria"), spell("Lloyd's of London")
    (['ludwig', 'ii', 'of', 'bavaria'], ['lloyd', "'s", 'of', 'london'])
    """
    return ["'s" if w[0] in "'’" else w.lower() for w in _TOKEN.findall(name)]


def _settled(slots: Sequence[Slot], n: int) -> Slot:
    """Which of two relations of one word is meant, by its place: a noun stands beside of and 's."""
    slot = slots[n]
    if len(slot.forms) < 2 or len({form.verb for form in slot.forms}) < 2:
        return slot
    beside = {s.token for s in (*slots[max(0, n - 1) : n], *slots[n + 1 : n + 2])}
    noun = bool(beside & {"'s", "of", "whose", "many", "as"})
    forms = tuple(form for form in slot.forms if form.verb != noun)
    return slot._replace(token="<noun>" if noun else "<verb>", forms=forms)
