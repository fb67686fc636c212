"""Small matrix products in Numba loops: rows in the first cache, four at a time.

They need no BLAS, whose threads would fight those that share out a batch. `maths.product` is the
plain one; these are the two that a backward pass wants beside it.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import KERNEL

__all__ = ["add_outer", "inner"]

_ZERO = np.float32(0)


@njit(**KERNEL)
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


@njit(**KERNEL)
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
