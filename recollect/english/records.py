"""What is known of each entity of a text, and the words that find it."""

from __future__ import annotations

from typing import Self

from recollect.english.items import Known, Mention
from recollect.english.lexicon import SYNONYMS
from recollect.english.spelling import misspelt
from recollect.english.tokens import raw_tokens
from recollect.english.words import Entity

OWNER_GENDER = {"his": "m", "her": "f", "their": "p", "its": "n"}


class Record:
    """What is known of one entity beside its display name."""

    __slots__ = ("heads", "mods", "number", "owner", "plural", "proper", "title")

    def __init__(self, mention: Mention, owner: int | str | None, title: str) -> None:
        self.heads = {mention.head, *mention.extra}
        self.mods = set(mention.mods)
        self.number, self.owner, self.proper, self.title = (
            mention.number,
            owner,
            mention.proper,
            title,
        )
        self.plural = mention.plural


def head_of(head: str) -> str:
    """The head by which a thing is found: a couch is a sofa."""
    return SYNONYMS.get(head, head)


class Records:
    """The entities of one text, and the words that find them."""

    def __init__(self) -> None:
        self.entities: list[Entity] = []
        self._records: list[Record] = []
        self._by_head: dict[str, list[int]] = {}
        self._by_name: dict[str, list[int]] = {}
        self._exact: dict[tuple, int] = {}
        self._recent: dict[str, int] = {}

    def copy(self) -> Self:
        """A registry that can grow without changing this one."""
        other = type(self)()
        other.entities = list(self.entities)
        other._records = list(self._records)
        other._by_head = {head: list(found) for head, found in self._by_head.items()}
        other._by_name = {name: list(found) for name, found in self._by_name.items()}
        other._exact = dict(self._exact)
        other._recent = dict(self._recent)
        return other

    def several(self) -> Known:
        """The names that an eye knows at once: of several words, or with digits in them."""
        found: dict[tuple[str, ...], list[int]] = {}
        for number, entity in enumerate(self.entities):
            words = tuple(raw.low for raw in raw_tokens(entity.name))
            odd = any(ch.isdigit() or ch == "-" for ch in entity.name)
            if len(words) > 1 or (odd and not entity.name.isdigit()):
                found.setdefault(words, []).append(number)
        known: Known = {}
        for words, numbers in found.items():
            if len(numbers) > 1:
                continue
            entity = self.entities[numbers[0]]
            mention = Mention(entity.name, entity.name, words[-1])
            mention.entity, mention.kind, mention.gender = numbers[0], entity.kind, entity.gender
            mention.proper = self._records[numbers[0]].proper
            known.setdefault(words[0], []).append((words, mention))
        for names in known.values():
            names.sort(key=lambda name: -len(name[0]))
        return known

    def meant(self, mention: Mention, known: int) -> int:
        """The one entity before `known` that a misspelt mention stands for, or -1."""
        words = [raw.low for raw in raw_tokens(mention.name)]
        if not words or any(any(ch.isdigit() for ch in word) for word in words):
            return -1
        found = {n for n in range(known) if misspelt(words, self._spellings(n))}
        if len(found) == 1:
            return found.pop()
        return -1

    def forget(self, number: int) -> None:
        """Take back the newest entity."""
        self.entities.pop()
        self._records.pop()
        for index in (self._by_head, self._by_name):
            for found in index.values():
                if number in found:
                    found.remove(number)
        self._exact = {key: n for key, n in self._exact.items() if n != number}
        self._recent = {head: n for head, n in self._recent.items() if n != number}

    def _spellings(self, number: int) -> list[list[str]]:
        """The ways an entity may be written: its whole name, each of its heads, each of its names."""
        record = self._records[number]
        single = record.heads | (record.mods if record.proper else set())
        return [[raw.low for raw in raw_tokens(self.entities[number].name)], *([w] for w in single)]

    def add(self, mention: Mention) -> int:
        """A new entity, whatever is known already."""
        return self._new(mention, mention.det if mention.det in OWNER_GENDER else None)

    def _new(self, mention: Mention, owner: int | str | None = None, title: str = "") -> int:
        number = len(self.entities)
        self.entities.append(Entity(mention.name, mention.kind, mention.gender))
        self._records.append(Record(mention, owner, title))
        if mention.proper:
            for word in mention.mods:
                self._by_name.setdefault(word, []).append(number)
            for word in mention.extra:
                self._by_head.setdefault(head_of(word), []).append(number)
        else:
            for word in (mention.head, *mention.extra):
                self._by_head.setdefault(head_of(word), []).append(number)
        return number
