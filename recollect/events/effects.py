"""What a clause does to the whereabouts of those it names.

An entity is at a place (or in a container), or with a holder, or where another entity was at that
moment, or nowhere known.
"""

from __future__ import annotations

from typing import NamedTuple

KINDS = (
    "none",  # says nothing about whereabouts: a refusal, a wish, a report, a description
    "unclear",  # may change whereabouts in a way that cannot be told: a swap, an unknown verb
    "move",  # agents are at the destination from now on
    "leave",  # agents are no longer where they were
    "join",  # agents are where the recipient is
    "take",  # themes are with the agents (who are at the destination, if one is told)
    "bring",  # agents and themes are at the destination; the agents had the themes last
    "give",  # themes are with the recipients
    "put",  # themes are at the destination
    "drop",  # themes are where the agent is
    "lose",  # nobody knows where the themes are
    "not_at",  # agents are not at the destination
    "not_have",  # agents do not have the themes
    "either",  # agents are at one of the destinations
)
TAGS = ("none", "agent", "theme", "recipient", "dest", "source", "sought")


class Event(NamedTuple):
    """What one clause tells: its kind, and who has which role (entity numbers)."""

    kind: str
    agents: tuple[int, ...] = ()
    themes: tuple[int, ...] = ()
    recipients: tuple[int, ...] = ()
    dests: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()

    def mentions(self, entity: int) -> bool:
        """Whether `entity` has a role in it."""
        return any(entity in role for role in self[1:])


class Effect(NamedTuple):
    """What an event says of one entity.

    Attributes:
        how: "at", "with", "where" (another entity is), "either" or "unknown".
        targets: the places, or the entities it is with.
    """

    how: str
    targets: tuple[int, ...] = ()


def effect(event: Event, entity: int) -> Effect | None:
    """What `event` says of the whereabouts of `entity`; None where it says nothing."""
    found = _effect(event, entity)
    return Effect("unknown") if found and not found.targets else found


def _effect(event: Event, entity: int) -> Effect | None:
    kind = event.kind
    if kind in ("none", "not_at", "not_have"):
        return None
    if kind == "unclear":
        return Effect("unknown") if event.mentions(entity) else None
    if entity in event.themes:
        if kind == "take":
            return Effect("with", event.agents)
        if kind == "give":
            return Effect("with", event.recipients)
        if kind in ("put", "bring"):
            return Effect("at", event.dests)
        if kind == "drop":
            return Effect("at", event.dests) if event.dests else Effect("where", event.agents)
        if kind == "lose":
            return Effect("unknown")
    if entity in event.agents:
        if kind in ("move", "bring") or (kind == "take" and event.dests):
            return Effect("at", event.dests)
        if kind == "leave":
            return Effect("unknown")
        if kind == "join":
            return Effect("where", event.recipients)
        if kind == "either":
            return Effect("either", event.dests)
    return None


def holders(event: Event, theme: int) -> tuple[int, ...]:
    """Who has `theme` because of this event; empty where it hands nothing over."""
    if theme not in event.themes:
        return ()
    return {"take": event.agents, "bring": event.agents, "give": event.recipients}.get(
        event.kind, ()
    )
