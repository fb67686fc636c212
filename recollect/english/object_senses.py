"""What a deed is to the thing it is done to: "tipped it into", "wore it to", "gathered it in a basket", "locked it in"."""

from __future__ import annotations

from recollect.english.items import Item, subject_end
from recollect.english.lexicon import MEASURES

_TRANSFORMING = frozenset(
    "turn change transform cut chop slice divide split translate convert tear rip crush grind mash make break "
    "dissolve develop grow carve shape look run bump knock crash look_into".split()
)
_SHUT_IN = frozenset("lock shut fold wrap zip seal button tape pour".split())
_BY_ITSELF = frozenset("sink roll hang spin bounce flutter plummet topple".split())
_ONTO = frozenset("to into in onto on under towards behind".split())
_OPENINGS = frozenset("door gate window house shop office car safe drawer lid jacket coat".split())
_GATHERING = frozenset(
    "collect gather gather_up pick pluck harvest scoop scoop_up lift snatch_up fish_out pick_out forage".split()
)
_PORTABLE = MEASURES | frozenset(
    "backpack bin bottle briefcase bucket case chest container envelope folder hamper handbag holdall hutch jug "
    "lunchbox pail pocket pouch purse rucksack satchel suitcase toolbox tote trolley trug trunk vase wallet "
    "wheelbarrow".split()
)
"""What things are gathered into and carried in, unlike a van or a cupboard."""
_BODY = frozenset(
    "knee ankle neck waist elbow shoulder floor ground head skin bone hip toe thigh wrist".split()
)
_ENDURED = frozenset("stand bear".split())


def by_object(items: list[Item], k: int, item: Item, passive: bool) -> None:
    """Give the verb at item `k` the sense that its object and the place after it ask for."""
    if item.lemma in ("stand", "rest", "lean") and item.token == "<stay>" and not passive:
        end = subject_end(items, k + 1)
        located = end < len(items) and items[end].type == "prep"
        if end > k + 1 and located:  # "stood it on the shelf"
            item.token = "<put>"
    if item.lemma == "tip" and not passive:
        _tipped(items, k, item)
    if item.lemma in _BY_ITSELF and not passive:
        _by_itself(items, k, item)
    if item.lemma in _SHUT_IN:
        _shut_in(items, k, item, passive)
    if item.lemma in _GATHERING and item.token == "<take>":
        _gathered(items, k, item, passive)
    if item.lemma == "wear" and item.token == "<hold>":
        _worn(items, k, item, passive)


def endured(items: list[Item], k: int, item: Item, done: list[Item]) -> None:
    """What one can or cannot stand is no place to stand: "could not stand the noise"."""
    if item.lemma not in _ENDURED or item.aux or not any(it.type == "modal" for it in done[-4:]):
        return
    end = subject_end(items, k + 1)
    if end > k + 1 and not (end < len(items) and items[end].type in ("prep", "part", "adv")
                            and items[end].token != "no_longer"):  # fmt: skip
        item.token = "<act>"


def _shut_in(items: list[Item], k: int, item: Item, passive: bool) -> None:
    """What is locked or wrapped in something is put there; a locked door is only locked."""
    end = k + 1 if passive else subject_end(items, k + 1)
    kept = items[k + 1].mention if end > k + 1 else None
    inside = end < len(items) and items[end].token in ("in", "into") and items[end].type == "prep"
    openings = kept is not None and kept.head in _OPENINGS
    if inside and not openings and (passive or end > k + 1):
        item.token = "<put>"
    elif passive or end > k + 1:
        item.token = "<act>"


def _gathered(items: list[Item], k: int, item: Item, passive: bool) -> None:
    """What is gathered in a basket or lifted into a van is there; "collected it in the hall" tells only where."""
    end = k + 1 if passive else subject_end(items, k + 1)
    if end + 1 >= len(items) or items[end].type != "prep" or (end == k + 1 and not passive):
        return
    goal = items[end + 1].mention
    if goal is None or goal.kind not in ("box", "thing", "noun", "place"):
        return
    portable = goal.kind == "box" and goal.head in _PORTABLE and item.lemma not in ("lift",)
    if items[end].text.lower() in ("into", "onto") or (items[end].token == "in" and portable):
        item.token = "<put>"


def _worn(items: list[Item], k: int, item: Item, passive: bool) -> None:
    """Wearing a coat to the party takes it there."""
    end = k + 1 if passive else subject_end(items, k + 1)
    if end >= len(items) or (end == k + 1 and not passive):
        return
    if items[end].token == "<place>" and items[end].text.lower() == "home":
        item.token = "<bring>"
    if items[end].token != "to" or items[end].type != "prep" or end + 1 >= len(items):
        return
    goal = items[end + 1].mention
    if goal is not None and goal.kind in ("place", "noun", "box", "thing", "name", "person"):
        if goal.head not in _BODY:  # "wore her hair to the waist"
            item.token = "<bring>"


def _tipped(items: list[Item], k: int, item: Item) -> None:
    """Waiters are tipped, and sand is tipped out or into a bucket."""
    end = subject_end(items, k + 1)
    way = items[end] if end < len(items) else None
    if way is None or way.type not in ("prep", "part", "adv"):
        return
    if way.token in ("into", "onto", "in", "on", "down", "over"):
        item.token = "<put>" if way.type == "prep" else "<act>"
    elif way.token in ("out", "off"):
        item.token = "<drop>"


def _by_itself(items: list[Item], k: int, item: Item) -> None:
    """Motions and postures that need nobody: "sank to the bottom", "rolled in", "hung on a nail"; "hung it from a nail"."""
    end = subject_end(items, k + 1)
    way = items[end] if end + 1 < len(items) and items[end].type == "prep" else None
    if item.lemma == "hang" and way is not None and way.token == "from":
        way.token = "on"
    if way is None:
        return
    if end > k + 1:
        if item.lemma == "sink" and way.token in _ONTO:
            item.token = "<put>"
    elif item.lemma == "hang":
        item.token = (
            "<stay>" if way.token in ("on", "in", "over", "by", "behind", "above") else item.token
        )
    elif way.token in _ONTO or way.token in ("through", "down", "off", "out", "under"):
        item.token = "<go>"


def acted_on(items: list[Item], k: int, item: Item) -> None:
    """What a deed that is no known handling does to its object: "coaxed it into", "showed it to", "sawed it to length"."""
    end = subject_end(items, k + 1)
    if end == k + 1 or end + 1 >= len(items) or items[end].type != "prep":
        return
    thing, way, goal = items[k + 1], items[end], items[end + 1]
    handled = thing.token in ("it", "them", "<thing>", "<box>", "<noun>")
    if goal.mention is None or item.lemma in _TRANSFORMING:
        return
    if way.token == "into" and goal.mention.kind in ("place", "box", "thing", "noun"):
        if handled:
            item.token = "<put>"
    elif way.token in ("to", "in", "on", "at") and goal.token in ("<noun>", "<thing>"):
        if handled and not goal.mention.det and (way.token == "to" or item.token == "<unk>"):
            del items[end : end + 2]


def dropped_off(items: list[Item], k: int, item: Item) -> None:
    """Dropping a parcel off at the office brings it there."""
    end = k + 1 if item.aux == "pass" else subject_end(items, k + 1)
    off = end < len(items) and items[end].text.lower() == "off" and item.lemma != "drop_off"
    at = end + off
    if not (off or item.lemma == "drop_off") or at + 1 >= len(items):
        return
    place = items[at + 1].mention
    if items[at].token == "at" and place is not None and place.kind != "person":
        item.token, items[at].token = "<bring>", "to"
        if off:
            del items[end]
