"""The way back through a DNC's sequence, for a slice of the batch; see `dnc_forward`.

Memory and links between two copies are made again from the first of them, for a few samples at a
time, so that they stay in the cache.

Shape letters as in `recollect.kernels.dnc_layout`.
"""

import numpy as np
from numba import njit

from recollect.kernels import dnc_address as address
from recollect.kernels.dnc_link import follow_backward, relink
from recollect.kernels.dnc_slots import (
    add_slot_lengths,
    lstm_backward,
    slot_lengths,
    write_slots,
    write_slots_backward,
)
from recollect.kernels.maths import KERNEL, sigmoid
from recollect.kernels.matrix import add_outer, inner, product

__all__ = ["backward"]

_ZERO, _ONE = np.float32(0), np.float32(1)


@njit(**KERNEL)
def _again(b, first, stop, trail, wiring, memory, inverse, link, kept, row):
    """Make memory and links of the steps ``first .. stop-1`` again from their copy."""
    at, width, copy = wiring.parts, memory.shape[1], first // wiring.every
    heads = trail.read.shape[2]
    memory[0] = trail.memories[copy, b]
    slot_lengths(memory[0], inverse[0])
    if wiring.links:
        link[0] = trail.links[copy, b]
    kept[:] = _ONE
    for t in range(first, stop):
        k, q = t - first, trail.parts[t, b]
        if wiring.deallocation:
            address.retain(q[at.free_gate : at.free_gate + heads], trail.read[t, b], kept)
        write_slots(
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
        add_slot_lengths(written, lengths, d_inverse, d_memory)
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
    write_slots_backward(
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
                lstm_backward(
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
