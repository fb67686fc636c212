"""Archives made to do harm: each is refused, and nothing outside the folder is touched."""

import io
import stat
import tarfile
import zipfile

import pytest

from recollect.data.unpack import unpack


def make_tar(path, *entries):
    with tarfile.open(path, "w") as bundle:
        for entry, body in entries:
            entry.size = len(body)
            bundle.addfile(entry, io.BytesIO(body))
    return path


def plain(name):
    return tarfile.TarInfo(name)


def link(name, target, kind=tarfile.SYMTYPE):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "..\\evil", "C:\\evil"])
def test_a_path_outside_is_refused_in_tar_and_zip(tmp_path, name):
    folder = tmp_path / "in" / "folder"
    folder.mkdir(parents=True)
    bundle = make_tar(tmp_path / "t.tar", (plain(name), b"x"))
    with pytest.raises(ValueError, match="outside"):
        unpack(bundle, folder)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), "x")
    with pytest.raises(ValueError, match="outside"):
        unpack(tmp_path / "z.zip", folder)
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    (tmp_path / "secret").write_text("safe")
    folder = tmp_path / "folder"
    folder.mkdir()
    bundle = make_tar(
        tmp_path / "t.tar", (link("l", "../secret", kind), b""), (plain("l"), b"evil")
    )
    with pytest.raises(ValueError, match="link"):
        unpack(bundle, folder)
    assert (tmp_path / "secret").read_text() == "safe"


def test_a_link_in_a_zip_is_refused(tmp_path):
    entry = zipfile.ZipInfo("l")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr(entry, "../secret")
    with pytest.raises(ValueError, match="link"):
        unpack(tmp_path / "z.zip", tmp_path)


def test_a_bomb_stops_at_the_limit(tmp_path):
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10_000_000))
    assert (tmp_path / "z.zip").stat().st_size < 20_000
    with pytest.raises(ValueError, match=r"more than 1,000,000 bytes"):
        unpack(tmp_path / "z.zip", tmp_path / "out", limit=1_000_000)


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_truncated_tar_is_told(tmp_path, mode):
    whole = tmp_path / "whole"
    with tarfile.open(whole, mode) as bundle:
        entry = plain("a")
        entry.size = 200_000
        bundle.addfile(entry, io.BytesIO(bytes(i * i % 251 for i in range(200_000))))
    (tmp_path / "cut").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(ValueError, match="damaged|neither"):
        unpack(tmp_path / "cut", tmp_path / "out")


def test_inside_strips_the_top_folder(tmp_path):
    bundle = make_tar(tmp_path / "t.tar", (plain("./top/a/b"), b"x"), (plain("topless/c"), b"y"))
    unpack(bundle, tmp_path / "out", inside="top")
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["b"]
