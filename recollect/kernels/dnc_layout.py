"""What a DNC's sequence kernel reads and writes: plain arrays, made without a compiler.

Shape letters: ``T`` steps, ``B`` batch, ``H`` hidden units, ``N`` slots, ``M`` width of a slot,
``R`` reads, ``P`` size of the interface, ``C`` copies, ``S`` samples at a time, ``K`` steps between
two copies.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Carried", "Parts", "Scratch", "Trail", "Wiring"]

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
