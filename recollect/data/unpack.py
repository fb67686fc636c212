"""Unpack a zip or tar from a stranger: nothing outside the folder, no links, no bombs."""

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

LIMIT = 2 << 30  # bytes unpacked; ten times the largest data set known


def unpack(archive: Path, folder: Path, *, inside: str = "", limit: int = LIMIT) -> None:
    """Write the plain files that lie below `inside` in a zip or tar archive into `folder`.

    Raises:
        ValueError: the archive is neither, is damaged, names a path outside `folder`, holds a link
            or a device, or unpacks to more than `limit` bytes. Nothing outside `folder` is touched.
    """
    written = 0
    root = PurePosixPath(inside)
    try:
        for name, stream in _members(archive):
            path = PurePosixPath(name.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in name:
                raise ValueError(f"{archive.name} names {name!r}, outside its folder; not unpacked")
            if not path.is_relative_to(root):
                continue
            target = folder / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            with stream, target.open("wb") as out:
                # The header's size may lie, so bytes are counted as they come.
                while block := stream.read(1 << 20):
                    written += len(block)
                    if written > limit:
                        raise ValueError(f"{archive.name} unpacks to more than {limit:,} bytes")
                    out.write(block)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, shutil.ReadError) as error:
        raise ValueError(f"{archive.name} is damaged: {error}") from error


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as bundle:
            for entry in bundle.infolist():
                # Unix keeps the file type in the upper half: 0o12 is a symbolic link.
                if entry.external_attr >> 28 == 0o12:
                    raise ValueError(
                        f"{archive.name} holds a link: {entry.filename!r}; not unpacked"
                    )
                if not entry.is_dir():
                    yield entry.filename, bundle.open(entry)
        return
    if not tarfile.is_tarfile(archive):
        raise ValueError(f"{archive.name} is neither a zip nor a tar archive")
    with tarfile.open(archive) as bundle:
        for entry in bundle:
            stream = bundle.extractfile(entry) if entry.isreg() else None
            if stream is not None:
                yield entry.name, stream
            elif not entry.isdir():
                raise ValueError(f"{archive.name} holds a link: {entry.name!r}; not unpacked")
