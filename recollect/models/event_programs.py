"""Soft programs over a memory of events: each question type as a walk of stick-breaking hops.

A hop asks "what is the latest event that says where this entity is?" and reads the next entity from
it: a holder, a place, or whoever was there. Every step is a product of probabilities, so the
evidence is differentiable, nothing depends on position, and the mass that no event claims is the
probability of "I don't know". With certain readings the programs equal the exact solver
(`recollect.events.Solver`).

Shape letters: B batch, Q questions, T events in the order of time, K entities, H hops.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor

from recollect.events import DEPTH, HANDS, KINDS
from recollect.functional import stick_breaking_log

NUMBER = {kind: i for i, kind in enumerate(KINDS)}
TINY = 1e-6
SMALL = 1e-3  # probability below which a condition is not worth conditioning on


class Events(NamedTuple):
    """What was read, in the order of time.

    Shapes:
        kinds: ``(B, T, len(KINDS))``, probabilities.
        agents, themes, recipients, dests, sources, mentions: ``(B, T, K)``, membership in [0, 1].
    """

    kinds: Tensor
    agents: Tensor
    themes: Tensor
    recipients: Tensor
    dests: Tensor
    sources: Tensor
    mentions: Tensor

    def kind(self, *names: str) -> Tensor:
        """Probability ``(B, 1, T)`` that an event is of one of the kinds."""
        return reduce(torch.add, [self.kinds[:, None, :, NUMBER[name]] for name in names])


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


class Outcomes(NamedTuple):
    """What each event says of an entity; `some` is the probability that it says anything.

    Shapes:
        all: ``(B, Q, T)``.
    """

    at: Tensor
    took: Tensor
    given: Tensor
    dropped: Tensor
    joined: Tensor
    either: Tensor
    unknown: Tensor
    some: Tensor


def _dot(entity: Tensor, role: Tensor) -> Tensor:
    return torch.einsum("bqk,btk->bqt", entity, role)


def outcomes(events: Events, entity: Tensor) -> Outcomes:
    """What every event says of the whereabouts of `entity`, a distribution.

    Shapes:
        entity: ``(B, Q, K)``.
    """
    theme = _dot(entity, events.themes).clamp(max=1)
    agent = _dot(entity, events.agents).clamp(max=1) * (1 - theme)
    told = events.dests.sum(-1).clamp(max=1)[:, None]
    unknown = agent * events.kind("leave") + theme * events.kind("lose")
    unknown = unknown + _dot(entity, events.mentions).clamp(max=1) * events.kind("unclear")
    at = theme * (events.kind("put", "bring") + events.kind("drop") * told)
    at = at + agent * (events.kind("move", "bring") + events.kind("take") * told)
    took, given = theme * events.kind("take"), theme * events.kind("give")
    dropped = theme * events.kind("drop") * (1 - told)
    joined, either = agent * events.kind("join"), agent * events.kind("either")
    some = at + took + given + dropped + joined + either + unknown
    return Outcomes(
        at=at,
        took=took,
        given=given,
        dropped=dropped,
        joined=joined,
        either=either,
        unknown=unknown,
        some=some.clamp(max=1 - TINY),
    )


def unmatched(match: Tensor, alive: Tensor) -> Tensor:
    """Probability that an event is alive and that no later live event matches.

    Shapes:
        match, alive, result: ``(B, Q, T)``.
    """
    log_not = torch.log1p(-(match * alive).clamp(0, 1 - TINY))
    return stick_breaking_log(torch.zeros_like(log_not), log_not).exp() * alive


def latest(match: Tensor, alive: Tensor) -> Tensor:
    """Stick-breaking weights of the latest match among the events that are `alive`.

    Shapes:
        match, alive, result: ``(B, Q, T)``.
    """
    return match * unmatched(match, alive)


def before(weights: Tensor) -> Tensor:
    """Probability that an event comes before the one that `weights` points at.

    Shapes:
        ``(..., T)`` -> ``(..., T)``.
    """
    return (weights.flip(-1).cumsum(-1).flip(-1) - weights).clamp(0, 1)


def _pull(weights: Tensor, role: Tensor) -> Tensor:
    return torch.einsum("bqt,btk->bqk", weights, role)


def _unit(entity: Tensor) -> tuple[Tensor, Tensor]:
    """The entity given that it is anybody, and the probability of that; several stay several."""
    mass = entity.sum(-1, keepdim=True).clamp(max=1)
    return entity / mass.clamp(min=SMALL), mass.squeeze(-1)


def _denials(events: Events, entity: Tensor) -> Tensor:
    """``(B, Q, T, K)``: an event denies that the entity is at a place."""
    denied = _dot(entity, events.agents) * events.kind("not_at")
    return denied[..., None] * events.dests[:, None]


def _leaving(events: Events, entity: Tensor) -> Tensor:
    """``(B, Q, T)``: an event says that the entity, whom it does not move as a thing, leaves."""
    theme = _dot(entity, events.themes).clamp(max=1)
    return _dot(entity, events.agents).clamp(max=1) * (1 - theme) * events.kind("leave")


def _came_from(events: Events, entity: Tensor, alive: Tensor) -> Tensor:
    """``(B, Q, T, K)``: the place that an event itself says it moved the entity from."""
    agent, theme = _dot(entity, events.agents), _dot(entity, events.themes)
    moved = agent * events.kind("move", "leave") + (agent + theme) * events.kind("bring")
    acts = (events.agents + events.recipients).clamp(max=1 - TINY)
    idle = (torch.log1p(-acts)[:, None] * alive[..., None]).sum(-2).exp()  # (B, Q, K)
    return moved.clamp(max=1)[..., None] * events.sources[:, None] * idle[:, :, None]


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
    stranded = torch.zeros_like(alive)
    for hop in range(hops):
        unit, mass = _unit(entity)
        out = outcomes(events, unit)
        share = unmatched(out.some, bound) * mass[..., None]
        seen.append(share * out.some)
        if hop == 0:
            stranded = share * (out.took + out.given)
        elif hop == 1:
            nothing = (mass - seen[-1].sum(-1)).clamp(min=0) / mass.clamp(min=SMALL)
            stranded = stranded * nothing[..., None]
        gone = torch.log1p(-(_denials(events, unit) * bound[..., None]).clamp(max=1 - TINY))
        kept = (gone.sum(-2, keepdim=True) - gone.cumsum(-2)).exp()  # not denied after t
        answer = answer + torch.einsum("bqt,btk,bqtk->bqk", share * out.at, events.dests, kept)
        maybe = maybe + (share * out.either).sum(-1)
        now = _pull(share * out.took, events.agents) + _pull(share * out.given, events.recipients)
        then = _pull(share * out.dropped, events.agents) + _pull(
            share * out.joined, events.recipients
        )
        past = share * (out.dropped + out.joined)
        entity = now + then
        bound = _bound(alive, past, entity.sum(-1))
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
        unit, mass = _unit(entity)
        out = outcomes(events, unit)
        here = _dot(place, events.dests)
        deny = _dot(unit, events.agents) * events.kind("not_at") * here
        some = (out.some + deny).clamp(max=1 - TINY)
        share = unmatched(some, bound) * mass[..., None]
        a = share * some
        seen.append(a)
        nothing = (mass - a.sum(-1)).clamp(min=0)
        no = no + nothing * placed + (share * deny).sum(-1) + (share * out.unknown).sum(-1) * placed
        yes = yes + (share * out.at * here).sum(-1)
        left = share * _leaving(events, unit)
        no = no + (left * _dot(place, events.sources)).sum(-1) * (1 - placed)
        if hop == 0:
            went = left * (1 - events.sources.sum(-1).clamp(max=1)[:, None])
        maybe = maybe + (share * out.either * here).sum(-1)
        no = no + (share * out.either * (1 - here)).sum(-1)
        onward = _pull(share * out.at * (1 - here), events.dests)
        now = _pull(share * out.took, events.agents) + _pull(share * out.given, events.recipients)
        then = _pull(share * out.dropped, events.agents) + _pull(
            share * out.joined, events.recipients
        )
        past = share * (out.dropped + out.joined)
        entity = onward + now + then
        total = entity.sum(-1).clamp(min=SMALL)
        placed = (onward.sum(-1) + (now + then).sum(-1) * placed) / total
        bound = _bound(alive, past, total)
    no = no + entity.sum(-1).clamp(max=1) * placed  # a chain longer than the hops
    # who leaves without a word of what is no longer where the walk before that ends
    mass = went.sum(-1, keepdim=True)
    prior = where(events, entity_asked, alive * before(went / mass.clamp(min=SMALL)), hops)
    no = no + mass.squeeze(-1) * (prior.answer * place).sum(-1)
    seen.append(prior.hops[:, :, 0] * mass * (prior.answer * place).sum(-1, keepdim=True))
    return Verdict(yes, no, maybe, torch.stack(seen, 2))


def placements(events: Events, entity: Tensor, alive: Tensor) -> Tensor:
    """Probability that an event brings `entity` somewhere, itself or with what carries it.

    Shapes:
        entity: ``(B, Q, K)``. alive, result: ``(B, Q, T)``.
    """
    out = outcomes(events, entity)
    p = (out.some * alive).clamp(0, 1 - TINY)
    # the carrier before t: the target of the latest event before t
    steps = torch.log1p(-p).cumsum(-1)
    # (B, Q, t, s): not matched between s and t
    gap = (steps - torch.log1p(-p)).unsqueeze(-1) - steps.unsqueeze(-2)
    size = p.shape[-1]
    earlier = torch.ones(size, size, dtype=torch.bool, device=p.device).tril(-1)
    share = gap.masked_fill(~earlier, 0).exp() * earlier * alive.unsqueeze(-2)
    carrier = torch.einsum("bqts,bsk->bqtk", share * out.took.unsqueeze(-2), events.agents)
    carrier = carrier + torch.einsum(
        "bqts,bsk->bqtk", share * out.given.unsqueeze(-2), events.recipients
    )
    carrier = carrier + torch.einsum("bqts,bsk->bqtk", share * out.at.unsqueeze(-2), events.dests)
    told = events.dests.sum(-1).clamp(max=1)[:, None]
    moved = torch.einsum("bqtk,btk->bqt", carrier, events.agents) * (
        events.kind("move", "bring") + events.kind("take") * told
    )
    moved = moved + torch.einsum("bqtk,btk->bqt", carrier, events.themes) * (
        events.kind("put", "bring") + events.kind("drop") * told
    )
    return (out.at + (1 - out.some) * moved).clamp(0, 1 - TINY) * alive


def where_before(events: Events, entity: Tensor, place: Tensor, alive: Tensor) -> Walk:
    """Where `entity` was before it last came to `place`.

    The hops are its last event, the arrival, then the walk before it.

    Shapes:
        entity, place: ``(B, Q, K)``. alive: ``(B, Q, T)``.
    """
    arrived = latest(placements(events, entity, alive) * _dot(place, events.dests), alive)
    return _earlier(events, entity, arrived, alive, latest(outcomes(events, entity).some, alive))


def where_before_event(events: Events, entity: Tensor, moment: Tensor, alive: Tensor) -> Walk:
    """Where `entity` was before the event that `moment` points at.

    Shapes:
        entity: ``(B, Q, K)``. moment, alive: ``(B, Q, T)``.
    """
    return _earlier(events, entity, moment, alive, None)


def _earlier(
    events: Events, entity: Tensor, moment: Tensor, alive: Tensor, first: Tensor | None
) -> Walk:
    """Where `entity` was until `moment`: whence that event moved it, or where it was before.

    Who was handed it, and is never told of, had it where it was handed over.
    """
    came = torch.einsum("bqt,bqtk->bqk", moment, _came_from(events, entity, alive))
    rest = (1 - came.sum(-1, keepdim=True)).clamp(0, 1) * moment.sum(-1, keepdim=True)
    answer, maybe = came, torch.zeros_like(came[..., 0])
    hops = [moment] if first is None else [first, moment]
    pointer = moment
    for _ in range(1 + HANDS):
        unit = pointer / pointer.sum(-1, keepdim=True).clamp(min=SMALL)
        prior = where(events, entity, alive * before(unit))
        answer, maybe = answer + rest * prior.answer, maybe + rest[..., 0] * prior.maybe
        hops += (rest.unsqueeze(-1) * prior.hops).unbind(2)
        pointer = prior.stranded
        rest = rest * pointer.sum(-1, keepdim=True)
    return Walk(answer, maybe, torch.stack(hops, 2), rest * pointer)


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
    brought = _dot(entity, events.themes) * events.kind("bring") * carriers
    answer = _pull(share * (out.took + brought), events.agents) + _pull(
        share * out.given, events.recipients
    )
    box = _pull(share * (out.at - brought).clamp(min=0), events.dests)
    unit, mass = _unit(box)
    inner = outcomes(events, unit)
    hold = unmatched(inner.some, alive) * mass[..., None]
    carried = _dot(unit, events.themes) * events.kind("bring") * carriers
    through = _pull(hold * (inner.took + carried), events.agents) + _pull(
        hold * inner.given, events.recipients
    )
    kept = (hold * (inner.took + carried + inner.given)).sum(-1)
    nobody = (mass - kept).clamp(min=0) + (share * (out.dropped + out.joined + out.either)).sum(-1)
    nobody = nobody + (share * _dot(entity, events.agents) * events.kind("leave")).sum(-1)
    return Holding(
        answer + through,
        nobody,
        torch.stack([share * out.some, hold * (inner.took + carried + inner.given)], 2),
    )
