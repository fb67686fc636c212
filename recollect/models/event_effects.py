"""What was read of a story, and what each event says of an entity, as probabilities.

The soft twin of `recollect.events.effects`: with certain readings every probability here is 0 or 1
and says what `recollect.events.effect` says.

Shape letters: B batch, Q questions, T events in the order of time, K entities.
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import torch
from torch import Tensor

from recollect.events import KINDS
from recollect.functional import stick_breaking_log

NUMBER = {kind: i for i, kind in enumerate(KINDS)}
TINY = 1e-6


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


def dot(entity: Tensor, role: Tensor) -> Tensor:
    """Membership ``(B, Q, T)`` of entities ``(B, Q, K)`` in a role ``(B, T, K)`` of every event."""
    return entity @ role.transpose(1, 2)


def pull(weights: Tensor, role: Tensor) -> Tensor:
    """Who has a role ``(B, T, K)`` in the events that ``(B, Q, T)`` weighs: ``(B, Q, K)``."""
    return weights @ role


def outcomes(events: Events, entity: Tensor) -> Outcomes:
    """What every event says of the whereabouts of `entity`, a distribution.

    Shapes:
        entity: ``(B, Q, K)``.
    """
    theme = dot(entity, events.themes).clamp(max=1)
    agent = dot(entity, events.agents).clamp(max=1) * (1 - theme)
    told = events.dests.sum(-1).clamp(max=1)[:, None]
    unknown = agent * events.kind("leave") + theme * events.kind("lose")
    unknown = unknown + dot(entity, events.mentions).clamp(max=1) * events.kind("unclear")
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
    target = (
        out.took.unsqueeze(-1) * events.agents.unsqueeze(1)
        + out.given.unsqueeze(-1) * events.recipients.unsqueeze(1)
        + out.at.unsqueeze(-1) * events.dests.unsqueeze(1)
    )
    told = events.dests.sum(-1).clamp(max=1)[:, None]
    acts = events.kind("move", "bring") + events.kind("take") * told  # (B, 1, T)
    done = events.kind("put", "bring") + events.kind("drop") * told
    goes = acts.mT * events.agents + done.mT * events.themes  # (B, T, K): an event places it
    moved = ((share @ target) * goes.unsqueeze(1)).sum(-1)
    return (out.at + (1 - out.some) * moved).clamp(0, 1 - TINY) * alive
