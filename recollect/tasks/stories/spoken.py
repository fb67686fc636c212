"""Simulated stories as real text, with names, places and things that nobody has seen.

The whole path is measured with them: sentences, clauses, entities, reading, hops, the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import NamedTuple

from recollect.answer import Answerer
from recollect.english import Story, read_story
from recollect.english.morphology import VERB_FORMS
from recollect.english.names import NAMES
from recollect.english.nouns import ADJECTIVES, BOXES, KIND, PERSONS, PLACES, THINGS
from recollect.events import MAYBE, NO, NOBODY, UNKNOWN, YES, Solver, matches
from recollect.tasks.stories.scoring import Judged, same
from recollect.tasks.stories.world import KNOWING, Asked, Tale, Telling, tell

CONSTANTS = {YES: "yes", NO: "no", MAYBE: "maybe", NOBODY: "nobody"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday")
PLURAL = (
    "scissors",
    "boots",
    "gloves",
    "keys",
    "coins",
    "tickets",
    "letters",
    "candles",
    "batteries",
)
SKIPPED = ("contents", "count", "unsupported")
"""Programs whose answers depend on who is a person, which a made-up word does not tell."""
_STARTS, _MIDDLES, _ENDS = (
    "b br d dr f fl g gl h k kl m n p pl r s sk t tr v vr w z".split(),
    "a e i o u".split(),
    "lb mp nk rd sk th x zz lm nd".split(),
)


class Posed(NamedTuple):
    """A question in words; `lines` are the gold facts, `also` where their pronouns are named."""

    question: str
    program: str
    facts: int
    accepted: tuple[str, ...]
    members: tuple[str, ...]
    at: int
    lines: frozenset[int]
    also: frozenset[int]


@dataclass(frozen=True)
class Spoken:
    """A story in words."""

    lines: tuple[str, ...]
    questions: tuple[Posed, ...]

    def __hash__(self) -> int:
        return hash(self.lines)


class Line(NamedTuple):
    """A sentence to write: a clause of the tale, or (`clause` -1) one that says nothing."""

    told: Telling
    clause: int


Rewrite = Callable[[Tale, Random], list[Line]]


def pseudo(rng: Random, syllables: int = 2) -> str:
    """A word that nobody has seen."""
    while True:
        word = "".join(
            rng.choice(_STARTS) + rng.choice(_MIDDLES) for _ in range(syllables)
        ) + rng.choice(_ENDS)
        if (
            word not in KIND
            and word not in VERB_FORMS
            and word not in NAMES
            and word not in ADJECTIVES
        ):
            return word


def names(tale: Tale, rng: Random) -> list[str]:
    """A name, with its article where it has one, for every entity of a tale."""
    pools = {
        kind: sorted(w for w in words if w.isalpha() and len(w) > 2)
        for kind, words in (("place", PLACES), ("thing", THINGS), ("box", BOXES))
    }
    used: set[str] = set()

    def fresh(words: Sequence[str]) -> str:
        while True:
            word = rng.choice(words)
            if word not in used and word not in VERB_FORMS and KIND.get(word):
                used.add(word)
                return word

    out = []
    for kind, gender in zip(tale.kinds, tale.genders, strict=True):
        if kind == "name" and gender in ("m", "f"):
            known = [
                n
                for n, g in NAMES.items()
                if g == gender
                and n.isalpha()
                and n not in KIND
                and n not in VERB_FORMS
                and n not in used
            ]
            word = rng.choice(known)
            used.add(word)
            out.append(word.capitalize())
        elif kind == "name":
            out.append(pseudo(rng).capitalize())
        elif kind == "person":
            alike = [w for w, g in PERSONS.items() if g == gender and w.isalpha()]
            word = fresh(alike or [w for w in PERSONS if w.isalpha()])
            out.append(f"the {word}")
        elif gender == "p":
            free = [w for w in PLURAL if w not in used]
            used.add(free[0])
            out.append(f"the {pseudo(rng)} {rng.choice(free)}" if not free else f"the {free[0]}")
        elif kind in pools:
            out.append(
                f"the {pseudo(rng)} {fresh([w for w in pools[kind] if KIND.get(w) == kind])}"
            )
        else:
            out.append(f"the {pseudo(rng)}")
    return out


def _fill(
    text: str, fillers: dict[str, tuple[int, ...]], pronouns: dict[str, str], spelt: list[str]
) -> str:
    def word(match: re.Match[str]) -> str:
        letter = match[1]
        if letter in pronouns:
            return pronouns[letter]
        who = [spelt[e] for e in fillers[letter]]
        return who[0] if len(who) == 1 else f"{', '.join(who[:-1])} and {who[-1]}"

    text = re.sub(r"\{l=\w+\}", "to {l}", text)
    text = re.sub(r"\{(\w)(?:=\w+)?\}", word, text)
    text = text[:1].upper() + text[1:]
    return text if text[-1] in '.?!"' else text + "."


def plain(tale: Tale, rng: Random) -> list[Line]:
    """A line for every clause."""
    return [Line(told, t) for t, told in enumerate(tale.tellings)]


def write(tale: Tale, rng: Random, rewrite: Rewrite = plain) -> Spoken:
    """Put a tale into words, a sentence a line."""
    spelt = names(tale, rng)
    place: dict[int, int] = {}
    lines: list[str] = []
    moment = None
    dated = len(set(tale.when)) > 1
    for told, clause in rewrite(tale, rng):
        text = _fill(told.text, told.fillers, told.pronouns, spelt)
        if clause >= 0:
            place[clause] = len(lines) + 1
            if dated and tale.when[clause] != moment:
                moment = tale.when[clause]
                bare = (
                    re.sub(r"^[^{]*?(?=\{)", "", told.text)
                    if not told.text[0].islower()
                    else told.text
                )
                text = f"On {DAYS[int(moment)]}, {_fill(bare, told.fillers, told.pronouns, spelt)}"
        lines.append(text)
    questions = tuple(
        _posed(tale, asked, spelt, place) for asked in tale.questions if has_one_answer(tale, asked)
    )
    return Spoken(tuple(lines), questions)


def has_one_answer(tale: Tale, asked: Asked) -> bool:
    """Whether a question in words has just one answer: it fits no more than one event."""
    about = asked.query.event
    fits = [event for event in tale.events[: asked.end] if matches(event, about)]
    return asked.query.program not in SKIPPED and (about.kind == "none" or len(fits) < 2)


def _posed(tale: Tale, asked: Asked, spelt: list[str], place: dict[int, int]) -> Posed:
    text = _fill(asked.text, asked.fillers, {}, spelt)
    gold = asked.solution
    accepted: list[str] = []
    if gold.answer in CONSTANTS:
        accepted = [
            CONSTANTS[gold.answer],
            *(["nothing"] if asked.query.program == "carrying" else []),
        ]
    elif gold.answer >= 0 and asked.query.program != "when":
        accepted = [spelt[gold.answer]]
        order = sorted(range(asked.end), key=lambda t: (tale.when[t], t))
        solver = Solver([tale.events[t] for t in order])
        outer = gold.answer
        for _ in range(3):
            outer = solver.where(outer, len(order)).answer
            if outer < 0:
                break
            accepted.append(spelt[outer])
    members = tuple(spelt[m] for m in gold.members) if gold.answer != UNKNOWN else ()
    chain = set(gold.chain)
    links = {t for c in chain for t in tale.tellings[c].antecedents.values()}
    links |= {t for c in links for t in tale.tellings[c].antecedents.values()}
    lines = frozenset(place[t] for t in chain)
    return Posed(
        text,
        asked.query.program,
        len(chain),
        tuple(accepted),
        members,
        place[asked.end - 1],
        lines,
        frozenset(place[t] for t in links),
    )


@lru_cache(maxsize=8)
def draw(
    length: int, count: int, seed: str = "spoken", rewrite: Rewrite = plain
) -> tuple[tuple[Spoken, Story], ...]:
    """Stories in words, read once."""
    rng = Random(f"{seed} {length}")
    out = []
    while len(out) < count:
        tale = tell(rng, length, lists=KNOWING)
        spoken = write(tale, rng, rewrite)
        out.append((spoken, read_story("\n".join(spoken.lines))))
    return tuple(out)


class Heard(NamedTuple):
    """One question: the verdicts, and what was told, for reading."""

    story: Spoken
    posed: Posed
    judged: Judged
    chain: bool
    told: str
    lines: tuple[int, ...]


def judge(answerer: Answerer, stories: Sequence[tuple[Spoken, Story]]) -> list[Heard]:
    """Ask every question as of its line."""
    out = []
    for spoken, story in stories:
        for posed in spoken.questions:
            found = answerer.ask(story, posed.question, at=posed.at)
            # these texts tell no times: "when?" is answered by saying so
            known = bool(posed.accepted or posed.members)
            lines = tuple(e.line for e in found.evidence)
            chain = posed.lines <= set(lines) <= posed.lines | posed.also
            right = known and same(found.answer, posed.accepted, posed.members)
            if not found.known:  # "it fell on the blicket": nobody has it, or who has a blicket?
                right = not known or CONSTANTS[NOBODY] in posed.accepted
            sure = found.confidence
            judged = Judged(
                sure,
                right,
                found.known,
                known,
                1 - sure if found.known else sure,
            )
            out.append(Heard(spoken, posed, judged, chain, found.answer, lines))
    return out


def report(heard: Sequence[Heard], most: int = 10) -> str:
    """A few answers that were wrong or withheld, with the lines that matter."""
    rows = []
    for h in [h for h in heard if not (h.judged.right and (h.chain or not h.judged.known))][:most]:
        rows.append(
            f"   [{h.posed.program}] {h.posed.question} at {h.posed.at} -> {h.told!r} "
            f"({h.judged.confidence:.2f}) {list(h.lines)}; gold {list(h.posed.accepted)} "
            f"{list(h.posed.members)} {sorted(h.posed.lines)}"
        )
        rows += [
            f"      {n} {h.story.lines[n - 1]}"
            for n in sorted({*h.lines, *h.posed.lines, *h.posed.also})
        ]
    return "\n".join(rows)
