"""Float32 maths that LLVM turns into vector instructions in Numba loops, as it cannot libm's.

Literals are `np.float32`, because a bare one would make the whole expression float64.
"""

import numpy as np
from numba import njit
from numba.core.cpu import CPUTargetOptions

__all__ = ["HELPER", "KERNEL", "exp", "largest", "log", "sigmoid", "softmax", "softplus", "tanh"]

# These flags keep NaN and infinity visible (unlike full fastmath) and cost nothing against it.
KERNEL = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}

# For what allocates nothing: rows of arrays are then looked at without counting references, which
# is worth a tenth of a kernel of short loops. The option is Numba's own and may go.
HELPER = {**KERNEL, "_nrt": False} if "_nrt" in dir(CPUTargetOptions) else KERNEL

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


@njit(**HELPER)
def sigmoid(x):
    """Return 1 / (1 + e**-x)."""
    return _ONE / (_ONE + exp(-x))


@njit(**HELPER)
def tanh(x):
    """Return the hyperbolic tangent, to 2e-7 of 1."""
    return _ONE - _TWO / (_ONE + exp(_TWO * x))


@njit(**HELPER)
def softplus(x):
    """Return ln(1 + e**x); for single numbers, as libm makes it."""
    return x if x > np.float32(20) else np.float32(np.log1p(np.exp(x)))


@njit(**HELPER)
def largest(x):
    """Return the largest number of a row.

    Eight at a time, for LLVM does not turn a float's `max` into vectors and would wait for each.
    """
    a = b = c = d = e = f = g = h = x[0]
    whole = x.size // 8 * 8
    for i in range(0, whole, 8):
        a, b, c, d = max(a, x[i]), max(b, x[i + 1]), max(c, x[i + 2]), max(d, x[i + 3])
        e, f, g, h = max(e, x[i + 4]), max(f, x[i + 5]), max(g, x[i + 6]), max(h, x[i + 7])
    for i in range(whole, x.size):
        a = max(a, x[i])
    return max(max(max(a, b), max(c, d)), max(max(e, f), max(g, h)))


@njit(**HELPER)
def softmax(x):
    """Turn a row of logits into weights, in place."""
    top, total = largest(x), _ZERO
    for i in range(x.size):
        y = exp(x[i] - top)
        x[i] = y
        total += y
    scale = _ONE / total
    for i in range(x.size):
        x[i] *= scale
