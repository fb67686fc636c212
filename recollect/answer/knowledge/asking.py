"""Questions put to a person's own table of facts: the answer, and the path of triples to it."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from recollect.answer import saved
from recollect.answer.knowledge.base import Knowledge, read_knowledge
from recollect.answer.knowledge.mentions import Lexicon
from recollect.answer.knowledge.relation_words import Form
from recollect.answer.knowledge.slot import Slot
from recollect.answer.knowledge.telling import (
    disagreement,
    missing_link,
    other_relation,
    path_note,
    strange_words,
    unreadable,
)
from recollect.answer.knowledge.verdicts import is_no, numbers, of_a_kind, other_kind
from recollect.answer.knowledge.walking import Counts, Hop, Wanted, chains_to, walk
from recollect.answer.phrasing import DONT_KNOW, join
from recollect.answer.result import Answer, Evidence
from recollect.models.chain_reader import TOKENS, Chain, ChainReader

__all__ = ["KnowledgeAnswerer"]

SURE = 0.5  # a reading of the question below this is not acted upon
_IDS = {token: i for i, token in enumerate(TOKENS)}
_MOST_NAMED = 50  # answers that are written out


class Outcome(NamedTuple):
    """An answer with the numbers of its triples, hop by hop.

    Attributes:
        told: the answer.
        steps: (hop, triple) of the evidence, in the order of `told.evidence`.
        hops: what every hop read.
    """

    told: Answer
    steps: list[tuple[int, int]]
    hops: list[Hop]


class KnowledgeAnswerer:
    """Ask questions of tables of subject, relation and object.

    The question is read by a small network that sees which words are names and which are relations
    of the table, but none of them; the hops are those of `recollect.models.triple_memory`, one
    relation each, over the table as it is.

    Args:
        model: the reader of questions; it is put into eval mode.
    """

    def __init__(self, model: ChainReader):
        self.model = model.eval()
        self._lexicon: Lexicon | None = None

    @classmethod
    def shipped(cls) -> KnowledgeAnswerer:
        """The reader that comes with the package."""
        return saved.shipped("chains", cls.load)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> KnowledgeAnswerer:
        """A reader trained by `recollect train families`, or saved by `save`.

        Raises:
            ValueError: there is no such model, or it is another one.
        """
        return cls(
            saved.load(
                path,
                ChainReader,
                lambda weights: ChainReader(
                    width=weights["embed.weight"].shape[1],
                    layers=sum(name.startswith("around.") for name in weights) // 2,
                ),
                known_by=frozenset(("embed.weight", "side.weight")),
                use="a table of facts is asked through a run of `recollect train families`",
            )
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a folder that `load` reads.

        Raises:
            ValueError: the folder cannot be written to.
        """
        saved.save(self.model, path)

    def ask(
        self,
        knowledge: Knowledge | str,
        question: str,
        *,
        at: int | None = None,
        erased: Collection[int] = (),
        top: int = 3,
    ) -> Answer:
        """Answer one question.

        Args:
            knowledge: the table, or its text.
            question: in plain English.
            at: answer as of this line; later lines do not count.
            erased: lines to leave out.
            top: how many of the likeliest answers to list.

        Raises:
            ValueError: the question names nobody, speaks of a relation that the table has not, or
                `at` is past its end.
        """
        knowledge = read_knowledge(knowledge) if isinstance(knowledge, str) else knowledge
        if at is not None and not 1 <= at <= knowledge.count:
            raise ValueError(
                f"--at is {at}; the table has {knowledge.count} lines, give 1 to {knowledge.count}"
            )
        gone = np.fromiter(erased, dtype=np.int64, count=len(erased))

        def counts(slots: NDArray[np.int64]) -> NDArray[np.bool_]:
            lines = knowledge.lines[slots]
            kept = ~np.isin(lines, gone)
            return kept if at is None else kept & (lines <= at)

        return self.outcome(knowledge, question, counts, top=top).told

    def outcome(self, knowledge: Knowledge, question: str, counts: Counts, *, top: int) -> Outcome:
        """Answer from the triples for which `counts` (numbers -> boolean) holds."""
        if self._lexicon is None or self._lexicon.knowledge is not knowledge:
            self._lexicon = Lexicon(knowledge)
        lexicon = self._lexicon
        slots = lexicon.read(question)
        strange_words(lexicon, slots, question)
        chain = self.model.chain(torch.tensor([_IDS[slot.token] for slot in slots]))
        unreadable(lexicon, slots, chain, question, sure=SURE)
        wanted = [
            Wanted(
                _ways(slots[place].forms, back),
                max(weight, 1e-3),
                _ways(slots[place].others, back),
            )
            for (place, back), weight in zip(chain.steps, chain.weights, strict=True)
        ]
        hops = walk(knowledge, slots[chain.start].entities, wanted, counts)
        other_relation(lexicon, slots, chain, hops, question)
        return _tell(knowledge, question, slots, chain, wanted, hops, counts, top)


def _ways(forms: Sequence[Form], back: bool) -> tuple[tuple[int, bool], ...]:
    """Relations with their directions; one that the table has turned is read the other way."""
    return tuple((form.relation, back != form.turned) for form in forms)


def _tell(
    knowledge: Knowledge,
    question: str,
    slots: Sequence[Slot],
    chain: Chain,
    wanted: Sequence[Wanted],
    hops: list[Hop],
    counts: Counts,
    top: int,
) -> Outcome:
    whole = len(hops) == len(wanted)
    reached = hops[-1].state if whole else {}
    found = _in_order(hops[-1], reached)
    names = [knowledge.names[e] for e in found]
    missing, known = "", bool(found)
    text = join(_named(names))
    ends, path_end = found, found
    if not found:
        text = DONT_KNOW
        missing = missing_link(knowledge, slots, chain, wanted, hops, counts)
        ends = [int(e) for e in hops[-2].state] if len(hops) > 1 else []
    elif chain.program == "count":
        text = text if numbers(names) else str(len(found))
    elif chain.program == "list":
        missing = other_kind(knowledge, slots, chain, hops[-1], names)
        if missing:
            text, known = DONT_KNOW, False
    elif chain.end < 0:  # does anybody like Ann?
        text = "yes"
    else:
        asks = slots[chain.end].entities
        sought = [e for e in asks if e in reached]
        if sought:
            # Where others have one and this one has more, the lines that disagree are shown, too.
            text, path_end = "yes", sought
            ends = sought if not disagreement(knowledge, hops, _all(hops)) else found
        elif is_no(knowledge, wanted[-1], hops[-1], asks, counts) and (
            slots[chain.end].article not in ("a", "an")
            or of_a_kind(knowledge, hops[-1].ends.tolist(), asks, counts)
        ):
            text = "no"
        else:
            text, known = DONT_KNOW, False
            asked = knowledge.names[slots[chain.end].entities[0]]
            missing = f"No line says so of {asked}; the table has {join(_named(names))}."
            path_end = ends
    depth = len(hops) if found else len(hops) - 1
    steps = chains_to(hops[:depth], ends)
    evidence = [
        Evidence(int(knowledge.lines[slot]), knowledge.text(slot), k + 1, _weight(hops[k], slot))
        for k, slot in steps
    ]
    notes = [disagreement(knowledge, hops, steps), path_note(knowledge, chain, slots, hops, steps)]
    note = " ".join(filter(None, notes)) if found else ""
    ranked = [(knowledge.names[e], chain.confidence) for e in found[:top]]
    if chain.program != "list" or not known:
        ranked = [(text, chain.confidence)]
    told = Answer(
        question,
        text,
        chain.confidence,
        known,
        evidence,
        list(knowledge.doubts),
        missing=" ".join(filter(None, (missing, note))),
        path=_path(knowledge, hops, steps, path_end) if known else [],
        ranked=ranked,
        hops=_dense(knowledge, hops),
        program=chain.program,
    )
    return Outcome(told, steps, hops)


def _all(hops: Sequence[Hop]) -> list[tuple[int, int]]:
    """The triples of the last hop."""
    return [(len(hops) - 1, slot) for slot in hops[-1].slots.tolist()]


def _in_order(step: Hop, reached: Collection[int]) -> list[int]:
    """Answers in the order of the lines that lead to them."""
    order = step.ends[np.argsort(step.slots, kind="stable")]
    return [e for e in dict.fromkeys(order.tolist()) if e in reached]


def _named(names: list[str]) -> list[str]:
    if len(names) <= _MOST_NAMED:
        return names
    return [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1:,} more"]


def _weight(step: Hop, slot: int) -> float:
    return float(min(1.0, step.weights[step.slots == slot].max()))


def _path(
    knowledge: Knowledge, hops: Sequence[Hop], steps: Sequence[tuple[int, int]], ends: Sequence[int]
) -> list[str]:
    """One way from the start to the first answer, by names."""
    if not ends or not steps:
        return [knowledge.names[e] for e in ends[:1]]
    at, path = ends[0], [ends[0]]
    used = set(steps)
    for k in range(len(hops) - 1, -1, -1):
        step = hops[k]
        ways = (
            int(b)
            for s, b, e in zip(step.slots, step.begins, step.ends, strict=True)
            if int(e) == at and (k, int(s)) in used
        )
        at = next(ways, at)
        path.append(at)
    return [knowledge.names[e] for e in reversed(path)]


def _dense(knowledge: Knowledge, hops: Sequence[Hop]) -> torch.Tensor:
    weights = torch.zeros(len(hops), len(knowledge))
    for k, step in enumerate(hops):
        weights[k, torch.from_numpy(step.slots)] = torch.from_numpy(step.weights)
    return weights.clamp(max=1)
