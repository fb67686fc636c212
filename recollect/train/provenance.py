"""What a result rests on besides its config: versions, commit, threads."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from recollect.version import __version__


def versions() -> dict[str, str]:
    """Return the versions of Python, of this package and of what computes for it."""
    found = {"recollect": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy", "numba", "safetensors"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """Return the git commit of this package, `+dirty` where files differ, None outside git."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    try:
        head = _git(folder, "rev-parse", "HEAD")
        return head + ("+dirty" if _git(folder, "status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def threads() -> int:
    """Return the number of CPU threads that torch uses for one operation."""
    return torch.get_num_threads()


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True
    )
    return done.stdout.strip()
