"""What events cannot settle, though the network found something: no guess is given."""

from __future__ import annotations

from collections.abc import Sequence

from recollect.answer.phrasing import Case, join
from recollect.answer.plain_deed import asks_plainly
from recollect.answer.result import Evidence
from recollect.english import VERBS, lemmas
from recollect.events import NO, NOBODY
from recollect.models.event_answers import Found

_ABOUT_EVENTS = ("who_did", "did_what", "to_whom", "where_did", "did", "when")
_WITHOUT_EFFECT = frozenset(("<act>", "<unk>", "<want>", "<say>", "forget", "be", "was"))
_LISTS = ("contents", "count", "carrying")
_COUNTED = frozenset("thing things object objects item items people person persons".split())


def limit(case: Case, found: Found, text: str, evidence: Sequence[Evidence]) -> str:
    """Why the answer `text` is not to be given, in one sentence; "" where it may be."""
    words = case.asked.words
    if found.program in _ABOUT_EVENTS or asks_plainly(case.asked):
        verbs = [w for w in words if w.token in VERBS]
        if verbs and all(w.token in _WITHOUT_EFFECT for w in verbs):
            strange = [w.text for w in verbs if w.token in ("<act>", "<unk>")]
            if strange:
                return f"Only who has what and who is where is followed, not {join(strange)!r}."
    if found.program != "count" and any(w.token == "many" for w in words):
        return "The text does not say how many, or not for certain."
    if found.program == "count":
        after = next((i + 1 for i, w in enumerate(words) if w.token == "many"), len(words))
        for counted in words[after : after + 1]:
            if counted.token.startswith("<") and counted.text.lower() not in _COUNTED:
                return f"The text does not say how many {counted.text}, or not for certain."
    if found.program == "did" and found.answer == NO and not _acts(case):
        return "The text does not tell what the one asked about did."
    if found.program in _LISTS and found.members and text in ("0", "nothing", "nobody"):
        return "What the text tells is not of that kind."
    if found.program == "when" and evidence and text == f"line {evidence[-1].line}":
        return f"The text does not say when; line {evidence[-1].line} tells of it."
    if found.program == "who_has" and found.answer == NOBODY:
        if any("own" in lemmas(w) or "belong" in lemmas(w) for w in words):
            return "Who has it is told, not whose it is."
    if found.program == "who_has" and found.answer == NOBODY and found.chain:
        held = [d for d in case.told[found.chain[-1]].dests if d < len(case.story.entities)]
        inside = [case.names[d] for d in held if case.story.entities[d].kind != "place"]
        if inside:
            return (
                f"Line {evidence[-1].line} tells where it was put ({join(inside)}), not who has it."
            )
    return ""


def _acts(case: Case) -> bool:
    """Whether the text tells of a deed, a gift or a place of everybody that is asked about."""
    people = ("<name>", "<person>")
    asked = [w.entity for w in case.asked.words if w.token in people and w.entity >= 0]
    acting = {
        entity
        for event in case.told
        if event.kind != "none"
        for role in (event.agents, event.recipients, event.themes, event.sources)
        for entity in role
    }
    return all(entity in acting for entity in asked[:1])
