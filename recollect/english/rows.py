"""A row of a log as items: the cells are mentions, and only the action is read as English.

A cell is one thing whatever it says ("pallet jack", "lift 2", "SN-2210"); which preposition a place takes is a matter
of the verb: one walks *to* the lift, and takes a drill *in* the workshop.
"""

from __future__ import annotations

import re

from recollect.english.items import Item, Mention
from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    DETERMINERS,
    MODALS,
    NUMBERS,
    PREPOSITIONS,
    PRONOUNS,
    SELF,
)
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.names import NAMES, WORDS_TOO
from recollect.english.nouns import KIND, NOUNS, PERSONS
from recollect.english.phrases import Chunker, chunk
from recollect.english.scanner import _SMALL, _kind
from recollect.english.tokens import raw_tokens, straighten
from recollect.english.verbs import VERB_CLASS

NOUN_ACTIONS = {
    "pickup": "picked up", "pick-up": "picked up", "dropoff": "dropped off", "drop-off": "dropped off",
    "checkout": "checked out", "check-out": "checked out", "checkin": "returned", "check-in": "returned",
    "arrival": "arrived", "departure": "left", "entry": "entered", "exit": "exited", "delivery": "delivered",
    "movement": "moved", "transfer": "transferred", "return": "returned", "loan": "borrowed", "receipt": "received",
    "out": "checked out", "in": "returned", "handover": "gave", "hand-over": "gave", "login": "logged in",
    "removal": "removed", "storage": "stored", "in use": "is using", "scan": "scanned", "check in": "returned",
    "sign out": "signed out", "sign in": "returned", "handoff": "gave", "pick": "picked up", "putaway": "put",
    "put-away": "put", "issue": "issued", "sale": "sold", "purchase": "bought", "found": "found", "lost": "lost",
    "at": "was", "seen": "was seen", "checked in": "returned", "signed in": "returned", "hand over": "handed over",
}  # fmt: skip
"""Actions that are no verb phrase of a past tense -> one that is."""

_TOWARDS = frozenset(("<go>", "<bring>", "<send>", "carry", "<follow>"))
_NAMED = frozenset(("<enter>", "<exit>", "leave"))
_TAKING = frozenset(("<take>", "take", "get", "<receive>"))
_GIVING = frozenset(("<give>", "<send>", "<bring>", "carry"))
_UPON = frozenset(
    "table shelf desk counter floor bench worktop rack roof deck hook stand workbench".split()
)
_MOVERS = frozenset(("<go>", "<stay>", "<exit>", "<enter>"))
_WORD = re.compile(r"[\w'’-]+")


class Cells:
    """Reads the cells of a log; the same text in the same column is read once.

    Args:
        names: words in small letters that are names elsewhere in the log.
    """

    def __init__(self, names: frozenset[str] = frozenset()) -> None:
        self.names = names
        self._mentions: dict[tuple[str, str], Mention] = {}

    def mention(self, text: str, role: str) -> Mention:
        """What a whole cell speaks of; `role` is its column."""
        key = (text.lower(), role)
        found = self._mentions.get(key)
        if found is None:
            found = self._mentions[key] = self._read(straighten(text).strip(), role)
        return found

    def nouns(self, text: str, role: str) -> list[Item]:
        """The mentions of a cell that may name several: "Ann and Bob"."""
        items: list[Item] = []
        for part in re.split(r"\s*(?:\band\b|&|\+|;)\s*", text) if role == "actor" else [text]:
            if not part:
                continue
            if items:
                items.append(Item("co", "and", "and"))
            mention = self.mention(part, role)
            items.append(Item("np", f"<{mention.kind}>", part, mention=mention))
        return items

    def _read(self, text: str, role: str) -> Mention:
        if re.fullmatch(r"[^,]+, [^,]+", text) and text.split(",")[1].strip().islower():
            text = " ".join(reversed(text.split(", ")))  # "saw, small"
        words = text.split()
        low = words[0].lower()
        if role == "actor" and low in SELF and len(words) == 1:
            found = chunk(raw_tokens(text))
            if found and found[0].mention is not None:
                return found[0].mention
        plain = low in DETERMINERS or low in NUMBERS or low.isdigit()
        person = low in NAMES or low in WORDS_TOO or low in self.names
        named = person and not plain and words[-1].lower() not in KIND
        if role in ("object", "place", "source") and not text[:1].isupper():
            named = False  # a "jack" in the column of things is no Jack
        if role == "actor" and len(words) == 1 and low.isalpha() and low not in PERSONS:
            named = named or (low not in KIND and low not in NOUNS)
        if named:
            text = " ".join(word[:1].upper() + word[1:] for word in words)
            raws = raw_tokens(text)
            mention, end = Chunker(raws, self.names)._name(0, "")
        else:
            raws = raw_tokens(text if plain else f"the {text}")
            found = Chunker(raws, self.names).noun_phrase(0)
            mention, end = found if found is not None else (_by_hand(text), len(raws))
        if end < len(raws) or (not named and mention.proper and words[-1].lower() in KIND):
            mention = _by_hand(text)
        if named:
            mention.kind = "name" if mention.kind in ("noun", "thing", "box") else mention.kind
        mention.text = text
        if not mention.proper and mention.det != "owner":
            mention.det = "cell"
        return _fitted(mention, role)


def _by_hand(text: str) -> Mention:
    """A mention that takes the whole cell, whatever the words are."""
    lows = [word.lower() for word in _WORD.findall(text)] or [text.lower()]
    number = lows.pop() if len(lows) > 1 and any(ch.isdigit() for ch in lows[-1]) else ""
    head = singular(lows[-1])
    mention = Mention(text, text, head)
    mention.mods, mention.number = frozenset(lows[:-1]), number
    mention.kind, mention.det = _kind(lows, head), "def"
    return mention


def _fitted(mention: Mention, role: str) -> Mention:
    """Give what the lexicon does not know the kind of its column."""
    known = mention.head in NAMES or bool(mention.mods & NAMES.keys())
    if role in ("actor", "receiver") and mention.kind == "noun":
        mention.kind = "name" if mention.proper else "person"
    elif role == "object" and (mention.kind == "noun" or (mention.kind == "name" and not known)):
        mention.kind, mention.gender = "thing", "n"
    elif role in ("place", "source") and (
        mention.kind in ("noun", "thing") or (mention.kind == "name" and not known)
    ):
        mention.kind, mention.gender = "place", "n"
    return mention


def _spoken(action: str) -> str:
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


def _participle(action: str) -> str:
    """An action whose verb is its past participle."""
    first, _, rest = action.partition(" ")
    lemma = VERB_FORMS[first][0][0]
    forms = [form for form, readings in VERB_FORMS.items() if (lemma, "part") in readings]
    best = first if first in forms else (forms or [first])[0]
    return f"{best} {rest}".strip()


def _verb_at(items: list[Item]) -> int:
    """The main verb of an action, or -1."""
    for n in range(len(items) - 1, -1, -1):
        if items[n].type == "v":
            return n
    return next((n for n, item in enumerate(items) if item.type in ("be", "have")), -1)


def row_items(cells: dict[str, str], reader: Cells) -> list[Item] | None:
    """The items of a row; None if too little is there to say anything."""
    actor = reader.nouns(cells["actor"], "actor") if cells.get("actor") else []
    thing = reader.nouns(cells["object"], "object") if cells.get("object") else []
    action, place = _spoken(cells.get("action", "")), cells.get("place", "")
    if not action:
        if not place or not (actor or thing):
            return None
        action = "put" if actor and thing else "was"
    by = action.endswith(" by") and bool(actor)
    action = action.removesuffix(" by") if by else action
    first = action.split()[0]
    readings = VERB_FORMS.get(first, ())
    phrasal = VERB_CLASS.get("_".join([readings[0][0], *action.split()[1:2]])) if readings else None
    token = phrasal or (VERB_CLASS.get(readings[0][0], "<act>") if readings else "<act>")
    subject, rest = actor, thing
    passive = by or (not actor and bool(thing) and bool(readings) and token not in _MOVERS)
    if not actor or by:
        subject, rest = thing, []
    if passive and first not in ("was", "is", "were", "are", "has", "had", "did", "not"):
        action = "was " + _participle(action)
    said = chunk(raw_tokens(f"they {action}"), reader.names)[1:]
    at = _verb_at(said)
    if at < 0:
        said, at = [Item("v", "<act>", action, lemma="do", forms=frozenset(("past",)))], 0
    verb = said[at]
    if verb.type == "v" and verb.forms <= {"base", "ing"} and at == 0:
        verb.forms = frozenset(("past",))
    items = [*subject, *said]
    at += len(subject)
    open_end = items[-1].type in ("prep", "part") and items[-1].text.lower() in PREPOSITIONS
    last = items[-1]
    ended = open_end and last is not verb and items[-1].token not in ("up", "off", "out", "down")
    if rest:
        direct = items[at + 1] if at + 1 < len(items) else None
        if direct is not None and direct.type in ("np", "pron") and ended and not place:
            items += rest  # "took a photo of"
        elif (
            ended
            and not place
            and not cells.get("receiver")
            and verb.token not in _GIVING | _TOWARDS | {"<put>"}
        ):
            items += rest  # "looked at"
        else:
            after = at + 1
            if direct is not None and direct.type == "np" and verb.token in _GIVING:
                after += 1
            items[after:after] = rest
    if by:
        items += [Item("prep", "by", "by"), *actor]
    ended = ended and items[-1] is last
    if cells.get("receiver"):
        items += ([] if ended else [Item("prep", "to", "to")]) + reader.nouns(
            cells["receiver"], "receiver"
        )
        ended = False
    if cells.get("source"):
        items += [Item("prep", "from", "from"), *reader.nouns(cells["source"], "source")]
    if place:
        items += _where(place, reader, verb, bool(rest) or passive, ended)
    elif ended and items[-1] is last:
        items[-1] = Item("part", last.token, last.text)
    return items


def _where(place: str, reader: Cells, verb: Item, moved: bool, ended: bool) -> list[Item]:
    """The place of a row with the preposition that its verb asks for (none after one that stands there already)."""
    low = place.lower().split()
    if low[0] in ADVERBIAL_PLACES and len(low) == 1:
        return chunk(raw_tokens(f"they went {place.lower()}"))[2:]
    if (low[0] in PREPOSITIONS or low[0] == "next") and len(low) > 1:
        return chunk(raw_tokens(f"they {verb.text or 'were'} {place}"), reader.names)[2:]
    if low[0] in PRONOUNS:
        return chunk(raw_tokens(place))
    words = low[0] in NAMES or low[0] in reader.names
    person = (words and low[-1] not in KIND) or low[-1] in PERSONS
    role = "receiver" if person else "place"
    noun = reader.nouns(place, role)
    token = verb.token
    if ended or (token in _NAMED and not (token == "leave" and moved)):
        return noun
    if person and token in _GIVING:
        return [Item("prep", "to", "to"), *noun]
    if token in _TAKING:  # what is taken somewhere comes from there
        return [Item("prep", "from", "from"), *noun]
    if (token in _TOWARDS or verb.lemma in ("move", "deliver")) and not (
        token == "carry" and not moved
    ):
        return [Item("prep", "to", "to"), *noun]
    upon = low[-1] in _UPON or low[0] in _UPON
    return [Item("prep", "on" if upon else "in", ""), *noun]


__all__ = ["NOUN_ACTIONS", "Cells", "row_items"]
