"""A memory of one slot a participant, updated sentence by sentence: what happened to it, and where.

Shape letters: ``B`` participants, ``T`` sentences, ``J`` words of a sentence, ``D`` width.
"""

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.score import dot

__all__ = ["ProcessMemory"]


class ProcessMemory(nn.Module, PyTorchModelHubMixin):
    r"""Follow a participant through a text: none, move, create or destroy, and the new place.

    .. math::
        c_{tj} = \mathrm{conv}(x_{t})_j, \quad
        s_t = [\mathrm{mean}_{j \in \mathrm{mine}} c_{tj}; \max_j c_{tj}; \mathrm{named}_t], \quad
        h = \mathrm{BiGRU}(s), \quad y_t = W h_t, \quad a_{tj} = \langle U h_t, c_{tj} \rangle

    An entity memory in the manner of ProLocal and ProGlobal (Dalvi et al. 2018): the slot is a GRU
    over the sentences, read forwards and backwards, for what is used up later was there before; the
    place is a pointer to a word of the sentence, or to none. A measured baseline, small on purpose.

    Shapes:
        words ``(B, T, J)`` ids, 0 behind the end; mine ``(B, T, J)``, True where the participant is
        named -> logits of the changes ``(B, T, 4)``, of the places ``(B, T, J + 1)``, the last for
        none.

    Raises:
        ValueError: a size is not positive.

    >>> model = ProcessMemory(9, width=6)
    >>> words, mine = torch.ones(2, 3, 4, dtype=torch.long), torch.zeros(2, 3, 4, dtype=torch.bool)
    >>> [tuple(x.shape) for x in model(words, mine)]
    [(2, 3, 4), (2, 3, 5)]
    """

    def __init__(self, vocab: int, *, width: int = 48, dropout: float = 0.3, changes: int = 4):
        super().__init__()
        if min(vocab, width, changes) < 1:
            raise ValueError(f"vocab is {vocab}, width {width}, changes {changes}: give 1 or more")
        self.dropout = dropout
        self.embedding = nn.Embedding(vocab, width, padding_idx=0)
        self.named = nn.Parameter(torch.randn(width) * 0.1)
        self.near = nn.Conv1d(width, width, 5, padding=2)
        self.rnn = nn.GRU(2 * width + 1, width, batch_first=True, bidirectional=True)
        self.what = nn.Linear(2 * width, changes)
        self.where = nn.Linear(2 * width, width)
        self.nowhere = nn.Parameter(torch.zeros(width))
        self.reader = Reader(dot())

    def forward(self, words: Tensor, mine: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits of changes and places; see the class."""
        B, T, J = words.shape
        real = (words != 0).unsqueeze(-1)
        state = self.embedding(words) + mine.unsqueeze(-1) * self.named
        state = F.dropout(state, self.dropout, self.training) * real
        near = self.near(state.flatten(0, 1).mT).mT.relu().view(B, T, J, -1) * real
        here = mine.unsqueeze(-1)
        own = (near * here).sum(2) / here.sum(2).clamp(min=1)
        seen = torch.cat([own, near.amax(2), here.any(2).to(near)], -1)
        told = self._follow(F.dropout(seen, self.dropout, self.training), real.any((2, 3)))
        asked = self.where(told).unsqueeze(2)  # (B, T, 1, D)
        none = self.nowhere.expand(B, T, 1, -1)
        keys = self.reader.bind(torch.cat([near, none], 2)).keys
        places = self.reader.score(self.reader.score.embed_query(asked), keys).squeeze(2)
        shut = F.pad(~real.squeeze(-1), (0, 1))
        return self.what(told), places.masked_fill(shut, -1e4)

    def _follow(self, seen: Tensor, there: Tensor) -> Tensor:
        """Run over the sentences that are there, in both directions."""
        lengths = there.sum(-1).clamp(min=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            seen, lengths, batch_first=True, enforce_sorted=False
        )
        out, _ = nn.utils.rnn.pad_packed_sequence(
            self.rnn(packed)[0], batch_first=True, total_length=seen.shape[1]
        )
        return F.dropout(out, self.dropout, self.training)
