"""Small worlds that act themselves out: who there is, where everything is, what happens next."""

from __future__ import annotations

from random import Random

from recollect.events import Event

GENDERS = ("m", "f", "")

Lists = dict[str, tuple[tuple[str, float], ...]]
"""How the reader of English sees who plays a part: cumulative shares of kinds."""

KNOWING: Lists = {
    "person": (("name", 0.70), ("person", 0.93), ("noun", 1.0)),
    "place": (("place", 0.47), ("noun", 0.79), ("name", 0.93), ("box", 1.0)),
    "box": (("box", 0.52), ("noun", 0.78), ("thing", 1.0)),
    "thing": (("thing", 0.47), ("noun", 0.87), ("box", 1.0)),
}
"""Word lists that are right about the words they have; others are a bare noun, or the bare name of
a person or a place."""

ERRING: Lists = {
    "person": (("name", 0.68), ("person", 0.90), ("noun", 0.97), ("thing", 0.99), ("box", 1.0)),
    "place": (
        ("place", 0.45),
        ("noun", 0.76),
        ("name", 0.90),
        ("box", 0.97),
        ("person", 0.975),
        ("thing", 1.0),
    ),
    "box": (("box", 0.50), ("noun", 0.75), ("thing", 0.93), ("place", 1.0)),
    "thing": (
        ("thing", 0.45),
        ("noun", 0.84),
        ("box", 0.97),
        ("name", 0.985),
        ("person", 0.99),
        ("place", 1.0),
    ),
}
"""Word lists as they are: they also take a person for a thing, a thing for a place."""


def _kind(rng: Random, role: str, lists: Lists) -> tuple[str, str]:
    roll = rng.random()
    kind = next(k for k, share in lists[role] if roll < share)
    if role == "person":
        return kind, rng.choice(GENDERS)
    return kind, "n" if role in ("place", "box") else rng.choice(("n", "n", "n", "p"))


def _shown(kind: str, rng: Random) -> str:
    """A hint may be missing: the word is one that no list has."""
    return kind if kind == "name" or rng.random() < 0.8 else "noun"


class World:
    """The state of one story while it is told.

    Args:
        rng: source of all randomness.
        length: clauses of the story; a long one has more people, places and things.
        lists: how well the reader of English knows what everything is.
    """

    def __init__(self, rng: Random, length: int, lists: Lists = ERRING):
        self.rng = rng
        large = length > 60
        counts = {
            "person": rng.randint(3, 10) if large else rng.randint(1, 6),
            "place": rng.randint(4, 10) if large else rng.randint(2, 7),
            "box": rng.choice((0, 1, 2, 3) if large else (0, 0, 1, 1, 2)),
            "thing": rng.randint(2, 8) if large else rng.choice((0, 1, 1, 2, 3, 3, 4, 6)),
        }
        self.roles: list[str] = [role for role, count in counts.items() for _ in range(count)]
        self.extra = [len(self.roles), len(self.roles) + 1, len(self.roles) + 2]
        # the last three are never spoken of: for questions about the absent
        self.roles += ["person", "thing", "place"]
        drawn = [_kind(rng, role, lists) for role in self.roles]
        self.kinds, self.genders = [k for k, _ in drawn], [g for _, g in drawn]
        self.shown = [_shown(kind, rng) for kind in self.kinds]
        # who is called "he" and who "she", also where the reader cannot know it beforehand
        self.sexes = [g if g in ("m", "f") else rng.choice(("m", "f")) for g in self.genders]
        for e, shown in enumerate(self.shown):  # of an unknown noun only the plural can be seen
            if shown == "noun" and self.genders[e] != "p":
                self.genders[e] = ""
        present = range(len(self.roles) - 3)
        self.people = [e for e in present if self.roles[e] == "person"]
        self.places = [e for e in present if self.roles[e] == "place"]
        self.boxes = [e for e in present if self.roles[e] == "box"]
        self.things = [e for e in present if self.roles[e] in ("thing", "box")]
        self.tidy = rng.random() < 0.6  # things are taken where they are and given by who has them
        self.at: dict[int, int | None] = {}
        self.held: dict[int, int | None] = {}
        self.topic: list[int] = []  # who and what took part in what was told last
        self.steady = rng.choice((0.0, 0.0, 0.4, 0.6))  # how often one of them acts again
        self.profile = self._profile()

    def _profile(self) -> dict[str, float]:
        rng = self.rng
        if rng.random() < 0.15:
            return {"move": 1.0, "none": rng.choice((0.0, 0.2))}
        some = lambda *choices: rng.choice(choices)  # noqa: E731
        return {
            "move": some(0.3, 0.6, 1.0),
            "leave": some(0, 0, 0.05, 0.15),
            "join": some(0, 0, 0.05, 0.1),
            "take": some(0.2, 0.5, 0.8),
            "bring": some(0, 0.1, 0.3),
            "give": some(0, 0.15, 0.4, 0.7),
            "put": some(0, 0.15, 0.4),
            "drop": some(0.1, 0.3, 0.5),
            "lose": some(0, 0, 0.05),
            "not_at": some(0, 0, 0.1),
            "not_have": some(0, 0, 0.05),
            "either": some(0, 0, 0.08),
            "unclear": some(0, 0, 0.05),
            "none": some(0, 0.1, 0.4, 0.8),
            "state": some(0, 0.1, 0.2),
        }

    def act(self) -> tuple[str, dict[str, tuple[int, ...]]]:
        """The next kind of event and who takes part, by placeholder."""
        rng = self.rng
        kinds, weights = zip(*self.profile.items(), strict=True)
        for _ in range(20):
            kind = rng.choices(kinds, weights)[0]
            who = self._cast(kind)
            if who is not None:
                return ("move" if kind == "state" else kind), who
        return "move", self._cast("move") or {}

    def _cast(self, kind: str) -> dict[str, tuple[int, ...]] | None:
        rng = self.rng
        actor = self._one_of(self.people)
        others = [p for p in self.people if p != actor]
        other = rng.choice(others) if others else self.extra[0]
        place, second = rng.choice(self.places), rng.choice(self.places)
        thing = self._one_of(self.things) if self.things else None
        cast: dict[str, tuple[int, ...]] = {
            "a": (actor,),
            "y": (other,),
            "k": (second,),
            "x": (thing if thing is not None and rng.random() < 0.65 else place,),
        }
        if kind in ("move", "state"):
            if kind == "state" and thing is not None and rng.random() < 0.6:
                inside = [b for b in self.boxes if b != thing and self.at.get(b) != thing]
                beside = [o for o in self.things if o not in (thing, *inside)]
                listed = beside[:1] if rng.random() < 0.2 else []
                cast |= {
                    "a": (thing, *listed),
                    "l": (rng.choice(inside) if inside and rng.random() < 0.4 else place,),
                }
                return cast | {"_be": (1,), "_thing": (1,)}
            group = rng.random()
            if group < 0.22 and others:
                cast["a"] = (actor, *rng.sample(others, min(len(others), 1 if group < 0.17 else 2)))
            rest = [p for p in self.people if p not in cast["a"]]
            here = self.at.get(actor)
            goals = [p for p in self.places if p != here] or self.places
            cast |= {"l": (rng.choice(goals),), "s": (here if here is not None else second,)}
            if cast["s"] == cast["l"]:
                del cast["s"]
            if rest:
                cast |= {"p": (rng.choice(rest),), "y": (rng.choice(rest),)}
            else:
                cast.pop("y", None)
            return cast | ({"_be": (1,)} if kind == "state" else {})
        if kind in ("leave", "not_at", "either"):
            here = self.at.get(actor)
            if kind == "not_at":
                subject = thing if thing is not None and rng.random() < 0.3 else actor
                return cast | {
                    "a": (subject,),
                    "l": (
                        here
                        if here is not None and rng.random() < 0.5 and subject == actor
                        else place,
                    ),
                }
            if kind == "either":
                return cast | {"l": (place,)} if place != second else None
            left = here if here is not None else place
            return cast | {"s": (left,)} if self.kinds[left] in ("place", "name", "noun") else None
        if kind == "join":
            return cast | {"r": (other,)} if others else None
        if thing is None:
            return cast if kind == "none" else None
        mine = [o for o in self.things if self.held.get(o) == actor]
        if kind in ("take", "bring"):
            near = [o for o in self.things if self._can_take(o, actor)]
            if kind == "bring" and mine and rng.random() < 0.7:
                near = mine
            if not near:
                return None
            chosen = self._one_of(near)
            loot = (chosen, *([rng.choice(near)] if rng.random() < 0.15 else []))
            loot = tuple(dict.fromkeys(loot))
            source = self.held.get(chosen)
            source = source if source is not None and source != actor else self.at.get(chosen)
            goals = [p for p in self.places if p != self.at.get(actor)] or self.places
            here = self.at.get(actor)
            goal = rng.choice(goals) if kind == "bring" else here
            actors = (
                (actor, other) if kind == "take" and others and rng.random() < 0.04 else (actor,)
            )
            cast |= {"a": actors, "o": loot, "x": (rng.choice(self.places),)}
            if goal is not None:
                cast["l"] = (goal,)
            if source is not None and source != goal and source not in loot:
                cast["s"] = (source,)
            return cast
        if kind == "give":
            can = (
                mine
                if self.tidy
                else (mine or [o for o in self.things if self.held.get(o) is None])
            )
            if not can or not others:
                return None
            if (
                self.tidy
                and self.at.get(actor) is not None
                and self.at.get(other) not in (None, self.at[actor])
            ):
                return None
            cast.pop("y", None)
            return cast | {"o": self._few(can), "r": (other,), "x": (place,)}
        if kind in ("put", "drop"):
            can = mine if self.tidy or kind == "drop" else self.things
            if not can:
                return None
            chosen = self._few(can)
            inside = [
                b
                for b in self.boxes
                if b not in chosen and self.held.get(b) is None and not self._within(b, chosen)
            ]
            where = (
                rng.choice(inside)
                if inside and rng.random() < 0.5
                else (self.at.get(actor) if self.tidy else None)
            )
            cast |= {"o": chosen, "l": (where if where is not None else place,)}
            return cast
        if kind == "not_have":
            return cast | {"o": (thing,)}
        return cast | {"o": (thing,), "l": (place,), "s": (second,), "r": (other,)}

    def _few(self, can: list[int]) -> tuple[int, ...]:
        several = len(can) > 1 and self.rng.random() < 0.15
        return tuple(self.rng.sample(can, 2)) if several else (self._one_of(can),)

    def _one_of(self, able: list[int]) -> int:
        """One of those who can, by preference one of the last clause: a text keeps to its topic."""
        again = [e for e in self.topic if e in able] if self.rng.random() < self.steady else []
        return self.rng.choice(again or able)

    def _within(self, box: int, things: tuple[int, ...]) -> bool:
        seen: set[int] = set()
        inside = self.at.get(box)
        while inside is not None and inside not in seen:
            if inside in things:
                return True
            seen.add(inside)
            inside = self.at.get(inside)
        return False

    def _can_take(self, thing: int, actor: int) -> bool:
        if self.held.get(thing) == actor:
            return False
        if not self.tidy:
            return True
        if self.held.get(thing) is not None:
            return self.rng.random() < 0.15
        here = self.at.get(actor)
        return (
            thing not in self.at
            or self.at[thing] is None
            or self.at[thing] == here
            or self.at[thing] in self.boxes
        )

    def apply(self, event: Event) -> None:
        """Keep the coarse state with which the next acts are chosen."""
        kind = event.kind
        named = (*event.agents, *event.agents, *event.recipients, *event.themes)
        self.topic = list(named) or self.topic
        place = event.dests[0] if event.dests else None
        if kind in ("move", "bring", "leave", "join", "take"):
            for e in event.agents:
                if kind == "take" and place is None:
                    continue
                self.at[e] = (
                    self.at.get(event.recipients[0])
                    if kind == "join" and event.recipients
                    else place
                )
                if e in self.held:
                    self.held[e] = None
        for o in event.themes:
            if kind in ("take", "give"):
                self.held[o] = (event.agents if kind == "take" else event.recipients)[0]
                self.at[o] = None
            elif kind in ("put", "bring", "drop", "lose"):
                self.held[o] = None
                self.at[o] = (
                    place
                    if kind in ("put", "bring")
                    else (self.at.get(event.agents[0]) if kind == "drop" and event.agents else None)
                )
