"""Attention mechanisms for decoders: one protocol, `Mechanism`, and a leaf for each.

All work a step at a time and over a whole target, batched and masked; their state is a value that
`reorder` and `repeat` serve to beams.
"""

from recollect.mechanisms.base import Attended, Mechanism, reorder, repeat
from recollect.mechanisms.content import ContentAttention, ContentState, HardAttention, HardState
from recollect.mechanisms.local import (
    GaussianAttention,
    GaussianState,
    LocalAttention,
    PositionAttention,
    StepState,
)
from recollect.mechanisms.location import (
    CoverageAttention,
    LocationAttention,
    LocationState,
    smooth,
)
from recollect.mechanisms.monotonic import (
    ChunkwiseAttention,
    MonotonicAttention,
    MonotonicState,
    StepwiseAttention,
)
from recollect.mechanisms.onward import OnwardAttention, OnwardState

__all__ = [
    "Attended",
    "ChunkwiseAttention",
    "ContentAttention",
    "ContentState",
    "CoverageAttention",
    "GaussianAttention",
    "GaussianState",
    "HardAttention",
    "HardState",
    "LocalAttention",
    "LocationAttention",
    "LocationState",
    "Mechanism",
    "MonotonicAttention",
    "MonotonicState",
    "OnwardAttention",
    "OnwardState",
    "PositionAttention",
    "StepState",
    "StepwiseAttention",
    "reorder",
    "repeat",
    "smooth",
]
