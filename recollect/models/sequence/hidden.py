"""Decoders whose choice of a slot is a hidden variable, summed out exactly.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``V`` vocabulary, ``D``
widths.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.functional import marginal, monotone_forward, monotone_transitions
from recollect.functional.monotonic import NEVER
from recollect.memory import Memory
from recollect.models.sequence.decoder import PAD, Decoder
from recollect.models.sequence.encoder import Encoded
from recollect.score import Score

__all__ = ["HiddenChoiceDecoder", "HiddenChoiceState"]


class HiddenChoiceState(NamedTuple):
    """What a `HiddenChoiceDecoder` carries from token to token.

    Shapes:
        hidden ``(B, size)``; belief ``(B, N)``, log-probability of the slot read last given all
        that was said; likely ``(B, N, V)``, log-probabilities of what each slot would have said, to
        see which said it; weights ``(B, N)``, of the last step; mask ``(B, N)``; step ``(B,)``;
        memory.
    """

    hidden: Tensor
    belief: Tensor
    likely: Tensor
    weights: Tensor
    mask: Tensor
    step: Tensor
    memory: Memory


class HiddenChoiceDecoder(Decoder):
    r"""Read exactly one slot a step, and sum over which: exact hard attention.

    .. math:: p(y_t \mid s_t) = \sum_j \alpha_{tj} \, \mathrm{softmax}(W \tanh(U [s_t; h_j]))

    Wu, Shapiro and Cotterell 2018 (order 0: every choice is made anew); with `monotone`, Wu and
    Cotterell 2019 (order 1: slots are read from left to right, a hidden Markov model whose
    transitions are scored by the state). The recurrent state sees only what was said, never what
    was read, so that both sums are exact; there is nothing to sample and no bound.

    Args:
        vocab: number of tokens.
        size: width of embeddings and states.
        memory_size: width of the encoder's memory and summary.
        score: compares states with slots.
        monotone: never go back to an earlier slot.
        dropout: on embeddings and before the readout.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.
    """

    def __init__(
        self,
        vocab: int,
        *,
        size: int,
        memory_size: int,
        score: Score,
        monotone: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.vocab, self.monotone, self.score = vocab, monotone, score
        self.embed = nn.Embedding(vocab, size)
        self.first = nn.Linear(memory_size, size)
        self.rnn = nn.GRU(size, size, batch_first=True)
        self.from_state = nn.Linear(size, size)
        self.from_slot = nn.Linear(memory_size, size, bias=False)
        self.readout = nn.Linear(size, vocab)
        self.dropout = nn.Dropout(dropout)

    def start(self, encoded: Encoded) -> HiddenChoiceState:
        """Return the state before the first token."""
        memory = Memory(self.score.embed_keys(encoded.memory), self.from_slot(encoded.memory))
        batch, slots = encoded.mask.shape
        nothing = encoded.memory.new_zeros(batch, slots)
        return HiddenChoiceState(
            torch.tanh(self.first(encoded.summary)),
            nothing,
            nothing.new_zeros(batch, slots, self.vocab),
            nothing,
            encoded.mask,
            torch.zeros(batch, dtype=torch.long, device=nothing.device),
            memory,
        )

    def weights(self, state: HiddenChoiceState) -> Tensor:
        """Return the distribution over slots of the last step, before its token was seen."""
        return state.weights

    def step(self, token: Tensor, state: HiddenChoiceState) -> tuple[Tensor, HiddenChoiceState]:
        """Read the last token, and with it learn which slot said it; see `Decoder.step`."""
        word = self.dropout(self.embed(token))
        out, _ = self.rnn(word.unsqueeze(1), state.hidden.unsqueeze(0))
        scores = self._scores(out, state.memory)
        log_weights = self._log_weights(scores, state.mask.unsqueeze(1)).squeeze(1)
        if self.monotone:
            index = token.view(-1, 1, 1).expand(-1, state.likely.shape[1], 1)
            seen = state.belief + state.likely.gather(-1, index).squeeze(-1)
            belief = seen.log_softmax(-1)
            moved = (belief.unsqueeze(-1) + self._jumps(scores, state.mask).squeeze(1)).logsumexp(
                -2
            )
            later = (state.step > 0).unsqueeze(-1)
            log_weights = torch.where(later, moved, log_weights)
        likely = self._emissions(out, state.memory).squeeze(1)  # (B, N, V)
        log_p = (log_weights.unsqueeze(-1) + likely).logsumexp(1).log_softmax(-1)
        weights = log_weights.exp() * state.mask
        after = state._replace(
            hidden=out.squeeze(1),
            belief=log_weights,
            likely=likely,
            weights=weights,
            step=state.step + 1,
        )
        return log_p, after

    def log_likelihood(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-likelihood of whole targets, summed over all choices at once.

        Shapes:
            target ``(B, T)``, each from `BOS` to `EOS`, then `PAD` -> ``(B,)``.
        """
        state = self.start(encoded)
        out, _ = self.rnn(self.dropout(self.embed(target[:, :-1])), state.hidden.unsqueeze(0))
        scores = self._scores(out, state.memory)  # (B, T, N)
        said = target[:, 1:]
        index = said[:, :, None, None].expand(-1, -1, scores.shape[2], 1)
        emissions = self._emissions(out, state.memory).gather(-1, index).squeeze(-1)
        log_weights = self._log_weights(scores, state.mask.unsqueeze(1))
        if not self.monotone:
            steps = marginal(log_weights, emissions, state.mask.unsqueeze(1))
            return (steps * (said != PAD)).sum(-1)
        emissions = emissions.masked_fill(~state.mask.unsqueeze(1), NEVER)
        jumps = self._jumps(scores[:, 1:], state.mask)
        count = (said != PAD).sum(-1)
        return monotone_forward(log_weights[:, 0], jumps, emissions, steps=count)

    def _scores(self, states: Tensor, memory: Memory) -> Tensor:
        return self.score(self.score.embed_query(states), memory.keys)

    @staticmethod
    def _log_weights(scores: Tensor, mask: Tensor) -> Tensor:
        return scores.masked_fill(~mask, NEVER).log_softmax(-1)

    @staticmethod
    def _jumps(scores: Tensor, mask: Tensor) -> Tensor:
        """Transitions ``(B, T, N, N)``: where to go is scored by the state alone."""
        slots = scores.shape[-1]
        return monotone_transitions(
            scores.unsqueeze(-2).expand(*scores.shape[:-1], slots, slots), mask.unsqueeze(1)
        )

    def _emissions(self, states: Tensor, memory: Memory) -> Tensor:
        """What each slot would say at each step, ``(B, T, N, V)``."""
        both = self.from_state(states).unsqueeze(2) + memory.values.unsqueeze(1)
        return self.readout(self.dropout(torch.tanh(both))).log_softmax(-1)
