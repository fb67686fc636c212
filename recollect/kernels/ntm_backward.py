"""A Neural Turing Machine over a sequence, backward: beside each equation its gradient.

Shape letters as in `recollect.kernels.ntm_forward`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels.maths import HELPER, KERNEL, exp, log, tanh
from recollect.kernels.matrix import product
from recollect.kernels.ntm_forward import FLOOR, inverse_length, places, shifted

__all__ = ["Flow", "backward"]

_ZERO, _ONE = np.float32(0), np.float32(1)


class Flow(NamedTuple):
    """Gradients of the state: of the last one when a backward run begins, of the first at its end.

    Shapes:
        as beside each.
    """

    seen: NDArray[np.float32]  # (B, K)
    inner: NDArray[np.float32]  # (B, H)
    weights: NDArray[np.float32]  # (B, J, N)
    memory: NDArray[np.float32]  # (B, M, N)


class _Spare(NamedTuple):
    ring: NDArray[np.float32]  # (N + 2 S,)
    dring: NDArray[np.float32]
    moved: NDArray[np.float32]  # (N,)
    dmatch: NDArray[np.float32]  # (J, N)
    dinverse: NDArray[np.float32]  # (N,)
    erased: NDArray[np.float32]  # (W, N)


@njit(**HELPER)
def lstm_backward(z, before, after, dh, dc, dz):
    """Turn dc, of the inner state after the step, into that before it; set dz."""
    size = before.size
    i, f, g, o = z[:size], z[size : 2 * size], z[2 * size : 3 * size], z[3 * size :]
    di, df, dg, do = dz[:size], dz[size : 2 * size], dz[2 * size : 3 * size], dz[3 * size :]
    for j in range(size):
        y = tanh(after[j])
        dc[j] += dh[j] * o[j] * (_ONE - y * y)
        do[j] = dh[j] * y * o[j] * (_ONE - o[j])
    for j in range(size):
        di[j] = dc[j] * g[j] * i[j] * (_ONE - i[j])
        dg[j] = dc[j] * i[j] * (_ONE - g[j] * g[j])
    for j in range(size):
        df[j] = dc[j] * before[j] * f[j] * (_ONE - f[j])
        dc[j] *= f[j]


@njit(**HELPER)
def read_backward(memory, weights, form, dreads, dmemory, dweights):
    """Add to dmemory and dweights."""
    width, slots = memory.shape
    for r in range(form.reads):
        w, dw = weights[r], dweights[r]
        for m in range(width):
            x, y, d = memory[m], dmemory[m], dreads[r * width + m]
            for n in range(slots):
                dw[n] += d * x[n]
                y[n] += d * w[n]


@njit(**HELPER)
def write_backward(p, form, width, memory, weights, dmemory, dweights, dp, erased):
    """Turn dmemory, after the write, into that before it; add to dweights, set dp of the write."""
    slots = memory.shape[1]
    _strength, _sharpness, _shift, _gate, erase, add = places(form, width)
    w, dw = weights[form.reads], dweights[form.reads]
    for m in range(width):
        x, y = memory[m], dmemory[m]
        if form.writes == 1:
            e, a, de, da = p[erase + m], p[add + m], _ZERO, _ZERO
            for n in range(slots):
                v = y[n] * w[n]
                da += v
                de -= v * x[n]
                dw[n] += y[n] * (a - x[n] * e)
                y[n] -= v * e
            dp[erase + m] = de * e * (_ONE - e)
            dp[add + m] = da * (_ONE - a * a)
            continue
        for n in range(slots):
            erased[0, n] = x[n]
        for h in range(1, form.writes):
            u, e = weights[form.reads + h - 1], p[erase + (h - 1) * width + m]
            old, new = erased[h - 1], erased[h]
            for n in range(slots):
                new[n] = old[n] - old[n] * u[n] * e
        for h in range(form.writes):
            u, du = weights[form.reads + h], dweights[form.reads + h]
            a, da = p[add + h * width + m], _ZERO
            for n in range(slots):
                da += y[n] * u[n]
                du[n] += y[n] * a
            dp[add + h * width + m] = da * (_ONE - a * a)
        for h in range(form.writes - 1, -1, -1):
            u, du, old = weights[form.reads + h], dweights[form.reads + h], erased[h]
            e, de = p[erase + h * width + m], _ZERO
            for n in range(slots):
                v = y[n] * old[n]
                de -= v * u[n]
                du[n] -= v * e
                y[n] -= y[n] * u[n] * e
            dp[erase + h * width + m] = de * e * (_ONE - e)


@njit(**HELPER)
def address_backward(p, form, width, head, match, inverse, before, content, after, dw, dp, spare):
    """Turn dw, of the weighting after the step, into that before it.

    Sets the head's dmatch and its dp but for the key's match; adds to dinverse.
    """
    slots, farthest, moves = before.size, form.shifts, 2 * form.shifts + 1
    strength, sharpness, shift, gate, _erase, _add = places(form, width)
    beta, gamma, g = p[strength + head], p[sharpness + head], p[gate + head]
    shares = p[shift + head * moves : shift + (head + 1) * moves]
    dshares = dp[shift + head * moves : shift + (head + 1) * moves]
    ring, dring, moved = spare.ring, spare.dring, spare.moved
    shifted(before, content, g, shares, ring, moved)

    mean = dgamma = _ZERO
    for n in range(slots):
        mean += after[n] * dw[n]
    middle = dring[farthest : farthest + slots]
    for n in range(slots):
        v, u = moved[n] + FLOOR, after[n] * (dw[n] - mean)
        dgamma += u * log(v)
        middle[n] = u * gamma / v
    for k in range(farthest):
        dring[k] = dring[k + slots]
        dring[farthest + slots + k] = dring[farthest + k]

    mean = _ZERO
    for k in range(moves):
        part, total = ring[2 * farthest - k :], _ZERO
        for n in range(slots):
            total += middle[n] * part[n]
        dshares[k] = total
        mean += total * shares[k]
    for k in range(moves):
        dshares[k] = shares[k] * (dshares[k] - mean)

    share = shares[0]
    for n in range(slots):
        moved[n] = share * dring[n]
    for k in range(1, moves):
        part, share = dring[k:], shares[k]
        for n in range(slots):
            moved[n] += share * part[n]

    dgate = mean = dscale = _ZERO
    rest = _ONE - g
    for n in range(slots):
        v = moved[n]
        dgate += v * (content[n] - before[n])
        mean += v * content[n]
        dw[n] = v * rest
    key = p[head * width : (head + 1) * width]
    short = inverse_length(key)
    scale = beta * short
    dmatch, dinverse = spare.dmatch[head], spare.dinverse
    for n in range(slots):
        dx = content[n] * g * (moved[n] - mean)
        dscale += dx * inverse[n] * match[n]
        dinverse[n] += dx * scale * match[n]
        dmatch[n] = dx * scale * inverse[n]

    back = -beta * dscale * short * short * short
    dkey = dp[head * width : (head + 1) * width]
    for m in range(width):
        dkey[m] = back * key[m]
    dp[strength + head] = dscale * short * (_ONE - exp(-beta))
    dp[sharpness + head] = dgamma * (_ONE - exp(_ONE - gamma))
    dp[gate + head] = dgate * g * rest


@njit(**HELPER)
def matches_backward(p, memory, inverse, dmatch, dinverse, dmemory, dp):
    """Add to dmemory and the keys' dp what comes through matches and lengths of slots."""
    width, slots = memory.shape
    for n in range(slots):
        dinverse[n] *= -inverse[n] * inverse[n] * inverse[n]
    heads, first = dmatch.shape[0], dmatch[0]
    second = dmatch[min(1, heads - 1)]
    for m in range(width):
        x, y, key, dkey = memory[m], dmemory[m], p[m], _ZERO
        if heads == 1:
            for n in range(slots):
                dkey += first[n] * x[n]
                y[n] += first[n] * key + dinverse[n] * x[n]
        else:  # the usual two at once
            other, dother = p[width + m], _ZERO
            for n in range(slots):
                dkey += first[n] * x[n]
                dother += second[n] * x[n]
                y[n] += first[n] * key + second[n] * other + dinverse[n] * x[n]
            dp[width + m] = (dp[width + m] + dother) * (_ONE - other * other)
        dp[m] = (dp[m] + dkey) * (_ONE - key * key)
        for j in range(2, heads):
            d, key, dkey = dmatch[j], p[j * width + m], _ZERO
            for n in range(slots):
                dkey += d[n] * x[n]
                y[n] += d[n] * key
            dp[j * width + m] = (dp[j * width + m] + dkey) * (_ONE - key * key)


@njit(**KERNEL)
def backward(low, high, form, lengths, dout, recurrent, interface, tape, flow, dgates, dparts):
    """Run the samples low .. high-1 of the batch back.

    Shapes:
        lengths ``(B,)``; dout ``(T, B, K)``; recurrent ``(G, K)`` and interface ``(P, H)``, the
        transposes of the forward's; tape; flow; sets dgates ``(T, B, G)`` and dparts ``(T, B, P)``,
        before activation, zeros where a sequence has ended.
    """
    steps, _, gates = tape.gates.shape
    size = tape.inner.shape[2]
    width, slots = tape.memory.shape[2:]
    heads, batch = form.reads + form.writes, high - low
    spare = _Spare(
        np.empty(slots + 2 * form.shifts, np.float32),
        np.empty(slots + 2 * form.shifts, np.float32),
        np.empty(slots, np.float32),
        np.empty((heads, slots), np.float32),
        np.empty(slots, np.float32),
        np.empty((form.writes, slots), np.float32),
    )
    dhidden = np.empty((batch, size), np.float32)
    dseen = np.empty((batch, tape.seen.shape[2]), np.float32)
    for t in range(steps - 1, -1, -1):
        for b in range(low, high):
            dp = dparts[t, b]
            if t >= lengths[b]:
                dp[:] = _ZERO
                continue
            p, d, given = tape.parts[t, b], flow.seen[b], dout[t, b]
            memory, inverse, weights = tape.memory[t, b], tape.inverse[t, b], tape.weights[t + 1, b]
            dmemory, dweights = flow.memory[b], flow.weights[b]
            for j in range(d.size):
                d[j] += given[j]
            if not form.read_first:
                after = tape.memory[t + 1, b]
                read_backward(after, weights, form, d[size:], dmemory, dweights)
            write_backward(p, form, width, memory, weights, dmemory, dweights, dp, spare.erased)
            if form.read_first:
                read_backward(memory, weights, form, d[size:], dmemory, dweights)
            for n in range(slots):
                spare.dinverse[n] = _ZERO
            for j in range(heads):
                address_backward(
                    p, form, width, j, tape.match[t, b, j], inverse, tape.weights[t, b, j],
                    tape.content[t, b, j], weights[j], dweights[j], dp, spare,
                )  # fmt: skip
            matches_backward(p, memory, inverse, spare.dmatch, spare.dinverse, dmemory, dp)
        product(dparts[t, low:high], interface, dhidden)
        for b in range(low, high):
            dz = dgates[t, b]
            if t >= lengths[b]:
                dz[:] = _ZERO
                continue
            dh, d, z = dhidden[b - low], flow.seen[b], tape.gates[t, b]
            for j in range(size):
                dh[j] += d[j]
            if gates == size:
                for j in range(size):
                    dz[j] = dh[j] * (_ONE - z[j] * z[j])
            else:
                lstm_backward(z, tape.inner[t, b], tape.inner[t + 1, b], dh, flow.inner[b], dz)
        product(dgates[t, low:high], recurrent, dseen)
        for b in range(low, high):
            if t < lengths[b]:
                d, new = flow.seen[b], dseen[b - low]
                for j in range(d.size):
                    d[j] = new[j]
