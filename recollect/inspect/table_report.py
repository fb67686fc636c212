"""The page of an answer about a table of facts: the triples around its path stand for the text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from recollect.answer import Answer
from recollect.answer.knowledge import Knowledge, KnowledgeAnswerer
from recollect.english import Clause, Story
from recollect.inspect.report import story_report

__all__ = ["table_report"]

SHOWN = 300  # triples of a larger table that stand on the page


class Excerpt:
    """Some triples of a table as a story of a triple a sentence; the rest is read, not shown.

    Args:
        answerer: what answers.
        knowledge: the whole table.
        slots: the triples that are shown, by number.
        last: the line up to which triples count, shown or not; None for all.
    """

    def __init__(
        self,
        answerer: KnowledgeAnswerer,
        knowledge: Knowledge,
        slots: Sequence[int],
        last: int | None = None,
    ):
        self.answerer, self.knowledge, self.last = answerer, knowledge, last
        self.slots = list(slots)
        clauses = [
            Clause((), int(knowledge.lines[slot]), n, 0.0, knowledge.text(slot))
            for n, slot in enumerate(self.slots)
        ]
        self.story = Story(lines=[""] * knowledge.count, clauses=clauses)

    def ask(
        self,
        story: Story,
        question: str,
        *,
        at: int | None = None,
        erased: Collection[int] = (),
        top: int = 3,
    ) -> Answer:
        """Answer without the triples of some lines of `story`, a copy of ours with other lines."""
        lines = {c.sentence: c.line for c in story.clauses}
        gone = {slot for n, slot in enumerate(self.slots) if lines[n] in set(erased)}
        if at is not None:
            gone |= {slot for n, slot in enumerate(self.slots) if lines[n] > at}

        def counts(slots: NDArray[np.int64]) -> NDArray[np.bool_]:
            kept = ~np.isin(slots, list(gone))
            return kept if self.last is None else kept & (self.knowledge.lines[slots] <= self.last)

        found = self.answerer.outcome(self.knowledge, question, counts, top=min(top, 1000))
        place = {slot: n for n, slot in enumerate(self.slots)}
        steps = zip(found.steps, found.told.evidence, strict=True)
        evidence = [replace(e, line=lines[place[slot]]) for (_, slot), e in steps if slot in place]
        hops = torch.zeros(len(found.hops), len(self.slots))
        for k, step in enumerate(found.hops):
            for slot, weight in zip(step.slots.tolist(), step.weights.tolist(), strict=True):
                if slot in place:
                    hops[k, place[slot]] = min(1.0, weight)
        return replace(found.told, evidence=evidence, hops=hops)


def table_report(
    answerer: KnowledgeAnswerer,
    knowledge: Knowledge,
    question: str,
    *,
    at: int | None = None,
    top: int = 5,
    name: str = "the table",
) -> str:
    """Return a self-contained page on one answer: its path, and what becomes of it without it.

    Of a large table the triples are shown that name somebody on the path.

    Args:
        answerer: what answers.
        knowledge: the table.
        question: in plain English.
        at: answer as of this line.
        top: how many of the likeliest answers to list.
        name: what to call the table.

    Raises:
        ValueError: the question cannot be read, or `at` is past the end of the table.
    """
    if at is not None and not 1 <= at <= knowledge.count:
        raise ValueError(f"at is {at}; give a line of the table, 1 to {knowledge.count}")

    def counts(slots: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.ones(len(slots), dtype=bool) if at is None else knowledge.lines[slots] <= at

    found = answerer.outcome(knowledge, question, counts, top=top)
    excerpt = Excerpt(answerer, knowledge, _around(knowledge, found.steps, SHOWN), at)
    return story_report(excerpt, excerpt.story, question, at=at, top=top, name=name, unit="triple")


def _around(knowledge: Knowledge, steps: Sequence[tuple[int, int]], most: int) -> list[int]:
    """The triples of the evidence, those beside them, and others up to `most`, in order."""
    if len(knowledge) <= most:
        return list(range(len(knowledge)))
    kept = dict.fromkeys(slot for _, slot in steps)
    for _, slot in steps:
        for entity in (int(knowledge.subjects[slot]), int(knowledge.objects[slot])):
            kept |= dict.fromkeys(knowledge.about(entity)[: most // 10].tolist())
    spread = np.linspace(0, len(knowledge) - 1, most).astype(int).tolist()
    kept |= dict.fromkeys(spread[: max(0, most - len(kept))])
    return sorted(list(kept)[: max(most, len(steps))])
