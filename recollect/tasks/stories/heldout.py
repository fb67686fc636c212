"""Text beyond the training grammar: frames and words that no training sentence has.

Sentences of unknown words in unseen frames stand among the others, and every plain verb of motion
is replaced by a made-up one: in the official bAbI files, and in own stories.
"""

from __future__ import annotations

import re
from random import Random

from recollect.events import Event
from recollect.tasks.stories import official
from recollect.tasks.stories.official import Posed, Told
from recollect.tasks.stories.spoken import Line, pseudo
from recollect.tasks.stories.world import Tale, Telling

FRAMES = (
    "The N of {x} was rather W.",
    "It V all day.",
    "{y} was V by a N.",
    "There was much N about {x}.",
    "Nobody ever V like {y}.",
    "{y}, who V often, V again.",
    "According to {y}, the N is W.",
    "{y} seemed W about {x}.",
    "How W the N looked!",
    "{x} looked W and W.",
    "Some Ns V loudly.",
    "{y} and a N V in turns.",
    "As ever, {y} V like a N.",
    "Was that N really W?",
    "The W N V.",
)
"""Frames: {x} a thing or place, {y} somebody; N, V, W a made-up noun, verb and adjective."""
_MOTION = re.compile(r"\b(?:went back|went|journeyed|travelled|moved) to\b")
_PRONOUN = re.compile(r"\b(?:he|she|they)\b", re.IGNORECASE)


def sentence(rng: Random) -> str:
    """A sentence of unknown words in an unseen frame, with placeholders {x} and {y}."""
    words = {"N": "", "V": "ed", "W": ""}
    return re.sub(
        r"\b([NVW])(s?)\b", lambda m: pseudo(rng) + words[m[1]] + m[2], rng.choice(FRAMES)
    )


def official_story(
    told: Told, rng: Random, share: float = 0.3, *, verbs: bool = True, frames: bool = True
) -> Told:
    """An official story with verbs of motion disguised, and distracting sentences about it."""
    people = sorted(
        {
            w
            for s in told.statements
            for w in re.findall(r"\b[A-Z][a-z]+\b", s)
            if not w.startswith(("Th", "Af", "Fo"))
        }
    )
    things = sorted(set(re.findall(r"the (\w+)", " ".join(told.statements))))
    place: dict[int, int] = {}
    out: list[str] = []
    for n, statement in enumerate(told.statements, 1):
        if frames and rng.random() < share and not _PRONOUN.search(statement):
            text = (
                sentence(rng)
                .replace("{x}", f"the {rng.choice(things)}")
                .replace("{y}", rng.choice(people))
            )
            out.append(text[0].upper() + text[1:])
        out.append(_MOTION.sub(lambda _: f"{pseudo(rng)}ed to", statement) if verbs else statement)
        place[n] = len(out)
    return Told(
        tuple(out),
        tuple(
            Posed(q.question, q.answer, place[q.at], tuple(place[s] for s in q.support))
            for q in told.questions
        ),
    )


def own_story(tale: Tale, rng: Random) -> list[Line]:
    """The lines of an own tale with both changes."""
    out: list[Line] = []
    people = sorted({e for event in tale.events for e in event.agents})
    things = sorted({e for event in tale.events for e in (*event.themes, *event.dests)}) or people
    for t, (told, event) in enumerate(zip(tale.tellings, tale.events, strict=True)):
        if rng.random() < 0.3 and people and not told.pronouns:
            text = sentence(rng)
            out.append(
                Line(
                    Telling(text, {"x": (rng.choice(things),), "y": (rng.choice(people),)}, {}, {}),
                    -1,
                )
            )
        if (
            event.kind == "move"
            and set(told.fillers) == {"a", "l"}
            and " to {l}" in told.text
            and event.agents == told.fillers["a"]
        ):
            told = told._replace(text=f"{{a}} {pseudo(rng)}ed to {{l}}")
        out.append(Line(told, t))
    return out


def retold(tale: Tale, rng: Random) -> Tale:
    """An own tale with both changes; its questions are the same, put at the same events."""
    lines = own_story(tale, rng)
    place = {clause: n for n, (_, clause) in enumerate(lines) if clause >= 0}
    out = Tale(tale.kinds, tale.shown, tale.genders, tale.sexes)
    follows = 0  # the clause that comes next
    for told, clause in lines:
        antecedents = {letter: place[t] for letter, t in told.antecedents.items()}
        out.tellings.append(told._replace(antecedents=antecedents))
        out.events.append(tale.events[clause] if clause >= 0 else Event("none"))
        out.when.append(tale.when[follows])
        follows += clause >= 0
    for asked in tale.questions:
        found = asked.solution
        chain = tuple(place[t] for t in found.chain)
        moment = asked.query.program == "when" and found.answer >= 0
        found = found._replace(chain=chain, answer=place[found.answer] if moment else found.answer)
        out.questions.append(asked._replace(end=place[asked.end - 1] + 1, solution=found))
    return out


def judge_official(answerer, task: int, *, limit: int, verbs: bool = True, frames: bool = True):
    """Judge a task's test file with the changes."""
    rng = Random(f"held out {task}")
    stories = official.read_file(official.test_file(task))[:limit]
    return official.judge(
        answerer, task, [official_story(s, rng, verbs=verbs, frames=frames) for s in stories]
    )
