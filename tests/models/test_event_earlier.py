"""Where something was before a place, against a search backwards over every moment."""

from __future__ import annotations

from random import Random

import torch

from recollect.events import UNKNOWN, Event, Query, Solver
from recollect.models import event_programs as soft
from tests.models.test_event_programs import certain, hot

ANN, BOB, KEY, BOX, HALL, PARK, ROOM = range(7)


def story(rng: Random, length: int) -> list[Event]:
    """Two people, a key and a box, whom anything may happen to, often twice at the same place."""
    places = (HALL, PARK, ROOM)[: rng.choice((2, 2, 3))]
    out = []
    for _ in range(length):
        who, other = rng.sample((ANN, BOB), 2)
        what, to = rng.choice((KEY, KEY, BOX)), rng.choice(places)
        whence = (rng.choice(places),) if rng.random() < 0.15 else ()
        out.append(
            rng.choice(
                (
                    Event("none"),
                    Event("move", (who,), dests=(to,), sources=whence),
                    *[Event("move", (who,), dests=(to,))] * 4,
                    *[Event("take", (who,), (what,), sources=whence)] * 2,
                    Event("take", (who,), (what,), dests=(to,)),
                    Event("bring", (who,), (what,), dests=(to,), sources=whence),
                    Event("give", (who,), (what,), (other,)),
                    *[Event("put", (who,), (what,), dests=(to,))] * 3,
                    Event("put", (), (KEY,), dests=(BOX,)),
                    Event("drop", (who,), (what,)),
                    Event("join", (who,), (), (other,)),
                    Event("leave", (who,)),
                    Event("lose", (who,), (what,)),
                    Event("not_at", (who,), dests=(to,)),
                    Event("unclear", (who,)),
                )
            )
        )
    return out


def until(solver: Solver, entity: int, place: int, t: int) -> int:
    """Where `entity` was just before event `t`, which may say so itself."""
    while True:
        came = [source for source in solver.came_from(entity, t) if source != place]
        if came:
            return came[0]
        found = solver.where(entity, t)
        alone = len(found.chain) == 1 and solver.events[found.chain[0]].kind in ("take", "give")
        if found.answer != UNKNOWN or not alone:
            return found.answer
        if entity not in solver.events[found.chain[0]].themes:
            return UNKNOWN
        t = found.chain[0]  # with somebody of whom nothing is told


def searched(events: list[Event], entity: int, place: int) -> int:
    """The place at the last moment before the last arrival at which it was not there."""
    solver = Solver(events)
    arrived = [t for t in range(len(events)) if place in solver.placed(entity, t)]
    moments = range(arrived[-1], -1, -1) if arrived else ()
    return next((p for t in moments if (p := until(solver, entity, place, t)) != place), UNKNOWN)


def test_solver_and_soft_program_equal_a_search_over_every_moment() -> None:
    rng, again = Random(7), 0
    for _ in range(400):
        events = story(rng, rng.choice((3, 6, 10)))
        entity, place = rng.choice((ANN, KEY, KEY)), rng.choice((HALL, PARK))
        wanted = searched(events, entity, place)
        solver = Solver(events)
        found = solver.solve(Query("where_before", entity, place), len(events))
        assert found.answer == wanted, (events, entity, place)
        t = solver.arrival(entity, place, len(events))
        again += t >= 0 and solver.where(entity, t).answer == place
        read, alive = certain(events, 7), torch.ones(1, 1, len(events))
        answer = soft.where_before(read, hot(entity, 7), hot(place, 7), alive).answer[0, 0]
        if wanted == UNKNOWN:
            assert float(answer.sum()) < 0.01, (events, entity, place, answer)
        else:
            assert float(answer[wanted]) > 0.99, (events, entity, place, answer)
    assert again > 20  # it was there already


def test_a_place_told_over_and_over_is_passed_over() -> None:
    events = [Event("move", (ANN,), dests=(place,)) for place in (HALL, *[PARK] * 40)]
    found = Solver(events).solve(Query("where_before", ANN, PARK), len(events))
    assert (found.answer, found.chain) == (HALL, (40, 1, 0))
    read, alive = certain(events, 7), torch.ones(1, 1, len(events))
    walk = soft.where_before(read, hot(ANN, 7), hot(PARK, 7), alive)
    assert float(walk.answer[0, 0, HALL]) > 0.99


def test_a_batch_of_questions_equals_each_alone() -> None:
    rng = Random(8)
    events = story(rng, 12)
    read = certain(events, 7)
    read = soft.Events(*(0.9 * x + 0.01 for x in read))
    asked = [(entity, place) for entity in (ANN, KEY, BOX) for place in (HALL, PARK)]
    entity = torch.cat([hot(e, 7) for e, _ in asked], 1)
    place = torch.cat([hot(p, 7) for _, p in asked], 1)
    alive = torch.ones(1, len(asked), 12)
    together = soft.where_before(read, entity, place, alive).answer
    for q in range(len(asked)):
        one = slice(q, q + 1)
        alone = soft.where_before(read, entity[:, one], place[:, one], alive[:, one]).answer
        # a walk goes on for all while it does for one: what is left of the others is small
        assert torch.allclose(together[:, one], alone, atol=2e-3)


def test_gradients_reach_the_reading_and_are_finite() -> None:
    events = [
        Event("move", (ANN,), dests=(HALL,)),
        Event("move", (ANN,), dests=(PARK,)),
        Event("take", (ANN,), (KEY,), dests=(PARK,)),
    ]
    read = soft.Events(*((0.9 * x + 0.01).requires_grad_() for x in certain(events, 7)))
    walk = soft.where_before(read, hot(ANN, 7), hot(PARK, 7), torch.ones(1, 1, 3))
    walk.answer[0, 0, HALL].backward()
    for part in (read.kinds, read.agents, read.dests):
        assert part.grad is not None and bool(part.grad.isfinite().all())
        assert float(part.grad.abs().sum()) > 0
