"""Hops over a person's own triples: only those with the key are read, whatever the table's size.

Shape letters: ``N`` triples that a hop reads, ``E`` entities they name, ``R`` relations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from recollect.answer.knowledge.base import Knowledge
from recollect.models.triple_memory import Triples, hop

__all__ = ["SHOWN", "Counts", "Hop", "Wanted", "chains_to", "walk"]

Counts = Callable[[NDArray[np.int64]], NDArray[np.bool_]]  # which of some triples count
SHOWN = 40  # triples of a hop that are evidence

MOST_READ = 200_000  # triples that one hop may read


class Wanted(NamedTuple):
    """What a hop asks for: relations, each with whether it is read from object to subject.

    `others` are read of those of whom the relations tell nothing.
    """

    relations: tuple[tuple[int, bool], ...]
    weight: float
    others: tuple[tuple[int, bool], ...] = ()


class Hop(NamedTuple):
    """What a hop read and where it led.

    Attributes:
        slots: the triples, by number.
        weights: how strongly each was read.
        begins: the entity each was entered by.
        ends: the entity each led to.
        state: weight of every entity that was reached.
        whole: False where more triples had the key than are read.
    """

    slots: NDArray[np.int64]
    weights: NDArray[np.float32]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    state: dict[int, float]
    whole: bool = True


def walk(
    knowledge: Knowledge,
    start: Sequence[int],
    wanted: Sequence[Wanted],
    alive: Counts,
) -> list[Hop]:
    """Walk from the start over a relation a hop; the last hop may have read nothing.

    Args:
        knowledge: the table.
        start: the entities to begin at.
        wanted: a relation, or several of one name, for each hop.
        alive: which of some triples count.
    """
    state = dict.fromkeys(start, 1.0)
    hops: list[Hop] = []
    for want in wanted:
        found = _hop(knowledge, state, want, alive)
        told = set(found.begins.tolist())
        untold = {e: w for e, w in state.items() if e not in told}
        if untold and want.others:
            other = _hop(knowledge, untold, want._replace(relations=want.others), alive)
            found = _both(found, other)
        hops.append(found)
        state = found.state
        if not state:
            break
    return hops


def _both(one: Hop, other: Hop) -> Hop:
    """What was read by a relation, and by others of those of whom it tells nothing."""
    state = other.state | one.state
    for entity in one.state.keys() & other.state.keys():
        state[entity] = min(1.0, one.state[entity] + other.state[entity])
    return Hop(
        slots=np.concatenate([one.slots, other.slots]),
        weights=np.concatenate([one.weights, other.weights]),
        begins=np.concatenate([one.begins, other.begins]),
        ends=np.concatenate([one.ends, other.ends]),
        state=state,
        whole=one.whole and other.whole,
    )


def _hop(
    knowledge: Knowledge,
    state: dict[int, float],
    want: Wanted,
    alive: Counts,
) -> Hop:
    slots, sides, room = [], [], MOST_READ
    for entity in state:
        for relation, back in want.relations:
            found = (knowledge.backward if back else knowledge.forward)(entity, relation)
            found = found[alive(found)][: max(0, room)]
            room -= len(found)
            slots.append(found)
            sides.append(np.full(len(found), back))
    slot = np.concatenate([np.zeros(0, dtype=np.int64), *slots])
    back = np.concatenate([np.zeros(0, dtype=bool), *sides])
    begins = np.where(back, knowledge.objects[slot], knowledge.subjects[slot])
    ends = np.where(back, knowledge.subjects[slot], knowledge.objects[slot])
    if not len(slot):
        return Hop(slot, np.zeros(0, dtype=np.float32), begins, ends, {})
    # The key-value hop of the model, over the triples that have the key.
    entities, numbers = np.unique(np.concatenate([begins, ends]), return_inverse=True)
    subjects, objects = torch.from_numpy(numbers.reshape(2, -1)).unbind()
    memory = Triples(len(entities), subjects, torch.zeros_like(subjects), objects,
                     torch.zeros(1, 1, dtype=torch.long))  # fmt: skip
    held = torch.tensor([state.get(int(e), 0.0) for e in entities])
    weights, reached = hop(held, torch.tensor([want.weight]), memory, normalize=False)
    after = {
        int(e): min(1.0, float(w)) for e, w in zip(entities, reached, strict=True) if float(w) > 0
    }
    return Hop(slot, weights.numpy(), begins, ends, after, room > 0)


def chains_to(hops: Sequence[Hop], ends: Sequence[int], most: int = SHOWN) -> list[tuple[int, int]]:
    """The triples that lead to some entities, as (hop, triple), hop by hop, each once.

    Of very many, the first `most` of a hop.
    """
    wanted = set(ends)
    found: list[tuple[int, int]] = []
    for k in range(len(hops) - 1, -1, -1):
        step = hops[k]
        leads = np.isin(step.ends, list(wanted))
        used = np.flatnonzero(leads)
        kept = used[np.argsort(step.slots[used], kind="stable")][:most]
        found = [(k, int(step.slots[i])) for i in kept] + found
        wanted = {int(e) for e in step.begins[kept]}
    return list(dict.fromkeys(found))
