"""Which slots of a memory are in use, and where there is room to write.

Shape letters: ``N`` slots, ``R`` reads; ``...`` leading axes, which broadcast.
"""

import torch
from torch import Tensor

__all__ = ["allocation", "retention", "usage"]


def retention(free_gates: Tensor, read_weights: Tensor) -> Tensor:
    r"""Tell how much of each slot the free gates leave in use after the last reads.

    .. math:: \psi_t = \prod_{r=1}^{R} (1 - f^r_t w^{r}_{t-1})

    Graves et al. 2016, "Hybrid computing using a neural network with dynamic external memory",
    methods, "Dynamic memory allocation".

    Shapes:
        free_gates ``(..., R)``, read_weights ``(..., R, N)`` of the last step -> ``(..., N)``.

    >>> retention(torch.tensor([0.5, 1.0]), torch.eye(2, 3))
    tensor([0.5000, 0.0000, 1.0000])
    """
    return (1 - free_gates.unsqueeze(-1) * read_weights).prod(-2)


def usage(previous: Tensor, write_weights: Tensor, kept: Tensor | None = None) -> Tensor:
    r"""Tell how much of each slot is in use, after a write and, where given, a release.

    .. math:: u_t = (u_{t-1} + w_{t-1} - u_{t-1} \circ w_{t-1}) \circ \psi_t

    Graves et al. 2016, methods, "Dynamic memory allocation". The weights are those of the *last*
    step's write. The function stays within [0, 1].

    Shapes:
        previous ``(..., N)``, write_weights ``(..., N)``, kept :math:`\psi` ``(..., N)`` or None ->
        ``(..., N)``.

    >>> usage(torch.tensor([0.5, 0.0]), torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0]))
    tensor([0.7500, 0.0000])
    """
    used = previous + write_weights - previous * write_weights
    return used if kept is None else used * kept


def allocation(usage: Tensor, *, eps: float = 1e-6, tie: float = 1e-4) -> Tensor:
    r"""Weigh the slots by how free they are, the least used one first.

    .. math:: a_{\phi_j} = (1 - \hat u_{\phi_j}) \prod_{i<j} \hat u_{\phi_i}, \qquad
              \hat u = \epsilon + (1 - \epsilon) u

    with :math:`\phi` the slots in ascending order of usage. Graves et al. 2016, methods, equation
    of :math:`a_t`; the :math:`\epsilon` is that of the authors' code. The weights sum to
    :math:`1 - \prod_n \hat u_n`, so to 0 in a full memory.

    Slots that are used alike, each within `tie` of the next, are taken by their number. Unused
    slots differ by rounding only, and where rounding chose among them the same story would lie
    in other slots in another batch. The order is held fixed in the gradient. Half precision is
    computed in float32, where a product of numbers near 1 still differs from 1.

    Shapes:
        usage ``(..., N)`` in [0, 1] -> ``(..., N)``.

    >>> allocation(torch.tensor([0.9, 0.5, 0.1]))
    tensor([0.0050, 0.0500, 0.9000])
    """
    used = eps + (1 - eps) * usage.to(torch.promote_types(usage.dtype, torch.float32))
    with torch.no_grad():
        ascending, order = torch.sort(used, dim=-1)
        apart = torch.diff(ascending, dim=-1, prepend=ascending[..., :1]) > tie
        level = torch.zeros_like(order).scatter(-1, order, apart.long().cumsum(-1))
        order = torch.sort(level, dim=-1, stable=True).indices
    used = used.gather(-1, order)
    ahead = torch.cumprod(used, -1).roll(1, -1)
    first = torch.arange(used.shape[-1], device=used.device) == 0
    free = (1 - used) * torch.where(first, torch.ones_like(ahead), ahead)
    return torch.zeros_like(free).scatter(-1, order, free).to(usage.dtype)
