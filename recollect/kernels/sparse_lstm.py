"""A sequence of sparse access under one layer of LSTM, forward and backward, in one call each.

The reference is `SparseAccessCell` with such a controller. The input's share of the controller's
product comes from one product over all steps before, and the gradients of the weights from one
after. Of the state, reads and hidden units lie side by side, as the next step's product has them.

Shape letters: ``T`` steps, ``B`` batch, ``H`` heads, ``N`` slots, ``M`` width, ``K`` slots read,
``C`` hidden units, ``S = H M + C``, ``P`` numbers of the interface.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.maths import KERNEL, sigmoid, softplus, tanh
from recollect.kernels.matrix import product
from recollect.kernels.sparse import Journal, Slots, read_write, read_write_backward

__all__ = ["Heads", "Units", "backward", "forward"]

_ONE = np.float32(1)


class Units(NamedTuple):
    """The controller over time, kept for the way back.

    Shapes:
        as said beside each.
    """

    state: NDArray[np.float32]  # (T + 1, B, S)
    inner: NDArray[np.float32]  # (T + 1, B, C)
    gates: NDArray[np.float32]  # (T, B, 4 C) input, forget, cell, output, after their functions


class Heads(NamedTuple):
    """What the interface said, in its ranges.

    Shapes:
        as said beside each.
    """

    query: NDArray[np.float32]  # (T, B, H, M)
    word: NDArray[np.float32]  # (T, B, H, M)
    strength: NDArray[np.float32]  # (T, B, H)
    gate: NDArray[np.float32]  # (T, B, H)
    mix: NDArray[np.float32]  # (T, B, H)


@njit(**KERNEL)
def _lstm(z, share, before, hidden, inner, gates):
    """Turn the product `z` and the input's share of it into gates, cell and hidden units."""
    units = inner.size
    for j in range(units):
        i, f = sigmoid(z[j] + share[j]), sigmoid(z[units + j] + share[units + j])
        g = tanh(z[2 * units + j] + share[2 * units + j])
        o = sigmoid(z[3 * units + j] + share[3 * units + j])
        gates[j], gates[units + j], gates[2 * units + j], gates[3 * units + j] = i, f, g, o
        inner[j] = f * before[j] + i * g
        hidden[j] = o * tanh(inner[j])


@njit(**KERNEL)
def _lstm_backward(d_hidden, d_inner, before, inner, gates, dz):
    """Turn the gradients after a step into those of the product, and of the cells before it."""
    units = inner.size
    for j in range(units):
        i, f, g, o = gates[j], gates[units + j], gates[2 * units + j], gates[3 * units + j]
        shown = tanh(inner[j])
        delta = d_inner[j] + d_hidden[j] * o * (_ONE - shown * shown)
        dz[j] = delta * g * i * (_ONE - i)
        dz[units + j] = delta * before[j] * f * (_ONE - f)
        dz[2 * units + j] = delta * i * (_ONE - g * g)
        dz[3 * units + j] = d_hidden[j] * shown * o * (_ONE - o)
        d_inner[j] = delta * f


@njit(**KERNEL)
def _journal(journal, t, low, high):
    return Journal(
        journal.least[t, low:high],
        journal.slots[t, low:high],
        journal.weights[t, low:high],
        journal.rows[t, low:high],
        journal.inverse[t, low:high],
        journal.nearness[t, low:high],
    )


@njit(**KERNEL)
def forward(
    low, high, reach, alive, share, recurrent, interface, bias, units, heads, before, weights,
    slots, journal,
):  # fmt: skip
    """Run samples ``low .. high - 1`` over all steps; the state and the journal are filled.

    Shapes:
        alive ``(T, B)``, share ``(T, B, 4 C)``, recurrent ``(S, 4 C)``, interface ``(C, P)``, bias
        ``(P,)``, before and weights ``(B, H, K)``; of journal as of `Journal` behind ``T``.
    """
    steps, hidden = share.shape[0], units.inner.shape[2]
    count, width = heads.query.shape[2], heads.query.shape[3]
    words, size = count * width, high - low
    z, p = np.empty((size, 4 * hidden), np.float32), np.empty((size, bias.size), np.float32)
    h = np.empty((size, hidden), np.float32)
    own = Slots(
        slots.memory[low:high], slots.inverse[low:high], slots.last[low:high],
        slots.step[low:high], slots.extent[low:high], np.zeros(reach, np.float32),
    )  # fmt: skip
    was, had = before[low:high], weights[low:high]
    for t in range(steps):
        product(units.state[t, low:high], recurrent, z)
        for b in range(size):
            gates, inner = units.gates[t, low + b], units.inner[t + 1, low + b]
            _lstm(z[b], share[t, low + b], units.inner[t, low + b], h[b], inner, gates)
        product(h, interface, p)
        for b in range(size):
            for e in range(words):
                head, feature = e // width, e % width
                heads.query[t, low + b, head, feature] = p[b, e] + bias[e]
                heads.word[t, low + b, head, feature] = p[b, words + e] + bias[words + e]
            for i in range(count):
                e = 2 * words + i
                heads.strength[t, low + b, i] = _ONE + softplus(p[b, e] + bias[e])
                heads.gate[t, low + b, i] = sigmoid(p[b, e + count] + bias[e + count])
                heads.mix[t, low + b, i] = sigmoid(p[b, e + 2 * count] + bias[e + 2 * count])
        now = _journal(journal, t, low, high)
        reads = read_write(
            alive[t, low:high], heads.query[t, low:high], heads.strength[t, low:high],
            heads.word[t, low:high], heads.gate[t, low:high], heads.mix[t, low:high], was, had,
            own, now,
        )  # fmt: skip
        was, had = now.slots, now.weights
        for b in range(size):
            after, old = units.state[t + 1, low + b], units.state[t, low + b]
            if alive[t, low + b]:
                for e in range(words):
                    after[e] = reads[b, e // width, e % width]
                for j in range(hidden):
                    after[words + j] = h[b, j]
            else:
                after[:] = old
                units.inner[t + 1, low + b] = units.inner[t, low + b]


@njit(**KERNEL)
def backward(
    low, high, alive, deltas, recurrent, interface, units, heads, before, weights, journal,
    d_state, d_inner, d_weights, d_memory, dz, dp,
):  # fmt: skip
    """Run samples ``low .. high - 1`` backwards: the last state's gradients become the first's.

    Shapes:
        deltas ``(T, B, S)`` of the states behind each step; recurrent ``(4 C, S)``, interface ``(P,
        C)``: transposed. d_state ``(B, S)``, d_inner ``(B, C)``, d_weights ``(B, H, K)`` and
        d_memory are changed in place, dz ``(T, B, 4 C)`` and dp ``(T, B, P)`` filled.
    """
    steps, hidden = deltas.shape[0], units.inner.shape[2]
    count, width = heads.query.shape[2], heads.query.shape[3]
    words, size = count * width, high - low
    d_reads = np.empty((size, count, width), np.float32)
    dh, ds = np.empty((size, hidden), np.float32), np.empty((size, words + hidden), np.float32)
    memory = d_memory[low:high]
    for t in range(steps - 1, -1, -1):
        for b in range(size):
            carried, delta = d_state[low + b], deltas[t, low + b]
            for e in range(carried.size):
                carried[e] += delta[e]
            for e in range(words):
                d_reads[b, e // width, e % width] = carried[e]
        was = journal.slots[t - 1, low:high] if t > 0 else before[low:high]
        had = journal.weights[t - 1, low:high] if t > 0 else weights[low:high]
        d_query, d_strength, d_word, d_gate, d_mix, d_had = read_write_backward(
            alive[t, low:high], d_reads, d_weights[low:high], memory, heads.query[t, low:high],
            heads.strength[t, low:high], heads.word[t, low:high], heads.gate[t, low:high],
            heads.mix[t, low:high], was, had, _journal(journal, t, low, high),
        )  # fmt: skip
        d_weights[low:high] = d_had
        for b in range(size):
            out = dp[t, low + b]
            for e in range(words):
                out[e] = d_query[b, e // width, e % width]
                out[words + e] = d_word[b, e // width, e % width]
            for i in range(count):
                e, gate, mix = 2 * words + i, heads.gate[t, low + b, i], heads.mix[t, low + b, i]
                # The slope of softplus is 1 - exp(-softplus).
                slope = -np.float32(np.expm1(_ONE - heads.strength[t, low + b, i]))
                out[e] = d_strength[b, i] * slope
                out[e + count] = d_gate[b, i] * gate * (_ONE - gate)
                out[e + 2 * count] = d_mix[b, i] * mix * (_ONE - mix)
        product(dp[t, low:high], interface, dh)
        for b in range(size):
            out = dz[t, low + b]
            if alive[t, low + b]:
                for j in range(hidden):
                    dh[b, j] += d_state[low + b, words + j]
                _lstm_backward(
                    dh[b], d_inner[low + b], units.inner[t, low + b], units.inner[t + 1, low + b],
                    units.gates[t, low + b], out,
                )  # fmt: skip
            else:
                out[:] = 0
        product(dz[t, low:high], recurrent, ds)
        for b in range(size):
            if alive[t, low + b]:
                d_state[low + b] = ds[b]
