"""A memory of the windows around candidate words, read with the window around a gap.

Shape letters: ``B`` batch, ``M`` mentions of candidates, ``W`` words of a window, ``C`` candidates,
``K`` kinds of question.
"""

import math

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.functional import softmax
from recollect.trace import record

__all__ = ["WindowReader"]


class WindowReader(nn.Module, PyTorchModelHubMixin):
    r"""Choose the candidate whose mentions stand among the words that the gap stands among.

    .. math::
        s_m = \sum_{i, j} [x_i = y_{mj}]\, (a_{ij}\, \iota(x_i) + b_{ij}) + d_{\delta_m}, \quad
        p(c) \propto e^{g_c} \sum_{m: c_m = c} e^{s_m}, \quad
        g_c = n_{|c|} + h_{|c|_0} + r_{\rho_c} + f_{\lfloor \log_2 (1 + w_c) \rfloor}

    The window memory of Hill et al. 2016, section 3.2 (a memory a mention, the words around it at
    tables of their places), with two changes. A candidate has the sum of its mentions' weights, as
    in the attention-sum reader (Kadlec et al. 2016), and this sum is what is trained: who is right
    is known, which mention tells it is not. And the words are not embedded: four novels are too
    few to learn what words mean, but enough to learn *where* a word that stands near the gap should
    stand again. So a word is compared with itself, and one that no training novel had counts as
    any other; :math:`\iota(x) = \log(1 + x) / \log(1 + V)` is its rarity, since ids go by
    frequency (Zipf's law).

    :math:`\delta_m` is how many sentences ago a mention was, :math:`|c|` how many there are of a
    candidate, :math:`|c|_0` how many in the question itself, :math:`\rho_c` its place among the
    candidates in the order of their last mentions, :math:`w_c` its id: a word that is said more
    often is more often the one left out. All tables, one for each kind of question, begin
    at zero but for the diagonal of `a`: an untrained model counts words in places.

    Shapes:
        gap ``(B, W)`` word ids, 0 for none; windows ``(B, M, W)``; distance ``(B, M)``; candidate
        ``(B, M)`` in 0 to C - 1, -1 for no mention; centre ``(B, C)`` ids of the candidates; kind
        ``(B,)`` in 0 to K - 1 -> log-probabilities ``(B, C)``.

    Raises:
        ValueError: a size is not positive.

    >>> model = WindowReader(9, window=2).eval()
    >>> gap, windows = torch.tensor([[3, 4]]), torch.tensor([[[3, 5], [3, 4], [6, 7]]])
    >>> candidate, zeros = torch.tensor([[0, 1, 2]]), torch.zeros(1, 10, dtype=torch.long)
    >>> told = model(gap, windows, zeros[:, :3], candidate, zeros, zeros[:, 0])
    >>> told[0, :3].argsort(descending=True).tolist()         # two words, one word, none
    [1, 0, 2]
    """

    def __init__(
        self,
        vocab: int,
        *,
        window: int = 16,
        candidates: int = 10,
        distances: int = 21,
        kinds: int = 2,
        most: int = 16,
    ):
        super().__init__()
        for name, size in (("vocab", vocab), ("window", window), ("candidates", candidates),
                           ("distances", distances), ("kinds", kinds), ("most", most)):  # fmt: skip
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        self.vocab, self.candidates, self.most = vocab, candidates, most
        self.rare = nn.Parameter(0.3 * torch.eye(window).repeat(kinds, 1, 1))
        self.plain = nn.Parameter(torch.zeros(kinds, window, window))
        self.distance = nn.Parameter(torch.zeros(kinds, distances))
        self.count = nn.Parameter(torch.zeros(kinds, most))
        self.here = nn.Parameter(torch.zeros(kinds, 3))
        self.rank = nn.Parameter(torch.zeros(kinds, candidates + 1))
        self.often = nn.Parameter(torch.zeros(kinds, vocab.bit_length() + 1))

    def forward(
        self,
        gap: Tensor,
        windows: Tensor,
        distance: Tensor,
        candidate: Tensor,
        centre: Tensor,
        kind: Tensor,
    ) -> Tensor:
        """Return the log-probability of every candidate; see the class."""
        score = self._scores(gap, windows, distance, kind)
        there = F.one_hot(candidate.clamp(min=0), self.candidates).bool()
        there = there & (candidate >= 0).unsqueeze(-1)  # (B, M, C)
        least = torch.finfo(score.dtype).min
        told = score.unsqueeze(-1).masked_fill(~there, least).logsumexp(1)
        found = (told + self._standing(there, distance, centre, kind)).masked_fill(
            ~there.any(1), -50.0
        )
        record(self, weights=self._weights(score, there))
        return found.log_softmax(-1)

    def weights(
        self, gap: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor, kind: Tensor
    ) -> Tensor:
        """Return the weight of every mention.

        Shapes:
            as `forward` -> ``(B, M)``.
        """
        there = (candidate >= 0).unsqueeze(-1)
        return self._weights(self._scores(gap, windows, distance, kind), there)

    def _weights(self, score: Tensor, there: Tensor) -> Tensor:
        return softmax(score, there.any(-1))

    def _scores(self, gap: Tensor, windows: Tensor, distance: Tensor, kind: Tensor) -> Tensor:
        """Compare every window with the gap's: ``(B, M)``."""
        same = (gap[:, None, :, None] == windows[:, :, None]).to(self.rare)  # (B, M, W, W)
        rarity = (gap + 1).to(self.rare).log() / math.log(1 + self.vocab)
        worth = self.rare[kind] * rarity.unsqueeze(-1) + self.plain[kind]
        worth = worth * (gap != 0).unsqueeze(-1)
        return torch.einsum("bmij,bij->bm", same, worth) + self.distance[kind].gather(1, distance)

    def _standing(self, there: Tensor, distance: Tensor, centre: Tensor, kind: Tensor) -> Tensor:
        """Weigh candidates by how often and when they are mentioned: ``(B, C)``."""
        many = there.sum(1).clamp(max=self.most - 1)
        here = (there & (distance == 0).unsqueeze(-1)).sum(1).clamp(max=2)
        order = torch.arange(there.shape[1], device=there.device)[None, :, None]
        first = torch.where(there, order, there.shape[1]).amin(1)  # mentions stand latest first
        rank = first.argsort(dim=-1, stable=True).argsort(dim=-1)
        rank = torch.where(there.any(1), rank, self.candidates)
        often = (centre + 1).log2().long().clamp(max=self.often.shape[1] - 2)
        often = torch.where(centre < self.vocab, often, self.often.shape[1] - 1)  # a stranger
        tables = (self.count, many), (self.here, here), (self.rank, rank), (self.often, often)
        return torch.stack([table[kind].gather(1, place) for table, place in tables]).sum(0)
