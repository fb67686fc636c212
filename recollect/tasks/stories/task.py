"""The task of reading simulated stories and answering about them.

Shape letters: B batch, T clauses, J words, Q questions, K entities, H hops.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.events import PROGRAMS, TAGS
from recollect.models import event_programs as soft
from recollect.models.event_memory import Asking, EventMemory, Reading, positions
from recollect.models.event_programs import Events
from recollect.tasks.babi_noise import beside_large_models
from recollect.tasks.base import Step
from recollect.tasks.stories.pack import SKIP, StoryBatch, broken, collate, pack_tale
from recollect.tasks.stories.world import ERRING, KNOWING, tell

FLOOR = 1e-4
SOFT = ("where", "where_before", "is_at", "who_has")
COSTLY = ("where_before", "is_at")
"""A batch is trained to read all questions, and to answer those of one of these."""


class Stories:
    """Unlimited simulated stories.

    Args:
        clauses: about how many clauses a batch has; longer stories make smaller batches.
        longest: clauses of the longest story.
        questions: questions a story.
        evidence: weight of the evidence in the loss.
        pool: batches told before the first is told again: telling takes as long as training on it.
        valid: batches of the other splits.

    Raises:
        ValueError: `longest` is below 4.

    >>> batch = Stories(clauses=32, longest=8).batch("train", seed=0, i=0)
    >>> batch.clauses.tokens.ndim, len(batch.programs) == len(batch.kinds)
    (3, True)
    """

    published: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        *,
        clauses: int = 640,
        longest: int = 40,
        questions: int = 6,
        evidence: float = 1.0,
        pool: int = 600,
        valid: int = 8,
    ):
        if longest < 4:
            raise ValueError(f"longest is {longest}; a story needs 4 clauses or more")
        self.pool, self._told = pool, {}
        self.clauses, self.longest, self.questions = clauses, longest, questions
        self.evidence, self.valid = evidence, valid

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[StoryBatch]:
        """Batch i is a pure function of (split, seed, i)."""
        i = start
        while split == "train" or i < self.valid:
            yield self.batch(split, seed, i)
            i += 1

    def batch(self, split: str, seed: int, i: int) -> StoryBatch:
        """Batch `i` of a split: batches `i` and `i + pool` are the same."""
        key = (split, seed, i % self.pool)
        if key not in self._told:
            self._told[key] = self._tell(*key)
        return self._told[key]

    def _tell(self, split: str, seed: int, i: int) -> StoryBatch:
        rng = Random(f"{split} {seed} {i}")
        lists = rng.choice((KNOWING, ERRING))
        length = rng.choice([n for n in (4, 6, 8, 12, 16, 24, 32, 40, 60) if n <= self.longest])
        stories = [
            pack_tale(tell(rng, length, self.questions, lists=lists), rng)
            for _ in range(max(8, self.clauses // length))
        ]
        if split == "train":
            spared = PROGRAMS.index(rng.choice(COSTLY))
            for asked in (q for story in stories for q in story.questions):
                asked.answer = SKIP if asked.program == spared else asked.answer
            stories.append(broken(stories, length, rng))
        return collate(stories)

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> Mapping[str, Sequence[float]]:
        """Everything measured of trained models: `recollect.tasks.stories.evaluate`."""
        from recollect.tasks.stories.evaluate import evaluate  # reads text, which training need not

        found = evaluate(models, split=split)
        self.published = beside_large_models(list(found) if split == "noise" else ())
        return found

    def step(self, model: nn.Module, batch: StoryBatch) -> Step:
        """Loss of the reading, the antecedents, the questions, the answers and the evidence."""
        memory = _event_memory(model)
        reading = memory.read(batch.clauses, batch.genders)
        asking = memory.ask(batch.asked, batch.genders.shape[1])
        read = _reading_loss(reading, batch)
        asked = _asking_loss(asking, batch)
        answered, chained, right = self._answers(memory, reading, asking, batch)
        loss = read + asked + answered + self.evidence * chained
        with torch.no_grad():
            real = batch.kinds != SKIP
            kind_right = (reading.kinds.argmax(-1) == batch.kinds)[real].float().mean()
            tagged = batch.tags != SKIP
            tag_right = (reading.tags.argmax(-1) == batch.tags)[tagged].float().mean()
            posed = batch.programs != SKIP
            program_right = (asking.programs.argmax(-1) == batch.programs)[posed].float().mean()
            labelled = batch.asked_tags != SKIP
            asked_right = (asking.tags.argmax(-1) == batch.asked_tags)[labelled].float().mean()
        figures = {
            "reading": read,
            "asking": asked,
            "answer": answered,
            "chain": chained,
            "kind_right": kind_right,
            "tag_right": tag_right,
            "program_right": program_right,
            "asked_tag_right": asked_right,
            "answer_right": right,
        }
        return Step(loss, {name: figure.detach() for name, figure in figures.items()})

    def _answers(
        self, memory: EventMemory, reading: Reading, asking: Asking, batch: StoryBatch
    ) -> tuple[Tensor, Tensor, Tensor]:
        valid = batch.clauses.tokens[..., 0] != 0
        events = memory.events(reading, valid, batch.order)
        alive = (batch.order.unsqueeze(1) < batch.ends.unsqueeze(-1)).to(reading.kinds)
        rank = batch.order.argsort(-1)  # text index -> time index
        losses, chains, rights = [], [], []
        K = batch.genders.shape[1]
        for program in SOFT:
            posed = (batch.programs == PROGRAMS.index(program)) & (batch.answers != SKIP)
            if not bool(posed.any()):
                continue
            pick = positions(posed)
            here = pick >= 0
            q = pick.clamp(min=0)

            def take(x: Tensor, q: Tensor = q) -> Tensor:
                index = q.view(*q.shape, *(1,) * (x.dim() - 2))
                return x.gather(1, index.expand(-1, -1, *x.shape[2:]))

            hops, mass = _run(program, events, take(asking.roles), take(alive))
            # a row that pads names question 0, whose answer may be no entity: a line, a number
            gold = take(batch.answers).masked_fill(~here, 0)
            probability = mass.gather(-1, gold.clamp(min=0).unsqueeze(-1)).squeeze(-1).clamp(0, 1)
            losses.append(-(probability + FLOOR).log()[here])
            rights.append((mass.argmax(-1) == gold)[here].float())
            if program in ("where", "who_has"):
                chain = take(batch.chains)[..., : hops.shape[2]]
                at = rank.unsqueeze(1).expand(-1, q.shape[1], -1).gather(-1, chain.clamp(min=0))
                read = hops.gather(-1, at.unsqueeze(-1)[:, :, : hops.shape[2]]).squeeze(-1)
                read = torch.where(chain >= 0, read, (1 - hops.sum(-1)).clamp(min=0))
                if program == "where":  # a denial stands in the chain, but is no hop
                    denied = (gold == K) & (read[..., 0] > 0)
                    chains.append(-(read + FLOOR).log().mean(-1)[here & ~denied])
                else:
                    chains.append(-(read[..., 0] + FLOOR).log()[here])
        zero = reading.kinds.new_zeros(1)
        joined = lambda parts: torch.cat([zero[:0], *parts]).mean() if parts else zero.sum()  # noqa: E731
        return joined(losses), joined([c for c in chains if len(c)]), joined(rights)


def _run(program: str, events: Events, roles: Tensor, alive: Tensor) -> tuple[Tensor, Tensor]:
    """Hops, and mass ``(B, Q, K + 5)`` on entities, then unknown, yes, no, maybe, nobody."""
    entity, place = roles[:, :, TAGS.index("sought")], roles[:, :, TAGS.index("dest")]
    who, zero = torch.zeros_like(entity), entity.new_zeros(entity.shape[:2])
    yes = no = maybe = nobody = zero
    if program == "where":
        walk = soft.where(events, entity, alive)
        who, hops = walk.answer, walk.hops
    elif program == "where_before":
        walk = soft.where_before(events, entity, place, alive)
        who, hops = walk.answer, walk.hops
    elif program == "is_at":
        yes, no, maybe, hops = soft.is_at(events, entity, place, alive)
    else:
        who, nobody, hops = soft.who_has(events, entity, alive)
    mass = torch.cat([who, torch.stack([zero, yes, no, maybe, nobody], -1)], -1)
    unknown = (1 - mass.sum(-1, keepdim=True)).clamp(min=0)
    K = entity.shape[-1]
    return hops, torch.cat([mass[..., :K], unknown, mass[..., K + 1 :]], -1)


def _event_memory(model: nn.Module) -> EventMemory:
    inner = getattr(model, "module", model)
    if not isinstance(inner, EventMemory):
        raise ValueError(f"model is {type(inner).__name__}; stories are read by an EventMemory")
    return inner


def _reading_loss(reading: Reading, batch: StoryBatch) -> Tensor:
    loss = F.nll_loss(reading.kinds.flatten(0, 1), batch.kinds.flatten(), ignore_index=SKIP)
    loss = loss + F.nll_loss(reading.tags.flatten(0, 2), batch.tags.flatten(), ignore_index=SKIP)
    pronoun = batch.links >= 0
    if bool(pronoun.any()):
        link = reading.links.gather(-1, batch.links.clamp(min=0).unsqueeze(-1)).squeeze(-1)
        loss = loss - (link.clamp(0, 1) + FLOOR).log()[pronoun].mean()
        meant = batch.refs >= 0
        member = reading.members.gather(-1, batch.refs.clamp(min=0)).clamp(0, 1)
        loss = loss - (member + FLOOR).log()[meant].mean()
    return loss


def _asking_loss(asking: Asking, batch: StoryBatch) -> Tensor:
    loss = F.nll_loss(asking.programs.flatten(0, 1), batch.programs.flatten(), ignore_index=SKIP)
    if bool((batch.asked_kinds != SKIP).any()):
        loss = loss + F.nll_loss(
            asking.kinds.flatten(0, 1), batch.asked_kinds.flatten(), ignore_index=SKIP
        )
    return loss + F.nll_loss(
        asking.tags.flatten(0, 2), batch.asked_tags.flatten(), ignore_index=SKIP
    )
