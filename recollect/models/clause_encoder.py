"""Clauses in a closed vocabulary, and the network that reads them.

Shape letters: B batch, T clauses, J words, N rows.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.english import TOKEN_IDS, TOKENS, VERBS

__all__ = ["ClauseEncoder", "Clauses", "leads_nowhere"]

_UNKNOWN_WORD = TOKEN_IDS["<unk>"]
_ACTING = tuple(TOKEN_IDS[verb] for verb in VERBS)
_LEADING = tuple(
    TOKEN_IDS[w]
    for w in (
        "to into in on at out off from away back up down over through under behind beside near "
        "towards past across outside"
    ).split()
)


class Clauses(NamedTuple):
    """Clauses (or questions) in the closed vocabulary.

    Shapes:
        tokens: ``(B, T, J)``, rows of `TOKENS`; 0 pads.
        entities: ``(B, T, J)``, entity numbers; -1 where a word names none.
    """

    tokens: Tensor
    entities: Tensor


class ClauseEncoder(nn.Module):
    r"""Read clauses by a bidirectional GRU over their distinct token sequences.

    .. math:: h = \mathrm{BiGRU}(E x), \qquad \tau = \tanh(W \max_j h_j)

    Two clauses that differ only in who is meant are one sequence, so a long story costs little more
    than a short one.

    Args:
        size: width of the embeddings and of each direction of the GRU.

    Shapes:
        ``(N, J)`` -> states ``(N, J, 2 * size)``, pooled ``(N, size)``.
    """

    def __init__(self, size: int):
        super().__init__()
        self.embed = nn.Embedding(len(TOKENS), size, padding_idx=0)
        self.rnn = nn.GRU(size, size, batch_first=True, bidirectional=True)
        self.pool = nn.Linear(4 * size, size)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """The state of every word, and one vector a clause."""
        unique, inverse = torch.unique(tokens, dim=0, return_inverse=True)
        real = (unique != 0).unsqueeze(-1)
        lengths = real.sum((1, 2)).clamp(min=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embed(unique), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.rnn(packed)[0], batch_first=True, total_length=tokens.shape[1]
        )
        highest = states.masked_fill(~real, -9).amax(1)
        average = (states * real).sum(1) / lengths.unsqueeze(-1)
        return states[inverse], torch.tanh(self.pool(torch.cat([highest, average], -1)))[inverse]


def leads_nowhere(tokens: Tensor) -> Tensor:
    """Whether a clause tells of a deed that no list has, and of no way that it leads.

    "Ann was florbed by a blicket" may be anything; where Ann is, it mostly leaves as it was.

    Shapes:
        ``(B, T, J)`` -> ``(B, T)``.
    """
    strange = (tokens == _UNKNOWN_WORD).any(-1)
    known = torch.isin(tokens, tokens.new_tensor(_ACTING + _LEADING)).any(-1)
    return strange & ~known
