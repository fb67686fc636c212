"""What a running module hands to a trace, and the switch that makes it free when nobody listens."""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch
from torch import Tensor, nn

Listener = Callable[[nn.Module, dict[str, Tensor]], None]


class _Listeners(threading.local):
    """The open traces of one thread, outermost first; a tuple, so that reading it needs no lock."""

    open: tuple[Listener, ...] = ()


listeners = _Listeners()


def tracing() -> bool:
    """Say whether a trace is open in this thread: false, always, inside a compiled graph.

    A module with a fused kernel asks this to decide whether it must compute its weights.

    Example:
        >>> tracing()
        False
    """
    return not torch.compiler.is_compiling() and bool(listeners.open)


def record(module: nn.Module, **tensors: Tensor) -> None:
    """Hand the named tensors of `module` to every open trace; does nothing where none is open.

    Args:
        module: the module whose tensors these are; its path in the traced model names the record.
        **tensors: what to keep, such as ``weights=...``; detached, never copied here.
    """
    if torch.compiler.is_compiling() or not listeners.open:
        return
    for listener in listeners.open:
        listener(module, tensors)
