"""Where a data set lies: an explicit path, `$RECOLLECT_DATA`, the user's cache folder."""

import hashlib
import os
from difflib import get_close_matches
from pathlib import Path

from recollect.data.catalog import CATALOG, DataSet


class MissingData(FileNotFoundError):
    """A data set, or a file of one, that is not on this computer."""


def cache_folder() -> Path:
    """Return where `fetch` writes: `recollect/data` below `$XDG_CACHE_HOME` or `~/.cache`."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "recollect" / "data"


def known(name: str) -> DataSet:
    """Return the catalogue's entry, or raise `ValueError` with the nearest name."""
    if name not in CATALOG:
        near = get_close_matches(name, CATALOG, n=1)
        hint = f"did you mean {near[0]}?" if near else "recollect data list names them"
        raise ValueError(f"there is no data set {name!r}; {hint}")
    return CATALOG[name]


def find(name: str, *, path: str | Path | None = None, file: str | None = None) -> Path:
    """Return the folder of a data set, or with `file` that file in it.

    Looked for at `path` (the folder itself, or one that holds it) and nowhere else where it is
    given; otherwise under `$RECOLLECT_DATA`, then in the user's cache folder.

    Raises:
        ValueError: no data set has that name.
        MissingData: it is nowhere; the message names the licence, the command and the stand-in.
    """
    entry = known(name)
    if path is not None:
        places = [Path(path) / name, Path(path)]
    else:
        shared = os.environ.get("RECOLLECT_DATA")
        places = [Path(shared) / name] if shared else []
        places.append(cache_folder() / name)
    for place in places:
        wanted = place / file if file else place
        if wanted.is_file() if file else place.is_dir() and any(place.iterdir()):
            return wanted
    what = f"the file {file!r} of data set {name!r}" if file else f"data set {name!r}"
    command = f"recollect data fetch {name}" if entry.fetchable else f"see {entry.page}"
    stand_in = f"; stand-in: {entry.stand_in}" if entry.stand_in else ""
    looked = " or ".join(str(place) for place in places)
    raise MissingData(
        f"{what} is not in {looked}; licence: {entry.licence}; to get it: {command}{stand_in}"
    )


def changed(entry: DataSet, folder: Path) -> list[str]:
    """Return the files in `folder` whose content is not the published one.

    Only files that are there are judged: what is absent is `find`'s business.
    """
    there = ((name, digest) for name, digest in entry.sha256.items() if (folder / name).is_file())
    return [name for name, digest in there if sha256(folder / name) != digest]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
