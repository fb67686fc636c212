"""Models of one text: what comes next, and what was hidden.

Shape letters: ``B`` batch, ``T`` and ``N`` positions, ``V`` vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recollect.models.sequence.decoder import PAD, UNKNOWN, Decoder
from recollect.models.sequence.encoder import Encoded, Encoder

__all__ = ["LanguageModel", "MaskedLanguageModel"]


class LanguageModel(nn.Module):
    """A decoder without a source: the likelihood of a text, token by token.

    Args:
        decoder: a `TransformerDecoder` with ``memory_size=None``, or any other `Decoder`.

    Shapes:
        tokens ``(B, T)`` -> log-probabilities ``(B, T, V)`` of each next token.

    >>> from recollect.models import TransformerDecoder
    >>> model = LanguageModel(TransformerDecoder(9, size=8, memory_size=None, heads=2))
    >>> model(torch.tensor([[1, 4, 5]])).shape
    torch.Size([1, 3, 9])
    """

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the log-probabilities of every next token."""
        return self.decoder(tokens, self.nothing(tokens))

    @staticmethod
    def nothing(tokens: Tensor) -> Encoded:
        """Return a source of no positions, for `recollect.models.greedy` and the like."""
        empty = torch.zeros(len(tokens), 0, 1, device=tokens.device)
        return Encoded(empty, empty.squeeze(-1) > 0, empty.new_zeros(len(tokens), 1))


class MaskedLanguageModel(nn.Module):
    r"""An encoder that names the tokens that were hidden from it.

    Devlin et al. 2019, "BERT", section 3.1: 15 % of the tokens are asked for, 80 % of these hidden,
    10 % exchanged, 10 % left as they are (`hide`).

    Args:
        vocab: number of tokens, the last of which stands for a hidden one.
        encoder: reads the tokens.

    Shapes:
        tokens ``(B, N)``, lengths ``(B,)`` -> log-probabilities ``(B, N, V)``.
    """

    def __init__(self, vocab: int, *, encoder: Encoder):
        super().__init__()
        self.vocab, self.encoder = vocab, encoder
        self.readout = nn.Sequential(
            nn.Linear(encoder.memory_size, encoder.memory_size),
            nn.GELU(),
            nn.LayerNorm(encoder.memory_size),
            nn.Linear(encoder.memory_size, vocab),
        )

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return the log-probabilities of the token at every position."""
        return self.readout(self.encoder(tokens, lengths).memory).log_softmax(-1)

    def hide(
        self, tokens: Tensor, *, share: float = 0.15, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Hide some tokens: what the model sees, and what it is asked for.

        Shapes:
            tokens ``(B, N)`` -> inputs ``(B, N)``, targets ``(B, N)``, `PAD` where nothing is
            asked.
        """
        draw = torch.rand(3, *tokens.shape, generator=generator).to(tokens.device)
        asked = (draw[0] < share) & (tokens != PAD)
        # another token is a word, neither padding nor the one that hides
        words = max(self.vocab - 1 - (UNKNOWN + 1), 1)
        other = UNKNOWN + 1 + (draw[2] * words).long().clamp(max=words - 1)
        shown = torch.where(
            draw[1] < 0.8, self.vocab - 1, torch.where(draw[1] < 0.9, other, tokens)
        )
        return torch.where(asked, shown, tokens), torch.where(asked, tokens, PAD)
