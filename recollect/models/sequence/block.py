"""The block of which Transformers are made: pre-norm, and the two ways to tell positions.

Shape letters: ``B`` batch, ``H`` heads, ``T`` positions, ``N`` source positions, ``D`` width of a
head.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.heads import MultiHead
from recollect.memory import Memory
from recollect.models.sequence.dropout import Dropout

__all__ = ["TransformerBlock", "rotate", "sinusoids"]


def rotate(x: Tensor, first: int = 0, base: float = 10_000.0) -> Tensor:
    r"""Turn pairs of features by angles that grow with the position.

    .. math:: (x_{2i}, x_{2i+1}) \mapsto R(p \, \theta_i) (x_{2i}, x_{2i+1}), \qquad
              \theta_i = \mathrm{base}^{-2i/D}

    Su et al. 2021, "RoFormer", equation 34: inner products then depend on the distance alone.

    Shapes:
        x ``(..., T, D)``, the position of the first of T -> ``(..., T, D)``.

    Raises:
        ValueError: D is odd.

    >>> x = torch.randn(5, 8)
    >>> torch.allclose(rotate(x)[3] @ rotate(x)[1], rotate(x, 7)[3] @ rotate(x, 7)[1], atol=1e-5)
    True
    """
    sin, cos = (
        part.to(x.dtype) for part in _angles(x.shape[-2], x.shape[-1], first, base, x.device)
    )
    one, two = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([one * cos - two * sin, one * sin + two * cos], -1).flatten(-2)


def sinusoids(
    steps: int, width: int, *, first: int = 0, base: float = 10_000.0, device: Any = None
) -> Tensor:
    r"""Give each position a vector of sines and cosines, to be added to what stands there.

    .. math:: P_{p,2i} = \sin(p \, \theta_i), \quad P_{p,2i+1} = \cos(p \, \theta_i), \qquad
              \theta_i = \mathrm{base}^{-2i/D}

    Vaswani et al. 2017, section 3.5.

    Shapes:
        -> ``(T, D)``, T being `steps` and D `width`, from the position `first` on.

    Raises:
        ValueError: D is odd.

    >>> sinusoids(2, 4, first=3)[1].allclose(sinusoids(5, 4)[4])
    True
    """
    return torch.stack(_angles(steps, width, first, base, device), -1).flatten(-2)


def _angles(steps: int, width: int, first: int, base: float, device: Any) -> tuple[Tensor, Tensor]:
    """Sines and cosines of the angles of each position, ``(T, D / 2)``."""
    if width % 2:
        raise ValueError(f"features are turned in pairs: an even width, not {width}.")
    rates = base ** (-torch.arange(0, width, 2, device=device, dtype=torch.float32) / width)
    at = torch.arange(first, first + steps, device=device, dtype=torch.float32)
    angle = at.unsqueeze(-1) * rates
    return angle.sin(), angle.cos()


class TransformerBlock(nn.Module):
    r"""Self-attention, attention to a memory if there is one, and a small network; norms before.

    .. math:: x \mathrel{+}= \mathrm{attend}(\mathrm{norm}(x)), \quad
              x \mathrel{+}= \mathrm{attend}(\mathrm{norm}(x), M), \quad
              x \mathrel{+}= W_2 \, \mathrm{relu}(W_1 \, \mathrm{norm}(x))

    Vaswani et al. 2017, section 3, with the norm before each part (Xiong et al. 2020).

    Args:
        size: width.
        heads: of every attention.
        inner: width of the network; None is four times `size`.
        memory_size: width of a memory to attend to; None does not.
        dropout: on attention weights, inside the network, and on what each part adds.
        rotary: turn queries and keys by their positions (`rotate`); otherwise what is read tells
            its position itself, such as by `sinusoids`.

    Shapes:
        x ``(B, T, size)`` -> the same.
    """

    def __init__(
        self,
        size: int,
        *,
        heads: int,
        inner: int | None = None,
        memory_size: int | None = None,
        dropout: float = 0.0,
        rotary: bool = True,
    ):
        super().__init__()
        if size % heads or size // heads % 2:
            raise ValueError(f"size is {size}; give a multiple of twice the {heads} heads")
        inner = 4 * size if inner is None else inner
        self.heads, self.rotary = heads, rotary
        self.norm, self.inner_norm = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.reader = Reader(dropout=dropout)
        self.cross = self.cross_norm = None
        if memory_size is not None:
            self.cross_norm = nn.LayerNorm(size)
            self.cross = MultiHead(
                size, heads=heads, memory_size=memory_size, reader=Reader(dropout=dropout)
            )
        self.network = nn.Sequential(
            nn.Linear(size, inner), nn.ReLU(), Dropout(dropout), nn.Linear(inner, size)
        )
        self.dropout = Dropout(dropout)

    def _split(self, x: Tensor, first: int) -> tuple[Tensor, Tensor, Tensor]:
        parts = self.project(self.norm(x)).unflatten(-1, (3, self.heads, -1))
        asked, v = parts.permute(2, 0, 3, 1, 4).split((2, 1))  # (3, B, H, T, D)
        q, k = (rotate(asked, first) if self.rotary else asked).unbind(0)
        return q, k, v.squeeze(0)

    def _add(self, x: Tensor, read: Tensor) -> Tensor:
        return x + self.dropout(self.out(read.transpose(1, 2).flatten(2)))

    def finish(self, x: Tensor, source: Memory | None) -> Tensor:
        """Attend to the source and pass the network, after the self-attention.

        Shapes:
            x ``(B, T, size)`` -> the same.
        """
        if self.cross is not None and self.cross_norm is not None and source is not None:
            x = x + self.dropout(self.cross(self.cross_norm(x), source))
        return x + self.dropout(self.network(self.inner_norm(x)))

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        source: Memory | None = None,
    ) -> Tensor:
        """Read all positions at once.

        Shapes:
            x ``(B, T, size)``, mask ``(B, T)`` of the positions that may be read, source made by
            ``block.cross.bind`` -> ``(B, T, size)``.
        """
        q, k, v = self._split(x, 0)
        memory = self.reader.bind(k, v, None if mask is None else mask[:, None, None])
        return self.finish(self._add(x, self.reader(q, memory, causal=causal)), source)

    def look_back(self, x: Tensor, past: Memory) -> tuple[Tensor, Memory]:
        """Let the next position read the past, a memory that grows by it; `finish` goes on.

        Shapes:
            x ``(B, 1, size)``, past with keys and values ``(B, H, T, D)`` -> ``(B, 1, size)``, past
            of T + 1.
        """
        q, k, v = self._split(x, past.keys.shape[2])
        past = past.append(k, v)
        return self._add(x, self.reader(q, past)), past

    def source_weights(self, x: Tensor, source: Memory) -> Tensor:
        """Return what `finish` reads of the source with, the mean over the heads.

        Shapes:
            x ``(B, T, size)`` -> ``(B, T, N)``.
        """
        assert self.cross is not None and self.cross_norm is not None
        return self.cross.weights(self.cross_norm(x), source).mean(1)

    def nothing(self, batch: int) -> Memory:
        """Return the past before the first step, of no positions."""
        weight = self.out.weight
        empty = weight.new_zeros(batch, self.heads, 0, weight.shape[0] // self.heads)
        return Memory(empty, empty)
