"""Means of figures over batches, processes and replicas.

S: replicas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from recollect.train.mesh import Mesh


class Means:
    """Weighted means of figures that stay on their device until they are asked for.

    Shapes:
        Figures are scalars, or (S,) for replicas.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.sums: dict[str, Tensor] = {}
        self.weights: dict[str, Tensor] = {}

    def add(self, figures: dict[str, Tensor], *, weight: float = 1.0) -> None:
        """Add a batch's figures, weighed by its `count` where it has one."""
        figures = {name: value.detach().float() for name, value in figures.items()}
        count = figures.pop("count", torch.ones_like(figures["loss"])) * weight
        for name, value in figures.items():
            # A weight of nothing must not carry a NaN in.
            self._add(name, torch.where(count > 0, value * count, 0.0), count)

    def add_unweighted(self, name: str, value: Tensor) -> None:
        """Add a figure of the step, not of a batch."""
        value = value.detach().float()
        self._add(name, value, torch.ones_like(value))

    def _add(self, name: str, value: Tensor, weight: Tensor) -> None:
        self.sums[name] = self.sums[name] + value if name in self.sums else value
        self.weights[name] = self.weights[name] + weight if name in self.weights else weight

    def per_seed(self, mesh: Mesh) -> dict[str, list[float]]:
        """Return each figure's mean over batches and processes, a number for every replica."""
        names = list(self.sums)
        if not names:
            return {}
        both = torch.stack(
            [torch.stack([self.sums[n], self.weights[n]]).reshape(2, -1) for n in names]
        )
        sums, weights = mesh.sum(both).unbind(1)
        return dict(zip(names, (sums / weights).tolist(), strict=True))

    def result(self, mesh: Mesh) -> dict[str, float]:
        """Return the means of a single model."""
        return {name: values[0] for name, values in self.per_seed(mesh).items()}
