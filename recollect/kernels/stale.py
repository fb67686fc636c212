"""Forget compiled kernels that a change in another file has made old.

Numba keeps compiled code on disk. To see whether it is current it looks at the file of the function
alone, and not at those of the functions that were compiled into it.
"""

import re
from pathlib import Path

__all__ = ["forget_stale"]

_IMPORT = re.compile(r"^from recollect\.kernels(?:\.(\w+) import|\s+import\s+(\([^)]*\)|.*))", re.M)


def forget_stale(folder: Path) -> list[str]:
    """Remove the index of every compiled function older than a file its own file builds on.

    Returns the names of what was removed. Where the folder cannot be changed nothing is.

    Shapes:
        none.
    """
    removed = []
    try:
        compiled = list((folder / "__pycache__").glob("*.nbi"))
        if not compiled:
            return removed
        sources = {path.stem: path for path in folder.glob("*.py")}
        needs = {name: _needs(path.read_text("utf-8")) for name, path in sources.items()}
        changed = {name: path.stat().st_mtime for name, path in sources.items()}
        for index in compiled:
            below = _reached(index.name.partition(".")[0], needs)
            if index.stat().st_mtime < max((changed.get(name, 0.0) for name in below), default=0.0):
                index.unlink(missing_ok=True)
                removed.append(index.name)
    except OSError:  # an installation that is read only, or another process that was faster
        pass
    return removed


def _needs(source: str) -> set[str]:
    found: set[str] = set()
    for module, names in _IMPORT.findall(source):
        found |= {module} if module else set(re.findall(r"\w+", names))
    return found


def _reached(name: str, needs: dict[str, set[str]]) -> set[str]:
    seen, left = set(), [name]
    while left:
        here = left.pop()
        if here not in seen:
            seen.add(here)
            left += needs.get(here, ())
    return seen
