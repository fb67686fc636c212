"""Where a DNC writes and reads, for one sample, an equation a function beside its backward.

The references are `functional.retention`, `usage`, `allocation`, `content_weights`, `sharpen_link`
and the masks of `DNCCell`. The memory is kept ``(M, N)``, so that every inner loop runs over slots.

Shape letters: ``N`` slots, ``M`` width of a slot, ``R`` reads, ``H`` heads.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import HELPER, exp, log, sigmoid, softmax, softplus

__all__ = [
    "allocate",
    "allocate_backward",
    "ascending",
    "content",
    "content_backward",
    "masked_content",
    "masked_content_backward",
    "retain",
    "sharpen",
    "sharpen_backward",
    "softmax3",
    "usage_backward",
]

_ZERO, _ONE = np.float32(0), np.float32(1)
_NORM, _EPS, _TIE = np.float32(1e-6), np.float32(1e-6), np.float32(1e-4)
_KEEP = _ONE - _EPS


@njit(**HELPER)
def softmax3(a, b, c):
    """Return the softmax of three numbers."""
    top = max(a, max(b, c))
    x, y, z = exp(a - top), exp(b - top), exp(c - top)
    scale = _ONE / (x + y + z)
    return x * scale, y * scale, z * scale


# ------------------------------------------------------------------------------
# how much of each slot is in use


@njit(**HELPER)
def retain(free, last, kept):
    """Set `kept` to the product over reads of 1 - sigmoid(free) last."""
    kept[:] = _ONE
    for r in range(last.shape[0]):
        gate, x = sigmoid(free[r]), last[r]
        for n in range(kept.size):
            kept[n] *= _ONE - gate * x[n]


@njit(**HELPER)
def usage_backward(before, written, free, last, d_used, d_kept, d_free, d_written, d_last, spare):
    """Go back through retention and usage.

    `d_used` becomes the gradient of the usage before; `d_kept` comes in from de-allocation and is
    changed; sets `d_free`, adds to `d_written` and `d_last`; `spare` is ``(R + 1, N)``.
    """
    reads, slots = last.shape
    ahead = spare[reads]
    ahead[:] = _ONE
    for r in range(reads):
        gate, x, y = sigmoid(free[r]), last[r], spare[r]
        for n in range(slots):
            y[n] = ahead[n]
            ahead[n] *= _ONE - gate * x[n]
    for n in range(slots):
        d_kept[n] += d_used[n] * (before[n] + written[n] - before[n] * written[n])
        d = d_used[n] * ahead[n]
        d_used[n] = d * (_ONE - written[n])
        d_written[n] += d * (_ONE - before[n])
    for r in range(reads - 1, -1, -1):
        gate, x, y, dx, total = sigmoid(free[r]), last[r], spare[r], d_last[r], _ZERO
        for n in range(slots):
            d = -d_kept[n] * y[n]
            total += d * x[n]
            dx[n] += d * gate
            d_kept[n] *= _ONE - gate * x[n]
        d_free[r] = total * gate * (_ONE - gate)


# ------------------------------------------------------------------------------
# allocation


@njit(**HELPER)
def _merge_sort(keys, spare):
    """Sort integers in place: runs of eight by insertion, then merges."""
    size = keys.size
    for low in range(0, size, 8):
        for i in range(low + 1, min(low + 8, size)):
            key, j = keys[i], i
            while j > low and keys[j - 1] > key:
                keys[j] = keys[j - 1]
                j -= 1
            keys[j] = key
    width = 8
    while width < size:
        for low in range(0, size, 2 * width):
            middle, high = min(low + width, size), min(low + 2 * width, size)
            if middle == high or keys[middle - 1] <= keys[middle]:
                continue
            for i in range(low, middle):
                spare[i] = keys[i]
            i, j, k = low, middle, low
            while i < middle and j < high:
                if spare[i] <= keys[j]:
                    keys[k] = spare[i]
                    i += 1
                else:
                    keys[k] = keys[j]
                    j += 1
                k += 1
            while i < middle:
                keys[k] = spare[i]
                i, k = i + 1, k + 1
        width *= 2


@njit(**HELPER)
def ascending(used, order, keys, spare):
    """Set `order` to the slots from the least used on, by number where they are used alike.

    A number and its slot make one integer; what is at least 0 sorts by its bits.
    """
    slots = used.size
    bits, low = used.view(np.int32), np.int64(0xFFFFFFFF)
    for n in range(slots):
        keys[n] = (np.int64(max(bits[n], np.int32(0))) << 32) | np.int64(n)
    _merge_sort(keys, spare)
    level, last = np.int64(0), used[keys[0] & low]
    for j in range(slots):
        n = keys[j] & low
        if (used[n] - last) * _KEEP > _TIE:
            level += 1
        last = used[n]
        keys[j] = (level << 32) | n
    _merge_sort(keys, spare)
    for j in range(slots):
        order[j] = np.int32(keys[j] & low)


@njit(**HELPER)
def allocate(used, order, room, ahead):
    """Set `room` to how free each slot is, and `ahead` to the product of the usages before it."""
    product = _ONE
    for j in range(order.size):
        n = order[j]
        u = _EPS + _KEEP * used[n]
        ahead[n] = product
        room[n] = (_ONE - u) * product
        product *= u
        if product < np.float32(1e-30):  # denormal numbers are slow, and nothing is left
            product = _ZERO


@njit(**HELPER)
def allocate_backward(used, order, ahead, d_room, d_used):
    """Add to `d_used`."""
    behind = _ZERO
    for j in range(order.size - 1, -1, -1):
        n = order[j]
        u = _EPS + _KEEP * used[n]
        d_used[n] += _KEEP * ahead[n] * (behind - d_room[n])
        behind = d_room[n] * (_ONE - u) + u * behind


# ------------------------------------------------------------------------------
# content: softmax(β cos(k, M))


@njit(**HELPER)
def _inverse_length(key):
    square = _NORM
    for m in range(key.size):
        square += key[m] * key[m]
    return _ONE / np.sqrt(square)


@njit(**HELPER)
def content(key, strength, products, inverse, weights):
    """Set `weights` from the products of key and slots and the inverse lengths of the slots."""
    scale = (_ONE + softplus(strength)) * _inverse_length(key)
    for n in range(weights.size):
        weights[n] = products[n] * inverse[n] * scale
    softmax(weights)


@njit(**HELPER)
def content_backward(key, strength, products, inverse, weights, d, d_inverse, d_key):
    """Turn `d`, the gradient of the weights, into that of the products.

    Adds to `d_inverse`, sets `d_key` to what reaches the key through its length, and returns the
    gradient of the strength.
    """
    short = _inverse_length(key)
    beta, mean, d_scale = _ONE + softplus(strength), _ZERO, _ZERO
    scale = beta * short
    for n in range(weights.size):
        mean += weights[n] * d[n]
    for n in range(weights.size):
        g = weights[n] * (d[n] - mean)
        d_scale += g * products[n] * inverse[n]
        d_inverse[n] += g * scale * products[n]
        d[n] = g * scale * inverse[n]
    back = -short * short * short * beta * d_scale
    for m in range(key.size):
        d_key[m] = back * key[m]
    return d_scale * short * sigmoid(strength)


@njit(**HELPER)
def masked_content(key, mask, floor, strength, memory, products, inverse, weights, masked):
    """Do as `content`, with key and slots seen through a mask; `masked` is ``(M,)`` for scratch."""
    width, slots = memory.shape
    products[:] = _ZERO
    inverse[:] = _NORM
    for m in range(width):
        share = floor + (_ONE - floor) * sigmoid(mask[m])
        square, x = share * share, memory[m]
        masked[m] = key[m] * share
        k = key[m] * square
        for n in range(slots):
            products[n] += k * x[n]
            inverse[n] += square * x[n] * x[n]
    for n in range(slots):
        inverse[n] = _ONE / np.sqrt(inverse[n])
    content(masked, strength, products, inverse, weights)


@njit(**HELPER)
def masked_content_backward(
    key, mask, floor, strength, memory, products, inverse, weights, d, d_memory, d_key, d_mask,
    masked, d_inverse,
):  # fmt: skip
    """Go back through `masked_content`; adds to `d_memory`, sets `d_key` and `d_mask`."""
    width, slots = memory.shape
    for m in range(width):
        masked[m] = key[m] * (floor + (_ONE - floor) * sigmoid(mask[m]))
    d_inverse[:] = _ZERO
    found = content_backward(masked, strength, products, inverse, weights, d, d_inverse, d_key)
    for n in range(slots):  # now the gradient of half the squared length
        d_inverse[n] *= -inverse[n] * inverse[n] * inverse[n]
    for m in range(width):
        gate = sigmoid(mask[m])
        share = floor + (_ONE - floor) * gate
        square, x, dx = share * share, memory[m], d_memory[m]
        k, inner, outer = key[m] * square, _ZERO, _ZERO
        for n in range(slots):
            inner += d[n] * x[n]
            outer += d_inverse[n] * x[n] * x[n]
            dx[n] += k * d[n] + square * d_inverse[n] * x[n]
        d_share = d_key[m] * key[m] + (inner * key[m] + inner * key[m] + outer) * share
        d_key[m] = d_key[m] * share + inner * square
        d_mask[m] = d_share * (_ONE - floor) * gate * (_ONE - gate)
    return found


# ------------------------------------------------------------------------------
# sharper links: softmax(s log(d + ε))


@njit(**HELPER)
def sharpen(raw, weights, out):
    """Set `out` to `weights` sharpened; `raw` is the emitted sharpness."""
    power = _ONE + softplus(raw)
    for n in range(out.size):
        out[n] = power * log(max(weights[n], _ZERO) + _EPS)
    softmax(out)


@njit(**HELPER)
def sharpen_backward(raw, weights, sharp, d):
    """Turn `d`, the gradient of `sharp`, into that of the weights; return that of `raw`."""
    power, mean, total = _ONE + softplus(raw), _ZERO, _ZERO
    for n in range(d.size):
        mean += sharp[n] * d[n]
    for n in range(d.size):
        w = max(weights[n], _ZERO) + _EPS
        g = sharp[n] * (d[n] - mean)
        total += g * log(w)
        d[n] = g * power / w if weights[n] >= _ZERO else _ZERO
    return total * sigmoid(raw)
