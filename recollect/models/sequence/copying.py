"""A decoder that says words of its vocabulary or copies those of its source.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``V`` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.cells.base import map_state
from recollect.functional import copied_share, copy_likelihood, copy_mixture, coverage_loss
from recollect.models.sequence.decoder import PAD, UNKNOWN, Decoder
from recollect.models.sequence.encoder import Encoded, Encoder
from recollect.models.sequence.recurrent import Looked, RecurrentDecoder, RecurrentState

__all__ = ["CopyEncoder", "CopyState", "PointerGenerator"]


class CopyEncoder(Encoder):
    """An encoder whose sources also say by which number the target knows each token.

    A token that the target's vocabulary has not is numbered V + i, where i is the position at which
    it first stands in its source: what only the source has can be said too.

    Args:
        encoder: reads the tokens; it gives as many positions as there are tokens.

    Shapes:
        source ``(B, N, 2)``, the source's and the target's number of each token, lengths ``(B,)``
        -> `Encoded` with words ``(B, N)``.
    """

    def __init__(self, encoder: Encoder):
        super().__init__()
        self.encoder, self.memory_size = encoder, encoder.memory_size

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; see the class."""
        tokens, words = source.unbind(-1)
        encoded = self.encoder(tokens, lengths)
        return encoded._replace(words=words.masked_fill(~encoded.mask, PAD))


class CopyState(NamedTuple):
    """What a `PointerGenerator` carries from token to token.

    Shapes:
        inner; words ``(B, N)``, the target's number of every source token.
    """

    inner: RecurrentState
    words: Tensor


class PointerGenerator(Decoder):
    r"""A recurrent decoder that mixes its words with those it attends to.

    .. math:: g_t = w_c^\top c_t + w_s^\top s_t + w_x^\top x_t + b, \qquad
              P(w) = \sigma(g_t) \, P_V(w) + \sigma(-g_t) \sum_{i : x_i = w} \alpha_{ti}

    See, Liu and Manning 2017, "Get to the point", equations 8 and 9; Gu et al. 2016, "CopyNet". All
    in log space. Words from V on are those that a source alone has (`CopyEncoder`); they are read
    as unknown ones. In training with `coverage` above 0, the gradient of `log_likelihood` has that
    many times the one of `recollect.functional.coverage_loss` taken away (equation 13); its value
    is the likelihood alone. Give the inner decoder a `recollect.mechanisms.CoverageAttention` for
    it.

    Args:
        decoder: with attention; it makes the states and the words of the vocabulary.
        coverage: weight of the coverage loss in training.

    Shapes:
        inputs ``(B, T)``, `Encoded` with words -> log-probabilities ``(B, T, V + N)``.

    Raises:
        ValueError: the decoder has no attention, `coverage` is below 0, or a source comes without
            words.
    """

    def __init__(self, decoder: RecurrentDecoder, *, coverage: float = 0.0):
        super().__init__()
        if decoder.mechanism is None:
            raise ValueError("nothing is copied without attention: give the decoder a mechanism")
        if coverage < 0:
            raise ValueError(f"coverage is {coverage}; give 0 or more")
        self.vocab, self.decoder, self.coverage = decoder.vocab, decoder, coverage
        size, memory_size = decoder.readout.in_features, decoder.first.in_features
        self.gate = nn.Linear(memory_size + 2 * size, 1)

    def start(self, encoded: Encoded) -> CopyState:
        """Return the state before the first token."""
        return CopyState(self.decoder.start(encoded), self._words(encoded))

    def weights(self, state: CopyState) -> Tensor | None:
        """Return what the last step attended to."""
        return self.decoder.weights(state.inner)

    def among_beams(self, state: CopyState, rows: Tensor) -> CopyState:
        """Take other rows; words are the source's. See `Decoder.among_beams`."""
        return state._replace(inner=self.decoder.among_beams(state.inner, rows))

    def step(self, token: Tensor, state: CopyState) -> tuple[Tensor, CopyState]:
        """Read the last token; log-probabilities ``(B, V + N)``; see `Decoder.step`."""
        looked, inner = self.decoder.look_once(self._read(token), state.inner)
        return self._mixture(looked, state.words), CopyState(inner, state.words)

    def forward(self, inputs: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-probabilities of every next token, the inputs being given."""
        looked = self.decoder.look(self._read(inputs), encoded)
        return self._mixture(looked, self._words(encoded).unsqueeze(1))

    def log_likelihood(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-likelihood of whole targets, their end included.

        Shapes:
            target ``(B, T)``, each from `BOS` to `EOS`, then `PAD` -> ``(B,)``.
        """
        looked = self.decoder.look(self._read(target[:, :-1]), encoded)
        said = target[:, 1:]
        counted = said != PAD
        words = self._words(encoded).unsqueeze(1).expand(-1, said.shape[1], -1)
        assert looked.weights is not None
        real = map_state(lambda part: part[counted], looked)  # nothing is said behind an end
        each = copy_likelihood(*self._ways(real, words[counted]), said[counted])
        likely = each.new_zeros(len(target)).index_add(0, counted.nonzero()[:, 0], each)
        if not self.training or not self.coverage:
            return likely
        count = counted.sum(-1)
        again = self.coverage * count * coverage_loss(looked.weights, targets=count)
        return likely - (again - again.detach())

    def copied(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return how likely each token of a target was copied and not generated.

        Shapes:
            target ``(B, T)`` from `BOS` on -> ``(B, T - 1)``.
        """
        looked = self.decoder.look(self._read(target[:, :-1]), encoded)
        return copied_share(*self._ways(looked, self._words(encoded).unsqueeze(1)), target[:, 1:])

    def _read(self, tokens: Tensor) -> Tensor:
        return tokens.masked_fill(tokens >= self.vocab, UNKNOWN)

    def _ways(self, looked: Looked, words: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        assert looked.weights is not None
        gate = self.gate(torch.cat([looked.read, looked.hidden, looked.word], -1))
        return self.decoder.say(looked.mixed), looked.weights, gate, words

    def _mixture(self, looked: Looked, words: Tensor) -> Tensor:
        return copy_mixture(*self._ways(looked, words), extra=words.shape[-1])

    @staticmethod
    def _words(encoded: Encoded) -> Tensor:
        if encoded.words is None:
            raise ValueError("there are no words to copy: let a CopyEncoder read the sources")
        if encoded.words.shape != encoded.mask.shape:
            raise ValueError(
                f"{tuple(encoded.words.shape)} words for {tuple(encoded.mask.shape)} positions: an "
                "encoder of sources to copy from gives a position a token"
            )
        return encoded.words
