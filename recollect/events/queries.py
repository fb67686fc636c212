"""What may be asked of events, and which of them a question describes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recollect.events.effects import Event

PROGRAMS = (
    "unsupported",
    "where",
    "where_before",
    "where_before_event",
    "where_after",
    "where_first",
    "is_at",
    "was_at",
    "who_has",
    "who_before",
    "who_after",
    "who_first",
    "has",
    "carrying",
    "count",
    "contents",
    "who_did",
    "did_what",
    "to_whom",
    "where_did",
    "did",
    "when",
)

UNKNOWN, YES, NO, MAYBE, NOBODY = -1, -2, -3, -4, -5


class Query(NamedTuple):
    """A question.

    Attributes:
        program: what is asked, one of `PROGRAMS`.
        entity: whom or what it is about.
        place: the place it names.
        person: the person it names.
        event: what happened, in questions about one event.
    """

    program: str
    entity: int = UNKNOWN
    place: int = UNKNOWN
    person: int = UNKNOWN
    event: Event = Event("none")


class Solution(NamedTuple):
    """An exact answer.

    Attributes:
        answer: an entity, a count, an event number for "when", or one of the constants.
        chain: the numbers of the events it rests on.
        members: the entities of an answer that is a list.
    """

    answer: int
    chain: tuple[int, ...]
    members: tuple[int, ...] = ()


ALIKE = {
    "take": ("take", "bring", "give"),
    "bring": ("bring", "take", "move"),
    "give": ("give", "take"),
    "put": ("put", "bring", "drop"),
    "drop": ("drop", "put"),
    "move": ("move", "bring"),
    "leave": ("leave", "move"),
    "lose": ("lose",),
    "join": ("join",),
}


def giver(event: Event) -> tuple[int, ...]:
    """From whom the themes come: the agent of a giving, the source of a taking."""
    return event.agents if event.kind == "give" else event.sources


def receiver(event: Event) -> tuple[int, ...]:
    """Who has the themes afterwards."""
    return event.recipients if event.kind == "give" else event.agents


def last_match(events: Sequence[Event], asked: Event) -> int:
    """The number of the last event that a question describes, or -1.

    An event of the very kind asked goes before one that is like it.
    """
    for near in (False, True):
        for t in range(len(events) - 1, -1, -1):
            if (near or events[t].kind == asked.kind) and matches(events[t], asked):
                return t
    return -1


def matches(event: Event, asked: Event) -> bool:
    """Whether `event` is what a question describes; an empty role matches anything."""
    if event.kind not in ALIKE.get(asked.kind, (asked.kind,)):
        return False

    def within(want: tuple[int, ...], have: tuple[int, ...]) -> bool:
        return all(w in have for w in want)

    if not within(asked.themes, event.themes) or not within(asked.dests, event.dests):
        return False
    if asked.kind in ("take", "give"):
        if (
            asked.kind != event.kind
            and event.kind in ("take", "give")
            and not (giver(event) or asked.kind == "take")
        ):
            return False
        return within(giver(asked), giver(event)) and within(receiver(asked), receiver(event))
    if asked.kind == "leave" and event.kind == "move":
        return (
            bool(asked.sources)
            and within(asked.agents, event.agents)
            and within(asked.sources, event.sources)
        )
    return within(asked.agents, event.agents) and within(asked.sources, event.sources)
