"""Weights on disk: safetensors beside a JSON file that holds their SHA-256, and nothing else.

A file that is truncated, altered or a pickle is refused by name. A checkpoint is a folder that
appears whole or not at all: it is written under a temporary name, flushed, and renamed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn


class CheckpointError(ValueError):
    """A file of weights that cannot be read or written, told in one sentence."""


class Saved(NamedTuple):
    """A checkpoint in a run folder: its step, its folder, and what was said about it."""

    step: int
    path: Path
    about: dict[str, Any]


def save_weights(
    path: str | os.PathLike[str],
    tensors: Mapping[str, Tensor],
    *,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write tensors to `X.safetensors`, and their SHA-256 and `about` to `X.json` beside it.

    Tensors that share memory (tied weights) are written once.

    Shapes:
        tensors: any.

    Raises:
        CheckpointError: the disk is full, or the folder cannot be written to.
    """
    path = Path(path)
    kept, aliases = _untied(tensors)
    data = safetensors.torch.save(kept)
    told = {
        "format": "recollect-weights-1",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "aliases": aliases,
        "about": dict(about or {}),
    }
    write_file(path, data)
    write_file(path.with_suffix(".json"), json.dumps(told, indent=1).encode())


def load_weights(path: str | os.PathLike[str], *, checked: bool = True) -> dict[str, Tensor]:
    """Read the tensors of `X.safetensors`, or of `model.safetensors` in a folder.

    With `checked`, `X.json` must stand beside the file and its SHA-256 must be the file's. A file
    from the Hugging Face Hub has none: read it with `checked=False`, which still refuses pickles
    and truncated files.

    Raises:
        CheckpointError: the file is missing, a pickle, truncated, or altered.
    """
    path = _weights_file(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {(error.strerror or '').lower()}") from error
    _refuse_pickle(path, data)
    told = _told(path) if checked else {}
    if checked and len(data) != told["bytes"]:
        kind = "truncated" if len(data) < told["bytes"] else "altered"
        raise CheckpointError(
            f"{path} is {kind}: it has {len(data):,} bytes and {told['bytes']:,} were written; "
            "copy it again or use another checkpoint"
        )
    if checked and hashlib.sha256(data).hexdigest() != told["sha256"]:
        raise CheckpointError(
            f"{path} is altered: its SHA-256 is not the one in {path.with_suffix('.json').name}; "
            "copy it again or use another checkpoint"
        )
    try:
        tensors = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path} is truncated or is no safetensors file ({error}); copy it again"
        ) from error
    for name, first in told.get("aliases", {}).items():
        tensors[name] = tensors[first]
    # The reader's own order changes from process to process.
    return dict(sorted(tensors.items()))


def read_about(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what was said about the weights in `X.safetensors` (or in a folder's model)."""
    return _told(_weights_file(path))["about"]


def put_weights(
    model: nn.Module,
    tensors: Mapping[str, Tensor],
    *,
    place: Callable[[Tensor, Tensor], Tensor] = lambda tensor, own: tensor,
) -> None:
    """Copy tensors into a model, name by name; nothing is copied unless all of them fit.

    A tied weight may be named once. `place(tensor, own)` lays a full tensor out as the model's.

    Shapes:
        tensors: each that of the model's own of its name.

    Raises:
        CheckpointError: a name or a shape is another model's.
    """
    own = model.state_dict(keep_vars=True)
    named = {id(own[name]) for name in tensors if name in own}
    absent = [name for name, tensor in own.items() if id(tensor) not in named]
    strange = [name for name in tensors if name not in own]
    other = [n for n, t in tensors.items() if n in own and own[n].shape != t.shape]
    if absent or strange or other:
        name = (absent + strange + other)[0]
        there = tuple(tensors[name].shape) if name in tensors else "missing"
        here = tuple(own[name].shape) if name in own else "missing"
        raise CheckpointError(
            f"the saved weights are of another model: {name!r} is {there} in the file and {here} "
            "in the model; build the model with the configuration it was trained with"
        )
    with torch.no_grad():
        for name, tensor in tensors.items():
            own[name].copy_(place(tensor, own[name]))


class Checkpoints:
    """The checkpoints of a run: `step-0000200/`, ...; the last two and the best are kept."""

    def __init__(self, folder: Path, *, keep: int = 2) -> None:
        """Look after a folder, which need not exist yet."""
        self.folder, self.keep = folder, keep

    def save(
        self,
        step: int,
        parts: Mapping[str, Mapping[str, Tensor]],
        *,
        about: Mapping[str, Any],
    ) -> Path:
        """Write a checkpoint whole, then forget those no longer needed.

        `about["score"]`, smaller is better, decides which one is the best.

        Raises:
            CheckpointError: the disk is full; the older checkpoints are untouched.
        """
        final = self.folder / f"step-{step:07d}"
        draft = self.folder / f".draft-{step:07d}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.sweep()
            draft.mkdir()
            for name, tensors in parts.items():
                save_weights(draft / f"{name}.safetensors", tensors, about=dict(about, step=step))
            _flush(draft)
            if final.exists():
                self._drop(final)
            os.replace(draft, final)
            _flush(self.folder)
        except (CheckpointError, OSError) as error:
            shutil.rmtree(draft, ignore_errors=True)
            older = self.all()
            still = f"the last good one is {older[-1].path}" if older else "there is none before it"
            raise CheckpointError(
                f"the checkpoint of step {step} could not be written ({_reason(error)}); {still}; "
                "make room and go on with --resume"
            ) from error
        self._forget()
        return final

    def all(self) -> list[Saved]:
        """Return the checkpoints, oldest first."""
        found = sorted(self.folder.glob("step-*/model.safetensors"))
        return [
            Saved(int(f.parent.name.removeprefix("step-")), f.parent, read_about(f)) for f in found
        ]

    def latest(self) -> Saved | None:
        """Return the newest checkpoint, if there is one."""
        found = sorted(self.folder.glob("step-*/model.safetensors"))
        if not found:
            return None
        path = found[-1].parent
        return Saved(int(path.name.removeprefix("step-")), path, read_about(path))

    def best(self) -> Saved | None:
        """Return the checkpoint with the smallest score, the earliest of equals."""
        scored = [c for c in self.all() if isinstance(c.about.get("score"), (int, float))]
        return min(scored, key=lambda c: c.about["score"], default=None)

    def sweep(self) -> None:
        """Remove what a killed process left half-written or half-deleted."""
        for left in [*self.folder.glob(".draft-*"), *self.folder.glob(".old-*")]:
            shutil.rmtree(left, ignore_errors=True)

    def _forget(self) -> None:
        found, best = self.all(), self.best()
        for saved in found[: -self.keep]:
            if best is None or saved.path != best.path:
                self._drop(saved.path)

    def _drop(self, path: Path) -> None:
        # Renamed first: a kill in the middle of the removal must leave no checkpoint with holes.
        doomed = path.with_name(f".old-{path.name}")
        os.replace(path, doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def write_file(path: Path, data: bytes) -> None:
    """Put a file in place whole: temporary name, flush, rename.

    Raises:
        CheckpointError: the disk is full, or the folder cannot be written to.
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CheckpointError(f"{path} could not be written: {_reason(error)}") from error


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(error: BaseException) -> str:
    if isinstance(error.__cause__, OSError):
        error = error.__cause__
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "the disk is full"
        return (error.strerror or str(error)).lower()
    return str(error)


def _untied(tensors: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Split tensors into those to write and the names that repeat one of them."""
    kept: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    seen: dict[tuple[Any, ...], str] = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu()
        place = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        if tensor.numel() and place in seen:
            aliases[name] = seen[place]
        else:
            seen[place] = name
            # A copy: a view of a larger tensor would be refused, or written with its base.
            kept[name] = tensor.clone(memory_format=torch.contiguous_format)
    return kept, aliases


def _weights_file(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    return path / "model.safetensors" if path.is_dir() else path


def _told(path: Path) -> dict[str, Any]:
    side = path.with_suffix(".json")
    try:
        told = json.loads(side.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("format") != "recollect-weights-1":
            raise ValueError("it is of another format")
        kinds = {"sha256": str, "bytes": int, "aliases": dict, "about": dict}
        wrong = [name for name, kind in kinds.items() if not isinstance(told.get(name), kind)]
        if wrong:
            raise ValueError(f"{wrong[0]} is missing from it")
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{side} is missing, so {path.name} cannot be checked; copy both files"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{side} is truncated or altered ({error}); copy it again") from error
    return told


def _refuse_pickle(path: Path, data: bytes) -> None:
    # The ninth byte of a safetensors file opens its JSON header; a zip (torch.save) starts "PK"
    # and a bare pickle 0x80 and its protocol.
    header = data[8:9] == b"{"
    if not header and (data[:2] == b"PK" or data[:1] == b"\x80" or path.suffix in _PICKLES):
        raise CheckpointError(
            f"{path} is a pickle, which can run code when it is opened, so it is not read; "
            "weights must be a safetensors file"
        )


_PICKLES = {".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt"}
