"""The sense of a vector's nearest neighbours.

Shape letters: ``Q`` queries, ``N`` neighbours to choose from, ``D`` width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["nearest_sense"]


def nearest_sense(query: Tensor, keys: Tensor, senses: Tensor, *, near: int = 10) -> Tensor:
    r"""Let the nearest neighbours by cosine vote for a sense, each with its weight in a softmax.

    .. math:: s = \arg\max_s \sum_{i \in \mathrm{near}(q), s_i = s} e^{5 \cos(q, k_i)}

    Where all neighbours are equally near, the vector says nothing and gets the commonest sense.

    Shapes:
        query ``(Q, D)``, keys ``(N, D)``, senses ``(N,)`` -> ``(Q,)``.

    Raises:
        ValueError: `near` is below 1, or there are no neighbours.

    >>> keys, senses = torch.eye(3)[:, :2] + 0.1, torch.tensor([0, 1, 1])
    >>> nearest_sense(torch.tensor([[3.0, 0.0], [0.0, 3.0]]), keys, senses, near=1).tolist()
    [0, 1]
    """
    if near < 1 or not len(keys):
        raise ValueError(f"near is {near} of {len(keys)} neighbours; give 1 or more of both")
    cosine = F.normalize(query, dim=-1) @ F.normalize(keys, dim=-1).T
    found = cosine.topk(min(near, len(keys)), dim=-1)
    votes = F.one_hot(senses[found.indices], int(senses.max()) + 1)
    said = (votes * (5 * found.values).exp().unsqueeze(-1)).sum(1).argmax(-1)
    alike = (cosine.amax(-1) - cosine.amin(-1)) < 1e-6
    return torch.where(alike, senses.bincount().argmax(), said)
