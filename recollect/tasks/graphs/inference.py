"""Inference over families: told fathers, mothers, spouses and children, tell who is who's uncle.

Shape letters: ``B`` batch, ``T`` time.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from torch import nn

from recollect.tasks.base import Step
from recollect.tasks.graphs.course import Course
from recollect.tasks.graphs.kin import (
    BASIC,
    RELATIONS,
    Family,
    facts,
    hinton,
    random_family,
    who_is_whose,
)
from recollect.tasks.graphs.random_graph import SYMBOLS
from recollect.tasks.graphs.triples import (
    BLANK,
    LABELS,
    Asked,
    TripleBatch,
    pose,
    triple_step,
)

__all__ = ["KIN_LESSONS", "Inference", "KinLesson", "Question", "questions"]

# A father is asked for by the label that a father is described by.
_ASKED = [
    BASIC.index(relation.name) if relation.name in BASIC else len(BASIC) + number
    for number, relation in enumerate(RELATIONS)
]
# Relation i as a label; two of them differ in two digits at least.
_CODE = [
    100 * (i % 10) + 10 * ((i + i // 10) % 10) + (i + 2 * (i // 10)) % 10
    for i in range(len(BASIC) + len(RELATIONS))
]


class KinLesson(NamedTuple):
    """What the families and the questions of one lesson are drawn from."""

    people: tuple[int, int]
    """Fewest and most people at which a family stops growing."""
    generations: int
    hops: int
    """Most steps of a relation that is asked for."""
    symbols: bool = False
    """People are labelled out of ten labels, of one digit three times."""
    whole: bool = True
    """The answer is judged whole; otherwise only by the relative."""
    planning: int = 0
    """Steps between the question and the answer."""


KIN_LESSONS = (
    KinLesson((3, 4), 2, 1, symbols=True, whole=False),
    KinLesson((3, 5), 2, 1),
    KinLesson((3, 6), 3, 2, planning=2),
    KinLesson((4, 8), 3, 2, planning=2),
    KinLesson((5, 9), 3, 3, planning=3),
    KinLesson((6, 12), 3, 3, planning=3),
    KinLesson((8, 14), 4, 4, planning=4),
    KinLesson((10, 16), 4, 4, planning=4),
)
"""From parents and spouses in a household to great-uncles among sixteen people."""


class Question(NamedTuple):
    """Who is this person's relative? There is one answer."""

    person: int
    relation: int
    answer: int


def questions(family: Family, *, hops: int) -> list[Question]:
    """Return every question up to so many steps that has exactly one answer."""
    found = []
    tables = who_is_whose(family)
    for number, relation in enumerate(RELATIONS):
        if relation.hops <= hops:
            led = reduce(np.matmul, [tables[step] for step in relation.steps]).copy()
            np.fill_diagonal(led, False)
            for person in np.flatnonzero(led.sum(1) == 1):
                found.append(Question(int(person), number, int(led[person].argmax())))
    return found


class Inference(Course[KinLesson, TripleBatch]):
    """Questions about random families to learn from, and about Hinton's two to be tested on.

    People are labelled at random; relations have fixed labels, and the meaning of those that the
    family is not described by, a niece's, must be learnt from the answers. A
    question of as many steps as the lesson asks for is drawn more often than an easier one. The
    test split asks about both families of Hinton 1986 all that has one answer.

    Shapes:
        batches are `TripleBatch`; a model maps inputs ``(B, T, 92)`` to ``(B, T, 90)``.

    Raises:
        ValueError, MissingData: as a `Course` does.
    """

    first_lessons = KIN_LESSONS
    published: Mapping[str, float] = MappingProxyType({"answers": 0.818, "random_answers": 0.955})

    def step(self, model: nn.Module, batch: TripleBatch) -> Step:
        """Return the cross-entropy of a digit, and the share of answers that are right."""
        return triple_step(model(batch.inputs), batch)

    def figures(self, model: nn.Module, split: str) -> dict[str, float]:
        """Return the share of answers that are right."""
        steps = [self.step(model, batch) for batch in self.batches(split, seed=1234)]
        return {"answers": float(np.mean([float(step.metrics["answers"]) for step in steps]))}

    def tested(self, each: Iterator[np.random.Generator]) -> Iterator[TripleBatch]:
        """Yield questions about Hinton's families."""
        families = hinton(self.folder)
        asked = [(family, one) for family in families for one in questions(family, hops=4)]
        for random in each:
            chosen = [asked[j] for j in random.integers(len(asked), size=self.batch)]
            yield self._posed(random, chosen, self.lessons[-1])

    def drawn(self, random: np.random.Generator, *, train: bool) -> TripleBatch:
        """Draw questions about random families; see `Course.drawn`."""
        at = self.lesson if train else len(self.lessons) - 1
        if train and random.random() < self.review:
            at = int(random.integers(at + 1))
        lesson, chosen = self.lessons[at], []
        while len(chosen) < self.batch:
            people = int(random.integers(lesson.people[0], lesson.people[1] + 1))
            family = random_family(random, people=people, generations=lesson.generations)
            asked = questions(family, hops=lesson.hops)
            # Half of the questions are as far as this lesson goes, where the family has any.
            far = [one for one in asked if RELATIONS[one.relation].hops == lesson.hops]
            pool = far if far and random.random() < 0.5 else asked
            chosen.append((family, pool[int(random.integers(len(pool)))]))
        batch = self._posed(random, chosen, lesson)
        if lesson.whole:
            return batch
        targets = batch.targets.clone()
        targets[..., :3] = targets[..., 6:] = -1
        return batch._replace(targets=targets)

    def _posed(
        self,
        random: np.random.Generator,
        chosen: Sequence[tuple[Family, Question]],
        lesson: KinLesson,
    ) -> TripleBatch:
        """Label the people and lay the questions out."""
        told = [list(facts(family)) for family, _ in chosen]
        described = np.full((len(chosen), max(map(len, told)), 3), BLANK)
        query = np.full((len(chosen), 1, 3), BLANK)
        answer = np.full((len(chosen), 1, 3), BLANK)
        for row, ((family, one), known) in enumerate(zip(chosen, told, strict=True)):
            count = len(family.female)
            names = random.permutation(SYMBOLS if lesson.symbols else LABELS)[:count]
            for at, fact in zip(random.permutation(len(known)), known, strict=True):
                person, relative, name = fact
                described[row, at] = names[person], names[relative], _CODE[BASIC.index(name)]
            asked = _CODE[_ASKED[one.relation]]
            query[row, 0] = names[one.person], BLANK, asked
            answer[row, 0] = names[one.person], names[one.answer], asked
        return pose(Asked(described, query, answer), planning=lesson.planning)
