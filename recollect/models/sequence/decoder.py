"""What every decoder offers, and the model that joins one to an encoder.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions, ``V`` vocabulary.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.mechanisms import reorder
from recollect.models.sequence.encoder import Encoded, Encoder

__all__ = ["BOS", "EOS", "PAD", "UNKNOWN", "Decoder", "Seq2Seq"]

PAD, BOS, EOS, UNKNOWN = range(4)
"""The first tokens of every vocabulary: padding, begin, end, and what it does not have."""


class Decoder(nn.Module, ABC):
    """Say a sequence, token by token, over what an encoder read.

    The state is a value of tensors, batch first, so that `recollect.mechanisms.reorder` and
    `repeat` serve it to a beam search.

    Attributes:
        vocab: number of tokens.
        smooth: the share of a target that `smoothed` spreads while training, 0 to begin with.

    Shapes:
        forward: inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.
    """

    vocab: int
    smooth: float = 0.0
    _smooths = False

    @abstractmethod
    def start(self, encoded: Encoded) -> Any:
        """Return the state before the first token."""

    @abstractmethod
    def step(self, token: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read the last token ``(B,)``: log-probabilities ``(B, V)`` of the next, and the state."""

    @abstractmethod
    def weights(self, state: Any) -> Tensor | None:
        """Return what the last step attended to, ``(B, N)``; None where there is no attention."""

    def smoothed(self, share: float) -> Self:
        """Spread this share of every target over all tokens while training; return the decoder.

        Label smoothing (Szegedy et al. 2016, section 7): in training `log_likelihood` is then that
        of the smoothed targets, in evaluation it is what it was.

        Raises:
            ValueError: `share` is not in [0, 1), or above 0 for a decoder that has no such form.
        """
        if not 0 <= share < 1:
            raise ValueError(f"smooth is {share}; give a share from 0 to below 1, such as 0.1")
        if share and not self._smooths:
            raise ValueError(f"smooth is {share}; a {type(self).__name__} takes none: give 0")
        self.smooth = share
        return self

    def among_beams(self, state: Any, rows: Tensor) -> Any:
        """Take other rows of a state, each in the place of one over the same source.

        A decoder that leaves what belongs to the source where it is spares a beam search most of
        what there is to copy.

        Shapes:
            a state of B rows, rows ``(B,)`` -> the same structure.
        """
        return reorder(state, rows)

    def forward(self, inputs: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-probabilities of every next token, the inputs being given."""
        state, out = self.start(encoded), []
        for token in inputs.unbind(1):
            log_p, state = self.step(token, state)
            out.append(log_p)
        return torch.stack(out, 1)

    def log_likelihood(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-likelihood of whole targets, their end included.

        Shapes:
            target ``(B, T)``, each from `BOS` to `EOS`, then `PAD` -> ``(B,)``.
        """
        log_p = self(target[:, :-1], encoded)
        given = log_p.gather(-1, target[:, 1:].unsqueeze(-1)).squeeze(-1)
        return (given * (target[:, 1:] != PAD)).sum(-1)


def likelihood(logits: Tensor, target: Tensor, smooth: float = 0.0) -> Tensor:
    r"""Sum up the log-likelihood of each target from logits at its real positions alone.

    With :math:`\epsilon` = `smooth` above 0 it is that of a smoothed target, :math:`(1 - \epsilon)
    \log p_y + \epsilon \, \mathrm{mean}_v \log p_v` (Szegedy et al. 2016, section 7).

    Shapes:
        target ``(B, T)``, each from `BOS` to `EOS`, then `PAD`; logits ``(R, V)``, one for each of
        ``target[:, 1:]`` that is not `PAD`, in their order -> ``(B,)``.
    """
    said = target[:, 1:]
    real = said != PAD
    each = -F.cross_entropy(logits, said[real], reduction="none", label_smoothing=smooth)
    return each.new_zeros(len(target)).index_add(0, real.nonzero()[:, 0], each)


class Seq2Seq(nn.Module):
    """An encoder and a decoder.

    Args:
        encoder: reads the source.
        decoder: says the target; its memory is as wide as the encoder's.

    Shapes:
        source ``(B, N)`` or ``(B, N, F)``, lengths ``(B,)``, target ``(B, T)`` from `BOS` to `EOS`,
        then `PAD` -> log-likelihoods ``(B,)``.

    >>> from recollect.models import RecurrentDecoder, RecurrentEncoder
    >>> model = Seq2Seq(
    ...     RecurrentEncoder(9, size=4), decoder=RecurrentDecoder(7, size=6, memory_size=8)
    ... )
    >>> source, target = torch.tensor([[4, 5, 6]]), torch.tensor([[BOS, 4, EOS]])
    >>> model(source, torch.tensor([3]), target).shape
    torch.Size([1])
    """

    def __init__(self, encoder: Encoder, *, decoder: Decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        """Return the log-likelihood of each target."""
        return self.decoder.log_likelihood(target, self.encoder(source, lengths))
