"""The stories of a TPR-RNN in one call, with their gradients; the reference is `recollect.TPRRNN`.

A story is read alone, so that nothing is padded and all of it stays in the second cache: its writes
one after the other, then all of its questions, a hop at a time, and the same way back. What is
known of earlier writes lies packed, a block of 3 by 3t numbers for sentence t.

Shape letters: ``S`` sentences, ``L`` sentences of all stories, ``G`` stories, ``Z`` different
questions, ``Q`` questions asked, ``V`` words, ``E`` entity and ``R`` role width, ``T`` sentences
of a story, ``M`` = 3 ``T`` writes.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.maths import HELPER, KERNEL, exp, largest, log
from recollect.kernels.matrix import add_outer, inner, product

__all__ = ["Said", "Stories", "answer"]

_ZERO, _ONE, _EPS = np.float32(0), np.float32(1), np.float32(1e-7)
_LANES = 32  # numbers that LLVM takes at a time; what is left of a row would go one by one


class Said(NamedTuple):
    """What sentences and questions say, and the end of the model; or the gradients of all that.

    Shapes:
        as said.
    """

    entities: NDArray[np.float32]  # (S, 2, E)
    roles: NDArray[np.float32]  # (S, 3, R)
    subjects: NDArray[np.float32]  # (Z, E)
    links: NDArray[np.float32]  # (Z, 3, R)
    gain: NDArray[np.float32]  # (3,)
    bias: NDArray[np.float32]  # (3,)
    table: NDArray[np.float32]  # (V, E)


class Stories(NamedTuple):
    """Stories as runs of rows: story g has ``sentences[begins[g] : begins[g + 1]]``, and so on.

    Shapes:
        as said.
    """

    sentences: NDArray[np.int64]  # (L,)
    begins: NDArray[np.int64]  # (G + 1,)
    questions: NDArray[np.int64]  # (Q,)
    before: NDArray[np.int64]  # (Q,) sentences of its story that were told before it
    answers: NDArray[np.int64]  # (Q,)
    asked: NDArray[np.int64]  # (G + 1,)


@njit(**HELPER)
def _up(size):
    return (size + _LANES - 1) // _LANES * _LANES


@njit(**KERNEL)
def _cut(flat, rows, columns):
    return flat[: rows * columns].reshape(rows, columns)


@njit(**KERNEL)
def _block(flat, t, rows):
    """Sentence t's block of a packed triangle: ``(rows, rows t)``."""
    start = rows * rows * (t * (t - 1) // 2)
    return flat[start : start + rows * rows * t].reshape(rows, rows * t)


@njit(**HELPER)
def _weigh(near, alike, weights, sentences):
    """Set weights of writes to the products of what their entities and their roles have."""
    for q in range(near.shape[0]):
        x, y, w = near[q], alike[q], weights[q]
        for s in range(sentences):
            a, b = x[2 * s], x[2 * s + 1]
            w[3 * s], w[3 * s + 1], w[3 * s + 2] = a * y[3 * s], a * y[3 * s + 1], b * y[3 * s + 2]


@njit(**KERNEL)
def _write(entity, role, near, alike, weights, values, read):
    """Make the values of a story's writes, keeping the triangles."""
    for t in range(entity.shape[0] // 2):
        first, second = entity[2 * t], entity[2 * t + 1]
        g, r, a = _block(near, t, 2), _block(alike, t, 3), _block(weights, t, 3)
        if t:
            inner(entity[2 * t : 2 * t + 2], entity[: 2 * t], g)
            inner(role[3 * t : 3 * t + 3], role[: 3 * t], r)
            _weigh(g[:1], r[:1], a[:1], t)
            _weigh(g[:1], r[1:2], a[1:2], t)
            _weigh(g[1:], r[2:], a[2:], t)
            product(a, values[: 3 * t], read)
        else:
            read[:] = _ZERO
        was, moved, linked = read[0], read[1], read[2]
        v0, v1, v2 = values[3 * t], values[3 * t + 1], values[3 * t + 2]
        for j in range(first.size):
            v0[j] = second[j] - was[j]
            v1[j] = was[j] - moved[j]
            v2[j] = first[j] - linked[j]


@njit(**KERNEL)
def _write_back(
    entity, role, near, alike, weights, values, d_values, d_entity, d_role, scratch, read
):
    """Add to the gradients of entities and roles what the values' gradients say."""
    wide, deep = entity.shape[1], role.shape[1]
    for t in range(entity.shape[0] // 2 - 1, -1, -1):
        d0, d1, d2 = d_values[3 * t], d_values[3 * t + 1], d_values[3 * t + 2]
        e0, e1 = d_entity[2 * t], d_entity[2 * t + 1]
        r0, r1, r2 = read[0], read[1], read[2]
        for j in range(wide):
            e1[j] += d0[j]
            e0[j] += d2[j]
            r0[j], r1[j], r2[j] = d1[j] - d0[j], -d1[j], -d2[j]
        if t == 0:
            continue
        g, r, a = _block(near, t, 2), _block(alike, t, 3), _block(weights, t, 3)
        d_a = _cut(scratch, 3, 3 * t)
        inner(read, values[: 3 * t], d_a)
        add_outer(a, read, d_values[: 3 * t])
        # Where the products stood, the gradients of their factors: they are not asked for again.
        for s in range(t):
            x, y = g[0, 2 * s], g[1, 2 * s + 1]
            a0, a1, a2 = d_a[0, 3 * s], d_a[0, 3 * s + 1], d_a[0, 3 * s + 2]
            b0, b1, b2 = d_a[1, 3 * s], d_a[1, 3 * s + 1], d_a[1, 3 * s + 2]
            c0, c1, c2 = d_a[2, 3 * s], d_a[2, 3 * s + 1], d_a[2, 3 * s + 2]
            z, w = g[0, 2 * s + 1], g[1, 2 * s]
            g[0, 2 * s] = a0 * r[0, 3 * s] + a1 * r[0, 3 * s + 1]
            g[0, 2 * s] += b0 * r[1, 3 * s] + b1 * r[1, 3 * s + 1]
            g[0, 2 * s + 1] = a2 * r[0, 3 * s + 2] + b2 * r[1, 3 * s + 2]
            g[1, 2 * s] = c0 * r[2, 3 * s] + c1 * r[2, 3 * s + 1]
            g[1, 2 * s + 1] = c2 * r[2, 3 * s + 2]
            r[0, 3 * s], r[0, 3 * s + 1], r[0, 3 * s + 2] = a0 * x, a1 * x, a2 * z
            r[1, 3 * s], r[1, 3 * s + 1], r[1, 3 * s + 2] = b0 * x, b1 * x, b2 * z
            r[2, 3 * s], r[2, 3 * s + 1], r[2, 3 * s + 2] = c0 * w, c1 * w, c2 * y
        add_outer(g, entity[2 * t : 2 * t + 2], d_entity[: 2 * t])
        add_outer(r, role[3 * t : 3 * t + 3], d_role[: 3 * t])
        mine = _cut(scratch, 2, wide)
        product(g, entity[: 2 * t], mine)
        for i in range(2):
            x, y = d_entity[2 * t + i], mine[i]
            for j in range(wide):
                x[j] += y[j]
        mine = _cut(scratch, 3, deep)
        product(r, role[: 3 * t], mine)
        for i in range(3):
            x, y = d_role[3 * t + i], mine[i]
            for j in range(deep):
                x[j] += y[j]


@njit(**HELPER)
def _normalize(read, gain, bias, size, out, state, scale):
    """Layer norm with one gain and one bias for all of it; `out` is the normed read."""
    for q in range(read.shape[0]):
        row, mean, square = read[q], _ZERO, _ZERO
        for j in range(size):
            mean += row[j]
        mean /= np.float32(size)
        for j in range(size):
            square += (row[j] - mean) * (row[j] - mean)
        scale[q] = _ONE / np.sqrt(square / np.float32(size) + _EPS)
        for j in range(size):
            x = (row[j] - mean) * scale[q]
            out[q, j] = x
            state[q, j] = x * gain + bias


@njit(**HELPER)
def _normalize_back(d_state, normed, scale, gain, size, d_read):
    """Return the gradients of gain and bias, and set that of the read."""
    d_gain = d_bias = _ZERO
    for q in range(d_state.shape[0]):
        d, x, total, along = d_state[q], normed[q], _ZERO, _ZERO
        for j in range(size):
            total += d[j]
            along += d[j] * x[j]
        d_gain += along
        d_bias += total
        total, along = total / np.float32(size), along / np.float32(size)
        s = gain * scale[q]
        for j in range(size):
            d_read[q, j] = s * (d[j] - total - x[j] * along)
    return d_gain, d_bias


@njit(**HELPER)
def _judge(logits, answers, said):
    """Return the sum of the cross-entropies, and turn the logits into their gradients."""
    total = 0.0
    for q in range(logits.shape[0]):
        row = logits[q]
        top, best, gold, mass = largest(row), 0, row[answers[q]], _ZERO
        for j in range(row.size):
            if row[j] == top:
                best = j
                break
        said[q] = best
        for j in range(row.size):
            row[j] = exp(row[j] - top)
            mass += row[j]
        total += log(mass) + top - gold
        for j in range(row.size):
            row[j] /= mass
        row[answers[q]] -= _ONE
    return total


@njit(**HELPER)
def _fill(table, rows, parts, out):
    """Lay the rows of a table one under the other, with zeros behind each."""
    for i in range(rows.size):
        for k in range(parts):
            x, y = table[rows[i], k], out[parts * i + k]
            for j in range(x.size):
                y[j] = x[j]
            for j in range(x.size, y.size):
                y[j] = _ZERO


@njit(**HELPER)
def _spill(found, rows, parts, scale, table):
    """Add rows to those of a table that they came from."""
    for i in range(rows.size):
        for k in range(parts):
            x, y = table[rows[i], k], found[parts * i + k]
            for j in range(x.size):
                x[j] += scale * y[j]


@njit(**KERNEL)
def answer(said, stories, learn, grads, chosen):
    """Return the mean cross-entropy of the answers; set the words chosen, and the gradients.

    Without `learn` the gradients are left alone; with it they must be zeros.
    """
    f = np.float32
    size, small, vocab = said.table.shape[1], said.roles.shape[2], said.table.shape[0]
    wide, deep = _up(size), _up(small)
    longest = most = 0
    for g in range(stories.begins.size - 1):
        longest = max(longest, stories.begins[g + 1] - stories.begins[g])
        most = max(most, stories.asked[g + 1] - stories.asked[g])
    table, d_table = np.zeros((vocab, wide), f), np.zeros((vocab, wide), f)
    table[:, :size] = said.table
    entities, d_entities = np.zeros((2 * longest, wide), f), np.zeros((2 * longest, wide), f)
    roles, d_roles = np.zeros((3 * longest, deep), f), np.zeros((3 * longest, deep), f)
    values, d_values = np.zeros((3 * longest, wide), f), np.zeros((3 * longest, wide), f)
    packed = longest * (longest - 1) // 2
    near, alike, weights = np.zeros(4 * packed, f), np.zeros(9 * packed, f), np.zeros(9 * packed, f)
    scratch = np.zeros(max(9 * longest, 3 * wide, 3 * deep), f)
    three = np.zeros((3, wide), f)
    states = np.zeros((4, most, wide), f)
    normed, scales = np.zeros((3, most, wide), f), np.zeros((3, most), f)
    asked, asked_back = np.zeros((3, most, deep), f), np.zeros((most, deep), f)
    xs, ys = np.zeros((3, 2 * most * longest), f), np.zeros((3, 3 * most * longest), f)
    ws, d_w = np.zeros((3, 3 * most * longest), f), np.zeros(3 * most * longest, f)
    total, d_total = np.zeros((most, wide), f), np.zeros((most, wide), f)
    d_state, d_read = np.zeros((most, wide), f), np.zeros((most, wide), f)
    logits = np.zeros((most, vocab), f)
    per = f(1 / max(1, stories.answers.size))
    loss = 0.0
    for g in range(stories.begins.size - 1):
        rows = stories.sentences[stories.begins[g] : stories.begins[g + 1]]
        low, high = stories.asked[g], stories.asked[g + 1]
        T, Q = rows.size, high - low
        if Q == 0:
            continue
        before, which = stories.before[low:high], stories.questions[low:high]
        entity, role, value = entities[: 2 * T], roles[: 3 * T], values[: 3 * T]
        _fill(said.entities, rows, 2, entity)
        _fill(said.roles, rows, 3, role)
        _write(entity, role, near, alike, weights, value, three)
        for q in range(Q):
            states[0, q, :size] = said.subjects[which[q]]
            for h in range(3):
                asked[h, q, :small] = said.links[which[q], h]
        for h in range(3):
            x, y, w = _cut(xs[h], Q, 2 * T), _cut(ys[h], Q, 3 * T), _cut(ws[h], Q, 3 * T)
            inner(states[h, :Q], entity, x)
            inner(asked[h, :Q], role, y)
            _weigh(x, y, w, T)
            for q in range(Q):
                w[q, 3 * before[q] :] = _ZERO
            product(w, value, d_read[:Q])
            _normalize(d_read[:Q], said.gain[h], said.bias[h], size,
                       normed[h, :Q], states[h + 1, :Q], scales[h])  # fmt: skip
        for q in range(Q):
            for j in range(size):
                total[q, j] = states[1, q, j] + states[2, q, j] + states[3, q, j]
        inner(total[:Q], table, logits[:Q])
        loss += _judge(logits[:Q], stories.answers[low:high], chosen[low:high])
        if not learn:
            continue
        product(logits[:Q], table, d_total[:Q])
        add_outer(logits[:Q], total[:Q], d_table)
        d_entity, d_role, d_value = d_entities[: 2 * T], d_roles[: 3 * T], d_values[: 3 * T]
        d_entity[:], d_role[:], d_value[:], d_state[:Q] = _ZERO, _ZERO, _ZERO, _ZERO
        for h in range(2, -1, -1):
            x, y, w = _cut(xs[h], Q, 2 * T), _cut(ys[h], Q, 3 * T), _cut(ws[h], Q, 3 * T)
            d = _cut(d_w, Q, 3 * T)
            for q in range(Q):
                for j in range(size):
                    d_state[q, j] += d_total[q, j]
            d_gain, d_bias = _normalize_back(
                d_state[:Q], normed[h, :Q], scales[h], said.gain[h], size, d_read[:Q]
            )
            grads.gain[h] += d_gain * per
            grads.bias[h] += d_bias * per
            inner(d_read[:Q], value, d)
            add_outer(w, d_read[:Q], d_value)
            for q in range(Q):
                for s in range(before[q]):
                    a, b = x[q, 2 * s], x[q, 2 * s + 1]
                    d0, d1, d2 = d[q, 3 * s], d[q, 3 * s + 1], d[q, 3 * s + 2]
                    x[q, 2 * s] = d0 * y[q, 3 * s] + d1 * y[q, 3 * s + 1]
                    x[q, 2 * s + 1] = d2 * y[q, 3 * s + 2]
                    d[q, 3 * s], d[q, 3 * s + 1], d[q, 3 * s + 2] = d0 * a, d1 * a, d2 * b
                x[q, 2 * before[q] :] = _ZERO
                d[q, 3 * before[q] :] = _ZERO
            product(x, entity, d_state[:Q])
            add_outer(x, states[h, :Q], d_entity)
            product(d, role, asked_back[:Q])
            add_outer(d, asked[h, :Q], d_role)
            for q in range(Q):
                for j in range(small):
                    grads.links[which[q], h, j] += per * asked_back[q, j]
        for q in range(Q):
            for j in range(size):
                grads.subjects[which[q], j] += per * d_state[q, j]
        _write_back(entity, role, near, alike, weights, value, d_value, d_entity, d_role,
                    scratch, three)  # fmt: skip
        _spill(d_entity, rows, 2, per, grads.entities)
        _spill(d_role, rows, 3, per, grads.roles)
    if learn:
        for v in range(vocab):
            for j in range(size):
                grads.table[v, j] += per * d_table[v, j]
    return loss / max(1, stories.answers.size)
