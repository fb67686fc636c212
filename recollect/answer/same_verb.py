"""The clause that a question repeats: "Who found the key?" means the one that says "found"."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from recollect.english import Clause, lemmas
from recollect.events import KINDS, TAGS
from recollect.models.event_answers import Found
from recollect.models.event_memory import Asking
from recollect.models.event_programs import Events

_ABOUT_ONE = ("who_did", "did_what", "to_whom", "where_did", "when", "where_before_event")
_SILENT = frozenset(("none", "unclear", "not_at", "not_have", "either"))
# said of so many events that a question in one of these means any like it
_GENERAL = frozenset(
    "be do have take get put give go come move bring leave place set carry pick hold keep drop "
    "pass hand make grab tell say let can will would may could should must".split()
)


def repeated(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> int:
    """The number of the last clause with the question's own verb and all that it names, or -1.

    Only for questions about one event, and for verbs that say more than "take" or "put".

    Shapes:
        alive: ``(1, 1, T)``.
    """
    if found.program not in _ABOUT_ONE:
        return -1
    verbs = {lemma for w in asked.words for lemma in lemmas(w)} - _GENERAL
    named = sorted({w.entity for w in asked.words if w.entity >= 0})
    if not verbs or not named:
        return -1
    for t in range(len(timeline) - 1, -1, -1):
        if alive[0, 0, t] < 0.5 or KINDS[int(events.kinds[0, t].argmax())] in _SILENT:
            continue
        if bool((events.mentions[0, t, named] < 0.5).any()):
            continue
        if any(verbs & lemmas(w) for w in timeline[t].words):
            return t
    return -1


def of_event(t: int, events: Events, asking: Asking, alive: Tensor) -> tuple[Asking, Tensor]:
    """The question put as one about event `t`: of its kind, whoever is in it, and nothing later.

    Shapes:
        alive: ``(1, 1, T)``, as is the second result.
    """
    kinds = torch.full_like(asking.kinds, -math.inf)
    kinds[..., int(events.kinds[0, t].argmax())] = 0.0
    sought, theme = TAGS.index("sought"), TAGS.index("theme")
    roles = torch.zeros_like(asking.roles)
    whom = sought if bool((asking.roles[0, 0, sought] > 0.5).any()) else theme
    roles[0, 0, sought] = asking.roles[0, 0, whom]
    until = alive.clone()
    until[..., t + 1 :] = 0
    return asking._replace(kinds=kinds, roles=roles), until
