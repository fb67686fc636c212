"""Which mentions are the same thing: names by their parts, nouns by head, modifiers and owner."""

from __future__ import annotations

from copy import copy

from recollect.english.items import Mention
from recollect.english.likeness import STATES, like_one, opposed
from recollect.english.names import TITLES
from recollect.english.records import OWNER_GENDER, Records, head_of

_OWNERS = ("my", "your", "his", "her", "our", "their", "its")
_OTHERS = frozenset(("another", "other"))


class Registry(Records):
    """Finds the entities that mentions speak of."""

    def find(self, mention: Mention, owners: dict[str, int] | None = None) -> tuple[int, str]:
        """The entity of a mention (a new one where there is none) and what was unsure of it ("" for nothing).

        Args:
            mention: a noun phrase.
            owners: who "his" and "her" mean, where that is known.
        """
        if mention.entity >= 0:
            return mention.entity, ""
        if mention.proper:
            return self._find_name(mention)
        if isinstance(mention.owner, Mention):
            owner: int | str | None = self.find(mention.owner, owners)[0]
        else:
            owner = mention.owner or (mention.det if mention.det in _OWNERS else None)
            if owners and owner in owners:
                owner = owners[owner]
            if owner == "my":
                owner = self._by_name.get("i", ["my"])[0]
        return self._find_noun(mention, owner)

    # -- names ------------------------------------------------------------------------------------------------------

    def _find_name(self, mention: Mention) -> tuple[int, str]:
        key = ("name", mention.mods, mention.name.lower())
        if key in self._exact:
            return self._exact[key], ""
        words = mention.mods
        first = mention.name.split()[0].lower().rstrip(".") if mention.name else ""
        title = first if first in TITLES and len(mention.name.split()) > 1 else ""
        found: list[int] = []
        for word in words:
            for number in self._by_name.get(word, ()):
                record = self._records[number]
                if number in found or not (words <= record.mods or record.mods <= words):
                    continue
                if any(any(ch.isdigit() for ch in word) for word in words - record.mods):
                    continue
                if (
                    title
                    and record.title
                    and title != record.title
                    and not self._same_title(title, record.title)
                ):
                    continue
                if (
                    mention.gender
                    and self.entities[number].gender
                    and mention.gender != self.entities[number].gender
                ):
                    if mention.gender in "mf" and self.entities[number].gender in "mf":
                        continue
                found.append(number)
        if not found and len(words) == 1:
            head = next(iter(words))
            found = [n for n in self._by_head.get(head_of(head), ()) if not self._records[n].number]
        if not found and mention.extra and mention.det != "a":
            if (number := self._adopted(mention)) is not None:
                return number, ""
        exact = [n for n in found if self._records[n].mods == words]
        if len(exact) == 1:
            found = exact
        if len(found) == 1:
            number = found[0]
            record, entity = self._records[number], self.entities[number]
            if record.proper:
                for word in words - record.mods:
                    self._by_name.setdefault(word, []).append(number)
                record.mods |= words
            record.title = record.title or title
            if not entity.gender and mention.gender:
                entity.gender = mention.gender
            for word in () if mention.det == "a" else mention.extra:
                if number not in self._by_head.setdefault(head_of(word), []):
                    self._by_head[head_of(word)].append(number)
            return number, ""
        number = self._new(mention, None, title)
        self._exact[key] = number
        return number, "ambiguous" if found else ""

    def _adopted(self, mention: Mention) -> int | None:
        """The one guard so far, for "the guard, Mr Osei": from now on it goes by that name too."""
        pool = {
            n
            for word in mention.extra
            for n in self._by_head.get(head_of(word), ())
            if not self._records[n].proper and not self._records[n].number
        }
        if len(pool) != 1:
            return None
        number = pool.pop()
        record, entity = self._records[number], self.entities[number]
        if record.plural or {record.owner, mention.det} == {None, "a"}:
            return None
        if record.owner is not None and mention.det not in _OWNERS:
            return None
        if {entity.gender, mention.gender} == {"m", "f"}:
            return None
        record.proper, record.mods = True, set(mention.mods)
        for word in mention.mods:
            self._by_name.setdefault(word, []).append(number)
        entity.gender = mention.gender or entity.gender
        return number

    def is_also(self, known: str, name: str) -> None:
        """Give who goes by the name `known` another, unless somebody else has it."""
        told, words = self._by_name.get(known), name.lower().split()
        if told and not any(word in self._by_name for word in words):
            for word in words:
                self._by_name[word] = list(told)
            self._records[told[0]].mods |= set(words)

    @staticmethod
    def _same_title(left: str, right: str) -> bool:
        return not (TITLES[left] and TITLES[right] and TITLES[left] != TITLES[right])

    # -- nouns ------------------------------------------------------------------------------------------------------

    def _owners_agree(self, mention: int | str | None, record: int | str | None) -> bool:
        if mention is None or record is None or mention == record:
            return True
        if isinstance(mention, int) and isinstance(record, int):
            return False
        named, pronoun = (mention, record) if isinstance(mention, int) else (record, mention)
        if isinstance(named, str):
            return False
        gender = OWNER_GENDER.get(str(pronoun), "")
        owner = self.entities[named]
        if gender in ("m", "f"):
            return owner.gender in (gender, "") and owner.name != "I"
        return gender == "p" and owner.gender in ("p", "") and owner.name != "I"

    def _find_noun(self, mention: Mention, owner: int | str | None) -> tuple[int, str]:
        head, mods, number = mention.head, mention.mods, mention.number
        key = (head, mods, number, owner, mention.det in _OTHERS)
        if mention.det not in _OTHERS:
            known = self._exact.get(key)
            if known is not None and (owner is None or isinstance(owner, int)):
                self._recent[head] = known
                return known, ""
        if head in ("one", "ones"):
            mention = copy(mention)  # the plan of a sentence is kept for others of its shape
            one_of = self._find_one(mention)
            if one_of is not None:
                return one_of
            head, key = mention.head, (mention.head, mods, number, owner, False)
        if mention.det == "another" and isinstance(owner, int):  # "hers"
            theirs = [
                n for n in self._by_head.get(head_of(head), ()) if self._records[n].owner == owner
            ]
            if theirs:
                return theirs[-1], ""
        label = mention.det == "cell" or (head == "home" and mention.det == "")
        # a number or letter is what tells one room from another: "room 12" is no "store room"
        pool = [
            n
            for n in self._by_head.get(head_of(head), ())
            if number == self._records[n].number
            or (
                not number
                and not label
                and mods <= (set() if self._records[n].proper else self._records[n].mods)
            )
        ]
        if not pool and not mods:  # the bare name of somebody or something known under a name
            pool = [n for n in self._by_name.get(head, ()) if mention.det == ""]
        if mention.det == "another":
            return self._remember(key, self._new(mention, owner), "", head)
        if mention.det == "other":
            others = [n for n in pool if n != self._recent.get(head)]
            if len(others) == 1:
                self._recent[head] = others[0]
                return others[0], ""
            return self._remember(key, self._new(mention, owner), "", head)
        exact, near = [], []
        for n in pool:
            record = self._records[n]
            if not self._owners_agree(owner, record.owner):
                continue
            theirs = record.mods if not record.proper else set()
            if record.number != number:
                (near if not mods or mods <= theirs else []).append(n)
            elif mods == theirs:
                exact.append(n)
            elif mods <= theirs or (
                theirs <= mods
                and (mention.det != "a" or not theirs)
                and self._elaborates(n, mention)
            ):
                near.append(n)
        found = exact if exact or label else near  # a cell is a label
        if len(found) > 1:
            agreeing = [n for n in found if self._records[n].plural == mention.plural]
            found = agreeing or found
        if len(found) > 1 and owner is not None:
            owned = [n for n in found if self._records[n].owner is not None]
            found = owned if len(owned) == 1 else found
        elif len(found) > 1 and exact:
            unowned = [n for n in found if self._records[n].owner is None]
            found = unowned if len(unowned) == 1 else found
        if len(found) == 1:
            n = found[0]
            record = self._records[n]
            if not record.proper:
                record.mods |= mods
                record.number = record.number or number
                record.owner = record.owner if record.owner is not None else owner
            self._recent[head] = n
            if exact and owner is None:
                self._exact[key] = n
            return n, ""
        if not found and (same := self._in_another_state(mention, owner)) >= 0:
            self._recent[head] = same
            return same, ""
        return self._remember(key, self._new(mention, owner), "ambiguous" if found else "", head)

    def _in_another_state(self, mention: Mention, owner: int | str | None) -> int:
        """The one crate so far, for "the empty crate": how a thing is now makes no other thing of it; or -1."""
        states = mention.mods & STATES
        if not states or mention.number or mention.det in ("a", "", *_OTHERS):
            return -1
        lasting = mention.mods - STATES
        pool = [
            n
            for n in self._by_head.get(head_of(mention.head), ())
            if self._records[n].plural == mention.plural and not self._records[n].proper
        ]
        if len(pool) != 1:
            return -1
        record = self._records[pool[0]]
        fits = self._owners_agree(owner, record.owner) and lasting <= record.mods
        return pool[0] if fits and not opposed(states, record.mods) else -1

    def _elaborates(self, number: int, mention: Mention) -> bool:
        """Whether a mention with more modifiers may speak of an entity that had fewer."""
        return mention.det != "a" and self.entities[number].gender != "p"

    def _find_one(self, mention: Mention) -> tuple[int, str] | None:
        """Whatever was called red, for "the red one"; another of its kind for a bare "one".

        None where the mention now names a thing of the kind spoken of, to be found as any other.
        """
        if mention.mods:
            found = [n for n, record in enumerate(self._records) if mention.mods <= record.mods]
            if len(found) == 1:
                return found[0], ""
            if found or mention.det not in ("def", "a", "", *_OWNERS):
                return self._new(mention), "ambiguous" if found else ""
        elif mention.det not in ("", "a", "another"):
            return self._new(mention), ""
        kinds = [
            e.kind if not r.proper else ""
            for e, r in zip(self.entities, self._records, strict=True)
        ]
        several = [record.plural for record in self._records]
        like = like_one(kinds, [record.mods for record in self._records], mention, several)
        if like < 0:
            return self._new(mention), ""
        record = self._records[like]
        mention.head = next((h for h in self.entities[like].name.lower().split() if h in record.heads),
                            min(record.heads))  # fmt: skip
        words = mention.name.split()[:-1] if mention.mods else []
        several = mention.plural and record.plural  # "red apples and green ones"
        called = self.entities[like].name.split()[-1] if several else mention.head
        mention.name = " ".join([*words, called])
        mention.kind, mention.gender = self.entities[like].kind, "p" if several else "n"
        if mention.mods:
            return None
        self._recent[mention.head] = len(self._records)
        return self._new(mention), ""

    def _remember(self, key: tuple, number: int, unsure: str, head: str) -> tuple[int, str]:
        if key[3] is None or isinstance(key[3], int):
            self._exact[key] = number
        self._recent[head] = number
        return number, unsure
