"""Look into a running model: which slots each module read, and how strongly.

`trace` opens a block in which any `nn.Module` can be watched, `record` is how our own modules
speak to it, and `Trace` is what comes out, with named axes, on disk as ``NAME.attntrace``.
"""

from recollect.trace.recording import record, tracing
from recollect.trace.result import Axis, Record, Reduction, Trace
from recollect.trace.watch import OpaqueAttentionWarning, trace

__all__ = [
    "Axis",
    "OpaqueAttentionWarning",
    "Record",
    "Reduction",
    "Trace",
    "record",
    "trace",
    "tracing",
]
