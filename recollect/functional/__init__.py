"""The equations of attention and memory as plain functions: tensors in, tensors out."""

from recollect.functional.simplex import (
    Normalize,
    entmax15,
    gumbel_softmax,
    hardmax,
    softmax,
    sparsemax,
    stick_breaking,
    stick_breaking_log,
    topk_softmax,
)

__all__ = [
    "Normalize",
    "entmax15",
    "gumbel_softmax",
    "hardmax",
    "softmax",
    "sparsemax",
    "stick_breaking",
    "stick_breaking_log",
    "topk_softmax",
]
