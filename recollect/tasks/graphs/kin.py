"""Families: who is whose father, mother and spouse, what follows from it, and random ones.

Shape letters: ``P`` people.
"""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recollect.data import find

__all__ = [
    "BASIC",
    "RELATIONS",
    "Family",
    "Relation",
    "facts",
    "hinton",
    "random_family",
    "relatives",
    "who_is_whose",
]


class Family(NamedTuple):
    """People by number; -1 where a parent or a spouse is not told."""

    father: tuple[int, ...]
    mother: tuple[int, ...]
    spouse: tuple[int, ...]
    female: tuple[bool, ...]


class Relation(NamedTuple):
    """A relation as the steps that lead to the relative; a sibling is two steps away."""

    name: str
    steps: tuple[str, ...]

    @property
    def hops(self) -> int:
        """Return how many described edges lead to the relative."""
        siblings = sum(step in ("brother", "sister", "sibling") for step in self.steps)
        return len(self.steps) + siblings


_CHILDREN = 4
BASIC = (
    "father",
    "mother",
    "husband",
    "wife",
    *(f"{child} {i}" for child in ("son", "daughter") for i in range(1, _CHILDREN + 1)),
)
"""What a family is described by. Children are numbered, as in the paper's figure 2, so that two
edges that leave a person never have one label."""

RELATIONS = tuple(
    Relation(name, tuple(steps.split()))
    for name, steps in (
        ("father", "father"),
        ("mother", "mother"),
        ("husband", "husband"),
        ("wife", "wife"),
        ("brother", "brother"),
        ("sister", "sister"),
        ("paternal grandfather", "father father"),
        ("paternal grandmother", "father mother"),
        ("maternal grandfather", "mother father"),
        ("maternal grandmother", "mother mother"),
        ("father-in-law", "spouse father"),
        ("mother-in-law", "spouse mother"),
        ("grandson", "child son"),
        ("granddaughter", "child daughter"),
        ("paternal uncle", "father brother"),
        ("paternal aunt", "father sister"),
        ("maternal uncle", "mother brother"),
        ("maternal aunt", "mother sister"),
        ("nephew", "sibling son"),
        ("niece", "sibling daughter"),
        ("brother-in-law", "spouse brother"),
        ("sister-in-law", "spouse sister"),
        ("father's father's father", "father father father"),
        ("father's father's mother", "father father mother"),
        ("mother's mother's father", "mother mother father"),
        ("mother's mother's mother", "mother mother mother"),
        ("male cousin", "parent sibling son"),
        ("female cousin", "parent sibling daughter"),
        ("paternal great-uncle", "father parent brother"),
        ("paternal great-aunt", "father parent sister"),
        ("maternal great-uncle", "mother parent brother"),
        ("maternal great-aunt", "mother parent sister"),
        ("great-nephew", "sibling child son"),
        ("great-niece", "sibling child daughter"),
    )
)
"""What is asked: relations of one to four steps, among them those of Graves et al. 2016, figure 2
("maternal great-uncle")."""

_ALIAS = {
    "father": ("father",),
    "mother": ("mother",),
    "parent": ("father", "mother"),
    "husband": ("husband",),
    "wife": ("wife",),
    "spouse": ("husband", "wife"),
    "son": ("son",),
    "daughter": ("daughter",),
    "child": ("son", "daughter"),
    "brother": ("brother",),
    "sister": ("sister",),
    "sibling": ("brother", "sister"),
}


def facts(family: Family) -> Iterator[tuple[int, int, str]]:
    """Yield (person, relative, name) for every edge that a family is described by.

    Raises:
        ValueError: a couple has more than four sons or daughters.
    """
    for person, (father, mother, spouse) in enumerate(zip(*family[:3], strict=True)):
        if father >= 0:
            yield person, father, "father"
        if mother >= 0:
            yield person, mother, "mother"
        if spouse >= 0:
            yield person, spouse, "wife" if family.female[spouse] else "husband"
        for kind in ("son", "daughter"):
            children = sorted(_step(family, person, kind))
            if len(children) > _CHILDREN:
                raise ValueError(f"{len(children)} {kind}s of one person; at most {_CHILDREN}")
            for i, child in enumerate(children, 1):
                yield person, child, f"{kind} {i}"


def relatives(family: Family, person: int, steps: tuple[str, ...]) -> set[int]:
    """Return all to whom the steps lead, never the person."""
    here = {person}
    for step in steps:
        here = {to for one in here for kind in _ALIAS[step] for to in _step(family, one, kind)}
    return here - {person}


def who_is_whose(family: Family) -> dict[str, NDArray[np.bool_]]:
    """Return, for the name of each step, who is led to whom.

    Products of these tables are what `relatives` finds person by person, many times as fast.

    Shapes:
        -> tables ``(P, P)``.
    """
    count = len(family.female)
    tables = {name: np.zeros((count, count), bool) for name in _ALIAS if name == _ALIAS[name][0]}
    for person in range(count):
        for name, table in tables.items():
            table[person, _step(family, person, name)] = True
    return {
        name: np.logical_or.reduce([tables[kind] for kind in kinds])
        for name, kinds in _ALIAS.items()
    }


def random_family(
    random: np.random.Generator, *, people: int, generations: int, children: int = 3
) -> Family:
    """Grow a family from a couple, until there are enough people or generations.

    A couple has one to `children` children. Most children who may have children marry; some of
    those who marry in come with their parents, and may have a brother or a sister, as in Hinton's
    trees. There may be a few more than `people`.
    """
    father, mother, spouse, female, age = [], [], [], [], []

    def born(of: tuple[int, int], sex: bool, generation: int) -> int:
        for row, value in zip(
            (father, mother, spouse, female, age), (*of, -1, sex, generation), strict=True
        ):
            row.append(value)
        return len(age) - 1

    def couple(generation: int) -> tuple[int, int]:
        pair = born((-1, -1), False, generation), born((-1, -1), True, generation)
        spouse[pair[0]], spouse[pair[1]] = pair[1], pair[0]
        return pair

    waiting = [couple(0)]
    while waiting and len(age) < people:
        pair = waiting.pop(int(random.integers(len(waiting))))
        generation = age[pair[0]] + 1
        for _ in range(int(random.integers(1, children + 1))):
            child = born(pair, bool(random.random() < 0.5), generation)
            if generation + 1 >= generations or len(age) >= people or random.random() < 0.3:
                continue
            of = (-1, -1)
            if len(age) + 4 <= people and random.random() < 0.4:
                of = couple(generation - 1)
                if random.random() < 0.6:
                    born(of, bool(random.random() < 0.5), generation)
            other = born(of, not female[child], generation)
            spouse[child], spouse[other] = other, child
            waiting.append((other, child) if female[child] else (child, other))
    return Family(tuple(father), tuple(mother), tuple(spouse), tuple(female))


def hinton(folder: str | os.PathLike[str] | None = None) -> list[Family]:
    """Read the two families of Hinton 1986, "Learning distributed representations of concepts".

    Of the file's twelve relations those of `BASIC` are read; the others follow from them.

    Raises:
        MissingData: the file is not there; the message names the remedy.
        ValueError: the file is not in the format.
    """
    name = "hinton_family_1986.tsv"
    path = find("family", path=None if folder is None else Path(folder), file=name)
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    if not rows or set(rows[0]) != {"head", "relation", "tail"}:
        raise ValueError(f"{path} is not the published table: its columns are head, relation, tail")
    told = {(row["head"], row["relation"]): row["tail"] for row in rows}
    names = list(dict.fromkeys(row["head"] for row in rows))
    women = {row["tail"] for row in rows if row["relation"] in ("wife", "mother", "daughter")}
    near = {name: {name} for name in names}
    for row in rows:
        joined = near[row["head"]] | near[row["tail"]]
        near |= dict.fromkeys(joined, joined)
    families = []
    for clan in {id(group): group for group in near.values()}.values():
        people = [name for name in names if name in clan]
        place = {name: i for i, name in enumerate(people)}

        def of(*kinds: str, people=people, place=place) -> tuple[int, ...]:
            found = (
                next((told[p, kind] for kind in kinds if (p, kind) in told), None) for p in people
            )
            return tuple(-1 if tail is None else place[tail] for tail in found)

        females = tuple(name in women for name in people)
        families.append(Family(of("father"), of("mother"), of("husband", "wife"), females))
    return families


def _step(family: Family, person: int, kind: str) -> list[int]:
    if kind in ("father", "mother"):
        parent = (family.father if kind == "father" else family.mother)[person]
        return [parent] if parent >= 0 else []
    if kind in ("husband", "wife"):
        spouse = family.spouse[person]
        return [spouse] if spouse >= 0 and family.female[spouse] == (kind == "wife") else []
    female = kind in ("daughter", "sister")
    if kind in ("brother", "sister"):
        of = family.father[person]
        found = [p for p, father in enumerate(family.father) if father == of >= 0 and p != person]
    else:
        found = [p for p, of in enumerate(zip(*family[:2], strict=True)) if person in of]
    return [p for p in found if family.female[p] == female]
