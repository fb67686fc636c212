"""How many of something: "How many eggs are in the basket?" has its answer in "three eggs"."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from recollect.answer.resting import resting
from recollect.answer.same_verb import last_naming
from recollect.english import Clause, lemmas
from recollect.english.lexicon import NUMBERS
from recollect.events import YES, Event, Query, Solver
from recollect.models.event_answers import Found, certain
from recollect.models.event_effects import Events

_HEDGES = frozenset(
    "not never nobody nothing no_longer <modal> <said> <say> <want> if either or almost".split()
)
_HAVING = frozenset("have hold own keep carry get bring".split())
_BEING = frozenset(("be", "was", "<stay>"))


def amount(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> Found | None:
    """The one number that the text gives of a thing, if what is asked of it is so; or None.

    "How many eggs did Ann buy?" asks for a clause with the verb of the question and all that it
    names, "How many eggs does Ann have?" whether she has them, "are in the basket" whether they
    are there. There is no answer where the text counts them twice, and not alike, nor to what
    somebody has or what is somewhere where more is told of them.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    words = asked.words
    at = next((n + 1 for n, w in enumerate(words) if w.token == "many"), len(words))
    if at >= len(words) or words[at].entity < 0:
        return None
    live = [a > 0.5 for a in alive[0, 0].tolist()]
    thing = words[at].entity
    said = [(t, n) for t, n in _counted(timeline, thing) if live[t]]
    if len({n for _, n in said}) != 1 or {w.token for w in words[at:]} & _HEDGES:
        return None
    t = _so(asked._replace(words=words[at:]), timeline, events, alive)
    if t < 0:
        return None
    chain = tuple(dict.fromkeys((t, said[-1][0])))
    sure = float(min(events.kinds[0, step].max() for step in chain))
    return resting(found, said[-1][1], chain, sure, program="amount", members=())


def _so(asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor) -> int:
    """The clause by which it is so, or -1; the first word of `asked` is what is counted."""
    verbs = frozenset(lemma for w in asked.words for lemma in lemmas(w)) - {"do"}
    plain = alive.clone()
    for t, clause in enumerate(timeline):
        if {w.token for w in clause.words} & _HEDGES:
            plain[..., t] = 0
    t = last_naming(asked, timeline, events, plain, verbs) if verbs else -1
    thing, *named = [w.entity for w in asked.words if w.entity >= 0]
    if t >= 0 and not verbs & _HAVING:
        return t
    spoken = (events.mentions[0, :, thing] * alive[0, 0] > 0.5).nonzero().flatten().tolist()
    parts = any(w.text.lower().endswith(" of them") for c in timeline for w in c.words)
    if len(named) != 1 or len(spoken) != 1 or parts:
        return -1  # some may have come or gone since
    if verbs & _HAVING:
        query = Query("has", thing, person=named[0])
    elif any(w.token in _BEING for w in asked.words):
        query = Query("is_at", thing, place=named[0])
    else:
        return -1
    told = [
        event if live > 0.5 else Event("none")
        for event, live in zip(certain(events), alive[0, 0].tolist(), strict=True)
    ]
    result = Solver(told).solve(query, len(told))
    return result.chain[-1] if result.answer == YES else -1


def _counted(timeline: Sequence[Clause], thing: int) -> list[tuple[int, int]]:
    """The clauses that say how many there are of a thing, and how many."""
    out = []
    for t, clause in enumerate(timeline):
        for word in clause.words:
            if word.entity == thing and (number := _number(word.text)) >= 0:
                out.append((t, number))
    return out


def _number(text: str) -> int:
    """The number that a noun phrase begins with, or -1: 3 of "three eggs"."""
    first, second, *_ = [*text.lower().split(), "", ""]
    if second in NUMBERS or not (first in NUMBERS or first.isdecimal()):
        return -1
    return NUMBERS[first] if first in NUMBERS else int(first)
