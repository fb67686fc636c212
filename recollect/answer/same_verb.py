"""The clause that a question repeats: "Who found the key?" means the one that says "found"."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from recollect.answer.resting import resting
from recollect.english import Clause, lemmas
from recollect.events import ALIKE, KINDS, PROGRAMS, TAGS, UNKNOWN, YES
from recollect.models.event_answers import Found
from recollect.models.event_effects import Events
from recollect.models.event_memory import Asking

_ABOUT_ONE = ("who_did", "did_what", "to_whom", "where_did", "when", "where_before_event")
_BY_WALK = ("where_did", "where_before_event")  # where somebody was then needs what came before
_SILENT = frozenset(("none", "not_at", "not_have", "either"))
# ways to come by a thing, or to part with it, that are not one another
_WAYS = tuple(
    frozenset(words.split())
    for words in (
        "buy purchase",
        "steal rob snatch pinch swipe nick pocket",
        "borrow rent hire",
        "find discover spot",
        "inherit",
        "win",
        "sell",
        "lend loan",
        "send post mail ship",
        "throw toss hurl fling",
        "donate",
    )
)
_SEIZING = frozenset(
    "fetch grab collect snatch steal pick lift pull retrieve catch buy purchase".split()
)
"""What who is given a thing does not do."""
_DENYING = frozenset("not never almost".split())
_SUPPOSED = frozenset("<said> if either or ? <say> <want> <manage> <modal>".split())
_UNABLE = ("could", "can")  # who could not find it did not
_AUXILIARY = frozenset("do be have will would can could may might must shall should".split())
_GOING = frozenset(("<go>", "<enter>"))
_STAYING = frozenset(("<stay>", "be", "was"))
# said of so many events that a question in one of these means any like it
_GENERAL = frozenset(
    "be do have take get put give go come move bring leave place set carry pick hold keep drop "
    "pass hand make grab tell say let can will would may could should must".split()
)


def repeated(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> int:
    """The number of the last clause with the question's own verb and all that it names, or -1.

    Only for questions about one event. Of "take", "put" and the like any event of that kind will
    do that is told with such a word; of one that is not ("found", of "Who took it?") the words
    count, as they do where there is no event of the kind.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    if found.program not in _ABOUT_ONE:
        return -1
    asked = until_while(asked)
    verbs = _verbs(asked)
    if _of_the_kind(found, events) and verbs & _GENERAL & _verbs(_at(timeline, found)):
        verbs -= _GENERAL
    if not any(w.entity >= 0 for w in asked.words):
        return -1
    if not verbs - _AUXILIARY:
        return _gone_there(asked, timeline, events, alive, found)
    kinds = events.kinds[0].argmax(-1).tolist()
    supposed = [bool({w.token for w in clause.words} & _SUPPOSED) for clause in timeline]
    told = zip(kinds, supposed, strict=True)
    telling = torch.tensor([KINDS[kind] not in _SILENT and not s for kind, s in told])
    live = alive * telling.view(1, 1, -1)
    t = last_naming(asked, timeline, events, live, frozenset(verbs - _AUXILIARY))
    alike = frozenset(word for way in _WAYS if way & verbs for word in way)
    return t if t >= 0 or not alike else last_naming(asked, timeline, events, live, alike)


def until_while(asked: Clause) -> Clause:
    """A question without the clause that says what went on meanwhile."""
    cut = next((n for n, w in enumerate(asked.words) if n > 1 and w.token == "while"), None)
    if cut is None:
        return asked
    end = tuple(w for w in asked.words[-1:] if w.token == "?")
    return asked._replace(words=asked.words[:cut] + end)


def swapped(asking: Asking, events: Events, t: int) -> bool:
    """Whether event `t` gives the other way round: from whom it was asked to be to."""
    if KINDS[int(events.kinds[0, t].argmax())] != "give":
        return False
    for tag, role, other in (
        ("agent", events.agents, events.recipients),
        ("recipient", events.recipients, events.agents),
    ):
        meant = asking.roles[0, 0, TAGS.index(tag)] > 0.5
        if bool((meant & (role[0, t] < 0.3) & (other[0, t] > 0.5)).any()):
            return True
    return False


def _gone_there(
    asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor, found: Found
) -> int:
    """The last clause of going there, where the one found says that somebody stayed; or -1."""
    if not found.chain or not any(w.token in _GOING for w in asked.words):
        return -1
    if not any(w.token in _STAYING for w in timeline[event_of(found)].words):
        return -1
    moves = events.kinds[0].argmax(-1) == KINDS.index("move")
    gone = torch.tensor([any(w.token in _GOING for w in c.words) for c in timeline])
    live = alive * (moves & gone).view(1, 1, -1)
    named = sorted({w.entity for w in asked.words if w.entity >= 0})
    for t in range(len(timeline) - 1, -1, -1):
        if live[0, 0, t] > 0.5 and bool((events.mentions[0, t, named] > 0.5).all()):
            return t
    return -1


def last_naming(
    asked: Clause,
    timeline: Sequence[Clause],
    events: Events,
    alive: Tensor,
    verbs: frozenset[str] | None,
) -> int:
    """The number of the last live clause with one of `verbs` and all that is asked about, or -1.

    With no `verbs` any clause will do that names all.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    named = sorted({w.entity for w in asked.words if w.entity >= 0})
    for t in range(len(timeline) - 1, -1, -1):
        if alive[0, 0, t] < 0.5 or bool((events.mentions[0, t, named] < 0.5).any()):
            continue
        if verbs is None or any(verbs & lemmas(w) for w in timeline[t].words):
            return t
    return -1


def denied(asked: Clause, timeline: Sequence[Clause], events: Events, alive: Tensor) -> int:
    """The last clause with the question's verb and all that it names, if it denies the deed; or -1.

    Of who is asked about alone ("Did Ann swim?") the clause must name nobody else.

    Shapes:
        alive: ``(1, 1, T)``.
    """
    if not asked.text.lower().startswith(("did ", "has ", "have ", "had ", "does ", "do ")):
        return -1
    verbs = frozenset(lemma for w in asked.words for lemma in lemmas(w)) - _AUXILIARY
    plain = {w.token for w in asked.words} & _DENYING
    named = {w.entity for w in asked.words if w.entity >= 0}
    if not verbs or plain or not named:
        return -1
    t = last_naming(asked, timeline, events, alive, verbs)
    if t < 0 or (len(named) == 1 and int((events.mentions[0, t] > 0.5).sum()) > 1):
        return -1
    tokens = {w.token for w in timeline[t].words}
    unable = _unable(timeline[t], verbs)
    if unable:  # but there may have been another time
        other = alive.clone()
        other[..., t] = 0
        if last_naming(asked, timeline, events, other, verbs) >= 0:
            return -1
    supposed = tokens & (_SUPPOSED - {"<modal>"} if unable else _SUPPOSED)
    return t if tokens & _DENYING and not supposed else -1


def _unable(clause: Clause, verbs: frozenset[str]) -> bool:
    """Whether the deed itself is what could not be done: not "could not stop reading"."""
    words = list(clause.words)
    at = next((n for n, w in enumerate(words) if w.token == "<modal>"), len(words))
    if at == len(words) or not words[at].text.lower().startswith(_UNABLE):
        return False
    deed = next((lemmas(w) for w in words[at + 1 :] if lemmas(w) - _AUXILIARY), frozenset())
    return bool(deed & verbs)


def at_odds(asked: Clause, timeline: Sequence[Clause], events: Events, found: Found) -> bool:
    """Whether the question and the clause found for it tell of different deeds.

    They may name different ways (bought, but stolen); who was given a thing did not fetch it; and
    where it was brought to is not where it was got.
    """
    if found.program == "did" and found.answer == YES and found.chain:
        return any(way & _verbs(asked) and not way & _verbs(_at(timeline, found)) for way in _WAYS)
    if found.program not in _ABOUT_ONE or found.answer == UNKNOWN or not found.chain:
        return False
    kind = KINDS[int(events.kinds[0, event_of(found)].argmax())]
    if found.program == "where_did" and found.query.event.kind == "take" and kind == "bring":
        return True
    if kind == "give" and _SEIZING & _verbs(asked) and "sell" not in _verbs(_at(timeline, found)):
        return True
    asked_ways, told = _ways(asked), _at(timeline, found)
    if not asked_ways or asked_ways & _ways(told):
        return False
    return bool(_ways(told)) or not _verbs(told) & _GENERAL  # who packed it did not buy it


def event_of(found: Found) -> int:
    """The number of the event that was found for a question about one."""
    return found.chain[0] if found.program in _BY_WALK else found.chain[-1]


def _at(timeline: Sequence[Clause], found: Found) -> Clause:
    return timeline[event_of(found)]


def _verbs(clause: Clause) -> set[str]:
    return {lemma for w in clause.words for lemma in lemmas(w)}


def _ways(clause: Clause) -> set[int]:
    verbs = _verbs(clause)
    return {i for i, way in enumerate(_WAYS) if verbs & way}


def not_told(found: Found, t: int, events: Events) -> Found:
    """No answer, with event `t` as the reason."""
    return resting(found, UNKNOWN, (t,), float(events.kinds[0, t].max()))


def _of_the_kind(found: Found, events: Events) -> bool:
    """Whether an event of the very kind that is asked about was found."""
    if not found.chain:
        return False
    return KINDS[int(events.kinds[0, event_of(found)].argmax())] == found.query.event.kind


def of_event(
    t: int, events: Events, asking: Asking, alive: Tensor, found: Found
) -> tuple[Events, Asking, Tensor]:
    """The question put as one about event `t`, whoever is in it; nor it nor its kind is in doubt.

    Shapes:
        alive: ``(1, 1, T)``, as is the last result.
    """
    kind = int(events.kinds[0, t].argmax())
    kinds = asking.kinds
    if KINDS[kind] not in ALIKE.get(found.query.event.kind, ()):
        kinds = torch.full_like(kinds, -math.inf)
        kinds[..., kind] = 0.0
    sought, theme = TAGS.index("sought"), TAGS.index("theme")
    roles = torch.zeros_like(asking.roles)
    whom = sought if bool((asking.roles[0, 0, sought] > 0.5).any()) else theme
    roles[0, 0, sought] = asking.roles[0, 0, whom]
    counted = alive.clone()
    counted[..., t + 1 :] = 0
    if found.program not in _BY_WALK:
        counted[..., :t] = 0
    certain = events.kinds.clone()
    certain[0, t] = 0
    certain[0, t, kind] = 1
    told = events._replace(kinds=certain)
    programs = torch.full_like(asking.programs, -math.inf)
    programs[..., PROGRAMS.index(found.program)] = 0.0
    return told, asking._replace(programs=programs, kinds=kinds, roles=roles), counted
