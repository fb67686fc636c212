"""Whole epochs of an end-to-end memory network in one call; the reference is `recollect.MemN2N`.

A step is a thousand tiny products, so it is a loop here and not a graph of tensor operations:
sentences are gathered word by word from the tables, only the words and the memories that exist are
visited, and the empty slots of the authors' code (embedding 0, hence logit 0, and still a share of
the softmax) are summed in closed form. Gradients, the clip and the update of plain SGD happen in
place. A call releases the interpreter's lock: one thread a seed.

Shape letters: ``S`` sentences, ``Q`` questions, ``J`` words and the time word, ``M`` slots,
``V`` vocabulary with the M time words, ``T`` tables, ``D`` width, ``K`` hops.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.layout import Weights
from recollect.kernels.maths import KERNEL, exp
from recollect.kernels.memn2n_descent import descend
from recollect.kernels.memn2n_draw import draw

__all__ = ["draw", "evaluate", "gradient", "train", "workspace"]

_ZERO, _ONE = np.float32(0), np.float32(1)


class _Work(NamedTuple):
    memory: NDArray[np.float32]  # (M, T*D)
    memory_gradient: NDArray[np.float32]
    state: NDArray[np.float32]  # (K+1, D)
    weight: NDArray[np.float32]  # (K, M)
    empty: NDArray[np.float32]  # (K,) the weight of one empty slot
    slot: NDArray[np.float32]  # (M,)
    logits: NDArray[np.float32]  # (V,)
    delta: NDArray[np.float32]  # (D,)
    spare: NDArray[np.float32]  # (D,)
    padding: NDArray[np.float32]  # (J+1, T*D): the nil words behind a sentence of j words


# ------------------------------------------------------------------------------
# a sentence: m = sum_j l_j * E[x_j]


@njit(**KERNEL)
def _embed(out, words, length, time, position, tables, low, high):
    # Loops start at 0 on slices: an index that might be negative keeps LLVM from vector loads.
    wide = high - low
    for e in range(wide):
        out[e] = _ZERO
    for j in range(length + (time >= 0)):
        v, k = (words[j], j) if j < length else (time, position.shape[0] - 1)
        row, weight = tables[v, low:high], position[k, low:high]
        for e in range(wide):
            out[e] += weight[e] * row[e]


@njit(**KERNEL)
def _embed_backward(delta, words, length, time, position, grad, padding, low, high):
    wide = high - low
    for j in range(length + 1 + (time >= 0)):
        if j < length:
            row, weight = grad[words[j], low:high], position[j, low:high]
        elif j == length:
            row, weight = grad[0, low:high], padding[length, low:high]
        else:
            row, weight = grad[time, low:high], position[position.shape[0] - 1, low:high]
        for e in range(wide):
            row[e] += weight[e] * delta[e]


# ------------------------------------------------------------------------------
# a hop: p = softmax(m u), o = sum_i p_i c_i, u' = H u + o, or ReLU(H u + o)


@njit(**KERNEL)
def _hop(work, hop, count, wiring, carry, linear):
    d = work.delta.size
    state, after, weight = work.state[hop], work.state[hop + 1], work.weight[hop]
    key, value = wiring.keys[hop] * d, wiring.values[hop] * d
    for i in range(count):
        m, total = work.memory[i, key : key + d], _ZERO
        for e in range(d):
            total += m[e] * state[e]
        weight[i] = total
    work.empty[hop] = _ZERO
    if not linear:
        unused = 0 if wiring.masked else wiring.slots - count
        top = _ZERO if unused > 0 or count == 0 else weight[0]
        for i in range(count):
            top = max(top, weight[i])
        total = _ZERO
        for i in range(count):
            y = exp(weight[i] - top)
            weight[i] = y
            total += y
        alone = exp(-top) if unused > 0 else _ZERO
        total += np.float32(unused) * alone
        scale = _ONE / total if total > _ZERO else _ZERO
        for i in range(count):
            weight[i] *= scale
        work.empty[hop] = alone * scale
    if carry.shape[0] > 0:
        for e in range(d):
            row, total = carry[e], _ZERO
            for f in range(d):
                total += row[f] * state[f]
            after[e] = total
    else:
        for e in range(d):
            after[e] = state[e]
    for i in range(count):
        p, c = weight[i], work.memory[i, value : value + d]
        for e in range(d):
            after[e] += p * c[e]
    if wiring.rectified:
        for e in range(d):
            after[e] = max(after[e], _ZERO)


@njit(**KERNEL)
def _hop_backward(work, hop, count, wiring, carry, linear, grad):
    """Turn `work.delta`, the gradient of the state after the hop, into that before it."""
    d = work.delta.size
    state, weight, delta = work.state[hop], work.weight[hop], work.delta
    slot, spare = work.slot, work.spare
    key, value = wiring.keys[hop] * d, wiring.values[hop] * d
    if wiring.rectified:
        after = work.state[hop + 1]
        for e in range(d):
            delta[e] = delta[e] if after[e] > _ZERO else _ZERO
    mean = _ZERO
    for i in range(count):
        p, total = weight[i], _ZERO
        c, dc = work.memory[i, value : value + d], work.memory_gradient[i, value : value + d]
        for e in range(d):
            total += c[e] * delta[e]
            dc[e] += p * delta[e]
        slot[i] = total
        mean += p * total
    # Empty slots have value 0 and add nothing to the mean; only the nil row feels their gradients.
    empty = wiring.slots - count
    if empty > 0 and not wiring.masked and not linear:
        alone, share = np.float32(empty) * work.empty[hop], work.padding[work.padding.shape[0] - 1]
        nil = grad.tables[0]
        for e in range(d):
            nil[value + e] += share[value + e] * alone * delta[e]
            nil[key + e] -= share[key + e] * alone * mean * state[e]
    if carry.shape[0] > 0:
        for e in range(d):
            spare[e] = _ZERO
        for e in range(d):
            g, row, drow = delta[e], carry[e], grad.carry[e]
            for f in range(d):
                spare[f] += g * row[f]
                drow[f] += g * state[f]
        for e in range(d):
            delta[e] = spare[e]
    for i in range(count):
        g = slot[i] if linear else weight[i] * (slot[i] - mean)
        m, dm = work.memory[i, key : key + d], work.memory_gradient[i, key : key + d]
        for e in range(d):
            dm[e] += g * state[e]
            delta[e] += g * m[e]


# ------------------------------------------------------------------------------
# the answer: softmax over every word


@njit(**KERNEL)
def _answer(work, tables, table, target):
    """Leaves the probabilities in `work.logits`; returns the cross-entropy and the best word."""
    d, logits = work.delta.size, work.logits
    state = work.state[work.state.shape[0] - 1]
    best = 0
    for v in range(logits.size):
        row, total = tables[v, table * d : table * d + d], _ZERO
        for e in range(d):
            total += row[e] * state[e]
        logits[v] = total
        if total > logits[best]:
            best = v
    top, total, wanted = logits[best], _ZERO, logits[target]
    for v in range(logits.size):
        y = exp(logits[v] - top)
        logits[v] = y
        total += y
    scale = _ONE / total
    for v in range(logits.size):
        logits[v] *= scale
    return np.log(np.float64(total)) + np.float64(top - wanted), best


@njit(**KERNEL)
def _answer_backward(work, tables, table, target, grad):
    d, delta = work.delta.size, work.delta
    state = work.state[work.state.shape[0] - 1]
    for e in range(d):
        delta[e] = _ZERO
    for v in range(work.logits.size):
        g = work.logits[v] - (_ONE if v == target else _ZERO)
        row, drow = tables[v, table * d : table * d + d], grad[v, table * d : table * d + d]
        for e in range(d):
            delta[e] += g * row[e]
            drow[e] += g * state[e]


# ------------------------------------------------------------------------------
# a question, a batch, an epoch, a data set


@njit(**KERNEL)
def workspace(weights, wiring):
    """Return the scratch arrays of a thread."""
    words, wide = wiring.position.shape[0], weights.tables.shape[1]
    hops = wiring.keys.size
    d = wide // (max(wiring.answer, wiring.high - 1) + 1)
    padding = np.zeros((words + 1, wide), np.float32)
    for j in range(words - 2, -1, -1):
        padding[j] = padding[j + 1] + wiring.position[j]
    padding[words] = padding[0] + wiring.position[words - 1]  # an empty slot: no time word
    return _Work(
        np.empty((wiring.slots, wide), np.float32),
        np.empty((wiring.slots, wide), np.float32),
        np.empty((hops + 1, d), np.float32),
        np.empty((hops, wiring.slots), np.float32),
        np.empty(hops, np.float32),
        np.empty(wiring.slots, np.float32),
        np.empty(weights.tables.shape[0], np.float32),
        np.empty(d, np.float32),
        np.empty(d, np.float32),
        padding,
    )


@njit(**KERNEL)
def _forward(weights, facts, q, times, wiring, linear, work):
    d, count, first = work.delta.size, facts.count[q], facts.first[q]
    tables, position = weights.tables, wiring.position
    low, high, start = wiring.low * d, wiring.high * d, wiring.query * d
    for i in range(count):
        s, time = first + i, wiring.first_time + times[i] - 1
        out, length = work.memory[i, low:high], facts.lengths[s]
        _embed(out, facts.words[s], length, time, position, tables, low, high)
    length = facts.question_length[q]
    _embed(work.state[0], facts.question[q], length, -1, position, tables, start, start + d)
    for hop in range(wiring.keys.size):
        _hop(work, hop, count, wiring, weights.carry, linear)
    return _answer(work, tables, wiring.answer, facts.answer[q])


@njit(**KERNEL)
def _backward(weights, facts, q, times, wiring, linear, work, grad):
    d, count, first = work.delta.size, facts.count[q], facts.first[q]
    low, high, start = wiring.low * d, wiring.high * d, wiring.query * d
    position = wiring.position
    for i in range(count):
        row = work.memory_gradient[i]
        for e in range(row.size):
            row[e] = _ZERO
    _answer_backward(work, weights.tables, wiring.answer, facts.answer[q], grad.tables)
    for hop in range(wiring.keys.size - 1, -1, -1):
        _hop_backward(work, hop, count, wiring, weights.carry, linear, grad)
    for i in range(count):
        s, time = first + i, wiring.first_time + times[i] - 1
        delta, length = work.memory_gradient[i, low:high], facts.lengths[s]
        words, padding = facts.words[s], work.padding
        _embed_backward(delta, words, length, time, position, grad.tables, padding, low, high)
    length = facts.question_length[q]
    _embed_backward(
        work.delta, facts.question[q], length, -1, position, grad.tables, work.padding,
        start, start + d,
    )  # fmt: skip


@njit(**KERNEL)
def gradient(weights, facts, picks, times, wiring, linear, grad, work):
    """Add the gradient of the summed cross-entropy to `grad`; return the loss and the errors."""
    loss, wrong = 0.0, 0
    for b in range(picks.size):
        q = picks[b]
        cost, best = _forward(weights, facts, q, times[b], wiring, linear, work)
        loss += cost
        wrong += best != facts.answer[q]
        _backward(weights, facts, q, times[b], wiring, linear, work, grad)
    return loss, wrong


@njit(**KERNEL)
def train(weights, facts, rows, wiring, batch, noise, rate, clip, linear, seed, start, steps):
    """Take steps ``start .. start+steps-1`` of plain SGD on the questions `rows`, in place.

    Returns the summed loss, the wrong answers, the summed gradient norms, how often a matrix was
    clipped, and how many steps were taken: fewer where a loss or a gradient was not finite, which
    are then the sums.
    """
    work = workspace(weights, wiring)
    grad = Weights(np.zeros_like(weights.tables), np.zeros_like(weights.carry))
    loss, wrong, norms, clipped = 0.0, 0, 0.0, 0
    for step in range(start, start + steps):
        picks, times = draw(facts.count, rows, batch, wiring.slots, noise, seed, step)
        cost, bad = gradient(weights, facts, picks, times, wiring, linear, grad, work)
        some, norm = 0, np.nan
        if np.isfinite(cost):
            some, norm = descend(weights, grad, rate, clip, work.delta.size)
        if not np.isfinite(norm):
            return cost, wrong, norm, clipped, step - start
        loss += cost
        wrong += bad
        norms += norm
        clipped += some
    return loss, wrong, norms, clipped, steps


@njit(**KERNEL)
def evaluate(weights, facts, rows, wiring, linear):
    """Return the summed loss, the answers (Q,) and the weight of every slot in every hop.

    Shapes:
        rows ``(Q,)`` -> answers ``(Q,)``, weights ``(Q, K, M)``.
    """
    work = workspace(weights, wiring)
    times = np.zeros(wiring.slots, np.int64)
    best = np.empty(rows.size, np.int32)
    attention = np.zeros((rows.size, wiring.keys.size, wiring.slots), np.float32)
    loss = 0.0
    for r in range(rows.size):
        count = facts.count[rows[r]]
        for i in range(count):
            times[i] = count - i
        cost, best[r] = _forward(weights, facts, rows[r], times, wiring, linear, work)
        loss += cost
        attention[r, :, :count] = work.weight[:, :count]
    return loss, best, attention
