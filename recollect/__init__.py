"""Attention and memory for PyTorch: models that are trained, asked, looked into and trusted.

The public names stand flat here; `recollect.functional` holds the equations as plain functions.
"""

from recollect import functional
from recollect.answer import Answer, Answerer
from recollect.attend import Reader, Tempered
from recollect.cells import (
    AttentionCell,
    Cell,
    DNCCell,
    DNCRules,
    DNCState,
    Interface,
    NTMCell,
    NTMState,
    Recurrent,
    SparseAccessCell,
    SparseAccessState,
    detach,
)
from recollect.heads import MultiHead
from recollect.memory import Memory, Store
from recollect.models import (
    TPRRNN,
    EntityNetwork,
    EventMemory,
    KeyValueMemory,
    MemN2N,
    MemNN,
    RelationMemory,
    Seq2Seq,
    TripleMemory,
)
from recollect.score import (
    AdditiveScore,
    DotScore,
    Score,
    additive,
    cosine,
    dot,
    general,
    scaled_dot,
)
from recollect.stores import ExactStore
from recollect.tasks.stories import Stories
from recollect.trace import Trace, record, trace
from recollect.version import __version__

__all__ = [
    "__version__",
    "functional",
    "AdditiveScore",
    "Answer",
    "Answerer",
    "AttentionCell",
    "Cell",
    "DNCCell",
    "DNCRules",
    "DNCState",
    "DotScore",
    "EntityNetwork",
    "EventMemory",
    "ExactStore",
    "Interface",
    "KeyValueMemory",
    "MemN2N",
    "MemNN",
    "Memory",
    "MultiHead",
    "NTMCell",
    "NTMState",
    "Reader",
    "Recurrent",
    "RelationMemory",
    "Score",
    "Seq2Seq",
    "SparseAccessCell",
    "SparseAccessState",
    "Store",
    "Stories",
    "TPRRNN",
    "Tempered",
    "Trace",
    "TripleMemory",
    "additive",
    "cosine",
    "detach",
    "dot",
    "general",
    "record",
    "scaled_dot",
    "trace",
]
