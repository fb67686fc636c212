"""Encoders: a source of tokens or frames becomes a memory, a mask and a summary.

Shape letters: ``B`` batch, ``N`` source positions, ``D`` width.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.functional import length_mask
from recollect.models.sequence.dropout import Dropout
from recollect.models.sequence.gru import run_gru

__all__ = ["Encoded", "Encoder", "PyramidEncoder", "RecurrentEncoder"]


class Encoded(NamedTuple):
    """What a decoder gets.

    Shapes:
        memory ``(B, N, D)``, zeros behind a source's end; mask ``(B, N)``, True = may be read;
        summary ``(B, D)``; words ``(B, N)``, the target's number of every source token, for a
        decoder that copies, or None.
    """

    memory: Tensor
    mask: Tensor
    summary: Tensor
    words: Tensor | None = None


class Encoder(nn.Module, ABC):
    """Read a source into an `Encoded`.

    Attributes:
        memory_size: width of the memory and of the summary.

    Shapes:
        source ``(B, N)`` of tokens or ``(B, N, F)`` of frames, lengths ``(B,)`` -> `Encoded`.
    """

    memory_size: int

    @abstractmethod
    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; what stands behind a length is not looked at."""


class RecurrentEncoder(Encoder):
    r"""A bidirectional GRU over embedded tokens.

    .. math:: h_j = [\overrightarrow{h}_j; \overleftarrow{h}_j]

    Bahdanau, Cho and Bengio 2015, section 3.2. The summary is the last state of each direction.

    Args:
        vocab: number of tokens.
        size: width of embeddings and of each direction.
        layers: of the GRU.
        dropout: on embeddings and between layers.

    Shapes:
        source ``(B, N)``, lengths ``(B,)`` -> `Encoded` of width ``2 * size``.

    Raises:
        ValueError: `layers` is below 1.
    """

    def __init__(self, vocab: int, *, size: int, layers: int = 1, dropout: float = 0.0):
        super().__init__()
        if layers < 1:
            raise ValueError(f"layers is {layers}; give 1 or more")
        self.memory_size = 2 * size
        self.embed = nn.Embedding(vocab, size)
        self.dropout = Dropout(dropout)
        self.rnn = nn.GRU(
            size,
            size,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; see the class."""
        return _recur(self.rnn, self.dropout(self.embed(source)), lengths)


class PyramidEncoder(Encoder):
    r"""Bidirectional GRUs, each over pairs of what the one below gave: half as many positions.

    .. math:: h^{l}_j = \mathrm{BiGRU}([h^{l-1}_{2j}; h^{l-1}_{2j+1}])

    Chan et al. 2016, "Listen, attend and spell", section 3.1: without it, thousands of frames do
    not converge.

    Args:
        features: width of a frame.
        size: width of each direction.
        layers: how often the length is halved; the first GRU reads the frames themselves.
        dropout: between layers.

    Shapes:
        source ``(B, N, features)``, lengths ``(B,)`` -> `Encoded` of ``ceil(N / 2 ** layers)``
        positions and width ``2 * size``.
    """

    def __init__(self, features: int, *, size: int, layers: int = 2, dropout: float = 0.0):
        super().__init__()
        self.memory_size = 2 * size
        self.dropout = Dropout(dropout)
        self.rnns = nn.ModuleList(
            nn.GRU(features if i == 0 else 4 * size, size, batch_first=True, bidirectional=True)
            for i in range(layers + 1)
        )

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; see the class."""
        encoded = _recur(self.rnns[0], source, lengths)
        for rnn in self.rnns[1:]:
            x = self.dropout(encoded.memory)
            if x.shape[1] % 2:
                x = torch.cat([x, x.new_zeros(len(x), 1, x.shape[2])], 1)
            lengths = (lengths + 1) // 2
            encoded = _recur(rnn, x.reshape(len(x), -1, 2 * x.shape[2]), lengths)
        return encoded


def _recur(rnn: nn.Module, x: Tensor, lengths: Tensor) -> Encoded:
    """Run a bidirectional GRU over sequences of these lengths, none of which need be positive."""
    assert isinstance(rnn, nn.GRU)
    memory, last = run_gru(rnn, x, lengths=lengths)
    return Encoded(memory, length_mask(lengths, x.shape[1]), torch.cat([last[-2], last[-1]], -1))
