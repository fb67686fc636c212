"""Dropout that draws sixteen bits a number: on the CPU the drawing is most of its cost."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.cells.base import mapped

__all__ = ["Dropout"]

_ALL = 2**16


class Dropout(nn.Module):
    r"""Set numbers to zero by chance, in training, and scale up the others.

    .. math:: y_i = x_i \, [u_i \ge p] / (1 - p)

    Srivastava et al. 2014. As `torch.nn.Dropout`, whose random numbers cost ten times as much on
    the CPU; `p` is kept to 1/65,536. Elsewhere than on the CPU it is torch's own.

    Args:
        p: share of the numbers that are dropped.

    Shapes:
        x of any shape -> the same.

    Raises:
        ValueError: `p` is not in [0, 1).

    >>> x = torch.ones(1000)
    >>> Dropout(0.5)(x).unique(), torch.equal(Dropout(0.5).eval()(x), x)
    (tensor([0., 2.]), True)
    """

    def __init__(self, p: float = 0.5):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"dropout is a share, at least 0 and below 1, not {p}.")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop some of `x`."""
        dropped = round(self.p * _ALL)
        if not self.training or not dropped:
            return x
        if not x.is_cpu or dropped == _ALL or mapped(x) or torch.compiler.is_compiling():
            return F.dropout(x, self.p)
        count = x.numel()
        bits = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None)
        kept = bits.view(torch.int16)[:count].view(x.shape) >= dropped - _ALL // 2
        return x * (kept.to(x.dtype) * (_ALL / (_ALL - dropped)))

    def extra_repr(self) -> str:
        """Tell the share in a printed model."""
        return f"p={self.p}"
