"""The closed vocabulary that a person's text is brought to, and the values that carry it.

Everything a model may see of a sentence is a row of `TOKENS`: function words, verb *classes* and the *kinds* of the
entities that are mentioned. Names, places and things stay outside the vocabulary as numbered entities, so that a word
nobody has seen in training is as good as any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

KINDS = ("name", "person", "place", "thing", "box", "noun")
"""Kinds of an entity; the token of a mention is the kind in angle brackets."""

VERBS = (
    "<go>", "<enter>", "<exit>", "leave", "<follow>", "<take>", "take", "get", "carry", "<bring>", "<send>", "<hold>",
    "had", "<drop>", "<lose>", "<put>", "hide", "<give>", "<receive>", "<find>", "<see>", "<meet>", "be", "was", "<stay>", "<swap>",
    "<destroy>", "<say>", "<want>", "forget", "<manage>", "<act>",
)  # fmt: skip
"""Verb classes: one token stands for every verb that does the same to where things are."""

TOKENS = (
    "<pad>", "<unk>",
    *(f"<{kind}>" for kind in KINDS),
    # pronouns and question words
    "he", "she", "they", "it", "him", "them", "her", "there", "here",
    "who", "what", "which", "where", "when", "how", "many", "why", "whose",
    "someone", "nobody", "nothing", "everyone", "something",
    *VERBS,
    # what makes a clause other than a plain fact
    "do", "<modal>", "<passive>", "not", "never", "no_longer", "if", "or", "either", "maybe", "almost", "<said>", "?",
    # prepositions and particles
    "to", "into", "in", "on", "at", "from", "of", "with", "without", "by", "under", "above", "behind", "near", "beside",
    "between", "towards", "out", "off", "up", "down", "through", "past", "across", "over", "around", "back", "away",
    "outside", "for", "than", "left", "right", "north", "south", "east", "west",
    # the order of events, and the rest
    "and", "before", "after", "until", "while", "because", "then", "first", "last", "still", "ever", "also",
    "together", "alone", "again", "now", "only", "both", "all", "<adj>", "<number>",
)  # fmt: skip
"""Every token a clause is made of."""

TOKEN_IDS = {token: number for number, token in enumerate(TOKENS)}
"""The row of each token."""

LONGEST = 16
"""Words of the longest clause."""


class Unreadable(ValueError):
    """The text as a whole cannot be read; the message is one sentence for a person."""


class Word(NamedTuple):
    """One word of a clause.

    Attributes:
        token: a member of `TOKENS`; for a mention of an entity, the token of its kind.
        entity: index into `Story.entities`, or -1.
        text: what the person wrote.
    """

    token: str
    entity: int
    text: str


class Clause(NamedTuple):
    """One statement (or question) with one verb, brought to the closed vocabulary.

    Attributes:
        words: at most `LONGEST` words.
        line: 1-based line of the source in which the sentence starts.
        sentence: 0-based running number of the sentence.
        when: place in time; equal values keep the order of the text.
        text: the whole sentence as written.
    """

    words: tuple[Word, ...]
    line: int
    sentence: int
    when: float
    text: str

    @property
    def tokens(self) -> str:
        """The tokens, separated by blanks."""
        return " ".join(word.token for word in self.words)


@dataclass(slots=True)
class Entity:
    """Somebody or something the text speaks of.

    Attributes:
        name: as first written, without its determiner: "brass key", "Mary", "Paris", "I".
        kind: one of `KINDS`.
        gender: "m", "f", "n", "p" (several), or "" where unknown.
    """

    name: str
    kind: str
    gender: str = ""


class Note(NamedTuple):
    """A piece of the text that could not be read, or not with certainty.

    Attributes:
        line: 1-based line of the source.
        text: what was written.
        reason: why, in a few words.
    """

    line: int
    text: str
    reason: str


@dataclass(slots=True)
class Story:
    """A text that has been read: its lines, its clauses in the order they were written, and whom they speak of."""

    lines: list[str] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    moments: dict[int, str] = field(default_factory=dict)  # of a log: line -> its time as written
    memory: object = field(
        default=None, repr=False, compare=False
    )  # how mentions are resolved, for questions
