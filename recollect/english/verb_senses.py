"""What a verb without auxiliaries means in its place: "ran the bath", "dropped it off at", "picked it up"."""

from __future__ import annotations

from recollect.english.items import Item, has_form, subject_end, verb_item
from recollect.english.lexicon import ADVERBIAL_PLACES
from recollect.english.nouns import ANIMALS
from recollect.english.object_senses import acted_on, by_object, dropped_off, endured
from recollect.english.once_so import once_so
from recollect.english.verbs import PHRASAL, VERB_CLASS

_ORIENTED = frozenset("to into onto in out off on back away home over up down through".split())
_DRIVEN = frozenset("drive ride fly sail run walk march pop".split())
_RACES = frozenset("race mile marathon errand bath lap test risk relay kilometre company".split())
_TOSS = frozenset("toss throw fling chuck lob slip hurl sling slide sell".split())
_BOUND = frozenset("head leave depart set_off set_out make bolt run start embark".split())
_AWAY = frozenset(
    "go_out drive_off run_off run_away walk_off walk_out storm_out wander_off".split()
)
_SOME = frozenset("some part half most much a_bit one two three any none".split())


def plain_verb(items: list[Item], k: int, done: list[Item]) -> int:
    """Append the verb at item `k` in the sense it has there; return the item to go on with."""
    item = items[k]
    passive = item.aux == "pass" or bool(done and done[-1].type == "pass")
    after = items[k + 1] if k + 1 < len(items) else None
    if item.lemma == "use" and after is not None and after.token == "to" and not passive:
        if once_so(items, k, done):
            return k + 3
    if (
        item.lemma == "use"
        and after is not None
        and after.token == "to"
        and has_form(items[k + 2] if k + 2 < len(items) else None, "base")
    ):
        done.append(verb_item("<want>", item.text, "used_to", item.forms, item.aux))
        return k + 1
    if item.lemma in ("keep", "finish") and has_form(after, "ing"):
        item.token = "<manage>"
    if item.lemma in _AWAY and not passive:
        if after is None or after.type not in ("prep", "part", "np", "pron", "w"):
            item.token = "<exit>"
    if item.lemma == "get" and after is not None:
        if (after.type in ("prep", "part", "adv") and after.token in _ORIENTED) or (
            after.type == "np" and after.mention is not None and after.mention.det == ""
            and after.mention.kind == "place"
        ) or after.token in ("there", "here"):  # fmt: skip
            following = items[k + 2] if k + 2 < len(items) else None
            if after.token == "to" and has_form(following, "base"):
                done.append(verb_item("<manage>", item.text, "get_to", item.forms, item.aux))
            else:
                done.append(verb_item("<go>", item.text, "go", item.forms, item.aux))
            return k + 1
        if (
            has_form(after, "part") and after.token != "<go>" and "ing" not in after.forms
        ):  # "got stolen"
            done.append(Item("pass", "<passive>", item.text))
            after.aux = "pass"
            return k + 1
        if after.token == "<adj>":
            done.append(verb_item("<act>", item.text, "become", item.forms, item.aux))
            return k + 1
    if (
        item.lemma == "break"
        and after is not None
        and after.token in ("in", "into")
        and after.type in ("prep", "part")
    ):
        done.append(verb_item("<go>", item.text, "go", item.forms, item.aux))
        return k + 1
    if item.lemma == "pay":
        if after is not None and after.mention is not None and after.mention.head == "visit":
            done.append(verb_item("<enter>", item.text, "visit", item.forms, item.aux))
            following = items[k + 2] if k + 2 < len(items) else None
            return k + 3 if following is not None and following.token == "to" else k + 2
    if item.lemma in ("make", "let", "help") and item.token == "<manage>":
        end = subject_end(items, k + 1)
        follows = items[end] if end < len(items) else None
        if end == k + 1 or follows is None or follows.type not in ("v", "prep", "part", "have", "be") or (
            (item.lemma == "make" and follows.type != "v") or (follows.type == "prep" and item.lemma == "help"
            and follows.token != "to")):  # fmt: skip
            if item.lemma != "help" or not (
                after is not None and (after.token == "to" or has_form(after, "base"))
            ):
                item.token = "<act>"
    if item.lemma in ("fall", "run", "go", "come") and after is not None and after.token == "<adj>":
        item.token = "<act>"
    if (
        item.lemma == "pass"
        and item.token == "<give>"
        and item.aux != "pass"
        and (
            after is None
            or after.type not in ("np", "pron")
            or (after.mention is not None and after.mention.kind == "place")
        )
    ):
        item.token = "<go>"
    if item.lemma == "abandon" and (item.aux == "pass" or not (
        after is not None and after.mention is not None and after.mention.kind == "place")):  # fmt: skip
        item.token = "<drop>"
    if (
        item.lemma == "ride"
        and after is not None
        and after.mention is not None
        and after.mention.kind in ("box", "thing")
    ):
        items.insert(k + 1, Item("prep", "by", ""))
    if item.lemma == "stand_up" and not passive:
        if after is None or after.type not in ("np", "pron"):
            item.token = "<act>"
    if item.lemma in ("want", "need") and not passive:
        _wished(items, k)
    if item.lemma == "come_with" and _carried(after):
        item.token, item.lemma = "<go>", "come"
        items.insert(k + 1, Item("prep", "with", "with"))  # "came with a ladder"
    if item.token == "<go>" and not passive:
        _aboard(items, k)
    by_object(items, k, item, passive)
    endured(items, k, item, done)
    if item.token in (
        "<take>",
        "<drop>",
        "<lose>",
        "<receive>",
        "<give>",
        "<swap>",
    ) or item.lemma in ("return", "move"):
        item = _transitive(items, k, item)
    if item.lemma == "move" and after is not None and after.type in ("np", "pron"):
        if not (
            after.mention is not None and after.mention.kind == "place" and not after.mention.det
        ):
            item.token = "<bring>"
        else:
            item.token = "<go>"  # "moved upstairs"
    elif item.lemma == "move":
        item.token = "<bring>" if passive else "<go>"
    if item.lemma in _DRIVEN and item.token == "<go>":
        item = _drives(items, k, item)
    if (
        item.lemma in _TOSS
        and item.token in ("<put>", "<bring>", "<go>", "<destroy>")
        and item.lemma != "bring"
    ):
        receiver = passive and after is not None and after.token == "to" and k + 2 < len(items)
        if _to_person(items, k + 1) or (receiver and items[k + 2].token in ("<name>", "<person>")):
            item.token = "<give>"
        elif item.token == "<go>" and after is not None and after.type in ("np", "pron"):
            item.token = "<put>"
    if (
        after is not None
        and after.type == "prep"
        and after.text.lower() == "for"
        and item.lemma in _BOUND
    ):
        target = items[k + 2].mention if k + 2 < len(items) else None
        if target is not None and target.kind in ("place", "name", "box") and item.aux != "pass":
            item.token, after.token = "<go>", "to"
    if item.token == "<exit>" and after is not None and after.type == "prep" and not passive:
        if after.token in ("to", "into", "towards"):
            item.token = "<go>"  # "exits to the left wing": where one goes is what is told
    if item.lemma in ("drop", "run", "drop_off"):
        dropped_off(items, k, item)
    if item.token == "<destroy>" and after is not None and k + 2 < len(items):
        if items[k + 2].token == "of" and after.text.lower() in _SOME:
            item.token = "<act>"  # "drank some of it"
    if item.token == "<destroy>" and after is not None:
        if after.text.lower().startswith(("some of", "half of", "most of", "half the")):
            item.token = "<act>"
    if item.token in ("<act>", "<unk>") and not passive:
        acted_on(items, k, item)
    if item.token == "<send>" and passive and after is not None and after.token == "to":
        place = items[k + 2].mention if k + 2 < len(items) else None
        if place is not None and place.kind in ("place", "box"):
            item.token = "<bring>"  # "had been sent to Madrid": it is there
    if item.token == "<stay>" and after is not None and after.text.lower() == "with" and done:
        kept = next((it.mention for it in done if it.type == "np"), None)
        if kept is not None and kept.kind in ("thing", "box"):
            item.token = "be"  # "the keys remain with Ann"
    if item.lemma in PHRASAL and after is not None and after.type in ("np", "pron"):
        return _separated(items, k, item, done)
    done.append(item)
    return k + 1


def _carried(item: Item | None) -> bool:
    """Whether this is a thing that one comes with, and nobody who is joined."""
    mention = item.mention if item is not None else None
    return (
        mention is not None
        and mention.kind in ("thing", "box", "noun")
        and mention.head not in ANIMALS
        and not mention.proper
    )


def _aboard(items: list[Item], k: int) -> None:
    """What one goes home or ashore in is what takes one there: "rowed ashore in the dinghy"."""
    if k + 3 >= len(items) or items[k + 1].token != "<place>" or items[k + 2].type != "prep":
        return
    goal, craft = items[k + 1].mention, items[k + 3].mention
    if goal is None or craft is None or goal.head not in ADVERBIAL_PLACES:
        return
    if items[k + 2].token in ("in", "on") and craft.kind in ("box", "noun"):
        items[k + 2].token = "by"


def _wished(items: list[Item], k: int) -> None:
    """Leave out where or for what something is wanted: "wanted it in the bedroom" puts it nowhere."""
    end = subject_end(items, k + 1)
    if end == k + 1 or any(item.token == "there" for item in items[end:]):
        return  # "and took them there" goes by it
    while (
        end + 1 < len(items)
        and items[end].type == "prep"
        and items[end].token in ("in", "on", "at", "for", "near", "by", "under")
        and items[end + 1].type == "np"
        and (end + 2 == len(items) or items[end + 2].type != "v")
    ):
        del items[end : end + 2]


def _separated(items: list[Item], k: int, item: Item, done: list[Item]) -> int:
    """A particle after the object: "picked the key up", "passed it on"."""
    end = subject_end(items, k + 1)
    particle = items[end] if end < len(items) else None
    if (
        item.lemma == "let"
        and particle is not None
        and particle.token in ("in", "into", "out")
        and particle.type in ("prep", "part")
    ):  # "let the dog in": it goes in
        items.insert(end, verb_item("<go>", "", "go", frozenset(("base",)), ""))
    elif particle is not None and particle.type in ("part", "adv", "prep") and item.aux != "to_":
        word = particle.text.lower()
        after = items[end + 1] if end + 1 < len(items) else None
        whole = f"{item.lemma}_{word}"
        token = VERB_CLASS.get(whole)
        governs = after is not None and after.type in ("np", "pron") and particle.type == "prep"
        located = (
            after is not None
            and after.type == "prep"
            and after.token in ("in", "on", "under", "behind", "at")
        )
        if (
            (token and not governs and word not in ("out", "off", "back"))
            or whole == "check_out"
            or (token and whole == "put_on" and not governs)
        ):
            item.lemma = whole
            put_down = token == "<drop>" and located and word == "down"
            item.token = "<put>" if put_down else token or item.token
            if whole == "check_in":
                item.token = "<act>"  # "checked the bag in at the desk"
            del items[end]
    done.append(item)
    return k + 1


def _drives(items: list[Item], k: int, item: Item) -> Item:
    """Driving a van moves a thing; walking the streets moves oneself."""
    after = items[k + 1] if k + 1 < len(items) else None
    if item.aux == "pass" or (
        after is not None
        and after.type in ("np", "pron")
        and not (after.mention is not None and after.mention.kind == "place")
    ):
        if item.lemma in ("drive", "sail", "fly", "walk"):
            item.token = "<bring>"
        elif item.lemma in ("run", "march") and item.aux == "pass":
            item.token = "<bring>" if after is not None and after.token == "to" else item.token
        elif item.lemma in ("run", "march", "pop") and (
            item.aux != "pass" and after is not None and _driven(after)
        ):
            end = subject_end(items, k + 1)
            if end < len(items) and items[end].type in ("prep", "part", "adv"):
                item.token = "<put>" if item.lemma == "pop" else "<bring>"
    return item


def _driven(item: Item) -> bool:
    """Whether an object can be run or marched somewhere: not "ran a mile", not "ran barefoot"."""
    mention = item.mention
    return mention is None or (
        mention.head not in _RACES and bool(mention.det or mention.proper or mention.owner)
    )


def _transitive(items: list[Item], k: int, item: Item) -> Item:
    """Returning a book puts it back; returning goes back."""
    if item.lemma == "return":
        after = items[k + 1] if k + 1 < len(items) else None
        thing = after is not None and (
            after.type == "pron" or (after.type == "np" and after.mention is not None
            and not (after.mention.kind == "place" and not after.mention.det))
        )  # fmt: skip
        if not thing and item.aux != "pass":
            return verb_item("<go>", item.text, "go", item.forms, item.aux)
        if _to_person(items, k + 1):
            item.token = "<give>"
    return item


def _to_person(items: list[Item], at: int) -> bool:
    """Whether "NP to PERSON" or "PERSON NP" follows."""
    if at >= len(items) or items[at].type not in ("np", "pron"):
        return False
    first = items[at]
    if at + 2 < len(items) and items[at + 1].token == "of" and items[at + 2].type == "np":
        at += 2  # "a wheel of cheese to"
    after = items[at + 1] if at + 1 < len(items) else None
    if after is not None and after.type == "adv" and at + 2 < len(items):
        at, after = at + 1, items[at + 2]
    person = ("<name>", "<person>", "him", "her", "them", "someone")
    if after is not None and after.token == "to" and at + 2 < len(items):
        target = items[at + 2]
        return target.token in person and not (
            target.mention is not None and target.mention.kind == "place"
        )
    return first.token in person and after is not None and after.type == "np"
