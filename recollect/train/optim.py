"""Optimizers as values: a learning rate that is a function of the step, and a gradient clip.

A schedule holds no state, so a resumed run needs to know nothing but its step.
S: replicas trained together; P: parameters.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.optim import Optimizer

from recollect.train.rmsprop import GravesRMSprop


@dataclass(frozen=True, kw_only=True)
class Schedule(ABC):
    """The learning rate's course: a factor for every step."""

    @abstractmethod
    def scale(self, step: int, steps: int) -> float:
        """Return the factor of step `step` (from 0) of `steps`."""


@dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
    """The learning rate as it is."""

    def scale(self, step: int, steps: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True, kw_only=True)
class Halving(Schedule):
    """The rate times `factor` every `every` steps, counted from step `start`.

    >>> [Halving(every=10, start=5).scale(i, 100) for i in (0, 14, 15, 25)]
    [1.0, 1.0, 0.5, 0.25]
    """

    every: int
    """Steps between two cuts."""
    start: int = 0
    """Step the counting begins at: the end of a first phase at a constant rate."""
    factor: float = 0.5
    """What the rate is multiplied by."""

    def scale(self, step: int, steps: int) -> float:
        """Return factor^⌊(step − start) / every⌋, and 1 before `start`."""
        return self.factor ** (max(0, step - self.start) // self.every)


@dataclass(frozen=True, kw_only=True)
class WarmupCosine(Schedule):
    """A linear rise over `warmup` steps, then half a cosine down to `floor`.

    >>> s = WarmupCosine(warmup=10)
    >>> [round(s.scale(i, 110), 3) for i in (0, 9, 10, 60, 109)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """

    warmup: int = 100
    """Steps of the rise."""
    floor: float = 0.0
    """The factor at the end."""

    def scale(self, step: int, steps: int) -> float:
        """Return the factor of a step."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        done = min(1.0, (step - self.warmup) / max(1, steps - self.warmup))
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * done))


@dataclass(frozen=True, kw_only=True)
class OptimConfig(ABC):
    """An optimizer's numbers; `build` makes it over any list of tensors."""

    lr: float
    """The learning rate that the schedule scales."""
    schedule: Schedule = field(default_factory=Constant)
    clip: float | None = None
    """Largest gradient norm; None clips nothing."""
    clip_each: bool = False
    """Clip the norm of every parameter by itself, not the norm of all together."""

    @abstractmethod
    def build(self, parameters: Sequence[Tensor]) -> Optimizer:
        """Make the optimizer."""


@dataclass(frozen=True, kw_only=True)
class SGD(OptimConfig):
    """Stochastic gradient descent."""

    lr: float = 0.01
    momentum: float = 0.0
    weight_decay: float = 0.0

    def build(self, parameters: Sequence[Tensor]) -> Optimizer:
        """Make `torch.optim.SGD`."""
        return torch.optim.SGD(
            parameters, lr=self.lr, momentum=self.momentum, weight_decay=self.weight_decay
        )


@dataclass(frozen=True, kw_only=True)
class Adam(OptimConfig):
    """Adam with decoupled weight decay (AdamW; with no decay it is Adam)."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0

    def build(self, parameters: Sequence[Tensor]) -> Optimizer:
        """Make `torch.optim.AdamW`."""
        return torch.optim.AdamW(
            parameters, lr=self.lr, betas=self.betas, eps=self.eps, weight_decay=self.weight_decay
        )


@dataclass(frozen=True, kw_only=True)
class RMSprop(OptimConfig):
    """RMSprop with the form and the numbers of Graves (2013), eq. 38-45; see `GravesRMSprop`."""

    lr: float = 1e-4
    alpha: float = 0.95
    eps: float = 1e-4
    momentum: float = 0.9

    def build(self, parameters: Sequence[Tensor]) -> Optimizer:
        """Make a `GravesRMSprop`."""
        return GravesRMSprop(
            parameters, lr=self.lr, alpha=self.alpha, eps=self.eps, momentum=self.momentum
        )


def gradient_norms(
    gradients: Sequence[Tensor],
    *,
    stacked: bool = False,
    gather: Callable[[Tensor], Tensor] = Tensor.detach,
) -> Tensor:
    """Return the norm of every gradient, for each replica where they are stacked.

    `gather` turns the norm of a sharded gradient into that of the whole.

    Shapes:
        gradients: P tensors, each (S, ...) where stacked. Returns (P, S), or (P, 1).
    """
    if stacked:
        return torch.stack([g.reshape(len(g), -1).norm(dim=1) for g in gradients])
    return torch.stack([gather(torch.linalg.vector_norm(g)) for g in gradients])[:, None]


def clip_gradients(
    gradients: Sequence[Tensor], norms: Tensor, limit: float, *, each: bool = False
) -> None:
    """Scale gradients in place so that no norm passes `limit`.

    g ← g · min(1, limit / ‖g‖), the norm being that of all gradients of a replica together
    or, with `each`, of every one by itself.

    Shapes:
        gradients: P tensors, each (S, ...) where S > 1. norms: (P, S).
    """
    measured = norms if each else norms.norm(dim=0, keepdim=True).expand_as(norms)
    # 0 / 0 is no concern: limit / 0 is infinite and clamps to 1.
    scales = (limit / measured).clamp(max=1.0)
    for gradient, scale in zip(gradients, scales, strict=True):
        if len(scale) == 1:
            gradient.mul_(scale.item())
        else:
            gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))
