"""What is found, in words: the answer, its evidence, and what is missing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from recollect.answer.result import Evidence
from recollect.english import Clause, Story
from recollect.english.lexicon import ADVERBIAL_PLACES
from recollect.events import MAYBE, NO, NOBODY, TAGS, UNKNOWN, YES, Event, Solver
from recollect.models.event_answers import Found
from recollect.models.event_memory import Reading

DONT_KNOW = "I don't know"
WORDS = {YES: "yes", NO: "no", MAYBE: "maybe", NOBODY: "nobody", UNKNOWN: DONT_KNOW}
_ARTICLES = frozenset("the a an my his her their our your".split())


class Case(NamedTuple):
    """A question put to a story, numbered.

    Attributes:
        story: the text.
        asked: the question.
        names: of the entities: those of the story, then those only the question speaks of.
        timeline: the clauses in event time.
        told: the likeliest event of each; one that does not count is "none".
    """

    story: Story
    asked: Clause
    names: list[str]
    timeline: list[Clause]
    told: list[Event]


def say(case: Case, found: Found, value: int) -> str:
    """One value of a ranking."""
    if found.program in ("count", "amount") and value != UNKNOWN:
        return str(value)
    if found.program == "when" and value >= 0:
        return f"line {case.timeline[value].line}"
    return case.names[value] if value >= 0 else WORDS[value]


def phrase(case: Case, found: Found, holding: Sequence[int]) -> tuple[str, list[str]]:
    """A known answer in words, and its path; `holding` is what holds it, from the inside out."""
    names = case.names
    if found.program in ("carrying", "contents", "count"):
        return _phrase_list(case, found)
    if found.program == "amount":
        return str(found.answer), []
    if found.program == "when":
        return _moment(case.timeline[found.answer], case.story), []
    if found.answer < 0:
        return WORDS[found.answer], []
    if found.program in ("did_what", "to_whom") or found.program.startswith("who_"):
        members = [names[m] for m in found.members or (found.answer,)]
        return join(members), members
    path = [names[p] for p in (found.answer, *holding)]
    return ", ".join([path[0], *(_within(name) for name in path[1:2])]), path


def _within(name: str) -> str:
    """Where the thing that holds another is: "in the shed", "in Paris", "at Theo's"."""
    if name.endswith(("'s", "s'")):
        return f"at {name}"
    if name[:1].isupper() or name in ADVERBIAL_PLACES:
        return f"in {name}" if name[:1].isupper() else name
    return f"in the {name}"


def _phrase_list(case: Case, found: Found) -> tuple[str, list[str]]:
    words = {w.token for w in case.asked.words}
    members = found.members
    if found.program != "carrying":
        people = _people(case.story, case.told)
        if "who" in words or any(w.text.lower() in ("people", "persons") for w in case.asked.words):
            members = tuple(m for m in members if m in people)
        elif words & {"what", "which", "many"}:
            members = tuple(m for m in members if m not in people)
    if found.program == "count":
        return str(len(members)), []
    listed = [case.names[m] for m in members]
    return join(listed) or ("nobody" if "who" in words else "nothing"), listed


def evidence_of(case: Case, found: Found, chain: Sequence[int]) -> list[Evidence]:
    """The sentences of a chain, each once."""
    out: list[Evidence] = []
    seen = set()
    for t in chain:
        clause = case.timeline[t]
        if clause.sentence in seen:
            continue
        seen.add(clause.sentence)
        read = t in found.chain and len(found.hops) > 0
        weight = float(found.hops[:, t].max()) if read else 1.0
        out.append(Evidence(clause.line, clause.text, len(out) + 1, min(1.0, weight)))
    return out


def outward(found: Found, told: list[Event]) -> tuple[list[int], list[int]]:
    """What holds the answer to "where", from the inside out, and the events that say so."""
    if found.program != "where" or found.answer < 0:
        return [], []
    solver, path, chain = Solver(told), [found.answer], []
    for _ in range(3):
        outer = solver.where(path[-1], len(told))
        if outer.answer < 0 or outer.answer in path:
            break
        path.append(outer.answer)
        chain += outer.chain
    return path[1:], [t for t in chain if t not in found.chain]


def with_antecedents(chain: Sequence[int], reading: Reading, order: Tensor) -> list[int]:
    """The chain in event time, each clause after the one that names its pronouns.

    Shapes:
        order: ``(1, T)``, the clauses in event time.
    """
    rank = order[0].argsort().tolist()
    out: list[int] = []
    for t in chain:
        text = int(order[0, t])
        link = reading.links[0, text]  # (J, T)
        # "took it there": "there" says nothing new
        acts = reading.tags[0, text].argmax(-1) != TAGS.index("none")
        for j in ((link.sum(-1) > 0.5) & acts).nonzero().flatten().tolist():
            named = rank[int(link[j].argmax())]
            if named not in out:
                out.append(named)
        if t not in out:
            out.append(t)
    return out


def _people(story: Story, told: Sequence[Event]) -> set[int]:
    acting = {
        e
        for event in told
        if event.kind in ("take", "give", "put", "drop", "bring", "join", "lose")
        for e in event.agents
    }
    acting |= {e for event in told for e in event.recipients}
    visited = {e for event in told for e in (*event.dests, *event.themes)}
    for i, entity in enumerate(story.entities):
        if (
            entity.kind == "person"
            or entity.gender in ("m", "f")
            or (entity.kind == "name" and i not in visited)
        ):
            acting.add(i)
    return acting


_HOUR = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d+)"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MOMENT = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
    r"|\b\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?"
    r"|\b\d{1,2}/\d{1,2}/\d{2,4}"
    r"|\b\d{1,2} ?[ap]m\b"
    rf"|\b(?:(?:last|this|next|on|every) )?{_WEEKDAY}(?: (?:morning|afternoon|evening|night))?"
    r"|\byesterday(?: \w+ing)?"
    r"|\b(?:this|in the|last) (?:morning|afternoon|evening|night)"
    r"|\btonight"
    r"|\bat (?:noon|midnight|night)"
    rf"|\bat (?:half past |quarter (?:past|to) )?{_HOUR}(?: o'clock)?\b",
    re.IGNORECASE,
)


def _moment(clause: Clause, story: Story) -> str:
    """When a clause happened, in the writer's own words; else the line that tells it."""
    if clause.line in story.moments:
        return story.moments[clause.line]
    line = story.lines[clause.line - 1] if clause.line <= len(story.lines) else ""
    for text in (clause.text, line):
        if said := MOMENT.search(text):
            return said[0]
    return f"line {clause.line}"


def join(parts: Sequence[str]) -> str:
    """A, B and C."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def bare(text: str) -> str:
    """A noun phrase without its article."""
    head, _, rest = text.partition(" ")
    return rest if head.lower() in _ARTICLES and rest else text


def missing(case: Case, found: Found, evidence: Sequence[Evidence]) -> str:
    """What would have to be told for an answer, in one sentence."""
    if found.program == "unsupported":
        return "The question was not understood; `recollect ask --grammar` lists what can be asked."
    names, told = case.names, len(case.story.entities)
    absent = [names[w.entity] for w in case.asked.words if w.entity >= told]
    if absent:
        near = [n for a in absent for n in difflib.get_close_matches(a, names[:told], 1, 0.75)]
        hint = f"; did you mean {join(near)}?" if near else "."
        return f"The text does not mention {join(absent)}{hint}"
    who = found.query.entity if found.query.entity >= 0 else found.query.person
    subject = names[who] if who >= 0 else ""
    if not evidence:
        if subject:
            return f"No line says what became of {subject}."
        return "No line tells of such an event."
    last = evidence[-1].line
    if found.program in ("where", "is_at") and len(found.ranked) == 0:
        return f"Line {last} leaves it open."
    earlier = found.program in ("where_before", "where_before_event", "who_before")
    side = "before" if earlier else "after"
    return f"The trail of {subject or 'it'} ends at line {last}: what comes {side} it is not told."
