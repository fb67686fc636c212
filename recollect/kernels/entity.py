"""Stories of an entity network in one call; the reference is `recollect.EntityNetwork`.

A story is read once for all questions about it: the states after each sentence are kept, and a
question reads those that it was asked at. Backward, its gradient comes in there. The slots of one
story are the rows of every product, so that one thread keeps a story in its second cache from the
first word to the gradients of all weights; Adam's step is made here too, and whole epochs are one
call. A call releases the interpreter's lock: one thread a model.

Shape letters: ``S`` sentences, ``Q`` questions, ``J`` words, ``T`` sentences of a story, ``N``
slots, ``D`` width, ``V`` vocabulary, ``P`` all parameters in a row.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.maths import KERNEL, sigmoid, softmax
from recollect.kernels.matrix import add_outer, product

__all__ = ["evaluate", "gradient", "train", "workspace"]

_ZERO, _ONE = np.float32(0), np.float32(1)


class _Parts(NamedTuple):
    """The parameters, or their gradients, as views of the row."""

    embedding: NDArray[np.float32]  # (V, D)
    keys: NDArray[np.float32]  # (N, D)
    sentence_mask: NDArray[np.float32]  # (J, D)
    question_mask: NDArray[np.float32]  # (J, D)
    from_slot: NDArray[np.float32]  # (D, D)
    from_sentence: NDArray[np.float32]  # (D, D)
    from_key: NDArray[np.float32]  # (D, D)
    bias: NDArray[np.float32]  # (D,)
    gate_bias: NDArray[np.float32]  # (N,)
    slope: NDArray[np.float32]  # (D,)
    carry: NDArray[np.float32]  # (D, D)
    answer: NDArray[np.float32]  # (V, D)


class _Work(NamedTuple):
    said: NDArray[np.float32]  # (T, D)
    pushed: NDArray[np.float32]  # (T, D)
    slots: NDArray[np.float32]  # (T + 1, N, D)
    inner: NDArray[np.float32]  # (T, N, D), later its gradient
    gate: NDArray[np.float32]  # (T, N)
    scale: NDArray[np.float32]  # (T, N)
    fixed: NDArray[np.float32]  # (N, D)
    asked: NDArray[np.float32]  # (D,)
    attention: NDArray[np.float32]  # (N,)
    read: NDArray[np.float32]  # (D,)
    hidden: NDArray[np.float32]  # (D,)
    logits: NDArray[np.float32]  # (V,)
    delta: NDArray[np.float32]  # (T + 1, N, D), what questions ask of the states
    back: NDArray[np.float32]  # (N, D)
    fixed_gradient: NDArray[np.float32]  # (N, D)
    pushed_gradient: NDArray[np.float32]  # (T, D)
    said_gradient: NDArray[np.float32]  # (T, D)
    first: NDArray[np.float32]  # (D,)
    second: NDArray[np.float32]  # (D,)
    from_slot: NDArray[np.float32]  # (D, D) transposed, as are the others
    from_sentence: NDArray[np.float32]  # (D, D)
    from_key: NDArray[np.float32]  # (D, D)
    carry: NDArray[np.float32]  # (D, D)


@njit(**KERNEL)
def _parts(row, sizes):
    v, n, j, d = sizes.vocab, sizes.slots, sizes.words, sizes.width
    a = v * d
    b = a + n * d
    c = b + j * d
    e = c + j * d
    f = e + d * d
    g = f + d * d
    h = g + d * d
    i = h + d
    k = i + n
    m = k + d
    o = m + d * d
    return _Parts(
        row[:a].reshape(v, d),
        row[a:b].reshape(n, d),
        row[b:c].reshape(j, d),
        row[c:e].reshape(j, d),
        row[e:f].reshape(d, d),
        row[f:g].reshape(d, d),
        row[g:h].reshape(d, d),
        row[h:i],
        row[i:k],
        row[k:m],
        row[m:o].reshape(d, d),
        row[o : o + v * d].reshape(v, d),
    )


@njit(**KERNEL)
def workspace(sizes):
    """Return the scratch arrays of a thread."""
    v, n, d, t = sizes.vocab, sizes.slots, sizes.width, sizes.longest
    f = np.float32
    return _Work(
        np.zeros((t, d), f),
        np.zeros((t, d), f),
        np.zeros((t + 1, n, d), f),
        np.zeros((t, n, d), f),
        np.zeros((t, n), f),
        np.zeros((t, n), f),
        np.zeros((n, d), f),
        np.zeros(d, f),
        np.zeros(n, f),
        np.zeros(d, f),
        np.zeros(d, f),
        np.zeros(v, f),
        np.zeros((t + 1, n, d), f),
        np.zeros((n, d), f),
        np.zeros((n, d), f),
        np.zeros((t, d), f),
        np.zeros((t, d), f),
        np.zeros(d, f),
        np.zeros(d, f),
        np.zeros((d, d), f),
        np.zeros((d, d), f),
        np.zeros((d, d), f),
        np.zeros((d, d), f),
    )


@njit(**KERNEL)
def _prepare(parts, work):
    """Make what all stories of a step share: transposed weights, and ``W w_j + b``."""
    for a, b in (
        (parts.from_slot, work.from_slot),
        (parts.from_sentence, work.from_sentence),
        (parts.from_key, work.from_key),
        (parts.carry, work.carry),
    ):
        for i in range(a.shape[0]):
            for j in range(a.shape[1]):
                b[j, i] = a[i, j]
    product(parts.keys, work.from_key, work.fixed)
    for n in range(work.fixed.shape[0]):
        row = work.fixed[n]
        for d in range(row.size):
            row[d] += parts.bias[d]


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
def _read(parts, work, facts, first, count):
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
def _read_backward(parts, work, facts, first, count, grad):
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
def _answer(parts, work, facts, q):
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
def _answer_backward(parts, work, facts, q, grad):
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


# ------------------------------------------------------------------------------
# a group, a batch, an epoch, a data set


@njit(**KERNEL)
def _group(parts, work, facts, members, grad, learn):
    """Read one story and answer its questions; return the loss and the wrong answers."""
    count, first = 0, facts.first[members[0]]
    for i in range(members.size):
        count = max(count, facts.count[members[i]])
    _read(parts, work, facts, first, count)
    if learn:
        some = work.delta[: count + 1].reshape(-1)
        for i in range(some.size):
            some[i] = _ZERO
    loss, wrong = 0.0, 0
    for i in range(members.size):
        cost, best = _answer(parts, work, facts, members[i])
        loss += cost
        wrong += best != facts.answer[members[i]]
        if learn:
            _answer_backward(parts, work, facts, members[i], grad)
    if learn:
        _read_backward(parts, work, facts, first, count, grad)
    return loss, wrong


@njit(**KERNEL)
def gradient(row, sizes, facts, groups, picks, out, work):
    """Add the gradient of the summed cross-entropy of groups to `out`; return loss and errors."""
    parts, grad = _parts(row, sizes), _parts(out, sizes)
    _prepare(parts, work)
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
    work, parts = workspace(sizes), _parts(row, sizes)
    _prepare(parts, work)
    slots, wide = parts.keys.shape
    best = np.empty(groups.members.size, np.int32)
    shares = np.zeros((groups.members.size, sizes.longest), np.float32)
    slope, loss = parts.slope, 0.0
    for g in range(groups.begins.size - 1):
        low, high = groups.begins[g], groups.begins[g + 1]
        members, count = groups.members[low:high], 0
        for i in range(members.size):
            count = max(count, facts.count[members[i]])
        _read(parts, work, facts, facts.first[members[0]], count)
        for i in range(members.size):
            q = members[i]
            cost, best[low + i] = _answer(parts, work, facts, q)
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
