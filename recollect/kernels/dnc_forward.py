"""A DNC over a whole sequence, for a slice of the batch; `dnc_backward` is the way back.

Steps are the outer loop and samples the inner one, so that a step's products with the weights are
two products of matrices. The memory and the links are changed in place, and copied every few steps
for the way back. All else that a step made is kept, a few vectors a slot.

Shape letters as in `recollect.kernels.dnc_layout`.
"""

import numpy as np
from numba import njit

from recollect.kernels import dnc_address as address
from recollect.kernels.dnc_link import relink_and_follow
from recollect.kernels.dnc_slots import lstm, slot_lengths, write_slots
from recollect.kernels.maths import KERNEL, sigmoid
from recollect.kernels.matrix import inner, product

__all__ = ["forward"]

_ZERO, _ONE = np.float32(0), np.float32(1)


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
    write_slots(erase, add, weights, kept, memory, memory, inverse, ahead)
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
        slot_lengths(state.memory[b], inverse[b - low])
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
                lstm(
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
