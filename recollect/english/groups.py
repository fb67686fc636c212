"""Verb groups: auxiliaries, progressive, perfect and passive forms.

Brings the items of a sentence to one verb item a group: what is left of the auxiliaries is a modal, a negation, a
passive, and in a question the inverted auxiliary itself.
"""

from __future__ import annotations

from recollect.english.causatives import caused
from recollect.english.items import Item, has_form, subject_end, verb_item
from recollect.english.light_verbs import light_verbs
from recollect.english.nouns import ADJECTIVES
from recollect.english.verb_senses import plain_verb

_WANTING = frozenset("going supposed ready able allowed likely expected meant bound due unable reluctant willing "
                     "eager keen unwilling determined prepared about set".split())  # fmt: skip
_GONE = frozenset("go come arrive call_away".split())
_PLACED = frozenset("locate situate base station house".split())
_PAST_BE = frozenset(("was", "were"))


def _skip(items: list[Item], at: int) -> int:
    """The first item from here that is no adverb or negation."""
    while at < len(items) and items[at].type in ("adv", "not"):
        at += 1
    return at


def _done_to(items: list[Item], at: int) -> bool:
    """Whether "by", or where something goes, follows before the clause ends: "was cleared away"."""
    for item in items[at : at + 6]:
        if item.type in ("p", "co", "sub", "v", "be", "have"):
            return False
        if item.token == "by" or item.text.lower() in ("away", "out", "off"):
            return True
    return False


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
            k = plain_verb(items, k, done)
        else:
            done.append(item)
            k += 1
    return light_verbs(done)


def _do(items: list[Item], k: int, done: list[Item], question: bool) -> int:
    item = items[k]
    j = _skip(items, k + 1)
    target = items[j] if j < len(items) else None
    if question:
        end = subject_end(items, j)
        if end > j or (target is not None and target.type in ("v", "have", "be")):
            done.append(Item("aux", "do", item.text))
            return k + 1
        done.append(verb_item("<act>", item.text, "do", frozenset(("base",)), ""))
        return k + 1
    if target is not None and target.type in ("v", "have", "be"):
        if target.type == "v":
            target.aux = "do"
        return k + 1
    if any(it.type == "not" for it in items[k + 1 : j]):
        return k + 1  # "she didn't"
    done.append(verb_item("<act>", item.text, "do", frozenset(("past", "base", "s")), ""))
    return k + 1


def _have(items: list[Item], k: int, done: list[Item], question: bool, drop: set[int]) -> int:
    item = items[k]
    low = item.token
    past = low == "had"
    j = _skip(items, k + 1)
    inverted = False
    if question and j < len(items) and not (done and done[-1].type in ("np", "pron")):
        end = subject_end(items, j)
        if end > j:
            after = _skip(items, end)
            if after < len(items) and (has_form(items[after], "part") or items[after].type == "be"):
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
                items[j] = verb_item("<hold>", target.text, "hold", frozenset(("base",)), "do")
                drop.discard(j)
                return k + 1
            done.extend(items[k + 1 : j])
            done.append(verb_item("<hold>", item.text, "hold", frozenset(("s", "past")), ""))
            return j + 1
    if (
        target is not None
        and (has_form(target, "part") or target.type == "be")
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
    held = target is not None and target.type == "have" and target.token == "had"
    if held and not past and not question:
        return k + 1  # "has had it since then"
    if (
        target is not None
        and target.type == "prep"
        and target.token == "to"
        and has_form(items[j + 1] if j + 1 < len(items) else None, "base")
    ):
        done.append(verb_item("<want>", item.text, "have_to", frozenset(("past", "s", "base")), ""))
        return k + 1
    forms = (
        frozenset(("past",))
        if past or item.aux == "be"
        else frozenset(("ing",))
        if low == "having"
        else frozenset(("base", "s"))
    )
    if not question and not item.aux and caused(items, k, forms):
        return k
    if (
        question
        and not inverted
        and j < len(items)
        and items[j].type in ("np", "pron")
        and not any(it.type in ("np", "pron", "wh") for it in done)
    ):  # "Have you the key?"
        done.append(Item("aux", "do", item.text))
        end = subject_end(items, j)
        items.insert(end, verb_item("<hold>", item.text, "have", frozenset(("base",)), "do"))
        return k + 1
    done.append(verb_item("had" if past else "<hold>", item.text, "have", forms, ""))
    return k + 1


def _be(items: list[Item], k: int, done: list[Item], question: bool, drop: set[int]) -> int:
    item = items[k]
    past = item.token in _PAST_BE
    token = "was" if past else "be"
    j = _skip(items, k + 1)
    inverted = False
    if j < len(items) and question:
        end = subject_end(items, j)
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
        and (has_form(items[j + 2] if j + 2 < len(items) else None, "base")
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
            items[j] = verb_item("<want>", target.text, "going_to", frozenset(("past", "s")), "be")
            return k + 1
        done.extend(it for it in items[k + 1 : j] if it.type == "not")
        done.append(verb_item("<want>", target.text, "going_to", frozenset(("past", "s")), ""))
        return j + 1
    if target is not None and target.text.lower() == "due" and target.type in ("np", "w"):
        done.append(verb_item("<want>", target.text, "due", frozenset(("past", "s")), ""))
        return j + 1
    if (
        target is not None
        and target.type == "prep"
        and target.token == "of"
        and target.text.lower() == "about"
    ):
        if following is not None and has_form(following, "base"):
            done.append(verb_item("<want>", target.text, "about_to", frozenset(("past",)), ""))
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
            if target.token == "<act>" and not question and not _done_to(items, j + 1):
                adjective = True  # "was annoyed", "was cleaned": how somebody or something is
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
    verb = verb_item(
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
