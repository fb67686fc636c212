"""The temporal links of a DNC, for one sample; the reference is `functional.link` and its readers.

A link matrix is the one large thing of a step, so each function goes over its rows once and does
all there is to do with a row while it is in the first cache. Loops are cut so that LLVM makes
vectors of them, which it gives up where too many rows might overlap; they stand in line because a
call costs as much as a short loop.

Shape letters: ``N`` slots, ``R`` reads.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import HELPER

__all__ = ["follow_backward", "relink", "relink_and_follow"]

_ZERO, _ONE = np.float32(0), np.float32(1)


@njit(**HELPER)
def relink(weights, precedence, link, after):
    """Set `after`, another matrix than `link`, to the links after a write.

    Shapes:
        weights, precedence ``(N,)``, link ``(N, N)``.
    """
    for i in range(weights.size):
        x, y, w = link[i], after[i], weights[i]
        stay = _ONE - w
        for j in range(x.size):
            y[j] = (stay - weights[j]) * x[j] + w * precedence[j]
        y[i] = _ZERO


@njit(**HELPER)
def relink_and_follow(weights, precedence, link, last, ahead, back):
    """Change the links by a write, and follow them from the weights of the last read.

    Shapes:
        weights, precedence ``(N,)``, link ``(N, N)``, last ``(R, N)`` -> ahead, back ``(R, N)``.
    """
    reads, slots = last.shape
    slots4 = slots // 4 * 4
    back[:] = _ZERO
    for i in range(slots):
        x, w = link[i], weights[i]
        stay = _ONE - w
        for j in range(x.size):
            x[j] = (stay - weights[j]) * x[j] + w * precedence[j]
        x[i] = _ZERO
        if i >= slots4:
            for r in range(reads):
                v, out, total = last[r], back[r], _ZERO
                for j in range(slots):
                    total += x[j] * v[j]
                    out[j] += v[i] * x[j]
                ahead[r, i] = total
        elif i % 4 == 3:
            k = i - 3
            x0, x1, x2, x3 = link[k], link[k + 1], link[k + 2], link[k + 3]
            for r in range(reads):
                v, out = last[r], back[r]
                v0, v1, v2, v3 = v[k], v[k + 1], v[k + 2], v[k + 3]
                s0 = s1 = s2 = s3 = _ZERO
                for j in range(slots):
                    y0, y1, y2, y3, c = x0[j], x1[j], x2[j], x3[j], v[j]
                    s0 += y0 * c
                    s1 += y1 * c
                    s2 += y2 * c
                    s3 += y3 * c
                    out[j] += v0 * y0 + v1 * y1 + v2 * y2 + v3 * y3
                out = ahead[r]
                out[k], out[k + 1], out[k + 2], out[k + 3] = s0, s1, s2, s3


@njit(**HELPER)
def _relink_row(w, weights, precedence, x, y):
    stay = _ONE - w
    for j in range(x.size):
        y[j] = (stay - weights[j]) * x[j] + w * precedence[j]


@njit(**HELPER)
def _back_two(w0, w1, weights, precedence, x0, x1, z0, z1, d_weights, d_precedence):
    s0 = s1 = _ZERO
    for j in range(x0.size):
        g0, g1, l0, l1, w, p = z0[j], z1[j], x0[j], x1[j], _ONE - weights[j], precedence[j]
        s0 += g0 * (p - l0)
        s1 += g1 * (p - l1)
        d_weights[j] -= g0 * l0 + g1 * l1
        d_precedence[j] += g0 * w0 + g1 * w1
        z0[j] = g0 * (w - w0)
        z1[j] = g1 * (w - w1)
    return s0, s1


@njit(**HELPER)
def follow_backward(
    weights, precedence, link, last, d_ahead, d_back, d_link, d_weights, d_precedence, d_last, rows
):
    """Go back through `relink_and_follow`, given the links before it.

    Turns `d_link` from the gradient of the links after into that of the links before, adds to
    `d_weights` and `d_precedence`, and sets `d_last`.

    Shapes:
        weights, precedence and their gradients ``(N,)``, links ``(N, N)``, reads ``(R, N)``, rows
        ``(4, N)`` for scratch.
    """
    reads, slots = last.shape
    slots4 = slots // 4 * 4
    d_last[:] = _ZERO
    y0, y1, y2, y3 = rows[0], rows[1], rows[2], rows[3]
    for i in range(0, slots4, 4):
        for k in range(4):
            _relink_row(weights[i + k], weights, precedence, link[i + k], rows[k])
            rows[k, i + k] = _ZERO
        z0, z1, z2, z3 = d_link[i], d_link[i + 1], d_link[i + 2], d_link[i + 3]
        for r in range(reads):
            u, v, a, out = last[r], d_back[r], d_ahead[r], d_last[r]
            a0, a1, a2, a3 = a[i], a[i + 1], a[i + 2], a[i + 3]
            s0 = s1 = s2 = s3 = _ZERO
            for j in range(slots):
                l0, l1, l2, l3, c = y0[j], y1[j], y2[j], y3[j], v[j]
                s0 += l0 * c
                s1 += l1 * c
                s2 += l2 * c
                s3 += l3 * c
                out[j] += a0 * l0 + a1 * l1 + a2 * l2 + a3 * l3
            out[i] += s0
            out[i + 1] += s1
            out[i + 2] += s2
            out[i + 3] += s3
            b0, b1, b2, b3 = u[i], u[i + 1], u[i + 2], u[i + 3]
            for j in range(slots):
                c, d = u[j], v[j]
                z0[j] += a0 * c + b0 * d
                z1[j] += a1 * c + b1 * d
                z2[j] += a2 * c + b2 * d
                z3[j] += a3 * c + b3 * d
        for k in range(i, i + 4, 2):
            d_link[k, k] = d_link[k + 1, k + 1] = _ZERO
            s0, s1 = _back_two(
                weights[k], weights[k + 1], weights, precedence, link[k], link[k + 1], d_link[k],
                d_link[k + 1], d_weights, d_precedence,
            )  # fmt: skip
            d_weights[k] += s0
            d_weights[k + 1] += s1
    for i in range(slots4, slots):
        x0, z0, w0 = link[i], d_link[i], weights[i]
        for j in range(slots):
            y0[j] = (_ONE - w0 - weights[j]) * x0[j] + w0 * precedence[j]
        y0[i] = _ZERO
        for r in range(reads):
            u, v, out, a0, s0 = last[r], d_back[r], d_last[r], d_ahead[r, i], _ZERO
            b0 = u[i]
            for j in range(slots):
                s0 += y0[j] * v[j]
                out[j] += a0 * y0[j]
                z0[j] += a0 * u[j] + b0 * v[j]
            out[i] += s0
        z0[i], s0 = _ZERO, _ZERO
        for j in range(slots):
            g0 = z0[j]
            s0 += g0 * (precedence[j] - x0[j])
            d_weights[j] -= g0 * x0[j]
            d_precedence[j] += g0 * w0
            z0[j] = g0 * (_ONE - w0 - weights[j])
        d_weights[i] += s0
