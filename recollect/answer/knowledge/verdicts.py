"""Yes, no and numbers from what a walk reached; and answers that are not of the kind asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recollect.answer.knowledge.base import Knowledge
from recollect.answer.knowledge.meanings import is_person
from recollect.answer.knowledge.slot import Slot
from recollect.answer.knowledge.walking import Counts, Hop, Wanted
from recollect.answer.phrasing import join
from recollect.english.morphology import singular
from recollect.models.chain_reader import Chain

__all__ = ["is_no", "numbers", "of_a_kind", "other_kind"]

_NUMBER = re.compile(r"[-+]?[\d.,\s]*\d\s*%?")
_TIME = re.compile(
    r"\d|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|(sun|mon|tues|wednes|thurs|fri|satur)day"
    r"|spring|summer|autumn|winter|century|today|yesterday|noon|midnight|morning|evening|night"
    r"|week|month|year|easter|christmas",
    re.I,
)
_MONTHS = re.compile(r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b", re.I)
_NO_PLACE = frozenset("as with by about since".split())


def is_no(
    knowledge: Knowledge, wanted: Wanted, hop: Hop, asked: Sequence[int], counts: Counts
) -> bool:
    """Whether what a last hop reached speaks against the one that was asked.

    It does where nearly every subject has one object, and this subject has one; or where nearly
    every object has one subject, and the one that was asked has another.
    """
    if len({relation for relation, _ in wanted.relations}) != 1:
        return False
    (relation, back), *_ = wanted.relations
    ahead, behind = knowledge.single, knowledge.single_back
    if back:
        ahead, behind = behind, ahead
    if ahead[relation]:
        begins = hop.begins.tolist()
        return len(set(begins)) == len(begins)
    if not behind[relation]:
        return False
    look = knowledge.forward if back else knowledge.backward
    return all(bool(counts(look(entity, relation)).any()) for entity in asked)


def of_a_kind(
    knowledge: Knowledge, found: Sequence[int], asked: Sequence[int], counts: Counts
) -> bool:
    """Whether the one asked about is told of as those found are.

    Ann's mother is Eve, and so is not Ida; but she may be a nurse, which nobody is as a mother.
    """

    def roles(entity: int) -> set[tuple[int, bool]]:
        slots = knowledge.about(entity)[:200]
        slots = slots[counts(slots)].tolist()
        return {
            (int(knowledge.rels[slot]), int(knowledge.objects[slot]) == entity) for slot in slots
        }

    known = set().union(*(roles(entity) for entity in list(found)[:20]))
    return all(roles(entity) & known for entity in asked)


def numbers(names: Sequence[str]) -> bool:
    """Whether all answers are numbers: "how many legs" may be told and need not be counted."""
    return all(_NUMBER.fullmatch(name) for name in names)


def _dates(names: Sequence[str]) -> bool:
    """Whether all answers are numbers or dates."""
    return all(
        any(c.isdigit() for c in name) and not any(c.isalpha() for c in _MONTHS.sub("", name))
        for name in names
    )


def other_kind(
    knowledge: Knowledge, slots: Sequence[Slot], chain: Chain, hop: Hop, names: Sequence[str]
) -> str:
    """Why what was found does not answer who, where or when; "" where it may.

    "When was Ann born?" of a table that tells the town is not answered by the town.
    """
    asked = next((s.token for s in slots if s.token in ("who", "when", "where")), "")
    first = next((s.token for s in slots if s.token in _OPEN), "")
    how = [s.token for s in slots[:2]] in (["how", "do"], ["how", "be"])  # how did Ann die?
    if how:
        asked = first = "how"
    if not asked or asked != first:
        return ""
    if slots[0].token == "<prep>":  # in whom, at what
        return ""
    last = slots[chain.steps[-1][0]]
    prepositions = {form.preposition for form in last.forms}
    if asked == "how":
        wrong = _dates(names) or not prepositions & {"by", "with", "through", "as", "", "of"}
    elif asked == "when":
        wrong = not any(_TIME.search(name) for name in names)
    elif asked == "where":
        person = not any(f.verb for f in last.forms) and is_person(singular(last.text.lower()))
        wrong = _dates(names) or prepositions <= _NO_PLACE or person
    else:
        wrong = _dates(names)
    if not wrong:
        return ""
    line = int(hop.slots.min())
    named = join(list(dict.fromkeys(knowledge.relations[f.relation] for f in last.forms)))
    return (
        f"No line tells {asked}; of {named}, line {int(knowledge.lines[line])} tells "
        f"{knowledge.text(line)}."
    )


_OPEN = frozenset("who what when where which whose how".split())
