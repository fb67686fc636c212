"""Recurrent cells, and what runs them over a sequence."""

from recollect.cells.attention import AttentionCell, AttentionState
from recollect.cells.base import Cell, Interface, Recurrent, detach, map_state

__all__ = [
    "AttentionCell",
    "AttentionState",
    "Cell",
    "Interface",
    "Recurrent",
    "detach",
    "map_state",
]
