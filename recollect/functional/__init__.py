"""The equations of attention and memory as plain functions: tensors in, tensors out."""

from recollect.functional.addressing import content_weights, interpolate, sharpen, shift
from recollect.functional.alignment import (
    alignment_error_rate,
    coverage,
    coverage_loss,
    diagonality,
    doubly_stochastic_loss,
    entropy,
    guided_loss,
    monotonicity,
)
from recollect.functional.allocation import allocation, retention, usage
from recollect.functional.copying import (
    copied_share,
    copy_likelihood,
    copy_mixture,
    pointed,
)
from recollect.functional.latent import (
    elbo,
    marginal,
    monotone_forward,
    monotone_likelihood,
    monotone_step,
    monotone_transitions,
    reinforce,
)
from recollect.functional.linkage import (
    follow_backward,
    follow_forward,
    link,
    precedence,
    sharpen_link,
)
from recollect.functional.masks import causal_mask, length_mask
from recollect.functional.monotonic import (
    chunkwise,
    first_slot,
    hard_monotonic,
    monotonic,
    stepwise_monotonic,
)
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
    "alignment_error_rate",
    "allocation",
    "causal_mask",
    "chunkwise",
    "content_weights",
    "copied_share",
    "copy_likelihood",
    "copy_mixture",
    "cosine",
    "coverage",
    "coverage_loss",
    "diagonality",
    "dot",
    "doubly_stochastic_loss",
    "elbo",
    "entmax15",
    "entropy",
    "erase_and_add",
    "first_slot",
    "follow_backward",
    "follow_forward",
    "guided_loss",
    "gumbel_softmax",
    "hard_monotonic",
    "hardmax",
    "interpolate",
    "length_mask",
    "link",
    "marginal",
    "monotone_forward",
    "monotone_likelihood",
    "monotone_step",
    "monotone_transitions",
    "monotonic",
    "monotonicity",
    "pointed",
    "precedence",
    "reinforce",
    "retention",
    "sharpen",
    "sharpen_link",
    "shift",
    "softmax",
    "sparsemax",
    "stepwise_monotonic",
    "stick_breaking",
    "stick_breaking_log",
    "topk_softmax",
    "unit",
    "usage",
]
