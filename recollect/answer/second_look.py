"""What a first reading leaves open or gets past: who is not meant, where a thing was taken from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from recollect.answer.plain_deed import HEDGES
from recollect.answer.resting import resting
from recollect.answer.same_verb import last_naming, not_told
from recollect.english import Clause, Story, lemmas
from recollect.events import KINDS, PROGRAMS, TAGS, UNKNOWN
from recollect.models.event_answers import Found, answer
from recollect.models.event_effects import Events
from recollect.models.event_memory import Asking

_ACTING = frozenset(("name", "person"))
_WHENCE = ("where_first", "where_before", "where_before_event")
_GOING = ("move", "bring", "leave")
_NOTHING = ("none", "unclear")
_MOVING = frozenset(("<go>", "<enter>"))
_RESTING = frozenset(("be", "was", "<stay>", "<hold>"))
_DRIVING = frozenset("drive fly sail swim cycle ride row".split())
"""Ways to get somewhere that are not one another: who walked to the shop did not drive there."""


def others(events: Events) -> Events:
    """Events in which nobody gives to or joins themselves: "I gave it to him" means another.

    A pronoun that was taken for the one who acts is taken for the next likeliest; for nobody where
    there is none.
    """
    kinds = events.kinds[0].argmax(-1)
    two = (kinds == KINDS.index("give")) | (kinds == KINDS.index("join"))
    left = events.recipients * (1 - events.agents)
    mass = left.sum(-1, keepdim=True)
    scaled = torch.where(mass > 0.2, left / mass.clamp(min=0.2), left)
    same = (events.recipients * events.agents).sum(-1) > 0.5
    mend = (two & same[0]).view(1, -1, 1)
    return events._replace(recipients=torch.where(mend, scaled, events.recipients))


def look_again(
    found: Found,
    asked: Clause,
    story: Story,
    timeline: Sequence[Clause],
    events: Events,
    asking: Asking,
    alive: Tensor,
) -> Found:
    """A better answer to "where was it before", or the one that was found.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    if found.query.entity < 0:
        return found
    if found.program in _WHENCE and _from_somebody(found.answer, story, events):
        places = torch.zeros(events.sources.shape[-1])
        places[_places(story)] = 1
        found = answer(events._replace(sources=events.sources * places), asking, alive)
    if found.program == "where_before" and found.query.place < 0:
        t = _named_deed(asked, timeline, events, alive, "before")
        if t >= 0:
            counted = alive.clone()
            counted[..., t:] = 0
            then = answer(events, _asking_for("where", asking), counted)
            return then._replace(program="where_before", chain=(*then.chain, t))
        if _just_before(asked):
            found = _before_now(found, events, asking, alive)
    if found.program == "who_before" and found.query.person < 0 and _just_before(asked):
        return _before_now(found, events, asking, alive)
    if found.program == "who_before" and found.answer == UNKNOWN and found.chain:
        return _taken_from(found, story, events) or found
    if found.program == "where_first":
        went = _went_first(found, asked, timeline, events, alive)
        return went or _whence(found, story, timeline, events, alive) or found
    if found.program == "where_after" and found.answer == UNKNOWN:
        return _gone_after(found, asked, timeline, events, alive) or found
    if found.program == "where":
        return _driven(found, asked, timeline, events, alive) or found
    return found


def _taken_from(found: Found, story: Story, events: Events) -> Found | None:
    """Who had what somebody else took from them: "Eve took the pen from Max"."""
    t = found.chain[0]
    took = KINDS[int(events.kinds[0, t].argmax())] == "take"
    whom = [
        e
        for e in range(len(story.entities))
        if events.sources[0, t, e] > 0.5 and took and _from_somebody(e, story, events)
    ]
    return _settled_at(found, whom[0], (t,), events, events.sources) if whom else None


def _from_somebody(entity: int, story: Story, events: Events) -> bool:
    """Whether it is somebody from whom a thing was taken, who is no place that it was at."""
    known = 0 <= entity < len(story.entities) and story.entities[entity].kind in _ACTING
    return known and not bool((events.dests[0, :, entity] > 0.5).any())


def _named_deed(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, relation: str
) -> int:
    """The clause that "before he came back" or "after the ferry arrived" means, or -1."""
    at = next((n for n, w in enumerate(asked.words) if w.token == relation), len(asked.words))
    verbs = frozenset(lemma for w in asked.words[at:] for lemma in lemmas(w))
    named = asked if relation == "before" else asked._replace(words=asked.words[at:])
    return last_naming(named, timeline, events, alive, verbs) if verbs else -1


def _gone_after(
    found: Found, asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor
) -> Found | None:
    """Where somebody went next "after the ferry arrived", whoever that clause is about."""
    t = _named_deed(asked, timeline, events, alive, "after")
    if t < 0:
        return None
    for s in range(t + 1, len(timeline)):
        went = KINDS[int(events.kinds[0, s].argmax())] in ("move", "bring")
        acts = float(events.agents[0, s, found.query.entity]) > 0.5
        place = int(events.dests[0, s].argmax())
        if went and acts and alive[0, 0, s] > 0.5 and float(events.dests[0, s, place]) > 0.5:
            return _settled_at(found, place, (s,), events, events.dests)
    return None


def _went_first(
    found: Found, asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor
) -> Found | None:
    """Where somebody who was somewhere first went: "Where did Ann go first?"."""
    entity = found.query.entity
    if not any(w.token in _MOVING for w in asked.words):
        return None
    kinds = events.kinds[0].argmax(-1)
    moved = (kinds == KINDS.index("move")) | (kinds == KINDS.index("bring"))
    acts = (events.agents[0, :, entity] > 0.5) & (alive[0, 0] > 0.5) & moved
    for t in acts.nonzero().flatten().tolist():
        place = int(events.dests[0, t].argmax())
        if any(w.token in _RESTING for w in timeline[t].words):
            continue
        if float(events.dests[0, t, place]) > 0.5:
            return _settled_at(found, place, (t,), events, events.dests)
    return None


def _driven(
    found: Found, asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor
) -> Found | None:
    """Where somebody drove or sailed to, if the text says that they did."""
    verbs = frozenset(lemma for w in asked.words for lemma in lemmas(w)) & _DRIVING
    if not verbs:
        return None
    plain = [not {w.token for w in clause.words} & HEDGES for clause in timeline]
    t = last_naming(asked, timeline, events, alive * torch.tensor(plain), verbs)
    if t < 0 or float(events.agents[0, t, found.query.entity]) < 0.5:
        return None
    place = int(events.dests[0, t].argmax())
    if float(events.dests[0, t, place]) < 0.5:
        return not_told(found, t, events)
    return _settled_at(found, place, (t,), events, events.dests)


def _just_before(asked: Clause) -> bool:
    """Whether a question ends with "before": before what is so now."""
    tokens = [w.token for w in asked.words if w.token != "?"]
    return tokens[-1:] == ["before"]


def _before_now(found: Found, events: Events, asking: Asking, alive: Tensor) -> Found:
    """Where it was before where it is, or who had it before who has it: "Who had it before?"."""
    program, role = {"where_before": ("where", "dest"), "who_before": ("who_has", "agent")}[
        found.program
    ]
    now = answer(events, _asking_for(program, asking), alive).answer
    if now < 0:
        return found
    roles = asking.roles.clone()
    roles[..., TAGS.index(role), now] = 1
    return answer(events, asking._replace(roles=roles), alive)


def _asking_for(program: str, asking: Asking) -> Asking:
    programs = torch.full_like(asking.programs, -1e4)
    programs[..., PROGRAMS.index(program)] = 0
    return asking._replace(programs=programs)


def _whence(
    found: Found, story: Story, timeline: Sequence[Clause], events: Events, alive: Tensor
) -> Found | None:
    """Where somebody or something was that is first told of on the way from there."""
    asked, kinds = found.query.entity, events.kinds[0].argmax(-1)
    for t in range(len(timeline)):
        kind = KINDS[int(kinds[t])]
        if alive[0, 0, t] < 0.5 or float(events.mentions[0, t, asked]) < 0.5 or kind in _NOTHING:
            continue
        acts = float(events.agents[0, t, asked]) > 0.5
        if kind == "not_at" and acts and any(w.token == "no_longer" for w in timeline[t].words):
            there = [p for p in _places(story) if float(events.dests[0, t, p]) > 0.5]
            return _settled_at(found, there[0], (t,), events, events.dests) if there else None
        taken = float(events.themes[0, t, asked]) > 0.5 and kind in ("take", "bring")
        if not taken and not (acts and kind in _GOING):
            return None
        here = [p for p in _places(story) if float(events.sources[0, t, p]) > 0.5]
        return _settled_at(found, here[0], (t,), events, events.sources) if here else None
    return None


def _places(story: Story) -> list[int]:
    return [i for i, entity in enumerate(story.entities) if entity.kind not in _ACTING]


def _settled_at(
    found: Found, place: int, chain: tuple[int, ...], events: Events, role: Tensor
) -> Found:
    sure = float(torch.stack([events.kinds[0, t].max() for t in chain]).min())
    sure = min(sure, float(role[0, chain[-1], place]))
    return resting(found, place, chain, sure)
