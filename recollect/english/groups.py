"""Verb groups: auxiliaries, progressive, perfect and passive forms, light verbs ("take a look").

Brings the items of a sentence to one verb item a group: what is left of the auxiliaries is a modal, a negation, a
passive, and in a question the inverted auxiliary itself.
"""

from __future__ import annotations

from recollect.english.items import Item, Mention
from recollect.english.lexicon import BARE_PLACES, PREPOSITIONS
from recollect.english.nouns import ADJECTIVES
from recollect.english.verbs import PHRASAL, VERB_CLASS

_LIGHT = frozenset(
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
_TRIPS = frozenset("walk stroll trip run drive hike journey ride detour bus train taxi cab".split())
_VEHICLES = frozenset(
    "bus train taxi cab ferry plane tram car bike boat lift elevator metro subway coach tube".split()
)
_WANTING = frozenset("going supposed ready able allowed likely expected meant bound due unable reluctant willing "
                     "eager keen unwilling determined prepared about set".split())  # fmt: skip
_GONE = frozenset("go come arrive".split())
_PLACED = frozenset("locate situate base station house".split())
_ORIENTED = frozenset("to into onto in out off on back away home over up down through".split())
_DRIVEN = frozenset("drive ride fly sail run walk march pop".split())
_RACES = frozenset("race mile marathon errand bath lap test risk relay kilometre company".split())
_TOSS = frozenset("toss throw fling chuck lob slip hurl sling slide sell".split())
_BOUND = frozenset("head leave depart set_off set_out make bolt run start embark".split())
_SHUT_IN = frozenset("lock fold wrap zip seal button tape pour".split())
_OPENINGS = frozenset("door gate window house shop office car safe drawer lid jacket coat".split())
_DIRECTIONS = frozenset("north south east west left right".split())
_PAST_BE = frozenset(("was", "were"))
_OTHER_MEANING = {"hide": "hide"}


def _skip(items: list[Item], at: int) -> int:
    """The first item from here that is no adverb or negation."""
    while at < len(items) and items[at].type in ("adv", "not"):
        at += 1
    return at


def _subject_end(items: list[Item], at: int) -> int:
    """Where the subject that begins at an item ends ("Mary and John"); `at` itself if none does."""
    if at >= len(items) or items[at].type not in ("np", "pron"):
        return at
    at += 1
    while at + 1 < len(items) and items[at].type == "co" and items[at + 1].type in ("np", "pron"):
        at += 2
    return at


def _is(item: Item | None, form: str) -> bool:
    return item is not None and item.type == "v" and form in item.forms


def join_verbs(items: list[Item], question: bool) -> list[Item]:
    """One verb item for each verb group."""
    done: list[Item] = []
    k = 0
    skip_to: set[int] = set()
    while k < len(items):
        item = items[k]
        if k in skip_to:
            k += 1
            continue
        if item.type == "do":
            k = _do(items, k, done, question)
        elif item.type == "have":
            k = _have(items, k, done, question, skip_to)
        elif item.type == "be":
            k = _be(items, k, done, question, skip_to)
        elif item.type == "v":
            k = _plain(items, k, done)
        else:
            done.append(item)
            k += 1
    return _light(done)


def _verb(token: str, text: str, lemma: str, forms: frozenset[str], aux: str) -> Item:
    item = Item("v", token, text, lemma=lemma, forms=forms)
    item.aux = aux
    return item


def _do(items: list[Item], k: int, done: list[Item], question: bool) -> int:
    item = items[k]
    j = _skip(items, k + 1)
    target = items[j] if j < len(items) else None
    if question:
        end = _subject_end(items, j)
        if end > j or (target is not None and target.type in ("v", "have", "be")):
            done.append(Item("aux", "do", item.text))
            return k + 1
        done.append(_verb("<act>", item.text, "do", frozenset(("base",)), ""))
        return k + 1
    if target is not None and target.type in ("v", "have", "be"):
        if target.type == "v":
            target.aux = "do"
        return k + 1
    if any(it.type == "not" for it in items[k + 1 : j]):
        return k + 1  # "she didn't"
    done.append(_verb("<act>", item.text, "do", frozenset(("past", "base", "s")), ""))
    return k + 1


def _have(items: list[Item], k: int, done: list[Item], question: bool, drop: set[int]) -> int:
    item = items[k]
    low = item.token
    past = low == "had"
    j = _skip(items, k + 1)
    inverted = False
    if question and j < len(items) and not (done and done[-1].type in ("np", "pron")):
        end = _subject_end(items, j)
        if end > j:
            after = _skip(items, end)
            if after < len(items) and (_is(items[after], "part") or items[after].type == "be"):
                inverted, j = True, after
    target = items[j] if j < len(items) else None
    if (
        target is not None
        and target.type == "v"
        and target.lemma == "get"
        and "part" in target.forms
    ):
        after = items[j + 1] if j + 1 < len(items) else None
        returned = j + 2 < len(items) and items[j + 2].token == "back"
        if after is None or (
            after.type in ("np", "pron", "not", "p") and not past and not returned
        ):
            drop.add(j)
            if inverted:
                done.append(Item("aux", "do", item.text))
                items[j] = _verb("<hold>", target.text, "hold", frozenset(("base",)), "do")
                drop.discard(j)
                return k + 1
            done.extend(items[k + 1 : j])
            done.append(_verb("<hold>", item.text, "hold", frozenset(("s", "past")), ""))
            return j + 1
    if (
        target is not None
        and (_is(target, "part") or target.type == "be")
        and (inverted or j == _skip(items, k + 1))
    ):
        if target.type == "be":
            if target.token == "been":
                target.token = "were" if past else "are"
            if past:
                target.lemma = "had"
        elif low == "having":
            target.forms = frozenset(("ing",))
        else:
            target.aux = "had" if past else "have"
            target.forms = target.forms | {"past"}
        if inverted:
            done.append(Item("aux", "do", item.text))
            if target.type == "be":
                target.lemma = "inverted"
        return k + 1
    if (
        target is not None
        and target.type == "prep"
        and target.token == "to"
        and _is(items[j + 1] if j + 1 < len(items) else None, "base")
    ):
        done.append(_verb("<want>", item.text, "have_to", frozenset(("past", "s", "base")), ""))
        return k + 1
    forms = (
        frozenset(("past",))
        if past or item.aux == "be"
        else frozenset(("ing",))
        if low == "having"
        else frozenset(("base", "s"))
    )
    if (
        question
        and not inverted
        and j < len(items)
        and items[j].type in ("np", "pron")
        and not any(it.type in ("np", "pron", "wh") for it in done)
    ):  # "Have you the key?"
        done.append(Item("aux", "do", item.text))
        end = _subject_end(items, j)
        items.insert(end, _verb("<hold>", item.text, "have", frozenset(("base",)), "do"))
        return k + 1
    done.append(_verb("had" if past else "<hold>", item.text, "have", forms, ""))
    return k + 1


def _be(items: list[Item], k: int, done: list[Item], question: bool, drop: set[int]) -> int:
    item = items[k]
    past = item.token in _PAST_BE
    token = "was" if past else "be"
    j = _skip(items, k + 1)
    inverted = False
    if j < len(items) and question:
        end = _subject_end(items, j)
        if end > j:
            after = _skip(items, end)
            if (
                after < len(items)
                and items[after].type in ("v", "be")
                and (items[after].type == "be" or items[after].forms & {"ing", "part"})
            ):
                inverted, j = True, after
    target = items[j] if j < len(items) else None
    following = items[j + 1] if j + 1 < len(items) else None
    if target is not None and target.type == "be" and target.token == "being":
        drop.add(j)
        j = _skip(items, j + 1)
        target = items[j] if j < len(items) else None
        following = items[j + 1] if j + 1 < len(items) else None
    to_verb = (
        following is not None and following.type == "prep" and following.token == "to"
        and (_is(items[j + 2] if j + 2 < len(items) else None, "base")
             or (j + 2 < len(items) and items[j + 2].type in ("be", "have", "do")))
    )  # fmt: skip
    if (
        target is not None
        and target.type in ("v", "w", "prep", "part", "adv", "np")
        and to_verb
        and not (
            target.type == "v" and "ing" in target.forms and target.lemma not in ("go", "plan")
        )
        and target.text.lower().split()[-1] in _WANTING
    ):
        if inverted:
            done.append(Item("aux", token, item.text))
            items[j] = _verb("<want>", target.text, "going_to", frozenset(("past", "s")), "be")
            return k + 1
        done.extend(it for it in items[k + 1 : j] if it.type == "not")
        done.append(_verb("<want>", target.text, "going_to", frozenset(("past", "s")), ""))
        return j + 1
    if (
        target is not None
        and target.type == "prep"
        and target.token == "of"
        and target.text.lower() == "about"
    ):
        if following is not None and _is(following, "base"):
            done.append(_verb("<want>", target.text, "about_to", frozenset(("past",)), ""))
            return j + 1
    if target is not None and target.type == "have" and target.token == "having":
        target.aux = "be"
        done.extend(items[k + 1 : j])
        if question:
            done.append(Item("aux", token, item.text))
        return j
    if target is not None and target.type == "v":
        if "ing" in target.forms:
            target.aux = "be" if item.lemma != "had" else "had"
            target.forms = target.forms | {"past"}
            if question and (inverted or past) and item.lemma != "inverted":
                done.append(Item("aux", token, item.text))
            return k + 1
        if "part" in target.forms and target.lemma not in _PLACED:
            if target.lemma in _GONE:
                target.aux = "have"
                target.forms = target.forms | {"past"}
                if question and inverted:
                    done.append(Item("aux", token, item.text))
                return k + 1
            adjective = target.text.lower() in ADJECTIVES and target.token == "<act>"
            if not adjective and target.token not in ("<stay>",):
                done.append(Item("pass", "<passive>", item.text))
                target.aux = "pass" if item.lemma != "had" else "had"
                target.forms = target.forms | {"past"}
                return k + 1
            if target.token == "<stay>":
                target.aux = "be"
                target.forms = target.forms | {"past"}
                return k + 1
            if target.token == "<act>":
                target.type, target.token = "w", "<adj>"
        elif target.lemma in _PLACED and "part" in target.forms:
            drop.add(j)
    verb = _verb(
        token, item.text, "be", frozenset(("past",)) if past else frozenset(("s", "base")), ""
    )
    if item.lemma == "had":
        verb.aux = "had"
    if item.token == "be":
        verb.forms = frozenset(("base",))
    elif item.token == "being":
        verb.forms = frozenset(("ing",))
    done.append(verb)
    return k + 1


def _plain(items: list[Item], k: int, done: list[Item]) -> int:
    item = items[k]
    passive = item.aux == "pass" or bool(done and done[-1].type == "pass")
    after = items[k + 1] if k + 1 < len(items) else None
    if (
        item.lemma == "use"
        and after is not None
        and after.token == "to"
        and _is(items[k + 2] if k + 2 < len(items) else None, "base")
    ):
        done.append(_verb("<want>", item.text, "used_to", item.forms, item.aux))
        return k + 1
    if item.lemma == "get" and after is not None:
        if (after.type in ("prep", "part", "adv") and after.token in _ORIENTED) or (
            after.type == "np" and after.mention is not None and after.mention.det == ""
            and after.mention.kind == "place"
        ) or after.token in ("there", "here"):  # fmt: skip
            following = items[k + 2] if k + 2 < len(items) else None
            if after.token == "to" and _is(following, "base"):
                done.append(_verb("<manage>", item.text, "get_to", item.forms, item.aux))
            else:
                done.append(_verb("<go>", item.text, "go", item.forms, item.aux))
            return k + 1
        if (
            _is(after, "part") and after.token != "<go>" and "ing" not in after.forms
        ):  # "got stolen"
            done.append(Item("pass", "<passive>", item.text))
            after.aux = "pass"
            return k + 1
        if after.token == "<adj>":
            done.append(_verb("<act>", item.text, "become", item.forms, item.aux))
            return k + 1
    if (
        item.lemma == "break"
        and after is not None
        and after.token in ("in", "into")
        and after.type in ("prep", "part")
    ):
        done.append(_verb("<go>", item.text, "go", item.forms, item.aux))
        return k + 1
    if item.lemma == "pay":
        if after is not None and after.mention is not None and after.mention.head == "visit":
            done.append(_verb("<enter>", item.text, "visit", item.forms, item.aux))
            following = items[k + 2] if k + 2 < len(items) else None
            return k + 3 if following is not None and following.token == "to" else k + 2
    if item.lemma in ("make", "let", "help") and item.token == "<manage>":
        end = _subject_end(items, k + 1)
        follows = items[end] if end < len(items) else None
        if end == k + 1 or follows is None or follows.type not in ("v", "prep", "part", "have", "be") or (
            (item.lemma == "make" and follows.type != "v") or (follows.type == "prep" and item.lemma == "help"
            and follows.token != "to")):  # fmt: skip
            if item.lemma != "help" or not (
                after is not None and (after.token == "to" or _is(after, "base"))
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
    if item.lemma in ("stand", "rest", "lean") and item.token == "<stay>" and not passive:
        end = _subject_end(items, k + 1)
        located = end < len(items) and items[end].type == "prep"
        if end > k + 1 and located:  # "stood it on the shelf"
            item.token = "<put>"
    if item.lemma in _SHUT_IN:
        end = k + 1 if passive else _subject_end(items, k + 1)
        kept = items[k + 1].mention if end > k + 1 else None
        inside = (
            end < len(items) and items[end].token in ("in", "into") and items[end].type == "prep"
        )
        openings = kept is not None and kept.head in _OPENINGS
        if inside and not openings and (passive or end > k + 1):
            item.token = "<put>"
        elif passive or end > k + 1:
            item.token = "<act>"
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
        _dropped_off(items, k, item)
    if item.lemma in PHRASAL and after is not None and after.type in ("np", "pron"):
        return _separated(items, k, item, done)
    done.append(item)
    return k + 1


def _dropped_off(items: list[Item], k: int, item: Item) -> None:
    """Dropping a parcel off at the office brings it there."""
    end = k + 1 if item.aux == "pass" else _subject_end(items, k + 1)
    off = end < len(items) and items[end].text.lower() == "off" and item.lemma != "drop_off"
    at = end + off
    if not (off or item.lemma == "drop_off") or at + 1 >= len(items):
        return
    place = items[at + 1].mention
    if items[at].token == "at" and place is not None and place.kind != "person":
        item.token, items[at].token = "<bring>", "to"
        if off:
            del items[end]


def _separated(items: list[Item], k: int, item: Item, done: list[Item]) -> int:
    """A particle after the object: "picked the key up", "passed it on"."""
    end = _subject_end(items, k + 1)
    particle = items[end] if end < len(items) else None
    if (
        item.lemma == "let"
        and particle is not None
        and particle.token in ("in", "into", "out")
        and particle.type in ("prep", "part")
    ):  # "let the dog in": it goes in
        items.insert(end, _verb("<go>", "", "go", frozenset(("base",)), ""))
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
        if (token and not governs and word not in ("out", "off", "back")) or (
            token and whole == "put_on" and not governs
        ):
            item.lemma = whole
            item.token = "<put>" if token == "<drop>" and located and word == "down" else token
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
            end = _subject_end(items, k + 1)
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
            return _verb("<go>", item.text, "go", item.forms, item.aux)
        if _to_person(items, k + 1):
            item.token = "<give>"
    return item


def _to_person(items: list[Item], at: int) -> bool:
    """Whether "NP to PERSON" or "PERSON NP" follows."""
    if at >= len(items) or items[at].type not in ("np", "pron"):
        return False
    first = items[at]
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


def _light_object(lemma: str, mention: Mention) -> bool:
    """Whether a verb with this object is an act and not the holding of a thing: "had a rest"."""
    head, det = mention.head, mention.det
    if lemma == "have":
        if head in _LACKED | _CONSUMED:
            return True
        if head in _MEALS:
            return True
    return head in _LIGHT and det in ("a", "", "another")


def _light(items: list[Item]) -> list[Item]:
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
            if mention is not None and mention.head in _TRIPS | _LIGHT and mention.det in ("a", ""):
                done.append(item)  # "went for a walk in the park"
                k += 3
                continue
        if item.type == "v" and item.lemma == "have" and after is not None and after.type == "not":
            lacked = items[k + 2].mention if k + 2 < len(items) else None
            if lacked is not None and lacked.owner is None and lacked.head in _LIGHT | _LACKED:
                done.append(after)  # "had no time"
                done.append(_verb("<act>", item.text, item.lemma, item.forms, item.aux))
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
                    done.append(_verb("<go>", item.text, "go", item.forms, item.aux))
                    k += 2
                    continue
                if (
                    item.lemma in ("take", "catch", "have", "make", "get")
                    and goes
                    and onward is not None
                ):
                    if (head in _TRIPS and mention.det in ("a", "") and head not in _VEHICLES) or head in (
                        "trip", "journey") or (head in _VEHICLES and onward.token in ("to", "back", "<place>", "from")):  # fmt: skip
                        if (
                            onward.token == "<place>"
                            and mention.det == ""
                            and head not in _VEHICLES
                        ):
                            pass
                        done.append(_verb("<go>", item.text, "go", item.forms, item.aux))
                        if head in _VEHICLES:
                            done += [Item("prep", "by", "by"), noun]  # type: ignore[list-item]
                        k = where + 1
                        continue
                if _light_object(item.lemma, mention) and not (
                    item.lemma in ("take", "have", "get", "give") and head in ("picture", "photo", "photograph", "note")
                    and item.lemma != "take"
                ):  # fmt: skip
                    done.append(_verb("<act>", item.text, item.lemma, item.forms, item.aux))
                    done.extend(items[k + 1 : where])
                    k = where + 1
                    continue
        done.append(item)
        k += 1
    return done


__all__ = ["BARE_PLACES", "PREPOSITIONS", "join_verbs"]
