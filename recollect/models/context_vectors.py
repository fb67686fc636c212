"""A word's vector in its sentence, learnt by naming the words that were hidden around it.

Shape letters: ``B`` batch, ``N`` words of a sentence, ``V`` vocabulary, ``D`` width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.models.sequence.transformer import TransformerEncoder

__all__ = ["ContextVectors"]


class ContextVectors(nn.Module):
    r"""Read a sentence from one word's place; the vector there names words of the sentence.

    .. math:: h = g(\mathrm{encoder}(x)_t), \qquad
              p(w \mid x, t) = \mathrm{softmax}_w(e_w \cdot h + b_w)

    A masked language model (Devlin et al. 2019, "BERT", section 3.1) that is asked for every hidden
    word of a sentence at the place of one word, so that what stands there is of use to that word's
    meaning: with the few sentences at hand this teaches more than each hidden word by itself.
    Static vectors :math:`e` are read and named with, and are not trained.

    Args:
        static: the vectors; rows are scaled to length 1.
        shares: how often each word is asked for, where :math:`b` begins; None is alike.
        layers: blocks of the encoder.
        heads: of every attention.
        inner: width of the blocks' networks.
        dropout: in the blocks.

    Shapes:
        static ``(V, D)``, shares ``(V,)``; tokens ``(B, N)``, lengths ``(B,)``, place ``(B,)`` ->
        log-probabilities ``(B, V)``.

    >>> model = ContextVectors(torch.randn(9, 8), heads=2, inner=16)
    >>> tokens, two = torch.tensor([[4, 5, 0], [6, 7, 8]]), torch.tensor([2, 3])
    >>> model(tokens, two, two - 2).shape, model.vectors(tokens, two, two - 2).shape
    (torch.Size([2, 9]), torch.Size([2, 8]))
    """

    def __init__(
        self,
        static: Tensor,
        *,
        shares: Tensor | None = None,
        layers: int = 1,
        heads: int = 4,
        inner: int = 256,
        dropout: float = 0.0,
    ):
        super().__init__()
        vocab, width = static.shape
        self.encoder = TransformerEncoder(
            vocab, size=width, layers=layers, heads=heads, inner=inner, dropout=dropout
        )
        with torch.no_grad():
            self.encoder.embed.weight.copy_(F.normalize(static, dim=-1))
        self.encoder.embed.weight.requires_grad_(False)
        self.saying = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        start = torch.zeros(vocab) if shares is None else (shares + 1e-8).log()
        self.bias = nn.Parameter(start.clone())

    def vectors(self, tokens: Tensor, lengths: Tensor, place: Tensor) -> Tensor:
        """Return the vector at one place of each sentence, h in the class's equation.

        Shapes:
            tokens ``(B, N)``, lengths ``(B,)``, place ``(B,)`` -> ``(B, D)``.
        """
        memory = self.encoder(tokens, lengths).memory
        return self.saying(memory[torch.arange(len(place), device=place.device), place])

    def forward(self, tokens: Tensor, lengths: Tensor, place: Tensor) -> Tensor:
        """Return the log-probability of every word; see the class."""
        said = self.vectors(tokens, lengths, place)
        return (said @ self.encoder.embed.weight.T + self.bias).log_softmax(-1)
