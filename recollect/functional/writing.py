"""What a write head of a memory machine does to the slots it points at.

Shape letters: ``W`` write heads, ``N`` slots, ``M`` width of a slot; ``...`` leading axes.
"""

from torch import Tensor

__all__ = ["erase_and_add"]


def erase_and_add(memory: Tensor, weights: Tensor, erase: Tensor, add: Tensor) -> Tensor:
    r"""Erase, then add, at every slot in the measure of its weight.

    .. math:: M' = M \odot \prod_h (1 - w_h e_h^\top) + \sum_h w_h a_h^\top

    Graves, Wayne and Danihelka 2014, "Neural Turing Machines", equations 3 and 4; the erasures of
    all heads come before the additions, so that their order does not matter.

    Shapes:
        memory ``(..., N, M)``, weights ``(..., W, N)``, erase and add ``(..., W, M)`` ->
        ``(..., N, M)``.

    >>> import torch
    >>> memory, weights = torch.ones(2, 2), torch.tensor([[1.0, 0.0]])
    >>> erase_and_add(memory, weights, torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 3.0]]))
    tensor([[0., 4.],
            [1., 1.]])
    """
    for w, e in zip(weights.unbind(-2), erase.unbind(-2), strict=True):
        memory = memory - memory * (w.unsqueeze(-1) * e.unsqueeze(-2))
    return memory + weights.mT @ add
