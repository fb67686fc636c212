"""A memory of the windows around candidate words, read with the window around a gap.

Shape letters: ``B`` batch, ``M`` mentions of candidates, ``W`` words of a window, ``C`` candidates,
``D`` width.
"""

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.score import dot

__all__ = ["WindowReader"]


class WindowReader(nn.Module, PyTorchModelHubMixin):
    r"""Choose the candidate whose mentions stand as the gap does.

    .. math::
        q = \sum_w P^q_w \odot E^q x_w, \quad
        k_m = \sum_w P^k_w \odot E^k y_{mw} + E^c c_m + d_m, \quad
        p(c) = \sum_{m: c_m = c} \mathrm{softmax}_m(k \cdot q)

    The window memory of Hill et al. 2016, section 3.2, (a memory a mention, the words around it at
    tables of their own), softly: a candidate has the sum of its mentions' weights, as in the
    attention-sum reader (Kadlec et al. 2016), so that being mentioned often counts. :math:`c_m` is
    the word at the centre and :math:`d_m` stands for the distance in sentences from the gap.

    Shapes:
        gap ``(B, W)`` word ids, 0 for none; windows ``(B, M, W)``; centre, distance ``(B, M)``;
        candidate ``(B, M)`` in 0 to C - 1, -1 for no mention -> log-probabilities ``(B, C)``.

    Raises:
        ValueError: a size is not positive.

    >>> model = WindowReader(9, window=4, width=6).eval()
    >>> windows, gap = torch.ones(1, 3, 4, dtype=torch.long), torch.ones(1, 4, dtype=torch.long)
    >>> candidate, ones = torch.tensor([[0, 1, 0]]), torch.ones(1, 3, dtype=torch.long)
    >>> model(gap, windows, ones, ones, candidate).exp().detach()[0, :3].mul(3).round().tolist()
    [2.0, 1.0, 0.0]
    """

    def __init__(
        self,
        vocab: int,
        *,
        window: int = 10,
        width: int = 64,
        candidates: int = 10,
        distances: int = 21,
        dropout: float = 0.2,
    ):
        super().__init__()
        for name, size in (("vocab", vocab), ("window", window), ("width", width),
                           ("candidates", candidates), ("distances", distances)):  # fmt: skip
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        self.candidates, self.dropout = candidates, dropout
        self.asking = nn.Embedding(vocab, width, padding_idx=0)
        self.telling = nn.Embedding(vocab, width, padding_idx=0)
        self.centre = nn.Embedding(vocab, width, padding_idx=0)
        self.distance = nn.Embedding(distances, width)
        for table in (self.asking, self.telling, self.centre, self.distance):
            nn.init.normal_(table.weight, std=0.1)
        self.asking_place = nn.Parameter(torch.ones(window, width))
        self.telling_place = nn.Parameter(torch.ones(window, width))
        self.wish = nn.Parameter(torch.zeros(width))
        self.reader = Reader(dot())

    def forward(
        self, gap: Tensor, windows: Tensor, centre: Tensor, distance: Tensor, candidate: Tensor
    ) -> Tensor:
        """Return the log-probability of every candidate; see the class."""
        asked = self._window(self.asking, self.asking_place, gap) + self.wish
        keys = self._window(self.telling, self.telling_place, windows)
        keys = keys + self.centre(centre) + self.distance(distance)
        values = F.one_hot(candidate.clamp(min=0), self.candidates).to(keys)
        memory = self.reader.bind(keys, values, (candidate >= 0).unsqueeze(1))
        return (self.reader(asked.unsqueeze(1), memory).squeeze(1) + 1e-9).log()

    def _window(self, table: nn.Embedding, place: Tensor, words: Tensor) -> Tensor:
        found = (F.embedding(words, table.weight, padding_idx=0) * place).sum(-2)
        return F.dropout(found, self.dropout, self.training)
