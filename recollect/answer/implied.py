"""What a text says without saying it: where a box stood that was filled, who has a full pocket."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from recollect.answer.resting import resting
from recollect.english import Clause, Story
from recollect.events import NO, NOBODY, UNKNOWN, YES, Event, Solver, last_match
from recollect.models.event_answers import Found, certain
from recollect.models.event_effects import Events

_WORN = frozenset("pocket pockets hand hands arm arms sleeve lap".split())
_INSIDE = frozenset("in on at inside under behind beside near".split())
_FILLED = frozenset("in into on from out of off under".split())
_FIXED = ("name", "person", "place")


def implied(
    found: Found, story: Story, timeline: Sequence[Clause], events: Events, alive: Tensor
) -> Found | None:
    """An answer that follows from what else is told, where nothing says it; or None.

    "Ann put the key in her pocket": she has it. "Ann, in the hall, put the key in a box": the box
    was in the hall, and in the yard if it was "a box in the yard".

    Shapes:
        alive: ``(1, 1, T)``.
    """
    counts = alive[0, 0].tolist()
    if found.program in ("who_has", "has") and found.answer in (NOBODY, NO) and found.chain:
        return _pocketed(found, story, timeline, certain(events), events)
    if found.answer != UNKNOWN or found.program not in (
        "where",
        "where_before",
        "where_before_event",
    ):
        return None
    entity = found.query.entity
    if not 0 <= entity < len(story.entities) or story.entities[entity].kind in _FIXED:
        return None
    told = [e if c > 0.5 else Event("none") for e, c in zip(certain(events), counts, strict=True)]
    end = _until_when(found, told)
    return _stood(found, story, timeline, events, told, end) if end >= 0 else None


def _pocketed(
    found: Found,
    story: Story,
    timeline: Sequence[Clause],
    told: Sequence[Event],
    events: Events,
) -> Found | None:
    t = found.chain[-1]
    event = told[t]
    if event.kind != "put" or len(event.agents) != 1 or event.agents[0] >= len(story.entities):
        return None
    who = event.agents[0]
    if not any(d in event.dests and _own(d, who, timeline[t], story) for d in event.dests):
        return None
    sure = float(events.kinds[0, t].max())
    if found.program == "who_has":
        return resting(found, who, (t,), sure)
    return resting(found, YES if who == found.query.person else NO, (t,), sure)


def _own(inside: int, who: int, clause: Clause, story: Story) -> bool:
    """Whether it is a pocket, or a hand, of the one who acts: "Bob put it in his pocket"."""
    owner = story.entities[who]
    for word, after in zip(clause.words, (*clause.words[1:], None), strict=True):
        if word.entity != inside or (after is not None and after.token == "of"):
            continue
        whose, _, name = word.text.lower().partition(" ")
        mine = {"his": owner.gender == "m", "her": owner.gender == "f", "my": owner.name == "I"}
        if name in _WORN and mine.get(whose, False):
            return True
    return False


def _until_when(found: Found, told: Sequence[Event]) -> int:
    """Up to which event a question asks, or -1."""
    if found.program == "where":
        return len(told)
    if found.program == "where_before_event":
        return last_match(told, found.query.event)
    return Solver(told).arrival(found.query.entity, found.query.place, len(told))


def _stood(
    found: Found,
    story: Story,
    timeline: Sequence[Clause],
    events: Events,
    told: Sequence[Event],
    end: int,
) -> Found | None:
    """Where a container was, of which it is told only what was put into it or taken out."""
    box, solver = found.query.entity, Solver(told)
    if solver.latest(box, end) >= 0:
        return None
    for t in range(end - 1, -1, -1):
        event = told[t]
        used = event.dests if event.kind == "put" else event.sources if event.kind == "take" else ()
        if box not in used or box in event.themes or not _into(box, timeline[t]):
            continue
        if found.program == "where" and bool((events.mentions[0, t + 1 :, box] > 0.5).any()):
            return None  # what became of it since is told, if not understood
        place, chain = _beside(box, timeline[t], story), (t,)
        if place < 0 and event.agents:
            there = solver.where(event.agents[0], t + 1)
            place, chain = there.answer, (t, *there.chain)
        if place < 0 or place == box:
            return None
        sure = min(float(events.kinds[0, step].max()) for step in chain)
        return resting(found, place, tuple(dict.fromkeys(chain)), sure)
    return None


def _into(box: int, clause: Clause) -> bool:
    """Whether a clause names the container plainly, after "in" or the like: not "at the car"."""
    for way, word in pairwise(clause.words):
        if word.entity == box and "'s" not in word.text:
            return way.token in _FILLED
    return False


def _beside(box: int, clause: Clause, story: Story) -> int:
    """The place that a clause names right after a container: "in a crate in the studio"; or -1."""
    words = clause.words
    for one, way, two in zip(words, words[1:], words[2:], strict=False):
        if one.entity == box and way.token in _INSIDE and 0 <= two.entity < len(story.entities):
            return two.entity if story.entities[two.entity].kind == "place" else -1
    return -1
