"""What a task learnt from its data before training, in the run folder: `learnt.json`.

With it a run is whole: copied to a computer without the data, it still reads a person's own lines.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from recollect.train.checkpoint import write_file
from recollect.train.configfile import from_plain, to_plain

__all__ = ["read_learnt", "same_learnt", "write_learnt"]

FILE = "learnt.json"
_FORMAT = "recollect-learnt-1"


def write_learnt(folder: Path, learnt: Any) -> None:
    """Write what was learnt, and its SHA-256, into a run folder.

    Raises:
        ValueError: it holds what JSON cannot, or the disk is full.
    """
    plain = to_plain(learnt)
    told = {"format": _FORMAT, "sha256": _digest(plain), "learnt": plain}
    write_file(folder / FILE, json.dumps(told, ensure_ascii=False).encode())


def read_learnt(folder: Path) -> Any | None:
    """Return what `write_learnt` wrote, or None where the folder has no such file.

    Raises:
        ValueError: the file is truncated or altered.
    """
    file = folder / FILE
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(told, dict) or told.get("format") != _FORMAT:
            raise ValueError("it is of another format")
        if _digest(told["learnt"]) != told["sha256"]:
            raise ValueError("its SHA-256 is another")
        return from_plain(told["learnt"], where="learnt")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, RecursionError) as error:
        raise ValueError(
            f"{file} is truncated or altered ({error}); copy it again, or remove it where the data "
            "that the run was trained on are at hand"
        ) from error


def same_learnt(one: Any, other: Any) -> bool:
    """Tell whether the same was learnt, such as before and after the data changed."""
    return _digest(to_plain(one)) == _digest(to_plain(other))


def _digest(plain: Any) -> str:
    told = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
