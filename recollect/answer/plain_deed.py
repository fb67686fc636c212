"""Deeds that move nothing: "Who opened the parcel?" is answered by the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from recollect.answer.resting import resting
from recollect.answer.same_verb import denied, last_naming
from recollect.english import Clause, lemmas
from recollect.events import KINDS, NO
from recollect.models.event_answers import Found
from recollect.models.event_effects import Events

_PLAIN = frozenset(("<act>", "<unk>", "<see>"))
_SEEN = frozenset(("<see>", "<find>"))
HEDGES = frozenset(
    "not never nobody nothing no_longer <modal> <said> <say> <want> <manage> if or either ? almost "
    "forget <passive>".split()
)


def plain_deed(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> Found | None:
    """Who did something that leaves everything where it is, as the text plainly says it; or None.

    The clause must have the verb of the question and all that it names, and neither deny it, nor
    wish for it, nor report it. Whoever the network reads as its agent is the answer.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    words = asked.words
    verbs = [w for w in words if lemmas(w)]
    if found.program not in ("who_did", "unsupported") or not words or words[0].token != "who":
        return None
    if not verbs or any(w.token not in _PLAIN for w in verbs):
        return None
    if any(w.token in HEDGES and w.token != "?" for w in words):
        return None
    plain = torch.tensor([_is_plain(clause) for clause in timeline])
    wanted = frozenset(lemma for w in verbs for lemma in lemmas(w))
    t = last_naming(asked, timeline, events, alive * plain.view(1, 1, -1), wanted)
    if t < 0:
        return None
    kind = int(events.kinds[0, t].argmax())
    acting = any(w.token in ("<act>", "<unk>") for w in verbs)
    if KINDS[kind] != "none" and not (acting and KINDS[kind] == "move"):
        return None
    named = {w.entity for w in words if w.entity >= 0}
    who = [e for e in (events.agents[0, t] > 0.5).nonzero().flatten().tolist() if e not in named]
    if not who:
        return None
    sure = float(events.agents[0, t, who].min() * events.kinds[0, t, kind])
    return resting(found, who[0], (t,), sure, program="who_did", members=who)


def _is_plain(clause: Clause) -> bool:
    tokens = {w.token for w in clause.words}
    hedges = tokens & HEDGES
    return not hedges or (hedges == {"<passive>"} and "by" in tokens)


def asks_plainly(asked: Clause) -> bool:
    """Whether it is asked where somebody did what moves nothing: "Where did Ann read the book?".

    Or where something was found, which it may have left since.
    """
    tokens = [w.token for w in asked.words]
    verbs = [w.token for w in asked.words if lemmas(w) and w.token != "do"]
    if tokens[:2] == ["where", "<passive>"]:
        return bool(set(verbs) & _SEEN) and set(verbs) <= _SEEN | {"<passive>"}
    return tokens[:2] == ["where", "do"] and bool(verbs) and all(v in _PLAIN for v in verbs)


def plain_place(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> Found | None:
    """Where something was done that moves nothing, as the text plainly says it; or None.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    if found.program not in ("where", "where_did", "unsupported") or not asks_plainly(asked):
        return None
    plain = torch.tensor([_is_plain(clause) for clause in timeline])
    verbs = frozenset(v for w in asked.words for v in lemmas(w)) - {"do", "be"}
    live = alive * plain.view(1, 1, -1)
    t = last_naming(asked, timeline, events, live, verbs)
    if t < 0 and any(w.token == "<see>" for w in asked.words):
        seen = [any(w.token in _SEEN for w in clause.words) for clause in timeline]
        t = last_naming(asked, timeline, events, live * torch.tensor(seen), None)
    if t < 0 or float(events.dests[0, t].max()) < 0.5:
        return None
    place = int(events.dests[0, t].argmax())
    sure = float(events.dests[0, t, place])
    return resting(found, place, (t,), sure, program="where_did")


def said_not(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> Found | None:
    """No, where the text plainly says that what is asked was not, or only nearly, done; or None.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    t = denied(asked, timeline, events, alive)
    if t < 0:
        return None
    sure = float(events.kinds[0, t].max())
    return resting(found, NO, (t,), sure, program="did")
