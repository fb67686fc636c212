"""A DNC over a whole sequence, forward and backward, for a slice of the batch.

Steps are the outer loop and samples the inner one, so that a step's products with the weights are
two products of matrices. The memory and the links are changed in place; every few steps they are
copied, and the backward pass makes those between two copies again, for a few samples at a time, so
that they stay in the cache. All else that a step made is kept, a few vectors a slot.

Shape letters: ``T`` steps, ``B`` batch, ``H`` hidden units, ``N`` slots, ``M`` width of a slot,
``R`` reads, ``P`` size of the interface, ``C`` copies, ``S`` samples at a time, ``K`` steps between
two copies.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from recollect.kernels import dnc_address as address
from recollect.kernels.dnc_link import follow_backward, relink, relink_and_follow
from recollect.kernels.maths import KERNEL, sigmoid, tanh
from recollect.kernels.matrix import add_outer, inner, product

__all__ = ["Carried", "Parts", "Scratch", "Trail", "Wiring", "backward", "forward"]

_ZERO, _ONE = np.float32(0), np.float32(1)
_NORM = np.float32(1e-6)
_Array = NDArray[np.float32]


class Parts(NamedTuple):
    """Where each part of the interface begins; -1 for a part that is not there.

    Shapes:
        none.
    """

    read_key: int
    write_key: int
    read_strength: int
    write_strength: int
    free_gate: int
    allocation_gate: int
    write_gate: int
    erase: int
    write: int
    mode: int
    read_mask: int
    write_mask: int
    sharpness: int


class Wiring(NamedTuple):
    """What stays the same from step to step.

    Shapes:
        none.
    """

    parts: Parts
    links: bool
    masking: bool
    deallocation: bool
    sharpness: bool
    floor: np.float32
    keep: bool  # whether a backward pass will follow; if not, two steps have room in the trail
    every: int  # steps between two copies of memory and links
    together: int  # samples that go back at a time
    threads: int


class Trail(NamedTuple):
    """What the steps leave behind; what a step starts from has one more than there are steps.

    Shapes:
        as said beside each.
    """

    gates: _Array  # (T, B, 4H) of the LSTM: in, forget, new, out
    inner: _Array  # (T+1, B, H) its cell
    parts: _Array  # (T, B, P) the interface, raw
    products: _Array  # (T, B, R+1, N) of keys and slots, the write key last
    content: _Array  # (T, B, R+1, N) the content weights
    inverse: _Array  # (T, B, R+1, N) one over the slots' lengths as each mask lets them be seen
    ways: _Array  # (T, B, 2R, N) forward, then backward, before sharpening
    order: NDArray[np.int32]  # (T, B, N) the slots by usage
    usage: _Array  # (T+1, B, N)
    write: _Array  # (T+1, B, N)
    precedence: _Array  # (T+1, B, N)
    read: _Array  # (T+1, B, R, N)
    memories: _Array  # (C, B, M, N)
    links: _Array  # (C, B, N, N)


class Carried(NamedTuple):
    """A state, changed in place: from the first to the last, or its gradient from last to first.

    Shapes:
        as said beside each.
    """

    reads: _Array  # (B, R*M)
    hidden: _Array  # (B, H)
    inner: _Array  # (B, H)
    memory: _Array  # (B, M, N)
    usage: _Array  # (B, N)
    write: _Array  # (B, N)
    read: _Array  # (B, R, N)
    precedence: _Array  # (B, N)
    link: _Array  # (B, N, N), or (B, 0, 0) without links


class Scratch(NamedTuple):
    """Memory and links of the steps between two copies, for each thread.

    Shapes:
        as said beside each.
    """

    memory: _Array  # (threads, S, K+1, M, N)
    inverse: _Array  # (threads, S, K+1, N)
    link: _Array  # (threads, S, K, N, N)


# ------------------------------------------------------------------------------
# the controller: an LSTM with torch's order of gates


@njit(**KERNEL)
def _lstm(gates, share, before, after, hidden):
    size = before.size
    i, f, g, o = gates[:size], gates[size : 2 * size], gates[2 * size : 3 * size], gates[3 * size :]
    for j in range(gates.size):
        gates[j] += share[j]
    for j in range(size):
        i[j], f[j], g[j], o[j] = sigmoid(i[j]), sigmoid(f[j]), tanh(g[j]), sigmoid(o[j])
        c = f[j] * before[j] + i[j] * g[j]
        after[j] = c
        hidden[j] = o[j] * tanh(c)


@njit(**KERNEL)
def _lstm_backward(gates, before, after, d_hidden, d_inner, d_gates):
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


# ------------------------------------------------------------------------------
# the memory


@njit(**KERNEL)
def _lengths(memory, inverse):
    """Set `inverse` to one over the length of every slot."""
    inverse[:] = _NORM
    for m in range(memory.shape[0]):
        x = memory[m]
        for n in range(inverse.size):
            inverse[n] += x[n] * x[n]
    for n in range(inverse.size):
        inverse[n] = _ONE / np.sqrt(inverse[n])


@njit(**KERNEL)
def _write(erase, add, weights, kept, memory, after, inverse, row):
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


@njit(**KERNEL)
def _write_backward(erase, add, weights, kept, memory, d_memory, d_weights, d_kept, d_erase, d_add):
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


@njit(**KERNEL)
def _add_lengths(memory, inverse, d_inverse, d_memory):
    """Add to `d_memory` what comes through the slots' lengths; changes `d_inverse`."""
    for n in range(inverse.size):
        d_inverse[n] *= -inverse[n] * inverse[n] * inverse[n]
    for m in range(memory.shape[0]):
        x, y = memory[m], d_memory[m]
        for n in range(inverse.size):
            y[n] += d_inverse[n] * x[n]


# ------------------------------------------------------------------------------
# forward


@njit(**KERNEL)
def _access(
    q, now, before, after, trail, wiring, b, memory, link, inverse, kept, room, ahead, keys, reads
):
    """Write to one sample's memory and read from it, after its interface `q` is known."""
    at, width, slots = wiring.parts, memory.shape[0], memory.shape[1]
    used, written, last = trail.usage[before, b], trail.write[before, b], trail.read[before, b]
    heads = last.shape[0]
    content, products = trail.content[now, b], trail.products[now, b]
    # usage and allocation
    address.retain(q[at.free_gate : at.free_gate + heads], last, kept)
    new = trail.usage[after, b]
    for n in range(slots):
        new[n] = (used[n] + written[n] - used[n] * written[n]) * kept[n]
    order = trail.order[now, b]
    address.ascending(new, order, keys[0], keys[1])
    address.allocate(new, order, room, ahead)
    # write
    key, strength = q[at.write_key : at.write_key + width], q[at.write_strength]
    if wiring.masking:
        mask, lengths = q[at.write_mask : at.write_mask + width], trail.inverse[now, b, heads]
        address.masked_content(
            key, mask, wiring.floor, strength, memory, products[heads], lengths, content[heads],
            ahead[:width],
        )  # fmt: skip
    else:
        product(key.reshape(1, width), memory, products[heads:])
        address.content(key, strength, products[heads], inverse, content[heads])
    allocating, gate = sigmoid(q[at.allocation_gate]), sigmoid(q[at.write_gate])
    weights, found, total = trail.write[after, b], content[heads], _ZERO
    for n in range(slots):
        w = gate * (found[n] + allocating * (room[n] - found[n]))
        weights[n] = w
        total += w
    if not wiring.deallocation:
        kept[:] = _ONE
    erase, add = q[at.erase : at.erase + width], q[at.write : at.write + width]
    _write(erase, add, weights, kept, memory, memory, inverse, ahead)
    # read
    if not wiring.masking:
        keys_read = q[at.read_key : at.read_key + heads * width].reshape(heads, width)
        product(keys_read, memory, products[:heads])
    for r in range(heads):
        key = q[at.read_key + r * width : at.read_key + (r + 1) * width]
        strength = q[at.read_strength + r]
        if wiring.masking:
            mask = q[at.read_mask + r * width : at.read_mask + (r + 1) * width]
            address.masked_content(
                key, mask, wiring.floor, strength, memory, products[r], trail.inverse[now, b, r],
                content[r], ahead[:width],
            )  # fmt: skip
        else:
            address.content(key, strength, products[r], inverse, content[r])
    out = trail.read[after, b]
    if wiring.links:
        precedence, then = trail.precedence[before, b], trail.precedence[after, b]
        ways = trail.ways[now, b]
        relink_and_follow(weights, precedence, link, last, ways[:heads], ways[heads:])
        for n in range(slots):
            then[n] = (_ONE - total) * precedence[n] + weights[n]
        for r in range(heads):
            forth, back, c, y = ways[r], ways[heads + r], content[r], out[r]
            if wiring.sharpness:
                address.sharpen(q[at.sharpness + 2 * r], back, room)
                address.sharpen(q[at.sharpness + 2 * r + 1], forth, ahead[:slots])
                forth, back = ahead[:slots], room
            o = at.mode + 3 * r
            m0, m1, m2 = address.softmax3(q[o], q[o + 1], q[o + 2])
            for n in range(slots):
                y[n] = m0 * back[n] + m1 * c[n] + m2 * forth[n]
    else:
        for r in range(heads):
            out[r] = content[r]
    inner(out, memory, reads.reshape(heads, width))


@njit(**KERNEL)
def forward(low, high, shares, recurrent, interface, bias, lengths, visible, trail, state, wiring):
    """Run samples `low` to `high`; sets the trail, and `state` from the first to the last.

    Shapes:
        shares of the input in the gates ``(T, B, 4H)``, recurrent ``(R*M+H, 4H)``, interface
        ``(H, P)``, bias ``(P,)``, lengths ``(B,)``; visible ``(T+1, B, R*M+H)``, reads and hidden
        units before each step and after the last, zeros where a sequence has ended.
    """
    size, slots = state.hidden.shape[1], state.usage.shape[1]
    count, width = high - low, state.memory.shape[1]
    seen = state.reads.shape[1]
    keys, inverse = np.empty((2, slots), np.int64), np.empty((count, slots), np.float32)
    rows = max(slots, width)
    kept, room, ahead = (
        np.empty(slots, np.float32), np.empty(rows, np.float32), np.empty(rows, np.float32)
    )  # fmt: skip
    hidden, stop = np.empty((count, size), np.float32), 0
    for b in range(low, high):
        _lengths(state.memory[b], inverse[b - low])
        visible[0, b, :seen] = state.reads[b]
        visible[0, b, seen:] = state.hidden[b]
        trail.inner[0, b] = state.inner[b]
        trail.usage[0, b] = state.usage[b]
        trail.write[0, b] = state.write[b]
        trail.read[0, b] = state.read[b]
        if wiring.links:
            trail.precedence[0, b] = state.precedence[b]
        stop = max(stop, lengths[b])
    for t in range(shares.shape[0]):
        now = t if wiring.keep else 0
        before, after = (t, t + 1) if wiring.keep else (t % 2, (t + 1) % 2)
        if t >= stop:
            visible[t + 1, low:high] = _ZERO
            continue
        product(visible[t, low:high], recurrent, trail.gates[now, low:high])
        for b in range(low, high):
            if t < lengths[b]:
                _lstm(
                    trail.gates[now, b], shares[t, b], trail.inner[before, b],
                    trail.inner[after, b], hidden[b - low],
                )  # fmt: skip
            else:
                hidden[b - low] = _ZERO
        product(hidden, interface, trail.parts[now, low:high])
        for b in range(low, high):
            if t >= lengths[b]:
                visible[t + 1, b] = _ZERO
                continue
            q, memory, link = trail.parts[now, b], state.memory[b], state.link[b]
            for j in range(q.size):
                q[j] += bias[j]
            if wiring.keep and t % wiring.every == 0:
                trail.memories[t // wiring.every, b] = memory
                trail.links[t // wiring.every, b] = link
            _access(
                q, now, before, after, trail, wiring, b, memory, link, inverse[b - low], kept,
                room[:slots], ahead, keys, visible[t + 1, b, :seen],
            )  # fmt: skip
            visible[t + 1, b, seen:] = hidden[b - low]
            if t == lengths[b] - 1:
                state.reads[b] = visible[t + 1, b, :seen]
                state.hidden[b] = hidden[b - low]
                state.inner[b] = trail.inner[after, b]
                state.usage[b] = trail.usage[after, b]
                state.write[b] = trail.write[after, b]
                state.read[b] = trail.read[after, b]
                if wiring.links:
                    state.precedence[b] = trail.precedence[after, b]


# ------------------------------------------------------------------------------
# backward


@njit(**KERNEL)
def _again(b, first, stop, trail, wiring, memory, inverse, link, kept, row):
    """Make memory and links of the steps ``first .. stop-1`` again from their copy."""
    at, width, copy = wiring.parts, memory.shape[1], first // wiring.every
    heads = trail.read.shape[2]
    memory[0] = trail.memories[copy, b]
    _lengths(memory[0], inverse[0])
    if wiring.links:
        link[0] = trail.links[copy, b]
    kept[:] = _ONE
    for t in range(first, stop):
        k, q = t - first, trail.parts[t, b]
        if wiring.deallocation:
            address.retain(q[at.free_gate : at.free_gate + heads], trail.read[t, b], kept)
        _write(
            q[at.erase : at.erase + width], q[at.write : at.write + width], trail.write[t + 1, b],
            kept, memory[k], memory[k + 1], inverse[k + 1], row,
        )  # fmt: skip
        if wiring.links and t < stop - 1:
            relink(trail.write[t + 1, b], trail.precedence[t, b], link[k], link[k + 1])


@njit(**KERNEL)
def _access_backward(
    t, b, d, trail, wiring, grad, memory, written, inverse, lengths, link, d_q, vectors, left,
    right, spare, d_keys,
):  # fmt: skip
    """Go back through `_access`; `grad` turns from the gradients after the step to those before.

    Shapes:
        d the gradient of the reads ``(R, M)``; memory before and `written` after the write
        ``(M, N)`` with the inverse `inverse` and `lengths` of their slots; vectors ``(8, max(N,
        M))``, left ``(2R, M)``, right ``(2R, N)``, spare ``(2R+4, N)`` and d_keys ``(R, M)`` for
        scratch.
    """
    at, q = wiring.parts, trail.parts[t, b]
    width, slots = memory.shape
    last, read, content, products = (
        trail.read[t, b], trail.read[t + 1, b], trail.content[t, b], trail.products[t, b]
    )  # fmt: skip
    heads = last.shape[0]
    kept, room, ahead = vectors[0, :slots], vectors[1, :slots], vectors[2, :slots]
    d_room, d_kept, d_inverse = vectors[3, :slots], vectors[4, :slots], vectors[5, :slots]
    d_found, masked = vectors[6, :slots], vectors[7, :width]
    d_memory, d_weights, d_read = grad.memory[b], grad.write[b], grad.read[b]
    weights, floor = trail.write[t + 1, b], wiring.floor
    # the reads: r = w M, so that d_w = d M and d_M = dᵀ w
    d_all = right[:heads]
    product(d, written, d_all)
    for r in range(heads):
        x, y = d_all[r], d_read[r]
        for n in range(slots):
            y[n] += x[n]
    # the modes: d_read becomes the gradients of the ways back and forth and, in `right`, of content
    d_back, d_ahead = spare[:heads], spare[heads : 2 * heads]
    for r in range(heads):
        c, d_content, g = content[r], right[heads + r], d_read[r]
        if not wiring.links:
            d_content[:] = g
            continue
        forth, back = trail.ways[t, b, r], trail.ways[t, b, heads + r]
        if wiring.sharpness:
            address.sharpen(q[at.sharpness + 2 * r], back, room)
            address.sharpen(q[at.sharpness + 2 * r + 1], forth, ahead)
            forth, back = ahead, room
        o, x, y = at.mode + 3 * r, d_back[r], d_ahead[r]
        m0, m1, m2 = address.softmax3(q[o], q[o + 1], q[o + 2])
        d0 = d1 = d2 = _ZERO
        for n in range(slots):
            v = g[n]
            d0 += v * back[n]
            d1 += v * c[n]
            d2 += v * forth[n]
            x[n] = m0 * v
            d_content[n] = m1 * v
            y[n] = m2 * v
        mean = m0 * d0 + m1 * d1 + m2 * d2
        d_q[o], d_q[o + 1], d_q[o + 2] = m0 * (d0 - mean), m1 * (d1 - mean), m2 * (d2 - mean)
        if wiring.sharpness:
            s = at.sharpness + 2 * r
            d_q[s] = address.sharpen_backward(q[s], trail.ways[t, b, heads + r], room, x)
            d_q[s + 1] = address.sharpen_backward(q[s + 1], trail.ways[t, b, r], ahead, y)
    # content: from the weights to products, keys and memory
    d_inverse[:] = _ZERO
    for r in range(heads):
        i = at.read_key + r * width
        key, d_key, strength = q[i : i + width], d_q[i : i + width], at.read_strength + r
        if wiring.masking:
            j = at.read_mask + r * width
            d_q[strength] = address.masked_content_backward(
                key, q[j : j + width], floor, q[strength], written, products[r],
                trail.inverse[t, b, r], content[r], right[heads + r], d_memory, d_key,
                d_q[j : j + width], masked, d_inverse,
            )  # fmt: skip
        else:
            d_q[strength] = address.content_backward(
                key, q[strength], products[r], lengths, content[r], right[heads + r], d_inverse,
                d_key,
            )  # fmt: skip
            left[heads + r] = key
        left[r], right[r] = d[r], read[r]
    if wiring.masking:
        add_outer(left[:heads], right[:heads], d_memory)
    else:
        inner(right[heads:], written, d_keys)
        d_key = d_q[at.read_key : at.read_key + heads * width].reshape(heads, width)
        for r in range(heads):
            for m in range(width):
                d_key[r, m] += d_keys[r, m]
        add_outer(left, right, d_memory)
        _add_lengths(written, lengths, d_inverse, d_memory)
    # the links
    if wiring.links:
        precedence, d_precedence, sum_p, sum_w = (
            trail.precedence[t, b],
            grad.precedence[b],
            _ZERO,
            _ZERO,
        )
        for n in range(slots):
            sum_p += d_precedence[n] * precedence[n]
            sum_w += weights[n]
        for n in range(slots):
            d_weights[n] += d_precedence[n] - sum_p
            d_precedence[n] *= _ONE - sum_w
        follow_backward(
            weights, precedence, link, last, d_ahead, d_back, grad.link[b], d_weights,
            d_precedence, d_read, spare[2 * heads :],
        )  # fmt: skip
    else:
        d_read[:] = _ZERO
    # the write
    free = q[at.free_gate : at.free_gate + heads]
    kept[:] = _ONE
    if wiring.deallocation:
        address.retain(free, last, kept)
    d_kept[:] = _ZERO
    i, j = at.erase, at.write
    _write_backward(
        q[i : i + width], q[j : j + width], weights, kept, memory, d_memory, d_weights, d_kept,
        d_q[i : i + width], d_q[j : j + width],
    )  # fmt: skip
    if not wiring.deallocation:
        d_kept[:] = _ZERO
    used = trail.usage[t + 1, b]
    address.allocate(used, trail.order[t, b], room, ahead)
    allocating, gate = sigmoid(q[at.allocation_gate]), sigmoid(q[at.write_gate])
    found, d_allocating, d_gate = content[heads], _ZERO, _ZERO
    for n in range(slots):
        g = d_weights[n]
        d_gate += g * (found[n] + allocating * (room[n] - found[n]))
        d_allocating += g * gate * (room[n] - found[n])
        d_found[n] = g * gate * (_ONE - allocating)
        d_room[n] = g * gate * allocating
        d_weights[n] = _ZERO
    d_q[at.allocation_gate] = d_allocating * allocating * (_ONE - allocating)
    d_q[at.write_gate] = d_gate * gate * (_ONE - gate)
    i, strength = at.write_key, at.write_strength
    key, d_key = q[i : i + width], d_q[i : i + width]
    if wiring.masking:
        j = at.write_mask
        d_q[strength] = address.masked_content_backward(
            key, q[j : j + width], floor, q[strength], memory, products[heads],
            trail.inverse[t, b, heads], found, d_found, d_memory, d_key, d_q[j : j + width],
            masked, d_inverse,
        )  # fmt: skip
    else:
        d_inverse[:] = _ZERO
        d_q[strength] = address.content_backward(
            key, q[strength], products[heads], inverse, found, d_found, d_inverse, d_key
        )
        for n in range(slots):
            d_inverse[n] *= -inverse[n] * inverse[n] * inverse[n]
        for m in range(width):
            x, y, k, total = memory[m], d_memory[m], key[m], _ZERO
            for n in range(slots):
                total += d_found[n] * x[n]
                y[n] += k * d_found[n] + d_inverse[n] * x[n]
            d_key[m] += total
    # allocation and usage
    d_used = grad.usage[b]
    address.allocate_backward(used, trail.order[t, b], ahead, d_room, d_used)
    address.usage_backward(
        trail.usage[t, b], trail.write[t, b], free, last, d_used, d_kept,
        d_q[at.free_gate : at.free_gate + heads], d_weights, d_read, spare,
    )  # fmt: skip


@njit(**KERNEL)
def _some_backward(
    low, high, d_visible, recurrent, interface, lengths, trail, grad, d_gates, d_parts, wiring,
    memories, inverses, links,
):  # fmt: skip
    steps, size = d_gates.shape[0], grad.hidden.shape[1]
    seen, slots, width = grad.reads.shape[1], grad.usage.shape[1], grad.memory.shape[1]
    heads, count = grad.read.shape[1], high - low
    vectors = np.empty((8, max(slots, width)), np.float32)
    left, right = np.empty((2 * heads, width), np.float32), np.empty((2 * heads, slots), np.float32)
    spare, d_keys = (
        np.empty((2 * heads + 4, slots), np.float32),
        np.empty((heads, width), np.float32),
    )
    d_hidden, d_state = (
        np.empty((count, size), np.float32),
        np.empty((count, seen + size), np.float32),
    )
    stop = 0
    for b in range(low, high):
        stop = max(stop, lengths[b])
    for t in range(stop, steps):
        d_gates[t, low:high] = _ZERO
        d_parts[t, low:high] = _ZERO
    first = (stop - 1) // wiring.every * wiring.every
    while first >= 0:
        end = min(first + wiring.every, stop)
        for b in range(low, high):
            if first < lengths[b]:
                i = b - low
                _again(
                    b, first, min(end, lengths[b]), trail, wiring, memories[i], inverses[i],
                    links[i], vectors[0, :slots], vectors[1],
                )  # fmt: skip
        for t in range(end - 1, first - 1, -1):
            k = t - first
            for b in range(low, high):
                i = b - low
                if t >= lengths[b]:
                    d_parts[t, b] = _ZERO
                    continue
                d = grad.reads[b]
                for j in range(seen):
                    d[j] += d_visible[t, b, j]
                _access_backward(
                    t, b, d.reshape(heads, width), trail, wiring, grad, memories[i, k],
                    memories[i, k + 1], inverses[i, k], inverses[i, k + 1], links[i, k],
                    d_parts[t, b], vectors, left, right, spare, d_keys,
                )  # fmt: skip
            product(d_parts[t, low:high], interface, d_hidden)
            for b in range(low, high):
                i = b - low
                if t >= lengths[b]:
                    d_gates[t, b] = _ZERO
                    continue
                x, y, z = d_hidden[i], grad.hidden[b], d_visible[t, b, seen:]
                for j in range(size):
                    x[j] += y[j] + z[j]
                _lstm_backward(
                    trail.gates[t, b], trail.inner[t, b], trail.inner[t + 1, b], x, grad.inner[b],
                    d_gates[t, b],
                )  # fmt: skip
            product(d_gates[t, low:high], recurrent, d_state)
            for b in range(low, high):
                if t < lengths[b]:
                    grad.reads[b] = d_state[b - low, :seen]
                    grad.hidden[b] = d_state[b - low, seen:]
        first -= wiring.every


@njit(**KERNEL)
def backward(
    low, high, d_visible, recurrent, interface, lengths, trail, grad, d_gates, d_parts, scratch,
    wiring,
):  # fmt: skip
    """Go back through `forward`; `grad` turns from the last state's gradient into the first's.

    Shapes:
        d_visible ``(T, B, R*M+H)`` the gradient of reads and hidden units after each step,
        recurrent ``(4H, R*M+H)``, interface ``(P, H)`` -> d_gates ``(T, B, 4H)``, d_parts ``(T, B,
        P)``, zeros where a sequence has ended.
    """
    batch = lengths.size
    mine = (low * wiring.threads + batch - 1) // batch  # which thread this is
    memories, inverses, links = scratch.memory[mine], scratch.inverse[mine], scratch.link[mine]
    for some in range(low, high, wiring.together):
        _some_backward(
            some, min(some + wiring.together, high), d_visible, recurrent, interface, lengths,
            trail, grad, d_gates, d_parts, wiring, memories, inverses, links,
        )  # fmt: skip
