"""A story of an entity network and the questions about it, each function beside its `_backward`.

Shape letters: as in `recollect.kernels.entity`.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import KERNEL, sigmoid, softmax
from recollect.kernels.matrix import add_outer, product

__all__ = ["answer", "answer_backward", "read", "read_backward"]

_ZERO, _ONE = np.float32(0), np.float32(1)


# ------------------------------------------------------------------------------
# a sentence: s = sum_j f_j * e_j


@njit(**KERNEL)
def _embed(out, words, length, mask, table):
    for d in range(out.size):
        out[d] = _ZERO
    for j in range(length):
        row, weight = table[words[j]], mask[j]
        for d in range(out.size):
            out[d] += weight[d] * row[d]


@njit(**KERNEL)
def _embed_backward(delta, words, length, mask, table, mask_gradient, table_gradient):
    for j in range(length):
        row, weight = table[words[j]], mask[j]
        drow, dweight = table_gradient[words[j]], mask_gradient[j]
        for d in range(delta.size):
            g = delta[d]
            drow[d] += g * weight[d]
            dweight[d] += g * row[d]


# ------------------------------------------------------------------------------
# a story: h_j <- (h_j + g_j phi(U h_j + V s + W w_j + b)) / norm


@njit(**KERNEL)
def read(parts, work, facts, first, count):
    """Read a story's sentences; the states after each stay in `work.slots`."""
    slots, wide = parts.keys.shape
    for t in range(count):
        s = first + t
        _embed(work.said[t], facts.words[s], facts.lengths[s], parts.sentence_mask, parts.embedding)
    product(work.said[:count], work.from_sentence, work.pushed[:count])
    for n in range(slots):
        key, row = parts.keys[n], work.slots[0, n]
        for d in range(wide):
            row[d] = key[d]
    slope = parts.slope
    for t in range(count):
        product(work.slots[t], work.from_slot, work.inner[t])
        said, pushed = work.said[t], work.pushed[t]
        for n in range(slots):
            h, key, fixed = work.slots[t, n], parts.keys[n], work.fixed[n]
            inner, after = work.inner[t, n], work.slots[t + 1, n]
            logit = parts.gate_bias[n]
            for d in range(wide):
                logit += said[d] * (h[d] + key[d])
            gate = sigmoid(logit)
            square = _ZERO
            for d in range(wide):
                x = inner[d] + pushed[d] + fixed[d]
                inner[d] = x
                y = h[d] + gate * (x if x > _ZERO else slope[d] * x)
                after[d] = y
                square += y * y
            scale = _ONE / np.sqrt(square)
            for d in range(wide):
                after[d] *= scale
            work.gate[t, n] = gate
            work.scale[t, n] = scale


@njit(**KERNEL)
def read_backward(parts, work, facts, first, count, grad):
    """Take `work.delta` through the story, to all that made its states."""
    slots, wide = parts.keys.shape
    slope, dslope = parts.slope, grad.slope
    for n in range(slots):
        row = work.fixed_gradient[n]
        for d in range(wide):
            row[d] = _ZERO
    for t in range(count - 1, -1, -1):
        said, dsaid, dpushed = work.said[t], work.said_gradient[t], work.pushed_gradient[t]
        for d in range(wide):
            dsaid[d] = _ZERO
            dpushed[d] = _ZERO
        for n in range(slots):
            delta, after, h = work.delta[t + 1, n], work.slots[t + 1, n], work.slots[t, n]
            before, inner, key = work.delta[t, n], work.inner[t, n], parts.keys[n]
            dkey, dfixed = grad.keys[n], work.fixed_gradient[n]
            gate, scale, along = work.gate[t, n], work.scale[t, n], _ZERO
            for d in range(wide):
                along += delta[d] * after[d]
            opening = _ZERO
            for d in range(wide):
                g, x = scale * (delta[d] - along * after[d]), inner[d]
                low = x if x < _ZERO else _ZERO
                high = x - low
                opening += g * (high + slope[d] * low)
                before[d] += g
                pulled = g * gate
                dslope[d] += pulled * low
                down = pulled * (_ONE if x > _ZERO else slope[d])
                inner[d] = down
                dfixed[d] += down
                dpushed[d] += down
            logit = opening * gate * (_ONE - gate)
            grad.gate_bias[n] += logit
            for d in range(wide):
                before[d] += logit * said[d]
                dkey[d] += logit * said[d]
                dsaid[d] += logit * (h[d] + key[d])
        product(work.inner[t], parts.from_slot, work.back)
        for n in range(slots):
            before, back = work.delta[t, n], work.back[n]
            for d in range(wide):
                before[d] += back[d]
    rows = count * slots
    if count > 0:
        add_outer(
            work.inner[:count].reshape(rows, wide),
            work.slots[:count].reshape(rows, wide),
            grad.from_slot,
        )
        add_outer(work.pushed_gradient[:count], work.said[:count], grad.from_sentence)
    for n in range(slots):
        dkey, delta, dfixed = grad.keys[n], work.delta[0, n], work.fixed_gradient[n]
        for d in range(wide):
            dkey[d] += delta[d]
            grad.bias[d] += dfixed[d]
    add_outer(work.fixed_gradient, parts.keys, grad.from_key)
    product(work.fixed_gradient, parts.from_key, work.back)
    for n in range(slots):
        dkey, back = grad.keys[n], work.back[n]
        for d in range(wide):
            dkey[d] += back[d]
    product(work.pushed_gradient[:count], parts.from_sentence, work.pushed[:count])
    for t in range(count):
        dsaid, more, s = work.said_gradient[t], work.pushed[t], first + t
        for d in range(wide):
            dsaid[d] += more[d]
        _embed_backward(
            dsaid, facts.words[s], facts.lengths[s], parts.sentence_mask, parts.embedding,
            grad.sentence_mask, grad.embedding,
        )  # fmt: skip


# ------------------------------------------------------------------------------
# an answer: p = softmax(q h_j), u = sum_j p_j h_j, y = R phi(q + H u)


@njit(**KERNEL)
def answer(parts, work, facts, q):
    """Leaves the probabilities in `work.logits`; returns the cross-entropy and the best word."""
    slots, wide = parts.keys.shape
    state, asked, p = work.slots[facts.count[q]], work.asked, work.attention
    _embed(asked, facts.question[q], facts.question_length[q], parts.question_mask, parts.embedding)
    for n in range(slots):
        h, total = state[n], _ZERO
        for d in range(wide):
            total += asked[d] * h[d]
        p[n] = total
    softmax(p)
    read, hidden = work.read, work.hidden
    for d in range(wide):
        read[d] = _ZERO
        hidden[d] = asked[d]
    for n in range(slots):
        h, weight = state[n], p[n]
        for d in range(wide):
            read[d] += weight * h[d]
    for e in range(wide):
        row, g = work.carry[e], read[e]
        for d in range(wide):
            hidden[d] += g * row[d]
    logits, best, slope, active = work.logits, 0, parts.slope, work.first
    for d in range(wide):
        active[d] = hidden[d] if hidden[d] > _ZERO else slope[d] * hidden[d]
    for v in range(logits.size):
        row, total = parts.answer[v], _ZERO
        for d in range(wide):
            total += row[d] * active[d]
        logits[v] = total
        if total > logits[best]:
            best = v
    top, wanted = logits[best], logits[facts.answer[q]]
    softmax(logits)
    # The best word's probability is 1 over the sum that the softmax divided by.
    return np.float64(top - wanted) - np.log(np.float64(logits[best])), best


@njit(**KERNEL)
def answer_backward(parts, work, facts, q, grad):
    """Add a question's gradient to `grad`, and to `work.delta` at its state."""
    slots, wide = parts.keys.shape
    asked, p, read, hidden = work.asked, work.attention, work.read, work.hidden
    state, dstate = work.slots[facts.count[q]], work.delta[facts.count[q]]
    active, delta, target = work.first, work.second, facts.answer[q]
    slope, dslope = parts.slope, grad.slope
    for d in range(wide):
        delta[d] = _ZERO
    for v in range(work.logits.size):
        g = work.logits[v] - (_ONE if v == target else _ZERO)
        row, drow = parts.answer[v], grad.answer[v]
        for d in range(wide):
            delta[d] += g * row[d]
            drow[d] += g * active[d]
    for d in range(wide):
        x, g = hidden[d], delta[d]
        dslope[d] += g * (x if x < _ZERO else _ZERO)
        delta[d] = g * (_ONE if x > _ZERO else slope[d])
    dread = active  # its content is no longer needed
    for d in range(wide):
        dread[d] = _ZERO
    for e in range(wide):
        g, row, drow = delta[e], parts.carry[e], grad.carry[e]
        for d in range(wide):
            dread[d] += g * row[d]
            drow[d] += g * read[d]
    mean = _ZERO
    for d in range(wide):
        mean += dread[d] * read[d]
    for n in range(slots):
        h, dh, total = state[n], dstate[n], _ZERO
        for d in range(wide):
            total += h[d] * dread[d]
        g, weight = p[n] * (total - mean), p[n]
        for d in range(wide):
            dh[d] += weight * dread[d] + g * asked[d]
            delta[d] += g * h[d]
    _embed_backward(
        delta, facts.question[q], facts.question_length[q], parts.question_mask, parts.embedding,
        grad.question_mask, grad.embedding,
    )  # fmt: skip
