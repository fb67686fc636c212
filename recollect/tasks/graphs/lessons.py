"""A curriculum over random graphs: small ones first, and what a batch of a lesson is made of."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["LESSONS", "Lesson", "Sizes", "draw_sizes"]


class Lesson(NamedTuple):
    """What the graphs and the questions of one lesson are drawn from; both ends are included."""

    nodes: tuple[int, int]
    degree: tuple[int, int]
    steps: tuple[int, int]
    """Edges that the answer walks."""
    edges: int = 100
    """Edges of a graph, at most."""
    planning: int = 0
    """Steps between the question and the answer."""
    symbols: bool = False
    """Labels are three times the same digit: ten symbols in all."""
    whole: bool = True
    """The answer is judged whole; otherwise only by the labels that must be found for it: those of
    the destinations of a walk, those of the edges of a path."""


class Sizes(NamedTuple):
    """What one batch is made of: a lesson, and sizes drawn for it."""

    lesson: Lesson
    nodes: int
    degree: int
    names: int
    steps: int


LESSONS = (
    Lesson((4, 8), (1, 1), (1, 1), symbols=True, whole=False),
    Lesson((4, 8), (1, 1), (1, 1)),
    Lesson((3, 8), (1, 2), (1, 1)),
    Lesson((3, 8), (1, 2), (1, 2)),
    Lesson((3, 8), (1, 2), (1, 3)),
    Lesson((3, 8), (1, 2), (2, 4)),
    Lesson((4, 8), (1, 2), (3, 6)),
    Lesson((4, 8), (1, 2), (5, 8)),
    Lesson((4, 12), (1, 3), (5, 8)),
    Lesson((8, 20), (2, 3), (5, 8)),
    Lesson((10, 25), (2, 4), (5, 8)),
    Lesson((15, 30), (2, 5), (5, 8)),
    Lesson((20, 30), (3, 5), (5, 8)),
)
"""From one edge out of four to eight edges in a row out of a hundred.

The first lesson has ten labels and judges the destination alone. In a whole answer six digits of
nine repeat the question, and a machine that reads back the question it has just written stays with
that. Walks grow before graphs do: a long walk on a small graph is a third of the work of one on a
large graph, and where both grew at once the walks stayed short.
"""


def draw_sizes(
    random: np.random.Generator, lessons: Sequence[Lesson], lesson: int, *, review: float
) -> Sizes:
    """Draw the sizes of a batch: of `lesson`, or, a share `review` of them, of one up to it.

    Zaremba and Sutskever 2014, "Learning to execute", section 3: without easier examples among the
    hard ones, what was learnt is lost again.

    Shapes:
        none.

    Raises:
        ValueError: there is no such lesson.
    """
    if not 0 <= lesson < len(lessons):
        raise ValueError(f"lesson is {lesson}; there are lessons 0 to {len(lessons) - 1}")
    chosen = lessons[lesson]
    if random.random() < review:
        chosen = lessons[int(random.integers(lesson + 1))]
    while True:
        nodes, degree, steps = (
            int(random.integers(low, high + 1))
            for low, high in (chosen.nodes, chosen.degree, chosen.steps)
        )
        if degree < nodes and nodes * degree <= chosen.edges:
            break
    # From a label that tells the edge nearly by itself to one that most nodes share.
    most = 10 if chosen.symbols else 4 * degree + 12
    names = int(random.integers(max(2, degree), most + 1))
    return Sizes(chosen, nodes, degree, names, steps)
