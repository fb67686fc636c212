"""Decoders whose choice of a slot is a hidden variable, summed out exactly.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``V`` vocabulary, ``D``
widths.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.functional import (
    entropy,
    marginal,
    monotone_forward,
    monotone_transitions,
    reinforce,
)
from recollect.functional.monotonic import NEVER
from recollect.memory import Memory
from recollect.models.sequence.decoder import PAD, Decoder
from recollect.models.sequence.dropout import Dropout
from recollect.models.sequence.encoder import Encoded
from recollect.models.sequence.gru import run_gru
from recollect.score import Score

__all__ = ["HiddenChoiceDecoder", "HiddenChoiceState", "SampledChoiceDecoder"]


class HiddenChoiceState(NamedTuple):
    """What a `HiddenChoiceDecoder` carries from token to token.

    Shapes:
        hidden ``(B, size)``; belief ``(B, N)``, log-probability of the slot read last given all
        that was said; likely ``(B, N, V)``, log-probabilities of what each slot would have said, to
        see which said it; weights ``(B, N)``, of the last step; mask ``(B, N)``; step ``(B,)``;
        memory. Without any slot, belief, likely and memory have one of zeros.
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
    was read, so that both sums are exact; there is nothing to sample and no bound. A source with
    nothing to read is read as zeros.

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
        self.dropout = Dropout(dropout)

    def start(self, encoded: Encoded) -> HiddenChoiceState:
        """Return the state before the first token."""
        read = encoded.memory
        if not read.shape[1]:  # a slot of zeros, so that there is something to sum over
            read = read.new_zeros(len(read), 1, read.shape[2])
        memory = Memory(self.score.embed_keys(read), self.from_slot(read))
        batch, slots = read.shape[:2]
        nothing = read.new_zeros(batch, slots)
        return HiddenChoiceState(
            torch.tanh(self.first(encoded.summary)),
            nothing,
            nothing.new_zeros(batch, slots, self.vocab),
            torch.zeros_like(encoded.mask, dtype=read.dtype),
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
        scores, mask = self._scores(out, state.memory), self._choices(state)
        log_weights = self._log_weights(scores, mask.unsqueeze(1)).squeeze(1)
        if self.monotone:
            index = token.view(-1, 1, 1).expand(-1, state.likely.shape[1], 1)
            seen = state.belief + state.likely.gather(-1, index).squeeze(-1)
            belief = seen.log_softmax(-1)
            jumps = self._jumps(scores, mask).squeeze(1)
            moved = (belief.unsqueeze(-1) + jumps).logsumexp(-2)
            later = (state.step > 0).unsqueeze(-1)
            log_weights = torch.where(later, moved, log_weights)
        likely = self._emissions(out, state.memory).squeeze(1)  # (B, N, V)
        log_p = (log_weights.unsqueeze(-1) + likely).logsumexp(1).log_softmax(-1)
        weights = log_weights.exp()[:, : state.mask.shape[1]] * state.mask
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
        words = self.dropout(self.embed(target[:, :-1]))
        out, _ = run_gru(self.rnn, words, start=state.hidden.unsqueeze(0))
        scores = self._scores(out, state.memory)  # (B, T, N)
        said = target[:, 1:]
        index = said[:, :, None, None].expand(-1, -1, scores.shape[2], 1)
        emissions = self._emissions(out, state.memory).gather(-1, index).squeeze(-1)
        mask = self._choices(state)
        log_weights = self._log_weights(scores, mask.unsqueeze(1))
        if not self.monotone:
            steps = marginal(log_weights, emissions, mask.unsqueeze(1))
            return (steps * (said != PAD)).sum(-1)
        emissions = emissions.masked_fill(~mask.unsqueeze(1), NEVER)
        jumps = self._jumps(scores[:, 1:], mask)
        count = (said != PAD).sum(-1)
        return monotone_forward(log_weights[:, 0], jumps, emissions, steps=count)

    def _scores(self, states: Tensor, memory: Memory) -> Tensor:
        return self.score(self.score.embed_query(states), memory.keys)

    @staticmethod
    def _choices(state: HiddenChoiceState) -> Tensor:
        """What may be chosen: where nothing may be read all slots, which are zeros and alike."""
        mask = state.mask if state.mask.shape[1] else state.mask.new_zeros(len(state.mask), 1)
        return mask | ~mask.any(-1, keepdim=True)

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
        return _log_p(self.readout(self.dropout(torch.tanh(both))))


def _log_p(logits: Tensor) -> Tensor:
    """Log-probabilities, in float32 where the logits are narrower."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1)


class SampledChoiceDecoder(Decoder):
    r"""Train a hidden choice by samples of it instead of the sum: REINFORCE.

    .. math:: \log p(y_t) \ge \mathbb{E}_{z \sim \alpha_t} \log p(y_t \mid s_t, h_z)

    Xu et al. 2015, section 4.1. In training `log_likelihood` is the bound by some samples, with the
    score-function gradient for the weights (the other samples are the baseline) and a reward for
    entropy; otherwise it is the exact sum, so that what was trained by samples is judged as what
    was trained exactly. Samples come from torch's global generator.

    Args:
        inner: the decoder, of order 0.
        samples: of every choice.
        bonus: weight of the entropy.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.

    Raises:
        ValueError: `samples` is below 1, or `inner` is monotone.
    """

    def __init__(self, inner: HiddenChoiceDecoder, *, samples: int = 4, bonus: float = 0.01):
        super().__init__()
        if samples < 1 or inner.monotone:
            raise ValueError(
                f"samples={samples}, monotone={inner.monotone}: at least one sample of a choice "
                "that depends on no other (monotone=False)"
            )
        self.vocab, self.inner, self.samples, self.bonus = inner.vocab, inner, samples, bonus

    def start(self, encoded: Encoded) -> HiddenChoiceState:
        """Return the state before the first token."""
        return self.inner.start(encoded)

    def step(self, token: Tensor, state: HiddenChoiceState) -> tuple[Tensor, HiddenChoiceState]:
        """Read the last token; see `Decoder.step`."""
        return self.inner.step(token, state)

    def weights(self, state: HiddenChoiceState) -> Tensor:
        """Return the distribution over slots of the last step."""
        return self.inner.weights(state)

    def log_likelihood(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return the bound in training, the exact sum otherwise.

        Shapes:
            target ``(B, T)``, each from `BOS` to `EOS`, then `PAD` -> ``(B,)``.
        """
        if not self.training:
            return self.inner.log_likelihood(target, encoded)
        inner, state, said = self.inner, self.inner.start(encoded), target[:, 1:]
        words = inner.dropout(inner.embed(target[:, :-1]))
        out, _ = run_gru(inner.rnn, words, start=state.hidden.unsqueeze(0))
        scores = inner._scores(out, state.memory)
        mask = inner._choices(state).unsqueeze(1)
        log_weights = inner._log_weights(scores, mask)  # (B, T, N)
        drawn = torch.distributions.Categorical(logits=log_weights.detach()).sample(
            torch.Size((self.samples,))
        )  # (S, B, T)
        width = state.memory.values.shape[-1]
        slots = state.memory.values.unsqueeze(0).expand(self.samples, -1, -1, -1)
        read = slots.gather(2, drawn.unsqueeze(-1).expand(-1, -1, -1, width))
        log_p = _log_p(inner.readout(inner.dropout(torch.tanh(inner.from_state(out) + read))))
        index = said.expand(self.samples, -1, -1).unsqueeze(-1)
        rewards = log_p.gather(-1, index).squeeze(-1)
        chosen = log_weights.expand(self.samples, -1, -1, -1).gather(-1, drawn.unsqueeze(-1))
        learn = -reinforce(chosen.squeeze(-1), rewards)
        learn = learn + self.bonus * entropy(log_weights.exp())
        steps = rewards.mean(0) + (learn - learn.detach())  # the value is the bound alone
        return (steps * (said != PAD)).sum(-1)
