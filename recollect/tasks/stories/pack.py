"""Stories as tensors, with every gold label that the simulator (or bAbI's files) can give.

Shape letters: B batch, T clauses, J words, Q questions, K entities, C evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from recollect.english import LONGEST, TOKEN_IDS, VERBS
from recollect.events import KINDS, PROGRAMS, TAGS
from recollect.models.clause_encoder import Clauses
from recollect.models.event_kinds import settle
from recollect.models.event_memory import GENDERS
from recollect.tasks.stories import frames
from recollect.tasks.stories.wording import PRONOUNS, Slot, read_asked, read_wording
from recollect.tasks.stories.world import Tale

SKIP = -100
CHAIN = 8
AUXILIARY = {
    TOKEN_IDS[t]
    for t in (
        "<say>",
        "<want>",
        "<manage>",
        "<modal>",
        "<passive>",
        "<said>",
        "do",
        "be",
        "was",
        "had",
    )
}
ACTING = {TOKEN_IDS[t] for t in VERBS} - AUXILIARY
EVENT_PROGRAMS = (
    "where_before_event",
    "who_did",
    "did_what",
    "to_whom",
    "where_did",
    "did",
    "when",
)


class StoryBatch(NamedTuple):
    """Stories, questions and gold.

    Shapes:
        clauses: ``(B, T, J)``. genders: ``(B, K)``. order, kinds: ``(B, T)``. tags: ``(B, T, J)``.
        refs: ``(B, T, J, 3)``, whom a pronoun stands for. links: ``(B, T, J)``, where it is named.
        asked, asked_tags: ``(B, Q, J)``. programs, asked_kinds: ``(B, Q)``.
        ends: ``(B, Q)``, how many clauses are told before the question.
        answers: ``(B, Q)``, an entity, or K - 1 minus the constants of `recollect.events`.
        chains: ``(B, Q, C)``, -1 pads. Labels that do not apply are -100.
    """

    clauses: Clauses
    genders: Tensor
    order: Tensor
    kinds: Tensor
    tags: Tensor
    refs: Tensor
    links: Tensor
    asked: Clauses
    ends: Tensor
    programs: Tensor
    asked_kinds: Tensor
    asked_tags: Tensor
    answers: Tensor
    chains: Tensor


@dataclass
class Row:
    """One clause, ready to pack."""

    tokens: list[int]
    entities: list[int]
    kind: int = SKIP
    tags: list[int] = field(default_factory=list)
    refs: list[tuple[int, ...]] = field(default_factory=list)
    links: list[int] = field(default_factory=list)


@dataclass
class AskedRow:
    """One question, ready to pack."""

    tokens: list[int]
    entities: list[int]
    end: int
    program: int = SKIP
    kind: int = SKIP
    tags: list[int] = field(default_factory=list)
    answer: int = SKIP
    chain: tuple[int, ...] = ()


@dataclass
class Packed:
    """One story, ready to pack; `when` is the event time of each row."""

    rows: list[Row]
    questions: list[AskedRow]
    genders: list[int]
    when: list[float]


def pack_tale(tale: Tale, rng: Random) -> Packed:
    """Rows of a simulated story; a clause's words are what the reader of English made of it."""
    rows: list[Row] = []
    when: list[float] = []
    first: list[int] = []
    other = len(tale.kinds)
    kinds = tale.shown
    for told, event, moment in zip(tale.tellings, tale.events, tale.when, strict=True):
        counts = tuple((p, len(who)) for p, who in told.fillers.items())
        read = read_wording(told.text, counts, tuple(told.pronouns.items()))
        best = max(range(len(read)), key=lambda c: _weight(read[c]), default=0) if read else 0
        first.append(len(rows) + best)
        for c, slots in enumerate(read):
            row = _row(slots, told.fillers, kinds, other)
            real = c == best and event.kind != "none"
            row.kind = KINDS.index(event.kind if c == best else "none")
            for slot in slots:
                tag, refs, link = SKIP, (), SKIP
                if slot.letter:
                    role = frames.TAG_OF[slot.letter]
                    tag = TAGS.index(role) if real or slot.letter == "a" else SKIP
                    if event.kind == "unclear" and real:
                        tag = SKIP
                    if slot.letter in told.pronouns and c == best:
                        refs, link = told.fillers[slot.letter], first[told.antecedents[slot.letter]]
                elif real and (slot.token.startswith("<") or slot.token == "there"):
                    tag = 0
                row.tags.append(tag)
                row.refs.append(refs)
                row.links.append(link)
            rows.append(row)
            when.append(moment)
    questions = []
    for asked in tale.questions:
        bare = kinds[asked.fillers["e"][0]] in ("name", "person") if "e" in asked.fillers else False
        slots = read_asked(asked.text, bare)
        base = _row(slots, asked.fillers, kinds, other)
        row = AskedRow(base.tokens, base.entities, first[asked.end - 1] + 1)
        row.program = PROGRAMS.index(asked.query.program)
        row.kind = (
            KINDS.index(asked.query.event.kind) if asked.query.program in EVENT_PROGRAMS else SKIP
        )
        again = asked.query.program == "where_before_event"
        for slot in slots:
            if slot.letter:
                tag = TAGS.index(frames.TAG_OF[slot.letter])
            elif slot.token in ("it", "they", "them") and again:
                tag = TAGS.index("theme")
            else:  # "which day", "the thief of", "before they went"
                tag = 0 if slot.token.startswith("<") or slot.token in PRONOUNS else SKIP
            row.tags.append(tag if asked.query.program != "unsupported" else SKIP)
        row.answer = asked.solution.answer
        row.chain = tuple(first[t] for t in asked.solution.chain)
        questions.append(row)
    genders = [GENDERS.index(g) for g in tale.genders] + [0]
    _settle(rows, questions, kinds, genders)
    return Packed(rows, questions, genders, when)


def _weight(slots: Sequence[Slot]) -> tuple[bool, int]:
    """How surely a clause of a read wording is the one that tells its event: it names most."""
    return slots[0].token != "<said>" if slots else False, len({s.letter for s in slots})


def _settle(
    rows: list[Row], questions: list[AskedRow], kinds: Sequence[str], genders: Sequence[int]
) -> None:
    """Show the kinds that the text itself settles, as the answering of a real text does."""
    sexed = {GENDERS.index("m"), GENDERS.index("f")}
    people = [e for e, kind in enumerate(kinds) if kind == "name" and genders[e] in sexed]
    settled = settle([r.tokens for r in rows], [r.entities for r in rows], people)
    for row in (*rows, *questions):
        row.tokens = [
            settled.get(e, token) for token, e in zip(row.tokens, row.entities, strict=True)
        ]


def _row(
    slots: Sequence[Slot], fillers: dict[str, tuple[int, ...]], kinds: list[str], other: int
) -> Row:
    row = Row([], [])
    for slot in slots:
        who = fillers.get(slot.letter, ())
        entity = who[slot.index] if slot.index < len(who) and slot.token.startswith("<") else -1
        if entity >= 0:
            token = f"<{kinds[entity]}>"
        else:
            token = slot.token
            if token in ("<name>", "<person>", "<place>", "<thing>", "<box>", "<noun>"):
                entity = other
        row.tokens.append(TOKEN_IDS[token])
        row.entities.append(entity)
    return row


def broken(stories: Sequence[Packed], length: int, rng: Random) -> Packed:
    """A text of spliced clauses that mean nothing, to learn what is not understood.

    The head of one clause goes on with the tail of another; what happens to be a clause of the
    stories is left out.
    """
    known = {tuple(row.tokens) for story in stories for row in story.rows}
    story = max(stories, key=lambda s: len({tuple(row.tokens) for row in s.rows}))
    rows: list[Row] = []
    for _ in range(3 * length):
        one, two = rng.choice(story.rows), rng.choice(story.rows)
        cut, go_on = rng.randint(1, len(one.tokens)), rng.randint(0, len(two.tokens) - 1)
        tokens = (one.tokens[:cut] + two.tokens[go_on:])[:LONGEST]
        if sum(token in ACTING for token in tokens) < 2 or tuple(tokens) in known:
            continue
        if AUXILIARY & set(tokens) or len(rows) == length:
            continue  # a verb may well follow these
        entities = (one.entities[:cut] + two.entities[go_on:])[:LONGEST]
        blank = [SKIP] * len(tokens)
        rows.append(Row(tokens, entities, KINDS.index("unclear"), blank, [()] * len(tokens), blank))
    rows = rows or [story.rows[0]]
    return Packed(rows, [], story.genders, [0.0] * len(rows))


def _pad(values: Sequence[Sequence[int]], shape: tuple[int, int], fill: int) -> np.ndarray:
    out = np.full(shape, fill, np.int64)
    for i, row in enumerate(values):
        out[i, : len(row)] = row[: shape[1]]
    return out


def collate(stories: Sequence[Packed]) -> StoryBatch:
    """Pad stories to one batch."""
    B = len(stories)
    T = max(len(s.rows) for s in stories)
    Q = max(1, *(len(s.questions) for s in stories)) if B else 1
    J = min(LONGEST, max(len(r.tokens) for s in stories for r in s.rows))
    JQ = max((len(q.tokens) for s in stories for q in s.questions), default=1)
    K = max(len(s.genders) for s in stories)
    new = lambda *shape, fill=SKIP: np.full((B, *shape), fill, np.int64)  # noqa: E731
    tokens, entities, tags, links = new(T, J, fill=0), new(T, J, fill=-1), new(T, J), new(T, J)
    refs, kinds, order, genders = new(T, J, 3, fill=-1), new(T), new(T, fill=0), new(K, fill=0)
    asked, asked_entities, asked_tags = new(Q, JQ, fill=0), new(Q, JQ, fill=-1), new(Q, JQ)
    ends, programs, asked_kinds, answers = new(Q, fill=0), new(Q), new(Q), new(Q)
    chains = new(Q, CHAIN, fill=-1)
    for b, story in enumerate(stories):
        n = len(story.rows)
        tokens[b, :n] = _pad([r.tokens for r in story.rows], (n, J), 0)
        entities[b, :n] = _pad([r.entities for r in story.rows], (n, J), -1)
        tags[b, :n] = _pad([r.tags for r in story.rows], (n, J), SKIP)
        links[b, :n] = _pad([r.links for r in story.rows], (n, J), SKIP)
        kinds[b, :n] = [r.kind for r in story.rows]
        order[b] = sorted(range(T), key=lambda t: (story.when[t] if t < n else float("inf"), t))
        genders[b, : len(story.genders)] = story.genders
        for t, row in enumerate(story.rows):
            for j, who in enumerate(row.refs[:J]):
                refs[b, t, j, : len(who[:3])] = who[:3]
        m = len(story.questions)
        if not m:
            continue
        asked[b, :m] = _pad([q.tokens for q in story.questions], (m, JQ), 0)
        asked_entities[b, :m] = _pad([q.entities for q in story.questions], (m, JQ), -1)
        asked_tags[b, :m] = _pad([q.tags for q in story.questions], (m, JQ), SKIP)
        chains[b, :m] = _pad([q.chain for q in story.questions], (m, CHAIN), -1)
        ends[b, :m] = [q.end for q in story.questions]
        programs[b, :m] = [q.program for q in story.questions]
        asked_kinds[b, :m] = [q.kind for q in story.questions]
        answers[b, :m] = [
            q.answer if q.answer >= 0 or q.answer == SKIP else K - 1 - q.answer
            for q in story.questions
        ]
    t = torch.from_numpy
    return StoryBatch(
        clauses=Clauses(t(tokens), t(entities)),
        genders=t(genders),
        order=t(order),
        kinds=t(kinds),
        tags=t(tags),
        refs=t(refs),
        links=t(links),
        asked=Clauses(t(asked), t(asked_entities)),
        ends=t(ends),
        programs=t(programs),
        asked_kinds=t(asked_kinds),
        asked_tags=t(asked_tags),
        answers=t(answers),
        chains=t(chains),
    )
