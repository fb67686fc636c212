"""A simulated clause as the reader of English sees it, with made-up words for its placeholders.

Training must see exactly what `recollect.english` makes of a sentence, its mistakes included. The
number of distinct wordings is small beside the number of sentences, so each is read once per
process.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from recollect.english import Clause, read_question, read_story

FILLERS = {
    "a": ("Zorvan", "Quillon", "Brixley"),
    "p": ("Odric",),
    "r": ("Tarquin",),
    "y": ("Yorald",),
    "e": ("Dravik",),
    "o": ("dax", "wugget", "blicket"),
    "l": ("florp",),
    "k": ("grundle",),
    "s": ("snibbet",),
    "x": ("mippel",),
}
BARE = frozenset("apry")  # filled with a name; the others take an article
PRONOUNS = {"he": "a", "she": "a", "they": "a", "it": "o", "them": "o", "him": "r", "her": "r"}


class Slot(NamedTuple):
    """One token of a read wording.

    Attributes:
        token: of the vocabulary.
        letter: the placeholder that it mentions; "" for a plain word.
        index: which of those that fill the placeholder.
    """

    token: str
    letter: str = ""
    index: int = 0


def _spell(letter: str, count: int, pronoun: str | None, override: str | None) -> str:
    if pronoun:
        return pronoun
    if override:
        return override
    names = FILLERS[letter][:count]
    names = names if letter in BARE else tuple(f"the {n}" for n in names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _spelt(
    text: str, counts: dict[str, int], pronouns: dict[str, str]
) -> tuple[str, dict[str, tuple[str, int]]]:
    owners = {
        name.lower(): (letter, i)
        for letter, names in FILLERS.items()
        for i, name in enumerate(names)
    }

    def fill(match: re.Match[str]) -> str:
        letter, override = match[1], match[2]
        if letter == "t":
            return "there"
        if override:
            owners[override] = (letter, 0)
        return _spell(letter, counts.get(letter, 1), pronouns.get(letter), override)

    text = re.sub(r"\{(\w)(?:=(\w+))?\}", fill, text)
    text = text[:1].upper() + text[1:]
    return (text if text[-1] in '.?!"' else text + "."), owners


def _slots(
    clause: Clause, owners: dict[str, tuple[str, int]], names: list[str], pronouns: dict[str, str]
) -> tuple[Slot, ...]:
    letters = {word: letter for letter, word in pronouns.items()}
    out = []
    for word in clause.words:
        if word.entity >= 0:
            name = names[word.entity].lower() if word.entity < len(names) else word.text.lower()
            owner = next(
                (owners[part] for part in [name, *reversed(name.split())] if part in owners), None
            )
            out.append(Slot("<noun>", *owner) if owner else Slot(word.token))
        else:
            told = word.token in PRONOUNS or word.token == "there"
            out.append(Slot(word.token, letters.get(word.text.lower(), "") if told else ""))
    return tuple(out)


@lru_cache(maxsize=200_000)
def read_wording(
    text: str, counts: tuple[tuple[str, int], ...], pronouns: tuple[tuple[str, str], ...]
) -> tuple[tuple[Slot, ...], ...]:
    """The clauses that the reader makes of a wording.

    Args:
        text: a sentence with placeholders.
        counts: how many entities fill each placeholder.
        pronouns: which placeholders are told by a pronoun.
    """
    spelt, owners = _spelt(text, dict(counts), dict(pronouns))
    story = read_story(spelt)
    names = [entity.name for entity in story.entities]
    return tuple(_slots(clause, owners, names, dict(pronouns)) for clause in story.clauses)


@lru_cache(maxsize=1)
def _cast():
    told = " ".join(f"{n} is in the hall." for letter in BARE for n in FILLERS[letter])
    told += " " + " ".join(
        f"The {n} is in the hall."
        for letter in FILLERS
        if letter not in BARE
        for n in FILLERS[letter]
    )
    return read_story(told)


@lru_cache(maxsize=200_000)
def read_asked(text: str, bare: bool) -> tuple[Slot, ...]:
    """The clause that the reader makes of a question's wording.

    Args:
        text: a question with placeholders.
        bare: whether {e} is a name, and takes no article.
    """
    if bare:
        text = text.replace("{e}", FILLERS["e"][0])
    spelt, owners = _spelt(text, {}, {})
    spelt = spelt.replace("the Dravik", "the dravik")
    story = _cast()
    clause = read_question(spelt, story)
    return _slots(clause, owners, [entity.name for entity in story.entities], {})
