"""A trace as one file: the same folder in a zip that compresses nothing, ``NAME.attntrace.zip``."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".zip"
LARGEST = 64 * 2**30         # bytes; a header that promises more is not believed


def pack(folder: Path, target: Path) -> None:
    """Put the files of a trace into a zip, stored as they are."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The folder of a trace, unpacked for as long as it is needed where `path` is a zip of one.

    Raises:
        ValueError: the zip is truncated or altered, or holds what no trace has.
    """
    if not (path.is_file() and zipfile.is_zipfile(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="attntrace-") as room:
        try:
            with zipfile.ZipFile(path) as archive:
                _check(path, archive)
                for entry in archive.infolist():
                    out = Path(room) / entry.filename
                    with archive.open(entry) as held, out.open("wb") as copy:
                        shutil.copyfileobj(held, copy)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise ValueError(f"{path} is a damaged zip ({error}); save the trace again") from None
        yield Path(room)


def _check(path: Path, archive: zipfile.ZipFile) -> None:
    """Files of a trace lie flat, stored, and one of them is the manifest."""
    if "manifest.json" not in archive.namelist():
        raise ValueError(f"{path} is a zip without manifest.json, so no trace; a torch.save file "
                         f"is such a zip around a pickle, which can run code when opened")
    for entry in archive.infolist():
        name = entry.filename
        if Path(name).name != name or "\\" in name or entry.is_dir():
            raise ValueError(f"{path} holds {name!r}; a trace in a zip has no folders in it")
        if entry.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{path} holds {name!r} compressed; a trace in a zip is stored, "
                             f"pack it with `zip -0`")
    if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
        raise ValueError(f"{path} says that it holds more than {LARGEST // 2**30} GiB; it is "
                         f"damaged")
