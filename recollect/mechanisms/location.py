"""Attention that knows where it was: location-aware attention and coverage.

Shape letters: ``B`` batch, ``N`` slots, ``A`` hidden width of the score, ``F`` filters.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.functional import Normalize, softmax, unit
from recollect.functional.monotonic import first_slot
from recollect.mechanisms.base import Attended, Mechanism, readable
from recollect.mechanisms.located import BOTH, LAST, TOTAL, located_path, runs_located
from recollect.memory import Memory
from recollect.score import AdditiveScore

__all__ = ["CoverageAttention", "LocationAttention", "LocationState", "smooth"]


def smooth(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Turn scores into weights by sigmoids that share one sum: several slots may be read.

    .. math:: \alpha_j = \sigma(e_j) / \sum_k \sigma(e_k)

    Chorowski et al. 2015, "Attention-based models for speech recognition", section 2.3,
    "smoothing".

    Shapes:
        logits ``(..., N)``, mask broadcasting to them or None -> weights ``(..., N)``, zeros where
        no slot may be read.

    >>> smooth(torch.tensor([50.0, 50.0, -50.0]))
    tensor([5.0000e-01, 5.0000e-01, 9.6437e-23])
    """
    wide = logits.float() if logits.dtype in (torch.bfloat16, torch.float16) else logits
    if mask is not None:
        wide = wide.masked_fill(~mask, 0)  # whatever stands there, it may be infinite
    # in log space: far below 0 the sigmoids are as good as exponentials, and would all be 0
    return softmax(torch.nn.functional.logsigmoid(wide), mask).to(logits.dtype)


class LocationState(NamedTuple):
    """What was read last, and in all.

    Shapes:
        last ``(B, N)``, total ``(B, N)``.
    """

    last: Tensor
    total: Tensor


class LocationAttention(Mechanism[LocationState]):
    r"""Weigh slots by content and by where the weights lay before.

    .. math:: f_t = F * \alpha_{t-1}, \qquad
              e_{tj} = v^\top \tanh(W q_t + U k_j + V f_{tj} + b)

    Chorowski et al. 2015, equations 8 and 9. With `cumulative` the filters see the sum of all
    weights too (Shen et al. 2018, "Tacotron 2"). The state begins on the first slot.

    Args:
        score: the additive score that is extended; `recollect.additive` makes one.
        filters: how many convolution filters.
        width: of the filters, in slots; odd.
        cumulative: let them see the cumulative weights as well.
        normalize: turns scores into weights; `smooth` for Chorowski's smoothing.
        window: outside training, read only so many slots to each side of the last weights' median;
            None reads all.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended`.

    Raises:
        ValueError: `width` is even, or `window` below 1.
    """

    def __init__(
        self,
        score: AdditiveScore,
        *,
        filters: int = 10,
        width: int = 31,
        cumulative: bool = False,
        normalize: Normalize = softmax,
        window: int | None = None,
    ):
        super().__init__(score)
        if width % 2 == 0 or width < 1:
            raise ValueError(f"a filter is as wide to both sides, an odd number, not {width}.")
        if window is not None and window < 1:
            raise ValueError(f"a window of {window} slots: give 1 or more, or None for all.")
        self.cumulative, self.normalize, self.window = cumulative, normalize, window
        self.filters = nn.Conv1d(1 + cumulative, filters, width, padding=width // 2, bias=False)
        self.map = nn.Linear(filters, score.v.shape[0], bias=False)

    def initial_state(self, memory: Memory) -> LocationState:
        """Return a state that stands on the first readable slot."""
        return _begin(memory)

    def weigh(
        self, query: Tensor, memory: Memory, state: LocationState
    ) -> tuple[Tensor, LocationState]:
        """Weigh the slots for one query."""
        mask = readable(memory)
        seen = [state.last, state.total] if self.cumulative else [state.last]
        score = self.score
        assert isinstance(score, AdditiveScore)
        if memory.keys.shape[1]:
            found = self.map(self.filters(torch.stack(seen, 1)).mT)  # (B, N, A)
        else:
            found = torch.zeros_like(memory.keys)
        scores = score(score.embed_query(query.unsqueeze(1)), memory.keys + found).squeeze(1)
        if self.window is not None and not self.training:
            near = _near_median(state.last, self.window)
            mask = near if mask is None else near & mask
        weights = self.normalize(scores, mask)
        return weights, LocationState(weights, state.total + weights)

    def sequence(
        self, queries: Tensor, memory: Memory, state: LocationState | None = None
    ) -> Attended:
        """Weigh the slots for all queries in turn; see `Mechanism.sequence`.

        Under `recollect.functional.softmax` and without a window a kernel does it, in float32 on
        the CPU.
        """
        if self.normalize is not softmax or (self.window is not None and not self.training):
            return super().sequence(queries, memory, state)
        sees = BOTH if self.cumulative else LAST
        return _in_kernel(
            self, queries, memory, state, self.filters.weight, sees
        ) or super().sequence(queries, memory, state)


class CoverageAttention(Mechanism[LocationState]):
    r"""Weigh slots by content and by how much each was read in all.

    .. math:: c_t = \sum_{t' < t} \alpha_{t'}, \qquad
              e_{tj} = v^\top \tanh(W q_t + U k_j + w_c c_{tj} + b)

    See, Liu and Manning 2017, "Get to the point", equation 11; its loss is
    `recollect.functional.coverage_loss`.

    Args:
        score: the additive score that is extended.
        normalize: turns scores into weights.

    Shapes:
        query ``(B, query size)``, memory, state -> `Attended`.
    """

    def __init__(self, score: AdditiveScore, *, normalize: Normalize = softmax):
        super().__init__(score)
        self.normalize = normalize
        self.map = nn.Linear(1, score.v.shape[0], bias=False)

    def initial_state(self, memory: Memory) -> LocationState:
        """Return a state in which nothing was read."""
        nothing = memory.values.new_zeros(memory.keys.shape[:2])
        return LocationState(nothing, nothing)

    def weigh(
        self, query: Tensor, memory: Memory, state: LocationState
    ) -> tuple[Tensor, LocationState]:
        """Weigh the slots for one query."""
        score = self.score
        keys = memory.keys + self.map(state.total.unsqueeze(-1))
        scores = score(score.embed_query(query.unsqueeze(1)), keys).squeeze(1)
        weights = self.normalize(scores, readable(memory))
        return weights, LocationState(weights, state.total + weights)

    def sequence(
        self, queries: Tensor, memory: Memory, state: LocationState | None = None
    ) -> Attended:
        """Weigh the slots for all queries in turn; see `LocationAttention.sequence`."""
        if self.normalize is not softmax:
            return super().sequence(queries, memory, state)
        plain = self.map.weight.new_ones(1, 1, 1)  # one filter that sees the slot itself
        return _in_kernel(self, queries, memory, state, plain, TOTAL) or super().sequence(
            queries, memory, state
        )


def _in_kernel(
    mechanism: LocationAttention | CoverageAttention,
    queries: Tensor,
    memory: Memory,
    state: LocationState | None,
    filters: Tensor,
    sees: int,
) -> Attended | None:
    """Take the steps of a mechanism in its kernel, None where it does not run."""
    state = mechanism.initial_state(memory) if state is None else state
    score = mechanism.score
    assert isinstance(score, AdditiveScore)
    asked = score.embed_query(queries)
    if not runs_located(asked, memory.keys, state.last):
        return None
    v = score.v if score.length is None else score.length * unit(score.v)
    weights = located_path(
        asked, memory.keys, v, filters, mechanism.map.weight,
        mask=memory.mask, state=(state.last, state.total), sees=sees,
    )  # fmt: skip
    after = LocationState(weights[:, -1], state.total + weights.sum(1))
    return mechanism.attended(weights, memory, after)


def _begin(memory: Memory) -> LocationState:
    nothing = memory.values.new_zeros(memory.keys.shape[:2])
    return LocationState(first_slot(nothing, readable(memory)), nothing)


def _near_median(weights: Tensor, window: int) -> Tensor:
    """Which slots lie within `window` of the slot at which half of the weight is reached."""
    weights = weights.double()  # a long sum in few bits never reaches the half
    half = weights.sum(-1, keepdim=True) / 2
    median = (weights.cumsum(-1) < half).sum(-1, keepdim=True)
    at = torch.arange(weights.shape[-1], device=weights.device)
    return (at - median).abs() <= window
