"""A decoder whose answers are positions of its source.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``D`` widths.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.functional.monotonic import NEVER
from recollect.mechanisms import reorder
from recollect.models.sequence.decoder import BOS, EOS, UNKNOWN, Decoder
from recollect.models.sequence.encoder import Encoded
from recollect.score import Score

__all__ = ["PointerNetwork", "PointerState"]

FIRST = UNKNOWN + 1
"""The number of the first source position."""


class PointerState(NamedTuple):
    """What a `PointerNetwork` carries from token to token.

    Shapes:
        hidden ``(B, size)``; keys ``(B, 1 + N, D)`` and inputs ``(B, 1 + N, size)``, of the end and
        of every position; mask ``(B, N)``; used ``(B, N)``, what was pointed at; weights ``(B, N)``
        of the last step.
    """

    hidden: Tensor
    keys: Tensor
    inputs: Tensor
    mask: Tensor
    used: Tensor
    weights: Tensor


class PointerNetwork(Decoder):
    r"""Say positions of the source: the attention is the output.

    .. math:: u_{tj} = \mathrm{score}(s_t, h_j), \qquad
              p(y_t = j) = \mathrm{softmax}_j([u_{t, \mathrm{end}}; u_t])

    Vinyals, Fortunato and Jaitly 2015, "Pointer networks", section 2.3; the end is a learnt slot of
    its own. The token ``4 + j`` is position j, so that `greedy`, `sample` and `beam_search` say
    positions; the step that follows reads what stands there. The vocabulary is as long as the
    source: it grows with it.

    Args:
        memory_size: width of the encoder's memory and summary.
        size: width of inputs and states.
        score: compares states with positions.
        once: never point at a position again.
        dropout: on inputs and on what is scored.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, 4 + N)``.

    >>> from recollect import additive
    >>> decoder = PointerNetwork(6, size=4, score=additive(4, key_size=6))
    >>> mask = torch.ones(1, 3, dtype=torch.bool)
    >>> source = Encoded(torch.zeros(1, 3, 6), mask, torch.zeros(1, 6))
    >>> decoder(torch.tensor([[BOS, 4 + 2]]), source).shape
    torch.Size([1, 2, 7])
    """

    vocab = FIRST

    def __init__(
        self,
        memory_size: int,
        *,
        size: int,
        score: Score,
        once: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.score, self.once = score, once
        self.begin = nn.Parameter(torch.randn(size) * size**-0.5)
        self.end = nn.Parameter(torch.randn(memory_size) * memory_size**-0.5)
        self.first = nn.Linear(memory_size, size)
        self.map = nn.Linear(memory_size, size)
        self.rnn = nn.GRU(size, size, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def start(self, encoded: Encoded) -> PointerState:
        """Return the state before the first position."""
        batch = len(encoded.memory)
        end = self.end.to(encoded.memory.dtype).expand(batch, 1, -1)
        slots = torch.cat([end, encoded.memory], 1)
        nothing = torch.zeros_like(encoded.mask)
        return PointerState(
            torch.tanh(self.first(encoded.summary)),
            self.score.embed_keys(slots),
            self.map(slots),
            encoded.mask,
            nothing,
            nothing.to(encoded.memory.dtype),
        )

    def weights(self, state: PointerState) -> Tensor:
        """Return the probability of every position at the last step."""
        return state.weights

    def among_beams(self, state: PointerState, rows: Tensor) -> PointerState:
        """Take other rows; keys, inputs and mask are the source's. See `Decoder.among_beams`."""
        hidden, used, weights = reorder((state.hidden, state.used, state.weights), rows)
        return state._replace(hidden=hidden, used=used, weights=weights)

    def step(self, token: Tensor, state: PointerState) -> tuple[Tensor, PointerState]:
        """Read the position said last; log-probabilities ``(B, 4 + N)``; see `Decoder.step`."""
        log_p, hidden, used = self._steps(token.unsqueeze(1), state)
        log_p = log_p.squeeze(1)
        weights = log_p[:, FIRST:].exp() * state.mask
        return log_p, state._replace(hidden=hidden, used=used[:, -1], weights=weights)

    def forward(self, inputs: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-probabilities of every next position, all steps at once."""
        return self._steps(inputs, self.start(encoded))[0]

    def _steps(self, tokens: Tensor, state: PointerState) -> tuple[Tensor, Tensor, Tensor]:
        """Log-probabilities ``(B, T, 4 + N)``, the last hidden state, and what was used."""
        batch, steps = tokens.shape
        slots = state.mask.shape[1]
        place = tokens - FIRST
        at = torch.arange(slots, device=tokens.device)
        said = place.unsqueeze(-1) == at  # (B, T, N)
        used = state.used.unsqueeze(1) | (said.cumsum(1) > 0)
        # the end's input stands for all that is no position, and is replaced at the begin
        index = (place.clamp(min=-1) + 1).unsqueeze(-1).expand(-1, -1, state.inputs.shape[-1])
        words = state.inputs.gather(1, index)
        begin = self.begin.to(words.dtype).expand_as(words)
        words = torch.where((tokens == BOS).unsqueeze(-1), begin, words)
        out, hidden = self.rnn(self.dropout(words), state.hidden.unsqueeze(0))
        scores = self.score(self.score.embed_query(self.dropout(out)), state.keys)
        free = state.mask.unsqueeze(1).expand(batch, steps, slots)
        free = free & ~used if self.once else free
        allowed = torch.cat([torch.ones_like(free[..., :1]), free], -1) if slots else None
        if allowed is not None:
            scores = scores.masked_fill(~allowed, NEVER)
        log_p = scores.log_softmax(-1)
        never = log_p.new_full((batch, steps, FIRST), NEVER)
        never[..., EOS] = log_p[..., 0]
        return torch.cat([never, log_p[..., 1:]], -1), hidden.squeeze(0), used
