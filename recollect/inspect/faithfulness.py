"""Whether an answer depends on the evidence shown for it.

The sentences an answer rests on are erased one by one, all together, and kept alone; as a control
the same number of other sentences is erased at random.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from recollect.answer import Answer
from recollect.english import Story, read_story

CONTROLS = 20  # random erasures
SLIGHT = 0.1  # a change of the answer's probability below this is no change


@dataclass(frozen=True, slots=True)
class Erasure:
    """What the answer becomes when sentences are left out.

    Attributes:
        lines: the lines of the sentences.
        text: the sentence, where it is one.
        answer: the answer without them.
        confidence: its probability.
        kept: probability that the first answer still has.
        mattered: whether the answer changed, or lost at least a tenth of probability.
        verdict: that in one sentence.
    """

    lines: tuple[int, ...]
    text: str
    answer: str
    confidence: float
    kept: float
    mattered: bool
    verdict: str


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Whether the evidence shown is what the answer depends on.

    Attributes:
        erased: the answer without each sentence of the evidence.
        without: the answer without all of it.
        only: the answer from the evidence alone.
        changed: of the random erasures, how many changed the answer.
        controls: how many random erasures were made; 0 where there is nothing else to erase.
        badge: DECISIVE, WEAK, NOT DECISIVE or NOT TESTED.
        reason: the badge in one sentence.
    """

    erased: tuple[Erasure, ...] = ()
    without: Erasure | None = None
    only: Erasure | None = None
    changed: int = 0
    controls: int = 0
    badge: str = "NOT TESTED"
    reason: str = ""


class Asked(Protocol):
    """Whatever answers questions about a text, with or without some of its lines."""

    def ask(
        self,
        story: Story,
        question: str,
        *,
        at: int | None = None,
        erased: Collection[int] = (),
        top: int = 3,
    ) -> Answer:
        """Answer a question; see `recollect.answer.Answerer.ask`."""
        ...


def faithfulness(
    answerer: Asked, story: Story | str, question: str, *, at: int | None = None
) -> Faithfulness:
    """Erase the evidence of an answer and see what the answer becomes.

    DECISIVE: the answer depends on the evidence more than on nineteen of twenty random sets of as
    many other sentences, and stays when only the evidence is kept. WEAK: one of the two.

    Args:
        answerer: the model.
        story: a text, or what was read of it.
        question: in plain English.
        at: answer as of this line.

    Raises:
        ValueError: the text or the question cannot be read, or `at` is past its end.
    """
    story = read_story(story) if isinstance(story, str) else story
    numbered, last = _by_sentence(story, at)

    def ask(erased: Collection[int]) -> Answer:
        return answerer.ask(numbered, question, at=last, erased=erased, top=1_000_000)

    first = ask(())
    evidence = [e.line for e in first.evidence]
    if not evidence:
        return Faithfulness(reason="No sentence was read, so there is none to erase.")
    where = {clause.sentence + 1: clause for clause in story.clauses}
    count = max(where)
    readable = [n for n in where if last is None or n <= last]

    def erasure(
        sentences: Sequence[int], erased: Collection[int], *, alone: bool = False
    ) -> Erasure:
        told = ask(erased)
        kept = _probability(told, first)
        lines = tuple(where[n].line for n in sentences)
        text = where[sentences[0]].text if len(sentences) == 1 else ""
        mattered = told.answer != first.answer or first.confidence - kept >= SLIGHT
        verdict = _alone(first, told) if alone else _verdict(first, told, kept, mattered)
        return Erasure(lines, text, told.answer, told.confidence, kept, mattered, verdict)

    erased = tuple(erasure([n], [n]) for n in evidence)
    without = erasure(evidence, evidence)
    only = erasure(evidence, [n for n in range(1, count + 1) if n not in evidence], alone=True)
    others = [n for n in readable if n not in evidence]
    dice = random.Random(0)
    draws = []
    for _ in range(CONTROLS if others else 0):
        told = ask(dice.sample(others, min(len(evidence), len(others))))
        draws.append((told.answer != first.answer, first.confidence - _probability(told, first)))
    if first.known:
        badge, reason = _badge(first, without, only, [drop for _, drop in draws])
    else:
        badge, reason = "NOT TESTED", "There is no answer that could depend on them."
    changed = sum(changed for changed, _ in draws)
    return Faithfulness(erased, without, only, changed, len(draws), badge, reason)


def _by_sentence(story: Story, at: int | None) -> tuple[Story, int | None]:
    """The story with a line to each sentence: prose has many on a line, and one is to be erased.

    It is read as before; only the lines of its clauses are numbered anew.
    """
    clauses = [clause._replace(line=clause.sentence + 1) for clause in story.clauses]
    count = max((clause.line for clause in clauses), default=0)
    # Answerer checks `at` against the lines.
    numbered = replace(story, clauses=clauses, lines=[""] * max(count, len(story.lines)))
    if at is None:
        return numbered, None
    if not 1 <= at <= len(story.lines):
        raise ValueError(f"at is {at}; give a line of the text, 1 to {len(story.lines)}")
    return numbered, max((c.sentence + 1 for c in story.clauses if c.line <= at), default=1)


def _probability(told: Answer, first: Answer) -> float:
    """The probability that `told` still gives to the answer of `first`."""
    if told.answer == first.answer:
        return told.confidence
    # A place is told with what holds it ("drawer, in the kitchen") and ranked by itself.
    names = {first.answer, *first.path[:1]}
    return next((p for text, p in told.ranked if text in names), 0.0)


def _verdict(first: Answer, told: Answer, kept: float, mattered: bool) -> str:
    if told.answer == first.answer:
        if not mattered:
            return "It made no difference: the answer stays."
        return (
            "It mattered: the answer stays, but its confidence falls from "
            f"{percent(first.confidence)} to {percent(kept)}."
        )
    if not told.known:
        return "It mattered: without it the text does not tell."
    if not first.known:
        return "It mattered: without it there would be an answer."
    return "It mattered: without it the answer is another."


def _alone(first: Answer, told: Answer) -> str:
    if told.answer == first.answer:
        return "It is enough: the answer is the same."
    return "It is not enough: the answer is another."


def _badge(
    first: Answer, without: Erasure, only: Erasure, drops: Sequence[float]
) -> tuple[str, str]:
    fall = first.confidence - without.kept
    bar = sorted(drops)[max(0, math.ceil(0.95 * len(drops)) - 1)] if drops else 0.0
    needed = without.mattered and fall > bar
    enough = only.answer == first.answer
    if needed and enough:
        return "DECISIVE", "The answer needs these sentences, and needs no others."
    if needed:
        return "WEAK", "The answer needs these sentences, but they are not enough for it."
    if enough:
        return "WEAK", "These sentences are enough for the answer, but it stays without them too."
    return "NOT DECISIVE", "The answer does not depend on these sentences."


def percent(p: float) -> str:
    """Return a probability as it is told."""
    if p > 0.995:
        return ">99 %"
    return f"{100 * p:.0f} %" if p >= 0.01 else "<1 %"
