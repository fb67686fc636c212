"""Forms of English verbs and nouns: from what is written to the lemma."""

from __future__ import annotations

from functools import lru_cache

from recollect.english.nouns import KIND, NOUNS, PLURALS
from recollect.english.verbs import IRREGULAR, VERB_CLASS
from recollect.english.words import VERBS, Word

_VOWELS = "aeiou"


def _doubles(lemma: str) -> bool:
    """Whether the last consonant is written twice before -ed and -ing ("stop", "travel")."""
    if len(lemma) < 3 or lemma[-1] in _VOWELS + "wxy" or lemma[-2] not in _VOWELS:
        return False
    if lemma[-3] in _VOWELS:
        return lemma[-3:-1] in ("ui",) and lemma[-1] == "t"
    return True


def _regular(lemma: str) -> dict[str, set[str]]:
    """The regular forms of a lemma, with British and American spellings."""
    if lemma.endswith(("s", "x", "z", "ch", "sh", "o")):
        third = {lemma + "es"}
    elif lemma.endswith("y") and lemma[-2] not in _VOWELS:
        third = {lemma[:-1] + "ies"}
    else:
        third = {lemma + "s"}
    if lemma.endswith("e"):
        past, ing = (
            {lemma + "d"},
            {lemma[:-1] + "ing"} if lemma[-2:] not in ("ee", "oe", "ye") else {lemma + "ing"},
        )
    elif lemma.endswith("y") and lemma[-2] not in _VOWELS:
        past, ing = {lemma[:-1] + "ied"}, {lemma + "ing"}
    else:
        past, ing = {lemma + "ed"}, {lemma + "ing"}
        if _doubles(lemma):
            doubled = lemma + lemma[-1]
            if lemma + "e" in VERB_CLASS:  # "hoped" is of "hope", "hopped" of "hop"
                past, ing = set(), set()
            past.add(doubled + "ed")
            ing.add(doubled + "ing")
    return {"s": third, "past": past, "part": past, "ing": ing}


def _all_forms() -> dict[str, tuple[tuple[str, str], ...]]:
    forms: dict[str, list[tuple[str, str]]] = {}
    irregular = {
        lemma for readings in IRREGULAR.values() for lemma, form in readings if form == "past"
    }
    lemmas = {lemma.partition("_")[0] for lemma in VERB_CLASS} | irregular | {"do", "have", "be"}
    for lemma in sorted(lemmas):
        forms.setdefault(lemma, []).append((lemma, "base"))
        for form, spellings in _regular(lemma).items():
            if form in ("past", "part") and lemma in irregular:
                continue
            for spelling in spellings:
                forms.setdefault(spelling, []).append((lemma, form))
    for spelling, readings in IRREGULAR.items():
        known = forms.setdefault(spelling, [])
        known.extend(reading for reading in readings if reading not in known)
    forms["be"] = [("be", "base")]
    for odd in ("bes", "bed", "haves", "having_"):
        forms.pop(odd, None)
    return {spelling: tuple(readings) for spelling, readings in forms.items()}


VERB_FORMS = _all_forms()
"""A written form -> its (lemma, form) readings; form is base, s, past, part or ing."""


@lru_cache(maxsize=50_000)
def singular(word: str) -> str:
    """The singular of a noun in small letters; a word that is none already stays as it is."""
    if word in PLURALS:
        return PLURALS[word]
    if (
        word in KIND
        or word in NOUNS
        or len(word) < 4
        or not word.endswith("s")
        or word.endswith(("ss", "us", "is"))
    ):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    return word[:-1]


def lemmas(word: Word) -> frozenset[str]:
    """The verbs that a word of a clause may be a form of; empty for other words."""
    if word.token not in VERBS:
        return frozenset()
    first = word.text.lower().split()[:1]
    return frozenset(lemma for f in first for lemma, _ in VERB_FORMS.get(f, ((f, "base"),)))
