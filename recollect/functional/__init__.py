"""The equations of attention and memory as plain functions: tensors in, tensors out."""

from recollect.functional.addressing import content_weights, interpolate, sharpen, shift
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
from recollect.functional.writing import erase_and_add

__all__ = [
    "Normalize",
    "additive",
    "allocation",
    "causal_mask",
    "content_weights",
    "cosine",
    "dot",
    "entmax15",
    "erase_and_add",
    "follow_backward",
    "follow_forward",
    "gumbel_softmax",
    "hardmax",
    "interpolate",
    "length_mask",
    "link",
    "precedence",
    "retention",
    "sharpen",
    "sharpen_link",
    "shift",
    "softmax",
    "sparsemax",
    "stick_breaking",
    "stick_breaking_log",
    "topk_softmax",
    "unit",
    "usage",
]
