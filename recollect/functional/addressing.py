"""Where a head of a memory machine points: by content, from where it stood, moved, sharpened.

Shape letters: ``H`` heads, ``N`` slots, ``M`` width of a slot, ``S`` the farthest shift; ``...``
leading axes, which broadcast.
"""

import torch
from torch import Tensor

__all__ = ["content_weights", "interpolate", "sharpen", "shift"]

NORM = 1e-6
"""What is added to a squared norm. Inside the root, a memory of zeros has finite gradients."""

FLOOR = 1e-16
"""What is added to a weight before its logarithm."""


def content_weights(keys: Tensor, memory: Tensor, strength: Tensor) -> Tensor:
    r"""Point at the slots that resemble a key.

    .. math:: w_i = \mathrm{softmax}_i \left( \beta
              \frac{k \cdot M_i}{\sqrt{\|k\|^2 + \epsilon} \sqrt{\|M_i\|^2 + \epsilon}} \right)

    Graves, Wayne and Danihelka 2014, "Neural Turing Machines", equations 5 and 6, with
    :math:`\epsilon = 10^{-6}` in the root: empty slots score 0 and pull no gradient to infinity.

    Shapes:
        keys ``(..., H, M)``, memory ``(..., N, M)``, strength ``(..., H)`` -> ``(..., H, N)``.

    >>> content_weights(torch.tensor([[1.0, 0.0]]), torch.eye(2), torch.tensor([4.0]))
    tensor([[0.9820, 0.0180]])
    """
    keyed = strength * (keys.square().sum(-1) + NORM).rsqrt()
    stored = (memory.square().sum(-1) + NORM).rsqrt()
    logits = (keys @ memory.mT) * keyed.unsqueeze(-1) * stored.unsqueeze(-2)
    return torch.softmax(logits, -1)


def interpolate(content: Tensor, previous: Tensor, gate: Tensor) -> Tensor:
    r"""Choose between what the content says and where the head stood.

    .. math:: w = g \, w^c + (1 - g) \, w_{t-1}

    Graves, Wayne and Danihelka 2014, equation 7.

    Shapes:
        content and previous ``(..., H, N)``, gate ``(..., H)`` -> ``(..., H, N)``.
    """
    return torch.lerp(previous, content, gate.unsqueeze(-1))


def shift(weights: Tensor, shifts: Tensor) -> Tensor:
    r"""Move the weights around the ring of slots.

    .. math:: w'(i) = \sum_{\delta=-S}^{S} s_\delta \, w((i - \delta) \bmod N)

    Graves, Wayne and Danihelka 2014, equation 8. The last entry of `shifts` moves the head `S`
    slots on, the first `S` slots back.

    Shapes:
        weights ``(..., N)``, shifts ``(..., 2 * S + 1)`` -> ``(..., N)``.

    >>> shift(torch.tensor([0.0, 1.0, 0.0, 0.0]), torch.tensor([0.0, 0.25, 0.75]))
    tensor([0.0000, 0.2500, 0.7500, 0.0000])
    """
    farthest = shifts.shape[-1] // 2
    moved = [
        share.unsqueeze(-1) * (weights.roll(k - farthest, -1) if k != farthest else weights)
        for k, share in enumerate(shifts.unbind(-1))
    ]
    total = moved[0]
    for part in moved[1:]:
        total = total + part
    return total


def sharpen(weights: Tensor, sharpness: Tensor) -> Tensor:
    r"""Undo the blur that shifts leave.

    .. math:: w'(i) = \frac{w(i)^\gamma}{\sum_j w(j)^\gamma}
              = \mathrm{softmax}_i(\gamma \log(w(i) + \epsilon))

    Graves, Wayne and Danihelka 2014, equation 9. In logarithms nothing vanishes: the powers of even
    weights on 128 slots sum to 3e-14 at :math:`\gamma` of 15, and to 0 soon after.

    Shapes:
        weights ``(..., H, N)``, sharpness ``(..., H)``, at least 1 -> ``(..., H, N)``.

    >>> sharpen(torch.tensor([[0.2, 0.2, 0.6]]), torch.tensor([2.0]))
    tensor([[0.0909, 0.0909, 0.8182]])
    """
    return torch.softmax(sharpness.unsqueeze(-1) * torch.log(weights.clamp_min(0) + FLOOR), -1)
