"""A step of plain SGD on a memory network, each matrix of the gradient clipped by its own norm.

Shape letters: as in `recollect.kernels.memn2n`.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import KERNEL

__all__ = ["descend"]

_ZERO = np.float32(0)


@njit(**KERNEL)
def _spectral(matrix, low, d):
    """Return the largest singular value of columns ``low .. low+d-1``, by power iteration."""
    gram = np.zeros((d, d), np.float32)
    for v in range(matrix.shape[0]):
        row = matrix[v, low : low + d]
        for e in range(d):
            out, g = gram[e], row[e]
            for f in range(d):
                out[f] += g * row[f]
    x, y = np.ones(d, np.float32), np.empty(d, np.float32)
    x[0] = 2  # not orthogonal to the answer by symmetry
    before = size = 0.0
    for _ in range(300):
        square = _ZERO
        for e in range(d):
            out, total = gram[e], _ZERO
            for f in range(d):
                total += out[f] * x[f]
            y[e] = total
            square += total * total
        size = np.sqrt(square)
        if size <= 0.0:
            return 0.0
        scale = np.float32(1.0 / size)
        for e in range(d):
            x[e] = y[e] * scale
        if abs(size - before) <= 1e-6 * size:
            break
        before = size
    return np.sqrt(size)


@njit(**KERNEL)
def _scale(matrix, low, d, clip):
    """Return what a gradient is multiplied by, and its squared Frobenius norm.

    That norm bounds the spectral one, which is computed only where it can be too large.
    """
    total = 0.0
    for v in range(matrix.shape[0]):
        row, part = matrix[v, low : low + d], _ZERO
        for e in range(d):
            part += row[e] * row[e]
        total += part
    if not total > clip * clip:
        return 1.0, total
    norm = _spectral(matrix, low, d)
    return (clip / norm if norm > clip else 1.0), total


@njit(**KERNEL)
def _step(matrix, grad, low, d, pace):
    for v in range(matrix.shape[0]):
        row, drow = matrix[v, low : low + d], grad[v, low : low + d]
        for e in range(d):
            row[e] -= pace * drow[e]
            drow[e] = _ZERO


@njit(**KERNEL)
def descend(weights, grad, rate, clip, d):
    """Take a step of plain SGD; return how many matrices were clipped, and the gradient's norm.

    Each matrix is clipped by itself; the nil row counts in its norm and stays 0. With a gradient
    that is not finite no step is taken.
    """
    tables = weights.tables.shape[1] // d
    carried = weights.carry.shape[0] > 0
    scales, square, clipped = np.ones(tables + 1), 0.0, 0
    for t in range(tables + carried):
        if t < tables:
            scales[t], part = _scale(grad.tables, t * d, d, clip)
        else:
            scales[t], part = _scale(grad.carry, 0, d, clip)
        square += part
        clipped += scales[t] < 1.0
    if np.isfinite(square):
        for t in range(tables):
            _step(weights.tables, grad.tables, t * d, d, np.float32(rate * scales[t]))
        weights.tables[0, :] = _ZERO
        if carried:
            _step(weights.carry, grad.carry, 0, d, np.float32(rate * scales[tables]))
    return clipped, np.sqrt(square)
