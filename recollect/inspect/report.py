"""A page that shows what an answer rests on, and whether that matters.

The sentences an answer rests on are erased one by one, all together, and kept alone; as a control
the same number of other sentences is erased at random. S sentences, H hops.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from recollect.answer import Answer, Doubt
from recollect.english import Story, read_story
from recollect.version import __version__

CONTROLS = 20  # random erasures
SLIGHT = 0.1  # a change of the answer's probability below this is no change
READ = 0.005  # a weight that rounds to 0.00 is not shown
WHOLE = 400  # a longer story is shown around the sentences that were read
AROUND = 2  # sentences shown on either side of one that was read
STRIP = 400  # columns of the overview; more sentences are pooled by maximum


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


def story_report(
    answerer: Asked,
    story: Story | str,
    question: str,
    *,
    at: int | None = None,
    top: int = 5,
    name: str = "the text",
    unit: str = "sentence",
) -> str:
    """Return a self-contained page on one answer: its evidence, where the model read, what matters.

    Args:
        answerer: the model.
        story: a text, or what was read of it.
        question: in plain English.
        at: answer as of this line.
        top: how many of the likeliest answers to list.
        name: what to call the text.
        unit: what to call a piece of it.

    Raises:
        ValueError: the text or the question cannot be read, or `at` is past its end.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    story = read_story(story) if isinstance(story, str) else story
    told = answerer.ask(story, question, at=at, top=top)
    trial = faithfulness(answerer, story, question, at=at)
    page = Environment(
        loader=PackageLoader("recollect.inspect"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.filters["percent"] = _percent
    page.filters["weight"] = lambda w: f"{w:.2f}"
    return page.get_template("ask.html.j2").render(
        name=name,
        unit=unit,
        told=told,
        trial=trial,
        at=at,
        map=heat_map(story, told, at=at),
        listed=[pair for pair in told.ranked if pair[1] >= 0.0005],
        ranks=any(text == told.answer for text, _ in told.ranked) or not told.known,
        version=__version__,
    )


def write_report(path: str | os.PathLike[str], page: str) -> None:
    """Put a page in place whole, or not at all.

    Raises:
        ValueError: the disk is full, or the folder cannot be written to.
    """
    from recollect.train.checkpoint import CheckpointError, write_file

    try:
        write_file(Path(path), page.encode("utf-8"))
    except CheckpointError as error:
        raise ValueError(f"{error}; make room, or choose another file") from error


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence in the map: its number, line and text, and its weight at each hop.

    `gap` counts the sentences left out before it.
    """

    sentence: int
    line: int
    text: str
    weights: tuple[float, ...]
    cited: int  # its place in the chain of evidence, or 0
    doubt: str  # why it was not understood, or nothing
    counted: bool  # False past the line asked about
    gap: int = 0


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Weights of every hop on every sentence, as they are drawn.

    Attributes:
        hops: numbers of the hops that read something, from 1.
        rows: the sentences that are shown.
        sentences: how many there are.
        after: how many are left out after the last row.
        strip: for the overview, `(first line, last line, weights of each hop)` a column.
        nothing: for each hop, the mass that found no sentence.
    """

    hops: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    sentences: int = 0
    after: int = 0
    strip: tuple[tuple[int, int, tuple[float, ...]], ...] = ()
    nothing: tuple[float, ...] = field(default=())


def heat_map(story: Story, told: Answer, *, at: int | None = None) -> HeatMap:
    """Return the weights of an answer's hops beside the sentences they fell on.

    Args:
        story: what was read.
        told: the answer, whose `hops` are `(H, S)`.
        at: the line asked about; later sentences do not count.
    """
    first = {}
    for clause in story.clauses:
        first.setdefault(clause.sentence, clause)
    mass = told.hops.sum(-1).tolist() if told.hops.numel() else []
    hops = [h for h, m in enumerate(mass) if m >= 0.01]
    weights = {n: tuple(float(told.hops[h, n]) for h in hops) for n in first}
    cited = {}
    for e in told.evidence:
        same = (n for n, c in first.items() if c.line == e.line and c.text == e.text)
        cited[next((n for n in same if n not in cited), -1)] = e.hop
    doubts: dict[tuple[int, str], Doubt] = {(d.line, d.text): d for d in told.not_understood}
    rows = []
    for n, clause in sorted(first.items()):
        doubt = doubts.get((clause.line, clause.text))
        rows.append(
            Row(
                n + 1,
                clause.line,
                clause.text,
                weights[n],
                cited.get(n, 0),
                doubt.reason if doubt else "",
                at is None or clause.line <= at,
            )
        )
    shown, after = _shown(rows)
    return HeatMap(
        tuple(h + 1 for h in hops),
        shown,
        len(rows),
        after,
        _strip(rows),
        tuple(max(0.0, 1 - mass[h]) for h in hops),
    )


def _shown(rows: list[Row]) -> tuple[tuple[Row, ...], int]:
    """All rows of a short story; of a long one those that were read, and some around them."""
    if len(rows) <= WHOLE:
        return tuple(rows), 0
    near: set[int] = set(range(AROUND)) | {len(rows) - 1}
    for n, row in enumerate(rows):
        if row.cited or max(row.weights, default=0) >= READ:
            near |= set(range(max(0, n - AROUND), min(len(rows), n + AROUND + 1)))
    kept, last = [], -1
    for n in sorted(near):
        kept.append(replace(rows[n], gap=n - last - 1))
        last = n
    return tuple(kept), len(rows) - 1 - last


def _strip(rows: Sequence[Row]) -> tuple[tuple[int, int, tuple[float, ...]], ...]:
    wide = math.ceil(len(rows) / STRIP)
    pools = [rows[n : n + wide] for n in range(0, len(rows), wide)] if rows else []
    return tuple(
        (pool[0].line, pool[-1].line, tuple(map(max, zip(*(r.weights for r in pool), strict=True))))
        for pool in pools
    )


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
            f"{_percent(first.confidence)} to {_percent(kept)}."
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


def _percent(p: float) -> str:
    if p > 0.995:
        return ">99 %"
    return f"{100 * p:.0f} %" if p >= 0.01 else "<1 %"
