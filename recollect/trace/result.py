"""What a trace holds: records by module name, with named and labelled axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from os import PathLike
from typing import NamedTuple

import torch
from torch import Tensor

Labels = Sequence[str] | Sequence[Sequence[str]]


class Reduction(NamedTuple):
    """What was done to a tensor to keep it within the budget, or to save it."""

    shape: tuple[int, ...]              # as computed
    dtype: str                          # as computed, such as "float32"
    factor: tuple[int, int] = (1, 1)    # cells of the last two axes max-pooled into one


@dataclass(frozen=True)
class Axis:
    """The meaning of one axis: its kind, and the label of each position where labels were given."""

    kind: str = "index"
    labels: tuple[str, ...] | tuple[tuple[str, ...], ...] = ()   # one list, or one a batch item


class Record(dict[str, Tensor]):
    """The tensors of one call of one module, by name, with what is known about them.

    Attributes:
        source: where they came from: ``tap`` (`record`), ``sdpa``, ``mha``, ``flex``, ``softmax``.
        order: position among all records of the trace.
        causal: whether the kernel was told to hide later slots.
        dims: axis names of each tensor.
        reduced: what was lost of each tensor to the budget or on saving; empty where nothing was.
    """

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        *,
        source: str = "tap",
        order: int = 0,
        causal: bool = False,
        dims: Mapping[str, tuple[str, ...]] | None = None,
        reduced: Mapping[str, Reduction] | None = None,
    ) -> None:
        super().__init__(tensors)
        self.source = source
        self.order = order
        self.causal = causal
        self.reduced = dict(reduced or {})
        self.dims = dict(dims) if dims else {name: guess(name, x) for name, x in tensors.items()}

    @property
    def nbytes(self) -> int:
        """Bytes that the tensors take."""
        return sum(x.nbytes for x in self.values())

    def size(self, tensor: str, dim: str) -> int:
        """Length of a named axis as computed, before any pooling."""
        known = self.reduced.get(tensor)
        shape = known.shape if known else self[tensor].shape
        return shape[self.dims[tensor].index(dim)]


def guess(name: str, x: Tensor) -> tuple[str, ...]:
    """Axis names from a tensor's name and rank: (batch, head, query, slot) for weights."""
    if name.endswith("weights"):
        known = ("batch", "head", "query", "slot")
        few = {0: (), 1: ("slot",), 2: ("query", "slot"), 3: ("batch", "query", "slot"), 4: known}
        if x.dim() in few:
            return few[x.dim()]
        return (*(f"dim{i}" for i in range(x.dim() - 4)), *known)
    return ("batch", *(f"dim{i}" for i in range(1, x.dim())))[: x.dim()]


@dataclass(eq=False)
class Trace(Mapping[str, list[Record]]):
    """Module name -> the records of that module, one a call, in order.

    Filled by `trace`, read by `weights` and `stack`, written and read back by `save` and `load`.
    Tensors lie on the CPU, detached, and share no memory with the model.

    Attributes:
        model: class name of the traced model.
        axes: what `label` said about each axis.
        opaque: modules that look like attention, ran, and revealed no weights.
        reasons: why, for each opaque module.
        dropped: records that did not fit the budget even when reduced, counted by module.

    Shapes:
        weights: (B, H, Q, N) of an attention kernel; as handed over from `record`.

    Example:
        >>> from recollect.trace import trace
        >>> attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
        >>> x = torch.randn(1, 5, 8)
        >>> with trace(attention) as seen:
        ...     y, _ = attention(x, x, x, need_weights=False)
        >>> seen
        Trace of MultiheadAttention: 1 record
          MultiheadAttention  mha  weights (1, 2, 5, 5)
    """

    model: str = ""
    axes: dict[str, Axis] = field(default_factory=dict)
    opaque: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    _records: dict[str, list[Record]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[Record]:
        try:
            return self._records[name]
        except KeyError:
            known = ", ".join(self._records) or "nothing"
            why = f" ({self.reasons[name]})" if name in self.reasons else ""
            raise KeyError(f"no record of {name!r}{why}; recorded: {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        count = sum(len(records) for records in self._records.values())
        lines = [f"Trace of {self.model}: {count} record{'s' * (count != 1)}"]
        for name, records in self._records.items():
            shapes = ", ".join(f"{key} {tuple(x.shape)}" for key, x in records[-1].items())
            calls = f" x {len(records)}" if len(records) > 1 else ""
            lines.append(f"  {name}{calls}  {records[-1].source}  {shapes}")
        lines += [f"  {name}  opaque: {self.reasons.get(name, '')}" for name in self.opaque]
        return "\n".join(lines)

    def names(self) -> list[str]:
        """Names of the modules that were recorded, in the order in which they first ran."""
        return list(self._records)

    def weights(self, name: str, *, call: int = -1) -> Tensor:
        """Attention weights of one call of a module, the last unless said otherwise.

        Args:
            name: a name out of `names`.
            call: which call, counted from 0; negative from the end.

        Shapes:
            output: (B, H, Q, N) of an attention kernel; of our own modules, as they read.

        Raises:
            KeyError: nothing was recorded under this name, or no weights.
            IndexError: there were fewer calls.
        """
        records = self[name]
        if not -len(records) <= call < len(records):
            raise IndexError(f"{name!r} ran {len(records)} times; there is no call {call}")
        if "weights" not in records[call]:
            raise KeyError(f"{name!r} has no 'weights'; it has {', '.join(records[call])}")
        return records[call]["weights"]

    def stack(self, name: str, tensor: str = "weights") -> Tensor:
        """One tensor of every call of a module, such as a decoder's alignment over its steps.

        Shapes:
            output: (calls, ...), each call's tensor behind a new first axis.

        Raises:
            KeyError: nothing of this name was recorded.
            ValueError: the calls differ in shape.
        """
        parts = [record[tensor] for record in self[name]]
        shapes = {tuple(x.shape) for x in parts}
        if len(shapes) > 1:
            raise ValueError(f"the calls of {name!r} differ in shape: {sorted(shapes)}; "
                             f"read them one by one with weights({name!r}, call=i)")
        return torch.stack(parts)

    def dims(self, pattern: str, names: Sequence[str], *, tensor: str = "weights") -> None:
        """Name the axes of a tensor in every record whose module matches `pattern`.

        Until then weights go by ("batch", "head", "query", "slot"). Cross-attention wants
        ("batch", "head", "tgt", "src"), so that source and target are labelled apart.

        Args:
            pattern: a module name, or a shell pattern such as ``"decoder.*"``.
            names: one name an axis.
            tensor: which tensor of the records.

        Shapes:
            names: as many as the tensor has axes.

        Raises:
            ValueError: nothing matches, a tensor has another rank, or a name stands twice.
        """
        chosen = [record for name, records in self._records.items()
                  if fnmatchcase(name, pattern) for record in records if tensor in record]
        if not chosen:
            raise ValueError(f"no record matches {pattern!r} and holds {tensor!r}; "
                             f"recorded: {', '.join(self._records) or 'nothing'}")
        if len(set(names)) < len(names):
            raise ValueError(f"axis names must differ, not {tuple(names)}")
        for record in chosen:
            if record[tensor].dim() != len(names):
                raise ValueError(f"{tuple(names)} names {len(names)} axes, and {tensor!r} has "
                                 f"{record[tensor].dim()}: {tuple(record[tensor].shape)}")
        for record in chosen:
            record.dims[tensor] = tuple(names)

    def label(self, axis: str, labels: Labels, *, kind: str = "token") -> None:
        """Say what stands at each position of an axis: the words, the facts, the slots.

        Args:
            axis: a name given by `dims`, or one of the names that stand at first.
            labels: one string a position, or such a list for each batch item.
            kind: what they are: ``token``, ``sentence``, ``slot``, ``patch``, ``time``, ...

        Shapes:
            labels: as many as the axis is long, over all calls of a module.

        Raises:
            ValueError: no record has this axis, or it is not as long as the labels.
        """
        longest: dict[str, int] = {}
        for name, records in self._records.items():
            for record in records:
                for tensor, dims in record.dims.items():
                    if axis in dims:
                        size = record.size(tensor, axis)
                        longest[name] = max(size, longest.get(name, 0))
        if not longest:
            known = sorted({d for rs in self._records.values() for r in rs
                            for ds in r.dims.values() for d in ds})
            raise ValueError(f"no record has an axis {axis!r}; there are: {', '.join(known)}")
        each = tuple(x if isinstance(x, str) else tuple(x) for x in labels)
        flat = tuple(x for x in each if isinstance(x, str))
        nested = tuple(x for x in each if not isinstance(x, str))
        if flat and nested:
            raise ValueError(f"labels of axis {axis!r} mix strings and lists of strings")
        for row in nested or (flat,):
            wrong = {name: size for name, size in longest.items() if size != len(row)}
            if wrong:
                name, size = next(iter(wrong.items()))
                raise ValueError(
                    f"{len(row)} labels for axis {axis!r}, which is {size} long in {name!r}; "
                    f"where modules differ, name their axes apart with dims(...) first")
        self.axes[axis] = Axis(kind, nested or flat)

    def save(self, path: str | PathLike[str], *, dtype: torch.dtype = torch.float16) -> None:
        """Write the trace as a folder ``NAME.attntrace`` of a manifest and safetensors shards.

        A name that ends in ``.zip`` makes it one file, stored without compression.
        It appears whole or not at all, and replaces an older trace of the same name.
        What a narrower `dtype` loses is told in the manifest.

        Args:
            path: the folder to write, ``NAME.attntrace`` by custom, or the file
                ``NAME.attntrace.zip``.
            dtype: how floating-point tensors are stored; ``torch.float32`` loses nothing.

        Shapes:
            unchanged; fp32 values are rounded to `dtype`.

        Raises:
            ValueError: something that is not a trace stands at `path`, or `dtype` is no float.
            OSError: the disk is full or not writable; nothing is left behind.
        """
        from recollect.trace.file import save

        save(self, path, dtype)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Trace:
        """Read a trace that `save`, or another program, wrote.

        Shapes:
            as they were saved.

        Raises:
            ValueError: `path` is no trace, is truncated, was altered, or is a pickle, which is
                never opened; the sentence says which.
        """
        from recollect.trace.file import load

        return load(path)

