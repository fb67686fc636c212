"""Attention near a position: Luong's location, local-m and local-p, and Graves' moving window.

Shape letters: ``B`` batch, ``N`` slots, ``M`` components of a mixture.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.functional import softmax
from recollect.mechanisms.base import Attended, Mechanism
from recollect.memory import Memory
from recollect.score import DotScore, Score

__all__ = [
    "GaussianAttention",
    "GaussianState",
    "LocalAttention",
    "PositionAttention",
    "StepState",
]


class StepState(NamedTuple):
    """How many steps were taken.

    Shapes:
        step ``(B,)``.
    """

    step: Tensor


class PositionAttention(Mechanism[StepState]):
    r"""Weigh slots by their number alone, as the query says.

    .. math:: \alpha_t = \mathrm{softmax}(W q_t)

    Luong, Pham and Manning 2015, equation 8, "location".

    Args:
        query_size: width of the queries.
        slots: the most slots a memory may have.

    Shapes:
        query ``(B, query_size)``, memory of up to `slots` slots, state -> `Attended`.

    Raises:
        ValueError: in use, the memory has more slots than that.
    """

    def __init__(self, query_size: int, *, slots: int):
        super().__init__(DotScore())
        self.map = nn.Linear(query_size, slots)

    def initial_state(self, memory: Memory) -> StepState:
        """Return a state of no steps."""
        return _start(memory)

    def weigh(self, query: Tensor, memory: Memory, state: StepState) -> tuple[Tensor, StepState]:
        """Weigh the slots for one query."""
        return self._weigh(query.unsqueeze(1), memory).squeeze(1), StepState(state.step + 1)

    def sequence(self, queries: Tensor, memory: Memory, state: StepState | None = None) -> Attended:
        """Weigh the slots for all queries at once; see `Mechanism.sequence`."""
        state = self.initial_state(memory) if state is None else state
        after = StepState(state.step + queries.shape[1])
        return self.attended(self._weigh(queries, memory), memory, after)

    def _weigh(self, queries: Tensor, memory: Memory) -> Tensor:
        slots = memory.keys.shape[1]
        if slots > self.map.out_features:
            raise ValueError(
                f"a memory of {slots} slots for a position attention over "
                f"{self.map.out_features}: make it with slots={slots} or more."
            )
        return softmax(self.map(queries)[..., :slots], memory.mask)


class LocalAttention(Mechanism[StepState]):
    r"""Weigh the slots of a window around a position, by content times a Gaussian.

    .. math:: p_t = \begin{cases} t & \text{local-m} \\
              N \, \sigma(v^\top \tanh(W q_t)) & \text{local-p} \end{cases} \qquad
              \alpha_{tj} = \mathrm{softmax}_{|j - p_t| \le D}(e_t)_j \,
              \exp \frac{-(j - p_t)^2}{2 (D/2)^2}

    Luong, Pham and Manning 2015, section 3.2; N is the number of readable slots of each sequence.
    In the paper only local-p has the Gaussian, and its weights are not normalized again.

    Args:
        score: how queries and keys are compared.
        query_size: width of the queries; None is local-m, whose position is the number of the step.
        radius: the window's half width D.
        renormalize: scale the weights to a sum of 1 after the Gaussian.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended`.

    Raises:
        ValueError: `radius` is below 1.
    """

    def __init__(
        self,
        score: Score,
        *,
        query_size: int | None = None,
        radius: int = 10,
        renormalize: bool = False,
    ):
        super().__init__(score)
        if radius < 1:
            raise ValueError(f"the window's half width is at least 1 slot, not {radius}.")
        self.radius, self.renormalize = radius, renormalize
        self.position = None
        if query_size is not None:
            self.position = nn.Sequential(
                nn.Linear(query_size, query_size, bias=False),
                nn.Tanh(),
                nn.Linear(query_size, 1, bias=False),
            )

    def initial_state(self, memory: Memory) -> StepState:
        """Return a state of no steps."""
        return _start(memory)

    def weigh(self, query: Tensor, memory: Memory, state: StepState) -> tuple[Tensor, StepState]:
        """Weigh the slots for one query."""
        weights = self._weigh(query.unsqueeze(1), memory, state.step.unsqueeze(1))
        return weights.squeeze(1), StepState(state.step + 1)

    def sequence(self, queries: Tensor, memory: Memory, state: StepState | None = None) -> Attended:
        """Weigh the slots for all queries at once; see `Mechanism.sequence`."""
        state = self.initial_state(memory) if state is None else state
        count = queries.shape[1]
        steps = state.step.unsqueeze(1) + torch.arange(count, device=queries.device)
        weights = self._weigh(queries, memory, steps)
        return self.attended(weights, memory, StepState(state.step + count))

    def _weigh(self, queries: Tensor, memory: Memory, steps: Tensor) -> Tensor:
        """Weigh for queries ``(B, T, query size)`` at steps ``(B, T)``: ``(B, T, N)``."""
        batch, slots = memory.keys.shape[:2]
        mask = memory.mask
        scores = self.all_scores(queries, memory)
        wide = _wide(scores.dtype)
        at = torch.arange(slots, dtype=wide, device=scores.device)
        if self.position is None:
            centre = steps.to(wide).unsqueeze(-1)
        else:
            count = at.new_full((batch, 1, 1), slots) if mask is None else mask.sum(-1, True)
            centre = count * self.position(queries).to(wide).sigmoid()
        away = at - centre  # (B, T, N)
        window = away.abs() <= self.radius
        weights = softmax(scores, window if mask is None else window & mask)
        if self.position is not None:
            weights = weights * (-away.square() / (2 * (self.radius / 2) ** 2)).exp()
        if self.renormalize:
            weights = weights / weights.sum(-1, keepdim=True).clamp(min=1e-6)
        return weights.to(scores.dtype)


class GaussianState(NamedTuple):
    """Where the windows stand.

    Shapes:
        centres ``(B, M)``, in slots.
    """

    centres: Tensor


class GaussianAttention(Mechanism[GaussianState]):
    r"""Weigh slots by a mixture of Gaussians that only move forward.

    .. math:: \kappa_t = \kappa_{t-1} + \exp(\hat\kappa_t), \qquad
              \alpha_{tj} = \sum_m \omega_{tm} \exp\bigl(-\beta_{tm} (\kappa_{tm} - j)^2\bigr)

    Graves 2013, "Generating sequences with recurrent neural networks", equations 46 to 51: weights
    need not sum to 1. With `normalized` the mixture weights are a softmax and each component has an
    area of 1 over all slots.

    Args:
        query_size: width of the queries.
        components: how many Gaussians M.
        normalized: see above.

    Shapes:
        query ``(B, query_size)``, memory, state -> `Attended`.
    """

    def __init__(self, query_size: int, *, components: int = 5, normalized: bool = False):
        super().__init__(DotScore())
        self.components, self.normalized = components, normalized
        self.map = nn.Linear(query_size, 3 * components)

    def initial_state(self, memory: Memory) -> GaussianState:
        """Return windows that stand before the first slot."""
        batch = memory.keys.shape[0]
        kind = {"dtype": _wide(memory.values.dtype), "device": memory.values.device}
        return GaussianState(torch.full((batch, self.components), -1.0, **kind))

    def weigh(
        self, query: Tensor, memory: Memory, state: GaussianState
    ) -> tuple[Tensor, GaussianState]:
        """Move the windows as one query says, and weigh the slots."""
        weights, state = self._weigh(query.unsqueeze(1), memory, state)
        return weights.squeeze(1), state

    def sequence(
        self, queries: Tensor, memory: Memory, state: GaussianState | None = None
    ) -> Attended:
        """Move the windows through all queries at once; see `Mechanism.sequence`."""
        state = self.initial_state(memory) if state is None else state
        weights, state = self._weigh(queries, memory, state)
        return self.attended(weights, memory, state)

    def _weigh(
        self, queries: Tensor, memory: Memory, state: GaussianState
    ) -> tuple[Tensor, GaussianState]:
        mask = memory.mask
        amount, narrow, step = self.map(queries).chunk(3, -1)  # (B, T, M)
        # the exponential of an untrained map is unbounded: a step of e^5 slots is enough
        moved = step.clamp(max=5.0).exp().to(state.centres.dtype)
        centres = state.centres.unsqueeze(1) + moved.cumsum(1)
        at = torch.arange(memory.keys.shape[1], dtype=centres.dtype, device=queries.device)
        away = (centres.unsqueeze(-1) - at).square()  # (B, T, M, N)
        width = F.softplus(narrow).unsqueeze(-1) + 1e-3
        if self.normalized:
            share = softmax(-width * away, None if mask is None else mask.unsqueeze(1))
            weights = (amount.softmax(-1).unsqueeze(-1) * share).sum(-2)
        else:
            bumps = amount.clamp(max=5.0).exp().unsqueeze(-1) * (-width * away).exp()
            weights = bumps.sum(-2)
            weights = weights if mask is None else weights * mask
        after = GaussianState(centres[:, -1]) if queries.shape[1] else state
        return weights.to(queries.dtype), after


def _wide(dtype: torch.dtype) -> torch.dtype:
    """A type that tells positions apart: bfloat16 has no 257."""
    return torch.promote_types(dtype, torch.float32)


def _start(memory: Memory) -> StepState:
    return StepState(torch.zeros(memory.keys.shape[0], dtype=torch.long, device=memory.keys.device))
