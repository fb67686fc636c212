"""The memory a trace may hold: what is over it is halved in precision, then max-pooled, and told.

Every tensor of a trace stands at one common level, so that maps of a trace stay comparable:
level 0 as computed, level 1 in half precision, level l > 1 also pooled by 2^(l-1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.trace.kernels import Rows
from recollect.trace.result import Record, Reduction

SMALLEST = 64                # an axis is never pooled to fewer cells than this
CHUNK = 32 * 2**20           # bytes of weights computed at a time
DEEPEST = 24                 # 64 * 2^23 cells an axis: nothing is left to pool

HALF = {torch.float32: torch.float16, torch.float64: torch.float16}


def factors(shape: tuple[int, ...], level: int) -> tuple[int, int]:
    """How far the last two axes of a tensor of this shape are pooled at this level."""
    def one(size: int) -> int:
        factor = 1
        while factor < 2 ** (level - 1) and math.ceil(size / factor) > SMALLEST:
            factor *= 2
        return factor

    rows = one(shape[-2]) if len(shape) > 1 else 1
    return rows, one(shape[-1]) if shape else 1


def max_pool(x: Tensor, axis: int, factor: int) -> Tensor:
    """The maximum of each run of `factor` cells along `axis` (negative); the last run may be short.

    The maximum, for a mean would hide the one bright cell that a reader is looking for.
    """
    if factor == 1:
        return x
    short = -x.shape[axis] % factor
    x = F.pad(x, (0, 0) * (-axis - 1) + (0, short), value=-math.inf)
    return x.unflatten(axis, (-1, factor)).amax(axis)


def halve(x: Tensor) -> Tensor:
    """Float16, or bfloat16 where the values leave float16's range."""
    if x.dtype not in HALF:
        return x
    fits = x.numel() == 0 or x.abs().nan_to_num(0.0, 0.0, 0.0).amax().item() < 65504.0
    return x.to(torch.float16 if fits else torch.bfloat16)


@dataclass
class Budget:
    """Bytes that the records of one trace may take, and the level of reduction they stand at."""

    limit: float
    level: int = 0
    used: int = 0
    records: list[Record] = field(default_factory=list)

    def rows(self, rows: Rows) -> tuple[Tensor, Reduction | None]:
        """Compute the weights of one call, in pieces, at a level where they alone would fit."""
        cells = math.prod(rows.shape)
        width = 4
        while self.level < DEEPEST:
            by_row, by_slot = factors(rows.shape, self.level)
            size = cells / by_row / by_slot * (width if self.level == 0 else 2)
            if size <= self.limit:
                break
            self._deepen()
        by_row, _ = factors(rows.shape, self.level)
        queries = rows.shape[-2]
        step = max(1, int(CHUNK / max(1, cells // max(1, queries) * width)) // by_row) * by_row
        pieces, dtype = [], ""
        for start in range(0, max(queries, 1), step):
            piece = rows.read(start, min(start + step, queries))
            dtype = _name(piece.dtype)
            pieces.append(self._reduce(piece, factors(rows.shape, self.level)).cpu())
        out = pieces[0] if len(pieces) == 1 else torch.cat(pieces, -2)
        return out, self._reduction(rows.shape, dtype, out)

    def tensor(self, x: Tensor) -> tuple[Tensor, Reduction | None]:
        """Copy a tensor to the CPU, at the level of this trace."""
        shape = tuple(x.shape)
        out = self._reduce(x.detach(), factors(shape, self.level)).to("cpu", copy=True)
        return out.contiguous(), self._reduction(shape, _name(x.dtype), out)

    def add(self, record: Record) -> bool:
        """Count a record in; deepen until all fit; false, and not counted, where they cannot."""
        self.records.append(record)
        self.used += record.nbytes
        while self.used > self.limit and self.level < DEEPEST:
            self._deepen()
        if self.used > self.limit:
            self.records.pop()
            self.used -= record.nbytes
            return False
        return True

    def _deepen(self) -> None:
        self.level += 1
        for record in self.records:
            for name, x in record.items():
                known = record.reduced.get(name)
                shape = known.shape if known else tuple(x.shape)
                dtype = known.dtype if known else _name(x.dtype)
                before = known.factor if known else (1, 1)
                after = factors(shape, self.level)
                out = self._reduce(x, (after[0] // before[0], after[1] // before[1]))
                record[name] = out.clone() if out is not x else x
                reduction = self._reduction(shape, dtype, out)
                if reduction:
                    record.reduced[name] = reduction
        self.used = sum(record.nbytes for record in self.records)

    def _reduce(self, x: Tensor, factor: tuple[int, int]) -> Tensor:
        if self.level == 0 or not x.is_floating_point():
            return x
        x = max_pool(x, -1, factor[1])
        return halve(max_pool(x, -2, factor[0]) if x.dim() > 1 else x)

    def _reduction(self, shape: tuple[int, ...], dtype: str, out: Tensor) -> Reduction | None:
        if tuple(out.shape) == shape and _name(out.dtype) == dtype:
            return None
        factor = (1, 1) if tuple(out.shape) == shape else factors(shape, self.level)
        return Reduction(shape=shape, dtype=dtype, factor=factor)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
