"""Monotonic attention that never reads a slot twice.

Shape letters: ``B`` batch, ``N`` slots.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.functional import first_slot, hard_monotonic, monotonic
from recollect.mechanisms.base import Attended, Mechanism, readable
from recollect.mechanisms.paths import onward_path
from recollect.memory import Memory
from recollect.score import Score

__all__ = ["OnwardAttention", "OnwardState"]


class OnwardState(NamedTuple):
    """Where the next step begins.

    Shapes:
        begins ``(B, N)``: a distribution over the slot behind the last stop; what is missing from
        a sum of 1 has run past the last slot.
    """

    begins: Tensor


class OnwardAttention(Mechanism[OnwardState]):
    r"""Go forward over the slots and stop at a later one every step.

    .. math:: \alpha_{ij} = p_{ij} \sum_{k < j} \alpha_{i-1,k} \prod_{l=k+1}^{j-1} (1 - p_{il}),
              \qquad p_{ij} = \sigma(\mathrm{score}(q_i, k_j) + r + \epsilon)

    `MonotonicAttention` (Raffel et al. 2017, equation 9) may stop where it stopped before, so its
    queries have to tell the steps apart. Here the next step begins one slot on, and an energy that
    is high at the end of every word, whichever it is, reads word after word.

    Args:
        score: how queries and keys are compared.
        offset: first value of r.
        noise: standard deviation of the noise on the energies in training.
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

    def initial_state(self, memory: Memory) -> OnwardState:
        """Return a state that begins at the first readable slot."""
        nothing = memory.values.new_zeros(memory.keys.shape[:2])
        return OnwardState(first_slot(nothing, readable(memory)))

    def weigh(
        self, query: Tensor, memory: Memory, state: OnwardState
    ) -> tuple[Tensor, OnwardState]:
        """Weigh the slots for one query."""
        energy = self._energies(query.unsqueeze(1), memory).squeeze(1)
        move = hard_monotonic if self.hard and not self.training else monotonic
        weights = move(energy, state.begins, readable(memory))
        return weights, OnwardState(F.pad(weights, (1, 0))[..., : weights.shape[-1]])

    def sequence(
        self, queries: Tensor, memory: Memory, state: OnwardState | None = None
    ) -> Attended:
        """Weigh the slots for all queries in turn; see `Mechanism.sequence`."""
        if (self.hard and not self.training) or not queries.shape[1]:
            return super().sequence(queries, memory, state)
        state = self.initial_state(memory) if state is None else state
        weights = onward_path(self._energies(queries, memory), state.begins, memory.mask)
        begins = F.pad(weights[:, -1], (1, 0))[..., : weights.shape[-1]]
        return self.attended(weights, memory, OnwardState(begins))

    def _energies(self, queries: Tensor, memory: Memory) -> Tensor:
        energy = self.all_scores(queries, memory) + self.offset
        if self.training and self.noise > 0:
            energy = energy + self.noise * torch.randn_like(energy)
        return energy
