"""Location-aware and coverage attention over a whole target in one call, forwards and backwards.

The reference is `recollect.mechanisms.LocationAttention` step by step. A step needs the weights of
the one before, so that there is no doing all at once; here it costs no dispatch, and nothing of
``T * N * A`` is stored: hyperbolic tangents are made again on the way back.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` slots, ``A`` width of the score, ``F``
filters, ``C`` what they see (the last weights, the sum of all, or both), ``W`` their width.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import HELPER, KERNEL, softmax, tanh

__all__ = ["locate", "locate_backward"]

_ZERO, _ONE = np.float32(0), np.float32(1)


@njit(**HELPER)
def _features(seen, filters, out):
    """Compute out[j], the sum over c and w of filters[c, w] seen[c, j + w - W // 2]."""
    sees, width = filters.shape[:2]
    slots, count = out.shape
    half = width // 2
    for j in range(slots):
        row = out[j]
        for f in range(count):
            row[f] = _ZERO
        for c in range(sees):
            for w in range(max(0, half - j), min(width, slots + half - j)):
                x, taps = seen[c, j + w - half], filters[c, w]
                if x != _ZERO:
                    for f in range(count):
                        row[f] += x * taps[f]


@njit(**HELPER)
def _hidden(query, key, feature, onto, hidden):
    """Compute tanh(query + key + feature onto)."""
    for a in range(hidden.size):
        hidden[a] = query[a] + key[a]
    for f in range(feature.size):
        x, row = feature[f], onto[f]
        for a in range(hidden.size):
            hidden[a] += x * row[a]
    for a in range(hidden.size):
        hidden[a] = tanh(hidden[a])


@njit(**HELPER)
def _see(last, total, kind, seen):
    """What the filters see: 0 the last weights, 1 those and the sum of all, 2 the sum alone."""
    for j in range(last.size):
        seen[0, j] = total[j] if kind == 2 else last[j]
        if kind == 1:
            seen[1, j] = total[j]


@njit(**KERNEL)
def locate(low, high, query, keys, v, filters, onto, readable, last, total, kind, weights):
    """Weigh the slots for every query: `filters` (C, W, F), `onto` (F, A), `readable` (B, N)."""
    steps, slots = weights.shape[1:]
    seen = np.zeros((filters.shape[0], slots), np.float32)
    found = np.empty((slots, filters.shape[2]), np.float32)
    hidden, row = np.empty(v.size, np.float32), np.empty(slots, np.float32)
    before, read = np.empty(slots, np.float32), np.empty(slots, np.float32)
    for b in range(low, high):
        before[:], read[:] = last[b], total[b]
        for t in range(steps):
            _see(before, read, kind, seen)
            _features(seen, filters, found)
            count = 0
            for j in range(slots):
                if readable[b, j]:
                    _hidden(query[b, t], keys[b, j], found[j], onto, hidden)
                    score = _ZERO
                    for a in range(v.size):
                        score += v[a] * hidden[a]
                    row[count] = score
                    count += 1
            if count:
                softmax(row[:count])
            place = 0
            for j in range(slots):
                w = _ZERO
                if readable[b, j]:
                    w = row[place]
                    place += 1
                weights[b, t, j] = w
                before[j] = w
                read[j] += w


@njit(**KERNEL)
def locate_backward(
    low, high, query, keys, v, filters, onto, readable, last, total, kind, weights, upstream,
    to_query, to_keys, to_v, to_filters, to_onto, to_last, to_total,
):  # fmt: skip
    """Add the gradients: of v, filters and onto one a sequence, to be summed by who calls."""
    steps, slots = weights.shape[1:]
    sees, width, count = filters.shape
    half = width // 2
    seen = np.zeros((sees, slots), np.float32)
    found = np.empty((slots, count), np.float32)
    hidden, down = np.empty(v.size, np.float32), np.empty(v.size, np.float32)
    read, onward = np.empty(slots, np.float32), np.empty(slots, np.float32)
    to_found = np.empty(count, np.float32)
    for b in range(low, high):
        read[:] = total[b]
        for t in range(steps):
            for j in range(slots):
                read[j] += weights[b, t, j]
        in_all, by_last = to_total[b], to_last[b]  # by the sum of all, and by the last weights
        for t in range(steps - 1, -1, -1):
            before = weights[b, t - 1] if t else last[b]
            w, up, mean = weights[b, t], upstream[b, t], _ZERO
            for j in range(slots):
                read[j] -= w[j]
                up[j] += by_last[j] + in_all[j]
                mean += w[j] * up[j]
            _see(before, read, kind, seen)
            _features(seen, filters, found)
            for j in range(slots):
                onward[j] = _ZERO
            g_q, g_v = to_query[b, t], to_v[b]
            for j in range(slots):
                g = w[j] * (up[j] - mean)
                if g == _ZERO:
                    continue
                _hidden(query[b, t], keys[b, j], found[j], onto, hidden)
                g_k = to_keys[b, j]
                for a in range(v.size):
                    h = hidden[a]
                    d = g * v[a] * (_ONE - h * h)
                    down[a] = d
                    g_v[a] += g * h
                    g_q[a] += d
                    g_k[a] += d
                for f in range(count):
                    row, g_row, x, sum_ = onto[f], to_onto[b, f], found[j, f], _ZERO
                    for a in range(v.size):
                        sum_ += row[a] * down[a]
                        g_row[a] += x * down[a]
                    to_found[f] = sum_
                for c in range(sees):
                    summed = kind == 2 or c == 1
                    for k in range(max(0, half - j), min(width, slots + half - j)):
                        at = j + k - half
                        taps, g_taps = filters[c, k], to_filters[b, c, k]
                        x, sum_ = seen[c, at], _ZERO
                        for f in range(count):
                            sum_ += taps[f] * to_found[f]
                            g_taps[f] += x * to_found[f]
                        if summed:
                            in_all[at] += sum_
                        else:
                            onward[at] += sum_
            for j in range(slots):
                by_last[j] = onward[j]
