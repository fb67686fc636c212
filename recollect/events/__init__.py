"""What clauses do to the world, and the exact solver that says what follows from such events."""

from recollect.events.effects import KINDS, TAGS, Effect, Event, effect, holders
from recollect.events.queries import (
    ALIKE,
    MAYBE,
    NO,
    NOBODY,
    PROGRAMS,
    UNKNOWN,
    YES,
    Query,
    Solution,
    last_match,
    matches,
)
from recollect.events.solver import DEPTH, Solver

__all__ = [
    "ALIKE",
    "DEPTH",
    "KINDS",
    "MAYBE",
    "NO",
    "NOBODY",
    "PROGRAMS",
    "TAGS",
    "UNKNOWN",
    "YES",
    "Effect",
    "Event",
    "Query",
    "Solution",
    "Solver",
    "effect",
    "holders",
    "last_match",
    "matches",
]
