"""A memory of one slot a participant, updated sentence by sentence: what happened to it, and where.

Shape letters: ``B`` participants, ``T`` sentences, ``J`` words of a sentence, ``D`` width.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.score import dot
from recollect.trace import record

__all__ = ["ProcessMemory", "ProcessTold"]

_FAR = 4
"""Sentences between a change and its place beyond which all are alike."""


class ProcessTold(NamedTuple):
    """What a text does to participants, as logits.

    Shapes:
        changes ``(B, T, 4)``: none, move, create, destroy; exists ``(B,)``, before the text;
        places ``(B, T + 1, T J + 1)``: the word that names the place before the text and after each
        change, all words in a row, the last for a place that is not told.
    """

    changes: Tensor
    exists: Tensor
    places: Tensor


class ProcessMemory(nn.Module, PyTorchModelHubMixin):
    r"""Follow a participant through a text: none, move, create or destroy, and the new place.

    .. math::
        c_{tj} = \mathrm{conv}(x_{t})_j, \quad
        s_t = [\mathrm{mean}_{j \in \mathrm{mine}} c_{tj}; \max_j c_{tj}; \mathrm{named}_t], \quad
        h = \mathrm{BiGRU}(s)

        y_t = W h_t, \quad e = v^\top \max_t h_t, \quad
        a_{t, t'j} = \langle U h_t, c_{t'j} \rangle + o_{t' - t}

    An entity memory in the manner of ProLocal and ProGlobal (Dalvi et al. 2018): the slot is a GRU
    over the sentences, read forwards and backwards, for what is used up later was there before; a
    place is a pointer to a word of any sentence, nearer ones at odds of their own, or to none. The
    place before the text is asked for with :math:`\max_t h_t`. A measured baseline, small on
    purpose: its words are learned from 391 texts.

    Shapes:
        words ``(B, T, J)`` ids, 0 behind the end; mine ``(B, T, J)``, True where the participant is
        named -> `ProcessTold`.

    Raises:
        ValueError: a size is not positive.

    >>> model = ProcessMemory(9, width=6)
    >>> words, mine = torch.ones(2, 3, 4, dtype=torch.long), torch.zeros(2, 3, 4, dtype=torch.bool)
    >>> [tuple(x.shape) for x in model(words, mine)]
    [(2, 3, 4), (2,), (2, 4, 13)]
    """

    def __init__(self, vocab: int, *, width: int = 64, dropout: float = 0.4, changes: int = 4):
        super().__init__()
        if min(vocab, width, changes) < 1:
            raise ValueError(f"vocab is {vocab}, width {width}, changes {changes}: give 1 or more")
        self.dropout = dropout
        self.embedding = nn.Embedding(vocab, width, padding_idx=0)
        self.named = nn.Parameter(torch.randn(width) * 0.1)
        self.near = nn.Conv1d(width, width, 5, padding=2)
        self.rnn = nn.GRU(2 * width + 5, width, batch_first=True, bidirectional=True)
        self.what = nn.Linear(2 * width, changes)
        self.there = nn.Linear(2 * width, 1)
        self.where = nn.Linear(2 * width, width)
        self.whence = nn.Linear(2 * width, width)
        self.apart = nn.Parameter(torch.zeros(2 * _FAR + 1))
        self.nowhere = nn.Parameter(torch.zeros(width))
        self.reader = Reader(dot())

    def forward(self, words: Tensor, mine: Tensor) -> ProcessTold:
        """Return what the text tells of each participant; see the class."""
        B, T, J = words.shape
        real = (words != 0).unsqueeze(-1)
        state = self.embedding(words) + mine.unsqueeze(-1) * self.named
        state = F.dropout(state, self.dropout, self.training) * real
        near = self.near(state.flatten(0, 1).mT).mT.relu().view(B, T, J, -1) * real
        here = mine.unsqueeze(-1)
        own = (near * here).sum(2) / here.sum(2).clamp(min=1)
        seen = torch.cat([own, near.amax(2), _naming(mine.any(-1)).to(near)], -1)
        there = real.any((2, 3))
        told = self._follow(F.dropout(seen, self.dropout, self.training), there)
        whole = told.masked_fill(~there.unsqueeze(-1), -1e4).amax(1)
        whole = torch.where(there.any(1, keepdim=True), whole, 0.0)
        asked = torch.cat([self.whence(whole).unsqueeze(1), self.where(told)], 1)
        keys = torch.cat([near.flatten(1, 2), self.nowhere.expand(B, 1, -1)], 1)
        memory = self.reader.bind(keys)
        places = self.reader.score(self.reader.score.embed_query(asked), memory.keys)
        places = places + F.pad(self._odds(T, J), (0, 1))
        shut = F.pad(~real.flatten(1), (0, 1)).unsqueeze(1)
        places = places.masked_fill(shut, -1e4)
        record(self, places=places.softmax(-1))
        return ProcessTold(self.what(told), self.there(whole).squeeze(-1), places)

    def _odds(self, sentences: int, words: int) -> Tensor:
        """What a place has for its sentence, of each change: ``(T + 1, T J)``."""
        change = torch.arange(-1, sentences, device=self.apart.device)[:, None]
        sentence = torch.arange(sentences, device=self.apart.device)
        apart = (sentence - change).clamp(-_FAR, _FAR) + _FAR
        return self.apart[apart].repeat_interleave(words, -1)

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


def _naming(named: Tensor) -> Tensor:
    """Tell of each sentence: named, named before, named later, first to name, last to name.

    Shapes:
        ``(B, T)`` -> ``(B, T, 5)``.
    """
    before = (named.cumsum(1) - named.long()) > 0
    later = (named.flip(1).cumsum(1).flip(1) - named.long()) > 0
    return torch.stack([named, before, later, named & ~before, named & ~later], -1)
