"""How a check fails: one sentence with the part, the rule and the numbers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Expect", "Nonconformity"]


class Nonconformity(AssertionError):
    """A part breaks a rule of its kind; the message names both.

    Shapes:
        none.
    """


class Expect:
    """Hold a part to rules, each failure opening with the part's name.

    Shapes:
        tensors of any, equal, shape.
    """

    def __init__(self, part: object):
        self.name = getattr(part, "__name__", None) or type(part).__name__

    def true(self, holds: bool | Tensor, rule: str) -> None:
        """Fail with the rule unless it holds."""
        if not bool(holds):
            raise Nonconformity(f"{self.name}: {rule}")

    def finite(self, x: Tensor, rule: str) -> None:
        """Fail unless every number of `x` is finite."""
        bad = int((~torch.isfinite(x)).sum())
        self.true(bad == 0, f"{rule}; {bad} of {x.numel()} numbers are NaN or infinite")

    def zero(self, x: Tensor, rule: str) -> None:
        """Fail unless every number of `x` is exactly 0."""
        self.finite(x, rule)
        worst = float(x.detach().abs().max()) if x.numel() else 0.0
        self.true(worst == 0, f"{rule}; one is {worst:.3g}")

    def shape(self, x: Tensor, shape: tuple[int, ...], what: str) -> None:
        """Fail unless `x` has this shape."""
        self.true(tuple(x.shape) == tuple(shape), f"{what} are {shape}, not {tuple(x.shape)}")

    def close(self, x: Tensor, y: Tensor, rule: str, *, tolerance: float = 1e-5) -> None:
        """Fail unless both are finite and equal, relative to the larger number of each pair."""
        self.shape(x, tuple(y.shape), f"{rule}; the shapes")
        self.finite(x, rule)
        self.finite(y, rule)
        if x.numel():
            x, y = x.detach().double(), y.detach().double()
            scale = torch.maximum(x.abs(), y.abs()).clamp_min(1)
            worst = float(((x - y).abs() / scale).max())
            self.true(worst <= tolerance, f"{rule}; they differ by {worst:.2e}")

    def refused(self, call: Callable[[], Any], rule: str) -> None:
        """Fail unless the call raises a ValueError that says something."""
        try:
            call()
        except ValueError as error:
            self.true(str(error) != "", f"{rule}; the ValueError has no message")
        else:
            raise Nonconformity(f"{self.name}: {rule}; no ValueError was raised")


def gradients(loss: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    """Return the gradients of a loss, zeros where an input has no part in it."""
    if not loss.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad(loss, inputs, allow_unused=True, retain_graph=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]


@contextmanager
def quiet(part: object, seed: int) -> Iterator[None]:
    """Seed the default generator and put a module in evaluation, both restored afterwards."""
    module = part if isinstance(part, nn.Module) else None
    training = {m: m.training for m in module.modules()} if module is not None else {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if module is not None:
            module.eval()
        try:
            yield
        finally:
            for m, mode in training.items():
                m.training = mode
