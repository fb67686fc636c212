"""Scores: how queries and keys are mapped, and how the mapped ones are compared.

Shape letters: ``Q`` queries, ``N`` slots, ``D`` width of mapped queries and keys; ``...`` leading
axes.
"""

import math
from abc import ABC, abstractmethod
from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from recollect import functional as fn

__all__ = [
    "AdditiveScore",
    "DotScore",
    "Score",
    "Strength",
    "Unit",
    "additive",
    "cosine",
    "dot",
    "general",
    "scaled_dot",
]


class Score(nn.Module, ABC):
    r"""Compare queries with keys, the work on keys alone being done once a memory.

    .. math:: e = \mathrm{score}(\mathrm{embed}_q(q), \mathrm{embed}_k(k))

    `recollect.Reader` calls `embed_keys` when it binds a memory, `embed_query` and `forward` when
    it reads.

    Shapes:
        forward: mapped query ``(..., Q, D)``, mapped keys ``(..., N, D)`` -> scores
        ``(..., Q, N)``.
    """

    @abstractmethod
    def embed_query(self, query: Tensor) -> Tensor:
        """Map queries ``(..., Q, query size)`` to ``(..., Q, D)``."""

    @abstractmethod
    def embed_keys(self, keys: Tensor) -> Tensor:
        """Map keys ``(..., N, key size)`` to ``(..., N, D)``, each on its own."""

    @abstractmethod
    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Compare mapped queries with mapped keys."""


class DotScore(Score):
    r"""Score by the inner product of two maps: dot, scaled dot, general and cosine.

    .. math:: e_{ij} = \mathrm{scale} \cdot f(q_i)^\top g(k_j)

    A `scale` of None is :math:`D^{-1/2}`. It is a number and not a parameter, so that a fused
    kernel can apply it; a learnt strength belongs into the map of the query, as in `cosine`. Made
    by `dot`, `scaled_dot`, `general`, `cosine`.

    Shapes:
        forward: mapped query ``(..., Q, D)``, mapped keys ``(..., N, D)`` -> scores
        ``(..., Q, N)``.
    """

    def __init__(
        self,
        query_map: nn.Module | None = None,
        *,
        key_map: nn.Module | None = None,
        scale: float | None = None,
    ):
        super().__init__()
        self.query_map, self.key_map, self.scale = query_map, key_map, scale

    def embed_query(self, query: Tensor) -> Tensor:
        """Map queries ``(..., Q, query size)`` to ``(..., Q, D)``."""
        return query if self.query_map is None else self.query_map(query)

    def embed_keys(self, keys: Tensor) -> Tensor:
        """Map keys ``(..., N, key size)`` to ``(..., N, D)``."""
        return keys if self.key_map is None else self.key_map(keys)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Compare mapped queries with mapped keys."""
        return fn.dot(query, keys, self.scale)

    def extra_repr(self) -> str:
        """Tell the scale in a printed model."""
        return "scale=D**-0.5" if self.scale is None else f"scale={self.scale}"


class AdditiveScore(Score):
    r"""Score by a network with one hidden layer.

    .. math:: e_{ij} = v^\top \tanh(W q_i + U k_j + b)

    Bahdanau, Cho and Bengio 2015, section A.1.2. :math:`U k_j + b` is computed when the memory is
    bound. Luong's "concat", :math:`v^\top \tanh(W [q; k])`, is the same function, W and U being the
    halves of one matrix. With `normalized`, v is :math:`g \, v / \lVert v \rVert` with a learnt
    length g (Raffel et al. 2017, section 2.4). In float32 on the CPU a kernel makes the scores of a
    batch, and stores nothing of ``Q * N * hidden``. Made by `additive`.

    Shapes:
        forward: mapped query ``(..., Q, hidden)``, mapped keys ``(..., N, hidden)`` -> scores
        ``(..., Q, N)``.
    """

    def __init__(
        self,
        query_size: int,
        *,
        key_size: int | None = None,
        hidden: int | None = None,
        normalized: bool = False,
    ):
        super().__init__()
        hidden = query_size if hidden is None else hidden
        self.query_map = nn.Linear(query_size, hidden, bias=False)
        self.key_map = nn.Linear(query_size if key_size is None else key_size, hidden)
        bound = hidden**-0.5
        self.v = nn.Parameter(torch.rand(hidden) * (2 * bound) - bound)
        self.length = nn.Parameter(torch.tensor(bound)) if normalized else None

    def embed_query(self, query: Tensor) -> Tensor:
        """Map queries ``(..., Q, query size)`` to ``(..., Q, D)``."""
        return self.query_map(query)

    def embed_keys(self, keys: Tensor) -> Tensor:
        """Map keys ``(..., N, key size)`` to ``(..., N, D)``."""
        return self.key_map(keys)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Compare mapped queries with mapped keys."""
        v = self.v if self.length is None else self.length * fn.unit(self.v)
        if _fused(query, keys, v):
            from recollect.kernels.additive import scores  # Numba: only where it is used

            return scores(query.float(), keys.float(), v)
        return fn.additive(query, keys, v)


def _fused(query: Tensor, keys: Tensor, v: Tensor) -> bool:
    """Say whether the kernel of additive scores runs: float32 on the CPU, or bfloat16 of autocast.

    Under `torch.func` one of them stands for many.
    """
    if query.dim() != 3 or keys.dim() != 3 or len(query) != len(keys) or v.dtype != torch.float32:
        return False
    if torch.compiler.is_compiling() or not _numba():
        return False
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor  # pyright: ignore
    kinds = (torch.float32, torch.bfloat16)
    return all(x.is_cpu and x.dtype in kinds and not wrapped(x) for x in (query, keys, v))


@cache
def _numba() -> bool:
    return find_spec("numba") is not None


class Unit(nn.Module):
    """Scale vectors to length 1: `recollect.functional.unit` as a module.

    Shapes:
        x ``(..., D)`` -> ``(..., D)``.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Scale `x`."""
        return fn.unit(x)


class Strength(nn.Module):
    r"""Multiply by a learnt number above 0.

    .. math:: x \mapsto \beta x, \qquad \beta = \exp(\log \beta)

    Shapes:
        x of any shape -> the same.

    Raises:
        ValueError: the first `strength` is not above 0.
    """

    def __init__(self, strength: float = 1.0):
        super().__init__()
        if strength <= 0:
            raise ValueError(f"a strength is above 0, not {strength}; 1 changes nothing.")
        self.log_strength = nn.Parameter(torch.tensor(math.log(strength)))

    def forward(self, x: Tensor) -> Tensor:
        """Compare mapped queries with mapped keys."""
        return x * self.log_strength.exp()


def dot() -> DotScore:
    r"""Score by the inner product, :math:`q^\top k`.

    Luong, Pham and Manning 2015, section 3.1. Nothing is learnt.

    Shapes:
        forward: query ``(..., Q, D)``, keys ``(..., N, D)`` -> scores ``(..., Q, N)``.
    """
    return DotScore(scale=1.0)


def scaled_dot() -> DotScore:
    r"""Score by the inner product over the root of its width, :math:`q^\top k / \sqrt D`.

    Vaswani et al. 2017, equation 1. Nothing is learnt.

    Shapes:
        forward: query ``(..., Q, D)``, keys ``(..., N, D)`` -> scores ``(..., Q, N)``.
    """
    return DotScore()


def general(query_size: int, *, key_size: int | None = None) -> DotScore:
    r"""Score by a learnt bilinear form, :math:`q^\top W k`.

    Luong, Pham and Manning 2015, section 3.1; :math:`W k` is computed when the memory is bound. A
    `key_size` of None is the query's.

    Shapes:
        query ``(..., Q, query_size)``, keys ``(..., N, key_size)`` -> scores ``(..., Q, N)``.
    """
    key_size = query_size if key_size is None else key_size
    return DotScore(key_map=nn.Linear(key_size, query_size, bias=False), scale=1.0)


def cosine(strength: float = 1.0, *, learn: bool = True) -> DotScore:
    r"""Score by the cosine of the angle between query and key, times a strength.

    .. math:: e_{ij} = \beta\, q_i^\top k_j / (\lVert q_i \rVert \lVert k_j \rVert)

    Graves, Wayne and Danihelka 2014, equations 5 and 6, with one strength for all queries, learnt
    as its logarithm; a strength for each query is `recollect.functional.cosine`.

    Shapes:
        query ``(..., Q, D)``, keys ``(..., N, D)`` -> scores ``(..., Q, N)``, between plus and
        minus the strength.

    Raises:
        ValueError: `strength` is to be learnt and not above 0.
    """
    if not learn:
        return DotScore(Unit(), key_map=Unit(), scale=strength)
    return DotScore(nn.Sequential(Unit(), Strength(strength)), key_map=Unit(), scale=1.0)


def additive(
    query_size: int,
    *,
    key_size: int | None = None,
    hidden: int | None = None,
    normalized: bool = False,
) -> AdditiveScore:
    r"""Score by a network with one hidden layer, :math:`v^\top \tanh(W q + U k + b)`.

    Bahdanau, Cho and Bengio 2015, section A.1.2. A `key_size` or `hidden` width of None is the
    query's.

    Shapes:
        query ``(..., Q, query_size)``, keys ``(..., N, key_size)`` -> scores ``(..., Q, N)``.
    """
    return AdditiveScore(query_size, key_size=key_size, hidden=hidden, normalized=normalized)
