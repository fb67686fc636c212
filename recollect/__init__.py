"""Attention and memory for PyTorch: models that are trained, asked, looked into and trusted.

The public names stand flat here; `recollect.functional` holds the equations as plain functions.
"""

from recollect import functional
from recollect.attend import Reader
from recollect.memory import Memory, Store
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
from recollect.version import __version__

__all__ = [
    "__version__",
    "functional",
    "AdditiveScore",
    "DotScore",
    "Memory",
    "Reader",
    "Score",
    "Store",
    "additive",
    "cosine",
    "dot",
    "general",
    "scaled_dot",
]
