"""The words of a clause before it is known whom its mentions mean, and which clauses say nothing."""

from __future__ import annotations

from recollect.english.drafts import Draft
from recollect.english.items import Mention
from recollect.english.lexicon import ONLY_IN_QUESTIONS
from recollect.english.morphology import singular
from recollect.english.shapes import Part
from recollect.english.tokens import Raw
from recollect.english.words import LONGEST, TOKEN_IDS, Entity, Word

__all__ = ["clause_words", "contents", "is_of_nothing", "unread", "unshouted"]


def unread(clauses: list[list[Part]], drafts: list[Draft], raws: list[Raw]) -> str:
    """What was not understood of a sentence, or ""."""
    if not clauses:
        return "nothing to read" if any(raw.low[0].isalnum() for raw in raws) else ""
    verbs = [draft.verb for draft in drafts if draft.verb is not None]
    unknown = next((verb.text for verb in verbs if verb.token == "<unk>"), "")
    return f"unknown verb {unknown!r}" if unknown else "" if verbs else "no verb"


def unshouted(raws: list[Raw]) -> list[Raw]:
    """Small letters for a sentence that is all in capitals."""
    if len(raws) < 3 or any(raw.text != raw.text.upper() for raw in raws):
        return raws
    if sum(len(raw.text) for raw in raws if raw.text.isalpha()) <= 8:
        return raws
    return [Raw(raw.low, raw.low) for raw in raws]


def clause_words(draft: Draft, future: bool) -> list[tuple[str, str, Mention | None]]:
    """The words of a clause before its mentions are resolved."""
    words: list[tuple[str, str, Mention | None]] = []
    items = draft.items
    if draft.said and not (draft.prefix and draft.prefix[0].token == "if" and draft.sub == "if"):
        words.append(("<said>", "", None))
    words += [(item.token, item.text, None) for item in draft.prefix]
    if any(item.token == "no_longer" for item in items):
        items = [item for item in items if item.type != "not"]
    told = not future or any(item.type == "modal" for item in items)
    for n, item in enumerate(items):
        token = item.token
        if item.type == "adv" and token in ONLY_IN_QUESTIONS:
            continue
        if not told and item.type in ("v", "pass"):
            words.append(("<modal>", "", None))
            told = True
        if item.mention is not None:
            words.append((token, item.text, item.mention))
        elif token in TOKEN_IDS:
            if token in ("and", "or") and (
                not words or words[-1][0] in ("and", "or") or n == len(items) - 1
            ):
                continue
            words.append((token, item.text, None))
        elif token:
            words.append(("<unk>", item.text, None))
    while words and words[-1][0] in ("and", "or"):
        words.pop()
    if len(words) > LONGEST:
        tail = [words[-1]] if words[-1][0] == "?" else []
        words = words[: LONGEST - len(tail)] + tail
    if all(word[0] in ("<said>", "?") for word in words):
        return []
    return words


def contents(mention: Mention, entity: Entity) -> bool:
    """Whether "the oranges" are those of "a crate of oranges": sold, they leave the crate where it is."""
    holder, _, held = entity.name.lower().partition(" of ")
    if not held or mention.proper:
        return False
    return singular(held.split()[-1]) == mention.head and mention.head not in holder.split()


def is_of_nothing(words: list[Word], new: int) -> bool:
    """Whether a clause tells that there was none of something new that no list has: "no wind"."""
    if [w.token for w in words[:1]] != ["there"] or len(words) < 4 or words[3].entity < new:
        return False
    named = words[3].token != "<noun>" or words[3].text.split()[-1].istitle()
    return "not" in (words[1].token, words[2].token) and not named
