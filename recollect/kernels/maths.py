"""Float32 maths that LLVM turns into vector instructions in Numba loops, as it cannot libm's.

Literals are `np.float32`, because a bare one would make the whole expression float64.
"""

import numpy as np
from numba import njit

__all__ = ["KERNEL", "exp"]

# These flags keep NaN and infinity visible (unlike full fastmath) and cost nothing against it.
KERNEL = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}

_F = np.float32
_LOG2E, _LN2_HI, _LN2_LO, _ROUND = _F(1.44269504), _F(0.693359375), _F(-2.12194440e-4), _F(12582912)
_LOW, _HIGH, _ONE = _F(-87), _F(88), _F(1)
_E5, _E4, _E3 = _F(1.9875691500e-4), _F(1.3981999507e-3), _F(8.3334519073e-3)
_E2, _E1, _E0 = _F(4.1665795894e-2), _F(1.6666665459e-1), _F(5.0000001201e-1)


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
