"""The parameters of an entity network in a row, and the scratch arrays of a thread.

Shape letters: as in `recollect.kernels.entity`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.maths import KERNEL
from recollect.kernels.matrix import product

__all__ = ["Parts", "Work", "parts_of", "prepare", "workspace"]


class Parts(NamedTuple):
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


class Work(NamedTuple):
    """The scratch arrays of a thread."""

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
def parts_of(row, sizes):
    """Cut a row into the parts of it."""
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
    return Parts(
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
    return Work(
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
def prepare(parts, work):
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
