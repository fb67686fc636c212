"""A trained reader that is asked about a text."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from recollect.answer import at_time, saved
from recollect.answer.amounts import amount
from recollect.answer.implied import implied
from recollect.answer.limits import limit
from recollect.answer.phrasing import (
    DONT_KNOW,
    Case,
    bare,
    evidence_of,
    missing,
    outward,
    phrase,
    say,
    with_antecedents,
)
from recollect.answer.plain_deed import asks_plainly, plain_deed, plain_place, said_not
from recollect.answer.result import Answer, Doubt
from recollect.answer.same_verb import (
    at_odds,
    event_of,
    not_told,
    of_event,
    repeated,
    swapped,
    until_while,
)
from recollect.answer.second_look import look_again, others
from recollect.english import (
    LONGEST,
    TOKEN_IDS,
    Clause,
    Story,
    Word,
    read_question,
    read_story,
)
from recollect.english.accents import with_accents
from recollect.english.asked_time import asked_time
from recollect.events import KINDS, UNKNOWN, Event
from recollect.models.clause_encoder import Clauses
from recollect.models.event_answers import Found, answer, certain
from recollect.models.event_effects import Events
from recollect.models.event_kinds import settle
from recollect.models.event_memory import GENDERS, EventMemory, Reading

SURE = 0.7  # an answer below this probability is not given
DOUBT = 0.6  # a clause whose likeliest meaning is below this is reported as not understood
MOST_CLAUSES = 1500  # a longer text is cut to the clauses that can matter to the question


class Answerer:
    """Ask questions of stories.

    Args:
        model: the reader; it is put into eval mode.
    """

    def __init__(self, model: EventMemory):
        self.model = model.eval()
        self._story: Story | None = None
        self._read: Reading | None = None

    @classmethod
    def shipped(cls) -> Answerer:
        """The model that comes with the package."""
        return saved.shipped("stories", cls.load)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Answerer:
        """A model saved by `save` or trained by `recollect train stories`.

        Raises:
            ValueError: there is no such model, or its file is altered, truncated or of another
                format.
        """
        return cls(
            saved.load(
                path,
                EventMemory,
                lambda weights: EventMemory(
                    weights["kind.weight"].shape[1], weights["seeker.weight"].shape[0]
                ),
                known_by=frozenset(("kind.weight", "seeker.weight")),
                use="`ask` needs a run of `recollect train stories`",
            )
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a folder that `load` reads: safetensors, and JSON with its SHA-256.

        Raises:
            ValueError: the folder cannot be written to.
        """
        saved.save(self.model, path)

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
        plain, window = asked_time(question, story)
        asked = read_question(with_accents(plain, story), story)
        end = math.inf if window is None else window.end
        clauses = _relevant(story.clauses, asked, at, end)
        names = [entity.name for entity in story.entities]
        unknown = {w.entity: bare(w.text) for w in asked.words if w.entity >= len(names)}
        names += [unknown.get(i, "") for i in range(len(names), max(unknown, default=-1) + 1)]
        settled = _settled(story, clauses)
        with torch.inference_mode():
            reading = self._reading(story, clauses, settled, len(names))
            rank = sorted(range(len(clauses)), key=lambda t: (clauses[t].when, t))
            timeline = [clauses[t] for t in rank]
            order = torch.tensor([rank], dtype=torch.long)
            valid = torch.ones(1, len(clauses), dtype=torch.bool)
            events = self.model.events(reading, valid, order) if clauses else _nothing(len(names))
            events = others(events)
            counts = [c.line not in erased and (at is None or c.line <= at) for c in timeline]
            put = until_while(asked)  # what went on meanwhile does not tell what is asked
            asking = self.model.ask(_tensors([put.words], settled), len(names))
            beyond = ""
            if window is not None:
                asking = at_time.by_then(asking)
                beyond = at_time.fault(window, asking)
                then = at_time.counted(timeline, window, asking)
                counts = [c and t and not beyond for c, t in zip(counts, then, strict=True)]
            alive = torch.tensor(counts, dtype=torch.float).view(1, 1, -1)
            found = answer(events, asking, alive)
            found = look_again(found, asked, story, timeline, events, asking, alive)
            same = repeated(asked, timeline, events, alive, found)
            if same >= 0 and swapped(asking, events, same):
                found = not_told(found, same, events)
            elif same >= 0:
                closer = answer(*of_event(same, events, asking, alive, found))
                if KINDS[int(events.kinds[0, same].argmax())] == "unclear":
                    found = not_told(found, same, events)
                elif closer.answer != UNKNOWN:
                    found = closer
            elif at_odds(asked, timeline, events, found):
                found = not_told(found, event_of(found), events)
            deed = plain_deed(asked, timeline, events, alive, found)
            deed = deed or plain_place(asked, timeline, events, alive, found)
            if found.program in ("did", "unsupported"):
                deed = deed or said_not(asked, timeline, events, alive, found)
            if window is None:
                deed = deed or amount(asked, timeline, events, alive, found)
            deed = deed or implied(found, story, timeline, events, alive)
            found = deed or found
        happened = zip(certain(events), counts, strict=True)
        told = [e if c else Event("none") for e, c in happened]
        case = Case(story, asked, names, timeline, told)
        out = self._tell(case, question, found, reading, order, top=top, limited=deed is None)
        if window is not None and out.missing.startswith("No line"):
            out.missing = f"{out.missing.removesuffix('.')} by then."
        if beyond:
            out.missing = beyond
        return out

    def _reading(
        self, story: Story, clauses: Sequence[Clause], settled: Mapping[int, int], entities: int
    ) -> Reading:
        genders = torch.zeros(1, entities, dtype=torch.long)
        for i, entity in enumerate(story.entities):
            genders[0, i] = GENDERS.index(entity.gender) if entity.gender in GENDERS else 0
        known = self._read if story is self._story else None
        if known is not None and len(known.kinds[0]) == len(clauses):
            short = entities - known.members.shape[-1]
            return known._replace(members=F.pad(known.members, (0, short)))
        reading = self.model.read(_tensors([c.words for c in clauses], settled), genders)
        if len(clauses) == len(story.clauses):
            members = reading.members[..., : len(story.entities)]
            self._story, self._read = story, reading._replace(members=members)
        return reading

    def _tell(
        self,
        case: Case,
        question: str,
        found: Found,
        reading: Reading,
        order: Tensor,
        *,
        top: int,
        limited: bool,
    ) -> Answer:
        holding, outer = outward(found, case.told)
        chain = with_antecedents([*found.chain, *outer], reading, order)
        evidence = evidence_of(case, found, chain)
        known = found.answer != UNKNOWN and found.confidence >= SURE
        text, path = phrase(case, found, holding) if known else (DONT_KNOW, [])
        limited = limited and (known or asks_plainly(case.asked))
        beyond = limit(case, found, text, evidence) if limited else ""
        if beyond:
            known, text, path = False, DONT_KNOW, []
        sure = known or bool(beyond) or found.answer == UNKNOWN
        return Answer(
            question,
            text,
            found.confidence if sure else 1 - found.confidence,
            known,
            evidence,
            self.doubts(case.story),
            missing="" if known else beyond or missing(case, found, evidence),
            path=path,
            ranked=[(say(case, found, value), p) for value, p in found.ranked[:top]],
            hops=_by_sentence(case, found.hops),
            program=found.program,
        )

    def doubts(self, story: Story) -> list[Doubt]:
        """The sentences of a text that the reader of English or the network did not understand."""
        out = [Doubt(note.line, note.text, note.reason) for note in story.notes]
        if story is self._story and self._read is not None:
            best, kind = self._read.kinds[0].exp().max(-1)
            for t, clause in enumerate(story.clauses):
                if KINDS[int(kind[t])] == "unclear":
                    reason = "it may move something, but not in a way that is clear"
                elif float(best[t]) < DOUBT:
                    reason = "its meaning is not certain"
                else:
                    continue
                out.append(Doubt(clause.line, clause.text, reason))
        unique = {(d.line, d.text): d for d in reversed(out)}  # the first reason counts
        return sorted(unique.values(), key=lambda d: d.line)


def _by_sentence(case: Case, hops: Tensor) -> Tensor:
    """Weights ``(H, T)`` of clauses in event time as weights ``(H, S)`` of sentences."""
    sentences = max((c.sentence for c in case.story.clauses), default=-1) + 1
    out = torch.zeros(len(hops), sentences)
    for t, clause in enumerate(case.timeline):
        out[:, clause.sentence] = torch.maximum(out[:, clause.sentence], hops[:, t])
    return out


def _settled(story: Story, clauses: Sequence[Clause]) -> dict[int, int]:
    """The kinds that the text itself shows, as tokens by entity."""
    people = [
        i for i, e in enumerate(story.entities) if e.kind == "name" and e.gender in ("m", "f")
    ]
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


def _relevant(
    clauses: list[Clause], asked: Clause, at: int | None, end: float = math.inf
) -> list[Clause]:
    """The clauses that can matter: of who is asked about, or of anybody spoken of with them."""
    if len(clauses) <= MOST_CLAUSES:
        return clauses
    clauses = [c for c in clauses if (at is None or c.line <= at) and c.when < end]
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
