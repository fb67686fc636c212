"""Models that are trained and asked: each is built of the parts below it."""

from recollect.models.event_memory import EventMemory
from recollect.models.memn2n import MemN2N, position_encoding

__all__ = ["EventMemory", "MemN2N", "position_encoding"]
