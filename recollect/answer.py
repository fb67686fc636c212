r"""Questions about a person's own text: the answer, the evidence it rests on, and what was not understood.

>>> from recollect.answer import Answerer
>>> told = Answerer.shipped().ask("Ann took the key.\nAnn went to the attic.", "Where is the key?")
>>> told.answer, [e.line for e in told.evidence]
('attic', [1, 2])
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor

from recollect.english import (
    LONGEST,
    TOKEN_IDS,
    Clause,
    Story,
    Word,
    read_question,
    read_story,
)
from recollect.events import KINDS, MAYBE, NO, NOBODY, TAGS, UNKNOWN, YES, Event, Solver
from recollect.models.event_answers import Found, answer, certain
from recollect.models.event_kinds import settle
from recollect.models.event_memory import GENDERS, Clauses, EventMemory, Reading
from recollect.models.event_programs import Events

SURE = 0.6  # an answer below this probability is not given
DOUBT = 0.6  # a clause whose likeliest meaning is below this is reported as not understood
MOST_CLAUSES = 1500  # a longer text is cut to the clauses that can matter to the question
DONT_KNOW = "I don't know"
WORDS = {YES: "yes", NO: "no", MAYBE: "maybe", NOBODY: "nobody", UNKNOWN: DONT_KNOW}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence that an answer rests on: its 1-based line, its text, the hop (from 1) and the weight it was read with."""

    line: int
    text: str
    hop: int
    weight: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence that was not understood: its 1-based line, its text, and why."""

    line: int
    text: str
    reason: str


@dataclass(slots=True)
class Answer:
    """An answer with its evidence.

    Attributes:
        question: as asked.
        answer: a word or phrase of the text, "yes", "no", "maybe", "nobody", a number, a list, or "I don't know".
        confidence: calibrated probability that the answer is right.
        known: False where the evidence is missing.
        evidence: the sentences it rests on, in the order of the hops.
        not_understood: sentences of the text that could not be read.
        missing: for an unknown answer, one sentence that says what is missing; else "".
        path: the answer and whatever holds it, from the inside out.
        ranked: the likeliest answers with their probabilities.
        hops: weights ``(H, S)`` of the sentences at each hop.
        program: what the question was taken to ask.
    """

    question: str
    answer: str
    confidence: float
    known: bool
    evidence: list[Evidence]
    not_understood: list[Doubt]
    missing: str = ""
    path: list[str] = field(default_factory=list)
    ranked: list[tuple[str, float]] = field(default_factory=list)
    hops: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    program: str = ""

    def as_json(self) -> dict[str, object]:
        """The fields that `--json` prints."""
        return {
            "answer": self.answer,
            "confidence": round(self.confidence, 4),
            "known": self.known,
            "evidence": [
                {"line": e.line, "text": e.text, "hop": e.hop, "weight": round(e.weight, 4)}
                for e in self.evidence
            ],
            "not_understood": [
                {"line": d.line, "text": d.text, "reason": d.reason} for d in self.not_understood
            ],
            "missing": self.missing,
            "path": self.path,
            "ranked": [[text, p] for text, p in self.ranked],
        }


class Answerer:
    """Ask questions of stories.

    Args:
        model: the reader; it is put into eval mode.
    """

    def __init__(self, model: EventMemory):
        self.model = model.eval()
        self._story: Story | None = None
        self._read: tuple[Reading, Tensor] | None = None

    @classmethod
    def shipped(cls) -> Answerer:
        """The model that comes with the package."""
        with resources.as_file(resources.files("recollect") / "assets" / "stories") as folder:
            return cls.load(folder)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Answerer:
        """A model saved by `save_pretrained` or trained by `recollect train stories`.

        Raises:
            ValueError: there is no such model, or its file is altered, truncated or not safetensors.
        """
        from recollect.train.runs import load_model

        folder = Path(path)
        if (folder / "model.safetensors").exists():
            from recollect.train.checkpoint import load_weights, put_weights

            weights = load_weights(folder / "model.safetensors")
            if not {"kind.weight", "seeker.weight"} <= weights.keys():
                raise ValueError(
                    f"{folder} holds the weights of another model; `ask` needs a run of "
                    "`recollect train stories`"
                )
            size = weights["kind.weight"].shape[1]
            model = EventMemory(size, weights["seeker.weight"].shape[0])
            put_weights(model, weights)
            return cls(model)
        model = load_model(folder).model
        if not isinstance(model, EventMemory):
            raise ValueError(
                f"{folder} holds a {type(model).__name__}; `ask` needs a run of `recollect train stories`"
            )
        return cls(model)

    def ask(
        self,
        story: Story | str,
        question: str,
        *,
        at: int | None = None,
        erased: Collection[int] = (),
        top: int = 3,
    ) -> Answer:
        """Answer one question.

        Args:
            story: the text, or what `recollect.english.read_story` or `read_log` made of it.
            question: in plain English.
            at: answer as of this line; later lines do not count.
            erased: lines to leave out, to see what the answer becomes without them.
            top: how many of the likeliest answers to list.

        Raises:
            ValueError: `at` is past the end of the text.
        """
        story = read_story(story) if isinstance(story, str) else story
        if at is not None and not 1 <= at <= len(story.lines):
            raise ValueError(
                f"--at is {at}; the text has {len(story.lines)} lines, give 1 to {len(story.lines)}"
            )
        asked = read_question(question, story)
        clauses = _relevant(story.clauses, asked)
        names = [entity.name for entity in story.entities]
        unknown = {w.entity: _bare(w.text) for w in asked.words if w.entity >= len(names)}
        names += [unknown.get(i, "") for i in range(len(names), max(unknown, default=-1) + 1)]
        settled = _settled(story, clauses)
        with torch.inference_mode():
            reading = self._reading(story, clauses, settled, len(names))
            order = torch.tensor(
                [sorted(range(len(clauses)), key=lambda t: (clauses[t].when, t))], dtype=torch.long
            )
            valid = torch.ones(1, len(clauses), dtype=torch.bool)
            events = self.model.events(reading, valid, order) if clauses else _nothing(len(names))
            counts = [
                clauses[t].line not in erased and (at is None or clauses[t].line <= at)
                for t in order[0].tolist()
            ]
            alive = torch.tensor(counts, dtype=torch.float).view(1, 1, -1)
            asking = self.model.ask(_tensors([asked.words], settled), len(names))
            found = answer(events, asking, alive)
        timeline = [clauses[t] for t in order[0].tolist()]
        return self._tell(
            story, question, asked, found, events, reading, order, timeline, names, alive, top
        )

    def _reading(
        self, story: Story, clauses: Sequence[Clause], settled: Mapping[int, int], entities: int
    ) -> Reading:
        genders = torch.zeros(1, entities, dtype=torch.long)
        for i, entity in enumerate(story.entities):
            genders[0, i] = GENDERS.index(entity.gender) if entity.gender in GENDERS else 0
        if story is self._story and self._read and len(self._read[0].kinds[0]) == len(clauses):
            reading, _ = self._read
            short = entities - reading.members.shape[-1]
            members = (
                torch.nn.functional.pad(reading.members, (0, short)) if short else reading.members
            )
            return reading._replace(members=members)
        reading = self.model.read(_tensors([c.words for c in clauses], settled), genders)
        if len(clauses) == len(story.clauses):
            known = len(story.entities)
            self._story, self._read = (
                story,
                (reading._replace(members=reading.members[..., :known]), genders),
            )
        return reading

    def _tell(
        self, story: Story, question: str, asked: Clause, found: Found, events: Events, reading: Reading, order: Tensor,
        timeline: Sequence[Clause], names: list[str], alive: Tensor, top: int,
    ) -> Answer:  # fmt: skip
        told = [e if alive[0, 0, t] > 0.5 else Event("none") for t, e in enumerate(certain(events))]
        outward, outer = _outward(found, told)
        chain = _with_antecedents([*found.chain, *outer], reading, order)
        evidence, lines = [], set()
        for t in chain:
            clause = timeline[t]
            if clause.sentence not in lines:
                lines.add(clause.sentence)
                weight = (
                    float(found.hops[:, t].max()) if t in found.chain and len(found.hops) else 1.0
                )
                evidence.append(
                    Evidence(clause.line, clause.text, len(evidence) + 1, min(1.0, weight))
                )
        doubts = self.doubts(story)
        ranked = [(self._say(found, a, names, timeline), p) for a, p in found.ranked[:top]]
        known = found.answer != UNKNOWN and found.confidence >= SURE
        text, path = DONT_KNOW, []
        if known:
            text, path = self._phrase(found, told, outward, names, timeline, asked, story)
        missing = "" if known else _missing(found, asked, names, len(story.entities), evidence)
        confidence = found.confidence if known or found.answer == UNKNOWN else 1 - found.confidence
        hops = torch.zeros(
            len(found.hops), max((c.sentence for c in story.clauses), default=-1) + 1
        )
        for t, clause in enumerate(timeline):
            hops[:, clause.sentence] = torch.maximum(hops[:, clause.sentence], found.hops[:, t])
        return Answer(
            question,
            text,
            confidence,
            known,
            evidence,
            doubts,
            missing,
            path,
            ranked,
            hops,
            found.program,
        )

    def _say(self, found: Found, value: int, names: list[str], timeline: Sequence[Clause]) -> str:
        if found.program == "count" and value != UNKNOWN:
            return str(value)
        if found.program == "when" and value >= 0:
            return f"line {timeline[value].line}"
        return names[value] if value >= 0 else WORDS[value]

    def _phrase(
        self,
        found: Found,
        told: list[Event],
        outward: Sequence[int],
        names: list[str],
        timeline: Sequence[Clause],
        asked: Clause,
        story: Story,
    ) -> tuple[str, list[str]]:
        words = {w.token for w in asked.words}
        if found.program in ("carrying", "contents", "count"):
            members = found.members
            if found.program != "carrying":
                people = _people(story, told)
                if "who" in words:
                    members = tuple(m for m in members if m in people)
                elif words & {"what", "which", "many"} and not any(
                    w.text.lower() in ("people", "persons") for w in asked.words
                ):
                    members = tuple(m for m in members if m not in people)
            if found.program == "count":
                return str(len(members)), []
            return _join([names[m] for m in members]) or (
                "nobody" if "who" in words else "nothing"
            ), [names[m] for m in members]
        if found.program == "when":
            return _moment(timeline[found.answer], story), []
        if found.answer < 0:
            return WORDS[found.answer], []
        if found.program in ("did_what", "to_whom") or found.program.startswith("who_"):
            members = found.members or (found.answer,)
            return _join([names[m] for m in members]), [names[m] for m in members]
        path = [found.answer, *outward]
        return ", in the ".join(names[p] for p in path[:2]), [names[p] for p in path]

    def doubts(self, story: Story) -> list[Doubt]:
        """The sentences of a text that the reader of English or the network did not understand."""
        out = [Doubt(note.line, note.text, note.reason) for note in story.notes]
        if story is self._story and self._read:
            likely = self._read[0].kinds[0].exp()
            best, kind = likely.max(-1)
            for t, clause in enumerate(story.clauses):
                if KINDS[int(kind[t])] == "unclear":
                    out.append(
                        Doubt(
                            clause.line,
                            clause.text,
                            "it may move something, but not in a way that is clear",
                        )
                    )
                elif float(best[t]) < DOUBT:
                    out.append(Doubt(clause.line, clause.text, "its meaning is not certain"))
        unique = {(d.line, d.text): d for d in reversed(out)}  # the first reason counts
        return sorted(unique.values(), key=lambda d: d.line)


def _outward(found: Found, told: list[Event]) -> tuple[list[int], list[int]]:
    """What holds the answer of a "where" question, from the inside out, and the events that say so."""
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


def _settled(story: Story, clauses: Sequence[Clause]) -> dict[int, int]:
    """The kinds that the text itself shows, as tokens by entity."""
    people = [i for i, e in enumerate(story.entities) if e.kind == "name" and e.gender in ("m", "f")]
    tokens = [[TOKEN_IDS[w.token] for w in c.words] for c in clauses]
    return settle(tokens, [[w.entity for w in c.words] for c in clauses], people)


def _tensors(rows: Sequence[Sequence[Word]], settled: Mapping[int, int]) -> Clauses:
    longest = max((len(row) for row in rows), default=1)
    tokens = torch.zeros(1, len(rows), min(LONGEST, max(longest, 1)), dtype=torch.long)
    entities = torch.full_like(tokens, -1)
    for t, row in enumerate(rows):
        for j, word in enumerate(row[: tokens.shape[-1]]):
            tokens[0, t, j] = settled.get(word.entity, TOKEN_IDS[word.token])
            entities[0, t, j] = word.entity
    return Clauses(tokens, entities)


def _nothing(entities: int) -> Events:
    role = torch.zeros(1, 0, entities)
    return Events(torch.zeros(1, 0, len(KINDS)), *(role for _ in range(6)))


def _relevant(clauses: list[Clause], asked: Clause) -> list[Clause]:
    """The clauses that can matter: those that speak of who is asked about, or of anybody spoken of with them."""
    if len(clauses) <= MOST_CLAUSES:
        return clauses
    seeds = {w.entity for w in asked.words if w.entity >= 0}
    near = {
        w.entity
        for c in clauses
        if any(w.entity in seeds for w in c.words)
        for w in c.words
        if w.entity >= 0
    }
    keep = [c for c in clauses if any(w.entity in near for w in c.words)]
    return keep[-MOST_CLAUSES:]


def _with_antecedents(chain: Sequence[int], reading: Reading, order: Tensor) -> list[int]:
    """The chain in event time, each clause after the one that names its pronouns."""
    rank = order[0].argsort().tolist()
    out: list[int] = []
    for t in chain:
        text = int(order[0, t])
        link = reading.links[0, text]  # (J, T)
        acts = reading.tags[0, text].argmax(-1) != TAGS.index(
            "none"
        )  # "took it there": "there" says nothing new
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


MOMENT = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?|\b\d{1,2}[:.]\d\d(?: ?[ap]\.?m\.?)?|\b\d{1,2}/\d{1,2}/\d{2,4}|\b\d{1,2} ?[ap]m\b"
    r"|\b(?:(?:last|this|next|on|every) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day(?: (?:morning|afternoon|evening|night))?"
    r"|\byesterday(?: \w+ing)?|\b(?:this|in the|last) (?:morning|afternoon|evening|night)|\btonight|\bat (?:noon|midnight|night)"
    r"|\bat (?:half past |quarter (?:past|to) )?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d+)(?: o'clock)?\b",
    re.IGNORECASE,
)


def _moment(clause: Clause, story: Story) -> str:
    """When a clause happened, in the writer's own words; else the line that tells it."""
    line = story.lines[clause.line - 1] if clause.line <= len(story.lines) else ""
    for text in (clause.text, line):
        if said := MOMENT.search(text):
            return said[0]
    return f"line {clause.line}"


def _join(parts: Sequence[str]) -> str:
    return (
        parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
    )


def _bare(text: str) -> str:
    head, _, rest = text.partition(" ")
    return (
        rest
        if head.lower() in ("the", "a", "an", "my", "his", "her", "their", "our", "your") and rest
        else text
    )


def _missing(
    found: Found, asked: Clause, names: list[str], told: int, evidence: Sequence[Evidence]
) -> str:
    if found.program == "unsupported":
        return "The question was not understood; `recollect ask --grammar` lists what can be asked."
    absent = [names[w.entity] for w in asked.words if w.entity >= told]
    if absent:
        near = [n for a in absent for n in difflib.get_close_matches(a, names[:told], 1, 0.75)]
        hint = f"; did you mean {_join(near)}?" if near else "."
        return f"The text does not mention {_join(absent)}{hint}"
    query = found.query
    subject = (
        names[query.entity]
        if query.entity >= 0
        else names[query.person]
        if query.person >= 0
        else ""
    )
    if not evidence:
        return (
            f"No line says what became of {subject}."
            if subject
            else "No line tells of such an event."
        )
    last = evidence[-1]
    if found.program in ("where", "is_at") and len(found.ranked) == 0:
        return f"Line {last.line} leaves it open."
    side = "before" if found.program in ("where_before", "where_before_event", "who_before") else "after"
    return f"The trail of {subject or 'it'} ends at line {last.line}: what comes {side} it is not told."
