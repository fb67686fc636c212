"""Copying words from the source: a mixture of generating and pointing, in log space.

Shape letters: ``N`` source positions, ``V`` vocabulary, ``E`` the source's own words beyond it;
``...`` leading axes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.functional.monotonic import NEVER

__all__ = ["copy_mixture", "pointed"]


def pointed(weights: Tensor, ids: Tensor, size: int) -> Tensor:
    r"""Add up the weights of the positions at which each word stands.

    .. math:: P(w) = \sum_{i : x_i = w} \alpha_i

    Vinyals, Fortunato and Jaitly 2015, "Pointer networks"; Gu et al. 2016, "CopyNet".

    Shapes:
        weights ``(..., N)``, ids ``(..., N)`` integer below `size`, broadcasting ->
        ``(..., size)``.

    >>> pointed(torch.tensor([0.5, 0.2, 0.3]), torch.tensor([1, 0, 1]), 3)
    tensor([0.2000, 0.8000, 0.0000])
    """
    out = weights.new_zeros(*weights.shape[:-1], size)
    return out.scatter_add(-1, ids.expand(weights.shape), weights)


def copy_mixture(
    log_vocabulary: Tensor, weights: Tensor, gate: Tensor, ids: Tensor, *, extra: int = 0
) -> Tensor:
    r"""Mix generating a word of the vocabulary with copying one of the source.

    .. math:: P(w) = \sigma(g) \, P_V(w) + \sigma(-g) \sum_{i : x_i = w} \alpha_i

    See, Liu and Manning 2017, "Get to the point", equation 9, over the vocabulary and the words
    that only the source has, numbered from V on. In log space: a gate that saturates, or weights
    that are all 0, give neither NaN nor a loss of infinity.

    Shapes:
        log_vocabulary ``(..., V)``, weights ``(..., N)``, gate logits ``(..., 1)``, ids
        ``(..., N)`` below V + extra -> log-probabilities ``(..., V + extra)``, about -10,000 where
        there is no chance.

    >>> mixed = copy_mixture(
    ...     torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0]), torch.zeros(1), torch.tensor([2]),
    ...     extra=1)
    >>> mixed.exp()
    tensor([0.2500, 0.2500, 0.5000])
    """
    size = log_vocabulary.shape[-1] + extra
    copied = pointed(weights, ids, size)
    some = copied > 0
    # the logarithm of 0 is kept away from the gradient, not only from the value
    log_copied = torch.where(some, copied, torch.ones_like(copied)).log().masked_fill(~some, NEVER)
    log_generated = F.pad(log_vocabulary, (0, extra), value=NEVER)
    return torch.logaddexp(
        F.logsigmoid(gate) + log_generated, F.logsigmoid(-gate) + log_copied
    ).clamp(min=NEVER)
