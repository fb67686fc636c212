"""An encoder that hears only what is near: convolutions, and no recurrence.

Shape letters: ``B`` batch, ``N`` positions, ``F`` features, ``D`` width, ``W`` width of a filter.
"""

from __future__ import annotations

from torch import Tensor, nn

from recollect.functional import length_mask
from recollect.models.sequence.encoder import Encoded, Encoder

__all__ = ["NearEncoder"]


class NearEncoder(Encoder):
    r"""Convolutions over the positions, each added to what it reads.

    .. math:: h^l_j = h^{l-1}_j + \mathrm{relu}\Bigl(\sum_k W^l_k h^{l-1}_{j+k} + b^l\Bigr), \qquad
              \mathrm{summary} = \frac{1}{N} \sum_j h^L_j

    As the encoder of Gehring et al. 2017, "A convolutional encoder model for neural machine
    translation", section 3, without its embedded positions. A recurrent encoder can count, and a
    decoder learns to ask for the fifth of what it counted; nothing here tells the fifth of many
    alike sounds from the sixth, so that a decoder has to go by where it read last, and does so in
    sources of any length.

    Args:
        features: F.
        size: D.
        layers: of convolutions; each hears ``W // 2`` positions more to both sides.
        width: W, odd.
        dropout: on what each reads.

    Shapes:
        source ``(B, N, F)``, lengths ``(B,)`` -> `Encoded` of width D.

    Raises:
        ValueError: `layers` is below 1, or `width` even.
    """

    def __init__(
        self, features: int, *, size: int, layers: int = 2, width: int = 5, dropout: float = 0.0
    ):
        super().__init__()
        if layers < 1 or width < 1 or width % 2 == 0:
            raise ValueError(
                f"layers is {layers} and width {width}: give 1 or more, and an odd width"
            )
        self.memory_size = size
        self.first = nn.Linear(features, size)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            nn.Conv1d(size, size, width, padding=width // 2) for _ in range(layers)
        )

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; see the class."""
        mask = length_mask(lengths, source.shape[1])
        behind = ~mask.unsqueeze(-1)
        x = self.first(source.masked_fill(behind, 0)).masked_fill(behind, 0)
        if x.shape[1]:
            for layer in self.layers:
                x = (x + layer(self.dropout(x).mT).relu().mT).masked_fill(behind, 0)
        summary = x.sum(1) / lengths.clamp(min=1).unsqueeze(-1)
        return Encoded(x, mask, summary)
