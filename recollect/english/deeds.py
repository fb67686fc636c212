"""The action of a row of a log: what is said of it, in which form, and what a row without one tells of."""

from __future__ import annotations

from recollect.english.items import Item
from recollect.english.lexicon import MODALS
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import WORDS_TOO
from recollect.english.scanner import _SMALL
from recollect.english.tokens import straighten
from recollect.english.verbs import VERB_CLASS

NOUN_ACTIONS = {
    "pickup": "picked up", "pick-up": "picked up", "dropoff": "dropped off", "drop-off": "dropped off",
    "checkout": "checked out", "check-out": "checked out", "checkin": "returned", "check-in": "returned",
    "arrival": "arrived", "departure": "left", "entry": "entered", "exit": "exited", "delivery": "delivered",
    "movement": "moved", "transfer": "transferred", "return": "returned", "loan": "borrowed", "receipt": "received",
    "out": "checked out", "in": "returned", "handover": "gave", "hand-over": "gave", "login": "logged in",
    "gave back": "returned", "given back": "returned", "handed back": "returned", "handed in": "returned",
    "turned in": "returned", "brought back": "returned", "give back": "returned", "hand in": "returned",
    "removal": "removed", "storage": "stored", "in use": "is using", "scan": "scanned", "check in": "returned",
    "sign out": "signed out", "sign in": "returned", "handoff": "gave", "pick": "picked up", "putaway": "put",
    "put-away": "put", "issue": "issued", "sale": "sold", "purchase": "bought", "found": "found", "lost": "lost",
    "at": "was", "seen": "was seen", "checked in": "returned", "signed in": "returned", "hand over": "handed over",
}  # fmt: skip
"""Actions that are no verb phrase of a past tense -> one that is."""


def spoken(action: str) -> str:
    """An action with its verbs in small letters and its names as they are."""
    text = straighten(action).strip().replace("_", " ")
    text = text.lower() if text == text.upper() else text
    text = NOUN_ACTIONS.get(text.lower(), text)
    words = text.split()
    return " ".join(
        word.lower()
        if (word.lower() in VERB_FORMS and (n == 0 or word.lower() not in WORDS_TOO))
        or word.lower() in _SMALL - MODALS
        else word
        for n, word in enumerate(words)
    )


def participle(action: str) -> str:
    """An action whose verb is its past participle."""
    first, _, rest = action.partition(" ")
    lemma = VERB_FORMS[first][0][0]
    forms = [form for form, readings in VERB_FORMS.items() if (lemma, "part") in readings]
    best = first if first in forms else (forms or [first])[0]
    return f"{best} {rest}".strip()


def verb_at(items: list[Item]) -> int:
    """The main verb of an action, or -1."""
    for n in range(len(items) - 1, -1, -1):
        if items[n].type == "v":
            return n
    return next((n for n, item in enumerate(items) if item.type in ("be", "have")), -1)


def unsaid(cells: dict[str, str], deed: str) -> str:
    """What a row without an action tells of; "" if it tells nothing."""
    actor, thing, place = "actor" in cells, "object" in cells, "place" in cells
    if cells.get("receiver") and thing:
        return deed or "gave"
    if actor and thing:
        return deed or ("moved" if "source" in cells else "put" if place else "has")
    if not (actor or thing):
        return ""
    if place:
        return "was" if "source" not in cells else "moved" if thing else "went"
    return "left" if actor and "source" in cells else ""


def token_of(action: str) -> str:
    """What kind of deed an action is by its first words."""
    first = action.split()[0] if action else ""
    readings = VERB_FORMS.get(first, ())
    if not readings:
        return "<act>"
    phrasal = VERB_CLASS.get("_".join([readings[0][0], *action.split()[1:2]]))
    return phrasal or VERB_CLASS.get(readings[0][0], "<act>")
