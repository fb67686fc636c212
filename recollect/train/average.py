"""The mean of the weights over the last steps, which is what is measured and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor

__all__ = ["Average", "averages", "measured", "without_learning"]

_LEARNING = "learning"


class Average:
    r"""An exponential mean of weights that go on learning by themselves.

    .. math:: \bar\theta_t = d_t \bar\theta_{t-1} + (1 - d_t) \theta_t, \qquad
              d_t = \min(d, (1 + t) / (10 + t))

    Polyak and Juditsky 1992 take the plain mean; this one forgets, over about
    :math:`1 / (1 - d)` steps, and sooner in the beginning.

    Args:
        parameters: the weights that learn, by name.
        decay: :math:`d`, from 0, which is no mean, to below 1.

    Shapes:
        weights of any shape, also of many replicas, stacked.

    Raises:
        ValueError: `decay` is not in [0, 1).

    >>> weight = torch.zeros(1)
    >>> mean = Average({"w": weight}, decay=0.5)
    >>> weight += 1
    >>> mean.update(100)
    >>> with mean.in_place():
    ...     print(weight)
    tensor([0.5000])
    >>> weight
    tensor([1.])
    """

    def __init__(self, parameters: Mapping[str, Tensor], *, decay: float):
        if not 0 <= decay < 1:
            raise ValueError(
                f"engine.average is {decay}; give a number from 0 to below 1, such as 0.999, or "
                "None to keep the weights of the last step"
            )
        self.parameters, self.decay = dict(parameters), decay
        self.mean = {name: p.detach().clone() for name, p in self.parameters.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take the weights after step `step` (from 0) into the mean."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, parameter in self.parameters.items():
            self.mean[name].lerp_(parameter, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the model have the mean for a while."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, parameter in self.parameters.items():
            learning = parameter.detach().clone()
            parameter.copy_(self.mean[name])
            self.mean[name] = learning

    def of(self, tensor: Tensor) -> Tensor:
        """Return the mean of a weight that learns; anything else is returned as it is.

        Shapes:
            any -> the same.
        """
        for name, parameter in self.parameters.items():
            if parameter is tensor:
                return self.mean[name]
        return tensor

    def saved(self) -> dict[str, Tensor]:
        """Return the weights that learn as `NAME/learning`, beside an optimizer's tensors.

        Shapes:
            those of the weights.
        """
        return {f"{name}/{_LEARNING}": p for name, p in self.parameters.items()}

    @torch.no_grad()
    def load(self, flat: Mapping[str, Tensor], like: Callable[[Tensor, Tensor], Tensor]) -> None:
        """Take what the model holds as the mean, and let it go on from what `saved` returned.

        `like(tensor, own)` lays a full tensor out as the model's.

        Shapes:
            those of the weights; one that was not saved goes on from its mean.
        """
        for name, parameter in self.parameters.items():
            self.mean[name].copy_(parameter)
            learning = flat.get(f"{name}/{_LEARNING}")
            if learning is not None:
                parameter.copy_(like(learning, parameter))


def without_learning(flat: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return an optimizer's tensors alone.

    Shapes:
        as they are.
    """
    return {name: t for name, t in flat.items() if not name.endswith(f"/{_LEARNING}")}


def averages(parameters: Mapping[str, Tensor], decay: float | None) -> Average | None:
    """Return the mean that a config asks for.

    Shapes:
        see `Average`.
    """
    return None if decay is None else Average(parameters, decay=decay)


@contextmanager
def measured(average: Average | None) -> Iterator[None]:
    """Let the model have the mean for a while, where there is one."""
    with average.in_place() if average is not None else nullcontext():
        yield
