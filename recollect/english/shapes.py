"""Sentences of one shape are analysed once.

"Mary went to the attic" and "Omar went to the shed" differ only in a plain name and a plain noun. The shape of a
sentence is its tokens with those replaced by their kind; what the analysis found for a shape is a `Plan` with slots.
"""

from __future__ import annotations

from typing import NamedTuple

from recollect.english.clock import Span
from recollect.english.items import Item, Mention
from recollect.english.lexicon import ADVERBIAL_PLACES, BARE_PLACES, DETERMINERS, MEASURES, PARTS
from recollect.english.light_verbs import LIGHT, TRIPS, VEHICLES
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.names import CITIES, DAYS, MONTHS, NAMES, TITLES, WORDS_TOO
from recollect.english.nouns import ADJECTIVES, ANIMALS, KIND, NOUNS, PERSONS
from recollect.english.scanner import _NOUN_TOO, _SMALL
from recollect.english.time_words import STARTERS
from recollect.english.tokens import Raw
from recollect.english.verb_words import _CLOTHES

Part = tuple[str, str, Mention | int | None]
"""A word to be: token, text, and the mention it stands for (a number is a slot)."""


class Plan(NamedTuple):
    """What the analysis of a sentence found.

    Attributes:
        span: its time expressions.
        order: the mentions in the order of the text.
        clauses: the words of each clause.
        subject: the subject that a next sentence without one takes over; None leaves the one before.
        reason: what was not understood, or "".
    """

    span: Span
    order: list[Mention | int]
    clauses: list[list[Part]]
    subject: list[tuple[Item, int]] | None
    reason: str


_SPECIAL = (
    PARTS | MEASURES | LIGHT | TRIPS | VEHICLES | BARE_PLACES | ADVERBIAL_PLACES | _CLOTHES | ANIMALS
    | frozenset(WORDS_TOO) | frozenset(VERB_FORMS) | ADJECTIVES | _SMALL | STARTERS | frozenset(TITLES) | NOUNS
    | frozenset(("visit", "way", "time", "rest"))
)  # fmt: skip
_PLAIN_NOUNS = {
    noun: f"<{kind}{PERSONS.get(noun, '')}>" for noun, kind in KIND.items()
    if noun not in _SPECIAL and singular(noun) == noun and noun.isalpha()
}  # fmt: skip
_NOT_NAMES = (
    frozenset(WORDS_TOO) | CITIES | frozenset(KIND) | NOUNS | ADJECTIVES | frozenset(VERB_FORMS) | _SMALL | STARTERS
    | frozenset(TITLES) | frozenset(MONTHS) | frozenset(DAYS)
)  # fmt: skip
_PLAIN_NAMES = {name: f"<name{gender}>" for name, gender in NAMES.items() if name not in _NOT_NAMES}
_PLAIN_ADJECTIVES = (
    ADJECTIVES
    - _SMALL
    - frozenset(VERB_FORMS)
    - frozenset(KIND)
    - NOUNS
    - STARTERS
    - frozenset(WORDS_TOO)
)
_AFTER_NOUN = (_SMALL - _NOUN_TOO - {"of", "'s"}) | frozenset(("", ".", ",", "!", ";"))
_BEFORE_NAME = frozenset(DETERMINERS) | frozenset((".", "'s", "called", "named", "-", "&"))
_MENTIONS: dict[tuple[str, ...], Mention] = {}


def _name(raw: Raw, gender: str) -> Mention:
    found = _MENTIONS.get((raw.text,))
    if found is None:
        found = Mention(raw.text, raw.text, raw.low)
        found.proper, found.kind, found.gender = True, "name", gender
        found.mods = frozenset((raw.low,))
        _remember((raw.text,), found)
    return found


def _noun(raws: list[Raw]) -> Mention:
    key = tuple(raw.text for raw in raws)
    found = _MENTIONS.get(key)
    if found is None:
        head = raws[-1].low
        found = Mention(" ".join(key), " ".join(key[1:]), head)
        found.det, found.kind = "def", KIND[head]
        found.gender = PERSONS.get(head, "n") if found.kind == "person" else "n"
        found.mods = frozenset(raw.low for raw in raws[1:-1])
        _remember(key, found)
    return found


def _remember(key: tuple[str, ...], mention: Mention) -> None:
    if len(_MENTIONS) > 50_000:
        _MENTIONS.clear()
    _MENTIONS[key] = mention


def shape(raws: list[Raw], names: frozenset[str]) -> tuple[tuple[str, ...], list[Mention]]:
    """The shape of a sentence and the mentions that fill its slots."""
    key: list[str] = []
    slots: list[Mention] = []
    at, end = 0, len(raws)
    before = ""
    while at < end:
        raw = raws[at]
        text, low = raw
        after = raws[at + 1].low if at + 1 < end else ""
        if text[0].isupper() and low not in _NOT_NAMES and text[1:].islower() and text.isalpha():
            kind = _PLAIN_NAMES.get(low) or (
                "<name>" if low in names and not low.endswith("ly") else None
            )
            following = raws[at + 1].text[0] if after else ""
            if (
                kind
                and before not in _BEFORE_NAME
                and not following.isupper()
                and not following.isdigit()
                and (
                    after not in ("'s", "'", "(", ":", '"')
                    and not (at and raws[at - 1].text[0].isupper() and at > 1)
                )
            ):
                key.append(kind)
                slots.append(_name(raw, kind[5:-1]))
                before = low
                at += 1
                continue
        elif low == "the":
            j = at + 1
            while j < end and raws[j].low in _PLAIN_ADJECTIVES and raws[j].text[0].islower():
                j += 1
            if (
                j < end
                and raws[j].text in _PLAIN_NOUNS
                and (raws[j + 1].low if j + 1 < end else "") in _AFTER_NOUN
            ):
                if raws[j].low not in names:
                    key.append(_PLAIN_NOUNS[raws[j].low] + text)
                    slots.append(_noun(raws[at : j + 1]))
                    before = raws[j].low
                    at = j + 1
                    continue
        key.append(
            text + "*" if low in names else text if low == text.lower() else text + "/" + low
        )
        before = low
        at += 1
    return tuple(key), slots


def match(mentions: list[Mention], slots: list[Mention]) -> dict[int, int] | None:
    """Which slot each mention of an analysis is (by the mention's id); None if a slot has no mention."""
    found: dict[int, int] = {}
    n = 0
    for mention in mentions:
        if n < len(slots):
            slot = slots[n]
            if (
                mention.text == slot.text and mention.name == slot.name and mention.head == slot.head
                and mention.kind == slot.kind and mention.owner is None and mention.mods == slot.mods
                and mention.det in (slot.det, "") and mention.proper == slot.proper and not mention.extra
            ):  # fmt: skip
                found[id(mention)] = n
                n += 1
    return found if n == len(slots) else None
