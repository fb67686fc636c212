"""Monotonic alignments of a whole target in one call, forwards and backwards.

The references are `recollect.functional.monotonic`, `stepwise_monotonic`, a step a call. The first
works in logarithms, for the published product form divides by what vanishes; the recursion itself
only adds and multiplies positive numbers, and a loop can run it as it stands.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` slots.
"""

import numpy as np
from numba import njit

from recollect.kernels.maths import KERNEL

__all__ = ["stepping", "stepping_backward", "stopping", "stopping_backward"]

# Below, a chance is none: numbers too small for a normal float would cost a hundred times as much.
_NONE = np.float32(1e-30)


@njit(**KERNEL)
def stopping(low, high, ahead, stop, go, first, weights):
    """Expect where a reader stops: `stop` (B, T, N) is the chance to, `go` that to pass on.

    reached_j = before_{j-ahead} + go_{j-1} reached_{j-1};  weights_j = stop_j reached_j

    The first step begins as `first` says, the next ones so many slots `ahead` of the last.
    """
    steps, slots = stop.shape[1:]
    for b in range(low, high):
        before, shift = first[b], 0
        for t in range(steps):
            p, g, w = stop[b, t], go[b, t], weights[b, t]
            none = reached = before[0] * 0
            for j in range(slots):
                if j:
                    reached *= g[j - 1]
                if j >= shift:
                    reached += before[j - shift]
                if reached < _NONE:
                    reached = none
                w[j] = p[j] * reached
            before, shift = w, ahead


@njit(**KERNEL)
def stopping_backward(
    low, high, ahead, stop, go, first, weights, upstream, to_stop, to_go, to_first
):
    """Turn gradients of `weights` into those of `stop`, `go` and `first`; `upstream` is used up."""
    steps, slots = stop.shape[1:]
    reach = np.empty_like(first[0])
    for b in range(low, high):
        for t in range(steps - 1, -1, -1):
            p, g, shift = stop[b, t], go[b, t], ahead if t else 0
            before = weights[b, t - 1] if t else first[b]
            onto = upstream[b, t - 1] if t else to_first[b]
            none = reached = back = before[0] * 0
            for j in range(slots):
                if j:
                    reached *= g[j - 1]
                if j >= shift:
                    reached += before[j - shift]
                if reached < _NONE:
                    reached = none
                reach[j] = reached
            for j in range(slots - 1, -1, -1):
                to_stop[b, t, j] = upstream[b, t, j] * reach[j]
                to_go[b, t, j] = back * reach[j]
                back = upstream[b, t, j] * p[j] + back * g[j]
                if j >= shift:
                    onto[j - shift] += back


@njit(**KERNEL)
def stepping(low, high, stay, move, first, weights):
    """Expect where a reader is that stays or goes to the next slot.

    weights_j = before_j stay_j + before_{j-1} move_{j-1}
    """
    steps, slots = stay.shape[1:]
    for b in range(low, high):
        before = first[b]
        for t in range(steps):
            s, m, w = stay[b, t], move[b, t], weights[b, t]
            for j in range(slots):
                w[j] = before[j] * s[j]
            for j in range(1, slots):
                w[j] += before[j - 1] * m[j - 1]
            before = w


@njit(**KERNEL)
def stepping_backward(low, high, stay, move, first, weights, upstream, to_stay, to_move, to_first):
    """Turn gradients of `weights` into those of `stay`, `move`, `first`; `upstream` is used up."""
    steps, slots = stay.shape[1:]
    for b in range(low, high):
        for t in range(steps - 1, -1, -1):
            before = weights[b, t - 1] if t else first[b]
            onto = upstream[b, t - 1] if t else to_first[b]
            up = upstream[b, t]
            for j in range(slots):
                to_stay[b, t, j] = up[j] * before[j]
                onto[j] += up[j] * stay[b, t, j]
            to_move[b, t, slots - 1] = 0
            for j in range(slots - 1):
                to_move[b, t, j] = up[j + 1] * before[j]
                onto[j] += up[j + 1] * move[b, t, j]
