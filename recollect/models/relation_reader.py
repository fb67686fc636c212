"""Read who is whose what from a story, and compose what was read.

Shape letters: ``B`` batch, ``L`` words of a story, ``M`` mentions of persons, ``N`` persons, ``R``
relations, ``W`` pairs of a mention with its neighbours.
"""

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from recollect.models.relation_memory import RelationMemory
from recollect.trace import record

__all__ = ["RelationReader"]

_TINY = 1e-12


class RelationReader(nn.Module, PyTorchModelHubMixin):
    r"""Turn a story into soft facts between its persons, and answer from a memory of them.

    .. math::
        h = \mathrm{BiGRU}(x), \quad p_{mn} = \mathrm{softmax}(f(h_m, h_n, n - m)), \quad
        P_{ij} = 1 - \textstyle\prod_{m \in i, n \in j} (1 - p_{mn})

    A person's name is one word, the same for all, so what is read depends on the words around; a
    fact is read from two mentions at most `window` mentions apart, in both directions, a relation
    or *nothing*. The facts, their sum over relations held to 1, are what `RelationMemory` composes.

    Shapes:
        tokens ``(B, L)`` word ids, 0 behind the end; who ``(B, L)``, the person mentioned, -1 for
        none; query ``(B, 2)`` -> log-probabilities ``(B, R)``.

    Raises:
        ValueError: a size is not positive.

    >>> model = RelationReader(9, relations=4, width=6)
    >>> tokens, who = torch.tensor([[1, 3, 1, 4, 1]]), torch.tensor([[0, -1, 1, -1, 2]])
    >>> model(tokens, who, torch.tensor([[0, 2]])).shape
    torch.Size([1, 4])
    """

    def __init__(
        self,
        vocab: int,
        *,
        relations: int,
        width: int = 64,
        window: int = 4,
        dropout: float = 0.2,
    ):
        super().__init__()
        if min(vocab, relations, width, window) < 1:
            raise ValueError(
                f"vocab is {vocab}, relations {relations}, width {width}, window {window}: "
                "each must be 1 or more"
            )
        self.relations, self.window, self.dropout = relations, window, dropout
        self.embedding = nn.Embedding(vocab, width, padding_idx=0)
        self.rnn = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.inner = nn.Linear(4 * width, 2 * width)
        self.apart = nn.Parameter(torch.zeros(2 * window + 1, 2 * width))
        self.outer = nn.Linear(2 * width, relations + 1)
        self.memory = RelationMemory(relations)

    def forward(self, tokens: Tensor, who: Tensor, query: Tensor) -> Tensor:
        """Return the log-probability of every relation between the two of the query."""
        return self.memory(self.read(tokens, who), query)

    def read(self, tokens: Tensor, who: Tensor) -> Tensor:
        """Return the facts read.

        Shapes:
            as `forward` -> ``(B, N, N, R)``.
        """
        state = F.dropout(self.embedding(tokens), self.dropout, self.training)
        lengths = (tokens != 0).sum(-1).clamp(min=1)
        packed = pack_padded_sequence(state, lengths, batch_first=True, enforce_sorted=False)
        state = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0]
        state = F.dropout(state, self.dropout, self.training)
        row, place, first, second, apart = self._pairs(who[:, : state.shape[1]])
        mention = state[row, place]  # (M, 2 D)
        pair = torch.cat([mention[first], mention[second]], -1)
        hidden = (self.inner(pair) + self.apart[apart + self.window]).relu()
        share = self.outer(F.dropout(hidden, self.dropout, self.training)).softmax(-1)[..., :-1]
        record(self, facts=share)
        persons = int(who.max()) + 1
        shape = (len(tokens), persons, persons, self.relations)
        doubt = (1 - share).clamp(min=_TINY).log()
        index = row[first], who[row, place][first], who[row, place][second]
        told = 1 - share.new_zeros(shape).index_put(index, doubt, accumulate=True).exp()
        return told / told.sum(-1, keepdim=True).clamp(min=1)

    def _pairs(self, who: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Mentions in reading order, and which two of a story make a pair, and how far apart."""
        row, place = (who >= 0).nonzero(as_tuple=True)
        steps = torch.arange(1, self.window + 1, device=who.device)
        one = torch.arange(len(row), device=who.device).repeat_interleave(self.window)
        other = one + steps.repeat(len(row))
        inside = other < len(row)
        one, other = one[inside], other[inside]
        same = (row[one] == row[other]) & (who[row, place][one] != who[row, place][other])
        one, other = one[same], other[same]
        apart = other - one
        return (
            row,
            place,
            torch.cat([one, other]),
            torch.cat([other, one]),
            torch.cat([apart, -apart]),
        )
