"""Attention and memory for PyTorch: models that are trained, asked, looked into and trusted.

The public names stand flat here; `recollect.functional` holds the equations as plain functions.
"""

from recollect import functional

__version__ = "0.1.0"

__all__ = [
    "functional",
]
