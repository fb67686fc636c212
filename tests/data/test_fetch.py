"""`fetch` against a local server: whole, resumed, broken, altered, on a full disk."""

import errno
import hashlib
import io
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recollect.data import CATALOG, BadTransfer, DataSet, cache_folder, fetch, find

BODY = bytes(range(256)) * 2000


class Source:
    """What the server holds, how it behaves, and what was asked of it."""

    def __init__(self):
        self.files = {}
        self.ranges = True
        self.break_after = []  # bytes after which each coming answer breaks off
        self.asked = []

    def handler(source):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = source.files.get(self.path)
                start = self.headers.get("Range")
                source.asked.append((self.path, start))
                if body is None:
                    self.send_error(404)
                    return
                first = int(start.removeprefix("bytes=").rstrip("-")) if start else 0
                if start and source.ranges:
                    if first >= len(body):
                        self.send_error(416)
                        return
                    self.send_response(206)
                    body = body[first:]
                else:
                    self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut = source.break_after.pop(0) if source.break_after else None
                self.wfile.write(body[:cut])

            def log_message(self, *_):
                pass

        return Handler


@pytest.fixture
def source():
    held = Source()
    server = ThreadingHTTPServer(("127.0.0.1", 0), held.handler())
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RECOLLECT_DATA", raising=False)


@pytest.fixture
def declare(monkeypatch):
    def declared(sha256, **fields):
        entry = DataSet("toy", "a toy", "CC0", "https://example.org/toy", **fields)
        vars(entry)["sha256"] = sha256  # instead of the packaged table
        monkeypatch.setitem(CATALOG, "toy", entry)

    return declared


def digest(body):
    return hashlib.sha256(body).hexdigest()


def leftovers():
    return sorted(path.name for path in cache_folder().rglob("*"))


def test_a_file_arrives_and_is_found(source, declare):
    source.files["/a.bin"] = BODY
    declare({"sub/a.bin": digest(BODY)}, urls={"sub/a.bin": f"{source.url}/a.bin"})
    seen = []
    where = fetch("toy", progress=lambda *step: seen.append(step))
    assert (where / "sub/a.bin").read_bytes() == BODY
    assert find("toy") == where
    assert seen[-1] == ("a.bin", len(BODY), len(BODY))
    assert leftovers() == ["a.bin", "sub", "toy"]
    assert fetch("toy") == where and len(source.asked) == 1  # there already: nothing is asked


def test_a_broken_transfer_is_resumed_in_the_same_call(source, declare):
    source.files["/a.bin"] = BODY
    source.break_after = [100_000, 50_000]
    declare({"a.bin": digest(BODY)}, urls={"a.bin": f"{source.url}/a.bin"})
    assert (fetch("toy") / "a.bin").read_bytes() == BODY
    assert [start for _, start in source.asked] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_broken_transfer_is_resumed_by_the_next_call(source, declare):
    source.files["/a.bin"] = BODY
    source.break_after = [100_000]
    declare({"a.bin": digest(BODY)}, urls={"a.bin": f"{source.url}/a.bin"})
    with pytest.raises(BadTransfer, match=r"broke off at 100,000 bytes.*resumes"):
        fetch("toy", tries=1)
    assert not (cache_folder() / "toy").exists()
    assert (fetch("toy") / "a.bin").read_bytes() == BODY
    assert source.asked[-1][1] == "bytes=100000-"


def test_a_source_without_ranges_starts_again(source, declare):
    source.files["/a.bin"] = BODY
    source.ranges = False
    source.break_after = [100_000]
    declare({"a.bin": digest(BODY)}, urls={"a.bin": f"{source.url}/a.bin"})
    assert (fetch("toy") / "a.bin").read_bytes() == BODY


def test_a_part_longer_than_the_source_starts_again(source, declare):
    url = f"{source.url}/a.bin"
    source.files["/a.bin"] = BODY
    declare({"a.bin": digest(BODY)}, urls={"a.bin": url})
    part = cache_folder() / ".partial" / f"{digest(url.encode())[:16]}-a.bin"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY + b"x")
    assert (fetch("toy") / "a.bin").read_bytes() == BODY


def test_a_wrong_checksum_installs_nothing_and_the_next_try_is_fresh(source, declare):
    source.files["/a.bin"] = BODY[:-1] + b"x"
    declare({"a.bin": digest(BODY)}, urls={"a.bin": f"{source.url}/a.bin"})
    with pytest.raises(BadTransfer, match="SHA-256"):
        fetch("toy")
    assert leftovers() == []
    source.files["/a.bin"] = BODY
    assert fetch("toy").is_dir()
    assert source.asked[-1][1] is None


def test_an_absent_file_is_told_and_leaves_nothing(source, declare):
    declare({}, urls={"a.bin": f"{source.url}/nowhere"})
    with pytest.raises(BadTransfer, match="answered 404"):
        fetch("toy")
    assert leftovers() == []


def test_no_server_is_told(declare):
    declare({}, urls={"a.bin": "http://127.0.0.1:9/a.bin"})
    with pytest.raises(BadTransfer, match="broke off at 0 bytes"):
        fetch("toy")
    assert leftovers() == []


def test_a_full_disk_installs_nothing_and_keeps_no_part(source, declare):
    url = f"{source.url}/a.bin"
    source.files["/a.bin"] = BODY
    declare({"a.bin": digest(BODY)}, urls={"a.bin": url})
    partial = cache_folder() / ".partial"
    partial.mkdir(parents=True)
    # The kernel itself refuses the bytes: every write to /dev/full says "no space left".
    (partial / f"{digest(url.encode())[:16]}-a.bin").symlink_to("/dev/full")
    with pytest.raises(OSError, match="disk is full") as caught:
        fetch("toy")
    assert caught.value.errno == errno.ENOSPC
    assert leftovers() == []


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, body in members.items():
            bundle.writestr(name.replace("__", "/"), body)
    return buffer.getvalue()


def tarred(**members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bundle:
        for name, body in members.items():
            entry = tarfile.TarInfo(name.replace("__", "/"))
            entry.size = len(body)
            bundle.addfile(entry, io.BytesIO(body))
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_is_unpacked_and_only_known_files_are_kept(source, declare, pack):
    source.files["/set"] = pack(top__en__a=b"one", top__en__new=b"two", top__hn__b=b"3", other=b"4")
    declare(
        {"en/a": digest(b"one")},
        archive=f"{source.url}/set",
        inside="top",
        unchecked=("en/new",),
    )
    where = fetch("toy")
    assert sorted(path.name for path in where.rglob("*")) == ["a", "en", "new"]
    assert leftovers() == ["a", "en", "new", "toy"]


def test_an_altered_file_in_an_archive_is_refused(source, declare):
    source.files["/set"] = zipped(a=b"altered", b=b"good")
    declare({"a": digest(b"good"), "b": digest(b"good")}, archive=f"{source.url}/set")
    with pytest.raises(BadTransfer, match="'a'.*not the published file"):
        fetch("toy")
    assert not (cache_folder() / "toy").exists()


def test_an_archive_of_something_else_is_refused(source, declare):
    source.files["/set"] = zipped(x=b"y")
    declare({"a": digest(b"good")}, archive=f"{source.url}/set")
    with pytest.raises(BadTransfer, match="holds no file of 'toy'"):
        fetch("toy")
    assert not (cache_folder() / "toy").exists()


def test_a_page_that_is_no_archive_is_refused(source, declare):
    source.files["/set"] = b"<html>moved</html>"
    declare({"a": digest(b"good")}, archive=f"{source.url}/set")
    with pytest.raises(ValueError, match="neither a zip nor a tar"):
        fetch("toy")
    assert not (cache_folder() / "toy").exists()


def test_a_set_without_an_address_names_its_page(declare):
    declare({})
    with pytest.raises(ValueError, match=r"get it from https://example\.org/toy"):
        fetch("toy")
