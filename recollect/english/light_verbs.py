"""Light verbs: "had lunch" is an act; "took the bus to" and "made her way to" are ways of going."""

from __future__ import annotations

from recollect.english.items import Item, Mention, verb_item

LIGHT = frozenset(
    """walk nap bath shower break look photo photograph picture breath sip bite rest chat talk laugh hug kiss wave nod
    shout dream party lunch dinner breakfast supper swim go turn sigh yawn smile seat sleep snack meal headache cold
    fun meeting lesson time trouble cough accident fight argument exam test conversation barbecue picnic idea tour
    stretch peek glance peep listen cuddle shave haircut care note notice part place action advantage charge aim
    control effect shape bow cry scream fright start push shove lift wink pat thought try guess coffee_break shopping
    cooking cleaning washing dishes homework housework laundry gardening""".split()
)  # fmt: skip
_LACKED = frozenset(
    """luck choice doubt reason appetite sense permission right courage patience chance hurry problem difficulty
    experience interest need energy strength point opinion question feeling row quarrel flu fever cough cold idea time
    fun trouble memory hope alternative clue effect success""".split()
)
_CONSUMED = frozenset("drink coffee tea beer brunch snack".split())
_MEALS = frozenset(
    "lunch dinner breakfast supper meal rest nap bath shower break tea snack".split()
)
_LIGHT_VERBS = frozenset("have take give make do get pay catch draw".split())
TRIPS = frozenset("walk stroll trip run drive hike journey ride detour bus train taxi cab".split())
VEHICLES = frozenset(
    "bus train taxi cab ferry plane tram car bike boat lift elevator metro subway coach tube".split()
)
_DIRECTIONS = frozenset("north south east west left right".split())


def _light_object(lemma: str, mention: Mention) -> bool:
    """Whether a verb with this object is an act and not the holding of a thing: "had a rest"."""
    head, det = mention.head, mention.det
    if lemma == "have":
        if head in _LACKED | _CONSUMED:
            return True
        if head in _MEALS:
            return True
    return head in LIGHT and det in ("a", "", "another")


_OWN = frozenset(
    """mind head breath temper arm leg knee foot ankle wrist elbow eye eyes throat shoulder finger thumb toe nose
    face hair tooth teeth lip voice patience nerve balance turn way luck best tongue brow eyebrow fist heart nail
    hand homework word""".split()
)
_NOT_HANDLED = frozenset(
    ("<act>", "<lose>", "<hold>", "<destroy>", "take", "<bring>", "<unk>", "had", "<find>")
)


def _own_part(item: Item, after: Item | None, then: Item | None) -> bool:
    """Whether somebody does something with a part of their own: "changed her mind", "shook his head"."""
    mention = after.mention if after is not None else None
    if mention is None or mention.head not in _OWN or item.token not in _NOT_HANDLED:
        return False
    if item.lemma == "make" and mention.head == "way":
        return False
    if then is not None and then.type == "prep" and then.token in ("in", "into", "on", "to"):
        return item.token == "<act>"
    return mention.det in ("his", "her", "my", "their", "our", "your") and not mention.mods


def light_verbs(items: list[Item]) -> list[Item]:
    """Light verbs: "had lunch" is an act; "took the bus to", "made her way to" are ways of going."""
    done: list[Item] = []
    k = 0
    while k < len(items):
        item = items[k]
        after = items[k + 1] if k + 1 < len(items) else None
        if (
            item.type == "np"
            and item.mention is not None
            and item.mention.head in _DIRECTIONS
            and not item.mention.owner
        ):
            if len(item.mention.mods) == 0 and not item.mention.number:
                done.append(Item("w", item.mention.head, item.text))
                k += 1
                continue
        if (
            item.type == "v"
            and item.lemma in ("go", "come")
            and after is not None
            and after.text.lower() == "for"
        ):
            mention = items[k + 2].mention if k + 2 < len(items) else None
            if mention is not None and mention.head in TRIPS | LIGHT and mention.det in ("a", ""):
                done.append(item)  # "went for a walk in the park"
                k += 3
                continue
        if item.type == "v" and item.aux != "pass":
            then = items[k + 2] if k + 2 < len(items) else None
            if _own_part(item, after, then):
                done.append(verb_item("<act>", item.text, item.lemma, item.forms, item.aux))
                k += 2
                continue
        if item.type == "v" and item.lemma == "have" and after is not None and after.type == "not":
            lacked = items[k + 2].mention if k + 2 < len(items) else None
            if lacked is not None and lacked.owner is None and lacked.head in LIGHT | _LACKED:
                done.append(after)  # "had no time"
                done.append(verb_item("<act>", item.text, item.lemma, item.forms, item.aux))
                k += 3
                if k < len(items) and items[k].type == "rel":
                    items[k].type = "wh"  # "had no idea where it was"
                continue
        if item.type == "v" and item.lemma in _LIGHT_VERBS:
            where = k + 1
            if (
                item.lemma == "give"
                and after is not None
                and after.type in ("np", "pron")
                and k + 2 < len(items)
            ):
                where = k + 2 if items[k + 2].type == "np" else k + 1
            noun = items[where] if where < len(items) else None
            mention = noun.mention if noun is not None else None
            if mention is not None and mention.owner is None:
                head = mention.head
                onward = items[where + 1] if where + 1 < len(items) else None
                goes = onward is not None and onward.type in ("prep", "adv", "part", "np") and onward.token in (
                    "to", "from", "in", "through", "around", "back", "<place>", "towards", "into", "up", "down")  # fmt: skip
                if item.lemma == "make" and head == "way":
                    done.append(verb_item("<go>", item.text, "go", item.forms, item.aux))
                    k += 2
                    continue
                if (
                    item.lemma in ("take", "catch", "have", "make", "get")
                    and goes
                    and onward is not None
                ):
                    if (head in TRIPS and mention.det in ("a", "") and head not in VEHICLES) or head in (
                        "trip", "journey") or (head in VEHICLES and onward.token in ("to", "back", "<place>", "from")):  # fmt: skip
                        if onward.token == "<place>" and mention.det == "" and head not in VEHICLES:
                            pass
                        done.append(verb_item("<go>", item.text, "go", item.forms, item.aux))
                        if head in VEHICLES:
                            done += [Item("prep", "by", "by"), noun]  # type: ignore[list-item]
                        k = where + 1
                        continue
                if _light_object(item.lemma, mention) and not (
                    item.lemma in ("take", "have", "get", "give") and head in ("picture", "photo", "photograph", "note")
                    and item.lemma != "take"
                ):  # fmt: skip
                    done.append(verb_item("<act>", item.text, item.lemma, item.forms, item.aux))
                    done.extend(items[k + 1 : where])
                    k = where + 1
                    continue
        done.append(item)
        k += 1
    return done
