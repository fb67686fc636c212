"""What every attention mechanism of a decoder offers: one step, a whole sequence, state as a value.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` slots, ``K`` key width, ``V`` value width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from recollect.cells.base import map_state
from recollect.memory import Memory
from recollect.score import Score
from recollect.trace import record

__all__ = ["Attended", "Mechanism", "reorder", "repeat"]

S = TypeVar("S", bound=tuple)


class Attended(NamedTuple):
    """What a mechanism made of one query, or of a sequence of them.

    Shapes:
        read ``(B, V)`` and weights ``(B, N)`` of one step, or ``(B, T, V)`` and ``(B, T, N)`` of
        all; state after the last.
    """

    read: Tensor
    weights: Tensor
    state: Any


class Mechanism(nn.Module, ABC, Generic[S]):
    r"""Read a memory with queries that come one after the other.

    .. math:: (\alpha_t, s_t) = \mathrm{weigh}(q_t, M, s_{t-1}), \qquad
              c_t = \sum_j \alpha_{tj} v_j

    A `recollect.Reader` weighs each query by itself; a mechanism may look at what it weighed
    before: at the last weights, at their sum, at a position. All of that is the state, a NamedTuple
    of tensors that is passed in and returned; the module keeps none. A leaf has `weigh` and
    `initial_state`. `recollect.testing.check_mechanism` tests the contract.

    Args:
        score: compares queries with keys; its key-only work is done once, by `bind`.

    Shapes:
        forward: query ``(B, query size)``, memory, state -> `Attended`.
    """

    def __init__(self, score: Score):
        super().__init__()
        self.score = score

    def bind(
        self, keys: Tensor, values: Tensor | None = None, mask: Tensor | None = None
    ) -> Memory:
        """Make the memory that every step reads, such as an encoder's outputs.

        Shapes:
            keys ``(B, N, key size)``, values ``(B, N, V)`` (None: the keys), mask ``(B, N)``
            boolean or None, True = may be read -> `Memory`.

        Raises:
            ValueError: `keys` has no three axes, or values or mask do not fit it.
        """
        values = keys if values is None else values
        if keys.dim() != 3 or values.shape[:2] != keys.shape[:2]:
            raise ValueError(
                f"keys and values are (B, N, width) of the same B and N, not "
                f"{tuple(keys.shape)} and {tuple(values.shape)}."
            )
        if mask is not None and (mask.shape != keys.shape[:2] or mask.dtype != torch.bool):
            raise ValueError(
                f"the mask is boolean {tuple(keys.shape[:2])}, True = may be read, "
                f"not {mask.dtype} {tuple(mask.shape)}."
            )
        return Memory(
            self.score.embed_keys(keys), values, None if mask is None else mask.unsqueeze(1)
        )

    @abstractmethod
    def initial_state(self, memory: Memory) -> S:
        """Return the state before the first step over a memory."""

    @abstractmethod
    def weigh(self, query: Tensor, memory: Memory, state: S) -> tuple[Tensor, S]:
        """Weigh the slots for one query ``(B, query size)``: weights ``(B, N)`` and the state."""

    def forward(self, query: Tensor, memory: Memory, state: S) -> Attended:
        """Take one step; see the class."""
        weights, state = self.weigh(query, memory, state)
        record(self, weights=weights)
        return Attended(_mix(weights.unsqueeze(1), memory).squeeze(1), weights, state)

    def sequence(self, queries: Tensor, memory: Memory, state: S | None = None) -> Attended:
        """Take as many steps as there are queries.

        The same as `forward` query by query; a mechanism without memory of its steps does it at
        once.

        Shapes:
            queries ``(B, T, query size)`` -> `Attended` with ``(B, T, V)`` and ``(B, T, N)``.
        """
        state = self.initial_state(memory) if state is None else state
        steps = []
        for query in queries.unbind(1):
            weights, state = self.weigh(query, memory, state)
            steps.append(weights)
        batch, slots = memory.keys.shape[:2]
        weights = torch.stack(steps, 1) if steps else memory.values.new_zeros(batch, 0, slots)
        return self.attended(weights, memory, state)

    def attended(self, weights: Tensor, memory: Memory, state: S) -> Attended:
        """Read with the weights of a whole target: how a `sequence` ends.

        Shapes:
            weights ``(B, T, N)`` -> `Attended`.
        """
        record(self, weights=weights)
        return Attended(_mix(weights, memory), weights, state)

    def scores(self, query: Tensor, memory: Memory) -> Tensor:
        """Score all slots for one query ``(B, query size)``: ``(B, N)``, masked ones too."""
        return self.all_scores(query.unsqueeze(1), memory).squeeze(1)

    def all_scores(self, queries: Tensor, memory: Memory) -> Tensor:
        """Score all slots for queries ``(B, T, query size)``: ``(B, T, N)``, masked ones too."""
        return self.score(self.score.embed_query(queries), memory.keys)


def _mix(weights: Tensor, memory: Memory) -> Tensor:
    return weights.to(memory.values.dtype) @ memory.values


def readable(memory: Memory) -> Tensor | None:
    """The mask of a mechanism's memory as ``(B, N)``.

    Shapes:
        memory with a mask ``(B, 1, N)`` or None -> ``(B, N)`` or None.
    """
    return None if memory.mask is None else memory.mask.squeeze(1)


def reorder(state: Any, index: Tensor) -> Any:
    """Take other rows of a state or a `Memory`: what a beam search does between steps.

    Shapes:
        tensors ``(B, ...)``, index ``(M,)`` -> the same structure, ``(M, ...)``.

    >>> memory = Memory(torch.zeros(2, 3, 4), torch.zeros(2, 3, 5))
    >>> reorder(memory, torch.tensor([1, 1, 0])).keys.shape
    torch.Size([3, 3, 4])
    """
    return map_state(lambda x: x.index_select(0, index), state)


def repeat(state: Any, times: int) -> Any:
    """Give every row of a state or a `Memory` so many copies, one behind the other.

    Shapes:
        tensors ``(B, ...)`` -> the same structure, ``(B * times, ...)``.

    Raises:
        ValueError: `times` is below 1.
    """
    if times < 1:
        raise ValueError(f"a row is repeated at least once, not {times} times.")
    return map_state(lambda x: x.repeat_interleave(times, 0), state)
