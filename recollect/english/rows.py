"""A row of a log as items: the cells are mentions, and only the action is read as English.

A cell is one thing whatever it says ("pallet jack", "lift 2", "SN-2210"); which preposition a place takes is a matter
of the verb: one walks *to* the lift, and takes a drill *in* the workshop.
"""

from __future__ import annotations

import re

from recollect.english.deeds import (
    NOUN_ACTIONS,
    participle,
    spoken,
    token_of,
    unsaid,
    verb_at,
)
from recollect.english.destinations import location, person, toward
from recollect.english.items import Item, Mention
from recollect.english.lexicon import (
    ADVERBIAL_PLACES,
    DETERMINERS,
    NUMBERS,
    PREPOSITIONS,
    PRONOUNS,
    SELF,
)
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.names import NAMES, WORDS_TOO
from recollect.english.nouns import ADJECTIVES, KIND, NOUNS, PERSONS
from recollect.english.phrases import Chunker, chunk
from recollect.english.scanner import _kind
from recollect.english.tokens import raw_tokens, straighten

_TOWARDS = frozenset(("<go>", "<bring>", "<send>", "carry", "<follow>"))
_NAMED = frozenset(("<enter>", "<exit>", "leave"))
_TAKING = frozenset(("<take>", "take", "get", "<receive>"))
_GIVING = frozenset(("<give>", "<send>", "<bring>", "carry"))
_UPON = frozenset(
    "table shelf desk counter floor bench worktop rack roof deck hook stand workbench".split()
)
_MOVERS = frozenset(("<go>", "<stay>", "<exit>", "<enter>"))
_WORD = re.compile(r"[\w'’-]+")
_WITH = re.compile(r"\s*(?:\band\b|\bwith\b|&|\+|;)\s*")
_ALSO = re.compile(r"\s*(?:,\s*and\b|\band\b|&|\+|;|,|/)\s*")
_AWAY = frozenset(
    "check check_out sign sign_out borrow rent hire remove withdraw steal buy purchase unload loan".split()
)  # what is taken in these ways from a place is no longer there
_ISSUED = re.compile(
    r"(?:was |were )?(?:issued|lent|loaned|given|handed(?: over| out)?|assigned|passed(?: on| over)?|allocated|rented"
    r"|hired(?: out)?|checked out|signed out|booked out|released|sold|transferred|awarded|out) to$"
)
_PRESENT = frozenset(("<give>", "<receive>", "<find>", "<meet>"))


class Cells:
    """Reads the cells of a log; the same text in the same column is read once.

    Args:
        names: words in small letters that are names elsewhere in the log.
        things: whole cells of the column of objects, in small letters.
        receivers: whole cells of the column of receivers, in small letters.
    """

    def __init__(
        self,
        names: frozenset[str] = frozenset(),
        things: frozenset[str] = frozenset(),
        receivers: frozenset[str] = frozenset(),
    ) -> None:
        self.names, self.things, self.receivers = names, things, receivers
        self._mentions: dict[tuple[str, str], Mention] = {}

    def mention(self, text: str, role: str) -> Mention:
        """What a whole cell speaks of; `role` is its column."""
        key = (text.lower(), role)
        found = self._mentions.get(key)
        if found is None:
            found = self._mentions[key] = self._read(straighten(text).strip(), role)
        return found

    def nouns(self, text: str, role: str) -> list[Item]:
        """The mentions of a cell that may name several: "Ann and Bob", "lamp and rope"."""
        items: list[Item] = []
        for part in self.parts(text, role):
            if items:
                items.append(Item("co", "and", "and"))
            mention = self.mention(part, role)
            items.append(Item("np", f"<{mention.kind}>", part, mention=mention))
        return items

    def parts(self, text: str, role: str) -> list[str]:
        """What a cell names, each by itself."""
        if role == "actor":
            parts = [part for part in _WITH.split(text) if part]
            several = [part.strip() for part in re.split(r"[,/]", text)]
            if len(several) > 1 and all(part.lower() in NAMES for part in several):
                return several
            return parts
        if role != "object":
            return [text]
        parts = [part for part in _ALSO.split(text) if part]
        if len(parts) < 2:
            return [text]
        alone = any(part.lower() in self.things for part in parts)
        heads = [singular(part.lower().split()[-1]) for part in parts]
        common = text == text.lower() and all(head in KIND or head in NOUNS for head in heads)
        labels = all(any(ch.isdigit() for ch in part) for part in parts)
        alike = len({part.lower().split()[0] for part in parts}) == 1
        if alone or labels or alike or (common and not any(h in ADJECTIVES for h in heads)):
            return parts
        return [text]

    def _read(self, text: str, role: str) -> Mention:
        if re.fullmatch(r"[^,]+, [^,]+", text) and (
            text.split(",")[1].strip().islower()
            or (role in ("actor", "receiver") and _surname_first(text))
        ):
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
        if text.lower() in self.receivers and mention.kind in ("place", "box", "thing", "noun"):
            mention.kind = "person"  # a front desk that is given keys
        return _fitted(mention, role)


def _surname_first(text: str) -> bool:
    """Whether a cell is a name in the order of a telephone book: "Okafor, Ada"."""
    surname, _, first = text.partition(", ")
    return surname[:1].isupper() and first[:1].isupper() and surname.lower() not in NAMES


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
    elif role == "object" and (
        mention.kind in ("noun", "place") or (mention.kind == "name" and not known)
    ):
        mention.kind, mention.gender = "thing", "n"
    elif role in ("place", "source") and (
        mention.kind in ("noun", "thing") or (mention.kind == "name" and not known)
    ):
        mention.kind, mention.gender = "place", "n"
    return mention


def row_items(
    cells: dict[str, str], reader: Cells, here: dict[str, str], deed: str = ""
) -> list[list[Item]]:
    """The items of what a row states; nothing if too little is there to say anything.

    Args:
        cells: column -> what stands in it.
        reader: reads the cells.
        here: who was last where, by the rows so far, in small letters; kept up here.
        deed: what a row without an action tells of, where the header says so.
    """
    cells = toward({**cells, "action": spoken(cells.get("action", ""))}, reader.names)
    if not cells["action"]:
        cells["action"] = unsaid(cells, deed)
    action, by = cells["action"], cells["action"].endswith(" by") and "actor" in cells
    if not action:
        return []
    if "actor" in cells and "receiver" not in cells and _ISSUED.match(action):
        cells["receiver"], cells["action"] = cells.pop("actor"), "was given to"
    person_there = person(cells.get("place", ""), reader.names)
    items, verb = _row(cells, reader, by, here)
    who = [part.lower() for part in reader.parts(cells.get("actor", ""), "actor")]
    place = cells.get("place", "")
    denied = any(item.token in ("not", "never") for item in items)
    if not who or by or denied or person_there:
        return [items]
    if verb.token in _MOVERS | {"<bring>", "leave", "be", "was"} and not cells.get("object"):
        here.update(dict.fromkeys(who, "" if verb.token in ("leave", "<exit>") else place.lower()))
        return [items]
    if not location(place):
        return [items]
    if verb.token in _TAKING | {"<drop>", "<bring>"} and verb.lemma not in _AWAY:
        several = len(reader.parts(cells.get("object", ""), "object")) > 1
        present = reader.parts(cells["actor"], "actor")
        absent = [name for name in present if here.get(name.lower()) != place.lower()]
        here.update(dict.fromkeys(who, place.lower()))
        if several and absent and verb.token in _TAKING:  # who took them was there: said first
            was = [
                _row({"actor": name, "action": "was", "place": place}, reader, False, {})[0]
                for name in absent
            ]
            return [*was, _row({**cells, "place": ""}, reader, by, here)[0]]
    elif verb.token in _PRESENT:
        present = [*reader.parts(cells["actor"], "actor"), cells.get("receiver", "")]
        absent = [name for name in present if name and here.get(name.lower()) != place.lower()]
        here.update({name.lower(): place.lower() for name in absent})
        was = [
            _row({"actor": name, "action": "was", "place": place}, reader, False, {})[0]
            for name in absent
        ]
        return [*was, items]
    return [items]


def _row(
    cells: dict[str, str], reader: Cells, by: bool, here: dict[str, str]
) -> tuple[list[Item], Item]:
    """The items of a row and its verb."""
    actor = reader.nouns(cells["actor"], "actor") if cells.get("actor") else []
    thing = reader.nouns(cells["object"], "object") if cells.get("object") else []
    action, place = cells["action"], cells.get("place", "")
    action = action.removesuffix(" by") if by else action
    first = action.split()[0]
    readings, token = VERB_FORMS.get(first, ()), token_of(action)
    subject, rest = actor, thing
    passive = by or (not actor and bool(thing) and bool(readings) and token not in _MOVERS)
    if not actor or by:
        subject, rest = thing, []
    if passive and first not in ("was", "is", "were", "are", "has", "had", "did", "not"):
        action = "was " + participle(action)
    said = chunk(raw_tokens(f"they {action}"), reader.names)[1:]
    at = verb_at(said)
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
        role = "receiver" if person(cells["source"], reader.names) else "source"
        items += [Item("prep", "from", "from"), *reader.nouns(cells["source"], role)]
    who = [part.lower() for part in reader.parts(cells.get("actor", ""), "actor")]
    if verb.lemma in ("discard", "dispose", "dispose_of", "scrap") and not place:
        verb.token = "<lose>"  # nobody has it any more, wherever they are
    if verb.token == "<find>" and rest and location(place):
        place = ""  # whoever found it is there, and has it
    if (
        place
        and rest
        and verb.token in _TAKING | {"<drop>"}
        and all(here.get(name) == place.lower() for name in who)
    ):
        place = ""  # it is where they are already
    if place:
        items += _where(place, reader, verb, bool(rest) or passive, ended)
    elif ended and items[-1] is last:
        items[-1] = Item("part", last.token, last.text)
    return items, verb


def _where(place: str, reader: Cells, verb: Item, moved: bool, ended: bool) -> list[Item]:
    """The place of a row with the preposition that its verb asks for (none after one that stands there already)."""
    low = place.lower().split()
    if low[0] in ADVERBIAL_PLACES and len(low) == 1:
        return chunk(raw_tokens(f"they went {place.lower()}"))[2:]
    if (low[0] in PREPOSITIONS or low[0] == "next") and len(low) > 1:
        return chunk(raw_tokens(f"they {verb.text or 'were'} {place}"), reader.names)[2:]
    if low[0] in PRONOUNS:
        return chunk(raw_tokens(place))
    somebody = person(place, reader.names)
    role = "receiver" if somebody else "place"
    noun = reader.nouns(place, role)
    token = verb.token
    if ended or (token in _NAMED and not (token == "leave" and moved)):
        return noun
    if somebody and token in _GIVING:
        return [Item("prep", "to", "to"), *noun]
    if token in _TAKING and (somebody or verb.lemma in _AWAY or not location(place)):
        return [Item("prep", "from", "from"), *noun]
    if verb.lemma == "deliver" and not somebody:
        verb.token = "<bring>"  # to a place: whoever delivers goes there with it
        token = verb.token
    if (token in _TOWARDS or verb.lemma == "move") and not (token == "carry" and not moved):
        return [Item("prep", "to", "to"), *noun]
    upon = (low[-1] in _UPON or low[0] in _UPON) and token not in _GIVING
    return [Item("prep", "on" if upon else "in", ""), *noun]


__all__ = ["NOUN_ACTIONS", "Cells", "row_items"]
