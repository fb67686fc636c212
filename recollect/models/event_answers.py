"""From a reading to an answer: run the program that a question asks for, and say what it rests on.

The questions that follow one entity run the soft programs, whose masses are the confidence. Lists,
counts and questions about single events run the exact solver over the most probable reading, with
the probability of what they rest on.

Shape letters: T events in the order of time, K entities, H hops.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from recollect.events import (
    KINDS,
    MAYBE,
    NO,
    NOBODY,
    PROGRAMS,
    TAGS,
    UNKNOWN,
    YES,
    Event,
    Query,
    Solver,
    last_match,
)
from recollect.models import event_programs as soft
from recollect.models.event_effects import Events
from recollect.models.event_memory import Asking

ROLES = ("agent", "theme", "recipient", "dest", "source")
CONSTANTS = (UNKNOWN, YES, NO, MAYBE, NOBODY)

HANDING = ("take", "bring", "give", "put", "drop", "lose")


class Found(NamedTuple):
    """An answer over numbered entities and events.

    Attributes:
        program: what the question was taken to ask.
        answer: an entity, or a constant of `recollect.events`; the number itself for a count.
        confidence: probability of the answer (of "unknown", where that is the answer).
        chain: the events it rests on, hop by hop, in event time.
        hops: weights of all events at every hop.
        members: the entities of a list answer.
        ranked: the likeliest answers with their probabilities.
        query: the question as read.

    Shapes:
        hops: ``(H, T)``.
    """

    program: str
    answer: int
    confidence: float
    chain: tuple[int, ...]
    hops: Tensor
    members: tuple[int, ...]
    ranked: tuple[tuple[int, float], ...]
    query: Query


def certain(events: Events) -> list[Event]:
    """The most probable events of one story (batch of one)."""
    kinds = events.kinds[0].argmax(-1).tolist()
    empty = (events.kinds[0].sum(-1) < 0.5).tolist()
    roles = [_members(role[0]) for role in events[1:6]]
    out = []
    for t, kind in enumerate(kinds):
        by_role = [role.get(t, ()) for role in roles]
        out.append(Event("none") if empty[t] else Event(KINDS[kind], *by_role))
    return out


def _members(role: Tensor) -> dict[int, tuple[int, ...]]:
    out: dict[int, tuple[int, ...]] = {}
    for t, e in (role > 0.5).nonzero().tolist():
        out[t] = (*out.get(t, ()), e)
    return out


def query_of(asking: Asking) -> Query:
    """The most probable query of one question (batch and question of one)."""
    program = PROGRAMS[int(asking.programs[0, 0].argmax())]
    roles = {
        tag: tuple((asking.roles[0, 0, i] > 0.5).nonzero().flatten().tolist())
        for i, tag in enumerate(TAGS)
    }
    kind = KINDS[int(asking.kinds[0, 0].argmax())]
    event = Event(kind, *(roles[tag] for tag in ROLES))
    one = lambda tag: roles[tag][0] if roles[tag] else UNKNOWN  # noqa: E731
    sought = one("sought") if roles["sought"] else one("theme")
    return Query(program, sought, one("dest"), one("agent"), event)


def answer(events: Events, asking: Asking, alive: Tensor) -> Found:
    """Answer one question about one story.

    Args:
        events: the memory, batch of one.
        asking: one question.
        alive: 1 for the events that count.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    query = query_of(asking)
    sure = float(asking.programs[0, 0].max().exp())
    entity, place = asking.roles[:, :, TAGS.index("sought")], asking.roles[:, :, TAGS.index("dest")]
    if (
        query.program in ("where", "where_before", "where_before_event", "is_at", "who_has")
        and query.entity >= 0
    ):
        hops, mass = _soft(query, events, entity, place, alive)
        if hops is not None:
            return _from_mass(query, mass, hops, sure)
    found = _exact(query, events, alive, sure)
    if (
        query.program == "where_did"
        and found.answer == UNKNOWN
        and not found.chain
        and query.event.themes
    ):
        # no such event was read: where it is now may still be told
        theme = asking.roles[:, :, TAGS.index("theme")]
        hops, mass = _soft(query._replace(program="where"), events, theme, place, alive)
        assert hops is not None
        return _from_mass(query, mass, hops, sure)
    return found


def _soft(
    query: Query, events: Events, entity: Tensor, place: Tensor, alive: Tensor
) -> tuple[Tensor | None, Tensor]:
    K = entity.shape[-1]
    mass = torch.zeros(K + len(CONSTANTS))
    unknown, yes, no, maybe, nobody = (K - 1 - c for c in CONSTANTS)
    if query.program == "where":
        walk = soft.where(events, entity, alive)
    elif query.program == "where_before" and query.place >= 0:
        walk = soft.where_before(events, entity, place, alive)
    elif query.program in ("where_before", "where_before_event"):
        moment = _moment(query, events, alive)
        if moment is None:
            return None, mass
        walk = soft.where_before_event(events, entity, moment, alive)
    elif query.program == "is_at":
        verdict = soft.is_at(events, entity, place, alive)
        mass[yes], mass[no], mass[maybe] = verdict.yes[0, 0], verdict.no[0, 0], verdict.maybe[0, 0]
        mass[unknown] = (1 - mass.sum()).clamp(min=0)
        return verdict.hops[0, 0], mass
    else:
        held = soft.who_has(events, entity, alive)
        mass[:K], mass[nobody] = held.answer[0, 0], held.nobody[0, 0]
        mass[unknown] = (1 - mass.sum()).clamp(min=0)
        return held.hops[0, 0], mass
    mass[:K] = walk.answer[0, 0]
    mass[unknown] = (1 - mass.sum()).clamp(min=0)
    return walk.hops[0, 0], mass


def _moment(query: Query, events: Events, alive: Tensor) -> Tensor | None:
    told = [e if alive[0, 0, t] > 0.5 else Event("none") for t, e in enumerate(certain(events))]
    t = last_match(told, query.event)
    if t < 0:
        return None
    moment = torch.zeros_like(alive)
    moment[0, 0, t] = 1
    return moment


def _from_mass(query: Query, mass: Tensor, hops: Tensor, sure: float) -> Found:
    K = len(mass) - len(CONSTANTS)
    label = lambda i: i if i < K else K - 1 - i  # noqa: E731
    probability, index = (mass.clamp(0, 1) * sure).topk(min(5, len(mass)))
    ranked = tuple(
        (label(int(i)), round(float(p), 4))
        for p, i in zip(probability, index, strict=True)
        if p > 1e-3
    )
    best, confidence = ranked[0] if ranked else (UNKNOWN, sure)
    top = [mass[int(index[0])]] if int(index[0]) < K else []
    chain = tuple(int(h.argmax()) for h in hops if float(h.sum()) > 0.5)
    if (
        query.program == "where_before" and query.place >= 0
    ):  # its last event, its arrival, where it was before that
        chain = (*chain[:2], *chain[2:][-1:])
    several = (
        tuple(i for i, p in ranked if i >= 0 and p > max(0.5, 0.8 * confidence)) if top else ()
    )
    return Found(
        query.program, best, confidence, tuple(dict.fromkeys(chain)), hops, several, ranked, query
    )


def _exact(query: Query, events: Events, alive: Tensor, sure: float) -> Found:
    T = alive.shape[-1]
    told = certain(events)
    told = [event if alive[0, 0, t] > 0.5 else Event("none") for t, event in enumerate(told)]
    found = Solver(told).solve(query, T)
    strength = events.kinds[0].max(-1).values
    confidence = sure
    for t in found.chain:
        confidence *= float(strength[t])
    if query.program in ("carrying", "count", "contents"):
        confidence *= _complete(events, alive, query.person if query.person >= 0 else query.place)
    hops = torch.zeros(len(found.chain), T)
    for h, t in enumerate(found.chain):
        hops[h, t] = strength[t]
    return Found(
        query.program,
        found.answer,
        confidence,
        found.chain,
        hops,
        found.members,
        ((found.answer, round(confidence, 4)),),
        query,
    )


def _complete(events: Events, alive: Tensor, entity: int) -> float:
    """How sure the least sure clause is that may add to a list about `entity`, or take from it."""
    if entity < 0:
        return 1.0
    parts = (events.agents, events.themes, events.recipients, events.dests, events.sources)
    spoken = sum(role[0, :, entity] for role in parts)
    assert isinstance(spoken, Tensor)
    spoken = spoken.clamp(max=1) * alive[0, 0]
    moving = sum(events.kinds[0, :, KINDS.index(kind)] for kind in HANDING)
    assert isinstance(moving, Tensor)
    who = 1 - torch.minimum(spoken, 1 - spoken) * moving
    what = 1 - torch.where(
        spoken > 0.5, torch.minimum(moving, 1 - moving), torch.zeros_like(spoken)
    )
    return float((who * what).min()) if len(spoken) else 1.0
