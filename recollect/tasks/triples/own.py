"""Judging `ask` on tables it has not seen: names made up, questions in English, answers by lookup.

The wording here is a person's, apart from that of training (`wording.py`): whole sentences, in
templates of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from recollect.answer.knowledge import Knowledge, KnowledgeAnswerer, read_knowledge
from recollect.models.chain_reader import ChainReader
from recollect.tasks.triples.families import (
    HUSBAND,
    JOB,
    LIKES,
    NATION,
    WIFE,
    Family,
    Way,
    tell_family,
)

__all__ = ["Question", "evaluate", "family_questions"]

LENGTHS = (1, 2, 3, 4, 6, 8)
TABLES, QUESTIONS = 6, 30  # tables, and questions of each length on one of them
Step = tuple[Way, bool]  # a relation, and whether it is asked backward


class Question(NamedTuple):
    """A question on a family.

    Attributes:
        text: in English.
        hops: how many relations it has.
        kind: "list", "check", "count" or "missing" (a link was taken out of the table).
        answers: the names, or "yes", "no", a number; none where the answer is not known.
        lines: those of every triple on a way to the answers.
        erased: lines that the table is to be read without.
    """

    text: str
    hops: int
    kind: str
    answers: frozenset[str]
    lines: frozenset[int]
    erased: frozenset[int] = frozenset()


def evaluate(models: Sequence[ChainReader], *, split: str) -> Mapping[str, Sequence[float]]:
    """Share of right answers and right evidence on generated families, by length and kind.

    `hops_K`: the answer names exactly the right ones. `evidence`: of those, the triples shown are
    exactly those on a way to them. `missing`: "I don't know" where a link was taken out. `check`,
    `count`: yes, no and numbers. `sure`: mean confidence.
    """
    tables = []
    for i in range(TABLES):
        rng = Random(f"own {split} {i}")
        family = tell_family(rng, couples=rng.choice([1, 2, 3]), generations=rng.choice([3, 4]))
        tables.append((read_knowledge(family.text), family_questions(rng, family)))
    found: dict[str, list[float]] = {}
    for model in models:
        answerer = KnowledgeAnswerer(model)
        sums: dict[str, list[float]] = {}
        for knowledge, questions in tables:
            for question in questions:
                for name, figure in _judge(answerer, knowledge, question).items():
                    sums.setdefault(name, []).append(figure)
        for name, figures in sorted(sums.items()):
            found.setdefault(name, []).append(sum(figures) / len(figures))
    return found


def family_questions(rng: Random, family: Family, each: int = QUESTIONS) -> list[Question]:
    """Questions on a family: `each` of every length, and a few of the other kinds."""
    out = []
    for hops in LENGTHS:
        out += [_ask(rng, family, hops, "list") for _ in range(each)]
    for kind in ("check", "count", "missing"):
        out += [_ask(rng, family, rng.choice([1, 2, 3, 4]), kind) for _ in range(each)]
    return out


def _judge(
    answerer: KnowledgeAnswerer, knowledge: Knowledge, question: Question
) -> dict[str, float]:
    name = f"hops_{question.hops}" if question.kind == "list" else question.kind
    try:
        told = answerer.ask(
            knowledge, question.text, erased=question.erased, top=len(question.answers) + 1
        )
    except ValueError:
        return {name: 0.0}
    if not question.answers:
        return {name: float(not told.known)}
    # The answer itself writes out no more than fifty names.
    named = [name for name, _ in told.ranked] if told.known else []
    right = frozenset(named) == question.answers
    figures = {name: float(right), "sure": told.confidence}
    if right and question.kind == "list":
        figures["evidence"] = float({e.line for e in told.evidence} == question.lines)
    return figures


def _ask(rng: Random, family: Family, hops: int, kind: str) -> Question:
    """Draw a chain that has an answer, and word it."""
    while True:
        start = rng.choice(family.names)
        chain, ends, slots = _walk(rng, family, start, hops)
        # A verb goes last: "X's likes's father" is no English.
        if chain is None or not ends or (kind == "count" and len(ends) > 12):
            continue
        if any(way.verb or back for way, back in chain[:-1]):
            continue
        last, back = chain[-1]
        if kind == "check" and back:
            continue
        if kind == "count" and (back or last.verb or last in (NATION, JOB)):
            continue
        break
    lines = frozenset(family.lines[slot] for slot in slots)
    phrase = _phrase(rng, start, [way for way, _ in chain[:-1]])
    if kind == "check":
        truth = rng.random() < 0.5
        asked = rng.choice(sorted(ends)) if truth else rng.choice(family.names)
        return Question(_check(rng, phrase, last, asked), hops, kind,
                        _verdict(family, asked, ends, last), lines)  # fmt: skip
    if kind == "count":
        text = rng.choice(
            [
                f"How many {last.several} does {phrase} have?",
                f"How many {last.several} has {phrase}?",
            ]
        )
        return Question(text, hops, kind, frozenset({str(len(ends))}), lines)
    text = _list(rng, phrase, last, back)
    if rng.random() < 0.15:
        text = text.lower()
    if kind == "missing":
        # All triples of one link go: there is no way left.
        erased = _cut(rng, family, start, chain)
        return Question(text, hops, kind, frozenset(), lines, erased)
    return Question(text, hops, kind, frozenset(ends), lines)


def _walk(
    rng: Random, family: Family, start: str, hops: int
) -> tuple[list[Step] | None, set[str], set[tuple[str, Way, str]]]:
    at, chain = {start}, []
    steps: list[list[tuple[str, str, tuple[str, Way, str]]]] = []
    for n in range(hops):
        ways: list[Step] = [(w, False) for s, w, _ in family.triples if s in at]
        if n == hops - 1:
            ways += [(w, True) for _, w, o in family.triples if o in at]
        if not ways:
            return None, set(), set()
        way, back = rng.choice(sorted(set(ways)))
        chain.append((way, back))
        step = [
            (o, s, (s, w, o)) if back else (s, o, (s, w, o))
            for s, w, o in family.triples
            if w == way and (o if back else s) in at
        ]
        steps.append(step)
        at = {end for _, end, _ in step}
    wanted, used = at, set()
    for step in reversed(steps):
        used |= {triple for _, end, triple in step if end in wanted}
        wanted = {begin for begin, end, _ in step if end in wanted}
    return chain, at, used


def _cut(rng: Random, family: Family, start: str, chain: Sequence[Step]) -> frozenset[int]:
    gone = rng.randrange(len(chain))
    at = {start}
    for n, (way, back) in enumerate(chain):
        step = [(s, w, o) for s, w, o in family.triples if w == way and (o if back else s) in at]
        if n == gone:
            # Whose wife Eve is, he is her husband: both lines go.
            turned = [(o, {WIFE: HUSBAND, HUSBAND: WIFE}.get(w), s) for s, w, o in step]
            known = [(s, w, o) for s, w, o in turned if w is not None]
            return frozenset(family.lines[t] for t in (*step, *known) if t in family.lines)
        at = {s if back else o for s, _, o in step}
    return frozenset()


def _phrase(rng: Random, start: str, ways: Sequence[Way]) -> str:
    """X's father's mother, the mother of X's father, the mother of the father of X."""
    inside = rng.randrange(len(ways) + 1)
    text = start
    for way in ways[:inside]:
        text += ("'" if text.endswith("s") and rng.random() < 0.3 else "'s") + f" {way.word}"
    for way in ways[inside:]:
        text = f"the {way.word} of {text}"
    return text


def _list(rng: Random, phrase: str, way: Way, back: bool) -> str:
    templates = (_VERB_BACK if back else _VERB) if way.verb else _NOUN_BACK if back else _NOUN
    fit = [t for t in templates if "{p}" not in t or way.preposition]
    if way == LIKES and not back:
        fit = ["Who does {x} like?", "Tell me who {x} likes.", "Whom does {x} like?"]
    # "the mother of X's father" would be another chain
    if phrase.startswith("the "):
        fit = [t for t in fit if "{x}'s" not in t]
    wh = "Where" if way.preposition == "in" else "Who"
    said = {"was": "was born in", "does": f"{way.word} {way.preposition}".strip()}
    return rng.choice(fit).format(
        x=phrase,
        r=way.word,
        v=way.several,
        p=way.preposition,
        aux=way.auxiliary,
        does=said.get(way.auxiliary, ""),
        wh=wh,
    )


def _check(rng: Random, phrase: str, way: Way, asked: str) -> str:
    if way.verb:
        parts = (way.auxiliary.capitalize(), phrase, way.several, way.preposition, asked)
        return " ".join(filter(None, parts)) + "?"
    forms = ["Is {y} the {r} of {x}?", "Is the {r} of {x} {y}?"]
    if not phrase.startswith("the "):
        forms += ["Is {y} {x}'s {r}?", "Is {x}'s {r} {y}?"]
    return rng.choice(forms).format(x=phrase, y=asked, r=way.word)


def _verdict(family: Family, asked: str, ends: set[str], way: Way) -> frozenset[str]:
    """Yes; no where there is only one; else it is not known."""
    if asked in ends:
        return frozenset({"yes"})
    counts: dict[str, int] = {}
    for s, w, _ in family.triples:
        if w == way:
            counts[s] = counts.get(s, 0) + 1
    several = sum(count > 1 for count in counts.values())
    single = len(counts) >= 3 and several <= max(1, 0.1 * len(counts))
    return frozenset({"no"}) if single else frozenset()


_NOUN = (
    "Who is {x}'s {r}?", "Who is the {r} of {x}?", "What is the {r} of {x}?", "{x}'s {r}?",
    "Name the {r} of {x}.", "Tell me {x}'s {r}", "the {r} of {x}", "Do you know who {x}'s {r} is?",
    "What's the name of the {r} of {x}?", "Which people are the {v} of {x}?", "Who are {x}'s {v}?",
)  # fmt: skip
_NOUN_BACK = (
    "Whose {r} is {x}?", "Who is {x} the {r} of?", "Who has {x} as {r}?", "Who has {x} as a {r}?",
    "{x} is whose {r}?", "Who are the people whose {r} is {x}?", "Of whom is {x} the {r}?",
)  # fmt: skip
_VERB = (
    "{wh} {aux} {x} {v} {p}?", "Where {aux} {x} {v}?", "What {aux} {x} {v} {p}?",
    "In which place {aux} {x} {v}?", "Which place {aux} {x} {v} {p}?",
)  # fmt: skip
_VERB_BACK = ("Who {does} {x}?", "Which people {does} {x}?", "Tell me who {does} {x}.")
