"""Look into a running model: `with trace(model) as t: model(x)` keeps its attention weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from recollect.trace.recording import listeners, record, tracing

__all__ = ["Trace", "record", "trace", "tracing"]


class Trace(dict[str, list[dict[str, Tensor]]]):
    """Module name -> its records, in the order in which they were made."""


@contextmanager
def trace(model: nn.Module, *, keep: str | None = None) -> Iterator[Trace]:
    """Record the tensors that the modules of `model` hand to `record` inside the block."""
    found = Trace()
    names = {id(m): n.replace("_orig_mod.", "").removesuffix("._orig_mod")
             for n, m in model.named_modules()}

    def listen(module: nn.Module, tensors: dict[str, Tensor]) -> None:
        name = names.get(id(module)) or type(module).__name__
        found.setdefault(name, []).append({k: v.detach() for k, v in tensors.items()})

    before = listeners.open
    listeners.open = (*before, listen)
    try:
        with torch.compiler.set_stance("force_eager"):
            yield found
    finally:
        listeners.open = before
