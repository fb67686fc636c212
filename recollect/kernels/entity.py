"""Stories of an entity network in one call; the reference is `recollect.EntityNetwork`.

A story is read once for all questions about it: the states after each sentence are kept, and a
question reads those that it was asked at. Backward, its gradient comes in there. The slots of one
story are the rows of every product, so that one thread keeps a story in its second cache from the
first word to the gradients of all weights; Adam's step is made here too, and whole epochs are one
call. A call releases the interpreter's lock: one thread a model.

Shape letters: ``S`` sentences, ``Q`` questions, ``J`` words, ``T`` sentences of a story, ``N``
slots, ``D`` width, ``V`` vocabulary, ``P`` all parameters in a row.
"""

import numpy as np
from numba import njit

from recollect.kernels.entity_layout import parts_of, prepare, workspace
from recollect.kernels.entity_story import answer, answer_backward, read, read_backward
from recollect.kernels.maths import KERNEL

__all__ = ["evaluate", "gradient", "train", "workspace"]

_ZERO = np.float32(0)


@njit(**KERNEL)
def _group(parts, work, facts, members, grad, learn):
    """Read one story and answer its questions; return the loss and the wrong answers."""
    count, first = 0, facts.first[members[0]]
    for i in range(members.size):
        count = max(count, facts.count[members[i]])
    read(parts, work, facts, first, count)
    if learn:
        some = work.delta[: count + 1].reshape(-1)
        for i in range(some.size):
            some[i] = _ZERO
    loss, wrong = 0.0, 0
    for i in range(members.size):
        cost, best = answer(parts, work, facts, members[i])
        loss += cost
        wrong += best != facts.answer[members[i]]
        if learn:
            answer_backward(parts, work, facts, members[i], grad)
    if learn:
        read_backward(parts, work, facts, first, count, grad)
    return loss, wrong


@njit(**KERNEL)
def gradient(row, sizes, facts, groups, picks, out, work):
    """Add the gradient of the summed cross-entropy of groups to `out`; return loss and errors."""
    parts, grad = parts_of(row, sizes), parts_of(out, sizes)
    prepare(parts, work)
    loss, wrong = 0.0, 0
    for i in range(picks.size):
        members = groups.members[groups.begins[picks[i]] : groups.begins[picks[i] + 1]]
        cost, bad = _group(parts, work, facts, members, grad, True)
        loss += cost
        wrong += bad
    return loss, wrong


@njit(**KERNEL)
def _adam(row, grad, mean, square, rate, clip, step):
    """Take Adam's step `step` (from 1) with a clipped gradient, and empty it; return its norm."""
    total = 0.0
    for low in range(0, grad.size, 1024):
        part, some = grad[low : low + 1024], _ZERO
        for i in range(part.size):
            some += part[i] * part[i]
        total += some
    norm = np.sqrt(total)
    if not np.isfinite(norm):
        return norm
    factor = np.float32(min(1.0, clip / max(norm, 1e-30)))
    pace = np.float32(rate / (1 - 0.9**step))
    spread = np.float32(1 / np.sqrt(1 - 0.999**step))
    b1, c1, b2, c2 = np.float32(0.9), np.float32(0.1), np.float32(0.999), np.float32(0.001)
    tiny = np.float32(1e-8)
    for i in range(grad.size):
        g = grad[i] * factor
        m = b1 * mean[i] + c1 * g
        s = b2 * square[i] + c2 * g * g
        mean[i], square[i] = m, s
        row[i] -= pace * m / (np.sqrt(s) * spread + tiny)
        grad[i] = _ZERO
    return norm


@njit(**KERNEL)
def train(row, mean, square, sizes, facts, groups, picks, begins, rates, clip, start):
    """Take a step of Adam for each of `rates`, in place; the first is step `start` of its counter.

    Step i learns from the groups ``picks[begins[i] : begins[i + 1]]``. Returns the summed loss, the
    wrong answers, the questions, the summed gradient norms, and how many steps were taken: fewer
    where a loss or a gradient was not finite, which are then the sums.
    """
    work = workspace(sizes)
    grad = np.zeros_like(row)
    loss, wrong, norms, seen = 0.0, 0, 0.0, 0
    for i in range(rates.size):
        some = picks[begins[i] : begins[i + 1]]
        cost, bad = gradient(row, sizes, facts, groups, some, grad, work)
        norm = np.nan
        if np.isfinite(cost):
            norm = _adam(row, grad, mean, square, rates[i], clip, start + i + 1)
        if not np.isfinite(norm):
            return cost, wrong, seen, norm, i
        loss += cost
        wrong += bad
        norms += norm
        for k in range(some.size):
            seen += groups.begins[some[k] + 1] - groups.begins[some[k]]
    return loss, wrong, seen, norms, rates.size


@njit(**KERNEL)
def evaluate(row, sizes, facts, groups):
    """Return the summed loss, the answers and what every sentence has in them.

    Shapes:
        answers ``(Q,)``, shares ``(Q, T)``, both in the order of ``groups.members``.
    """
    work, parts = workspace(sizes), parts_of(row, sizes)
    prepare(parts, work)
    slots, wide = parts.keys.shape
    best = np.empty(groups.members.size, np.int32)
    shares = np.zeros((groups.members.size, sizes.longest), np.float32)
    slope, loss = parts.slope, 0.0
    for g in range(groups.begins.size - 1):
        low, high = groups.begins[g], groups.begins[g + 1]
        members, count = groups.members[low:high], 0
        for i in range(members.size):
            count = max(count, facts.count[members[i]])
        read(parts, work, facts, facts.first[members[0]], count)
        for i in range(members.size):
            q = members[i]
            cost, best[low + i] = answer(parts, work, facts, q)
            loss += cost
            for n in range(slots):
                final, later = work.slots[facts.count[q], n], work.attention[n]
                for t in range(facts.count[q] - 1, -1, -1):
                    later *= work.scale[t, n]
                    inner, total = work.inner[t, n], _ZERO
                    for d in range(wide):
                        x = inner[d]
                        total += (x if x > _ZERO else slope[d] * x) * final[d]
                    shares[low + i, t] += later * work.gate[t, n] * total
    return loss, best, shares
