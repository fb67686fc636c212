"""A key-value memory of triples that is walked: key = subject and relation, value = object.

Shape letters: ``B`` batch, ``N`` triples, ``E`` entities, ``R`` relations, ``J`` words of a
question, ``W`` words of a relation, ``K`` hops, ``C`` chains read side by side, ``D`` width.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.score import additive
from recollect.trace import record

__all__ = ["TripleMemory", "TripleWalk", "Triples", "hop"]

TINY = 1e-9
EPSILON = 1e-3  # what a chain leaves to those it does not lead to


class Triples(NamedTuple):
    """A knowledge base as numbers.

    Attributes:
        entities: E, how many subjects and objects there are.
        subjects, relations, objects: a triple a slot.
        words: the words of every relation, in the vocabulary of the questions; 0 pads.

    Shapes:
        subjects, relations, objects ``(N,)``; words ``(R, W)``.
    """

    entities: int
    subjects: Tensor
    relations: Tensor
    objects: Tensor
    words: Tensor

    def both_ways(self) -> Triples:
        """Add every triple read backwards, under a relation of its own: r becomes R + r.

        >>> one = torch.tensor([0]), torch.tensor([0]), torch.tensor([1])
        >>> back = Triples(2, *one, torch.tensor([[4]])).both_ways()
        >>> back.subjects.tolist(), back.relations.tolist(), back.objects.tolist()
        ([0, 1], [0, 1], [1, 0])
        """
        return Triples(
            self.entities,
            torch.cat([self.subjects, self.objects]),
            torch.cat([self.relations, self.relations + len(self.words)]),
            torch.cat([self.objects, self.subjects]),
            torch.cat([self.words, self.words]),
        )


class TripleWalk(NamedTuple):
    """What a memory of triples made of questions.

    Attributes:
        answers: probability of every entity.
        weights: how strongly every hop of every chain read every triple.
        chains: share, or strength, that each chain has in the answer.
        words: which words of the question each hop went by.

    Shapes:
        answers ``(B, E)``; weights ``(B, C, K, N)``; chains ``(B, C)``; words ``(B, C, K, J)``.
    """

    answers: Tensor
    weights: Tensor
    chains: Tensor
    words: Tensor


def hop(
    state: Tensor,
    relations: Tensor,
    triples: Triples,
    mask: Tensor | None = None,
    *,
    stay: Tensor | None = None,
    normalize: bool = True,
) -> tuple[Tensor, Tensor]:
    r"""Read the triples whose subject is held and whose relation is asked for.

    .. math::
        p_i = \frac{e(s_i)\, r(\rho_i)}{s + \sum_j e(s_j)\, r(\rho_j)}, \qquad
        e'(o) = \sum_{i:\, o_i = o} p_i + s\, e(o)

    It is the addressing of key-value memories (Miller et al. 2016, section 3.1) with one key for
    the subject and one for the relation: a softmax over :math:`\log e(s_i) + \log r(\rho_i)`.
    `stay` is the weight :math:`s` of reading nothing. Without `normalize` there is no quotient, and
    what is lost is the weight of links that are missing.

    Shapes:
        state ``(..., E)``, relations ``(..., R)``, mask broadcasting to ``(..., N)``, stay
        ``(...,)`` -> weights ``(..., N)``, state ``(..., E)``.

    >>> kin = Triples(3, *torch.tensor([[0, 1], [0, 0], [1, 2]]), torch.zeros(1, 1))
    >>> weights, state = hop(torch.tensor([1.0, 0, 0]), torch.tensor([1.0]), kin)
    >>> weights, state
    (tensor([1., 0.]), tensor([0., 1., 0.]))
    """
    # index_select, whose gradient adds up in place: that of plain indexing sorts first.
    held = state.index_select(-1, triples.subjects)
    weights = held * relations.index_select(-1, triples.relations)
    if mask is not None:
        weights = weights * mask
    kept = torch.zeros_like(state) if stay is None else stay.unsqueeze(-1) * state
    if normalize:
        total = weights.sum(-1, keepdim=True) + kept.sum(-1, keepdim=True)
        some = total > TINY
        scale = torch.where(some, 1 / torch.where(some, total, 1.0), 0.0)
        weights, kept = weights * scale, kept * scale
    return weights, kept.index_add(-1, triples.objects, weights)


class TripleMemory(nn.Module, PyTorchModelHubMixin):
    r"""Answer a question about an entity by hops over a knowledge base.

    A recurrent state attends to the words of the question, once a hop; what it attends to is
    compared with the words of every relation, and `hop` reads the triples:

    .. math::
        a_k = \mathrm{softmax}_j\; v^\top \tanh(W z_k + U h_j), \quad
        c_k = \textstyle\sum_j a_{kj} [x_j; h_j], \quad
        r_k = \mathrm{softmax}_\rho(\beta\, x_k^\top \bar x_\rho + w_\rho^\top c_k), \quad
        z_{k+1} = \mathrm{GRU}(c_k, z_k)

    where :math:`h` is a bidirectional GRU over the words :math:`x` and :math:`\bar x_\rho` the mean
    of a relation's words, so that a relation never asked for in training is found by its name. One
    more relation stays where it is: chains may be shorter than `hops`. Where `chains` > 1 several
    are walked side by side, which lets a relation be concluded from others (Yang, Yang and Cohen
    2017, section 3.2), and their answers mixed, or `joint`:

    .. math::
        \hat e = \textstyle\sum_c \sigma_c e_c, \quad \text{or} \quad
        \hat e = \mathrm{softmax}(\textstyle\sum_c \sigma_c \log(e_c + \epsilon))

    so that a chain which leads nowhere says nothing, and two that lead to several leave those that
    both lead to. The entity's name is not seen.

    Args:
        vocab: words, with 0 for padding and 1 for the entity.
        relations: R, of the triples that it will read.
        width: D.
        hops: K.
        chains: C.
        dropout: of the words of the question, in training.
        stay: first logit of staying where one is; above 0, short chains are tried first.
        joint: multiply what the chains say, where else it is mixed.

    Shapes:
        question ``(B, J)``, start ``(B,)``, mask None or ``(B, N)``, True = may be read -> the
        probability of every entity ``(B, E)``.

    Raises:
        ValueError: a size is not positive, or the triples have another number of relations.

    >>> kin = Triples(3, *torch.tensor([[0, 1], [0, 0], [1, 2]]), torch.tensor([[2]]))
    >>> model = TripleMemory(4, relations=1, width=8, hops=2)
    >>> model(torch.tensor([[1, 2, 2]]), torch.tensor([0]), kin).shape
    torch.Size([1, 3])
    """

    def __init__(
        self,
        vocab: int,
        *,
        relations: int,
        width: int = 64,
        hops: int = 2,
        chains: int = 1,
        dropout: float = 0.0,
        stay: float = 0.0,
        joint: bool = False,
    ):
        super().__init__()
        sizes = {"vocab": vocab, "relations": relations, "hops": hops, "chains": chains}
        for name, size in sizes.items():
            if size < 1:
                raise ValueError(f"{name} is {size}; it must be 1 or more")
        if width < 2 or width % 2:
            raise ValueError(f"width is {width}; it must be even, for a GRU of two directions")
        self.relations, self.hops, self.chains, self.joint = relations, hops, chains, joint
        self.embed = nn.Embedding(vocab, width, padding_idx=0)
        nn.init.normal_(self.embed.weight, std=width**-0.5)
        self.reader = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)
        self.begin = nn.Linear(width, chains * width)
        self.attend = Reader(additive(width))
        self.advance = nn.GRUCell(2 * width, width)
        self.strength = nn.Parameter(torch.tensor(4.0))
        self.relation = nn.Linear(2 * width, relations + 1)
        with torch.no_grad():
            self.relation.bias[-1] = stay
        self.share = nn.Linear(width, chains)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, question: Tensor, start: Tensor, triples: Triples, mask: Tensor | None = None
    ) -> Tensor:
        """Return the probability of every entity; see the class."""
        return self.walk(question, start, triples, mask).answers

    def walk(
        self, question: Tensor, start: Tensor, triples: Triples, mask: Tensor | None = None
    ) -> TripleWalk:
        """Return the answers with the hops that led to them; see the class."""
        if len(triples.words) != self.relations:
            raise ValueError(
                f"triples of {len(triples.words)} relations for a model of {self.relations}"
            )
        B, C = len(question), self.chains
        words, states, real = self._read(question)
        memory = self.attend.bind(states, torch.cat([words, states], -1), real.unsqueeze(-2))
        summary = (states * real.unsqueeze(-1)).sum(1) / real.sum(1, keepdim=True).clamp(min=1)
        z = torch.tanh(self.begin(summary)).view(B, C, -1)
        keys = self._keys(triples.words)
        held = F.one_hot(start, triples.entities).to(words).unsqueeze(1).expand(B, C, -1)
        readable = None if mask is None else mask.unsqueeze(1)
        weights, looked = [], []
        for _ in range(self.hops):
            looked.append(self.attend.weights(z, memory))  # (B, C, J)
            context = self.attend(z, memory)  # (B, C, 2 D)
            logits = self.relation(context)
            named = self.strength * context[..., : words.shape[-1]] @ keys.T  # (B, C, R)
            asked = (logits + F.pad(named, (0, 1))).softmax(-1)
            read, held = hop(held, asked[..., :-1], triples, readable, stay=asked[..., -1])
            weights.append(read)
            z = self.advance(context.flatten(0, 1), z.flatten(0, 1)).view(B, C, -1)
        share = self.share(summary)
        share = F.softplus(share) if self.joint else share.softmax(-1)
        hops = torch.stack(weights, 2)
        record(self, weights=hops)
        said = (held + EPSILON).log() if self.joint else held
        answers = torch.einsum("bc,bce->be", share, said)
        if self.joint:
            answers = answers.softmax(-1)
        return TripleWalk(answers, hops, share, torch.stack(looked, 2))

    def _read(self, question: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        real = question != 0
        words = self.dropout(self.embed(question))
        lengths = real.sum(1).clamp(min=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(
            words, lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.reader(packed)[0], batch_first=True, total_length=question.shape[1]
        )
        return words, states, real

    def _keys(self, words: Tensor) -> Tensor:
        count = (words != 0).sum(-1, keepdim=True).clamp(min=1)
        return self.embed(words).sum(-2) / count
