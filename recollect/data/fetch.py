"""Bring a data set from its source: resumed, checked, whole or not at all."""

import errno
import hashlib
import http.client
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from recollect.data.catalog import DataSet
from recollect.data.locate import cache_folder, known, sha256
from recollect.data.unpack import unpack

Progress = Callable[[str, int, int], None]  # file, bytes so far, bytes in all or 0


class BadTransfer(ValueError):
    """A transfer that broke off, or brought something else than what was published."""


def fetch(
    name: str,
    *,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    tries: int = 3,
) -> Path:
    """Download a data set into the cache folder (or `folder`) and return where it lies.

    A transfer that broke is resumed, by a byte range, in the same call or the next one. Every file
    with a published checksum is compared with it. The data set appears under its name in one step,
    when it is complete.

    Raises:
        ValueError: no data set has that name, or no address is known for it.
        BadTransfer: the source cannot be reached, broke off, or sent something else.
        OSError: the disk is full or cannot be written; nothing is left behind.
    """
    entry = known(name)
    return _install(entry, Path(folder) if folder else cache_folder(), progress, tries)


# What a lost network or a dying server raises. A full disk is an OSError too, and must not be
# retried, so that class itself is not named.
_BROKEN = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


def _install(entry: DataSet, folder: Path, progress: Progress | None, tries: int) -> Path:
    target = folder / entry.name
    if target.exists():
        return target
    if not entry.fetchable:
        raise ValueError(
            f"no address is known for {entry.name!r}: get it from {entry.page}, put it in {target}"
        )
    partial = folder / ".partial"
    partial.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{entry.name}-", dir=folder))
    try:
        if entry.archive:
            bundle = _download(entry.archive, partial, entry.archive_sha256, progress, tries)
            unpack(bundle, work, inside=entry.inside)
            _keep(entry, work)
            bundle.unlink()
        for file, url in entry.urls.items():
            (work / file).parent.mkdir(parents=True, exist_ok=True)
            part = _download(url, partial, entry.sha256.get(file), progress, tries)
            part.replace(work / file)
        work.chmod(0o755)  # mkdtemp's folders are for their owner alone
        work.rename(target)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            shutil.rmtree(partial, ignore_errors=True)  # what is kept to resume is in the way
            raise OSError(
                errno.ENOSPC, f"the disk is full, {entry.name!r} was not installed", str(folder)
            ) from error
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if partial.is_dir() and not any(partial.iterdir()):
            partial.rmdir()
    return target


def _keep(entry: DataSet, work: Path) -> None:
    """Compare what was unpacked with the published checksums and drop what is not known."""
    for file, digest in entry.sha256.items():
        if not (work / file).is_file():
            continue
        if sha256(work / file) != digest:
            raise BadTransfer(
                f"{file!r} in {entry.archive} is not the published file; not installed"
            )
    wanted = {*entry.sha256, *entry.unchecked}
    found = {str(path.relative_to(work).as_posix()) for path in work.rglob("*") if path.is_file()}
    if not found & entry.sha256.keys():
        raise BadTransfer(f"{entry.archive} holds no file of {entry.name!r}; not installed")
    for file in found - wanted:
        (work / file).unlink()
    for path in sorted(work.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _download(
    url: str, partial: Path, digest: str | None, progress: Progress | None, tries: int
) -> Path:
    """Return the whole file, checked; what a broken transfer brought stays for the next call."""
    file = url.rsplit("/", 1)[-1]
    part = partial / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}-{file}"
    for attempt in range(tries):
        try:
            _transfer(url, part, file, progress)
            break
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416 and attempt + 1 < tries:
                part.unlink(missing_ok=True)  # longer than the source: start again
                continue
            raise BadTransfer(f"{url} answered {error.code} {error.reason}") from error
        except _BROKEN as error:
            if attempt + 1 < tries:
                continue
            have = part.stat().st_size if part.exists() else 0
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise BadTransfer(
                f"the transfer of {url} broke off at {have:,} bytes ({reason}); "
                "the same command resumes it"
            ) from error
    if digest and sha256(part) != digest:
        part.unlink()
        raise BadTransfer(f"{url} is not the published file (its SHA-256 differs); not installed")
    return part


def _transfer(url: str, part: Path, file: str, progress: Progress | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "recollect"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=30) as answer:
        if answer.status != 206:
            have = 0  # the source knows no ranges
        rest = int(answer.headers.get("Content-Length") or 0)
        total = have + rest if rest else 0
        with part.open("ab" if have else "wb") as out:
            while block := answer.read(1 << 16):
                out.write(block)
                have += len(block)
                if progress:
                    progress(file, have, total)
            out.flush()
            os.fsync(out.fileno())
    if total and have != total:
        raise http.client.IncompleteRead(b"", total - have)
