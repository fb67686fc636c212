"""The equations of attention and memory as plain functions: tensors in, tensors out."""

from recollect.functional.masks import causal_mask, length_mask
from recollect.functional.scores import additive, cosine, dot, unit
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
    "additive",
    "causal_mask",
    "cosine",
    "dot",
    "entmax15",
    "gumbel_softmax",
    "hardmax",
    "length_mask",
    "softmax",
    "sparsemax",
    "stick_breaking",
    "stick_breaking_log",
    "topk_softmax",
    "unit",
]
