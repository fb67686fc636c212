"""What is asked of a story: questions with their answers and evidence, by the exact solver."""

from __future__ import annotations

from functools import cache
from random import Random

from recollect.events import UNKNOWN, Event, Query, Solver
from recollect.tasks.stories import frames
from recollect.tasks.stories.acting import World
from recollect.tasks.stories.saying import event_of
from recollect.tasks.stories.tale import Asked, Tale

ASK = {  # program: how often it is asked
    "where": 5.0,
    "where_before": 2.0,
    "where_before_event": 0.5,
    "where_after": 0.5,
    "where_first": 0.5,
    "is_at": 2.0,
    "was_at": 0.5,
    "who_has": 2.0,
    "who_before": 1.0,
    "who_after": 0.5,
    "who_first": 0.4,
    "has": 0.7,
    "carrying": 0.8,
    "count": 0.5,
    "contents": 0.8,
    "who_did": 1.5,
    "did_what": 0.8,
    "to_whom": 1.5,
    "where_did": 0.7,
    "did": 0.5,
    "when": 0.5,
    "unsupported": 0.9,
}


def ask(
    rng: Random, world: World, tale: Tale, answerable: bool, programs: tuple[str, ...] = tuple(ASK)
) -> Asked | None:
    """A question about the story so far that it answers, or not; None where none is found.

    Args:
        rng: source of all randomness.
        world: who there is.
        tale: the story so far.
        answerable: whether the story must hold the evidence.
        programs: the kinds of question to draw from.
    """
    order = sorted(range(len(tale.events)), key=lambda t: (tale.when[t], t))
    events = [tale.events[t] for t in order]
    solver = Solver(events)
    for _ in range(25):
        program = rng.choices(programs, [ASK[p] for p in programs])[0]
        idle = program == "unsupported" and not answerable and len(programs) > 1
        if idle and rng.random() < 0.75:
            continue
        query, cast = _query(program, rng, world, events)
        if query is None:
            continue
        keys = _wordings(program, query.event.kind)
        text = frames.choose(rng.choice(frames.QUESTIONS[rng.choice(keys)]), rng) if keys else ""
        used = frames.placeholders(text)
        if not text or any(p not in cast for p in used):
            continue
        if query.event.kind != "none":
            query = query._replace(
                event=event_of(query.event.kind, text, {**cast, "e": cast.get("e", (UNKNOWN,))})
            )
            if program == "where_before_event" and (" it" in text or " them" in text):
                query = query._replace(event=query.event._replace(themes=cast["e"]))
        if program == "count":
            query = query._replace(**({"place": UNKNOWN} if "a" in used else {"person": UNKNOWN}))
        found = solver.solve(query, len(events))
        if program != "unsupported" and (found.answer == UNKNOWN) == answerable:
            continue
        empty = program in ("carrying", "contents", "count") and not found.members
        if empty and rng.random() < 0.7 and answerable:
            continue
        found = found._replace(chain=tuple(order[t] for t in found.chain))
        if program == "when" and found.answer >= 0:
            found = found._replace(answer=order[found.answer])
        return Asked(len(tale.events), query, text, {p: cast[p] for p in used}, found)
    return None


@cache
def _wordings(program: str, kind: str) -> list[str]:
    """Where `frames.QUESTIONS` words questions of a program about a kind of event."""
    names = {name: name.partition(" ") for name in frames.QUESTIONS}
    return [name for name, (p, _, k) in names.items() if p == program and k in ("", kind)]


def _query(
    program: str, rng: Random, world: World, events: list[Event]
) -> tuple[Query | None, dict[str, tuple[int, ...]]]:
    absent = rng.random() < 0.06
    person = world.extra[0] if absent else rng.choice(world.people)
    thing = world.extra[1] if absent or not world.things else rng.choice(world.things)
    place = world.extra[2] if rng.random() < 0.03 else rng.choice(world.places)
    if world.boxes and rng.random() < 0.15:
        place = rng.choice(world.boxes)
    entity = person if rng.random() < 0.45 or not world.things else thing
    if program in ("where", "where_before", "where_after", "where_first", "is_at", "was_at"):
        if program == "is_at" and rng.random() < 0.5:
            actual = Solver(events).where(entity, len(events)).answer
            place = actual if actual >= 0 else place
        if program in ("where_before", "where_after", "was_at") and rng.random() < 0.7:
            solver = Solver(events)
            seen = [p for t in range(len(events)) for p in solver.placed(entity, t)]
            place = rng.choice(seen) if seen else place
        if place == entity:
            return None, {}
        place_ = UNKNOWN if program in ("where", "where_first") else place
        keeper = {"y": (person,)} if person != entity else {}
        return Query(program, entity, place_), {"e": (entity,), "l": (place,), **keeper}
    if program in ("who_has", "who_first"):
        return Query(program, thing), {"e": (thing,)}
    if program in ("who_before", "who_after", "has"):
        return Query(program, thing, person=person), {"e": (thing,), "a": (person,)}
    if program in ("carrying", "count"):
        return Query(program, person=person, place=place), {"a": (person,), "l": (place,)}
    if program == "contents":
        return Query(program, place=place), {"l": (place,)}
    if program == "unsupported":
        return Query(program), {
            "a": (person,),
            "o": (thing,),
            "l": (place,),
            "r": (rng.choice(world.people),),
        }
    told = [
        e
        for e in events
        if e.kind not in ("none", "unclear", "not_at", "not_have", "either", "join")
    ]
    if not told:
        return None, {}
    seed = rng.choice(told)
    kind = seed.kind
    roles = {
        "a": seed.agents,
        "o": seed.themes,
        "r": seed.recipients,
        "l": seed.dests,
        "s": seed.sources,
    }
    cast = {letter: (rng.choice(who),) for letter, who in roles.items() if who}
    if program == "who_did" and kind == "give" and "a" in cast and rng.random() < 0.3:
        kind, cast = "take", {"o": cast["o"], "s": cast["a"]}  # "Who got the key from Ann?"
    if rng.random() < 0.2:  # change one detail: often nothing like it was told
        letter = rng.choice(list(cast))
        cast[letter] = ({"a": person, "r": person, "o": thing, "l": place, "s": place}[letter],)
    if program == "where_before_event":
        cast["e"] = cast.get("o", (thing,)) if rng.random() < 0.7 else (person,)
        if cast["e"] == cast.get("l"):
            return None, {}
        return Query(program, cast["e"][0], event=Event(kind)), cast
    if len(set(cast.values())) < len(cast):
        return None, {}
    return Query(program, event=Event(kind)), cast
