"""Monotonic alignments of a whole target: in a kernel where it can run, step by step elsewhere.

Both give the same values and gradients, to rounding.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` slots.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.cells.base import mapped
from recollect.functional import monotonic, stepwise_monotonic

__all__ = ["monotonic_path", "onward_path", "stepwise_path"]

Step = Callable[[Tensor, Tensor, Tensor | None], Tensor]


def monotonic_path(
    energy: Tensor, last: Tensor, mask: Tensor | None = None, *, fused: bool = True
) -> Tensor:
    """Take `recollect.functional.monotonic` from step to step.

    Shapes:
        energy ``(B, T, N)``, last ``(B, N)``, mask ``(B, 1, N)`` or None -> weights ``(B, T, N)``.
    """
    if not (fused and _runs(energy, last)):
        return _unrolled(monotonic, energy, last, mask)
    return _stopping(energy, last, mask, ahead=0)


def onward_path(
    energy: Tensor, last: Tensor, mask: Tensor | None = None, *, fused: bool = True
) -> Tensor:
    """Take `recollect.functional.monotonic` from step to step, each a slot behind the last stop.

    Shapes:
        energy ``(B, T, N)``, last ``(B, N)``, where the first step begins, mask ``(B, 1, N)`` or
        None -> weights ``(B, T, N)``.
    """
    if not (fused and _runs(energy, last)):
        return _unrolled(monotonic, energy, last, mask, ahead=1)
    return _stopping(energy, last, mask, ahead=1)


def _stopping(energy: Tensor, last: Tensor, mask: Tensor | None, *, ahead: int) -> Tensor:
    e = _wide(energy)
    stop, go = e.sigmoid(), (-e).sigmoid()
    if mask is not None:
        stop, go = torch.where(mask, stop, 0.0), torch.where(mask, go, 1.0)
    return _path("stopping", stop, go, last, ahead).to(energy.dtype)


def stepwise_path(
    energy: Tensor, last: Tensor, mask: Tensor | None = None, *, fused: bool = True
) -> Tensor:
    """Take `recollect.functional.stepwise_monotonic` from step to step.

    Shapes:
        energy ``(B, T, N)``, last ``(B, N)``, mask ``(B, 1, N)`` or None -> weights ``(B, T, N)``.
    """
    if not (fused and _runs(energy, last)):
        return _unrolled(stepwise_monotonic, energy, last, mask)
    e = _wide(energy)
    readable = e.new_ones(e.shape[-1:], dtype=torch.bool) if mask is None else mask
    onward = F.pad(readable[..., 1:], (0, 1))
    stay = torch.where(onward, e.sigmoid(), 1.0)
    return _path("stepping", stay * readable, 1 - stay, last).to(energy.dtype)


def _runs(energy: Tensor, last: Tensor) -> bool:
    return bool(
        energy.is_cpu
        and energy.is_floating_point()
        and energy.numel()
        and not torch.compiler.is_compiling()
        and not mapped(energy, last)
    )


def _wide(energy: Tensor) -> Tensor:
    return energy.to(torch.promote_types(energy.dtype, torch.float32))


def _unrolled(
    step: Step, energy: Tensor, last: Tensor, mask: Tensor | None, *, ahead: int = 0
) -> Tensor:
    mask, steps = None if mask is None else mask.squeeze(1), []
    for each in energy.unbind(1):
        weights = step(each, last, mask)
        steps.append(weights)
        last = F.pad(weights, (ahead, 0))[..., : weights.shape[-1]]
    return torch.stack(steps, 1) if steps else energy


def _path(name: str, one: Tensor, other: Tensor, last: Tensor, *how: int) -> Tensor:
    weights: Any = _Path.apply(name, how, one, other.expand_as(one), last.to(one.dtype))
    return weights


class _Path(torch.autograd.Function):
    """A kernel of `recollect.kernels.monotonic` and its backward."""

    @staticmethod
    def forward(ctx: Any, name: str, how: tuple[int, ...], *given: Tensor) -> Tensor:
        one, other, last = (x.contiguous() for x in given)
        weights = torch.empty_like(one)
        _call(name, how, one, other, last, weights)
        ctx.name, ctx.how = name, how
        ctx.save_for_backward(one, other, last, weights)
        return weights

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        one, other, last, weights = ctx.saved_tensors
        found = torch.empty_like(one), torch.empty_like(other), torch.zeros_like(last)
        upstream = upstream.clone(memory_format=torch.contiguous_format)
        _call(f"{ctx.name}_backward", ctx.how, one, other, last, weights, upstream, *found)
        return None, None, *found


def _call(name: str, how: tuple[int, ...], *tensors: Tensor) -> None:
    slices = import_module("recollect.kernels.slices")
    kernel = getattr(import_module("recollect.kernels.monotonic"), name)
    with slices.compiling("monotonic", 5):
        arrays = [tensor.detach().numpy() for tensor in tensors]
        slices.over_batch(kernel, len(arrays[0]), *how, *arrays)
