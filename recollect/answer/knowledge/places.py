"""Questions about where something is, for which a table has a relation of another name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from recollect.answer.knowledge.relation_words import Form
from recollect.answer.knowledge.slot import Slot

__all__ = ["asked_where", "clauses_of_place", "placed_in"]


def clauses_of_place(slots: list[Slot], placed: Callable[[str], list[Form]]) -> list[Slot]:
    """The country Lyon is in, of a table with `located_in`."""
    for n in range(3, len(slots) + 1):
        be, name = slots[n - 1], slots[n - 2]
        if be.token != "be" or not name.entities:
            continue
        head = slots[n - 3].token
        prep = slots[n] if n < len(slots) else None
        if prep is None and head == "where":  # the country where Lyon is
            forms = tuple(placed(""))
            if forms and n > 3:
                return [*slots, Slot("<verb>", "is", (), forms)]
        if prep and prep.token == "<prep>" and head in ("<sort>", "<unk>", "that", "which"):
            forms = tuple(placed(prep.text))
            behind = slots[n + 1].token if n + 1 < len(slots) else ""
            if forms and behind not in ("<ent>", "<noun>", "<sort>", "which", "what"):
                verb = Slot("<verb>", prep.text, (), forms)
                return [*slots[:n], verb, *slots[n + 1 :]]
    return slots


def asked_where(slots: list[Slot], placed: Callable[[str], list[Form]]) -> list[Slot]:
    """In which province is the town that Ann represents? - where is it located?"""
    tokens = [slot.token for slot in slots]
    inside = _asked_inside(tokens)
    if inside:
        forms = tuple(placed((slots[0] if tokens[0] == "<prep>" else slots[-1]).text.lower()))
        if forms:
            verb = Slot("<verb>", "is", (), forms)
            return [slots[inside[0] - 3], slots[inside[0] - 2], slots[inside[0] - 1],
                    *slots[slice(*inside)], verb]  # fmt: skip
    size = next((len(w) for w in _ASKS_WHERE if tuple(tokens[: len(w)]) == w), 0)
    behind = slots[size:]
    if not size or not behind or behind[0].token not in ("<sort>", "<unk>"):
        return slots
    # Each clause has its verb, and none is left to say where.
    verbs = sum(
        bool(s.forms) and not s.article and behind[n - 1].token != "'s" and after != "of"
        for n, (s, after) in enumerate(zip(behind, [*tokens[size + 1 :], ""], strict=True))
    )
    if verbs != sum(s.token in ("<sort>", "<unk>") for s in behind):
        return slots
    forms = tuple(placed(slots[0].text.lower() if slots[0].token == "<prep>" else ""))
    asked = [Slot("where", "where"), slots[size - 1], *behind]
    if forms:
        return [*asked, Slot("<verb>", "is", (), forms)]
    return slots if size == 2 else [*asked, slots[2]._replace(token="<unk>")]


_INSIDE = re.compile(
    r"(<prep> )?(which|what) (<sort>|<unk>) be ((?:<noun> of )*<ent>(?: 's <noun>)*)( <prep>)?"
)


def _asked_inside(tokens: Sequence[str]) -> tuple[int, int] | None:
    """The phrase in "which country is the hub of X in", where a place is asked and no verb is."""
    found = _INSIDE.fullmatch(" ".join(tokens))
    if not found or bool(found[1]) == bool(found[5]):
        return None
    begin = 4 if found[1] else 3
    return begin, begin + len(found[4].split())


_ASKS_WHERE = (
    ("where", "be"),
    ("<prep>", "which", "<unk>", "be"),
    ("<prep>", "what", "<unk>", "be"),
    ("<prep>", "which", "<sort>", "be"),
    ("<prep>", "what", "<sort>", "be"),
)


def placed_in(slots: list[Slot], placed: Callable[[str], list[Form]]) -> list[Slot]:
    """Is Berlin in Germany? Where is Berlin? - of a table with `located_in`."""
    if any(slot.forms for slot in slots) or not any(slot.entities for slot in slots):
        return slots
    for n, slot in enumerate(slots):
        forms = placed(slot.text) if slot.token == "<prep>" else []
        if forms:
            return [*slots[:n], Slot("<verb>", slot.text, (), tuple(forms)), *slots[n:]]
    forms = placed("")
    if [slot.token for slot in slots] == ["where", "be", "<ent>"] and forms:
        return [*slots, Slot("<verb>", "is", (), tuple(forms))]
    return slots
