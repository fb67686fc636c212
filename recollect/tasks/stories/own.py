"""Judging a reader on simulated stories it has not seen: answers, evidence, and abstaining.

Shape letters: B stories, T clauses, J words, Q questions, K entities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from recollect.answer import SURE
from recollect.events import UNKNOWN
from recollect.models.event_answers import Found, answer
from recollect.models.event_memory import Asking, EventMemory
from recollect.models.event_programs import Events
from recollect.tasks.stories.pack import Packed, StoryBatch, collate, pack_tale
from recollect.tasks.stories.scoring import Judged
from recollect.tasks.stories.world import ERRING, KNOWING, Asked, Lists, Tale, tell

LISTS = ("carrying", "contents")
GRAMMARS: dict[str, Lists] = {"own": KNOWING, "erring": ERRING}
"""Stories with one reading, and with word lists that err; training has as many of each."""
FOLLOWED = (
    "where",
    "where_before",
    "where_after",
    "where_first",
    "was_at",
    "is_at",
    "who_has",
    "who_before",
    "who_after",
    "who_first",
    "has",
)
"""Programs that follow one entity: without a word about it there is no answer."""


class Stories(NamedTuple):
    """Stories as told and as tensors."""

    tales: tuple[Tale, ...]
    packed: tuple[Packed, ...]
    batches: tuple[tuple[int, StoryBatch], ...]  # the first story of each batch


@dataclass(frozen=True, slots=True)
class Result:
    """One question: what it asks, the number of its facts, the verdicts on answer and evidence."""

    program: str
    facts: int
    judged: Judged
    chain: bool


@lru_cache(maxsize=8)
def draw(
    length: int,
    count: int,
    questions: int = 6,
    grammar: str = "own",
    rewrite: Callable[[Tale, Random], Tale] | None = None,
) -> Stories:
    """Tell `count` stories of `length` clauses; the same arguments give the same stories."""
    rng, lists = Random(f"{grammar} {length}"), GRAMMARS[grammar]
    tales = tuple(tell(rng, length, questions, lists=lists) for _ in range(count))
    if rewrite is not None:
        tales = tuple(rewrite(tale, rng) for tale in tales)
    packed = tuple(pack_tale(tale, rng) for tale in tales)
    size = max(1, 1200 // length)
    batches = tuple((i, collate(packed[i : i + size])) for i in range(0, count, size))
    return Stories(tales, packed, batches)


class Put(NamedTuple):
    """A question put to the model: the story's events, the question as read, which events count."""

    tale: Tale
    packed: Packed
    asked: Asked
    row: int
    events: Events
    asking: Asking
    alive: Tensor
    order: Tensor


def put(memory: EventMemory, stories: Stories) -> Iterator[Put]:
    """Read all stories, a batch at a time, and put their questions one by one."""
    for start, batch in stories.batches:
        with torch.inference_mode():
            reading = memory.read(batch.clauses, batch.genders)
            events = memory.events(reading, batch.clauses.tokens[..., 0] != 0, batch.order)
            asking = memory.ask(batch.asked, batch.genders.shape[1])
        for b in range(len(batch.ends)):
            tale, packed = stories.tales[start + b], stories.packed[start + b]
            n, k = len(packed.rows), len(packed.genders)
            order = batch.order[b, :n]
            mine = Events(
                events.kinds[b : b + 1, :n], *(role[b : b + 1, :n, :k] for role in events[1:])
            )
            for q, asked in enumerate(tale.questions):
                cut = (slice(b, b + 1), slice(q, q + 1))
                programs, kinds, tags, roles = (x[cut] for x in asking)
                one = Asking(programs, kinds, tags, roles[..., :k])
                alive = (order < int(batch.ends[b, q])).float().view(1, 1, -1)
                yield Put(tale, packed, asked, q, mine, one, alive, order)


def _judged(found: Found, right: bool, known: bool) -> Judged:
    given = found.answer != UNKNOWN and found.confidence >= SURE
    ranked = dict(found.ranked)
    unsure = found.confidence if found.answer == UNKNOWN else 1 - found.confidence
    unknown = ranked.get(UNKNOWN, unsure)
    sure = found.confidence if given or found.answer == UNKNOWN else 1 - found.confidence
    return Judged(sure, right if given else not known, given, known, unknown)


def _right(found: Found, asked: Asked, rows: tuple[int, ...], chain: tuple[int, ...]) -> bool:
    gold = asked.solution
    program = asked.query.program
    if program != found.program and {program, found.program} != {"who_did", "to_whom"}:
        return False  # "Who got the key from Ann?" asks both who took it and to whom she gave it
    if program in LISTS:
        return set(found.members) == set(gold.members)
    if program == "when":
        return set(chain) == set(rows)
    if gold.answer >= 0 and len(gold.members) > 1 and found.members:
        return set(found.members) == set(gold.members)
    return found.answer == gold.answer


def results(memory: EventMemory, stories: Stories) -> list[Result]:
    """Ask every question of the stories."""
    out = []
    for one in put(memory, stories):
        with torch.inference_mode():
            found = answer(one.events, one.asking, one.alive)
        gold = one.packed.questions[one.row].chain
        chain = tuple(int(one.order[t]) for t in found.chain)
        known = one.asked.solution.answer != UNKNOWN
        judged = _judged(found, _right(found, one.asked, gold, chain), known)
        out.append(Result(one.asked.query.program, len(set(gold)), judged, set(chain) == set(gold)))
    return out


def robbed(memory: EventMemory, stories: Stories) -> dict[str, list[bool]]:
    """Whether the model says that it does not know once the evidence is taken away.

    `deleted`: no clause that speaks of the entity counts; `absent`: an entity that no clause speaks
    of is asked about instead.
    """
    out: dict[str, list[bool]] = {"deleted": [], "absent": []}
    for one in put(memory, stories):
        query = one.asked.query
        if query.program not in FOLLOWED or one.asked.solution.answer == UNKNOWN:
            continue
        entity = query.entity
        spoken = [
            entity in row.entities or any(entity in refs for refs in row.refs)
            for row in one.packed.rows
        ]
        kept = torch.tensor([not spoken[int(t)] for t in one.order], dtype=torch.float)
        roles = one.asking.roles.clone()
        stranger = len(one.tale.kinds) - 3
        roles[..., stranger], roles[..., entity] = roles[..., entity], 0
        trials = {
            "deleted": (one.asking, one.alive * kept),
            "absent": (one.asking._replace(roles=roles), one.alive),
        }
        for name, (asking, alive) in trials.items():
            with torch.inference_mode():
                found = answer(one.events, asking, alive)
            out[name].append(found.answer == UNKNOWN or found.confidence < SURE)
    return out


def with_facts(found: Sequence[Result], facts: int) -> list[Result]:
    """The answerable questions that rest on so many facts; lists, which have any number, apart."""
    return [
        r
        for r in found
        if r.judged.known and r.facts == facts and r.program not in (*LISTS, "count")
    ]
