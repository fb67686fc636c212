"""`Reader` against PyTorch's own kernel, called bare.

Shape letters: `B` batch, `H` heads, `Q` queries, `N` slots, `D` width.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.attend import Reader
from recollect.bench.timing import Report, Row, interleaved, row
from recollect.memory import Memory

Read = Callable[[], Tensor]

TOLERANCE = 1e-5  # float32, values and gradients


class Case(NamedTuple):
    """One shape: (B, H, Q, N, D), masked or causal."""

    name: str
    size: tuple[int, int, int, int, int]
    masked: bool = False
    causal: bool = False


CASES = (
    Case("1 query, 64 slots", (1, 1, 1, 64, 64)),
    Case("1 query, 64 slots, mask", (1, 1, 1, 64, 64), masked=True),
    Case("32 x 1 query, 50 slots", (32, 1, 1, 50, 20), masked=True),
    Case("8 heads, 128 x 128, causal", (4, 8, 128, 128, 32), causal=True),
    Case("8 heads, 64 x 256, mask", (4, 8, 64, 256, 32), masked=True),
)


def run(*, seconds: float = 1.0) -> Report:
    """Check every case, then time it: forward alone, and forward with backward.

    Raises:
        ValueError: the two disagree; nothing is timed then.
    """
    rows = tuple(found for case in CASES for found in _measure(case, seconds))
    return Report("reader", "Reader", "scaled_dot_product_attention", rows)


def _measure(case: Case, seconds: float) -> Iterator[Row]:
    ours, reference, readable, inputs = build(case)
    difference = max(disagreement(ours, other, inputs) for other in (reference, readable))
    if not difference <= TOLERANCE:
        raise ValueError(
            f"{case.name}: the answers differ by {difference:.2g}, so nothing is timed"
        )
    with torch.no_grad():
        times = interleaved({"ours": ours, "reference": reference}, seconds=seconds)
    yield row(case.name, times, difference)
    trained = {"ours": lambda: learn(ours, inputs), "reference": lambda: learn(reference, inputs)}
    times = interleaved(trained, seconds=seconds)
    yield row(f"{case.name}, with backward", times, difference)


def build(case: Case) -> tuple[Read, Read, Read, list[Tensor]]:
    """Return our call, the bare kernel's, the readable formula's, and the tensors they read."""
    batch, heads, queries, slots, width = case.size
    draw = torch.Generator().manual_seed(0)

    def normal(rows: int) -> Tensor:
        return torch.randn(batch, heads, rows, width, generator=draw).requires_grad_()

    query, keys, values = normal(queries), normal(slots), normal(slots)
    mask = None
    if case.masked:
        mask = torch.rand(batch, 1, queries, slots, generator=draw) < 0.8
        mask[..., 0] = True
    reader, memory = Reader().eval(), Memory(keys, values, mask)

    def ours() -> Tensor:
        return reader(query, memory, causal=case.causal)

    def reference() -> Tensor:
        return F.scaled_dot_product_attention(query, keys, values, mask, 0.0, case.causal)

    def readable() -> Tensor:
        return reader.weights(query, memory, causal=case.causal) @ values

    return ours, reference, readable, [query, keys, values]


def learn(read: Read, inputs: list[Tensor]) -> tuple[Tensor, ...]:
    """Return the gradients of the sum of squares of what was read."""
    return torch.autograd.grad(read().square().sum(), inputs)


def disagreement(ours: Read, reference: Read, inputs: list[Tensor]) -> float:
    """Return the largest difference of the answers and of the gradients, beside their size."""
    pairs = [(ours(), reference())]
    pairs += zip(learn(ours, inputs), learn(reference, inputs), strict=True)
    return max(
        ((one - other).abs().max() / other.abs().max().clamp_min(1)).item() for one, other in pairs
    )
