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
from recollect.cells.dnc import DNCCell, DNCRules, DNCState

__all__ = [
    "AttentionCell",
    "AttentionState",
    "Cell",
    "Controller",
    "DNCCell",
    "DNCRules",
    "DNCState",
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
