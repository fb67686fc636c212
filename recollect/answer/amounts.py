"""How many of something: "How many eggs are in the basket?" has its answer in "three eggs"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from torch import Tensor

from recollect.answer.plain_deed import HEDGES
from recollect.answer.resting import resting
from recollect.answer.same_verb import last_naming
from recollect.english import Clause, lemmas
from recollect.english.lexicon import NUMBERS
from recollect.events import YES, Event, Query, Solver
from recollect.models.event_answers import Found, certain
from recollect.models.event_effects import Events

_HEDGES = HEDGES - {"?", "<passive>"}
_HAVING = frozenset("have hold own keep carry get bring".split())
_BEING = frozenset(("be", "was", "<stay>"))
_PARTS = re.compile(
    rf"\b(?:{'|'.join(NUMBERS)}|some|all|none|both|most|more|few|\d+)"
    r"(?=\s*(?:[.,;!?]|$|(?:to|was|were|of|from|for|in|on|at|and|away|back)\b))"
    r"|\b(?:one|rest|half|another|others?)\b",
    re.IGNORECASE,
)
"""What may be said of a part of a thing that was counted."""
_BOUND = re.compile(r"\b(?:than|least|most|about|nearly|almost|up to|over|around)\b", re.IGNORECASE)


def amount(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> Found | None:
    """The one number that the text gives of a thing, if what is asked of it is so; or None.

    "How many eggs did Ann buy?" asks for the one clause that counts them and in which she alone
    does so, "How many eggs does Ann have?" whether she has them, "are in the basket" whether they
    are there. There is no answer where the text counts them twice, and not alike, nor to what
    somebody has or what is somewhere where more is told of them.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    words = asked.words
    at = next((n + 1 for n, w in enumerate(words) if w.token == "many"), len(words))
    if at >= len(words) or words[at].entity < 0 or {w.token for w in words[at:]} & _HEDGES:
        return None
    plain = alive.clone()
    for t, clause in enumerate(timeline):
        if {w.token for w in clause.words} & _HEDGES:
            plain[..., t] = 0
    live = [a > 0.5 for a in plain[0, 0].tolist()]
    said = {t: n for t, n in _counted(timeline, words[at].entity) if live[t]}
    if len(set(said.values())) != 1:
        return None
    t = _so(asked._replace(words=words[at:]), timeline, events, plain, said)
    if t < 0:
        return None
    chain = tuple(dict.fromkeys((t, max(said))))
    sure = float(min(events.kinds[0, step].max() for step in chain))
    return resting(found, said[max(said)], chain, sure, program="amount", members=())


def _so(
    asked: Clause,
    timeline: Sequence[Clause],
    events: Events,
    plain: Tensor,
    said: Mapping[int, int],
) -> int:
    """The clause by which it is so, or -1; the first word of `asked` is what is counted."""
    verbs = frozenset(lemma for w in asked.words for lemma in lemmas(w)) - {"do"}
    thing, *named = [w.entity for w in asked.words if w.entity >= 0]
    if not named:
        return -1
    spoken = events.mentions[0, :, thing] * plain[0, 0] > 0.5
    if not verbs & _HAVING and not any(w.token in _BEING for w in asked.words):
        t = last_naming(asked, timeline, events, plain, verbs) if verbs else -1
        again = [
            s
            for s in spoken.nonzero().flatten().tolist()
            if s != t and any(verbs & lemmas(w) for w in timeline[s].words)
        ]
        alone = t >= 0 and int((events.agents[0, t] > 0.5).sum()) == 1
        return (
            t if t in said and not again and alone and events.agents[0, t, named[0]] > 0.5 else -1
        )
    later = [c for t, c in enumerate(timeline) if t > min(said) and plain[0, 0, t] > 0.5]
    if len(named) != 1 or int(spoken.sum()) != 1 or any(_PARTS.search(c.text) for c in later):
        return -1  # some may have come or gone since
    if verbs & _HAVING:
        query = Query("has", thing, person=named[0])
    else:
        query = Query("is_at", thing, place=named[0])
    told = [
        event if live > 0.5 else Event("none")
        for event, live in zip(certain(events), plain[0, 0].tolist(), strict=True)
    ]
    result = Solver(told).solve(query, len(told))
    return result.chain[-1] if result.answer == YES else -1


def _counted(timeline: Sequence[Clause], thing: int) -> list[tuple[int, int]]:
    """The clauses that say how many there are of a thing, and how many."""
    out = []
    for t, clause in enumerate(timeline):
        for word, after in zip(clause.words, (*clause.words[1:], None), strict=True):
            measured = " of " in word.text or (after is not None and after.token == "of")
            if word.entity != thing or measured or _BOUND.search(clause.text):
                continue
            if (number := _number(word.text)) >= 0:
                out.append((t, number))
    return out


def _number(text: str) -> int:
    """The number that a noun phrase begins with, or -1: 3 of "three eggs"."""
    first, second, *_ = [*text.lower().split(), "", ""]
    if second in NUMBERS or not (first in NUMBERS or first.isdecimal()):
        return -1
    return NUMBERS[first] if first in NUMBERS else int(first)
