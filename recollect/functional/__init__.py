"""The equations of attention and memory as plain functions: tensors in, tensors out."""

from recollect.functional.allocation import allocation, retention, usage
from recollect.functional.linkage import (
    follow_backward,
    follow_forward,
    link,
    precedence,
    sharpen_link,
)
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
    "allocation",
    "causal_mask",
    "cosine",
    "dot",
    "entmax15",
    "follow_backward",
    "follow_forward",
    "gumbel_softmax",
    "hardmax",
    "length_mask",
    "link",
    "precedence",
    "retention",
    "sharpen_link",
    "softmax",
    "sparsemax",
    "stick_breaking",
    "stick_breaking_log",
    "topk_softmax",
    "unit",
    "usage",
]
