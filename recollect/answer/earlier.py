"""Where somebody was before a place they came to twice in a row: before the first time."""

from __future__ import annotations

from torch import Tensor

from recollect.events import Solver
from recollect.models.event_answers import Found, answer, certain
from recollect.models.event_memory import Asking
from recollect.models.event_programs import Events

TIMES = 20  # arrivals that are looked back over


def earlier(found: Found, events: Events, asking: Asking, alive: Tensor) -> Found:
    """The answer to "where was it before the attic?" where what was found is the attic again.

    A text that says twice of somebody that they are in the attic, or that something was put down
    where it was, tells of no other place between.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    asked = found.query
    if found.program != "where_before" or not 0 <= found.answer == asked.place:
        return found
    told = certain(events)
    solver, again = Solver(told), found
    counted = alive.clone()
    for _ in range(TIMES):
        live = [t for t in range(len(told)) if counted[0, 0, t] > 0.5]
        arrived = solver.arrival(asked.entity, asked.place, live[-1] + 1 if live else 0)
        if arrived < 0 or again.answer != asked.place:
            break
        counted[..., arrived:] = 0
        again = answer(events, asking, counted)
    return again
