"""Soft programs over a memory of events: each question type as a walk of stick-breaking hops.

A hop asks "what is the latest event that says where this entity is?" and reads the next entity from
it: a holder, a place, or whoever was there. Every step is a product of probabilities, so the
evidence is differentiable, nothing depends on position, and the mass that no event claims is the
probability of "I don't know". With certain readings the programs equal the exact solver
(`recollect.events.Solver`).

Shape letters: B batch, Q questions, T events in the order of time, K entities, H hops.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from recollect.events import DEPTH
from recollect.models.event_effects import (
    TINY,
    Events,
    before,
    dot,
    latest,
    outcomes,
    placements,
    pull,
    unmatched,
)

SMALL = 1e-3  # probability below which a condition is not worth conditioning on
AGAIN = 100
"""How often a walk back in time may begin anew: from whom it was had, or at the same place."""


class Walk(NamedTuple):
    """Where a walk ended.

    Shapes:
        answer: ``(B, Q, K)``, sub-stochastic.
        maybe: ``(B, Q)``, mass on "one of several".
        hops: ``(B, Q, H, T)``, weights of the events read at each hop.
        stranded: ``(B, Q, T)``, mass on a first hop that hands over to somebody of whom nothing
            is told.
    """

    answer: Tensor
    maybe: Tensor
    hops: Tensor
    stranded: Tensor


def _unit(entity: Tensor) -> tuple[Tensor, Tensor]:
    """The entity given that it is anybody, and the probability of that; several stay several."""
    mass = entity.sum(-1, keepdim=True).clamp(max=1)
    return entity / mass.clamp(min=SMALL), mass.squeeze(-1)


def _spent(mass: Tensor) -> bool:
    """Whether too little mass is left anywhere for a walk to go on."""
    return not bool((mass.detach().sum(-1) > SMALL).any())


def _denials(events: Events, entity: Tensor) -> Tensor:
    """``(B, Q, T, K)``: an event denies that the entity is at a place."""
    denied = dot(entity, events.agents) * events.kind("not_at")
    return denied[..., None] * events.dests[:, None]


def _leaving(events: Events, entity: Tensor) -> Tensor:
    """``(B, Q, T)``: an event says that the entity, whom it does not move as a thing, leaves."""
    theme = dot(entity, events.themes).clamp(max=1)
    return dot(entity, events.agents).clamp(max=1) * (1 - theme) * events.kind("leave")


def _whence(events: Events, entity: Tensor, alive: Tensor) -> tuple[Tensor, Tensor]:
    """``(B, Q, T)``, an event moves the entity; ``(B, Q, K)``, no holder, so a place to come from.

    The sources of the one that are the other are where the event itself says it came from.
    """
    agent, theme = dot(entity, events.agents), dot(entity, events.themes)
    moved = agent * events.kind("move", "leave", "bring") + theme * events.kind("take", "bring")
    acts = (events.agents + events.recipients).clamp(max=1 - TINY)
    return moved.clamp(max=1), pull(alive, torch.log1p(-acts)).exp()


def _bound(alive: Tensor, past: Tensor, total: Tensor) -> Tensor:
    """The events that count at the next hop: all alive, or those before the drop at `past`."""
    mass = past.sum(-1, keepdim=True)
    shared = (mass / total.clamp(min=SMALL).unsqueeze(-1)).clamp(max=1)
    return (1 - shared) * alive + shared * alive * before(past / mass.clamp(min=SMALL))


def where(events: Events, entity: Tensor, alive: Tensor, hops: int = DEPTH) -> Walk:
    """Follow holders until a place is reached.

    Args:
        events: what was read.
        entity: whom to look for.
        alive: which events count.
        hops: how many events a chain may have.

    Shapes:
        entity: ``(B, Q, K)``. alive: ``(B, Q, T)``.
    """
    answer, seen = torch.zeros_like(entity), []
    maybe, bound = entity.new_zeros(entity.shape[:2]), alive
    handed = stranded = torch.zeros_like(alive)
    for hop in range(hops):
        if hop and _spent(entity):
            break
        unit, mass = _unit(entity)
        out = outcomes(events, unit)
        share = unmatched(out.some, bound) * mass[..., None]
        seen.append(share * out.some)
        if hop == 0:
            handed = share * (out.took + out.given)
        elif hop == 1:
            nothing = (mass - seen[-1].sum(-1)).clamp(min=0) / mass.clamp(min=SMALL)
            stranded = handed * nothing[..., None]
        gone = torch.log1p(-(_denials(events, unit) * bound[..., None]).clamp(max=1 - TINY))
        kept = (gone.sum(-2, keepdim=True) - gone.cumsum(-2)).exp()  # not denied after t
        answer = answer + torch.einsum("bqt,btk,bqtk->bqk", share * out.at, events.dests, kept)
        maybe = maybe + (share * out.either).sum(-1)
        now = pull(share * out.took, events.agents) + pull(share * out.given, events.recipients)
        then = pull(share * out.dropped, events.agents) + pull(
            share * out.joined, events.recipients
        )
        past = share * (out.dropped + out.joined)
        entity = now + then
        bound = _bound(alive, past, entity.sum(-1))
    seen += [torch.zeros_like(alive)] * (hops - len(seen))
    return Walk(answer, maybe, torch.stack(seen, 2), stranded)


class Verdict(NamedTuple):
    """Probabilities of yes, no and maybe; what is left is unknown.

    Shapes:
        yes, no, maybe: ``(B, Q)``. hops: ``(B, Q, H, T)``.
    """

    yes: Tensor
    no: Tensor
    maybe: Tensor
    hops: Tensor


def is_at(
    events: Events, entity: Tensor, place: Tensor, alive: Tensor, hops: int = DEPTH
) -> Verdict:
    """Whether `entity` is at `place`, itself or through whatever holds it.

    Shapes:
        entity, place: ``(B, Q, K)``. alive: ``(B, Q, T)``.
    """
    zero = entity.new_zeros(entity.shape[:2])
    yes, no, maybe, placed, bound, seen = zero, zero, zero, zero, alive, []
    went, entity_asked = torch.zeros_like(alive), entity
    for hop in range(hops):
        if hop and _spent(entity):
            break
        unit, mass = _unit(entity)
        out = outcomes(events, unit)
        here = dot(place, events.dests)
        deny = dot(unit, events.agents) * events.kind("not_at") * here
        some = (out.some + deny).clamp(max=1 - TINY)
        share = unmatched(some, bound) * mass[..., None]
        a = share * some
        seen.append(a)
        nothing = (mass - a.sum(-1)).clamp(min=0)
        no = no + nothing * placed + (share * deny).sum(-1) + (share * out.unknown).sum(-1) * placed
        yes = yes + (share * out.at * here).sum(-1)
        left = share * _leaving(events, unit)
        no = no + (left * dot(place, events.sources)).sum(-1) * (1 - placed)
        if hop == 0:
            went = left * (1 - events.sources.sum(-1).clamp(max=1)[:, None])
        maybe = maybe + (share * out.either * here).sum(-1)
        no = no + (share * out.either * (1 - here)).sum(-1)
        onward = pull(share * out.at * (1 - here), events.dests)
        now = pull(share * out.took, events.agents) + pull(share * out.given, events.recipients)
        then = pull(share * out.dropped, events.agents) + pull(
            share * out.joined, events.recipients
        )
        past = share * (out.dropped + out.joined)
        entity = onward + now + then
        total = entity.sum(-1).clamp(min=SMALL)
        placed = (onward.sum(-1) + (now + then).sum(-1) * placed) / total
        bound = _bound(alive, past, total)
    no = no + entity.sum(-1).clamp(max=1) * placed  # a chain longer than the hops
    seen += [torch.zeros_like(alive)] * (hops - len(seen))
    # who leaves without a word of what is no longer where the walk before that ends
    left = torch.zeros_like(alive)
    if not _spent(went):
        mass = went.sum(-1, keepdim=True)
        prior = where(events, entity_asked, alive * before(went / mass.clamp(min=SMALL)), hops)
        gone = mass * (prior.answer * place).sum(-1, keepdim=True)
        no, left = no + gone.squeeze(-1), prior.hops[:, :, 0] * gone
    seen.append(left)
    return Verdict(yes, no, maybe, torch.stack(seen, 2))


def where_before(events: Events, entity: Tensor, place: Tensor, alive: Tensor) -> Walk:
    """Where `entity` was before it last came to `place` from elsewhere.

    The hops are its last event, the one since which it was there, then the walk before that.

    Shapes:
        entity, place: ``(B, Q, K)``. alive: ``(B, Q, T)``.
    """
    came = latest(placements(events, entity, alive) * dot(place, events.dests), alive)
    walk = _until(events, entity, place, came, alive)
    last = latest(outcomes(events, entity).some, alive)
    return walk._replace(hops=torch.cat([last.unsqueeze(2), walk.hops], 2))


def where_before_event(events: Events, entity: Tensor, moment: Tensor, alive: Tensor) -> Walk:
    """Where `entity` was before the event that `moment` points at.

    Shapes:
        entity: ``(B, Q, K)``. moment, alive: ``(B, Q, T)``.
    """
    return _until(events, entity, torch.zeros_like(entity), moment, alive)


def _until(events: Events, entity: Tensor, place: Tensor, moment: Tensor, alive: Tensor) -> Walk:
    """Where `entity` was until `moment`: whence that event moved it, or where it was before.

    Who was handed it, and is never told of, had it where it was handed over. What was at `place`
    before is looked for before it came there. Both begin a new walk further back.
    """
    answer, elsewhere = torch.zeros_like(entity), 1 - place
    total = moment.sum(-1, keepdim=True)
    maybe, since, hops = entity.new_zeros(entity.shape[:2]), moment, []
    moved, idle = _whence(events, entity, alive)
    pointer, idle = moment, idle * elsewhere
    for _ in range(AGAIN):
        rest = pointer.sum(-1, keepdim=True)
        came = pull(pointer * moved, events.sources) * idle
        rest = (rest - came.sum(-1, keepdim=True)).clamp(min=0)
        unit = pointer / pointer.sum(-1, keepdim=True).clamp(min=SMALL)
        prior = where(events, entity, alive * before(unit))
        answer = answer + came + rest * prior.answer * elsewhere
        maybe = maybe + rest.squeeze(-1) * prior.maybe
        # there already: since the last of the events that say so
        there = (prior.answer * place).sum(-1, keepdim=True)
        back = _last(prior.hops)
        back = rest * there * back / back.sum(-1, keepdim=True).clamp(min=SMALL)
        kept = 1 - back.sum(-1, keepdim=True) / total.clamp(min=SMALL)
        since = since * kept.clamp(0, 1) + back
        hops += (prior.hops * (rest * (1 - there)).unsqueeze(-1)).unbind(2)
        pointer = rest * prior.stranded + back
        if _spent(pointer):
            break
    return Walk(answer, maybe, torch.stack([since, *hops], 2), pointer)


def _last(hops: Tensor) -> Tensor:
    """Probability that an event is the last in time of those that the hops of a walk read.

    Shapes:
        ``(B, Q, H, T)`` -> ``(B, Q, T)``.
    """
    none = 1 - hops.flip(-1).cumsum(-1).clamp(0, 1)  # a hop reads nothing from there on
    reached = (1 - none.prod(2)).flip(-1)
    return reached - pad(reached[..., 1:], (0, 1))


class Holding(NamedTuple):
    """Who has something, or the mass on nobody.

    Shapes:
        answer: ``(B, Q, K)``. nobody: ``(B, Q)``. hops: ``(B, Q, 2, T)``.
    """

    answer: Tensor
    nobody: Tensor
    hops: Tensor


def who_has(events: Events, entity: Tensor, alive: Tensor) -> Holding:
    """Who has `entity`, directly or by having the container that it is in.

    Shapes:
        entity: ``(B, Q, K)``. alive: ``(B, Q, T)``.
    """
    out = outcomes(events, entity)
    share = unmatched(out.some, alive)
    carriers = events.agents.sum(-1).clamp(max=1)[:, None]
    brought = dot(entity, events.themes) * events.kind("bring") * carriers
    answer = pull(share * (out.took + brought), events.agents) + pull(
        share * out.given, events.recipients
    )
    box = pull(share * (out.at - brought).clamp(min=0), events.dests)
    unit, mass = _unit(box)
    inner = outcomes(events, unit)
    hold = unmatched(inner.some, alive) * mass[..., None]
    carried = dot(unit, events.themes) * events.kind("bring") * carriers
    through = pull(hold * (inner.took + carried), events.agents) + pull(
        hold * inner.given, events.recipients
    )
    kept = (hold * (inner.took + carried + inner.given)).sum(-1)
    nobody = (mass - kept).clamp(min=0) + (share * (out.dropped + out.joined + out.either)).sum(-1)
    nobody = nobody + (share * dot(entity, events.agents) * events.kind("leave")).sum(-1)
    return Holding(
        answer + through,
        nobody,
        torch.stack([share * out.some, hold * (inner.took + carried + inner.given)], 2),
    )
