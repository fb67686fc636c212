"""Masks of which query may read which slot: boolean, True = may be read.

Shape letters: ``B`` batch, ``Q`` queries, ``N`` slots.
"""

import torch
from torch import Tensor

__all__ = ["causal_mask", "length_mask"]


def causal_mask(queries: int, slots: int, *, device: torch.device | str | None = None) -> Tensor:
    r"""Let each query read the slots up to its own, the last query standing at the last slot.

    .. math:: m_{ij} = [\, j - i \le N - Q \,]

    With as many queries as slots this is the usual triangle. Fewer queries are the newest ones, as
    in decoding with a cache; of more queries, the first ``Q - N`` came before every slot and read
    nothing.

    Shapes:
        -> mask ``(Q, N)``.

    >>> causal_mask(2, 3).int()
    tensor([[1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    return torch.ones(queries, slots, dtype=torch.bool, device=device).tril(slots - queries)


def length_mask(lengths: Tensor, slots: int) -> Tensor:
    r"""Let the first `lengths` slots of each sequence be read, and hide the padding behind them.

    .. math:: m_{bj} = [\, j < \mathrm{length}_b \,]

    Shapes:
        lengths ``(...)``, integer -> mask ``(..., N)``; ``mask.unsqueeze(-2)`` makes it ``(..., 1,
        N)``, the same for every query, as `recollect.Memory` wants it.

    >>> length_mask(torch.tensor([1, 3]), 3).int()
    tensor([[1, 0, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    return torch.arange(slots, device=lengths.device) < lengths.unsqueeze(-1)
