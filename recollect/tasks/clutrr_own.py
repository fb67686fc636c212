"""A person's own kin put to the models of CLUTRR: facts in a line, or a story, and two names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from recollect.models.relation_memory import RelationMemory
from recollect.models.relation_reader import RelationReader
from recollect.tasks.said import BETWEEN, Said, Wish

__all__ = ["KinStoryWords", "KinWords", "story_words"]

_SURE = 0.5  # a relation less likely than this is not told
_WORD = re.compile(r"\[[^\]]*\]|\w+|[^\w\s]")
_PERSON, _UNKNOWN = 1, 2
_CAPTION = "A row is a hop, a column a person read between the two"


@dataclass(frozen=True, kw_only=True)
class KinWords:
    """The relations that a memory composes: with them one's own facts are read.

    Attributes:
        relations: by number.
    """

    relations: tuple[str, ...]

    @torch.no_grad()
    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Say how the second of two persons is related to the first, and which facts tell it.

        Raises:
            ValueError: a fact or the question cannot be read, or a name is in no fact.
        """
        told, pair = _parted(text, "Bob is Ann's son; Cy is Bob's brother")
        names: dict[str, int] = {}
        facts = []
        for piece in _pieces(told):
            source, relation, target = self._fact(piece)
            one, other = (names.setdefault(n, len(names)) for n in (source, target))
            facts.append((one, self.relations.index(relation), other))
        query = _asked(pair, list(names))
        edges = torch.tensor([facts])
        memory = cast(RelationMemory, model)
        log = memory(edges, torch.tensor([query]))[0]
        rows = memory.weights(edges, torch.tensor([query]))[0]
        if float(log.exp().max()) < _SURE:
            asked = query[1], query[0]
            other = memory(edges, torch.tensor([asked]))[0]
            return _unknown(list(names), query, log, rows, self._named(other, names, asked))
        (tree,) = memory.derive(edges, torch.tensor([query]))
        people = list(names)
        lines = [f"{people[a]} – {self.relations[r]} – {people[b]}" for a, r, b in tree.edges()]
        return _told(self._named(log, names, query), log, lines, rows, people)

    def _named(self, log: Tensor, names: dict[str, int], query: tuple[int, int]) -> str:
        return _sentence(self.relations, log, list(names), query)

    def _fact(self, piece: str) -> tuple[str, str, str]:
        kin = "|".join(sorted(map(re.escape, self.relations), key=len, reverse=True))
        for form in _FORMS:
            found = re.fullmatch(form.format(kin=kin), piece, re.I)
            if found:
                one = " ".join(found["a"].split())
                return one, found["r"].lower(), " ".join(found["b"].split())
        raise ValueError(
            f"{piece!r} is no fact on kin; write it like 'Bob is Ann's son' or 'Ann son Bob', with "
            f"one of {', '.join(self.relations)}"
        )


@dataclass(frozen=True, kw_only=True)
class KinStoryWords:
    """The words and relations of stories on kin: with them one's own story is read.

    Attributes:
        relations: by number.
        vocab: the words that stories of training had, by number.
    """

    relations: tuple[str, ...]
    vocab: tuple[str, ...]

    @torch.no_grad()
    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Say how the second of two persons of a story is related to the first, and why.

        A name stands in [brackets], or is a capitalised word that no story of training has.

        Raises:
            ValueError: there is no story, or no two of its names are asked about.
        """
        story, pair = _parted(text, "[Ann] took her son [Bob] out. [Bob] met his brother [Cy].")
        words = _WORD.findall(story)
        known = {word: i for i, word in enumerate(self.vocab)}
        people: list[str] = []
        ids, who = [], []
        for word in words:
            name = self._name(word, "[" in story, known)
            if name and name not in people:
                people.append(name)
            ids.append(_PERSON if name else known.get(word.lower(), _UNKNOWN))
            who.append(people.index(name) if name else -1)
        query = _asked(pair, people)
        reader = cast(RelationReader, model)
        facts = reader.read(torch.tensor([ids]), torch.tensor([who]))
        asked = torch.tensor([query])
        log, rows = reader.memory(facts, asked)[0], reader.memory.weights(facts, asked)[0]
        if float(log.exp().max()) < _SURE:
            return _unknown(people, query, log, rows, _sentence(self.relations, log, people, query))
        (tree,) = reader.memory.derive(facts, asked)
        lines = [
            f"{people[a]} – {self.relations[r]} – {people[b]} ({float(facts[0, a, b, r]):.2f})"
            for a, r, b in tree.edges()
        ]
        return _told(_sentence(self.relations, log, people, query), log, lines, rows, people)

    @staticmethod
    def _name(word: str, bracketed: bool, known: dict[str, int]) -> str:
        """The name that a word is, or ""."""
        if bracketed:
            return word[1:-1].strip() if word.startswith("[") else ""
        return word if word[:1].isupper() and word != "I" and word.lower() not in known else ""


def story_words(story: str) -> list[str]:
    """The words of a story in lower case, a name in brackets being one."""
    return _WORD.findall(story.lower())


_FORMS = (
    r"(?P<b>.+?) (?:is|was) (?:the |an? )?(?P<r>{kin}) of (?P<a>.+)",
    r"(?P<b>.+?) (?:is|was) (?P<a>.+?)(?:['’]s|(?<=s)['’]) (?P<r>{kin})",
    r"(?P<a>.+?)(?:['’]s|(?<=s)['’]) (?P<r>{kin}) (?:is|was) (?P<b>.+)",
    r"the (?P<r>{kin}) of (?P<a>.+?) (?:is|was) (?P<b>.+)",
    r"(?P<a>.+?)[\s–>-]+(?P<r>{kin})[\s–>-]+(?P<b>.+)",
)


def _parted(text: str, example: str) -> tuple[str, str]:
    told, between, pair = text.partition(BETWEEN)
    if not between or not told.strip() or not pair.strip():
        raise ValueError(
            f'give what is told, {BETWEEN} and the two persons, like "{example} {BETWEEN} Ann, Cy"'
        )
    return told.strip(), pair.strip()


def _pieces(told: str) -> list[str]:
    mark = r";" if ";" in told else r"[.,]\s+|[.,]$"
    return [piece.strip(" .,") for piece in re.split(mark, told) if piece.strip(" .,")]


def _asked(pair: str, people: Sequence[str]) -> tuple[int, int]:
    """The two persons that are named, by number: how the second is related to the first.

    "Ann, Bob", "Ann and Bob", "How is Bob related to Ann?", "What is Bob to Ann?".
    """
    number = {name.lower(): i for i, name in enumerate(people)}
    flat = pair.strip(" .?")
    found = re.fullmatch(r"(?:how|who|what) (?:is|was) (.+?) (?:related )?to (.+)", flat, re.I)
    parts = list(found.groups()[::-1]) if found else re.split(r"\s*[,;]\s*|\s+and\s+", flat)
    parts = [part.strip("[] ") for part in parts]
    strange = [part for part in parts if part.lower() not in number]
    if len(parts) != 2 or strange or parts[0].lower() == parts[1].lower():
        what = f"{strange[0]!r} is not among" if strange and len(parts) == 2 else "name two of"
        raise ValueError(f"{pair!r} cannot be asked: {what} {', '.join(people) or 'no names'}")
    return number[parts[0].lower()], number[parts[1].lower()]


def _sentence(
    relations: Sequence[str], log: Tensor, people: Sequence[str], query: tuple[int, int]
) -> str:
    best = int(log.argmax())
    if float(log[best].exp()) < 0.05:
        return ""
    ending = "'" if people[query[0]].endswith("s") else "'s"
    return (
        f"{people[query[1]]} is {people[query[0]]}{ending} {relations[best]} "
        f"({float(log[best].exp()):.2f})"
    )


def _told(
    answer: str, log: Tensor, lines: Sequence[str], rows: Tensor, people: Sequence[str]
) -> Said:
    text = "\n".join([answer, *(f"  {line}" for line in lines)])
    details = {"answer": answer, "known": True, "likely": round(float(log.exp().max()), 4),
               "facts": list(lines)}  # fmt: skip
    hops = [f"hop {k + 1}" for k in range(len(rows))]
    return Said(text, details, hops, list(people), rows, title=answer, caption=_CAPTION)


def _unknown(
    people: Sequence[str], query: tuple[int, int], log: Tensor, rows: Tensor, hint: str
) -> Said:
    """No relation is likely; what there is a little for, or what holds the other way round."""
    text = f"I don't know how {people[query[1]]} is related to {people[query[0]]}"
    text += f"\n  perhaps: {hint}" if hint else ""
    details = {"answer": "I don't know", "known": False, "likely": round(float(log.exp().max()), 4),
               "facts": []}  # fmt: skip
    hops = [f"hop {k + 1}" for k in range(len(rows))]
    return Said(text, details, hops, list(people), rows, title=text, caption=_CAPTION)
