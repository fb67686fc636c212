"""What somebody has done by others: "had it moved to the workshop"."""

from __future__ import annotations

from recollect.english.items import Item, subject_end, verb_item

_SENT = frozenset(("<bring>", "<send>", "<put>", "carry", "take", "<give>"))
_GOALS = frozenset("to into onto in on under behind beside at towards".split())


def caused(items: list[Item], k: int, forms: frozenset[str]) -> bool:
    """Bring "had it moved to" at item `k` to "moved it to"; False where "had" is a verb of its own."""
    end = subject_end(items, k + 1)
    verb = items[end] if end < len(items) else None
    if end == k + 1 or verb is None or verb.type != "v" or "part" not in verb.forms:
        return False
    thing = items[end - 1].mention
    picked = thing is None or thing.det not in ("a", "", "no", "another")
    goal = items[end + 1] if end + 1 < len(items) else None
    going = goal is not None and (goal.type == "part" or (goal.type == "prep" and goal.token in _GOALS) or goal.token in (
        "there", "here", "<place>", "back"))  # fmt: skip
    token = verb.token
    if (token in _SENT or verb.lemma in ("move", "return")) and going:
        pass
    elif token in ("<act>", "<unk>") and picked and "base" not in verb.forms:
        token = "<act>"
    else:
        return False
    done = verb_item(token, verb.text, verb.lemma, forms, "")
    items[k : end + 1] = [done, *items[k + 1 : end]]
    return True
