"""The switch between a running module and an open trace: free when nobody listens.

With no trace open, `tracing` and `record` read one attribute and return.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from torch import Tensor, nn

Listener = Callable[[nn.Module, dict[str, Tensor]], None]


class _Listeners(threading.local):
    """The open traces of one thread, outermost first: a trace sees only the thread it is in."""

    open: tuple[Listener, ...] = ()


listeners = _Listeners()


def tracing() -> bool:
    """Say whether a trace is open in this thread.

    A module with a fused kernel asks this, and computes its weights where the answer is true.

    Shapes:
        none: no tensor goes in or out.

    Example:
        >>> tracing()
        False
    """
    return bool(listeners.open)


def record(module: nn.Module, **tensors: Tensor) -> None:
    """Hand the named tensors of `module` to every open trace; return at once where none is open.

    A trace keeps a detached copy, so a module may go on to change its tensors in place.

    Args:
        module: the module whose tensors these are; its path in the traced model names the record.
        **tensors: what to keep; attention weights go by the name ``weights``.

    Shapes:
        weights: (..., Q, N) as read; any other tensor: any shape.

    Example:
        >>> import torch
        >>> class Average(torch.nn.Module):
        ...     def forward(self, x):
        ...         weights = torch.full((1, len(x)), 1 / len(x))
        ...         record(self, weights=weights)
        ...         return weights @ x
        >>> from recollect.trace import trace
        >>> model = Average()
        >>> with trace(model) as seen:
        ...     y = model(torch.ones(4, 2))
        >>> seen.weights("Average")
        tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """
    if not listeners.open:
        return
    for listener in listeners.open:
        listener(module, tensors)
