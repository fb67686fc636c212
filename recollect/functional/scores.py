"""How well each query matches each key.

Shape letters: ``Q`` queries, ``N`` slots, ``D`` width of queries and keys, ``A`` hidden width;
``...`` leading axes, which broadcast.
"""

import torch
from torch import Tensor

__all__ = ["additive", "cosine", "dot", "unit"]


def dot(query: Tensor, keys: Tensor, scale: float | None = 1.0) -> Tensor:
    r"""Score by the inner product.

    .. math:: e_{ij} = \mathrm{scale} \cdot q_i^\top k_j

    Luong, Pham and Manning 2015, section 3.1, with a scale of 1; Vaswani et al. 2017, equation 1,
    with :math:`D^{-1/2}`, which is what None stands for.

    Shapes:
        query ``(..., Q, D)``, keys ``(..., N, D)`` -> scores ``(..., Q, N)``.

    >>> dot(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor([[1., 2.]])
    """
    # There are more scores than query features wherever slots outnumber features: scale these.
    return (query * (query.shape[-1] ** -0.5 if scale is None else scale)) @ keys.mT


def unit(x: Tensor, eps: float = 1e-6) -> Tensor:
    r"""Scale vectors to length 1.

    .. math:: x / \sqrt{\lVert x \rVert^2 + \epsilon^2}

    A zero vector stays zero, with a finite gradient.

    Shapes:
        x ``(..., D)`` -> ``(..., D)``.
    """
    return x * (x.square().sum(-1, keepdim=True) + eps**2).rsqrt()


def cosine(query: Tensor, keys: Tensor, strength: float | Tensor = 1.0) -> Tensor:
    r"""Score by the cosine of the angle between query and key, times a strength.

    .. math:: e_{ij} = \beta_i \frac{q_i^\top k_j}{\lVert q_i \rVert \lVert k_j \rVert}

    Graves, Wayne and Danihelka 2014, "Neural Turing Machines", equations 5 and 6.

    Shapes:
        query ``(..., Q, D)``, keys ``(..., N, D)``, strength a number or ``(..., Q, 1)`` -> scores
        ``(..., Q, N)``.

    >>> cosine(torch.tensor([[3.0, 0.0]]), torch.tensor([[2.0, 0.0], [0.0, 5.0]]), 4.0)
    tensor([[4., 0.]])
    """
    return (unit(query) * strength) @ unit(keys).mT


def additive(query: Tensor, keys: Tensor, v: Tensor) -> Tensor:
    r"""Score by a small network with one hidden layer, its two halves already applied.

    .. math:: e_{ij} = v^\top \tanh(q_i + k_j), \qquad q_i = W s_i, \quad k_j = U h_j

    Bahdanau, Cho and Bengio 2015, section A.1.2. It makes a tensor of ``Q * N * A`` numbers.

    Shapes:
        query ``(..., Q, A)``, keys ``(..., N, A)``, v ``(A,)`` -> scores ``(..., Q, N)``.

    >>> additive(torch.zeros(1, 2), torch.zeros(3, 2), torch.ones(2))
    tensor([[0., 0., 0.]])
    """
    return torch.tanh(query.unsqueeze(-2) + keys.unsqueeze(-3)) @ v
