"""Attention that never goes back: monotonic, chunkwise and stepwise.

In training they take the exact expectation over alignments; with ``hard`` they decode one slot at a
time, in linear time.

Shape letters: ``B`` batch, ``N`` slots.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.functional import (
    chunkwise,
    first_slot,
    hard_monotonic,
    monotonic,
    stepwise_monotonic,
)
from recollect.mechanisms.base import Attended, Mechanism, readable
from recollect.mechanisms.paths import monotonic_path, stepwise_path
from recollect.memory import Memory
from recollect.score import Score

__all__ = [
    "ChunkwiseAttention",
    "MonotonicAttention",
    "MonotonicState",
    "StepwiseAttention",
]


class MonotonicState(NamedTuple):
    """Where the last step stopped.

    Shapes:
        stops ``(B, N)``: a distribution, one-hot in hard decoding; what is missing from a sum of 1
        has run past the last slot.
    """

    stops: Tensor


class MonotonicAttention(Mechanism[MonotonicState]):
    r"""Go forward over the slots and stop at one a step.

    .. math:: p_{tj} = \sigma(\mathrm{score}(q_t, k_j) + r + \epsilon), \qquad
              \epsilon \sim \mathcal{N}(0, \text{noise}^2) \text{ in training}

    Raffel et al. 2017, "Online and linear-time attention by enforcing monotonic alignments": the
    expected weights are `recollect.functional.monotonic`, and the noise drives p to 0 or 1, so that
    hard decoding reads the same. The learnt offset r begins below 0, or all weight stays on the
    first slots. The paper's score is additive with a normalized v: ``additive(...,
    normalized=True)``.

    Args:
        score: how queries and keys are compared.
        offset: first value of r: -4 for sources of hundreds of slots, -1 for words.
        noise: standard deviation of the noise in training.
        hard: outside training, read the first slot with more than even odds.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended` whose weights sum to at most 1.
    """

    def __init__(
        self, score: Score, *, offset: float = -4.0, noise: float = 1.0, hard: bool = False
    ):
        super().__init__(score)
        self.noise, self.hard = noise, hard
        self.offset = nn.Parameter(torch.tensor(float(offset)))

    def initial_state(self, memory: Memory) -> MonotonicState:
        """Return a state that stands on the first readable slot."""
        return _begin(memory)

    def weigh(
        self, query: Tensor, memory: Memory, state: MonotonicState
    ) -> tuple[Tensor, MonotonicState]:
        """Weigh the slots for one query."""
        energy = _noisy(self, self.scores(query, memory) + self.offset)
        move = hard_monotonic if self.hard and not self.training else monotonic
        weights = move(energy, state.stops, readable(memory))
        return weights, MonotonicState(weights)

    def sequence(
        self, queries: Tensor, memory: Memory, state: MonotonicState | None = None
    ) -> Attended:
        """Weigh the slots for all queries in turn; see `Mechanism.sequence`."""
        if (self.hard and not self.training) or not queries.shape[1]:
            return super().sequence(queries, memory, state)
        state = self.initial_state(memory) if state is None else state
        energy = _noisy(self, self.all_scores(queries, memory) + self.offset)
        weights = monotonic_path(energy, state.stops, memory.mask)
        return self.attended(weights, memory, MonotonicState(weights[:, -1]))


class ChunkwiseAttention(Mechanism[MonotonicState]):
    r"""Stop monotonically, then attend softly to the chunk of slots that ends there (MoChA).

    .. math:: \beta_{tj} = \sum_{k=j}^{j+W-1} \alpha_{tk}
              \frac{\exp u_{tj}}{\sum_{l=k-W+1}^{k} \exp u_{tl}}

    Chiu and Raffel 2018, "Monotonic chunkwise attention". The stops are those of
    `MonotonicAttention`; a second score gives u.

    Args:
        score: where to stop.
        within: the score inside a chunk, with the same sizes of query and key.
        width: slots of a chunk.
        offset: as in `MonotonicAttention`.
        noise: as in `MonotonicAttention`.
        hard: as in `MonotonicAttention`.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended`.

    Raises:
        ValueError: `width` is below 1.
    """

    def __init__(
        self,
        score: Score,
        within: Score,
        *,
        width: int = 4,
        offset: float = -4.0,
        noise: float = 1.0,
        hard: bool = False,
    ):
        super().__init__(score)
        if width < 1:
            raise ValueError(f"a chunk has at least one slot, not {width}.")
        self.within, self.width, self.noise, self.hard = within, width, noise, hard
        self.offset = nn.Parameter(torch.tensor(float(offset)))

    def bind(
        self, keys: Tensor, values: Tensor | None = None, mask: Tensor | None = None
    ) -> Memory:
        """Make the memory; its keys are those of both scores, side by side."""
        memory = super().bind(keys, values, mask)
        return memory._replace(keys=torch.cat([memory.keys, self.within.embed_keys(keys)], -1))

    def initial_state(self, memory: Memory) -> MonotonicState:
        """Return a state that stands on the first readable slot."""
        return _begin(memory)

    def weigh(
        self, query: Tensor, memory: Memory, state: MonotonicState
    ) -> tuple[Tensor, MonotonicState]:
        """Weigh the slots for one query."""
        mask = readable(memory)
        energy, inside = (e.squeeze(1) for e in self._energies(query.unsqueeze(1), memory))
        move = hard_monotonic if self.hard and not self.training else monotonic
        stops = move(energy, state.stops, mask)
        return chunkwise(inside, stops, self.width, mask), MonotonicState(stops)

    def sequence(
        self, queries: Tensor, memory: Memory, state: MonotonicState | None = None
    ) -> Attended:
        """Weigh the slots for all queries in turn; see `Mechanism.sequence`."""
        if (self.hard and not self.training) or not queries.shape[1]:
            return super().sequence(queries, memory, state)
        state = self.initial_state(memory) if state is None else state
        energy, inside = self._energies(queries, memory)
        stops = monotonic_path(energy, state.stops, memory.mask)
        weights = chunkwise(inside, stops, self.width, memory.mask)
        return self.attended(weights, memory, MonotonicState(stops[:, -1]))

    def _energies(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Of stopping and within a chunk, both ``(B, T, N)``."""
        asked, asked_within = (s.embed_query(queries) for s in (self.score, self.within))
        # the widths of mapped keys are those of the mapped queries, for every score
        keys, keys_within = memory.keys.split([asked.shape[-1], asked_within.shape[-1]], -1)
        energy = _noisy(self, self.score(asked, keys) + self.offset)
        return energy, self.within(asked_within, keys_within)


class StepwiseAttention(Mechanism[MonotonicState]):
    r"""Stay on a slot or go on to the next, one at a time.

    .. math:: \alpha_{tj} = \alpha_{t-1,j} p_{tj} + \alpha_{t-1,j-1} (1 - p_{t,j-1})

    He, Deng and He 2019, "Robust sequence-to-sequence acoustic modeling with stepwise monotonic
    attention". No slot is skipped, which suits speech and spelling; weights sum to 1
    wherever a slot may be read.

    Args:
        score: how queries and keys are compared; a high score stays.
        noise: standard deviation of the noise on scores in training.
        hard: outside training, take the likelier of the two.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended`.
    """

    def __init__(self, score: Score, *, noise: float = 1.0, hard: bool = False):
        super().__init__(score)
        self.noise, self.hard = noise, hard

    def initial_state(self, memory: Memory) -> MonotonicState:
        """Return a state that stands on the first readable slot."""
        return _begin(memory)

    def weigh(
        self, query: Tensor, memory: Memory, state: MonotonicState
    ) -> tuple[Tensor, MonotonicState]:
        """Weigh the slots for one query."""
        energy = self._energies(query.unsqueeze(1), memory).squeeze(1)
        weights = stepwise_monotonic(energy, state.stops, readable(memory))
        return weights, MonotonicState(weights)

    def sequence(
        self, queries: Tensor, memory: Memory, state: MonotonicState | None = None
    ) -> Attended:
        """Weigh the slots for all queries in turn; see `Mechanism.sequence`."""
        if not queries.shape[1]:
            return super().sequence(queries, memory, state)
        state = self.initial_state(memory) if state is None else state
        weights = stepwise_path(self._energies(queries, memory), state.stops, memory.mask)
        return self.attended(weights, memory, MonotonicState(weights[:, -1]))

    def _energies(self, queries: Tensor, memory: Memory) -> Tensor:
        energy = _noisy(self, self.all_scores(queries, memory))
        if self.hard and not self.training:
            energy = torch.where(energy > 0, 1e4, -1e4).to(energy)
        return energy


def _noisy(
    mechanism: MonotonicAttention | ChunkwiseAttention | StepwiseAttention, energy: Tensor
) -> Tensor:
    if mechanism.training and mechanism.noise > 0:
        return energy + mechanism.noise * torch.randn_like(energy)
    return energy


def _begin(memory: Memory) -> MonotonicState:
    nothing = memory.values.new_zeros(memory.keys.shape[:2])
    return MonotonicState(first_slot(nothing, readable(memory)))
