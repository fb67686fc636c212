"""Questions about a time: "Where was Ann at 9:30?" counts what had happened by then."""

from __future__ import annotations

from collections.abc import Sequence

from recollect.english import Clause
from recollect.english.asked_time import Window
from recollect.events import PROGRAMS
from recollect.models.event_memory import Asking

_EVENTS = frozenset(("who_did", "did_what", "to_whom", "where_did", "did"))
_EVER, _THEN = PROGRAMS.index("was_at"), PROGRAMS.index("is_at")


def fault(window: Window, asking: Asking) -> str:
    """Why a question about a time is not answered, in one sentence; "" where it may be."""
    if window.fault:
        return window.fault
    if window.end == float("inf") and _program(asking) not in _EVENTS:
        return "Much may change after a time: ask about one moment, as in 'at 9:30'."
    return ""


def counted(clauses: Sequence[Clause], window: Window, asking: Asking) -> list[bool]:
    """Which clauses count: what happened in that time, or all that had happened by its end."""
    happening = _program(asking) in _EVENTS
    return [c.when < window.end and (not happening or c.when >= window.start) for c in clauses]


def by_then(asking: Asking) -> Asking:
    """The question with "was it there" meaning at that time, not ever before."""
    programs = asking.programs.clone()
    programs[..., _THEN] = programs[..., [_THEN, _EVER]].logsumexp(-1)
    programs[..., _EVER] = -float("inf")
    return asking._replace(programs=programs)


def _program(asking: Asking) -> str:
    return PROGRAMS[int(asking.programs[0, 0].argmax())]
