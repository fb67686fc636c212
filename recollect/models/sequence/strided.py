"""Convolutions before an encoder of frames: what it reads becomes several times shorter.

Shape letters: ``B`` batch, ``N`` frames, ``F`` features of a frame, ``C`` channels.
"""

from __future__ import annotations

from torch import Tensor, nn

from recollect.functional import length_mask
from recollect.models.sequence.encoder import Encoded, Encoder

__all__ = ["StridedEncoder"]


class StridedEncoder(Encoder):
    r"""Convolutions of stride 2 over the frames, and another encoder over what they leave.

    .. math:: x^{l}_j = \mathrm{relu}\Bigl(\sum_{k=-2}^{2} W^l_k x^{l-1}_{2j+k} + b^l\Bigr)

    As the convolutions before the encoder of Watanabe et al. 2017, "Hybrid CTC/attention
    architecture for end-to-end speech recognition": a recurrent encoder takes a step a frame, and
    half the frames are half the steps. What lies behind a source's end is zero at every layer, as
    it is for a source alone.

    Args:
        features: F, width of a frame.
        inner: the encoder of what is left, for frames of width `channels`.
        channels: C, of every convolution.
        layers: how often the frames are halved.
        dropout: on what the inner encoder reads.

    Shapes:
        source ``(B, N, F)``, lengths ``(B,)`` -> what `inner` makes of ``ceil(N / 2 ** layers)``
        frames.

    Raises:
        ValueError: `layers` is below 1.
    """

    def __init__(
        self,
        features: int,
        *,
        inner: Encoder,
        channels: int,
        layers: int = 2,
        dropout: float = 0.0,
    ):
        super().__init__()
        if layers < 1:
            raise ValueError(f"layers is {layers}; give 1 or more, or the inner encoder alone")
        self.memory_size = inner.memory_size
        self.inner = inner
        self.dropout = nn.Dropout(dropout)
        self.channels = channels
        convolutions = [
            nn.Conv1d(features if i == 0 else channels, channels, 5, stride=2, padding=2)
            for i in range(layers)
        ]
        for each in convolutions:  # He et al. 2015: frames keep their size from layer to layer
            nn.init.kaiming_normal_(each.weight, nonlinearity="relu")
            if each.bias is not None:
                nn.init.zeros_(each.bias)
        self.layers = nn.ModuleList(convolutions)

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; see the class."""
        x = source.masked_fill(~length_mask(lengths, source.shape[1]).unsqueeze(-1), 0)
        for layer in self.layers:
            lengths = (lengths + 1) // 2
            none = x.new_zeros(len(x), 0, self.channels)  # no frame in any source
            x = layer(x.mT).relu().mT if x.shape[1] else none
            x = x * length_mask(lengths, x.shape[1]).unsqueeze(-1)
        return self.inner(self.dropout(x), lengths)
