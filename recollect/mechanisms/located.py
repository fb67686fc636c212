"""Location-aware weights of a whole target in their kernel: parameters in the kernel's layout.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` slots, ``A`` width of the score, ``F``
filters, ``C`` what they see, ``W`` their width.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from recollect.cells.base import mapped

__all__ = ["BOTH", "LAST", "TOTAL", "located_path", "runs_located"]

LAST, BOTH, TOTAL = range(3)
"""What the filters see: the last weights, those and the sum of all, or the sum alone."""


def runs_located(queries: Tensor, keys: Tensor, last: Tensor) -> bool:
    """Say whether the kernel runs: float32 on the CPU, not mapped, not compiled, nothing empty.

    Shapes:
        mapped queries ``(B, T, A)``, keys ``(B, N, A)``, last ``(B, N)``.
    """
    parts = (queries, keys, last)
    return bool(
        all(x.is_cpu and x.dtype == torch.float32 and x.numel() for x in parts)
        and not torch.compiler.is_compiling()
        and not mapped(*parts)
    )


def located_path(
    queries: Tensor,
    keys: Tensor,
    v: Tensor,
    filters: Tensor,
    onto: Tensor,
    *,
    mask: Tensor | None,
    state: tuple[Tensor, Tensor],
    sees: int,
) -> Tensor:
    r"""Weigh the slots for every query, each knowing the weights before.

    .. math:: e_{tj} = v^\top \tanh(q_t + k_j + V f_{tj}), \qquad f_t = F * \alpha_{t-1}

    Shapes:
        mapped queries ``(B, T, A)``, keys ``(B, N, A)``, v ``(A,)``, filters ``(F, C, W)``, onto
        ``(A, F)``, mask ``(B, 1, N)`` or None, the last weights and the sum of all ``(B, N)`` ->
        weights ``(B, T, N)``.
    """
    last, total = state
    readable = torch.ones_like(last) if mask is None else mask.squeeze(1).expand_as(last)
    found: Any = _Located.apply(
        queries, keys, v, filters.permute(1, 2, 0), onto.T, last, total, readable, sees
    )
    return found


class _Located(torch.autograd.Function):
    """The kernel and its backward."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        *tensors, readable, sees = given
        query, keys, v, filters, onto, last, total = (x.contiguous() for x in tensors)
        weights = query.new_empty(*query.shape[:2], keys.shape[1])
        readable = readable.to(torch.uint8).contiguous()
        _call("locate", query, keys, v, filters, onto, readable, last, total, sees, weights)
        ctx.sees = sees
        ctx.save_for_backward(query, keys, v, filters, onto, readable, last, total, weights)
        return weights

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        query, keys, v, filters, onto, readable, last, total, weights = ctx.saved_tensors
        batch = len(query)
        shared = [x.new_zeros(batch, *x.shape) for x in (v, filters, onto)]
        own = [torch.zeros_like(x) for x in (query, keys, last, total)]
        _call(
            "locate_backward", query, keys, v, filters, onto, readable, last, total, ctx.sees,
            weights, upstream.clone(memory_format=torch.contiguous_format),
            own[0], own[1], *shared, own[2], own[3],
        )  # fmt: skip
        to_v, to_filters, to_onto = (x.sum(0) for x in shared)
        return own[0], own[1], to_v, to_filters, to_onto, own[2], own[3], None, None


def _call(name: str, query: Tensor, *rest: Any) -> None:
    slices = import_module("recollect.kernels.slices")
    kernel = getattr(import_module("recollect.kernels.location"), name)
    arrays = [x.detach().numpy() if isinstance(x, Tensor) else x for x in (query, *rest)]
    with slices.compiling("location attention", 8):
        slices.over_batch(kernel, len(query), *arrays)
