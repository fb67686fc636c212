"""What a cell and its loop refuse, each with the argument, what it is, and what was expected.

Shape letters: ``B`` batch, ``T`` time.
"""

import math
from typing import Any, SupportsIndex

import torch
from torch import Tensor

__all__ = [
    "check_input",
    "check_lengths",
    "check_numbers",
    "check_shape",
    "check_sizes",
    "check_step",
    "check_type",
    "mapped",
]


def check_input(x: Tensor, size: int) -> None:
    """Refuse what is no sequence of a cell's inputs.

    Shapes:
        x ``(B, T, size)``.

    Raises:
        ValueError: `x` is no tensor, or of another shape.
    """
    if not isinstance(x, Tensor) or x.dim() != 3 or x.shape[-1] != size:
        raise ValueError(f"the input is (B, T, {size}) for this cell, not {_said(x)}.")


def check_lengths(lengths: Tensor, batch: int, steps: int) -> Tensor:
    """Return lengths as 64-bit integers, whatever integers they were.

    Shapes:
        lengths ``(B,)``, integers in 0 to T -> ``(B,)``.

    Raises:
        ValueError: they are not of this shape or type, or one is out of range.
    """
    if not isinstance(lengths, Tensor):
        raise ValueError(
            f"lengths are a tensor of integers ({batch},), not {_said(lengths)}: give "
            "torch.tensor(lengths)."
        )
    if lengths.shape != (batch,):
        raise ValueError(f"lengths are one a sequence, ({batch},), not {tuple(lengths.shape)}.")
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        raise ValueError(f"lengths are integers, not {lengths.dtype}.")
    lengths = lengths.long()  # of 8 bits they would not reach beyond 127
    # Looking at values would break a compiled graph in two, and of a mapped tensor there is none.
    if not torch.compiler.is_compiling() and not mapped(lengths) and batch:
        low, high = int(lengths.min()), int(lengths.max())
        if low < 0 or high > steps:
            raise ValueError(
                f"lengths go from {low} to {high} for sequences of {steps} steps: each is in 0 to "
                f"{steps}."
            )
    return lengths


def check_numbers(x: Tensor, name: str = "the input") -> None:
    """Refuse numbers that a memory would keep for good.

    Shapes:
        x any.

    Raises:
        ValueError: one is NaN or infinite.
    """
    # Of these there is no one value to look at.
    if torch.compiler.is_compiling() or mapped(x):
        return
    if math.isfinite(x.detach().sum()):
        return
    bad = (~torch.isfinite(x)).nonzero()  # a sum may overflow by itself
    if len(bad):
        first = tuple(bad[0].tolist())
        raise ValueError(
            f"{len(bad)} of the {x.numel()} numbers of {name} are NaN or infinite, the first at "
            f"{first}, {float(x[first])}: a memory would keep them for good. Where they are "
            "padding, put zeros."
        )


def check_step(x: Tensor, size: int, weight: Tensor) -> int:
    """Refuse what is no input of one step, and return the size of the batch.

    Shapes:
        x ``(B, size)``, weight any.

    Raises:
        ValueError: `x` is no tensor, of another shape or type, or on a CPU not finite. On a GPU to
            look at the numbers of every step would wait for them; `Recurrent` looks once.
    """
    if not isinstance(x, Tensor) or x.dim() != 2 or x.shape[-1] != size:
        raise ValueError(f"the input of a step is (B, {size}) for this cell, not {_said(x)}.")
    check_type(x, weight)
    if x.is_cpu:
        check_numbers(x, "the input of a step")
    return x.shape[0]


def check_sizes(*, least: int = 1, **sizes: int) -> None:
    """Refuse a size that is no integer, or too small.

    Shapes:
        none.

    Raises:
        ValueError: it is one.

    >>> check_sizes(slots=128, width=20)
    """
    if torch.compiler.is_compiling():  # there a size may be a symbol
        return
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, SupportsIndex):
            raise ValueError(f"{name}={size!r}: it is an integer, {least} or more.")
        if size.__index__() < least:
            raise ValueError(f"{name}={size}: it is at least {least}.")


def check_shape(
    name: str, tensor: Tensor, shape: tuple[int, ...], dtype: torch.dtype | None = None
) -> None:
    """Refuse a tensor of another shape than a cell's, or of another type where one is given.

    Shapes:
        tensor of any, `shape` what it is to be.

    Raises:
        ValueError: it is no tensor, or shapes or types differ.
    """
    if not isinstance(tensor, Tensor) or tensor.shape != shape:
        raise ValueError(f"{name} is {shape} for this cell, not {_said(tensor)}.")
    if dtype is not None and tensor.dtype != dtype:
        raise ValueError(
            f"{name} is {dtype} for this cell, not {tensor.dtype}: a state goes with the type of "
            "the cell that made it; convert one or the other by .to()."
        )


def check_type(x: Tensor, weight: Tensor) -> None:
    """Refuse an input of another type than the weights, unless autocast is to choose.

    Shapes:
        any.

    Raises:
        ValueError: the types differ, or under autocast the input is not of floating point.
    """
    if x.dtype == weight.dtype:
        return
    if torch.is_autocast_enabled(x.device.type) and x.is_floating_point():
        return
    raise ValueError(
        f"the input is {x.dtype} and the cell's weights are {weight.dtype}: give "
        f"x.to({weight.dtype}), or convert the cell."
    )


def mapped(*tensors: Tensor) -> bool:
    """Say whether one of these stands for many, under `torch.vmap` or another transform.

    Shapes:
        any.
    """
    if torch.compiler.is_compiling():
        return False
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor  # pyright: ignore
    return any(wrapped(t) for t in tensors)


def _said(thing: Any) -> str:
    if isinstance(thing, Tensor):
        return str(tuple(thing.shape))
    return f"a {type(thing).__module__}.{type(thing).__name__}".replace("builtins.", "")
