"""How a relation of a person's own is asked for: `born_in`, `father`, `capitalOf`, `directed_by`.

A relation's name is split into words. A trailing "of" or "by" turns it round: in *Paris capital_of
France* the capital of France is Paris, and in *Dune directed_by Lynch* it is Lynch who directed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from recollect.answer.knowledge.meanings import (
    AGENTS,
    ALIASES,
    APART,
    CONVERSES,
    EITHER_WAY,
    HINTS,
    PLACED,
    PREPOSITIONS,
    TURNS,
    american,
    is_person,
)
from recollect.english.morphology import VERB_FORMS, singular
from recollect.english.nouns import KIND, NOUNS

__all__ = ["Form", "RelationWords", "stems"]

_LEAD = frozenset("is was are were be has have had a an the".split())
# Places are named in much the same way; working as a smith is not working for one.
_ALIKE = frozenset("in at on near to for".split())
_KINDS = {("is", "a"), ("is", "an"), ("isa",), ("a",), ("kind", "of"), ("subclass", "of")}
_ASKED = frozenset("which what whom who".split())


@dataclass(frozen=True, slots=True)
class Form:
    """A relation as it is asked for.

    Attributes:
        relation: its number.
        words: the words that ask for it, in order.
        verb: whether they are a verb ("lives"), else a noun ("father").
        turned: whether the file has subject and object the other way round ("father_of").
        preposition: the one that goes with it ("in"), or "".
        spelt: all words of its name.
    """

    relation: int
    words: tuple[str, ...]
    verb: bool
    turned: bool
    preposition: str
    spelt: tuple[str, ...]


@lru_cache(maxsize=100_000)
def stems(word: str) -> frozenset[str]:
    """The forms under which two words are the same: singular, lemma, and the bare word.

    >>> bool(stems("children") & stems("child")), bool(stems("wrote") & stems("written"))
    (True, True)
    >>> bool(stems("lives") & stems("living")), bool(stems("mother") & stems("moth"))
    (True, False)
    """
    word = american(word)
    found = {word, singular(word)} | {lemma for lemma, _ in VERB_FORMS.get(word, ())}
    if word not in VERB_FORMS and word not in KIND and word not in NOUNS and len(word) > 4:
        if word.endswith("ies"):
            found.add(word[:-3] + "y")
        for end in ("s", "es", "ed", "d", "ing"):
            if word.endswith(end) and len(word) - len(end) > 2 and not word.endswith("ss"):
                root = word[: -len(end)]
                if end in ("ed", "ing") and root[-1:] == root[-2:-1]:
                    found.add(root[:-1])  # starred
                found |= {root, root + "e"} if end == "ing" else {root}
    if word.endswith("s") and not word.endswith("ss") and len(word) > 4:
        found.add(word[:-1])  # parents, which the lexicon has as a word of its own
    return frozenset(found)


class RelationWords:
    """The relations of a file, found by the words of a question.

    Args:
        relations: as the file names them.
    """

    def __init__(self, relations: Sequence[str]):
        self.forms = [_form(i, name) for i, name in enumerate(relations)]
        self._first: dict[str, list[tuple[Form, tuple[str, ...]]]] = {}
        self._any: dict[str, list[Form]] = {}
        self._agents: dict[str, list[Form]] = {}
        for form in self.forms:
            for words in _spellings(form):
                for stem in stems(words[0]):
                    self._first.setdefault(stem, []).append((form, words))
            for word in form.spelt:
                if word in PREPOSITIONS or word == "of":
                    continue
                for stem in stems(word):
                    self._any.setdefault(stem, []).append(form)
                for act in _acts(word) if not form.verb else ():
                    self._agents.setdefault(act, []).append(form)

    def at(self, words: Sequence[str], place: int) -> tuple[int, list[Form]]:
        """The relations asked for by the words from `place` on, and how many words that takes.

        Whole names come first, the longest of them; then a name of which one word is said
        ("director" for director_name); then other words for the same.
        """
        best, found = 0, []
        for stem in stems(words[place]):
            for form, spelling in self._first.get(stem, ()):
                size = _fits(words, place, spelling)
                if size > best:
                    best, found = size, []
                if size == best and size and form not in found:
                    found.append(form)
        if not best:
            return 0, []
        hints = next((h for wh, h in HINTS.items() if wh in words and wh != "who"), None)
        if hints and not any(_hinted(form, hints) for form in found):
            # "When was X born?" of a table with born_in and birth_date
            other = [f for way in self.near(words, place) for f in way if _hinted(f, hints)]
            found = other or found
        found = _narrowed(found, words, place + best)
        return (best, _both_ways(found)) if found else (0, [])

    def near(self, words: Sequence[str], place: int) -> list[list[Form]]:
        """The relations of which the word at `place` is a part, or means the same; likeliest first.

        One who directed is a director: `directed_by` is also found by the noun, `director` by the
        verb, and each then stands for the other, with subject and object changed over.
        """
        said = words[place]
        part, (*others, same) = self._with({said}), self._alike(said)
        # Children are those who have one as father: of a table that has no word for them.
        turned = [replace(f, verb=False, turned=not f.turned) for f in self._meant(CONVERSES, said)]
        others.append(same + turned)
        part = [f for f in part if not set(f.spelt) & APART]
        if stems(words[place]) & TURNS:
            part = [replace(f, verb=True, turned=t) for f in part for t in (True, False)]
        elif words[place].endswith("ed") and words[place] in VERB_FORMS:
            part = [replace(f, verb=True) for f in part]  # released, of a table with release_year
        hints = next((h for wh, h in HINTS.items() if wh in words and wh != "who"), frozenset())
        if "as" in (words[-1], *words[place + 1 : place + 2]):  # what does Ann work as?
            others = [[f for f in found if f.preposition == "as"] for found in others]
        ways = [_narrowed(found, words, place + 1) for found in (part, *others)]
        ways = [_both_ways(found) for found in ways if found]
        return sorted(ways, key=lambda way: not any(_hinted(f, hints) for f in way))

    def alike(self, word: str) -> list[Form]:
        """The relations that mean much the same as a word, and do not have it.

        Some tell it from the other side: who has Ann as wife is Ann's husband.
        """
        turned = [replace(f, verb=False, turned=not f.turned) for f in self._meant(CONVERSES, word)]
        return [form for found in (*self._alike(word), turned) for form in found]

    def _alike(self, said: str) -> tuple[list[Form], ...]:
        acts = [
            replace(f, verb=False, turned=not f.turned) for f in self._with(_acts(said)) if f.verb
        ]
        agents = [
            replace(f, verb=True, turned=not f.turned)
            for stem in stems(said)
            for f in self._agents.get(stem, ())
            if stem != said or said in VERB_FORMS
        ]
        same = self._meant(ALIASES, said)
        if said.startswith("work"):
            same = [replace(f, verb=True) for f in same]  # who Ann works for is her employer
        return acts, agents, same

    def _meant(self, table: dict[str, str], said: str) -> list[Form]:
        """The relations that `table` has for a word: "work:as" is the one with that preposition."""
        found = []
        for other in {a for s in sorted(stems(said)) for a in table.get(s, "").split()}:
            word, _, preposition = other.partition(":")
            found += [
                f
                for f in self._with({word})
                if (not preposition or f.preposition == preposition)
                and (len(f.words) == 1 or not is_person(word))
            ]
        return list(dict.fromkeys(found))

    def kinds(self) -> list[Form]:
        """The relations that say what something is: `is_a`."""
        return [f for f in self.forms if f.words == ("kind",)]

    def before(self, preposition: str) -> list[Form]:
        """The relations whose name begins with a preposition: `on_line`, "on the Blue line"."""
        return [f for f in self.forms if len(f.words) == 2 and f.words[0] == preposition]

    def placed(self, preposition: str) -> list[Form]:
        """The relations that say where something is, for "is Berlin in Germany"."""
        fit = [f for f in self.forms if f.verb and stems(f.words[0]) & PLACED]
        return [f for f in fit if preposition in ("", f.preposition)]

    def _with(self, said: set[str]) -> list[Form]:
        found = (
            f for word in sorted(said) for stem in stems(word) for f in self._any.get(stem, ())
        )
        return list(dict.fromkeys(found))


def _acts(noun: str) -> set[str]:
    """What somebody does who is called so.

    >>> sorted(_acts("director")), _acts("author")
    (['direct', 'directe'], {'write'})
    """
    if noun in AGENTS:
        return {AGENTS[noun]}
    noun = singular(noun)
    if len(noun) < 5 or not noun.endswith(("er", "or")):
        return set()
    root = noun[:-2]
    return {root, root + "e"} | ({root[:-1]} if root[-1] == root[-2] else set())


def split_name(name: str) -> list[str]:
    """The words of a relation's name.

    >>> split_name("placeOfBirth"), split_name("http://x.org/rel#born-in")
    (['place', 'of', 'birth'], ['born', 'in'])
    >>> split_name("__film__film__directed_by")
    ['directed', 'by']
    """
    name = re.split(r"[#/]", name.strip().rstrip("/#"))[-1]
    name = name.rpartition("__")[2] or name
    name = name.rpartition(":")[2] or name
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", name.lower())


def _form(number: int, name: str) -> Form:
    spelt = tuple(split_name(name)) or (name.lower(),)
    words = list(spelt)
    while len(words) > 1 and words[0] in _LEAD:
        words.pop(0)
    if spelt in _KINDS:
        return Form(number, ("kind",), False, False, "", spelt)
    preposition, turned = "", False
    if len(words) > 1 and words[-1] == "of":
        words.pop()
        turned = True
    elif len(words) > 1 and words[-1] in PREPOSITIONS:
        preposition = words.pop()
        turned = preposition == "by"
    verb = bool(preposition) or (not turned and _is_verb(words))
    return Form(number, tuple(words), verb, turned, preposition, spelt)


def _is_verb(words: Sequence[str]) -> bool:
    if len(words) > 1:
        return False
    word = words[0]
    if word in KIND or word in NOUNS or singular(word) in KIND or singular(word) in NOUNS:
        return False
    forms = {form for _, form in VERB_FORMS.get(word, ())}
    return bool(forms) or (word.endswith("ed") and len(word) > 4)


def _spellings(form: Form) -> list[tuple[str, ...]]:
    """The ways to say it: `birth_place` is also the place of birth."""
    words = form.words
    ways = [words]
    if len(words) == 2 and not form.verb:
        ways.append((words[1], "of", words[0]))
    if len(words) == 3 and words[1] == "of":
        ways.append((words[2], words[0]))
        ways.append((words[2] + words[0],))
    if len(words) > 1:
        ways.append(("".join(words),))
    return ways


def _fits(words: Sequence[str], place: int, spelling: Sequence[str]) -> int:
    if place + len(spelling) > len(words):
        return 0
    pairs = zip(words[place:], spelling, strict=False)
    return len(spelling) if all(a == b or stems(a) & stems(b) for a, b in pairs) else 0


def _hinted(form: Form, hints: frozenset[str]) -> bool:
    """Whether a relation has a word of place or time: "in" of `born_in`, not of `father_in_law`."""
    return bool(hints & {form.preposition, *(w for w in form.spelt if w not in PREPOSITIONS)})


def _both_ways(found: list[Form]) -> list[Form]:
    """Add the other direction of relations that have none: who is married to whom."""
    other = [
        replace(form, turned=not form.turned)
        for form in found
        if stems(form.words[0]) & EITHER_WAY and (len(form.words) == 1)
    ]
    return list(dict.fromkeys([*found, *other]))


def _narrowed(found: list[Form], words: Sequence[str], after: int) -> list[Form]:
    """Of several relations with the words, those whose preposition or kind of answer is asked.

    One that goes with another preposition than the one that is said is not meant.
    """
    said = words[after] if after < len(words) and words[after] in PREPOSITIONS else ""
    if said and all(form.verb for form in found):
        found = [f for f in found if not f.preposition or _same(f.preposition, said)]
    if len(found) < 2:
        return found
    if said == "by":  # taught by, not in
        found = [f for f in found if f.preposition in ("", "by")] or found
    ahead = {p for p, wh in pairwise(words[:after]) if wh in _ASKED}
    if "by" in ahead:
        found = [f for f in found if f.preposition in ("", "by")] or found
    with_it = [f for f in found if f.preposition and f.preposition in (said, *ahead)]
    if with_it:
        return with_it
    for wh, hints in HINTS.items():
        if wh in words:
            hinted = [f for f in found if _hinted(f, hints)]
            if hinted:
                return hinted
    exact = [f for f in found if words[after - len(f.words) : after] == list(f.words)] or found
    last = [f for f in exact if f.preposition and f.preposition == words[-1]]
    bare = [f for f in exact if not f.preposition or f.preposition in words]
    return last or bare or exact


def _same(one: str, other: str) -> bool:
    return one == other or {one, other} <= _ALIKE or other == "by"
