"""A pronoun that reads the mentions of names, or nobody.

Shape letters: ``B`` batch, ``M`` mentions, ``W`` places of a window, ``C`` candidates, ``D`` width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.memory import Memory
from recollect.score import dot

__all__ = ["MentionReader"]


class MentionReader(nn.Module, PyTorchModelHubMixin):
    r"""Attend from a pronoun to every mention of a name, and to one slot that is nobody.

    .. math::
        q = u + \sum_w P^q_w \odot E^q x_w, \quad
        k_m = d_{\delta_m} + \sum_w P^k_w \odot E^k y_{mw}, \quad
        p(c) = \sum_{m: c_m = c} \mathrm{softmax}_m(q \cdot k)

    A slot a mention, as in the window memory of Hill et al. 2016, section 3.2; a name has the sum
    of its mentions' weights, as in the attention-sum reader (Kadlec et al. 2016). The answer is
    the attention. :math:`d` is a table of distances :math:`\delta`, and the slot of nobody has a
    key of its own.

    Args:
        vocab: number of words and signs, 0 for none.
        window: places of a window; each has a weight of its own in every feature.
        width: of the tables.
        candidates: the most names.
        distances: size of the table of distances.
        dropout: on what a window sums to.

    Shapes:
        asked ``(B, W)`` ids; windows ``(B, M, W)``; distance ``(B, M)``; candidate ``(B, M)`` in
        0 to C - 1, -1 for no mention -> log-probabilities ``(B, C + 1)``, nobody last.

    Raises:
        ValueError: a size is not positive.

    >>> model = MentionReader(9, window=4, width=6, candidates=2).eval()
    >>> windows, asked = torch.ones(1, 3, 4, dtype=torch.long), torch.ones(1, 4, dtype=torch.long)
    >>> told = model(asked, windows, windows[..., 0], torch.tensor([[0, 1, 0]])).exp().detach()[0]
    >>> round(float(told.sum()), 4), round(float(told[0] / told[1]), 4)
    (1.0, 2.0)
    """

    def __init__(
        self,
        vocab: int,
        *,
        window: int,
        width: int = 32,
        candidates: int = 9,
        distances: int = 21,
        dropout: float = 0.3,
    ):
        super().__init__()
        for name, size in (("vocab", vocab), ("window", window), ("width", width),
                           ("candidates", candidates), ("distances", distances)):  # fmt: skip
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        self.candidates, self.dropout = candidates, dropout
        self.asking = nn.Embedding(vocab, width, padding_idx=0)
        self.telling = nn.Embedding(vocab, width, padding_idx=0)
        self.distance = nn.Embedding(distances, width)
        for table in (self.asking, self.telling, self.distance):
            nn.init.normal_(table.weight, std=0.1)
        self.asking_place = nn.Parameter(torch.ones(window, width))
        self.telling_place = nn.Parameter(torch.ones(window, width))
        self.wish = nn.Parameter(torch.full((width,), width**-0.5))
        self.nobody = nn.Parameter(torch.zeros(width))
        self.reader = Reader(dot())

    def forward(
        self, asked: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor
    ) -> Tensor:
        """Return the log-probability of every name, and of nobody; see the class."""
        query, memory = self._bind(asked, windows, distance, candidate)
        return (self.reader(query, memory).squeeze(1) + 1e-9).log()

    def weights(
        self, asked: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor
    ) -> Tensor:
        """Return the weight of every mention, and of nobody.

        Shapes:
            as `forward` -> ``(B, M + 1)``.
        """
        query, memory = self._bind(asked, windows, distance, candidate)
        return self.reader.weights(query, memory).squeeze(1)

    def _bind(
        self, asked: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor
    ) -> tuple[Tensor, Memory]:
        query = self._window(self.asking, self.asking_place, asked) + self.wish
        keys = self._window(self.telling, self.telling_place, windows) + self.distance(distance)
        keys = torch.cat([keys, self.nobody.expand(len(keys), 1, -1)], 1)
        owner = F.pad(candidate, (0, 1), value=self.candidates)
        values = F.one_hot(owner.clamp(min=0), self.candidates + 1).to(keys)
        return query.unsqueeze(1), self.reader.bind(keys, values, (owner >= 0).unsqueeze(1))

    def _window(self, table: nn.Embedding, place: Tensor, words: Tensor) -> Tensor:
        found = (F.embedding(words, table.weight, padding_idx=0) * place).sum(-2)
        return F.dropout(found, self.dropout, self.training)
