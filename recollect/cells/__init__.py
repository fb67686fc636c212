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
from recollect.cells.dnc import DNCCell
from recollect.cells.dnc_state import DNCRules, DNCState
from recollect.cells.ntm import NTMCell, NTMState
from recollect.cells.sparse import SparseAccessCell, SparseAccessState
from recollect.cells.start import ConstantMemory, InitialMemory, LearnedMemory, RandomMemory

__all__ = [
    "AttentionCell",
    "AttentionState",
    "Cell",
    "ConstantMemory",
    "Controller",
    "DNCCell",
    "DNCRules",
    "DNCState",
    "FeedforwardController",
    "GRUController",
    "InitialMemory",
    "Interface",
    "LSTMController",
    "LSTMControllerState",
    "LearnedMemory",
    "NTMCell",
    "NTMState",
    "RandomMemory",
    "Recurrent",
    "SparseAccessCell",
    "SparseAccessState",
    "detach",
    "feedforward",
    "gru",
    "lstm",
    "map_state",
]
