"""Small worlds that act themselves out: a seeded story, its questions, their answers and the evidence.

`tell` draws one story: who there is, what happens, how it is worded, and what is asked after which sentence. The gold
answers come from the exact solver over the same events, so they are right by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from recollect.events import UNKNOWN, Event, Query, Solution, Solver
from recollect.tasks.stories import frames

GENDERS = ("m", "f", "")


class Telling(NamedTuple):
    """How one clause is worded: text with placeholders, who fills each, which of them are pronouns."""

    text: str
    fillers: dict[str, tuple[int, ...]]
    pronouns: dict[str, str]  # placeholder -> pronoun
    antecedents: dict[str, int]  # placeholder -> clause that names it


class Asked(NamedTuple):
    """A question put after clause `end`; `text` has placeholders."""

    end: int
    query: Query
    text: str
    fillers: dict[str, tuple[int, ...]]
    solution: Solution


@dataclass
class Tale:
    """A simulated story. `kinds` and `genders` describe the entities; `when` is the event time of each clause."""

    kinds: list[str]
    genders: list[str]
    events: list[Event] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    when: list[float] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)


# How the reader of English sees who plays a part: cumulative shares. Word lists err, so nothing is certain.
SHARES = {
    "person": (("name", 0.68), ("person", 0.87), ("noun", 0.94), ("thing", 0.98), ("box", 1.0)),
    "place": (
        ("place", 0.45),
        ("noun", 0.76),
        ("name", 0.90),
        ("box", 0.96),
        ("person", 0.97),
        ("thing", 1.0),
    ),
    "box": (("box", 0.50), ("noun", 0.75), ("thing", 0.93), ("place", 1.0)),
    "thing": (
        ("thing", 0.45),
        ("noun", 0.84),
        ("box", 0.95),
        ("name", 0.98),
        ("person", 0.99),
        ("place", 1.0),
    ),
}


def _kind(rng: Random, role: str) -> tuple[str, str]:
    roll = rng.random()
    shares = SHARES[role]
    kind = next(k for k, share in shares if roll < share)
    if role == "person":
        return kind, rng.choice(GENDERS)
    return kind, "n" if role in ("place", "box") else rng.choice(("n", "n", "n", "p"))


class World:
    """The state of one story while it is told."""

    def __init__(self, rng: Random, length: int):
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
        self.roles += [
            "person",
            "thing",
            "place",
        ]  # never spoken of: for questions about the absent
        drawn = [_kind(rng, role) for role in self.roles]
        self.kinds, self.genders = [k for k, _ in drawn], [g for _, g in drawn]
        present = range(len(self.roles) - 3)
        self.people = [e for e in present if self.roles[e] == "person"]
        self.places = [e for e in present if self.roles[e] == "place"]
        self.boxes = [e for e in present if self.roles[e] == "box"]
        self.things = [e for e in present if self.roles[e] in ("thing", "box")]
        self.tidy = rng.random() < 0.6  # things are taken where they are and given by who has them
        self.at: dict[int, int | None] = {}
        self.held: dict[int, int | None] = {}
        self.profile = self._profile()

    def _profile(self) -> dict[str, float]:
        rng = self.rng
        if rng.random() < 0.15:
            return {"move": 1.0, "none": rng.choice((0.0, 0.2))}
        some = lambda *choices: rng.choice(choices)  # noqa: E731
        return {
            "move": some(0.3, 0.6, 1.0), "leave": some(0, 0, 0.05, 0.15), "join": some(0, 0, 0.05, 0.1), "take": some(0.2, 0.5, 0.8), "bring": some(0, 0.1, 0.3),
            "give": some(0, 0.15, 0.4, 0.7), "put": some(0, 0.15, 0.4), "drop": some(0.1, 0.3, 0.5), "lose": some(0, 0, 0.05), "not_at": some(0, 0, 0.1),
            "not_have": some(0, 0, 0.05), "either": some(0, 0, 0.08), "unclear": some(0, 0, 0.05), "none": some(0, 0.1, 0.4, 0.8), "state": some(0, 0.1, 0.2),
        }  # fmt: skip

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
        actor = rng.choice(self.people)
        others = [p for p in self.people if p != actor]
        other = rng.choice(others) if others else self.extra[0]
        place, second = rng.choice(self.places), rng.choice(self.places)
        thing = rng.choice(self.things) if self.things else None
        cast: dict[str, tuple[int, ...]] = {
            "a": (actor,),
            "y": (other,),
            "k": (second,),
            "x": (thing if thing is not None and rng.random() < 0.65 else place,),
        }
        if kind in ("move", "state"):
            if kind == "state" and thing is not None and rng.random() < 0.6:
                inside = [b for b in self.boxes if b != thing and self.at.get(b) != thing]
                cast |= {
                    "a": (thing,),
                    "l": (rng.choice(inside) if inside and rng.random() < 0.4 else place,),
                }
                return cast | {"_be": (1,)}
            group = rng.random()
            if group < 0.18 and others:
                cast["a"] = (actor, *rng.sample(others, min(len(others), 1 if group < 0.14 else 2)))
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
            chosen = rng.choice(near)
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
        return tuple(self.rng.sample(can, 2)) if several else (self.rng.choice(can),)

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


NEEDED = {
    "put": "o",
    "bring": "o",
    "take": "ao",
    "give": "or",
    "drop": "o",
    "join": "r",
    "not_at": "l",
}


def word(kind: str, cast: dict[str, tuple[int, ...]], rng: Random) -> tuple[str, str, bool] | None:
    """A wording for the act: its text, the true kind of what it says, and whether it is a plain fact."""
    fact = True
    if kind == "none":
        return _idle(cast, rng)
    patterns = frames.EVENTS[kind]
    if "_be" in cast:
        patterns = tuple(p for p in patterns if p.startswith(("=", "(=")) or p.startswith("fall"))
    for _ in range(12):
        pattern = rng.choice(patterns)
        if (
            rng.random() < 0.02
            and not pattern.startswith(("=", "("))
            and kind not in ("not_at", "not_have", "either")
        ):
            text = frames.wrapped(pattern, rng.choice(frames.CARRIED_OUT), rng)
        elif kind == "move" and "_be" not in cast and rng.random() < 0.04:
            text = (
                frames.sentence(rng.choice(frames.STRANGE_MOVE), rng, plural=len(cast["a"]) > 1)
                .replace("is ", "")
                .replace("has ", "")
            )
        else:
            text = frames.sentence(pattern, rng, plural=len(cast["a"]) > 1)
        if rng.random() < 0.4 and kind in ("put", "bring", "lose", "drop"):
            text = text.replace(" by {a}", "")
        used = frames.placeholders(text)
        if kind in ("move", "put", "bring") and not {"l", "t"} & set(used):
            continue
        if all(letter in cast for letter in used) and all(
            letter in used for letter in NEEDED.get(kind, "")
        ):
            return text, kind, fact
    return None


def _idle(cast: dict[str, tuple[int, ...]], rng: Random) -> tuple[str, str, bool] | None:
    for _ in range(12):
        roll = rng.random()
        if roll < 0.5:
            kind = rng.choice(
                (
                    "move",
                    "move",
                    "take",
                    "take",
                    "bring",
                    "give",
                    "put",
                    "put",
                    "drop",
                    "leave",
                    "lose",
                    "join",
                )
            )
            pattern = rng.choice([p for p in frames.EVENTS[kind] if not p.startswith(("=", "(="))])
            text = frames.wrapped(pattern, rng.choice(frames.WRAPS), rng)
        elif roll < 0.85:
            text = frames.sentence(rng.choice(frames.IDLE), rng, plural=len(cast["a"]) > 1)
        else:
            text = frames.sentence(rng.choice(frames.STRANGE), rng, plural=len(cast["a"]) > 1)
        if all(letter in cast for letter in frames.placeholders(text)):
            return text, "none", False
    return None


def event_of(kind: str, text: str, cast: dict[str, tuple[int, ...]]) -> Event:
    """The event that the wording actually tells: a role counts only if the text has it."""
    roles: dict[str, list[int]] = {tag: [] for tag in frames.TAG_OF.values()}
    if kind == "none":
        return Event("none")
    for letter in dict.fromkeys(frames.placeholders(text)):
        for e in cast[letter]:
            if e not in roles[frames.TAG_OF[letter]]:
                roles[frames.TAG_OF[letter]].append(e)
    return Event(
        kind, *(tuple(roles[tag]) for tag in ("agent", "theme", "recipient", "dest", "source"))
    )


def tell(rng: Random, length: int, questions: int = 6, *, answerable: float = 0.83) -> Tale:
    """Draw a story of `length` clauses and up to `questions` questions about it.

    Args:
        rng: source of all randomness; the same state gives the same tale.
        length: number of clauses.
        questions: how many questions to ask, the last one after the last clause.
        answerable: share of questions whose evidence is in the story.
    """
    world = World(rng, length)
    tale = Tale(world.kinds, world.genders)
    talk = rng.choice((0.0, 0.0, 0.3, 0.5, 0.8))  # how often a pronoun is used where one can be
    blocks = _blocks(rng, length)
    moments = sorted([length, *(rng.randint(1, length) for _ in range(questions - 1))])
    while len(tale.events) < length:
        kind, cast = world.act()
        if tale.tellings:  # "there" is the place that the clause before named
            before = tale.tellings[-1].fillers
            there = before.get("l") or before.get("t")
            if there and kind in ("move", "put", "bring") and "_be" not in cast:
                cast["t"] = there
        worded = word(kind, cast, rng)
        if worded is None:
            continue
        text, kind, _ = worded
        event = event_of(kind, text, cast)
        pronouns, antecedents = _pronouns(tale, text, cast, talk, rng)
        opener = rng.choice(frames.OPENERS)
        if (
            kind in ("take", "give", "drop", "lose")
            and text.startswith("{a}")
            and rng.random() < 0.04
        ):
            opener = "There "
        tale.events.append(event)
        tale.tellings.append(
            Telling(
                opener + text,
                {p: cast[p] for p in frames.placeholders(text)},
                pronouns,
                antecedents,
            )
        )
        tale.when.append(blocks[len(tale.when)])
        world.apply(event)
        while moments and moments[0] == len(tale.events):
            moments.pop(0)
            asked = ask(rng, world, tale, rng.random() < answerable)
            if asked:
                tale.questions.append(asked)
    return tale


def _blocks(rng: Random, length: int) -> list[float]:
    """Event times: nearly always the order of the text, now and then days told out of order."""
    if length < 4 or rng.random() > 0.07:
        return [0.0] * length
    cuts = sorted(rng.sample(range(1, length), rng.choice((1, 2, 3))))
    ranks = list(range(len(cuts) + 1))
    rng.shuffle(ranks)
    return [float(ranks[sum(cut <= t for cut in cuts)]) for t in range(length)]


def _pronouns(
    tale: Tale, text: str, cast: dict[str, tuple[int, ...]], talk: float, rng: Random
) -> tuple[dict[str, str], dict[str, int]]:
    """Which placeholders may be a pronoun here, and the clause that names what it stands for.

    Only uses that a reader can resolve: the subject just spoken of, the single thing just handled, the person just given
    something (where their genders differ).
    """
    pronouns: dict[str, str] = {}
    antecedents: dict[str, int] = {}
    used = frames.placeholders(text)
    if not tale.events or (rng.random() > talk and "t" not in used):
        return pronouns, antecedents
    last = len(tale.events) - 1
    while (
        last
        and tale.events[last].kind == "none"
        and not set(tale.tellings[last].fillers) & set("arpy")
    ):
        last -= 1  # "The phone rang." stands between
    before = tale.tellings[last]
    if "t" in used:
        pronouns["t"], antecedents["t"] = "there", before.antecedents.get("t", last)
        if rng.random() < 0.3:
            return pronouns, antecedents

    def named(letter: str) -> int:
        return before.antecedents.get(letter, last)

    def gender(e: int) -> str:
        return tale.genders[e]

    def clear(e: int, said: str) -> bool:
        """Nobody else that the clause before named can be meant by the pronoun."""
        rivals = {
            x for p, who in before.fillers.items() for x in who if x != e and p not in "lksxt"
        }
        meant = {"he": "m", "him": "m", "she": "f", "her": "f"}[said]
        return all(gender(x) and gender(x) != meant for x in rivals)

    subject = cast["a"]
    previous = before.fillers.get("a")
    if "a" in used and "y" not in used and "p" not in used and text.startswith("{a}"):
        said = {"m": "he", "f": "she"}.get(gender(subject[0]), rng.choice(("he", "she")))
        if subject == previous and len(subject) > 1:
            pronouns["a"], antecedents["a"] = "they", named("a")
        elif subject == previous and gender(subject[0]) in ("m", "f", ""):
            if len(set(before.fillers) & {"r", "p", "y"}) == 0 or clear(subject[0], said):
                pronouns["a"], antecedents["a"] = said, named("a")
        elif (
            before.fillers.get("r") == subject
            and gender(subject[0]) in ("m", "f")
            and clear(subject[0], said)
        ):
            pronouns["a"], antecedents["a"] = said, named("r")
    things = cast.get("o", ())
    if (
        "o" in used
        and things
        and (source := _named_before(before, things))
        and text.count("{o}") == 1
    ):
        plural = len(things) > 1 or gender(things[0]) == "p"
        moved = text.startswith("{o}")
        pronouns["o"] = ("they" if moved else "them") if plural else "it"
        antecedents["o"] = named(source)
        if "a" in pronouns and pronouns["o"] in ("they", pronouns["a"]):
            del pronouns["a"], antecedents["a"]
    if subject == before.fillers.get("o") and text.startswith("{a}") and len(subject) == 1:
        pronouns["a"] = "they" if gender(subject[0]) == "p" else "it"
        antecedents["a"] = named("o")
    partner = cast.get("r", ())
    if "r" in used and len(partner) == 1 and partner != subject and not text.startswith("{r}"):
        where = next((p for p in ("a", "r", "p", "y") if before.fillers.get(p) == partner), "")
        said = {"m": "him", "f": "her"}.get(gender(partner[0]), "")
        others = {gender(x) for x in subject} - ({"m", "f", ""} if "a" not in pronouns else set())
        if where and said and gender(partner[0]) not in others and clear(partner[0], said):
            pronouns["r"], antecedents["r"] = said, named(where)
    return pronouns, antecedents


def _named_before(before: Telling, things: tuple[int, ...]) -> str:
    """The placeholder of the one mention that "it" or "them" can mean, or ""."""
    letters = [p for p in ("o", "x", "a") if before.fillers.get(p) == things]
    if (letters == ["x"] and "o" in before.fillers) or (letters == ["o"] and "x" in before.fillers):
        return ""
    return letters[0] if letters else ""


ASK = {  # program: how often it is asked
    "where": 5.0, "where_before": 2.0, "where_before_event": 0.5, "where_after": 0.5, "where_first": 0.5, "is_at": 2.0, "was_at": 0.5, "who_has": 2.0, "who_before": 1.0, "who_after": 0.5,
    "who_first": 0.4, "has": 0.7, "carrying": 0.8, "count": 0.5, "contents": 0.8, "who_did": 1.5, "did_what": 0.8, "to_whom": 1.5, "where_did": 0.7, "did": 0.5, "when": 0.5, "unsupported": 0.9,
}  # fmt: skip


def ask(
    rng: Random, world: World, tale: Tale, answerable: bool, programs: tuple[str, ...] = tuple(ASK)
) -> Asked | None:
    """A question about the story so far that can (or cannot) be answered from it; None where none is found."""
    order = sorted(range(len(tale.events)), key=lambda t: (tale.when[t], t))
    events = [tale.events[t] for t in order]
    solver = Solver(events)
    for _ in range(25):
        program = rng.choices(programs, [ASK[p] for p in programs])[0]
        if (
            program == "unsupported"
            and not answerable
            and len(programs) > 1
            and rng.random() < 0.75
        ):
            continue
        query, cast = _query(program, rng, world, events)
        if query is None:
            continue
        keys = [
            k
            for k in frames.QUESTIONS
            if k.split()[0] == program and (" " not in k or k.split()[1] == query.event.kind)
        ]
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
        if (
            program in ("carrying", "contents", "count")
            and not found.members
            and rng.random() < 0.7
            and answerable
        ):
            continue
        found = found._replace(chain=tuple(order[t] for t in found.chain))
        if program == "when" and found.answer >= 0:
            found = found._replace(answer=order[found.answer])
        return Asked(len(tale.events), query, text, {p: cast[p] for p in used}, found)
    return None


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
        return Query(program, entity, place_), {"e": (entity,), "l": (place,)}
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
