"""Families of any size and depth, with made-up names, as tables of triples in many styles."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

__all__ = ["Family", "Way", "tell_family"]


class Way(NamedTuple):
    """A relation as people speak of it, and as a table may call it.

    Attributes:
        word: the noun ("father") or the verb ("born").
        verb: whether it is a verb.
        preposition: the one behind the verb, or "".
        auxiliary: "was" or "does", for a verb.
        several: the plural, or the verb of many.
    """

    word: str
    verb: bool = False
    preposition: str = ""
    auxiliary: str = ""
    several: str = ""


FATHER, MOTHER = Way("father", several="fathers"), Way("mother", several="mothers")
SON, DAUGHTER = Way("son", several="sons"), Way("daughter", several="daughters")
HUSBAND, WIFE = Way("husband", several="husbands"), Way("wife", several="wives")
BROTHER, SISTER = Way("brother", several="brothers"), Way("sister", several="sisters")
JOB, NATION = Way("profession", several="professions"), Way("nationality", several="nationalities")
BORN, LIVES = Way("born", True, "in", "was", "born"), Way("lives", True, "in", "does", "live")
WORKS, LIKES = Way("works", True, "for", "does", "work"), Way("likes", True, "", "does", "like")
_JOBS = "baker smith nurse pilot weaver judge farmer tailor".split()
_NATIONS = "Danish Dutch Greek Irish Welsh Polish".split()


class Family(NamedTuple):
    """A family as a table.

    Attributes:
        triples: (subject, way, object): the way of the subject is the object.
        names: of the people.
        text: the table as a file would hold it.
        lines: the line of every triple.
    """

    triples: list[tuple[str, Way, str]]
    names: list[str]
    text: str
    lines: dict[tuple[str, Way, str], int]


def tell_family(rng: Random, *, couples: int = 3, generations: int = 4) -> Family:
    """Make a family: `couples` at the top, their children married to each other and to strangers.

    Names, places and firms are made up. The table has its triples in any order; relations are
    named in the style of a table drawn at random (`born_in`, `bornIn`, `father`, `has_father`,
    `father_of` with subject and object the other way round).

    >>> family = tell_family(Random(0), couples=1, generations=2)
    >>> len(family.text.splitlines()) >= len(family.triples)
    True
    """
    name = _Namer(rng)
    people: list[tuple[str, str]] = []
    facts: list[tuple[str, Way, str]] = []
    pairs = []
    for _ in range(couples):
        pair = (name(), name())
        people += [(pair[0], "m"), (pair[1], "f")]
        pairs.append(pair)
    for generation in range(generations):
        children: list[tuple[str, str]] = []
        for man, woman in pairs:
            facts += [(man, WIFE, woman), (woman, HUSBAND, man)]
            if generation == generations - 1:
                continue
            born = [(name(), rng.choice("mf")) for _ in range(rng.choice([1, 2, 2, 3]))]
            for child, sex in born:
                facts += [(child, FATHER, man), (child, MOTHER, woman)]
                facts += [
                    (parent, SON if sex == "m" else DAUGHTER, child) for parent in (man, woman)
                ]
                for other, kind in born:
                    if other != child:
                        facts.append((child, BROTHER if kind == "m" else SISTER, other))
            children += born
        people += children
        pairs = []
        for child, sex in children:
            stranger = name()
            people.append((stranger, "f" if sex == "m" else "m"))
            pairs.append((child, stranger) if sex == "m" else (stranger, child))
    towns, firms = [name() for _ in range(5)], [f"{name()} {rng.choice(['Ltd', '& Sons', 'Mill'])}"
                                                for _ in range(4)]  # fmt: skip
    for person, _ in people:
        facts += [(person, BORN, rng.choice(towns)), (person, LIVES, rng.choice(towns))]
        facts += [(person, WORKS, rng.choice(firms)), (person, JOB, rng.choice(_JOBS))]
        facts += [(person, NATION, rng.choice(_NATIONS))]
        facts += [(person, LIKES, rng.choice(people)[0])]
    facts = list(dict.fromkeys(facts))
    rng.shuffle(facts)
    return _table(rng, facts, [person for person, _ in people])


def _table(rng: Random, facts: list[tuple[str, Way, str]], names: list[str]) -> Family:
    style = rng.choice(["snake", "snake", "camel", "blank", "has", "of", "upper"])
    rows = ["subject\trelation\tobject"] if rng.random() < 0.3 else []
    lines = {}
    for subject, way, object_ in facts:
        words = [way.word, *([way.preposition] if way.preposition else [])]
        sides = (subject, object_)
        if style == "has" and not way.verb:
            words = ["has", *words]
        elif style == "of" and not way.verb:
            words, sides = [*words, "of"], (object_, subject)
        joined = "_".join(words)
        if style == "camel":
            joined = words[0] + "".join(w.capitalize() for w in words[1:])
        elif style == "blank":
            joined = " ".join(words)
        elif style == "upper":
            joined = joined.upper()
        rows.append(f"{sides[0]}\t{joined}\t{sides[1]}")
        lines[subject, way, object_] = len(rows)
    return Family(facts, names, "\n".join(rows) + "\n", lines)


class _Namer:
    """Names that nobody has, each once."""

    def __init__(self, rng: Random):
        self.rng, self.given = rng, set(_JOBS) | {nation.lower() for nation in _NATIONS}

    def __call__(self) -> str:
        """A new name; one in six has two words."""
        while True:
            name = self._word()
            if self.rng.random() < 1 / 6:
                name += " " + self._word()
            if name.lower() not in self.given:
                self.given.add(name.lower())
                return name

    def _word(self) -> str:
        begin = "b d f g h j k l m n p r s t v w z br dr fl gr kl st tr th sh".split()
        parts = [
            self.rng.choice(begin) + self.rng.choice(["a", "e", "i", "o", "u", "ai", "ee", "ou"])
            for _ in range(self.rng.choice([2, 2, 3]))
        ]
        return ("".join(parts) + self.rng.choice(["", "n", "l", "r", "s", "th", "nd"])).capitalize()
