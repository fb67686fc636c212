"""A trace on disk: ``NAME.attntrace/`` of a manifest and safetensors shards, or a zip of these.

No pickle anywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from safetensors.torch import save_file
from torch import Tensor

from recollect.trace.archive import SUFFIX, pack, unpacked
from recollect.trace.manifest import FORMAT, VERSION, Manifest, RecordPart, digest
from recollect.trace.result import Axis, Record, Reduction, Trace
from recollect.version import __version__

SHARD = 512 * 2**20          # bytes of tensors in one file
MANIFEST = "manifest.json"


def save(trace: Trace, path: str | PathLike[str], dtype: torch.dtype) -> None:
    """Write into a hidden folder beside the target, flush, then rename."""
    if not dtype.is_floating_point:
        raise ValueError(f"traces are stored as floating point, not {dtype}; take torch.float16 "
                         f"or torch.float32")
    target = Path(path)
    if target.exists() and not _is_trace(target):
        raise ValueError(f"{target} exists and is no trace, so it is left alone; "
                         f"choose another name")
    target.parent.mkdir(parents=True, exist_ok=True)
    mark = f"{os.getpid()}-{secrets.token_hex(4)}"
    new, old = (target.parent / f".{target.name}.{kind}-{mark}" for kind in ("new", "old"))
    try:
        new.mkdir()
        _write(trace, new, dtype)
        if target.suffix == SUFFIX:
            folder, new = new, new.with_name(f"{new.name}{SUFFIX}")
            pack(folder, new)
            shutil.rmtree(folder)
            _flush(new)
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
        _flush(target.parent)
    finally:
        for left in (new, new.with_name(new.name.removesuffix(SUFFIX)), old):
            shutil.rmtree(left, ignore_errors=True)
            if left.is_file():
                left.unlink()


def _is_trace(target: Path) -> bool:
    try:
        with unpacked(target) as folder:
            return (folder / MANIFEST).is_file()
    except ValueError:
        return False


def _write(trace: Trace, folder: Path, dtype: torch.dtype) -> None:
    parts: list[dict[str, Any]] = []
    shards: list[dict[str, Tensor]] = [{}]
    room = SHARD
    for name, call, record, key in _tensors(trace):
        x, lost = _stored(record, key, dtype)
        if x.nbytes > room and shards[-1]:
            shards.append({})
            room = SHARD
        room -= x.nbytes
        tensor = f"{name}/{call}/{key}"
        shards[-1][tensor] = x
        weights = key.endswith("weights")
        part: dict[str, Any] = {
            "id": f"{name}#{call}", "module": name, "name": key,
            "role": "attention" if weights else "state", "call": call, "order": record.order,
            "tensor": tensor, "shard": len(shards) - 1, "dims": list(record.dims[key]),
            "norm": _norm(record, key) if weights else "none", "causal": record.causal,
            "source": record.source,
        }
        if lost is not None:
            part["reduced"] = {"dtype": lost.dtype, "shape": list(lost.shape),
                               "pool": "max" if max(lost.factor) > 1 else None,
                               "factor": list(lost.factor)}
        parts.append(part)

    files = []
    for i, tensors in enumerate(shards):
        file = folder / f"tensors-{i:05d}.safetensors"
        save_file(tensors, file)
        _flush(file)
        files.append({"name": file.name, "bytes": file.stat().st_size, "sha256": _sha256(file)})
    fields: dict[str, Any] = {
        "format": FORMAT, "version": VERSION, "lib": f"recollect {__version__}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": {"class": trace.model},
        "axes": {name: {"kind": axis.kind, "labels": axis.labels}
                 for name, axis in trace.axes.items()},
        "records": parts,
        "opaque": [{"module": name, "reason": trace.reasons.get(name, "")}
                   for name in trace.opaque],
        "dropped": trace.dropped,
        "files": files,
    }
    fields["digest"] = digest(fields)
    Manifest.model_validate_json(json.dumps(fields))     # never write what could not be read
    with open(folder / MANIFEST, "w", encoding="utf-8") as out:
        json.dump(fields, out, indent=1, ensure_ascii=False)
        out.flush()
        os.fsync(out.fileno())


def _tensors(trace: Trace) -> Iterator[tuple[str, int, Record, str]]:
    for name, records in trace.items():
        for call, record in enumerate(records):
            for key in record:
                yield name, call, record, key


def _stored(record: Record, key: str, dtype: torch.dtype) -> tuple[Tensor, Reduction | None]:
    """The tensor as it goes to disk: its own bytes, and never a wider type than it has."""
    x, known = record[key], record.reduced.get(key)
    if not x.is_floating_point() or x.element_size() <= dtype.itemsize:
        return x.contiguous().clone(), known
    high = torch.finfo(dtype).max
    if x.numel() and bool(x.abs().nan_to_num(0.0, 0.0, 0.0).max() > high):
        dtype = torch.bfloat16                           # states may leave float16's range
    name = str(x.dtype).removeprefix("torch.")
    return x.to(dtype).contiguous(), known or Reduction(tuple(x.shape), name)


def _norm(record: Record, key: str) -> str:
    """``prob`` where every row sums to 1, ``subprob`` where some sum to less, else ``score``."""
    if key in record.reduced and max(record.reduced[key].factor) > 1:
        return "none"                                    # the maxima of a row have no total
    total = record[key].float().sum(-1)
    slack = 1e-2 if key in record.reduced else 1e-4
    if bool((record[key] < 0).any()) or bool((total > 1 + slack).any()):
        return "score"
    return "prob" if bool((total > 1 - slack).all()) else "subprob"


def load(path: str | PathLike[str]) -> Trace:
    """Read a trace, after checking that every byte is the one that was written."""
    with unpacked(Path(path)) as folder:
        try:
            return _load(folder)
        except ValueError as error:  # the reader knows the zip, not where it was unpacked
            raise ValueError(str(error).replace(str(folder), str(path))) from None


def _load(folder: Path) -> Trace:
    fields = _manifest(folder)
    shards = [_shard(folder, file.name, file.bytes, file.sha256) for file in fields.files]

    calls: dict[tuple[str, int], list[RecordPart]] = {}
    for part in fields.records:
        calls.setdefault((part.module, part.call), []).append(part)
    trace = Trace(
        model=fields.model.class_,
        axes={name: Axis(axis.kind, tuple(x if isinstance(x, str) else tuple(x)
                                          for x in axis.labels))       # type: ignore[arg-type]
              for name, axis in fields.axes.items()},
        opaque=[part.module for part in fields.opaque],
        reasons={part.module: part.reason for part in fields.opaque},
        dropped=dict(fields.dropped),
    )
    for (module, _), parts in calls.items():
        tensors = {part.name: _tensor(folder, shards, part) for part in parts}
        reduced = {part.name: Reduction(tuple(part.reduced.shape), part.reduced.dtype,
                                        (part.reduced.factor[0], part.reduced.factor[1]))
                   for part in parts if part.reduced is not None}
        trace._records.setdefault(module, []).append(Record(
            tensors, source=parts[0].source, order=parts[0].order, causal=parts[0].causal,
            dims={part.name: tuple(part.dims) for part in parts}, reduced=reduced))
    return trace


def _manifest(folder: Path) -> Manifest:
    if not folder.exists():
        raise ValueError(f"{folder} does not exist; a trace is a folder written by Trace.save")
    if folder.is_file():
        with open(folder, "rb") as file:
            head = file.read(4)
        if head[:1] == b"\x80":
            raise ValueError(f"{folder} is a pickle, which can run code when opened and so is "
                             f"refused; a trace is a folder written by Trace.save")
        if head == b"PK\x03\x04":
            raise ValueError(f"{folder} is a truncated zip; save the trace again")
        raise ValueError(f"{folder} is a file; a trace is a folder written by Trace.save")
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(f"{folder} has no {MANIFEST}, so it is no trace or its writing was cut "
                         f"short; save it again") from None
    except UnicodeDecodeError:
        raise ValueError(f"{folder / MANIFEST} is not UTF-8 text; the trace was altered") from None
    try:
        raw = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{folder / MANIFEST} is truncated or altered at line {error.lineno}; "
                         f"save the trace again") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError(f"{folder / MANIFEST} is no manifest of format {FORMAT!r}")
    version = raw.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ValueError(f"{folder} has version {version} of the format and this recollect reads "
                         f"{VERSION}; upgrade recollect")
    if raw.get("digest") != digest(raw):
        raise ValueError(f"{folder / MANIFEST} was altered after it was written (its digest "
                         f"differs); save the trace again")
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(x) for x in first["loc"])
        raise ValueError(f"{folder / MANIFEST} is not a valid manifest: {where}: "
                         f"{first['msg']}") from None


def _shard(folder: Path, name: str, size: int, sha256: str) -> dict[str, Tensor]:
    file = folder / name
    if not file.is_file():
        raise ValueError(f"{file} is missing; copy the whole folder, or save the trace again")
    if (found := file.stat().st_size) != size:
        raise ValueError(f"{file} is {found} bytes and should be {size}; it is truncated or "
                         f"altered, save the trace again")
    data = file.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{file} was altered after it was written (its SHA-256 differs); save "
                         f"the trace again")
    try:
        return read_tensors(data)
    except SafetensorError as error:
        raise ValueError(f"{file} is no safetensors file: {error}") from None


def _tensor(folder: Path, shards: list[dict[str, Tensor]], part: RecordPart) -> Tensor:
    if part.shard >= len(shards) or part.tensor not in shards[part.shard]:
        raise ValueError(f"{folder / MANIFEST} names the tensor {part.tensor!r} of shard "
                         f"{part.shard}, which is not there")
    x = shards[part.shard][part.tensor]
    if x.dim() != len(part.dims):
        raise ValueError(f"{folder / MANIFEST} names {len(part.dims)} axes of {part.tensor!r}, "
                         f"which has {x.dim()}")
    return x


def _sha256(file: Path) -> str:
    with open(file, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

