"""Models that are trained and asked: each is built of the parts below it."""

from recollect.models.event_memory import EventMemory
from recollect.models.memn2n import MemN2N, position_encoding
from recollect.models.relation_memory import Derivation, RelationMemory
from recollect.models.tpr_rnn import TPRRNN, TPRMemory, tensor_scan, tensor_writes

__all__ = [
    "Derivation",
    "EventMemory",
    "MemN2N",
    "RelationMemory",
    "TPRMemory",
    "TPRRNN",
    "position_encoding",
    "tensor_scan",
    "tensor_writes",
]
