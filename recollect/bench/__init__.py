"""Speed, measured only after the answers agree: one module per benchmark, `run(...) -> Report`."""

from recollect.bench.timing import Report, Row, interleaved

__all__ = ["Report", "Row", "interleaved"]
