"""A memory of relations between pairs, completed by composing two of them at a time.

Shape letters: ``B`` batch, ``E`` edges told, ``N`` nodes, ``S`` symbols (the relations, and latent
ones between them), ``K`` hops.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.trace import record

__all__ = ["Derivation", "RelationMemory"]

_TINY = 1e-12
_STEEP = 10.0  # A table learns at one rate with the networks that may stand beside it.


class Derivation(NamedTuple):
    """How a relation came about: told, or composed of two derivations over a node between them."""

    source: int
    relation: int
    target: int
    parts: tuple["Derivation", ...] = ()

    def edges(self) -> list[tuple[int, int, int]]:
        """Return the told facts it rests on along the path: (source, relation, target).

        >>> told = Derivation(0, 3, 1), Derivation(1, 4, 2)
        >>> Derivation(0, 5, 2, told).edges()
        [(0, 3, 1), (1, 4, 2)]
        """
        if not self.parts:
            return [(self.source, self.relation, self.target)]
        return [edge for part in self.parts for edge in part.edges()]


class RelationMemory(nn.Module, PyTorchModelHubMixin):
    r"""Answer how two nodes are related by composing the relations told of others, hop by hop.

    The memory holds a sub-distribution over symbols for every ordered pair of nodes; what is
    missing to one is doubt. A hop reads, for a pair, every node between:

    .. math::
        m_{ijl} = \sum_{abc} P_{ila} P_{ljb} T_{abc}, \quad
        w_{ijl} = m_{ijl}^\beta / \textstyle\sum_{l'} m_{ijl'}^\beta, \quad
        P'_{ijc} = E_{ijc} + (1 - |E_{ij}|) \textstyle\sum_l w_{ijl}
            \sum_{ab} P_{ila} P_{ljb} T_{abc}

    with the told facts :math:`E` and one learned table :math:`T_{ab\cdot}`, a softmax over the
    symbols and *nothing*, whose share is lost. A composition that the data never confirms lends no
    weight, so a path is reduced from wherever it can be. Names play no part and the table is the
    same at every hop: what is learned on paths of two to four edges holds on longer ones, and
    `hops` = edges - 1 are enough
    for every order of reduction. In the family of the end-to-end memory network (Sukhbaatar et al.
    2015): facts as memory, hops that ask with what the last found; the reductions are those of
    conditional theorem provers (Minervini et al. 2020), the triangular reading that of edge
    transformers (Bergen et al. 2021), with a table in place of their networks.

    Shapes:
        edges ``(B, E, 3)`` of source, relation, target, or soft facts ``(B, N, N, relations)``;
        query ``(B, 2)`` -> log-probabilities ``(B, relations)``, sub-distributions.

    Raises:
        ValueError: a size is not positive.

    >>> model = RelationMemory(4)
    >>> edges = torch.tensor([[[0, 1, 1], [1, 3, 2]]])
    >>> model(edges, torch.tensor([[0, 2]])).shape
    torch.Size([1, 4])
    """

    def __init__(self, relations: int, *, latent: int = 0, sharpness: float = 2.0):
        super().__init__()
        if relations < 1 or latent < 0 or sharpness <= 0:
            raise ValueError(
                f"relations is {relations}, latent {latent}, sharpness {sharpness}: "
                "give at least one relation, no negative count, and a sharpness above 0"
            )
        self.relations, self.symbols, self.sharpness = relations, relations + latent, sharpness
        size = self.symbols
        self.table = nn.Parameter(torch.randn(size, size, size + 1) * 0.01)

    def forward(self, edges: Tensor, query: Tensor, *, hops: int | None = None) -> Tensor:
        """Return the log-probability of every relation; see the class."""
        last, _ = self._read(edges, query, hops)
        row = torch.arange(len(query), device=query.device)
        found = last[row, query[:, 0], query[:, 1]]
        return (found[:, : self.relations] + _TINY).log()

    def weights(self, edges: Tensor, query: Tensor, *, hops: int | None = None) -> Tensor:
        """Return how much each node was read between the two of the query, at every hop.

        Shapes:
            as `forward` -> ``(B, K, N)``.
        """
        _, kept = self._read(edges, query, hops)
        row = torch.arange(len(query), device=query.device)
        return torch.stack([w[row, query[:, 0], query[:, 1]] for w in kept], 1)

    @torch.no_grad()
    def derive(self, edges: Tensor, query: Tensor, *, hops: int | None = None) -> list[Derivation]:
        """Return the likeliest derivation of each answer: a tree whose leaves are told facts.

        Shapes:
            as `forward`.
        """
        told = self.facts(edges, query)
        states, kept = [told], []
        table, pairs = self.compositions(), self._open(told)
        for _ in range(self._hops(told, hops)):
            state, weights = self._hop(told, states[-1], table, pairs)
            states.append(state)
            kept.append(weights)
        out = []
        for b, (source, target) in enumerate(query.tolist()):
            best = int(states[-1][b, source, target, : self.relations].argmax())
            out.append(_derive(b, (source, best, target), [states, kept, table], len(kept)))
        return out

    def compositions(self) -> Tensor:
        """Return the table: what two relations one after the other come to, the rest being nothing.

        Shapes:
            -> ``(S, S, S)``.
        """
        return (_STEEP * self.table).softmax(-1)[..., :-1]

    def facts(self, edges: Tensor, query: Tensor) -> Tensor:
        """Return the told facts as sub-distributions over symbols; a relation of -1 is padding.

        Shapes:
            as `forward` -> ``(B, N, N, S)``.
        """
        if edges.dim() == 3:
            real = edges[..., 1] >= 0
            ends = edges[..., [0, 2]].flatten()
            nodes = int(torch.cat([ends, query.flatten()]).max()) + 1
            edges = edges.clamp(min=0)
            source, target = (F.one_hot(edges[..., i], nodes).to(self.table) for i in (0, 2))
            kind = F.one_hot(edges[..., 1], self.symbols).to(self.table) * real.unsqueeze(-1)
            told = torch.einsum("ben,bem,bes->bnms", source, target, kind)
        else:
            told = F.pad(edges, (0, self.symbols - edges.shape[-1]))
        return told / told.sum(-1, keepdim=True).clamp(min=1)

    def _read(self, edges: Tensor, query: Tensor, hops: int | None) -> tuple[Tensor, list[Tensor]]:
        told = self.facts(edges, query)
        table, pairs = self.compositions(), self._open(told)
        state, kept = told, []
        for _ in range(self._hops(told, hops)):
            state, weights = self._hop(told, state, table, pairs)
            record(self, weights=weights)
            kept.append(weights)
        return state, kept

    def _hops(self, told: Tensor, hops: int | None) -> int:
        # The longest path without a circle has N - 1 edges.
        return max(1, told.shape[1] - 2) if hops is None else hops

    def _hop(
        self, told: Tensor, state: Tensor, table: Tensor, pairs: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Complete every pair once: the state, and the weights ``(B, N, N, N)`` of l for i, j."""
        b, i, j = pairs
        left, right = state[b, i], state.transpose(1, 2)[b, j]  # (P, N, S), from i and to j
        mass = ((left @ table.sum(-1)) * right).sum(-1)
        # No circles: a node is not between itself and another.
        nodes = torch.arange(state.shape[1], device=state.device)
        mass = mass.masked_fill((nodes == i[:, None]) | (nodes == j[:, None]), 0.0)
        sharp = (mass + _TINY) ** self.sharpness * (mass > 0)
        weights = sharp / (sharp.sum(-1, keepdim=True) + _TINY**self.sharpness)
        joint = (left * weights.unsqueeze(-1)).mT @ right  # (P, S, S)
        found = joint.flatten(1) @ table.flatten(0, 1)
        free = 1 - told[b, i, j].sum(-1, keepdim=True)
        whole = weights.new_zeros(state.shape[:3] + state.shape[1:2])
        return told.index_put(pairs, told[b, i, j] + free * found), whole.index_put(pairs, weights)

    def _open(self, told: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The pairs that a path joins and that are not told: the others stay as they are."""
        joined = near = (told > 0).any(-1)
        for _ in range(told.shape[1].bit_length()):
            joined = joined | (joined.to(told) @ joined.to(told) > 0)
        sure = near & (told.sum(-1) > 1 - 1e-6)
        b, i, j = (joined & ~sure).nonzero(as_tuple=True)
        apart = i != j
        return b[apart], i[apart], j[apart]


def _derive(b: int, fact: tuple[int, int, int], held: list, hop: int) -> Derivation:
    """Unroll what hop `hop` made of a pair."""
    states, kept, table = held
    source, relation, target = fact
    if hop == 0 or float(states[0][b, source, target].sum()) > 0.5:
        return Derivation(*fact)
    middle = int(kept[hop - 1][b, source, target].argmax())
    before = states[hop - 1]
    first, second = before[b, source, middle], before[b, middle, target]
    joint = first[:, None] * second[None, :] * table[..., relation]
    a, c = divmod(int(joint.argmax()), len(second))
    parts = (
        _derive(b, (source, a, middle), held, hop - 1),
        _derive(b, (middle, c, target), held, hop - 1),
    )
    return Derivation(*fact, parts)
