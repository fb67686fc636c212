"""Decoders whose choice of a slot is a hidden variable, summed out exactly.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``V`` vocabulary, ``D``
widths.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from recollect.functional import marginal, monotone_likelihood, monotone_step
from recollect.functional.monotonic import NEVER
from recollect.memory import Memory
from recollect.models.sequence.decoder import PAD, Decoder
from recollect.models.sequence.dropout import Dropout
from recollect.models.sequence.encoder import Encoded
from recollect.models.sequence.gru import run_gru
from recollect.score import Score

__all__ = ["HiddenChoiceDecoder", "HiddenChoiceState"]


class HiddenChoiceState(NamedTuple):
    """What a `HiddenChoiceDecoder` carries from token to token.

    Shapes:
        hidden ``(B, size)``; belief ``(B, N)``, log-probability of the slot read last given all
        that was said; likely ``(B, N, V)``, log-probabilities of what each slot would have said, to
        see which said it, with `keep` one of zeros; weights ``(B, N)``, of the last step; mask
        ``(B, N)``; step ``(B,)``; memory. Without any slot, belief, likely and memory have one of
        zeros.
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

    What every slot would say of every word takes ``B * T * N * V`` numbers. For large vocabularies
    `keep` sums over the likeliest slots of a step alone, whose weights are scaled up to a sum of 1,
    and `chunk` makes some steps at a time and makes them again for the gradient.

    Args:
        vocab: number of tokens.
        size: width of embeddings and states.
        memory_size: width of the encoder's memory and summary.
        score: compares states with slots.
        monotone: never go back to an earlier slot.
        dropout: on embeddings and before the readout.
        keep: how many slots a step may read, the likeliest; None sums over all.
        chunk: steps of a target that are made at once; None makes all.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.

    Raises:
        ValueError: `keep` or `chunk` is below 1, or `keep` is given with `monotone`, whose slots
            all lead to others.
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
        keep: int | None = None,
        chunk: int | None = None,
    ):
        super().__init__()
        if keep is not None and (keep < 1 or monotone):
            raise ValueError(
                f"keep={keep}, monotone={monotone}: keep 1 slot or more of a decoder that is not "
                "monotone, or None for all"
            )
        if chunk is not None and chunk < 1:
            raise ValueError(f"chunk is {chunk}: make 1 step or more at once, or None for all")
        self.keep, self.chunk = keep, chunk
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
            nothing.new_zeros(batch, slots if self.keep is None else 1, self.vocab),
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
            moved = monotone_step(belief, scores.squeeze(1), mask)
            later = (state.step > 0).unsqueeze(-1)
            log_weights = torch.where(later, moved, log_weights)
        if self.keep is None:
            likely = self._emissions(out, state.memory).squeeze(1)  # (B, N, V)
            both = log_weights.unsqueeze(-1) + likely
        else:
            kept, slots = self._likeliest(log_weights.unsqueeze(1), state.memory)
            said = self._emissions(out, slots).squeeze(1)  # (B, keep, V)
            both, likely = kept.squeeze(1).unsqueeze(-1) + said, state.likely
            log_weights = self._among_all(kept, log_weights.unsqueeze(1)).squeeze(1)
        told = both.logsumexp(1).log_softmax(-1)
        weights = log_weights.exp()[:, : state.mask.shape[1]] * state.mask
        after = state._replace(
            hidden=out.squeeze(1),
            belief=log_weights,
            likely=likely,
            weights=weights,
            step=state.step + 1,
        )
        return told, after

    def log_likelihood(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-likelihood of whole targets, summed over all choices at once.

        Shapes:
            target ``(B, T)``, each from `BOS` to `EOS`, then `PAD` -> ``(B,)``.
        """
        state = self.start(encoded)
        words = self.dropout(self.embed(target[:, :-1]))
        out, _ = run_gru(self.rnn, words, start=state.hidden.unsqueeze(0))
        scores, said = self._scores(out, state.memory), target[:, 1:]  # (B, T, N)
        mask = self._choices(state)
        log_weights = self._log_weights(scores, mask.unsqueeze(1))
        if self.keep is not None:
            kept, slots = self._likeliest(log_weights, state.memory)
            return (marginal(kept, self._said(out, slots, said)) * (said != PAD)).sum(-1)
        emissions = self._said(out, state.memory, said)
        if not self.monotone:
            steps = marginal(log_weights, emissions, mask.unsqueeze(1))
            return (steps * (said != PAD)).sum(-1)
        steps = (said != PAD).sum(-1)
        return monotone_likelihood(scores, emissions, mask.unsqueeze(1), steps=steps)

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

    def _likeliest(self, log_weights: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """The weights of the likeliest slots of each step, (B, T, keep), and a memory of these."""
        assert self.keep is not None
        some, index = log_weights.topk(min(self.keep, log_weights.shape[-1]), -1)
        rows = torch.arange(len(index), device=index.device).view(-1, 1, 1)
        return some.log_softmax(-1), Memory(memory.keys, memory.values[rows, index])

    def _among_all(self, kept: Tensor, log_weights: Tensor) -> Tensor:
        """The weights of the likeliest slots among those of all, which are about -10,000."""
        index = log_weights.topk(kept.shape[-1], -1).indices
        return torch.full_like(log_weights, NEVER).scatter(-1, index, kept)

    def _said(self, states: Tensor, memory: Memory, said: Tensor) -> Tensor:
        """How likely each slot would say what was said: states (B, T, D) -> (B, T, N)."""
        steps = states.shape[1]
        if self.chunk is None or self.chunk >= steps:
            return self._chosen(states, memory.values, said)
        parts, values = [], memory.values
        for at in range(0, steps, self.chunk):
            some = slice(at, at + self.chunk)
            mine = values[:, some] if values.dim() == 4 else values
            given = (states[:, some], mine, said[:, some])
            parts.append(checkpoint(self._chosen, *given, use_reentrant=False))
        return torch.cat(parts, 1)

    def _chosen(self, states: Tensor, values: Tensor, said: Tensor) -> Tensor:
        likely = self._emissions(states, Memory(values, values))
        index = said[:, :, None, None].expand(-1, -1, likely.shape[2], 1)
        return likely.gather(-1, index).squeeze(-1)

    def _emissions(self, states: Tensor, memory: Memory) -> Tensor:
        """What each slot would say at each step, ``(B, T, N, V)``; a memory may be of each step."""
        values = memory.values if memory.values.dim() == 4 else memory.values.unsqueeze(1)
        both = self.from_state(states).unsqueeze(2) + values
        return log_p(self.readout(self.dropout(torch.tanh(both))))


def log_p(logits: Tensor) -> Tensor:
    """Log-probabilities, in float32 where the logits are narrower."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(-1)
