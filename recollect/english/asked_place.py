"""Questions about where: "Where does Rex sleep?", "Where did he go to buy bread?", "Where is the key to the shed?"."""

from __future__ import annotations

from recollect.english.items import Item


def asked_where(items: list[Item]) -> list[Item]:
    """Take "Where does Rex sleep?" for where he is; what somebody went somewhere for is left out."""
    kept = [item for item in items if item.type not in ("p", "adv")]
    if not kept or kept[0].token != "where":
        return items
    types = [item.type for item in kept]
    if types in (["wh", "aux", "np", "v"], ["wh", "aux", "pron", "v"]):
        if kept[1].text.lower() in ("do", "does") and kept[3].token == "<stay>":
            be = Item("v", "be", "is", lemma="be", forms=frozenset(("s",)))
            return [be if item is kept[1] else item for item in items if item is not kept[3]]
    for n in range(len(items) - 2):
        going, way, verb = items[n : n + 3]
        if going.token == "<go>" and way.token == "to" and verb.type == "v":
            return items[: n + 1]  # "Where did he go to buy bread?"
    return items


def bare_question(items: list[Item]) -> list[Item]:
    """A question about where a thing is or who has it, without what only tells which thing is meant."""
    items = asked_where(items)
    verbs = {item.token for item in items if item.type == "v"}
    if verbs and not verbs <= {"be", "was", "had", "<hold>"}:
        return items
    for n in range(len(items) - 2):
        thing, way, other = items[n : n + 3]
        if thing.type == "np" and way.type == "prep" and way.token in ("to", "for"):
            if other.type == "np" and thing.mention and thing.mention.kind in ("thing", "box"):
                return [*items[: n + 1], *items[n + 3 :]]
    return items
