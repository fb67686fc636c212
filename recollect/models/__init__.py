"""Models that are trained and asked: each is built of the parts below it."""

from recollect.models.entity import EntityNetwork, EntityRun
from recollect.models.event_memory import EventMemory
from recollect.models.memn2n import MemN2N, position_encoding
from recollect.models.memnn import MemNN, MemNNChoice, MemNNLoss
from recollect.models.relation_memory import Derivation, RelationMemory
from recollect.models.relation_reader import RelationReader
from recollect.models.sequences import CausalTransformer, SequenceModel
from recollect.models.tpr_rnn import TPRRNN, TPRMemory, tensor_scan, tensor_writes
from recollect.models.window_reader import WindowReader

__all__ = [
    "CausalTransformer",
    "Derivation",
    "EntityNetwork",
    "EntityRun",
    "EventMemory",
    "MemN2N",
    "MemNN",
    "MemNNChoice",
    "MemNNLoss",
    "RelationMemory",
    "RelationReader",
    "SequenceModel",
    "TPRMemory",
    "TPRRNN",
    "WindowReader",
    "position_encoding",
    "tensor_scan",
    "tensor_writes",
]
