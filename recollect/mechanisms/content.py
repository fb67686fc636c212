"""Attention by content alone, soft or with one slot drawn: no step knows of the others.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` slots.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from recollect.functional import Normalize, hardmax, softmax
from recollect.mechanisms.base import Attended, Mechanism, readable
from recollect.memory import Memory
from recollect.score import Score

__all__ = ["ContentAttention", "ContentState", "HardAttention", "HardState"]


class ContentState(NamedTuple):
    """Nothing: a step by content needs no other.

    Shapes:
        no tensors.
    """


class ContentAttention(Mechanism[ContentState]):
    r"""Weigh slots by their score alone: Bahdanau's and Luong's global attention.

    .. math:: \alpha_t = \mathrm{normalize}(\mathrm{score}(q_t, K))

    Bahdanau, Cho and Bengio 2015, section 3.1; Luong, Pham and Manning 2015, section 3.1.

    Args:
        score: how queries and keys are compared.
        normalize: turns scores into weights.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended`.
    """

    def __init__(self, score: Score, *, normalize: Normalize = softmax):
        super().__init__(score)
        self.normalize = normalize

    def initial_state(self, memory: Memory) -> ContentState:
        """Return the empty state."""
        return ContentState()

    def weigh(
        self, query: Tensor, memory: Memory, state: ContentState
    ) -> tuple[Tensor, ContentState]:
        """Weigh the slots for one query."""
        return self.normalize(self.scores(query, memory), readable(memory)), state

    def sequence(
        self, queries: Tensor, memory: Memory, state: ContentState | None = None
    ) -> Attended:
        """Weigh the slots for all queries at once; see `Mechanism.sequence`."""
        weights = self.normalize(self.all_scores(queries, memory), memory.mask)
        return self.attended(weights, memory, ContentState())


class HardState(NamedTuple):
    """What was drawn last, and how likely it was.

    Shapes:
        log_chosen ``(B,)``: log-probability of the slot drawn last, with its gradient; 0 where
        nothing could be drawn.
    """

    log_chosen: Tensor


class HardAttention(Mechanism[HardState]):
    r"""Draw one slot a step, in training; read the likeliest one otherwise.

    .. math:: z_t \sim \mathrm{softmax}(\mathrm{score}(q_t, K)), \qquad c_t = v_{z_t}

    Xu et al. 2015, "Show, attend and tell", section 4.1. No gradient flows through the choice:
    train it with `recollect.functional.reinforce` on `HardState.log_chosen`, or do without samples
    by `recollect.functional.marginal` on the weights of a `ContentAttention`, clamped above 0. The
    state tells of one step: draw step by step to keep what each was worth. Samples come from
    torch's global generator.

    Args:
        score: how queries and keys are compared.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended` with one-hot weights.
    """

    def initial_state(self, memory: Memory) -> HardState:
        """Return a state in which nothing was drawn."""
        return HardState(memory.values.new_zeros(memory.values.shape[0]))

    def weigh(self, query: Tensor, memory: Memory, state: HardState) -> tuple[Tensor, HardState]:
        """Draw or choose a slot for one query."""
        weights, log_chosen = self._choose(query.unsqueeze(1), memory)
        return weights.squeeze(1), HardState(log_chosen.squeeze(1))

    def sequence(self, queries: Tensor, memory: Memory, state: HardState | None = None) -> Attended:
        """Draw or choose a slot for every query at once; see `Mechanism.sequence`."""
        weights, log_chosen = self._choose(queries, memory)
        if queries.shape[1]:
            state = HardState(log_chosen[:, -1])
        return self.attended(weights, memory, state or self.initial_state(memory))

    def _choose(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """One-hot weights ``(B, T, N)``, and how likely each choice was, ``(B, T)``."""
        scores = self.all_scores(queries, memory)
        probabilities = softmax(scores, memory.mask)
        if self.training and probabilities.numel():
            # a row without a readable slot has no mass to draw from; it is hidden again below
            some = probabilities.sum(-1, keepdim=True) > 0
            drawn = torch.where(some, probabilities, torch.ones_like(probabilities))
            index = torch.multinomial(drawn.detach().float().flatten(0, 1), 1).view_as(some)
            weights = torch.zeros_like(probabilities).scatter(-1, index, 1.0) * some
        else:
            weights = hardmax(scores, memory.mask).detach()
        chosen = (probabilities * weights).sum(-1)
        floor = torch.finfo(chosen.dtype).tiny
        return weights, torch.where(weights.sum(-1) > 0, chosen.clamp(min=floor).log(), 0.0)
