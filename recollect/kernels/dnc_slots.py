"""The controller and the memory of a DNC, for one sample, each step beside its backward.

The references are `LSTMController` and `functional.erase_and_add`. The memory is kept ``(M, N)``,
so that every inner loop runs over slots.

Shape letters: ``H`` hidden units, ``N`` slots, ``M`` width of a slot.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import HELPER, sigmoid, tanh

__all__ = [
    "add_slot_lengths",
    "lstm",
    "lstm_backward",
    "slot_lengths",
    "write_slots",
    "write_slots_backward",
]

_ZERO, _ONE = np.float32(0), np.float32(1)
_NORM = np.float32(1e-6)


@njit(**HELPER)
def lstm(gates, share, before, after, hidden):
    """Take a step of an LSTM, with torch's order of gates: in, forget, new, out."""
    size = before.size
    i, f, g, o = gates[:size], gates[size : 2 * size], gates[2 * size : 3 * size], gates[3 * size :]
    for j in range(gates.size):
        gates[j] += share[j]
    for j in range(size):
        i[j], f[j], g[j], o[j] = sigmoid(i[j]), sigmoid(f[j]), tanh(g[j]), sigmoid(o[j])
        c = f[j] * before[j] + i[j] * g[j]
        after[j] = c
        hidden[j] = o[j] * tanh(c)


@njit(**HELPER)
def lstm_backward(gates, before, after, d_hidden, d_inner, d_gates):
    """Set `d_gates`, and turn `d_inner` from the gradient after the step into that before it."""
    size = before.size
    i, f, g, o = gates[:size], gates[size : 2 * size], gates[2 * size : 3 * size], gates[3 * size :]
    d_i, d_f = d_gates[:size], d_gates[size : 2 * size]
    d_g, d_o = d_gates[2 * size : 3 * size], d_gates[3 * size :]
    for j in range(size):
        t = tanh(after[j])
        d = d_inner[j] + d_hidden[j] * o[j] * (_ONE - t * t)
        d_o[j] = d_hidden[j] * t * o[j] * (_ONE - o[j])
        d_i[j] = d * g[j] * i[j] * (_ONE - i[j])
        d_f[j] = d * before[j] * f[j] * (_ONE - f[j])
        d_g[j] = d * i[j] * (_ONE - g[j] * g[j])
        d_inner[j] = d * f[j]


@njit(**HELPER)
def slot_lengths(memory, inverse):
    """Set `inverse` to one over the length of every slot."""
    inverse[:] = _NORM
    for m in range(memory.shape[0]):
        x = memory[m]
        for n in range(inverse.size):
            inverse[n] += x[n] * x[n]
    for n in range(inverse.size):
        inverse[n] = _ONE / np.sqrt(inverse[n])


@njit(**HELPER)
def write_slots(erase, add, weights, kept, memory, after, inverse, row):
    """Set `after`, which may be `memory`, to what a write leaves, and the slots' lengths.

    Each row is copied to `row` first: one that overlaps its result is done number by number.
    """
    x = row[: weights.size]
    inverse[:] = _NORM
    for m in range(memory.shape[0]):
        before, y, e, a = memory[m], after[m], sigmoid(erase[m]), add[m]
        for n in range(weights.size):
            x[n] = before[n]
        for n in range(weights.size):
            v = x[n] * kept[n] * (_ONE - weights[n] * e) + weights[n] * a
            y[n] = v
            inverse[n] += v * v
    for n in range(weights.size):
        inverse[n] = _ONE / np.sqrt(inverse[n])


@njit(**HELPER)
def write_slots_backward(
    erase, add, weights, kept, memory, d_memory, d_weights, d_kept, d_erase, d_add
):
    """Turn `d_memory` from the gradient after the write into that before it."""
    for m in range(memory.shape[0]):
        x, y, e, a = memory[m], d_memory[m], sigmoid(erase[m]), add[m]
        total, erased = _ZERO, _ZERO
        for n in range(weights.size):
            stays, left = _ONE - weights[n] * e, x[n] * kept[n]
            total += y[n] * weights[n]
            erased -= y[n] * weights[n] * left
            d_weights[n] += y[n] * (a - left * e)
            d_kept[n] += y[n] * x[n] * stays
            y[n] *= kept[n] * stays
        d_add[m] = total
        d_erase[m] = erased * e * (_ONE - e)


@njit(**HELPER)
def add_slot_lengths(memory, inverse, d_inverse, d_memory):
    """Add to `d_memory` what comes through the slots' lengths; changes `d_inverse`."""
    for n in range(inverse.size):
        d_inverse[n] *= -inverse[n] * inverse[n] * inverse[n]
    for m in range(memory.shape[0]):
        x, y = memory[m], d_memory[m]
        for n in range(inverse.size):
            y[n] += d_inverse[n] * x[n]
