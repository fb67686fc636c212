"""Float32 maths that LLVM turns into vector instructions in Numba loops, as it cannot libm's.

Literals are `np.float32`, because a bare one would make the whole expression float64.
"""

import numpy as np
from numba import njit

__all__ = ["KERNEL", "exp", "log", "product", "sigmoid", "softmax", "softplus", "tanh"]

# These flags keep NaN and infinity visible (unlike full fastmath) and cost nothing against it.
KERNEL = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}

_F = np.float32
_LOG2E, _LN2_HI, _LN2_LO, _ROUND = _F(1.44269504), _F(0.693359375), _F(-2.12194440e-4), _F(12582912)
_LOW, _HIGH, _ZERO, _HALF, _ONE, _TWO = _F(-87), _F(88), _F(0), _F(0.5), _F(1), _F(2)
_E5, _E4, _E3 = _F(1.9875691500e-4), _F(1.3981999507e-3), _F(8.3334519073e-3)
_E2, _E1, _E0 = _F(4.1665795894e-2), _F(1.6666665459e-1), _F(5.0000001201e-1)
_L8, _L7, _L6 = _F(7.0376836292e-2), _F(-1.1514610310e-1), _F(1.1676998740e-1)
_L5, _L4, _L3 = _F(-1.2420140846e-1), _F(1.4249322787e-1), _F(-1.6668057665e-1)
_L2, _L1, _L0, _LN2 = _F(2.0000714765e-1), _F(-2.4999993993e-1), _F(3.3333331174e-1), _F(0.69314718)
_HALF_ROOT, _23, _127 = np.int32(0x3F3504F3), np.int32(23), np.int32(127)


# No reassociation here: adding and subtracting `_ROUND` is what rounds.
@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def exp(x):
    """Return e**x, to 2e-7: x = n ln 2 + r, a polynomial in r, n into the exponent's bits."""
    x = min(max(x, _LOW), _HIGH)
    shifted = x * _LOG2E + _ROUND
    n = shifted - _ROUND
    r = x - n * _LN2_HI - n * _LN2_LO
    y = ((((((_E5 * r + _E4) * r + _E3) * r + _E2) * r + _E1) * r + _E0) * r * r + r) + _ONE
    return y * np.int32((np.int32(n) + 127) << 23).view(np.float32)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def log(x):
    """Return ln x of a normal positive x: x = m 2**e with m about 1, a polynomial in m - 1."""
    bits = np.float32(x).view(np.int32)
    e = np.int32(np.int32(bits - _HALF_ROOT) >> _23)
    m = np.int32(bits - np.int32(e << _23)).view(np.float32) - _ONE
    y = (((((((_L8 * m + _L7) * m + _L6) * m + _L5) * m + _L4) * m + _L3) * m + _L2) * m + _L1) * m
    y = (y + _L0) * m * m * m - _HALF * m * m + m + np.float32(e) * _LN2
    return y + (x - x)  # the bits of NaN and infinity look like a number's


@njit(**KERNEL)
def sigmoid(x):
    """Return 1 / (1 + e**-x)."""
    return _ONE / (_ONE + exp(-x))


@njit(**KERNEL)
def tanh(x):
    """Return the hyperbolic tangent, to 2e-7 of 1."""
    return _ONE - _TWO / (_ONE + exp(_TWO * x))


@njit(**KERNEL)
def softplus(x):
    """Return ln(1 + e**x); for single numbers, as libm makes it."""
    return x if x > np.float32(20) else np.float32(np.log1p(np.exp(x)))


@njit(**KERNEL)
def softmax(x):
    """Turn a row of logits into weights, in place."""
    top, total = x[0], _ZERO
    for i in range(x.size):
        top = max(top, x[i])
    for i in range(x.size):
        y = exp(x[i] - top)
        x[i] = y
        total += y
    scale = _ONE / total
    for i in range(x.size):
        x[i] *= scale


@njit(**KERNEL)
def product(a, b, out):
    """Set `out` to the matrix product a b.

    Blocks of 512 columns, 4 rows of `b` and 4 of `a` at a time: they and their part of `out` stay
    in the first cache. It needs no BLAS, whose threads would fight those that share out the batch.
    """
    rows, inner = a.shape
    wide = b.shape[1]
    rows4, inner4 = rows // 4 * 4, inner // 4 * 4
    for i in range(rows):
        row = out[i]
        for j in range(wide):
            row[j] = _ZERO
    for low in range(0, wide, 512):
        high = min(low + 512, wide)
        for k in range(0, inner4, 4):
            b0, b1 = b[k, low:high], b[k + 1, low:high]
            b2, b3 = b[k + 2, low:high], b[k + 3, low:high]
            for i in range(0, rows4, 4):
                o0, o1 = out[i, low:high], out[i + 1, low:high]
                o2, o3 = out[i + 2, low:high], out[i + 3, low:high]
                a00, a01, a02, a03 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
                a10, a11, a12, a13 = a[i + 1, k], a[i + 1, k + 1], a[i + 1, k + 2], a[i + 1, k + 3]
                a20, a21, a22, a23 = a[i + 2, k], a[i + 2, k + 1], a[i + 2, k + 2], a[i + 2, k + 3]
                a30, a31, a32, a33 = a[i + 3, k], a[i + 3, k + 1], a[i + 3, k + 2], a[i + 3, k + 3]
                for j in range(high - low):
                    x0, x1, x2, x3 = b0[j], b1[j], b2[j], b3[j]
                    o0[j] += a00 * x0 + a01 * x1 + a02 * x2 + a03 * x3
                    o1[j] += a10 * x0 + a11 * x1 + a12 * x2 + a13 * x3
                    o2[j] += a20 * x0 + a21 * x1 + a22 * x2 + a23 * x3
                    o3[j] += a30 * x0 + a31 * x1 + a32 * x2 + a33 * x3
            for i in range(rows4, rows):
                o0, a00, a01, a02, a03 = (
                    out[i, low:high],
                    a[i, k],
                    a[i, k + 1],
                    a[i, k + 2],
                    a[i, k + 3],
                )
                for j in range(high - low):
                    o0[j] += a00 * b0[j] + a01 * b1[j] + a02 * b2[j] + a03 * b3[j]
        for k in range(inner4, inner):
            b0 = b[k, low:high]
            for i in range(rows):
                o0, a00 = out[i, low:high], a[i, k]
                for j in range(high - low):
                    o0[j] += a00 * b0[j]
