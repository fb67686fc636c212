"""Hidden choices trained by a bound on the likelihood: by samples, or by a posterior.

Both wrap a `HiddenChoiceDecoder`, and judge by its exact sum.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``V`` vocabulary, ``D``
widths, ``S`` samples.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recollect.functional import elbo, entropy, reinforce
from recollect.models.sequence.decoder import PAD, Decoder
from recollect.models.sequence.encoder import Encoded
from recollect.models.sequence.gru import run_gru
from recollect.models.sequence.hidden import HiddenChoiceDecoder, HiddenChoiceState, log_p
from recollect.score import Score

__all__ = ["SampledChoiceDecoder", "VariationalChoiceDecoder"]


class _Bounded(Decoder):
    """A decoder that trains another by a bound, and says and weighs what that one does."""

    def __init__(self, inner: HiddenChoiceDecoder):
        super().__init__()
        self.vocab, self.inner = inner.vocab, inner

    def start(self, encoded: Encoded) -> HiddenChoiceState:
        """Return the state before the first token."""
        return self.inner.start(encoded)

    def step(self, token: Tensor, state: HiddenChoiceState) -> tuple[Tensor, HiddenChoiceState]:
        """Read the last token; see `Decoder.step`."""
        return self.inner.step(token, state)

    def weights(self, state: HiddenChoiceState) -> Tensor:
        """Return the distribution over slots of the last step, which has not seen its token."""
        return self.inner.weights(state)


class SampledChoiceDecoder(_Bounded):
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
        ValueError: `samples` is below 1, or `inner` is monotone or keeps some slots alone.
    """

    def __init__(self, inner: HiddenChoiceDecoder, *, samples: int = 4, bonus: float = 0.01):
        super().__init__(inner)
        if samples < 1 or inner.monotone or inner.keep is not None:
            raise ValueError(
                f"samples={samples}, monotone={inner.monotone}, keep={inner.keep}: at least one "
                "sample of a choice that depends on no other, among all slots (monotone=False, "
                "keep=None)"
            )
        self.samples, self.bonus = samples, bonus

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
        said_by = log_p(inner.readout(inner.dropout(torch.tanh(inner.from_state(out) + read))))
        index = said.expand(self.samples, -1, -1).unsqueeze(-1)
        rewards = said_by.gather(-1, index).squeeze(-1)
        chosen = log_weights.expand(self.samples, -1, -1, -1).gather(-1, drawn.unsqueeze(-1))
        learn = -reinforce(chosen.squeeze(-1), rewards)
        learn = learn + self.bonus * entropy(log_weights.exp())
        steps = rewards.mean(0) + (learn - learn.detach())  # the value is the bound alone
        return (steps * (said != PAD)).sum(-1)


class VariationalChoiceDecoder(_Bounded):
    r"""Train a hidden choice by a posterior that has seen the whole target.

    .. math:: \log p(y_t) \ge \mathbb{E}_{z \sim q_t} \log p(y_t \mid s_t, h_z)
              - \mathrm{KL}(q_t \| \alpha_t), \qquad
              q_t = \mathrm{softmax}(\mathrm{score}(\mathrm{BiGRU}(y)_t, K))

    Deng et al. 2018, "Latent alignment and variational attention", section 4. In training
    `log_likelihood` is the bound, by enumeration or by samples of q with their score-function
    gradient; otherwise it is the exact sum, and the posterior is not asked. Samples come from
    torch's global generator.

    Args:
        inner: the decoder, of order 0.
        score: compares what the posterior read, of twice the width of the states, with slots.
        samples: of every choice, 2 or more; None enumerates.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.

    Raises:
        ValueError: `samples` is below 2, or `inner` is monotone or keeps some slots alone.
    """

    def __init__(self, inner: HiddenChoiceDecoder, *, score: Score, samples: int | None = None):
        super().__init__(inner)
        if inner.monotone or inner.keep is not None:
            raise ValueError(
                f"monotone={inner.monotone}, keep={inner.keep}: a posterior for each step needs "
                "choices that depend on no other, among all slots (monotone=False, keep=None)"
            )
        if samples is not None and samples < 2:
            raise ValueError(f"samples is {samples}; each is judged by the others: 2, or None")
        self.score, self.samples = score, samples
        size = inner.embed.embedding_dim
        self.reader = nn.GRU(size, size, batch_first=True, bidirectional=True)

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
        mask = inner._choices(state).unsqueeze(1)
        log_weights = inner._log_weights(inner._scores(out, state.memory), mask)  # (B, T, N)
        log_q = inner._log_weights(self._posterior(said, encoded), mask)
        if self.samples is None:
            likely = inner._said(out, state.memory, said)
            steps = elbo(log_q, log_weights, likely, mask)
        else:
            steps = self._sampled(out, state, said, log_q)
            steps = steps + (log_q.exp() * (log_weights - log_q)).masked_fill(~mask, 0).sum(-1)
        return (steps * (said != PAD)).sum(-1)

    def _posterior(self, said: Tensor, encoded: Encoded) -> Tensor:
        """Scores of the slots by what was said, before and after, ``(B, T, N)``."""
        words = self.inner.dropout(self.inner.embed(said))
        seen, _ = run_gru(self.reader, words, lengths=(said != PAD).sum(1))
        slots = encoded.memory
        if not slots.shape[1]:  # as `HiddenChoiceDecoder` has it
            slots = slots.new_zeros(len(slots), 1, slots.shape[2])
        return self.score(self.score.embed_query(seen), self.score.embed_keys(slots))

    def _sampled(
        self, out: Tensor, state: HiddenChoiceState, said: Tensor, log_q: Tensor
    ) -> Tensor:
        """The mean of what samples say of each token, with its gradient for the posterior."""
        inner, count = self.inner, self.samples
        assert count is not None
        drawn = torch.distributions.Categorical(logits=log_q.detach()).sample(torch.Size((count,)))
        width = state.memory.values.shape[-1]
        slots = state.memory.values.unsqueeze(0).expand(count, -1, -1, -1)
        read = slots.gather(2, drawn.unsqueeze(-1).expand(-1, -1, -1, width))
        said_by = log_p(inner.readout(inner.dropout(torch.tanh(inner.from_state(out) + read))))
        rewards = said_by.gather(-1, said.expand(count, -1, -1).unsqueeze(-1)).squeeze(-1)
        chosen = log_q.expand(count, -1, -1, -1).gather(-1, drawn.unsqueeze(-1)).squeeze(-1)
        learn = -reinforce(chosen, rewards)
        return rewards.mean(0) + (learn - learn.detach())  # the value is the bound alone
