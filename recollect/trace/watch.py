"""Watch a model run: our own modules speak through `record`, all others through torch's functions.

A `TorchFunctionMode` sees every call of an attention kernel, whoever makes it; hooks on the
modules say whose call it was, and which attention modules ran without any call being seen.
"""

from __future__ import annotations

import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from recollect.trace.budget import Budget
from recollect.trace.kernels import Rows, read_flex, read_mha, read_sdpa
from recollect.trace.padding import Padding
from recollect.trace.recording import listeners
from recollect.trace.result import Record, Reduction, Trace
from recollect.trace.stance import eager

READERS: dict[Any, tuple[str, Callable[..., Rows]]] = {
    F.scaled_dot_product_attention: ("sdpa", read_sdpa),
    torch.ops.aten.scaled_dot_product_attention: ("sdpa", read_sdpa),
    torch.ops.aten.scaled_dot_product_attention.default: ("sdpa", read_sdpa),
    F.multi_head_attention_forward: ("mha", read_mha),
}
SOFTMAX = {F.softmax, torch.softmax, Tensor.softmax, torch.special.softmax}
ATTENTION = re.compile(r"attention|attn", re.IGNORECASE)
WRAPPERS = re.compile(r"(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.|$)")

UNSEEN = ("it called no attention function that torch knows: choose one where there is a choice "
          "(attn_implementation='sdpa'), or trace with candidates=True where it takes the softmax "
          "itself")


class OpaqueAttentionWarning(UserWarning):
    """Attention modules ran inside a trace, and none of their weights could be seen."""


@contextmanager
def trace(
    model: nn.Module,
    *,
    keep: str | Sequence[str] | None = None,
    candidates: bool = False,
    budget: float = 256.0,
) -> Iterator[Trace]:
    """Record what the modules of `model` attend to inside the block; outputs do not change.

    Our own modules speak through `record`. Of any other module the weights are computed again from
    the arguments of its attention kernel: `scaled_dot_product_attention`,
    `multi_head_attention_forward`, `flex_attention`; in float32, before dropout, a row with nothing
    to read being zeros. A module that looks like attention and revealed nothing is told in
    `Trace.opaque` and by one warning.

    The kernels that ran without the trace run with it, so outputs are equal to the bit, with two
    exceptions, which agree to rounding (1e-6 in float32): `torch.compile`d code runs eagerly, and
    the inference fast paths of `nn.TransformerEncoderLayer` and `nn.MultiheadAttention` give way to
    their plain paths. There a query that may read nothing gives zeros, not NaN.

    Traces nest, each recording its own model and nothing else. A trace sees the thread it was
    opened in, and neither a backward pass nor other processes. Torch function modes entered inside
    the block, such as one that steers attention, act first: what is recorded is what ran.

    Args:
        model: the model; compiled and data-parallel wrappers leave no mark on the names.
        keep: names of modules to record, as shell patterns such as ``"*.cross_attn"``; all if None.
        candidates: also record the result of every softmax, as tensor ``softmax``, for attention
            written by hand; most softmaxes are attention, not all.
        budget: megabytes the trace may take. Beyond it all tensors go to half precision, then are
            max-pooled along long axes; each record says so in `Record.reduced`.

    Yields:
        The trace, which fills while the model runs and stays when the block is left.

    Shapes:
        weights: (B, H, Q, N) of an attention kernel, (H, Q, N) where the input had no batch.

    Raises:
        ValueError: `model` is no module, or the budget is not positive.

    Example:
        >>> layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        >>> model = nn.TransformerEncoder(layer, 2).eval()
        >>> with trace(model) as seen, torch.inference_mode():
        ...     y = model(torch.randn(1, 5, 8))
        >>> seen.names()
        ['layers.0.self_attn', 'layers.1.self_attn']
        >>> seen.weights("layers.1.self_attn").shape
        torch.Size([1, 2, 5, 5])
    """
    if not isinstance(model, nn.Module):
        raise ValueError(f"trace needs an nn.Module, not {type(model).__name__}")
    if not budget > 0:
        raise ValueError(f"budget is in megabytes and must be positive, not {budget}")
    patterns = None if keep is None else (keep,) if isinstance(keep, str) else tuple(keep)
    watcher = _Watcher(model, patterns, candidates, Budget(budget * 2**20))
    with eager(), watcher.attached(), watcher:
        yield watcher.trace
    watcher.report()


class _Watcher(TorchFunctionMode):
    def __init__(
        self, model: nn.Module, keep: tuple[str, ...] | None, candidates: bool, budget: Budget
    ) -> None:
        super().__init__()
        self.model = model
        self.keep, self.candidates, self.budget = keep, candidates, budget
        self.names = module_names(model)
        self.trace = Trace(model=next(iter(self.names.values())))
        self.thread = threading.get_ident()
        self.stack: list[tuple[nn.Module, Any]] = []     # modules running now, innermost last
        self.ran: dict[str, None] = {}                   # attention modules, in order
        self.seen: set[str] = set()                      # modules that revealed weights
        self.order = 0

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Hooks on every module and a place among the listeners, all gone on leaving."""
        handles: list[RemovableHandle] = []
        before = listeners.open
        try:
            for module in self.names:
                handles.append(module.register_forward_pre_hook(self.enter, prepend=True))
                handles.append(module.register_forward_hook(self.leave, always_call=True))
                if isinstance(module, nn.TransformerEncoder):
                    handles.extend(Padding(module).handles)
            listeners.open = (*before, self.listen)
            yield
        finally:
            listeners.open = before
            for handle in handles:
                handle.remove()
            while self.stack:                            # an interrupt runs no forward hooks
                self.pop()
            self.names, self.model = {}, nn.Identity()

    def enter(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        if threading.get_ident() != self.thread:
            return
        name = self.names[module]
        guard = None
        if ATTENTION.search(type(module).__name__):
            self.ran.setdefault(name)
            # Torch runs nested tensors on its fast path alone, which a function mode turns off.
            if isinstance(module, nn.MultiheadAttention) and args and args[0].is_nested:
                guard = torch._C.DisableTorchFunction()
                guard.__enter__()
                self.trace.reasons[name] = "it was given nested tensors: pass a padding mask"
        self.stack.append((module, guard))

    def leave(self, module: nn.Module, args: tuple[Any, ...], output: object) -> None:
        if threading.get_ident() == self.thread:
            while self.stack and self.pop() is not module:
                pass

    def pop(self) -> nn.Module:
        module, guard = self.stack.pop()
        if guard is not None:
            guard.__exit__(None, None, None)
        return module

    def owner(self) -> str | None:
        """Name of the module that is running, None where what runs is not of this model.

        Hooks see `module(x)`. A method such as `model.encode(x)` has none, so with no module on
        the stack the callers are asked whose method they are.
        """
        if self.stack:
            return self.names[self.stack[-1][0]]
        frame = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_varnames[:1] == ("self",):
                caller = frame.f_locals.get("self")
                if isinstance(caller, nn.Module) and caller in self.names:
                    return self.names[caller]
            frame = frame.f_back
        return None

    def __torch_function__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        if func in READERS:
            self.read(*READERS[func], args, kwargs)
        elif func in SOFTMAX:
            if self.candidates:
                self.keep_tensors(self.owner(), "softmax", {"softmax": output})
        elif ATTENTION.search(name := getattr(func, "__name__", "")):
            if name == "flex_attention":
                self.read("flex", read_flex, args, kwargs)
            else:
                self.unseen(self.owner(), f"it called {name}, whose weights cannot be recomputed")
        return output

    def read(
        self, source: str, reader: Callable[..., Rows], args: Sequence[Any], kwargs: dict[str, Any]
    ) -> None:
        name = self.owner()
        if name is None or not self.wanted(name):
            return
        try:
            with _aside():
                rows = reader(*args, **kwargs)
                weights, reduction = self.budget.rows(rows)
        except Exception as error:
            # A watcher must not break what it watches, whatever a kernel was handed.
            self.unseen(name, f"its {source} call could not be read: {error}")
            return
        self.put(name, source, {"weights": weights}, {"weights": reduction}, rows.causal)

    def listen(self, module: nn.Module, tensors: dict[str, Tensor]) -> None:
        """Take what a module hands to `record`."""
        name = self.names.get(module)
        if name is None:                                 # made inside a forward, never registered
            owner = self.owner()
            name = owner and f"{owner}.{type(module).__name__}"
        self.keep_tensors(name, "tap", tensors)

    def keep_tensors(self, name: str | None, source: str, tensors: dict[str, Tensor]) -> None:
        if name is None or not self.wanted(name):
            return
        kept: dict[str, Tensor] = {}
        lost: dict[str, Reduction | None] = {}
        with _aside():
            for key, x in tensors.items():
                if torch._C._functorch.is_functorch_wrapped_tensor(x):  # pyright: ignore
                    self.unseen(name, "it ran inside a torch.func transform: trace it outside")
                    return
                kept[key], lost[key] = self.budget.tensor(x)
        self.put(name, source, kept, lost)

    def wanted(self, name: str) -> bool:
        """Note that a module speaks, and say whether it is to be kept."""
        if torch._C._current_graph_task_id() != -1:      # a checkpoint recomputed by backward
            return False
        self.seen.add(name)
        return self.keep is None or any(fnmatchcase(name, p) for p in self.keep)

    def put(
        self,
        name: str,
        source: str,
        tensors: dict[str, Tensor],
        lost: dict[str, Reduction | None],
        causal: bool = False,
    ) -> None:
        reduced = {key: r for key, r in lost.items() if r is not None}
        record = Record(tensors, source=source, order=self.order, causal=causal, reduced=reduced)
        self.order += 1
        if self.budget.add(record):
            self.trace._records.setdefault(name, []).append(record)
        else:
            self.trace.dropped[name] = self.trace.dropped.get(name, 0) + 1

    def unseen(self, name: str | None, reason: str) -> None:
        """Note a module whose attention was met and could not be read."""
        if name is not None:
            self.seen.discard(name)
            self.ran.setdefault(name)
            self.trace.reasons.setdefault(name, reason)

    def report(self) -> None:
        """Say, in one warning each, which modules stayed opaque and what the budget cost."""
        trace = self.trace
        trace.opaque = [
            name for name in opaque(list(self.ran), self.seen)
            if self.keep is None or any(fnmatchcase(name, p) for p in self.keep)
        ]
        trace.reasons = {name: trace.reasons.get(name, UNSEEN) for name in trace.opaque}
        if trace.opaque:
            first = trace.opaque[0]
            more = f" and {len(trace.opaque) - 1} more" if len(trace.opaque) > 1 else ""
            warnings.warn(f"no weights could be recorded of {first!r}{more}: "
                          f"{trace.reasons[first]}", OpaqueAttentionWarning, stacklevel=4)
        if self.budget.level or trace.dropped:
            factor = 2 ** max(0, self.budget.level - 1)
            pooled = f" and max-pooled up to {factor} x {factor}" if factor > 1 else ""
            dropped = sum(trace.dropped.values())
            lost = f"; {dropped} records did not fit even so" if dropped else ""
            warnings.warn(f"the trace outgrew its budget of {self.budget.limit / 2**20:g} MB and "
                          f"was halved in precision{pooled}{lost}; keep fewer modules or raise "
                          f"budget=", UserWarning, stacklevel=4)


@contextmanager
def _aside() -> Iterator[None]:
    """Compute on the side: no gradient, no function mode, and tensors that outlive inference."""
    with torch.inference_mode(False), torch.no_grad(), torch._C.DisableTorchFunction():
        yield


def module_names(model: nn.Module) -> dict[nn.Module, str]:
    """Each module's path without the marks of wrappers; the model's own is its class name."""
    names: dict[nn.Module, str] = {}
    root = type(model).__name__
    parallel = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    for path, module in model.named_modules():
        name = WRAPPERS.sub("", path).removeprefix(".")
        if isinstance(model, parallel):
            name = re.sub(r"^module(\.|$)", "", name)
        if not name:
            root = type(module).__name__                 # the innermost of the wrappers
        names[module] = name
    return {module: name or root for module, name in names.items()}


def opaque(ran: list[str], seen: set[str]) -> list[str]:
    """Attention modules of which nothing was seen, neither in them nor around them.

    A block counts as seen where something inside it spoke (`attention.self` for `attention`), and
    a part of a block that spoke is not attention for having the word in its name. Of an opaque
    block and its opaque part, the part is told.
    """
    def inside(name: str, block: str) -> bool:
        return name == block or name.startswith(block + ".")

    blocks = [name for name in ran if any(inside(s, name) for s in seen)]
    dark = [name for name in ran if not any(inside(name, block) for block in blocks)]
    return [name for name in dark if not any(n != name and inside(n, name) for n in dark)]
