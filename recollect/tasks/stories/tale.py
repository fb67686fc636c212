"""A simulated story: what happens, how it is worded, what is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from recollect.events import Event, Query, Solution


class Telling(NamedTuple):
    """How one clause is worded.

    Attributes:
        text: with placeholders.
        fillers: the entities that fill each placeholder.
        pronouns: the placeholders told by a pronoun, and which.
        antecedents: for each of these, the clause that names it.
    """

    text: str
    fillers: dict[str, tuple[int, ...]]
    pronouns: dict[str, str]
    antecedents: dict[str, int]


class Asked(NamedTuple):
    """A question put after clause `end`; `text` has placeholders."""

    end: int
    query: Query
    text: str
    fillers: dict[str, tuple[int, ...]]
    solution: Solution


@dataclass
class Tale:
    """A simulated story.

    Attributes:
        kinds: how the reader of English sees each entity: name, person, place, thing, box, noun.
        shown: the same where the text does not tell it: for some of them just noun.
        genders: of each entity as the reader knows it: m, f, n, p (plural) or "".
        sexes: m or f, of people the one that their pronouns tell.
        events: what each clause tells.
        tellings: how each clause is worded.
        when: the event time of each clause.
        questions: what is asked.
    """

    kinds: list[str]
    shown: list[str]
    genders: list[str]
    sexes: list[str]
    events: list[Event] = field(default_factory=list)
    tellings: list[Telling] = field(default_factory=list)
    when: list[float] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
