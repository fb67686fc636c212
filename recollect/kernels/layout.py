"""What a memory-network kernel reads and writes: plain arrays, made without a compiler."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Facts", "Groups", "Sizes", "Weights", "Wiring"]


class Facts(NamedTuple):
    """A data set, encoded once: a sentence is a row of word ids, a question's memory a run of rows.

    Shapes:
        ``S`` sentences, ``Q`` questions, ``J`` words at most.
    """

    words: NDArray[np.int32]  # (S, J), 0 after the last word
    lengths: NDArray[np.int32]  # (S,)
    first: NDArray[np.int32]  # (Q,) the oldest sentence in memory
    count: NDArray[np.int32]  # (Q,) how many are in memory
    question: NDArray[np.int32]  # (Q, J)
    question_length: NDArray[np.int32]  # (Q,)
    answer: NDArray[np.int32]  # (Q,)


class Groups(NamedTuple):
    """Questions about one story: those of group g are ``members[begins[g] : begins[g + 1]]``.

    Shapes:
        ``Q`` questions, ``G`` groups.
    """

    members: NDArray[np.int64]  # (Q,)
    begins: NDArray[np.int64]  # (G + 1,)


class Sizes(NamedTuple):
    """The sizes of an entity network, and of the longest story it is shown."""

    vocab: int
    slots: int
    words: int
    width: int
    longest: int


class Wiring(NamedTuple):
    """Which table plays which part, and the numbers that do not change while training.

    Shapes:
        ``K`` hops, ``J`` words, ``T`` tables of width ``D``.
    """

    keys: NDArray[np.int64]  # (K,) the table of each hop's keys
    values: NDArray[np.int64]  # (K,)
    query: int
    answer: int
    low: int  # tables low .. high-1 embed the memory
    high: int
    slots: int
    first_time: int  # the row of time word 1, the most recent sentence
    masked: bool  # False: empty slots take softmax mass, as in the official code
    rectified: bool  # True: the state passes a ReLU after every hop
    position: NDArray[np.float32]  # (J+1, T*D) the weight of each word and of the time word


class Weights(NamedTuple):
    """Parameters, or their gradients.

    Shapes:
        ``V`` words and time words, ``T`` tables of width ``D``.
    """

    tables: NDArray[np.float32]  # (V, T*D): one word's rows of all tables lie together
    carry: NDArray[np.float32]  # (D, D), the map of the state between hops; (0, 0) for the identity
