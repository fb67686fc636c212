"""Small matrix products in Numba loops: rows in the first cache, four at a time.

They need no BLAS, whose threads would fight those that share out a batch.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import HELPER, KERNEL

__all__ = ["add_outer", "inner", "product"]

_ZERO = np.float32(0)
_ROWS, _COLUMNS = 32, 256  # of the part of a product that is summed at a time: 32 KiB


@njit(**KERNEL)
def product(a, b, out):
    """Set `out` to a b.

    A part of the result is summed in a block of its own and then copied: rows of 4 KiB in `out`
    would fall on the same lines of the first cache, and it is three times slower.
    """
    rows, inside = a.shape
    wide, inside4 = b.shape[1], inside // 4 * 4
    block = np.empty((_ROWS, _COLUMNS), np.float32)  # of constant shape: LLVM wants to know it
    for top in range(0, rows, _ROWS):
        some = min(_ROWS, rows - top)
        some4 = some // 4 * 4
        for low in range(0, wide, _COLUMNS):
            high = min(low + _COLUMNS, wide)
            size = high - low
            for i in range(some):
                row = block[i, :size]
                for j in range(size):
                    row[j] = _ZERO
            for k in range(0, inside4, 4):
                b0, b1 = b[k, low:high], b[k + 1, low:high]
                b2, b3 = b[k + 2, low:high], b[k + 3, low:high]
                for i in range(0, some4, 4):
                    o0, o1 = block[i, :size], block[i + 1, :size]
                    o2, o3 = block[i + 2, :size], block[i + 3, :size]
                    x, y, z, w = a[top + i], a[top + i + 1], a[top + i + 2], a[top + i + 3]
                    x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
                    y0, y1, y2, y3 = y[k], y[k + 1], y[k + 2], y[k + 3]
                    z0, z1, z2, z3 = z[k], z[k + 1], z[k + 2], z[k + 3]
                    w0, w1, w2, w3 = w[k], w[k + 1], w[k + 2], w[k + 3]
                    for j in range(size):
                        c0, c1, c2, c3 = b0[j], b1[j], b2[j], b3[j]
                        o0[j] += x0 * c0 + x1 * c1 + x2 * c2 + x3 * c3
                        o1[j] += y0 * c0 + y1 * c1 + y2 * c2 + y3 * c3
                        o2[j] += z0 * c0 + z1 * c1 + z2 * c2 + z3 * c3
                        o3[j] += w0 * c0 + w1 * c1 + w2 * c2 + w3 * c3
                for i in range(some4, some):
                    row, x = block[i, :size], a[top + i]
                    x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
                    for j in range(size):
                        row[j] += x0 * b0[j] + x1 * b1[j] + x2 * b2[j] + x3 * b3[j]
            for k in range(inside4, inside):
                b0 = b[k, low:high]
                for i in range(some):
                    row, x0 = block[i, :size], a[top + i, k]
                    for j in range(size):
                        row[j] += x0 * b0[j]
            for i in range(some):
                row, y = block[i, :size], out[top + i, low:high]
                for j in range(size):
                    y[j] = row[j]


@njit(**HELPER)
def inner(a, b, out):
    """Set `out` to a bᵀ: the inner products of long rows."""
    rows, columns, wide = a.shape[0], b.shape[0], a.shape[1]
    columns4 = columns // 4 * 4
    for i in range(rows):
        x, y = a[i], out[i]
        for k in range(0, columns4, 4):
            b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
            s0 = s1 = s2 = s3 = _ZERO
            for j in range(wide):
                v = x[j]
                s0 += v * b0[j]
                s1 += v * b1[j]
                s2 += v * b2[j]
                s3 += v * b3[j]
            y[k], y[k + 1], y[k + 2], y[k + 3] = s0, s1, s2, s3
        for k in range(columns4, columns):
            b0, s0 = b[k], _ZERO
            for j in range(wide):
                s0 += x[j] * b0[j]
            y[k] = s0


@njit(**HELPER)
def add_outer(a, b, out):
    """Add aᵀ b to `out`: the sum of the outer products of the rows of `a` and `b`."""
    ranks, rows = a.shape
    wide = b.shape[1]
    rows4, ranks2 = rows // 4 * 4, ranks // 2 * 2
    for i in range(0, rows4, 4):
        o0, o1, o2, o3 = out[i], out[i + 1], out[i + 2], out[i + 3]
        for k in range(0, ranks2, 2):
            x, y, b0, b1 = a[k], a[k + 1], b[k], b[k + 1]
            x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
            y0, y1, y2, y3 = y[i], y[i + 1], y[i + 2], y[i + 3]
            for j in range(wide):
                u, v = b0[j], b1[j]
                o0[j] += x0 * u + y0 * v
                o1[j] += x1 * u + y1 * v
                o2[j] += x2 * u + y2 * v
                o3[j] += x3 * u + y3 * v
        for k in range(ranks2, ranks):
            x, b0 = a[k], b[k]
            x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
            for j in range(wide):
                u = b0[j]
                o0[j] += x0 * u
                o1[j] += x1 * u
                o2[j] += x2 * u
                o3[j] += x3 * u
    for i in range(rows4, rows):
        o0 = out[i]
        for k in range(ranks):
            x0, b0 = a[k, i], b[k]
            for j in range(wide):
                o0[j] += x0 * b0[j]
