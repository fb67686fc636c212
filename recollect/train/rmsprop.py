"""RMSprop as Graves 2013 has it, which is not torch's: what is added stands inside the root."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["GravesRMSprop"]


class GravesRMSprop(Optimizer):
    r"""Divide a gradient by how much it varied lately, and go on in the direction of late.

    .. math:: n &\leftarrow \alpha n + (1 - \alpha) \epsilon^2, \qquad
              g \leftarrow \alpha g + (1 - \alpha) \epsilon \\
              \Delta &\leftarrow \mu \Delta - \lambda
              \frac{\epsilon}{\sqrt{n - g^2 + \mathrm{eps}}}, \qquad w \leftarrow w + \Delta

    Graves 2013, "Generating Sequences With Recurrent Neural Networks", equations 38 to 45, with
    :math:`\epsilon` the gradient. `torch.optim.RMSprop` adds its eps behind the root: with the
    paper's 1e-4 it takes steps a hundred times as long where gradients are small.

    Shapes:
        parameters of any shape.
    """

    def __init__(
        self, parameters: Iterable[Tensor], *, lr: float, alpha: float, eps: float, momentum: float
    ) -> None:
        """Take the parameters and the paper's four numbers."""
        numbers = {"lr": lr, "alpha": alpha, "eps": eps, "momentum": momentum}
        super().__init__(parameters, numbers)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # pyright: ignore
        """Take one step; a closure, as torch's optimizers take it, is called first."""
        with torch.enable_grad():
            loss = None if closure is None else closure()
        for group in self.param_groups:
            keep, rate = group["alpha"], group["lr"]
            for parameter in group["params"]:
                gradient = parameter.grad
                if gradient is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state |= {
                        name: torch.zeros_like(parameter) for name in ("square", "mean", "move")
                    }
                state["square"].mul_(keep).addcmul_(gradient, gradient, value=1 - keep)
                state["mean"].mul_(keep).add_(gradient, alpha=1 - keep)
                # Never below 0 but by rounding, which large gradients make larger than eps.
                varied = (state["square"] - state["mean"].square()).clamp_min_(0)
                root = varied.add_(group["eps"]).sqrt_()
                state["move"].mul_(group["momentum"]).addcdiv_(gradient, root, value=-rate)
                parameter.add_(state["move"])
        return loss
