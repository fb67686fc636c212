"""Run compiled models eagerly while any trace is open, in any thread.

The compiler's stance is one per process. Two threads that each saved and restored it would restore
each other's, and leave the process eager for good; so they count.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

_lock = threading.Lock()
_open: list[Any] = []                             # the stance, once for each open trace


@contextmanager
def eager() -> Iterator[None]:
    """Make `torch.compile` a no-op inside the block; the last to leave restores the stance."""
    if "torch._dynamo" not in sys.modules:               # slow to load, and nothing is compiled
        yield
        return
    with _lock:
        _open.append(_open[0] if _open else torch.compiler.set_stance("force_eager"))
    try:
        yield
    finally:
        with _lock:
            stance = _open.pop()
            if not _open:
                stance.__exit__(None, None, None)
