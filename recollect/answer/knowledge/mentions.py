"""The words of a question as slots: whom it names, which relations it asks for, small words."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence

from recollect.answer.knowledge.base import Knowledge
from recollect.answer.knowledge.meanings import PREPOSITIONS
from recollect.answer.knowledge.relation_words import Form, RelationWords
from recollect.answer.knowledge.slot import Slot
from recollect.answer.knowledge.slots import settled

__all__ = ["Lexicon"]

_SAME = {
    "be": "is are was were am be been being include includes",
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
_WITH_IS = frozenset("who what where when which how that it there".split())  # who's, it's
_ARTICLES = frozenset("the a an all any every each".split())
# C++ and C# are names of their own.
_TOKEN = re.compile(r"(?<=[\w.!?)\]])['’]s\b|(?<=s)['’](?=\s)|[^\W_]+(?:[+#]+(?!\w))?")
_POLITE = re.compile(
    r"(i (would like|want|need)|i['’]d like|do you happen) to know\b|i (was wondering|wonder)\b",
    re.I,
)
_BARE = str.maketrans({"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d"})


class Lexicon:
    """The names and relations of a knowledge base, found in questions.

    Args:
        knowledge: the table.
    """

    def __init__(self, knowledge: Knowledge):
        self.knowledge = knowledge
        self.relations = RelationWords(knowledge.relations)
        self._names: dict[str, list[int]] = {}
        self._plain: dict[str, list[int]] = {}  # names with marks, as they are typed without
        self._longest: dict[str, int] = {}
        for i, name in enumerate(knowledge.names):
            words = spell(name)
            if not words:
                continue
            self._names.setdefault(" ".join(words), []).append(i)
            if len(words) > self._longest.get(words[0], 0):
                self._longest[words[0]] = len(words)
            if not name.isascii():
                words = spell(_unmarked(name))
                self._plain.setdefault(" ".join(words), []).append(i)
                if words and len(words) > self._longest.get(words[0], 0):
                    self._longest[words[0]] = len(words)

    def read(self, question: str) -> list[Slot]:
        """The slots of a question; what is neither name, relation nor small word is `<unk>`."""
        question = _POLITE.sub("tell me", unicodedata.normalize("NFC", question.strip()))
        question = question.replace(" for a living", "")
        pieces = [m[0] for m in _TOKEN.finditer(question)]
        words = ["'s" if w[0] in "'’" else w.lower() for w in pieces]
        slots: list[Slot] = []
        j, article = 0, ""
        while j < len(words):
            size, slot = self._at(words, pieces, j, slots)
            if slot is not None:
                slots.append(slot._replace(article=article))
                article = ""
            elif words[j] in _ARTICLES:
                article = words[j]
            j += size
        return settled(slots, self.relations)

    def _at(
        self, words: list[str], pieces: list[str], j: int, slots: Sequence[Slot]
    ) -> tuple[int, Slot | None]:
        """How many words from `j` on are one slot, and which; None where they change nothing."""
        size, slot = self._named(words, pieces, j)
        related, forms = self.relations.at(words, j)
        capital = j > 0 and pieces[j][0].isupper()
        if not related or related < size or (related == size and capital):
            return (size, slot) if size else self._small(words, pieces, j, slots)
        found = _relation(forms, words[j : j + related])
        if related > 1:
            return related, found
        return 1, found._replace(others=_without(self.relations.alike(words[j]), forms))

    def _named(self, words: list[str], written: list[str], j: int) -> tuple[int, Slot | None]:
        first = words[j] if words[j].isascii() else _unmarked(words[j])
        longest = max(self._longest.get(words[j], 0), self._longest.get(first, 0))
        for size in range(min(longest, len(words) - j), 0, -1):
            said = " ".join(words[j : j + size])
            plain = said if said.isascii() else _unmarked(said)
            found = self._names.get(said) or self._plain.get(plain) or self._names.get(plain)
            if not found:
                continue
            small = size == 1 and (words[j] in _SMALL or words[j] in _IDLE)
            opens = j == 0 and (words[1:2] != ["'s"] or words[0] in _WITH_IS)
            if small and (opens or not written[j][0].isupper()):
                continue
            return size, Slot("<ent>", " ".join(written[j : j + size]), tuple(found))
        return 0, None

    def _small(
        self, words: list[str], pieces: list[str], j: int, slots: Sequence[Slot]
    ) -> tuple[int, Slot | None]:
        word, written = words[j], pieces[j]
        if word == "'s":  # who's, what's
            wh = bool(slots) and slots[-1].token in ("who", "what", "where", "when", "which")
            return 1, Slot("be" if wh else "'s", written)
        if word == "got" and any(slot.token == "have" for slot in slots):  # has Ann got a sister?
            return 1, None
        if word in _IDLE or (word in _POSSESSIVE and slots and slots[-1].token == "as"):
            return 1, None
        if word in _SMALL:
            return 1, Slot(_SMALL[word], written)
        ways = self.relations.near(words, j)
        if ways:
            others = [form for way in ways[1:] for form in way]
            return 1, _relation(ways[0], [word])._replace(others=_without(others, ways[0]))
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


def _relation(forms: Sequence[Form], words: Sequence[str]) -> Slot:
    token = "<verb>" if all(form.verb for form in forms) else "<noun>"
    return Slot(token, " ".join(words), (), tuple(forms))


def _without(forms: Sequence[Form], gone: Sequence[Form]) -> tuple[Form, ...]:
    known = {(form.relation, form.turned) for form in gone}
    return tuple(form for form in forms if (form.relation, form.turned) not in known)


def _unmarked(text: str) -> str:
    """A name as it is typed without its marks.

    >>> _unmarked("Möller"), _unmarked("Søren")
    ('Moller', 'Soren')
    """
    parts = unicodedata.normalize("NFKD", text.translate(_BARE))
    return "".join(c for c in parts if not unicodedata.combining(c))


def spell(name: str) -> list[str]:
    """The words of a name as a question says them.

    >>> spell("ludwig_ii_of_bavaria"), spell("Lloyd's of London")
    (['ludwig', 'ii', 'of', 'bavaria'], ['lloyd', "'s", 'of', 'london'])
    """
    return ["'s" if w[0] in "'’" else w.lower() for w in _TOKEN.findall(name)]
