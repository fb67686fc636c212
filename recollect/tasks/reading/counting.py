"""What counting alone says about a cloze question: the figures a reader must beat.

Shape letters: ``B`` batch, ``M`` mentions of candidates, ``W`` words of a window, ``C`` candidates.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["COUNTING", "Counting", "aligned", "elsewhere", "frequent", "overlap", "recent"]

CANDIDATES = 10

Counting = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""(gap ``(B, W)``, windows ``(B, M, W)``, distance, candidate ``(B, M)``) -> choice ``(B,)``."""


def _first(score: Tensor, candidate: Tensor) -> Tensor:
    """Return the candidate with the highest score; of equals, the one mentioned most recently."""
    there = F.one_hot(candidate.clamp(min=0), CANDIDATES) * (candidate >= 0).unsqueeze(-1)
    late = there.cumsum(1).eq(0).sum(1)  # mentions that are more recent than its last one
    return (score - late * 1e-4).argmax(-1)


def frequent(gap: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor) -> Tensor:
    """Choose the candidate mentioned most often.

    Shapes:
        gap ``(B, W)``, windows ``(B, M, W)``, distance and candidate ``(B, M)`` -> ``(B,)``.
    """
    there = F.one_hot(candidate.clamp(min=0), CANDIDATES) * (candidate >= 0).unsqueeze(-1)
    return _first(there.sum(1), candidate)


def recent(gap: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor) -> Tensor:
    """Choose the candidate mentioned last in the context.

    Shapes:
        gap ``(B, W)``, windows ``(B, M, W)``, distance and candidate ``(B, M)`` -> ``(B,)``.
    """
    before = (distance > 0) & (candidate >= 0)
    last = before.to(torch.uint8).argmax(-1, keepdim=True)
    return candidate.gather(1, last).squeeze(1).clamp(min=0)


def elsewhere(gap: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor) -> Tensor:
    """Choose the candidate mentioned most often among those that the question does not mention.

    Shapes:
        gap ``(B, W)``, windows ``(B, M, W)``, distance and candidate ``(B, M)`` -> ``(B,)``.
    """
    there = F.one_hot(candidate.clamp(min=0), CANDIDATES) * (candidate >= 0).unsqueeze(-1)
    here = (there * (distance == 0).unsqueeze(-1)).any(1)
    return _first(there.sum(1).masked_fill(here, 0), candidate)


def overlap(gap: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor) -> Tensor:
    """Choose the candidate one of whose windows shares most words with the gap's, wherever.

    Shapes:
        gap ``(B, W)``, windows ``(B, M, W)``, distance and candidate ``(B, M)`` -> ``(B,)``.
    """
    same = (gap[:, None, :, None] == windows[:, :, None]) & (gap != 0)[:, None, :, None]
    shared = same.any(-1).sum(-1).float()  # (B, M)
    there = F.one_hot(candidate.clamp(min=0), CANDIDATES).bool() & (candidate >= 0).unsqueeze(-1)
    score = torch.where(there, shared.unsqueeze(-1), -1.0).amax(1)
    return _first(score, candidate)


def aligned(gap: Tensor, windows: Tensor, distance: Tensor, candidate: Tensor) -> Tensor:
    """Choose the candidate whose windows have most words of the gap's in the gap's places.

    A word counts for the logarithm of its id: the rarer, the more.

    Shapes:
        gap ``(B, W)``, windows ``(B, M, W)``, distance and candidate ``(B, M)`` -> ``(B,)``.
    """
    same = (gap.unsqueeze(1) == windows) & (gap != 0).unsqueeze(1)
    shared = (same * (gap + 1).float().log().unsqueeze(1)).sum(-1)  # (B, M)
    there = F.one_hot(candidate.clamp(min=0), CANDIDATES) * (candidate >= 0).unsqueeze(-1)
    return _first((there * shared.unsqueeze(-1)).sum(1), candidate)


COUNTING: Mapping[str, Counting] = MappingProxyType(
    {
        "frequent": frequent,
        "recent": recent,
        "elsewhere": elsewhere,
        "overlap": overlap,
        "aligned": aligned,
    }
)
"""The ways of counting by the name their figures end with."""
