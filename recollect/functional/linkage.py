"""In which order the slots of a memory were written, and how a read follows that order.

Shape letters: ``N`` slots, ``R`` reads; ``...`` leading axes, which broadcast.
"""

import torch
from torch import Tensor

__all__ = ["follow_backward", "follow_forward", "link", "precedence", "sharpen_link"]


def link(previous: Tensor, precedence: Tensor, write_weights: Tensor) -> Tensor:
    r"""Note that what is written now comes after what was written last.

    .. math:: L_t[i, j] = (1 - w_{t,i} - w_{t,j}) L_{t-1}[i, j] + w_{t,i} p_{t-1,j},
              \qquad L_t[i, i] = 0

    Graves et al. 2016, "Hybrid computing using a neural network with dynamic external memory",
    methods, "Temporal memory linkage". ``L[i, j]`` says how far slot i was written right after slot
    j. Rows and columns sum to at most 1 where the weights do.

    Shapes:
        previous ``(..., N, N)``, precedence before this write ``(..., N)``, write_weights
        ``(..., N)`` -> ``(..., N, N)``.

    >>> link(torch.zeros(2, 2), torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]))
    tensor([[0., 0.],
            [1., 0.]])
    """
    rows, columns = write_weights.unsqueeze(-1), write_weights.unsqueeze(-2)
    after = (1 - rows - columns) * previous + rows * precedence.unsqueeze(-2)
    slots = torch.arange(previous.shape[-1], device=previous.device)
    return after.masked_fill(slots[:, None] == slots, 0.0)


def precedence(previous: Tensor, write_weights: Tensor) -> Tensor:
    r"""Tell how far each slot is the one written last.

    .. math:: p_t = (1 - \textstyle\sum_n w_{t,n}) p_{t-1} + w_t

    Graves et al. 2016, methods, "Temporal memory linkage". It comes after `link` in a step.

    Shapes:
        previous ``(..., N)``, write_weights ``(..., N)`` -> ``(..., N)``.

    >>> precedence(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 0.75]))
    tensor([0.2500, 0.7500])
    """
    return (1 - write_weights.sum(-1, keepdim=True)) * previous + write_weights


def follow_forward(link: Tensor, read_weights: Tensor) -> Tensor:
    r"""Move every read to what was written right after the slot it stands on.

    .. math:: f_t = L_t w_{t-1}

    Graves et al. 2016, methods, "Temporal memory linkage".

    Shapes:
        link ``(..., N, N)``, read_weights ``(..., R, N)`` of the last step -> ``(..., R, N)``.
    """
    return read_weights @ link.mT


def follow_backward(link: Tensor, read_weights: Tensor) -> Tensor:
    r"""Move every read to what was written right before the slot it stands on.

    .. math:: b_t = L_t^\top w_{t-1}

    Graves et al. 2016, methods, "Temporal memory linkage".

    Shapes:
        link ``(..., N, N)``, read_weights ``(..., R, N)`` of the last step -> ``(..., R, N)``.
    """
    return read_weights @ link


def sharpen_link(weights: Tensor, sharpness: Tensor, eps: float = 1e-6) -> Tensor:
    r"""Undo the blur that each step along the links adds.

    .. math:: S(d, s)_i = \Big(\frac{d_i + \epsilon}{\max_j (d_j + \epsilon)}\Big)^{s} \Big/
              \sum_k \Big(\frac{d_k + \epsilon}{\max_j (d_j + \epsilon)}\Big)^{s}

    Csordas and Schmidhuber 2019, "Improving Differentiable Neural Computers Through Memory Masking,
    De-allocation, and Link Distribution Sharpness Control", section 2.3. It is
    :math:`\mathrm{softmax}(s \log(d + \epsilon))` and computed so. Where there is no link the
    result is uniform.

    Shapes:
        weights ``(..., N)``, at least 0, sharpness ``(..., 1)`` -> ``(..., N)``, sums 1.

    >>> sharpen_link(torch.tensor([0.2, 0.1, 0.0]), torch.tensor([2.0]))
    tensor([8.0000e-01, 2.0000e-01, 2.0000e-11])
    """
    # Rounding in the links may leave a weight a little below 0.
    return (sharpness * (weights.clamp_min(0) + eps).log()).softmax(-1)
