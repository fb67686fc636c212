"""A Neural Turing Machine over a sequence, forward; the reference is `recollect.cells.NTMCell`.

One function an equation, on one sample. Memory lies width by slots, so that every inner loop runs
along the slots with unit stride.

Shape letters: ``T`` steps, ``B`` batch, ``D`` input, ``H`` hidden size, ``G`` its gates (4 H of an
LSTM, H of a feedforward layer), ``J`` heads of which the first ``R`` read and ``W`` write,
``K = H + R M``, ``N`` slots, ``M`` width, ``Q = 2 S + 1`` shifts, ``P`` interface.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.maths import HELPER, KERNEL, log, sigmoid, softmax, softplus, tanh
from recollect.kernels.matrix import product

__all__ = ["Form", "Tape", "forward"]

_ZERO, _ONE = np.float32(0), np.float32(1)
NORM, FLOOR = np.float32(1e-6), np.float32(1e-16)


class Form(NamedTuple):
    """What does not change with the data."""

    reads: int
    writes: int
    shifts: int  # S, the farthest
    read_first: bool


class Tape(NamedTuple):
    """What a forward run keeps for the backward; place t holds the state before step t.

    Shapes:
        as beside each.
    """

    seen: NDArray[np.float32]  # (T+1, B, K): hidden state, then reads
    inner: NDArray[np.float32]  # (T+1, B, H): an LSTM's
    weights: NDArray[np.float32]  # (T+1, B, J, N)
    memory: NDArray[np.float32]  # (T+1, B, M, N)
    gates: NDArray[np.float32]  # (T, B, G), activated
    parts: NDArray[np.float32]  # (T, B, P), activated
    match: NDArray[np.float32]  # (T, B, J, N): key times slot
    inverse: NDArray[np.float32]  # (T+1, B, N): 1 / the length of a slot
    content: NDArray[np.float32]  # (T, B, J, N)


@njit(**HELPER)
def lstm(z, before, after, hidden):
    """Activate the gates (input, forget, cell, output) in place; set inner and hidden state."""
    size = before.size
    i, f, g, o = z[:size], z[size : 2 * size], z[2 * size : 3 * size], z[3 * size :]
    for j in range(2 * size):
        z[j] = sigmoid(z[j])
    for j in range(size):
        g[j] = tanh(g[j])
    for j in range(size):
        o[j] = sigmoid(o[j])
    for j in range(size):
        after[j] = f[j] * before[j] + i[j] * g[j]
    for j in range(size):
        hidden[j] = o[j] * tanh(after[j])


@njit(**HELPER)
def dense(z, hidden):
    """Activate a feedforward layer in place."""
    for j in range(z.size):
        z[j] = tanh(z[j])
    for j in range(z.size):
        hidden[j] = z[j]


@njit(**HELPER)
def places(form, width):
    """Return where strength, sharpness, shift, gate, erase and add begin, after the keys."""
    heads, moves = form.reads + form.writes, 2 * form.shifts + 1
    strength = heads * width
    shift = strength + 2 * heads
    gate = shift + heads * moves
    erase = gate + heads
    return strength, strength + heads, shift, gate, erase, erase + form.writes * width


@njit(**HELPER)
def activate(p, form, width):
    """Bring the interface into its ranges, in place."""
    heads, moves = form.reads + form.writes, 2 * form.shifts + 1
    strength, sharpness, shift, gate, _erase, add = places(form, width)
    for j in range(strength):
        p[j] = tanh(p[j])
    for j in range(heads):
        p[strength + j] = softplus(p[strength + j])
        p[sharpness + j] = _ONE + softplus(p[sharpness + j])
        softmax(p[shift + j * moves : shift + (j + 1) * moves])
    gates = p[gate:add]  # and the erasures
    for j in range(gates.size):
        gates[j] = sigmoid(gates[j])
    adds = p[add:]
    for j in range(adds.size):
        adds[j] = tanh(adds[j])


@njit(**HELPER)
def inverse_length(key):
    """Return 1 / sqrt(|k|^2 + 1e-6)."""
    total = NORM
    for m in range(key.size):
        total += key[m] * key[m]
    return _ONE / np.sqrt(total)


@njit(**HELPER)
def inverse_lengths(memory, inverse):
    """Set 1 / sqrt(|M_n|^2 + 1e-6) of every slot."""
    width, slots = memory.shape
    for n in range(slots):
        inverse[n] = NORM
    for m in range(width):
        x = memory[m]
        for n in range(slots):
            inverse[n] += x[n] * x[n]
    for n in range(slots):
        inverse[n] = _ONE / np.sqrt(inverse[n])


@njit(**HELPER)
def matches(memory, p, match):
    """match[j, n] = key j . slot n; four rows of memory at a time."""
    heads, slots = match.shape
    width = memory.shape[0]
    most = width // 4 * 4
    for j in range(heads):
        out, key = match[j], p[j * width : (j + 1) * width]
        for n in range(slots):
            out[n] = _ZERO
        for m in range(0, most, 4):
            a, b, c, d = key[m], key[m + 1], key[m + 2], key[m + 3]
            w, x, y, z = memory[m], memory[m + 1], memory[m + 2], memory[m + 3]
            for n in range(slots):
                out[n] += a * w[n] + b * x[n] + c * y[n] + d * z[n]
        for m in range(most, width):
            a, w = key[m], memory[m]
            for n in range(slots):
                out[n] += a * w[n]


@njit(**HELPER)
def shifted(before, content, gate, moves, ring, out):
    """Interpolate into `ring`, which repeats the ends of the memory at either side, and shift.

    w'(i) = sum over k of moves[k] w(i + S - k), and place i of the memory is i + S of the ring.
    """
    slots, farthest = before.size, moves.size // 2
    middle, rest = ring[farthest : farthest + slots], _ONE - gate
    for n in range(slots):
        middle[n] = rest * before[n] + gate * content[n]
    for k in range(farthest):
        ring[k] = ring[k + slots]
        ring[farthest + slots + k] = ring[farthest + k]
    first, share = ring[2 * farthest :], moves[0]
    for n in range(slots):
        out[n] = share * first[n]
    for k in range(1, moves.size):
        part, share = ring[2 * farthest - k :], moves[k]
        for n in range(slots):
            out[n] += share * part[n]


@njit(**HELPER)
def address(p, form, width, head, match, inverse, before, content, after, ring):
    """Set the content weighting of a head and its new weighting."""
    strength, sharpness, shift, gate, _erase, _add = places(form, width)
    moves = 2 * form.shifts + 1
    scale = p[strength + head] * inverse_length(p[head * width : (head + 1) * width])
    for n in range(before.size):
        content[n] = match[n] * inverse[n] * scale
    softmax(content)
    shares = p[shift + head * moves : shift + (head + 1) * moves]
    shifted(before, content, p[gate + head], shares, ring, after)
    gamma = p[sharpness + head]
    for n in range(before.size):
        after[n] = gamma * log(after[n] + FLOOR)
    softmax(after)


@njit(**HELPER)
def write(p, form, width, memory, weights, after, inverse):
    """Erase and add, from `memory` into `after`, whose slots get inverse lengths."""
    slots = memory.shape[1]
    _strength, _sharpness, _shift, _gate, erase, add = places(form, width)
    for n in range(slots):
        inverse[n] = NORM
    w = weights[form.reads]
    for m in range(width):
        x, y, e, a = memory[m], after[m], p[erase + m], p[add + m]
        if form.writes == 1:
            for n in range(slots):
                v = x[n] + w[n] * (a - x[n] * e)
                inverse[n] += v * v
                y[n] = v
        else:
            for n in range(slots):
                y[n] = x[n] - x[n] * w[n] * e
            for h in range(1, form.writes):
                u, e = weights[form.reads + h], p[erase + h * width + m]
                for n in range(slots):
                    y[n] -= y[n] * u[n] * e
            for h in range(form.writes):
                u, a = weights[form.reads + h], p[add + h * width + m]
                for n in range(slots):
                    y[n] += u[n] * a
            for n in range(slots):
                inverse[n] += y[n] * y[n]
    for n in range(slots):
        inverse[n] = _ONE / np.sqrt(inverse[n])


@njit(**HELPER)
def read(memory, weights, form, out):
    """Set the reads."""
    width, slots = memory.shape
    for r in range(form.reads):
        w = weights[r]
        for m in range(width):
            x, total = memory[m], _ZERO
            for n in range(slots):
                total += w[n] * x[n]
            out[r * width + m] = total


@njit(**KERNEL)
def forward(low, high, form, lengths, x, recurrent, interface, bias, tape):
    """Run the samples low .. high-1 of the batch.

    Shapes:
        lengths ``(B,)``; x ``(T, B, G)``, the input's share of the gates and their bias; recurrent
        ``(K, G)``; interface ``(H, P)``, bias ``(P,)``; tape with the first state in place 0.
    """
    steps, _, gates = tape.gates.shape
    size = tape.inner.shape[2]
    width, slots = tape.memory.shape[2:]
    hidden = np.empty((high - low, size), np.float32)
    ring = np.empty(slots + 2 * form.shifts, np.float32)
    for b in range(low, high):
        inverse_lengths(tape.memory[0, b], tape.inverse[0, b])
    for t in range(steps):
        product(tape.seen[t, low:high], recurrent, tape.gates[t, low:high])
        for b in range(low, high):
            z, given, h = tape.gates[t, b], x[t, b], hidden[b - low]
            if t >= lengths[b]:
                h[:] = _ZERO
                continue
            for j in range(gates):
                z[j] += given[j]
            if gates == size:
                dense(z, h)
            else:
                lstm(z, tape.inner[t, b], tape.inner[t + 1, b], h)
        product(hidden, interface, tape.parts[t, low:high])
        for b in range(low, high):
            seen = tape.seen[t + 1, b]
            if t >= lengths[b]:
                seen[:] = _ZERO
                continue
            p, memory, weights = tape.parts[t, b], tape.memory[t, b], tape.weights[t + 1, b]
            for j in range(size):
                seen[j] = hidden[b - low, j]
            for j in range(p.size):
                p[j] += bias[j]
            activate(p, form, width)
            matches(memory, p, tape.match[t, b])
            for j in range(form.reads + form.writes):
                address(
                    p, form, width, j, tape.match[t, b, j], tape.inverse[t, b],
                    tape.weights[t, b, j], tape.content[t, b, j], weights[j], ring,
                )  # fmt: skip
            after = tape.memory[t + 1, b]
            write(p, form, width, memory, weights, after, tape.inverse[t + 1, b])
            read(memory if form.read_first else after, weights, form, seen[size:])
