"""What the words of a question stand for, and what their neighbours make of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from recollect.answer.knowledge.meanings import is_person
from recollect.answer.knowledge.places import asked_where, clauses_of_place, placed_in
from recollect.answer.knowledge.relation_words import Form, RelationWords
from recollect.answer.knowledge.slot import Slot
from recollect.english.morphology import singular

__all__ = ["settled"]

_LIKE_OF = frozenset("for to after in at on about behind".split())  # the currency in France
_KINDS = frozenset("kind type sort".split())


def settled(slots: list[Slot], relations: RelationWords) -> list[Slot]:
    """Settle by their neighbours what words can mean."""
    slots = [_noun_or_verb(slots, n) for n in range(len(slots))]
    slots = _doing(_kind(slots, relations), relations)
    for mend in (_heads, _like_of, _around, _called, _as_what, _which):
        slots = mend(slots)
    slots = clauses_of_place(slots, relations.placed)
    return placed_in(_trusting(asked_where(slots, relations.placed)), relations.placed)


def _noun_or_verb(slots: Sequence[Slot], n: int) -> Slot:
    """Which of two relations of one word is meant, by its place: a noun stands beside of and 's."""
    slot = slots[n]
    beside = {s.token for s in (*slots[max(0, n - 1) : n], *slots[n + 1 : n + 2])}
    noun = bool(beside & {"'s", "of", "whose", "many", "as"})
    if slot.forms and all(form.verb for form in slot.forms):
        agent = is_person(slot.text) or not slot.text.endswith("ed")
        if noun and agent and {form.preposition for form in slot.forms} == {"by"}:
            # the coach of a team, of a table with coached_by
            return slot._replace(token="<noun>", forms=_other_side(slot.forms))
        if noun and slot.text in ("report", "reports"):  # Ann's reports are those who report to her
            return slot._replace(token="<noun>", forms=_other_side(slot.forms))
        before, after = slots[n - 1 : n], slots[n + 1 : n + 2]
        if before and before[0].token in ("which", "what") and after:
            if after[0].token in ("be", "do", "have") and len(slot.forms) == 1:  # which floor is
                return slot._replace(token="<noun>", forms=(replace(slot.forms[0], verb=False),))
    if _noun(slot) and n and slots[n - 1].token in ("that", "who"):  # the country that borders X
        if not slot.article and slots[n + 1 : n + 2] and slots[n + 1].entities:
            forms = tuple(replace(f, verb=True) for f in slot.forms)
            return slot._replace(token="<verb>", forms=forms)
    if _does(slots, n):
        return slot._replace(token="<verb>", forms=_other_side(slot.forms, verb=True), others=())
    if len(slot.forms) < 2 or len({form.verb for form in slot.forms}) < 2:
        return slot
    forms = tuple(form for form in slot.forms if form.verb != noun)
    return slot._replace(token="<noun>" if noun else "<verb>", forms=forms)


def _does(slots: Sequence[Slot], n: int) -> bool:
    """Whether the word for somebody is what he does: who mentors Bob, whom does Ann coach?"""
    slot, before = slots[n], slots[n - 1] if n else Slot("", "")
    if not _noun(slot) or slot.article or not is_person(singular(slot.text)):
        return False
    after = slots[n + 1] if n + 1 < len(slots) else None
    if after is None:
        asked = slots[0].token in ("who", "what", "which") and "do" in {s.token for s in slots}
        return asked and bool(before.entities)
    acts = slot.text.endswith(("s", "ed")) and before.token in ("who", "that", "<sort>", "<unk>")
    return acts and bool(after.entities)


def _other_side(forms: Sequence[Form], *, verb: bool = False) -> tuple[Form, ...]:
    return tuple(replace(f, verb=verb, turned=not f.turned) for f in forms)


def _noun(slot: Slot) -> bool:
    return bool(slot.forms) and not any(form.verb for form in slot.forms)


def _like_of(slots: list[Slot]) -> list[Slot]:
    """The currency in France is that of France; what Topology is a prerequisite for."""
    out = list(slots)
    for n in range(1, len(slots)):
        before = slots[n - 1]
        if before.text == "next" and _noun(before) and slots[n].text in ("after", "to"):
            out[n] = slots[n]._replace(token="of")
            if slots[n].text == "to":  # next to Ann is who follows her and whom she follows
                both = (*before.forms, *_other_side(before.forms))
                out[n - 1] = before._replace(forms=both)
            if n > 1 and slots[n - 2].text in ("comes", "come", "came"):  # what comes next after X
                out[n - 2] = Slot("be", slots[n - 2].text)
        elif slots[n].token == "<prep>" and slots[n].text in _LIKE_OF and _noun(before):
            if before.article and slots[n].text not in {f.preposition for f in before.forms}:
                out[n] = slots[n]._replace(token="of")
    return out


def _around(slots: list[Slot]) -> list[Slot]:
    """On the Blue line, of a table with `on_line`: the relation stands around the name."""
    for n in range(len(slots) - 2):
        prep, name, noun = slots[n : n + 3]
        if prep.token == "<prep>" and name.entities and not noun.article:
            forms = tuple(f for f in noun.forms if f.words[:-1] == (prep.text,))
            if forms:
                noun = Slot("<verb>", f"{prep.text} {noun.text}", (), forms)
                return [*slots[:n], noun, name, *slots[n + 3 :]]
    if len(slots) > 4 and slots[-4].token == "be" and slots[-3].token == "<prep>":
        name, noun = sorted(slots[-2:], key=lambda s: bool(s.forms))  # who is in grade 11?
        asks = slots[0].token in ("who", "what", "which", "how")
        bare = bool(noun.forms) and not any(f.preposition for f in noun.forms)
        if asks and name.entities and bare and not any(s.forms for s in slots[:-4]):
            noun = noun._replace(token="<noun>", article="")
            return [*slots[:-4], Slot("have", "have"), name, Slot("as", "as"), noun]
    return slots


def _called(slots: list[Slot]) -> list[Slot]:
    """The Blue line, the Rhône river: a noun behind a name says what it is, and asks nothing."""
    for n in range(1, len(slots)):
        name, noun = slots[n - 1], slots[n]
        asks = any(s.forms for m, s in enumerate(slots) if m != n)
        ends = n + 1 == len(slots) or slots[n + 1].token not in ("of", "'s")
        if name.entities and name.article == "the" and _noun(noun) and asks and ends:
            if not noun.article:
                return [*slots[:n], *slots[n + 1 :]]
    return slots


def _as_what(slots: list[Slot]) -> list[Slot]:
    """What does Ann work as?"""
    last = slots[-1] if slots else None
    if last and last.token == "as" and any(f.preposition == "as" for s in slots for f in s.forms):
        return [*slots[:-1], last._replace(token="<prep>")]
    return slots


_PHRASE = re.compile(r"(?:<noun> of )*(?:<ent>(?: 's <noun>)*$|(?:<sort>|<unk>) )")


def _which(slots: list[Slot]) -> list[Slot]:
    """On which floor is Ann; what position does Ann play, of a table with `plays_for`."""
    for n in range(len(slots) - 2):
        if slots[n].token not in ("which", "what") or not _noun(slots[n + 1]):
            continue
        behind, last = slots[n + 2 :], slots[-1]
        verbs = [s for s in behind if any(form.verb for form in s.forms)]
        if n == 1 and slots[0].token == "<prep>" and behind[0].token == "be":
            clauses = sum(s.token in ("<sort>", "<unk>") for s in behind)
            phrase = _PHRASE.match(" ".join(s.token for s in behind[1:]))
            if phrase and clauses == len(verbs):  # each clause has its verb, and none is left
                return [slots[1], behind[0], slots[2], Slot("of", "of"), *behind[1:]]
        said = {s.text.lower() for s in slots if s.token == "<prep>"}
        needs = {form.preposition for form in last.forms}
        if behind[0].token == "do" and verbs == [last] and needs and not needs & (said | {""}):
            return [*slots[:-1], Slot("have", last.text)]
    return slots


def _kind(slots: list[Slot], relations: RelationWords) -> list[Slot]:
    """What is a tiger? Is it a cat? What kind of animal is it? - of a table with `is_a`."""
    for n in range(len(slots) - 2):
        if slots[n].text in _KINDS and slots[n].forms and slots[n + 1].token == "of":
            if slots[n + 2].token in ("<unk>", "<sort>"):  # the kind of animal
                return [*slots[: n + 1], *slots[n + 3 :]]
    forms = tuple(relations.kinds())
    if not forms or any(slot.forms for slot in slots):
        return slots
    kind = Slot("<noun>", "kind", (), forms)
    tokens = [slot.token for slot in slots]
    if tokens == ["what", "be", "<ent>"]:
        return [*slots[:2], kind, Slot("of", "of"), slots[2]]
    if tokens == ["be", "<ent>", "<ent>"] and slots[2].article:
        return [slots[0], slots[2], kind, Slot("of", "of"), slots[1]]
    return slots


def _doing(slots: list[Slot], relations: RelationWords) -> list[Slot]:
    """What does Ann do? - what is her job?"""
    tokens = [slot.token for slot in slots]
    if len(slots) < 4 or (*tokens[:2], tokens[-1]) != ("what", "do", "do"):
        return slots
    forms = relations.at(["job"], 0)[1] or [f for way in relations.near(["job"], 0) for f in way]
    if not forms:
        return [*slots[:-1], slots[-1]._replace(token="<unk>")]
    return [*slots[:-1], Slot("<verb>", "do", (), tuple(replace(f, verb=True) for f in forms))]


def _trusting(slots: list[Slot]) -> list[Slot]:
    """Take "films" in "which films did X direct" for a kind of thing, where a relation is asked.

    So also "book" in "the book that X wrote", "the book X wrote", "all books written by X".
    """
    for n, slot in enumerate(slots):
        if slot.token == "<sort>" and slot.text.lower() in _PLACES:
            slots[n] = slot._replace(trusted=True)
        if slot.token != "<unk>" or (slot.text[0].isupper() and n):
            continue
        if slot.text.lower() in _NO_KIND or slot.text.endswith("est"):
            continue
        before = slots[n - 1].token if n else ""
        after = slots[n + 1] if n + 1 < len(slots) else None
        if before == "many" and slots[-1].token == "have":  # how many horses does Ann have?
            continue
        follows = any(s.forms for s in slots[n + 1 :])
        if after is None:
            sure = before in ("which", "what") and any(s.forms for s in slots)
        elif before in ("which", "what", "many") or after.token in _OPENERS:
            sure = follows
        else:
            verb = any(form.verb for form in after.forms)
            listed = before in ("", "tell", "name", "<verb>", "<prep>", "of")
            clause = bool(after.entities) and slot.article and _verb_behind(slots, n + 2)
            sure = (verb and (slot.article or listed)) or clause
        if sure:
            slots[n] = slot._replace(token="<sort>", trusted=True)
    return slots


_PLACES = frozenset("city cities town country".split())  # a country may be told as a city
_NO_KIND = frozenset(
    "not never no without except same than only most least more less fewer first last other "
    "another before older younger oldest newest next previous neither nor".split()
)
_OPENERS = ("that", "who", "which", "where")


def _verb_behind(slots: Sequence[Slot], n: int) -> bool:
    """Whether a clause goes on with a verb: the book Ann wrote, the book Ann's father wrote."""
    while n + 1 < len(slots) and slots[n].token == "'s":
        n += 2
    while n < len(slots) and slots[n].token in ("be", "do", "have"):
        n += 1
    return n < len(slots) and any(form.verb for form in slots[n].forms)


def _heads(slots: list[Slot]) -> list[Slot]:
    """The painting that hangs in Rome, of a table with `painted_by`."""
    return [
        slot._replace(token="<sort>", forms=(), others=())
        if slot.forms
        and slot.article
        and slot.text.endswith("ing")
        and all(form.verb for form in slot.forms)
        and after.token in _OPENERS
        else slot
        for slot, after in zip(slots, [*slots, Slot("", "")][1:], strict=True)
    ]
