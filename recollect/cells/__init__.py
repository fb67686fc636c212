"""Recurrent cells, and what runs them over a sequence."""

from recollect.cells.attention import AttentionCell, AttentionState
from recollect.cells.base import Cell, Interface, Recurrent, detach, map_state
from recollect.cells.controller import (
    Controller,
    FeedforwardController,
    GRUController,
    LSTMController,
    LSTMControllerState,
    feedforward,
    gru,
    lstm,
)

__all__ = [
    "AttentionCell",
    "AttentionState",
    "Cell",
    "Controller",
    "FeedforwardController",
    "GRUController",
    "Interface",
    "LSTMController",
    "LSTMControllerState",
    "Recurrent",
    "detach",
    "feedforward",
    "gru",
    "lstm",
    "map_state",
]
