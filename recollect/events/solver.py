"""The exact solver: what follows from a list of events.

Every answer is a walk over the latest events of an entity and then of its holder; the walk is the
evidence. It gives the simulator's gold, and it is what the model's soft memory is tested against.
"""

from __future__ import annotations

from collections.abc import Sequence

from recollect.events.effects import Event, effect, holders
from recollect.events.queries import (
    MAYBE,
    NO,
    NOBODY,
    UNKNOWN,
    YES,
    Query,
    Solution,
    giver,
    last_match,
    receiver,
)

DEPTH = 4


class Solver:
    """Answer queries over a list of events exactly, with the events that each answer rests on.

    Args:
        events: in the order of time.

    >>> found = Solver([Event("take", (0,), (1,)), Event("move", (0,), dests=(2,))])
    >>> found.solve(Query("where", 1), end=2)
    Solution(answer=2, chain=(0, 1), members=())
    """

    def __init__(self, events: Sequence[Event]):
        self.events = list(events)

    def latest(self, entity: int, end: int) -> int:
        """The number of the last event before `end` that says where `entity` is, or -1."""
        return next((t for t in range(end - 1, -1, -1) if effect(self.events[t], entity)), -1)

    def where(self, entity: int, end: int) -> Solution:
        """Follow holders until a place is reached."""
        chain: list[int] = []
        bound = end
        for _ in range(DEPTH):
            t = self.latest(entity, bound)
            if t < 0:
                break
            chain.append(t)
            found = effect(self.events[t], entity)
            assert found is not None
            if found.how == "at":
                denied = self.denied(entity, found.targets[0], t, bound)
                if denied >= 0:
                    return Solution(UNKNOWN, (*chain, denied))
                return Solution(found.targets[0], tuple(chain))
            if found.how in ("unknown", "either"):
                break
            bound = end if found.how == "with" else t
            entity = self.leader(found.targets, bound)
        return Solution(UNKNOWN, tuple(chain))

    def leader(self, entities: Sequence[int], end: int) -> int:
        """The one of several who carry a thing together that the last event before `end` is of."""
        return max(entities, key=lambda entity: self.latest(entity, end))

    def denied(self, entity: int, place: int, start: int, end: int) -> int:
        """The last event after `start` that says that `entity` is not at `place`, or -1."""
        for t in range(end - 1, start, -1):
            event = self.events[t]
            if event.kind == "not_at" and entity in event.agents and place in event.dests:
                return t
        return -1

    def arrival(self, entity: int, place: int, end: int) -> int:
        """The last event before `end` that brings `entity` or its carrier to `place`, or -1."""
        return next((t for t in range(end - 1, -1, -1) if place in self.placed(entity, t)), -1)

    def placed(self, entity: int, t: int) -> tuple[int, ...]:
        """The places to which event `t` brings `entity`."""
        event = self.events[t]
        found = effect(event, entity)
        if found:
            return found.targets if found.how == "at" else ()
        before = self.latest(entity, t)
        carried = effect(self.events[before], entity) if before >= 0 else None
        if carried and carried.how in ("with", "at"):
            for carrier in carried.targets:
                moved = effect(event, carrier)
                if moved and moved.how == "at":
                    return moved.targets
        return ()

    def solve(self, query: Query, end: int) -> Solution:
        """The answer of `query` as of just before event number `end`."""
        q = query
        if q.program == "where":
            return self.where(q.entity, end)
        if q.program == "where_before":
            return self._where_before(q.entity, q.place, end)
        if q.program == "where_before_event":
            t = last_match(self.events[:end], q.event)
            if t < 0:
                return Solution(UNKNOWN, ())
            before = self._until(q.entity, t)
            return Solution(before.answer, (t, *before.chain))
        if q.program in ("where_after", "where_first"):
            return self._where_forward(q, end)
        if q.program == "is_at":
            return self._is_at(q.entity, q.place, end)
        if q.program == "was_at":
            t = self.arrival(q.entity, q.place, end)
            known = t >= 0 or any(self.placed(q.entity, s) for s in range(end))
            return Solution(YES if t >= 0 else NO if known else UNKNOWN, (t,) if t >= 0 else ())
        if q.program in ("who_has", "has"):
            return self._holder(q, end)
        if q.program in ("who_before", "who_after", "who_first"):
            return self._holder_in_time(q, end)
        if q.program in ("carrying", "count", "contents"):
            return self._members(q, end)
        if q.program in ("who_did", "did_what", "to_whom", "where_did", "did", "when"):
            return self._event(q, end)
        return Solution(UNKNOWN, ())

    def _where_before(self, entity: int, place: int, end: int) -> Solution:
        """Where `entity` was before it last came to `place` from elsewhere.

        Of what was told to be there twice, or put down where it was held, it is the place before
        the first time.
        """
        last, since = self.latest(entity, end), self.arrival(entity, place, end)
        if since < 0:
            return Solution(UNKNOWN, (last,) if last >= 0 else ())
        before = self._until(entity, since, place)
        while before.answer == place:  # there already: since the last event that says so
            since = max(before.chain)
            before = self._until(entity, since, place)
        chain = [last, since, *before.chain[-1:]]
        return Solution(before.answer, tuple(dict.fromkeys(chain)))

    def _until(self, entity: int, t: int, place: int = UNKNOWN) -> Solution:
        """Where `entity` was until event `t`: where that event says it came from, or where it was.

        Who was handed a thing, and is never told of, had it where it was handed over. That it came
        from `place`, where it is, says nothing.
        """
        chain: tuple[int, ...] = ()
        while True:
            came = [source for source in self.came_from(entity, t) if source != place]
            if came:
                return Solution(came[0], chain or (t,))
            found = self.where(entity, t)
            chain = (*chain, *found.chain)
            if found.answer != UNKNOWN or not self._stranded(entity, found.chain):
                return Solution(found.answer, chain)
            t = found.chain[0]

    def came_from(self, entity: int, t: int) -> tuple[int, ...]:
        """The places that event `t` itself says it moved `entity` from; never somebody who acts."""
        event = self.events[t]
        moved = () if event.kind == "take" else event.agents
        moved += event.themes if event.kind in ("take", "bring") else ()
        if event.kind not in ("move", "take", "bring", "leave") or entity not in moved:
            return ()
        acting = {a for other in self.events for a in (*other.agents, *other.recipients)}
        return tuple(s for s in event.sources if s not in acting)

    def _stranded(self, entity: int, chain: tuple[int, ...]) -> bool:
        """Whether a walk ended with a holder of whom nothing is told."""
        found = effect(self.events[chain[0]], entity) if len(chain) == 1 else None
        return found is not None and found.how == "with"

    def _where_forward(self, q: Query, end: int) -> Solution:
        start, chain = 0, []
        if q.program == "where_after":
            t = self.arrival(q.entity, q.place, end)
            if t < 0:
                left = [t for t in range(end) if q.place in self.came_from(q.entity, t)]
                places = self.placed(q.entity, left[-1]) if left else ()
                return Solution(places[0], (left[-1],)) if places else Solution(UNKNOWN, ())
            start, chain = t + 1, [t]
        for t in range(start, end):
            places = self.placed(q.entity, t)
            if q.program == "where_first":
                places = self.came_from(q.entity, t) or places
            if places and places[0] != q.place:
                return Solution(places[0], (*chain, t))
        return Solution(UNKNOWN, tuple(chain))

    def _is_at(self, entity: int, place: int, end: int) -> Solution:
        chain: list[int] = []
        answer, bound = UNKNOWN, end
        for _ in range(DEPTH):
            t = self.latest(entity, bound)
            denied = self.denied(entity, place, t, bound)
            if denied >= 0:
                return Solution(NO, (*chain, denied))
            if t < 0:
                break
            found = effect(self.events[t], entity)
            assert found is not None
            if found.how == "either":
                return Solution(MAYBE if place in found.targets else NO, (*chain, t))
            if found.how == "unknown":
                if answer == UNKNOWN:
                    return self._gone(entity, place, t, chain)
                return Solution(answer, tuple(chain))
            if found.how == "at" and place in found.targets:
                return Solution(YES, (*chain, t))
            chain.append(t)
            if found.how == "at":
                answer = NO
            bound = end if found.how != "where" else t
            entity = self.leader(found.targets, bound)
        return Solution(answer, tuple(chain))

    def _gone(self, entity: int, place: int, t: int, chain: Sequence[int]) -> Solution:
        """Whether event `t` says that `entity` left `place`, or that it left where it was."""
        event = self.events[t]
        if event.kind == "leave" and entity in event.agents:
            if place in event.sources:
                return Solution(NO, (*chain, t))
            if not event.sources and not chain:
                before = self.where(entity, t)
                if before.answer == place:
                    return Solution(NO, (t, *before.chain))
        return Solution(UNKNOWN, (*chain, t))

    def _holder(self, q: Query, end: int) -> Solution:
        t = self.latest(q.entity, end)
        if q.program == "has":
            for s in range(end - 1, t, -1):
                event = self.events[s]
                denied = q.person in event.agents and q.entity in event.themes
                if event.kind == "not_have" and denied:
                    return Solution(NO, (s,))
        if t < 0:
            return Solution(UNKNOWN, ())
        event, chain = self.events[t], [t]
        have = holders(event, q.entity)
        found = effect(event, q.entity)
        assert found is not None
        if not have and found.how == "at":
            # a thing in a bag is with whoever has the bag
            s = self.latest(found.targets[0], end)
            have = holders(self.events[s], found.targets[0]) if s >= 0 else ()
            if have:
                chain.append(s)
        if event.kind in ("unclear", "lose"):
            return Solution(UNKNOWN, tuple(chain))
        if q.program == "has":
            return Solution(YES if q.person in have else NO, tuple(chain))
        return Solution(have[0] if have else NOBODY, tuple(chain), have)

    def _holder_in_time(self, q: Query, end: int) -> Solution:
        handed = [t for t in range(end) if holders(self.events[t], q.entity)]
        if q.program == "who_first":
            if not handed:
                return Solution(UNKNOWN, ())
            event = self.events[handed[0]]
            who = event.agents if event.kind == "give" else holders(event, q.entity)
            return Solution(who[0] if who else UNKNOWN, (handed[0],), who)
        mine = [t for t in handed if q.person in holders(self.events[t], q.entity)]
        if not mine:
            return Solution(UNKNOWN, ())
        t = mine[-1]
        if q.program == "who_before":
            event = self.events[t]
            if event.kind == "give" and event.agents:
                return Solution(event.agents[0], (t,), event.agents)
            near = [s for s in handed if s < t][::-1]
        else:
            near = [s for s in handed if s > t]
        others = [s for s in near if q.person not in holders(self.events[s], q.entity)]
        if not others:
            return Solution(UNKNOWN, (t,))
        who = holders(self.events[others[0]], q.entity)
        return Solution(who[0], (t, others[0]), who)

    def _members(self, q: Query, end: int) -> Solution:
        everything = sorted({e for event in self.events[:end] for role in event[1:] for e in role})
        inside = q.program == "contents" or q.person < 0
        members, chain = [], []
        for e in everything:
            if inside:
                found = self.where(e, end)
                belongs = found.answer == q.place
            else:
                found = self._holder(Query("who_has", entity=e), end)
                belongs = q.person in found.members and len(found.chain) == 1
            if belongs:
                members.append(e)
                chain += found.chain
        if not members:
            # "nothing" is known only of who had something, of where something was
            for t in range(end):
                if self._stood(t, q, everything) if inside else self._held(t, q):
                    chain = [t]
        known = bool(members or chain)
        answer = (len(members) if q.program == "count" else NOBODY) if known else UNKNOWN
        return Solution(answer, tuple(dict.fromkeys(chain)), tuple(members))

    def _held(self, t: int, q: Query) -> bool:
        return any(q.person in holders(self.events[t], theme) for theme in self.events[t].themes)

    def _stood(self, t: int, q: Query, everything: Sequence[int]) -> bool:
        return q.place >= 0 and any(q.place in self.placed(e, t) for e in everything)

    def _otherwise(self, asked: Event, end: int) -> Solution:
        """No, where it happened otherwise: by or to another, or elsewhere; else nobody can tell."""
        others = ("agents", "recipients") if asked.themes else ()
        for role in (*others, "dests", "sources"):
            if not getattr(asked, role):
                continue
            t = last_match(self.events[:end], asked._replace(**{role: ()}))
            if t >= 0:
                return Solution(NO, (t,))
        return Solution(UNKNOWN, ())

    def _event(self, q: Query, end: int) -> Solution:
        t = last_match(self.events[:end], q.event)
        if t < 0:
            return self._otherwise(q.event, end) if q.program == "did" else Solution(UNKNOWN, ())
        event = self.events[t]
        for s in range(t + 1, end):
            later = self.events[s]
            if later.kind == "unclear" and set(event.themes) & set(later.themes):
                return Solution(UNKNOWN, (t, s))
        if q.program == "did":
            return Solution(YES, (t,))
        if q.program == "when":
            return Solution(t, (t,))
        if q.program == "where_did" and not event.dests and event.agents:
            asked = [a for a in q.event.agents if a in event.agents]
            found = self.where(asked[0] if asked else self.leader(event.agents, t + 1), t + 1)
            return Solution(found.answer, (t, *found.chain))
        role = {
            "who_did": {"take": receiver(event), "give": giver(event)}.get(
                q.event.kind, event.agents
            ),
            "did_what": event.themes,
            "to_whom": receiver(event),
            "where_did": event.dests,
        }[q.program]
        return Solution(role[0], (t,), role) if role else Solution(UNKNOWN, (t,))
