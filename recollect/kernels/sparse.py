"""One step of a sparse-access memory, forward and backward; the reference is `SparseAccessCell`.

The memory is changed in place and never copied: a step writes to ``H * (K + 1)`` slots, looks at
the slots that hold something, and keeps the ``H * K`` rows that it read. These rows are all that
the backward step wants of the memory, so no write has to be undone. The gradient of the memory is
one array, changed in place as the steps go backwards.

Slots from ``extent`` on are zeros that were never used, hence all alike: of these the search and
the choice of the least used look at the first few, and a step costs no more for a larger memory.

Shape letters: ``B`` batch, ``H`` heads, ``N`` slots, ``M`` width, ``K`` slots read.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.maths import KERNEL

__all__ = ["Journal", "Slots", "measure", "read_write", "read_write_backward"]

FLOOR = 1e-6  # under the root of a length
USED = 0.005  # a slot read or written with more is used
LEVELS = 1e5  # cosines that are the same at so many levels a unit are equal


class Slots(NamedTuple):
    """The memory, changed in place.

    Shapes:
        as said beside each.
    """

    memory: NDArray  # (B, N, M)
    inverse: NDArray  # (B, N) one over the length of each row
    last: NDArray[np.int32]  # (B, N) the step at which it was last used, 0 for never
    step: NDArray[np.int32]  # (B,) steps taken
    extent: NDArray[np.int64]  # (B,) from here on all slots are zeros that were never used
    access: NDArray  # (N,) zeros between the calls


class Journal(NamedTuple):
    """What a step did, for the way back.

    Shapes:
        as said beside each.
    """

    least: NDArray[np.int64]  # (B, H) the slots that were erased
    slots: NDArray[np.int64]  # (B, H, K) the slots that were read, the nearest first
    weights: NDArray  # (B, H, K)
    rows: NDArray  # (B, H, K, M) what they held
    inverse: NDArray  # (B, H, K)
    nearness: NDArray  # (B, H, K) cosines


@njit(**KERNEL)
def _least_used(last, limit, least):
    """Find the slots used longest ago, of equals the first, among the first `limit`."""
    count = least.size
    found = 0
    for i in range(limit):
        age = last[i]
        if found == count and age >= last[least[count - 1]]:
            continue
        place = found if found < count else count - 1
        while place > 0 and last[least[place - 1]] > age:
            least[place] = least[place - 1]
            place -= 1
        least[place] = i
        found = min(found + 1, count)


@njit(**KERNEL)
def _dot(a, b):
    total = a.dtype.type(0)
    for e in range(a.size):
        total += a[e] * b[e]
    return total


@njit(**KERNEL)
def _nearest(query, memory, inverse, limit, slots, nearness):
    """Find the rows with the largest cosine, of equals the first, among the first `limit`.

    Slots that were written with one word are equally near but for rounding, which is not to choose.
    """
    count, levels = slots.size, nearness.dtype.type(LEVELS)
    least = nearness.dtype.type(-2)  # what is below cannot be among the nearest
    found = 0
    for i in range(limit):
        near = _dot(query, memory[i]) * inverse[i]
        if near < least:
            continue
        level = np.rint(near * levels)
        place = found
        while place > 0 and np.rint(nearness[place - 1] * levels) < level:
            place -= 1
        if place == count:
            continue
        for k in range(min(found, count - 1), place, -1):
            slots[k] = slots[k - 1]
            nearness[k] = nearness[k - 1]
        slots[place] = i
        nearness[place] = near
        found = min(found + 1, count)
        if found == count:
            least = nearness[count - 1] - nearness.dtype.type(1) / levels


@njit(**KERNEL)
def _add(slots, b, slot, amount, word):
    if amount == 0:
        return
    row = slots.memory[b, slot]
    for e in range(word.size):
        row[e] += amount * word[e]
    slots.access[slot] += amount
    slots.extent[b] = max(slots.extent[b], slot + 1)


@njit(**KERNEL)
def _length(vector):
    return np.sqrt(_dot(vector, vector) + vector.dtype.type(FLOOR))


@njit(**KERNEL)
def measure(memory, extent, inverse):
    """Fill in one over the length of every row in use.

    Shapes:
        memory ``(B, N, M)``, extent ``(B,)`` -> inverse ``(B, N)``, in place.
    """
    for b in range(extent.size):
        for i in range(extent[b]):
            inverse[b, i] = memory.dtype.type(1) / _length(memory[b, i])


@njit(**KERNEL)
def _use(slots, b, slot):
    """Note the use of a slot, once all its accesses of this step are summed."""
    if slots.access[slot] > USED:
        slots.last[b, slot] = slots.step[b]
        slots.extent[b] = max(slots.extent[b], slot + 1)
    slots.access[slot] = 0


@njit(**KERNEL)
def read_write(alive, query, strength, word, gate, mix, before, before_weights, slots, journal):
    """Write to what was read before and to the least used slots; then read the nearest.

    Shapes:
        alive ``(B,)``; query, word ``(B, H, M)``; strength, gate, mix ``(B, H)``; before and its
        weights ``(B, H, K)``, read a step ago -> reads ``(B, H, M)``, and the journal is filled.
    """
    batch, heads, width = query.shape
    count, size = before.shape[2], slots.memory.shape[1]
    reads = np.zeros_like(query)
    unit = np.empty_like(query[0, 0])
    one = query.dtype.type(1)
    never = one / np.sqrt(query.dtype.type(FLOOR))
    for b in range(batch):
        if not alive[b]:
            journal.slots[b] = before[b]
            journal.weights[b] = before_weights[b]
            continue
        memory, inverse, least = slots.memory[b], slots.inverse[b], journal.least[b]
        slots.step[b] += 1
        _least_used(slots.last[b], min(size, slots.extent[b] + heads), least)
        for h in range(heads):
            memory[least[h]] = 0
        for h in range(heads):
            for k in range(count):
                amount = gate[b, h] * mix[b, h] * before_weights[b, h, k]
                _add(slots, b, before[b, h, k], amount, word[b, h])
            _add(slots, b, least[h], gate[b, h] * (one - mix[b, h]), word[b, h])
        for h in range(heads):
            inverse[least[h]] = one / _length(memory[least[h]])
            for k in range(count):
                inverse[before[b, h, k]] = one / _length(memory[before[b, h, k]])
        limit = min(size, slots.extent[b] + count)
        for h in range(heads):
            scale = one / _length(query[b, h])
            for e in range(width):
                unit[e] = scale * query[b, h, e]
            near, weights = journal.nearness[b, h], journal.weights[b, h]
            _nearest(unit, memory, inverse, limit, journal.slots[b, h], near)
            total, most = query.dtype.type(0), near.max()
            for k in range(count):
                weights[k] = np.exp(strength[b, h] * (near[k] - most))
                total += weights[k]
            for k in range(count):
                weights[k] /= total
                slot = journal.slots[b, h, k]
                slots.access[slot] += weights[k]
                # A slot that was never written has no length yet.
                journal.inverse[b, h, k] = inverse[slot] if inverse[slot] > 0 else never
                row, read = journal.rows[b, h, k], reads[b, h]
                for e in range(width):
                    row[e] = memory[slot, e]
                    read[e] += weights[k] * row[e]
        for h in range(heads):
            _use(slots, b, least[h])
            for k in range(count):
                _use(slots, b, before[b, h, k])
                _use(slots, b, journal.slots[b, h, k])
    return reads


@njit(**KERNEL)
def _read_backward(delta, query, strength, journal, b, h, d_weights, d_memory, d_query):
    """Add the gradients of one read to those of the memory and the query; return the strength's."""
    weights, near = journal.weights[b, h], journal.nearness[b, h]
    zero = query.dtype.type(0)
    mean, sharper = zero, zero
    for k in range(weights.size):
        d_weights[k] += _dot(delta, journal.rows[b, h, k])
        mean += weights[k] * d_weights[k]
    scale = query.dtype.type(1) / _length(query)
    for k in range(weights.size):
        row, into = journal.rows[b, h, k], d_memory[b, journal.slots[b, h, k]]
        logit = weights[k] * (d_weights[k] - mean)
        sharper += logit * near[k]
        inverse = journal.inverse[b, h, k]
        pull, drag = logit * strength * inverse * scale, logit * strength * near[k]
        drag_row, drag_query, weight = drag * inverse * inverse, drag * scale * scale, weights[k]
        for e in range(query.size):
            into[e] += weight * delta[e] + pull * query[e] - drag_row * row[e]
            d_query[e] += pull * row[e] - drag_query * query[e]
    return sharper


@njit(**KERNEL)
def read_write_backward(
    alive, d_reads, d_weights, d_memory, query, strength, word, gate, mix, before, before_weights,
    journal,
):  # fmt: skip
    """Turn `d_memory`, of the memory after a step, into that before; return the other gradients.

    Shapes:
        as of `read_write`; d_memory ``(B, P, M)`` of the slots in use -> gradients of query,
        strength, word, gate, mix and before_weights.
    """
    batch, heads, _ = query.shape
    count = before.shape[2]
    d_query, d_word = np.zeros_like(query), np.zeros_like(word)
    d_strength, d_gate, d_mix = np.zeros_like(gate), np.zeros_like(gate), np.zeros_like(gate)
    d_before = np.zeros_like(before_weights)
    d_weights = d_weights.copy()
    one = query.dtype.type(1)
    for b in range(batch):
        if not alive[b]:
            d_before[b] = d_weights[b]
            continue
        for h in range(heads):
            d_strength[b, h] = _read_backward(
                d_reads[b, h], query[b, h], strength[b, h], journal, b, h, d_weights[b, h],
                d_memory, d_query[b, h],
            )  # fmt: skip
        for h in range(heads):
            a, g = gate[b, h], mix[b, h]
            for k in range(count):
                delta = d_memory[b, before[b, h, k]]
                weight, pull = before_weights[b, h, k], _dot(delta, word[b, h])
                d_gate[b, h] += pull * g * weight
                d_mix[b, h] += pull * a * weight
                d_before[b, h, k] = pull * a * g
                for e in range(delta.size):
                    d_word[b, h, e] += a * g * weight * delta[e]
            delta = d_memory[b, journal.least[b, h]]
            pull = _dot(delta, word[b, h])
            d_gate[b, h] += pull * (one - g)
            d_mix[b, h] -= pull * a
            for e in range(delta.size):
                d_word[b, h, e] += a * (one - g) * delta[e]
        for h in range(heads):
            d_memory[b, journal.least[b, h]] = 0
    return d_query, d_strength, d_word, d_gate, d_mix, d_before
