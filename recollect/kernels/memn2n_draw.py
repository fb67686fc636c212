"""Which questions a training step of a memory network takes, and the times of their memories.

The generator counts, so that batch i is a function of (seed, i) alone.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import KERNEL

__all__ = ["draw"]


@njit(**KERNEL)
def _mix(x):
    """Scramble 64 bits as SplitMix64 does."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(**KERNEL)
def _below(key, counter, limit):
    """Return draw `counter` of stream `key`, uniform on 0..limit-1."""
    x = _mix(key + np.uint64(counter + 1) * np.uint64(0x9E3779B97F4A7C15))
    return np.int64(((x >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32))


@njit(**KERNEL)
def _key(seed, step):
    return _mix(np.uint64(seed) * np.uint64(0xD1342543DE82EF95) + np.uint64(step) + np.uint64(1))


@njit(**KERNEL)
def _time(times, count, slots, noise, key, counter):
    """Choose `count` of the times ``1..count+blanks``, oldest first, clipped to the slots."""
    blanks = 0
    if noise > 0:
        blanks = _below(key, counter, np.int64(np.ceil(noise * count)) + 1)
    left, need, place = count + blanks, count, 0
    while need > 0:  # Knuth's algorithm S, from the oldest time down
        if need == left or _below(key, counter + 1 + left, left) < need:
            times[place] = min(left, slots)
            place += 1
            need -= 1
        left -= 1


@njit(**KERNEL)
def draw(counts, rows, batch, slots, noise, seed, step):
    """Draw the questions of a training step, with replacement, and the times of their memories."""
    key = _key(seed, step)
    picks = np.empty(batch, np.int64)
    times = np.zeros((batch, slots), np.int64)
    for b in range(batch):
        picks[b] = rows[_below(key, b, rows.size)]
        _time(times[b], counts[picks[b]], slots, noise, key, batch + b * (4 * slots + 8))
    return picks, times
