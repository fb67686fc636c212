"""A recurrent decoder, without attention or with any mechanism, before or after the step.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``V`` vocabulary, ``D``
widths.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from recollect.mechanisms import Mechanism, reorder
from recollect.memory import Memory
from recollect.models.sequence.decoder import PAD, Decoder, likelihood
from recollect.models.sequence.dropout import Dropout
from recollect.models.sequence.encoder import Encoded
from recollect.models.sequence.gru import run_gru

__all__ = ["Looked", "RecurrentDecoder", "RecurrentState"]


class Looked(NamedTuple):
    """What a `RecurrentDecoder` knows before it says a token.

    Shapes:
        of one step ``(B, ...)``, of all ``(B, T, ...)``: word, the embedded input, hidden and mixed
        ``(size)``; read ``(D)``, what was attended to or the summary; weights ``(N)``, None without
        a mechanism.
    """

    word: Tensor
    hidden: Tensor
    read: Tensor
    mixed: Tensor
    weights: Tensor | None


class RecurrentState(NamedTuple):
    """What a `RecurrentDecoder` carries from token to token.

    Shapes:
        hidden ``(B, size)``; fed ``(B, size)``, the last attentional state; summary ``(B, D)``;
        weights ``(B, N)`` of the last step; memory; attention, the mechanism's state. The last
        three are None without a mechanism.
    """

    hidden: Tensor
    fed: Tensor
    summary: Tensor
    weights: Tensor | None
    memory: Memory | None
    attention: Any


class RecurrentDecoder(Decoder):
    r"""A GRU that says one token after the other.

    Before the step (Bahdanau, Cho and Bengio 2015, section A.2.2):

    .. math:: c_t = \mathrm{attend}(s_{t-1}), \quad s_t = \mathrm{GRU}([E y_{t-1}; c_t], s_{t-1}),
              \quad \tilde h_t = \tanh(W [s_t; c_t; E y_{t-1}])

    After it (Luong, Pham and Manning 2015, section 3; with `feed`, section 3.3):

    .. math:: s_t = \mathrm{GRU}([E y_{t-1}; \tilde h_{t-1}], s_{t-1}), \quad
              c_t = \mathrm{attend}(s_t), \quad \tilde h_t = \tanh(W [s_t; c_t])

    Without a mechanism :math:`c_t` is the source's summary at every step (Cho et al. 2014). In all,
    :math:`s_0 = \tanh(W_0 \, \mathrm{summary})` and the next token is drawn by a softmax over
    :math:`\tilde h_t`.

    Args:
        vocab: number of tokens.
        size: width of embeddings and states.
        memory_size: width of the encoder's memory and summary.
        mechanism: how to attend, with queries of width `size`; None does not.
        before: attend before the step.
        feed: give the last attentional state to the step, where attention comes after it.
        dropout: on embeddings and on what the readout sees.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.

    Raises:
        ValueError: `feed` without a mechanism after the step.
    """

    _smooths = True

    def __init__(
        self,
        vocab: int,
        *,
        size: int,
        memory_size: int,
        mechanism: Mechanism | None = None,
        before: bool = False,
        feed: bool = False,
        dropout: float = 0.0,
    ):
        super().__init__()
        if feed and (before or mechanism is None):
            raise ValueError(
                "feed=True gives the step what attention after it made: give a mechanism, "
                "and before=False"
            )
        self.vocab, self.before, self.feed = vocab, before and mechanism is not None, feed
        self.mechanism = mechanism
        self.embed = nn.Embedding(vocab, size)
        self.first = nn.Linear(memory_size, size)
        more = memory_size if self.before or mechanism is None else size if feed else 0
        self.rnn = nn.GRU(size + more, size, batch_first=True)
        self.mix = nn.Linear(size + memory_size + (size if self.before else 0), size)
        self.readout = nn.Linear(size, vocab)
        self.dropout = Dropout(dropout)

    def start(self, encoded: Encoded) -> RecurrentState:
        """Return the state before the first token."""
        hidden = torch.tanh(self.first(encoded.summary))
        memory = attention = weights = None
        if self.mechanism is not None:
            memory = self.mechanism.bind(encoded.memory, mask=encoded.mask)
            attention = self.mechanism.initial_state(memory)
            weights = torch.zeros_like(encoded.mask, dtype=hidden.dtype)
        return RecurrentState(
            hidden, torch.zeros_like(hidden), encoded.summary, weights, memory, attention
        )

    def weights(self, state: RecurrentState) -> Tensor | None:
        """Return what the last step attended to."""
        return state.weights

    def among_beams(self, state: RecurrentState, rows: Tensor) -> RecurrentState:
        """Take other rows; summary and memory are the source's. See `Decoder.among_beams`."""
        taken = reorder(state._replace(memory=None), rows)
        return taken._replace(summary=state.summary, memory=state.memory)

    def step(self, token: Tensor, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
        """Read the last token; see `Decoder.step`."""
        looked, state = self.look_once(token, state)
        return self.say(looked.mixed), state

    def forward(self, inputs: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-probabilities of every next token, the inputs being given."""
        return self.say(self.look(inputs, encoded).mixed)

    def say(self, mixed: Tensor) -> Tensor:
        """Turn the attentional state into log-probabilities of the next token.

        Shapes:
            mixed ``(..., size)`` -> ``(..., V)``.
        """
        return self._logits(mixed).log_softmax(-1)

    def _logits(self, mixed: Tensor) -> Tensor:
        logits = self.readout(self.dropout(mixed))
        return logits.to(torch.promote_types(logits.dtype, torch.float32))

    def log_likelihood(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-likelihood of whole targets; nothing is said behind their ends.

        Shapes:
            target ``(B, T)``, each from `BOS` to `EOS`, then `PAD` -> ``(B,)``.
        """
        real = target[:, 1:] != PAD
        mixed = self.look(target[:, :-1], encoded).mixed
        return likelihood(self._logits(mixed[real]), target, self.smooth * self.training)

    def look(self, inputs: Tensor, encoded: Encoded) -> Looked:
        """Read given inputs and attend, without saying anything yet.

        Where no step needs what the one before attended to, all are taken at once.

        Shapes:
            inputs ``(B, T)``, `Encoded` -> `Looked` of all steps.
        """
        state, words = self.start(encoded), self.dropout(self.embed(inputs))
        weights = None
        if self.mechanism is None:
            read = state.summary.unsqueeze(1).expand(-1, inputs.shape[1], -1)
            out, _ = run_gru(
                self.rnn, torch.cat([words, read], -1), start=state.hidden.unsqueeze(0)
            )
        elif not self.before and not self.feed:
            out, _ = run_gru(self.rnn, words, start=state.hidden.unsqueeze(0))
            assert state.memory is not None
            read, weights, _ = self.mechanism.sequence(out, state.memory, state.attention)
        else:
            steps: list[Looked] = []
            for word in words.unbind(1):
                looked, state = self._step(word, state)
                steps.append(looked)
            return Looked(*(torch.stack(part, 1) for part in zip(*steps, strict=True)))
        return Looked(words, out, read, torch.tanh(self.mix(torch.cat([out, read], -1))), weights)

    def look_once(self, token: Tensor, state: RecurrentState) -> tuple[Looked, RecurrentState]:
        """Read the last token and attend, without saying anything yet.

        Shapes:
            token ``(B,)``, state -> `Looked` of one step, state.
        """
        return self._step(self.dropout(self.embed(token)), state)

    def _step(self, word: Tensor, state: RecurrentState) -> tuple[Looked, RecurrentState]:
        if self.mechanism is None:
            hidden = self._recur([word, state.summary], state.hidden)
            mixed = torch.tanh(self.mix(torch.cat([hidden, state.summary], -1)))
            looked = Looked(word, hidden, state.summary, mixed, None)
            return looked, state._replace(hidden=hidden, fed=mixed)
        assert state.memory is not None
        if self.before:
            read, weights, attention = self.mechanism(state.hidden, state.memory, state.attention)
            hidden = self._recur([word, read], state.hidden)
            mixed = torch.tanh(self.mix(torch.cat([hidden, read, word], -1)))
        else:
            hidden = self._recur([word, state.fed] if self.feed else [word], state.hidden)
            read, weights, attention = self.mechanism(hidden, state.memory, state.attention)
            mixed = torch.tanh(self.mix(torch.cat([hidden, read], -1)))
        after = state._replace(hidden=hidden, fed=mixed, weights=weights, attention=attention)
        return Looked(word, hidden, read, mixed, weights), after

    def _recur(self, parts: list[Tensor], hidden: Tensor) -> Tensor:
        out, _ = self.rnn(torch.cat(parts, -1).unsqueeze(1), hidden.unsqueeze(0))
        return out.squeeze(1)
