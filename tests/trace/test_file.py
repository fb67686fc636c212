"""A saved trace comes back as it was; what was altered, cut short or pickled is refused."""

import errno
import hashlib
import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from recollect.trace import Axis, OpaqueAttentionWarning, Record, Reduction, Trace, file, trace
from recollect.trace.manifest import digest, schema

SCHEMA = Path(file.__file__).with_name("attntrace.schema.json")


@pytest.fixture
def seen() -> Trace:
    """An encoder and a decoder, traced and labelled, with an opaque module."""
    class ByHandAttention(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x @ x.mT).softmax(-1) @ x

    model = nn.ModuleDict({"encoder": nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
                           "decoder": nn.MultiheadAttention(8, 2, batch_first=True),
                           "own": ByHandAttention()})
    source, target = torch.randn(2, 3, 8), torch.randn(2, 4, 8)
    with warnings.catch_warnings(), trace(model) as found:
        warnings.simplefilter("ignore", OpaqueAttentionWarning)
        memory = model["encoder"](source)
        model["own"](model["decoder"](target, memory, memory)[0])
        model["decoder"](target, memory, memory)
    found.dims("encoder.*", ("batch", "head", "src", "from"))
    found.dims("decoder", ("batch", "head", "tgt", "src"))
    found.label("src", ["the", "accord", "<end>"])
    found.label("tgt", [["l'", "accord", "est", "<fin>"], ["a", "b", "c", "d"]])
    return found


def saved(seen: Trace, folder: Path) -> Path:
    path = folder / "x.attntrace"
    seen.save(path)
    return path


def rewrite(path: Path, change: Callable[[dict], object], *, sign: bool = True) -> None:
    fields = json.loads((path / "manifest.json").read_text())
    change(fields)
    if sign:
        fields["digest"] = digest(fields)
    (path / "manifest.json").write_text(json.dumps(fields))


def same(a: Trace, b: Trace) -> None:
    assert a.names() == b.names() and a.axes == b.axes and a.model == b.model
    assert (a.opaque, a.reasons, a.dropped) == (b.opaque, b.reasons, b.dropped)
    for name in a:
        for x, y in zip(a[name], b[name], strict=True):
            assert (x.source, x.order, x.causal, x.dims) == (y.source, y.order, y.causal, y.dims)
            assert list(x) == list(y)


def test_lossless_round_trip(seen: Trace, tmp_path: Path) -> None:
    seen.save(tmp_path / "deep" / "x.attntrace", dtype=torch.float32)
    back = Trace.load(tmp_path / "deep" / "x.attntrace")
    same(seen, back)
    assert len(back["decoder"]) == 2 and back.opaque == ["own"]
    for name in seen:
        assert torch.equal(seen.stack(name), back.stack(name))
        assert back[name][0].reduced == {}


def test_half_precision_by_default_and_told(seen: Trace, tmp_path: Path) -> None:
    path = saved(seen, tmp_path)
    back = Trace.load(path)
    same(seen, back)
    weights = back.weights("decoder")
    assert weights.dtype == torch.float16
    torch.testing.assert_close(weights.float(), seen.weights("decoder"), atol=5e-4, rtol=0.0)
    assert back["decoder"][0].reduced["weights"] == Reduction((2, 2, 4, 3), "float32")
    assert seen["decoder"][0].reduced == {}                  # saving changes no trace
    back.save(tmp_path / "again.attntrace")
    same(back, Trace.load(tmp_path / "again.attntrace"))


def test_what_stands_on_disk(seen: Trace, tmp_path: Path) -> None:
    path = saved(seen, tmp_path)
    assert sorted(p.name for p in path.iterdir()) == ["manifest.json", "tensors-00000.safetensors"]
    assert [p.name for p in tmp_path.iterdir()] == ["x.attntrace"]
    fields = json.loads((path / "manifest.json").read_text())
    assert fields["format"] == "attntrace" and fields["version"] == 1
    assert fields["axes"]["src"] == {"kind": "token", "labels": ["the", "accord", "<end>"]}
    first = fields["records"][0]
    assert first["module"] == "encoder.self_attn" and first["source"] == "mha"
    assert first["norm"] == "prob" and first["dims"] == ["batch", "head", "src", "from"]
    assert set(load_file(path / "tensors-00000.safetensors")) == {
        record["tensor"] for record in fields["records"]}


def test_schema_is_the_one_shipped_and_holds(seen: Trace, tmp_path: Path) -> None:
    shipped = json.loads(SCHEMA.read_text())
    assert shipped == schema(), "run: python -m recollect.trace.manifest"
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(shipped)
    fields = json.loads((saved(seen, tmp_path) / "manifest.json").read_text())
    validator.validate(fields)
    validator.validate({**fields, "faithfulness": {}})       # unknown keys pass
    for spoil in ({"format": "x"}, {"version": 2}, {"records": [{}]}, {"digest": "0"},
                  {"files": [{"name": "../x.safetensors", "bytes": 1, "sha256": "0" * 64}]}):
        assert not validator.is_valid({**fields, **spoil})


def test_another_program_can_write_one(tmp_path: Path) -> None:
    """What a writer in any language does: numbers, a checksum, a manifest."""
    numpy = pytest.importorskip("numpy")
    from safetensors.numpy import save_file

    path = tmp_path / "alien.attntrace"
    path.mkdir()
    data = numpy.full((2, 3), 1 / 3, dtype=numpy.float32)
    save_file({"w": data}, path / "all.safetensors")
    raw = (path / "all.safetensors").read_bytes()
    fields = {
        "format": "attntrace", "version": 1, "created": "2026-01-01", "lib": "alien 1",
        "model": {"class": "Alien", "layers": 7}, "axes": {}, "future": [1.5],
        "records": [{"id": "a", "module": "a", "name": "weights", "role": "new role", "call": 0,
                     "order": 0, "tensor": "w", "shard": 0, "dims": ["query", "slot"],
                     "norm": "prob", "source": "alien"}],
        "files": [{"name": "all.safetensors", "bytes": len(raw),
                   "sha256": hashlib.sha256(raw).hexdigest()}],
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    fields["digest"] = hashlib.sha256(text.encode()).hexdigest()
    (path / "manifest.json").write_text(json.dumps(fields))
    back = Trace.load(path)
    assert back.model == "Alien" and back["a"][0].source == "alien"
    assert back.weights("a").tolist() == data.tolist()


def test_every_kind_of_tensor_survives(tmp_path: Path) -> None:
    found = Trace(model="M")
    shared = torch.randn(4, 4)
    found._records["m"] = [Record({
        "ids": torch.arange(6).view(2, 3), "mask": torch.tensor([True, False]),
        "wide": torch.tensor([1e6, -torch.inf, torch.nan]), "empty": torch.zeros(0, 3),
        "scalar": torch.tensor(2.5), "bf16": torch.randn(3, dtype=torch.bfloat16),
        "double": torch.randn(3, dtype=torch.float64),
        "one": shared, "two": shared[1:], "turned": shared.mT,
    })]
    found.save(tmp_path / "x")
    back = Trace.load(tmp_path / "x")["m"][0]
    for name, x in found["m"][0].items():
        assert back[name].shape == x.shape
        torch.testing.assert_close(back[name].double(), x.double(), atol=1e-3, rtol=4e-3,
                                   equal_nan=True)
    assert back["ids"].dtype == torch.int64 and back["mask"].dtype == torch.bool
    assert back["wide"].dtype == back["bf16"].dtype == torch.bfloat16
    assert back.reduced["double"] == Reduction((3,), "float64") and "ids" not in back.reduced


def test_norm_tells_what_rows_sum_to(tmp_path: Path) -> None:
    found = Trace(model="M")
    rows = {"p": [0.25, 0.75], "less": [0.2, 0.3], "more": [1.0, 2.0], "signed": [2.0, -1.0]}
    for name, row in rows.items():
        found._records[name] = [Record({"weights": torch.tensor([row])})]
    found.save(tmp_path / "x")
    fields = json.loads((tmp_path / "x" / "manifest.json").read_text())
    norms = {record["module"]: record["norm"] for record in fields["records"]}
    assert norms == {"p": "prob", "less": "subprob", "more": "score", "signed": "score"}


def test_large_traces_are_sharded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "SHARD", 100)
    found = Trace(model="M")
    found._records["m"] = [Record({"weights": torch.rand(4, 5)}, order=i) for i in range(7)]
    found.save(tmp_path / "x")
    assert len(list((tmp_path / "x").glob("*.safetensors"))) == 4
    assert torch.equal(Trace.load(tmp_path / "x").stack("m"), found.stack("m").half())


def test_an_empty_trace_is_a_trace(tmp_path: Path) -> None:
    Trace(model="M").save(tmp_path / "x")
    assert Trace.load(tmp_path / "x").names() == []


# What is refused

def refused(path: Path, said: str) -> None:
    with pytest.raises(ValueError, match=said) as error:
        Trace.load(path)
    assert "\n" not in str(error.value) and str(path.name) in str(error.value)


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    (tmp_path / "a.attntrace").write_bytes(pickle.dumps(Trap()))
    torch.save({"weights": torch.ones(2)}, tmp_path / "b.attntrace")
    for name in ("a", "b"):
        refused(tmp_path / f"{name}.attntrace", "pickle")
    path = tmp_path / "c.attntrace"
    Trace(model="M").save(path)
    shard = path / "tensors-00000.safetensors"
    shard.write_bytes(pickle.dumps(Trap()))
    rewrite(path, lambda fields: fields["files"][0].update(
        bytes=shard.stat().st_size, sha256=hashlib.sha256(shard.read_bytes()).hexdigest()))
    with pytest.raises(ValueError, match="no safetensors file"):
        Trace.load(path)
    assert not (tmp_path / "sprung").exists()


def test_what_is_no_trace(tmp_path: Path) -> None:
    refused(tmp_path / "absent", "does not exist")
    (tmp_path / "text").write_text("hello")
    refused(tmp_path / "text", "is a file")
    (tmp_path / "empty").write_bytes(b"")
    refused(tmp_path / "empty", "is a file")
    (tmp_path / "folder").mkdir()
    refused(tmp_path / "folder", "has no manifest.json")


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("name", ["manifest.json", "tensors-00000.safetensors"])
def test_truncated_files(seen: Trace, tmp_path: Path, name: str, keep: float) -> None:
    part = saved(seen, tmp_path) / name
    part.write_bytes(part.read_bytes()[: int(keep * part.stat().st_size)])
    refused(tmp_path / "x.attntrace", "truncated")


def test_altered_files(seen: Trace, tmp_path: Path) -> None:
    path = saved(seen, tmp_path)
    shard = path / "tensors-00000.safetensors"
    whole = shard.read_bytes()
    for place in (0, 20, len(whole) - 1):
        shard.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        refused(path, "altered")
    shard.unlink()
    refused(path, "missing")
    shard.write_bytes(whole)
    rewrite(path, lambda fields: fields["records"][0].update(module="other"), sign=False)
    refused(path, "altered")
    (path / "manifest.json").write_bytes(b"\xff\xfe{}")
    refused(path, "UTF-8")


@pytest.mark.parametrize(("change", "said"), [
    (lambda f: f.update(format="other"), "no manifest of format"),
    (lambda f: f.update(version=2), "upgrade"),
    (lambda f: f["files"][0].update(name="../../etc/x.safetensors"), "not a valid manifest: files"),
    (lambda f: f["records"][0].update(tensor="absent"), "not there"),
    (lambda f: f["records"][0].update(shard=5), "not there"),
    (lambda f: f["records"][0].update(dims=["batch"]), "names 1 axes"),
    (lambda f: f["records"][0].pop("call"), "not a valid manifest: records.0.call"),
    (lambda f: f["axes"].update(src=3), "not a valid manifest: axes.src"),
])
def test_manifests_that_make_no_sense(seen: Trace, tmp_path: Path, change: Callable[[dict], object],
                                      said: str) -> None:
    path = saved(seen, tmp_path)
    rewrite(path, change)
    refused(path, re.escape(said))


# Writing

def test_saving_again_replaces_a_trace_and_nothing_else(seen: Trace, tmp_path: Path) -> None:
    path = saved(seen, tmp_path)
    Trace(model="M").save(path)
    assert Trace.load(path).model == "M"
    assert [p.name for p in tmp_path.iterdir()] == ["x.attntrace"]
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("years of work")
    for taken in (other, other / "chapter.txt"):
        with pytest.raises(ValueError, match="left alone"):
            seen.save(taken)
    assert (other / "chapter.txt").read_text() == "years of work"
    with pytest.raises(ValueError, match=r"torch\.int8"):
        seen.save(tmp_path / "y", dtype=torch.int8)


@pytest.mark.parametrize("step", ["save_file", "_flush", "digest"])
@pytest.mark.parametrize("before", [False, True])
def test_a_full_disk_leaves_nothing_half_written(
    seen: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    if before:
        Trace(model="Before").save(tmp_path / "x.attntrace")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(file, step, full)
    with pytest.raises(OSError, match="No space"):
        saved(seen, tmp_path)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["x.attntrace"] * before
    if before:
        assert Trace.load(tmp_path / "x.attntrace").model == "Before"


# One file

def test_a_zip_holds_what_the_folder_holds(seen: Trace, tmp_path: Path) -> None:
    folder, packed = tmp_path / "x.attntrace", tmp_path / "x.attntrace.zip"
    seen.save(folder, dtype=torch.float32)
    seen.save(packed, dtype=torch.float32)
    with zipfile.ZipFile(packed) as archive:
        assert sorted(archive.namelist()) == sorted(p.name for p in folder.iterdir())
        assert all(e.compress_type == zipfile.ZIP_STORED for e in archive.infolist())
    one, other = Trace.load(folder), Trace.load(packed)
    for name in one:
        for a, b in zip(one[name], other[name], strict=True):
            assert all(torch.equal(a[key], b[key]) for key in a)
    Trace(model="M").save(packed)  # a trace may be replaced
    assert Trace.load(packed).model == "M"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.attntrace", "x.attntrace.zip"]


@pytest.mark.parametrize("change", ["cut", "altered", "compressed", "elsewhere", "no manifest"])
def test_a_zip_that_is_damaged_or_no_trace(seen: Trace, tmp_path: Path, change: str) -> None:
    path = tmp_path / "x.attntrace.zip"
    seen.save(path)
    data = path.read_bytes()
    if change == "cut":
        path.write_bytes(data[: len(data) // 2])
        return refused(path, "truncated zip")
    if change == "altered":
        middle = data.index(b"safetensors") + 400
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
        return refused(path, "damaged|altered")
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    how = zipfile.ZIP_DEFLATED if change == "compressed" else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in held.items():
            manifest = name == "manifest.json"
            if change != "no manifest" or not manifest:
                outside = change == "elsewhere" and not manifest
                archive.writestr(f"../{name}" if outside else name, content)
    said = {"compressed": "stored", "elsewhere": "no folders", "no manifest": "without manifest"}
    refused(path, said[change])
    assert not list(tmp_path.parent.glob("tensors*"))


# Names and labels

def test_labels_must_fit(seen: Trace) -> None:
    with pytest.raises(ValueError, match=r"no record has an axis 'x'.*batch.*tgt"):
        seen.label("x", ["a"])
    with pytest.raises(ValueError, match=r"2 labels for axis 'src', which is 3 long"):
        seen.label("src", ["a", "b"])
    with pytest.raises(ValueError, match="3 labels for axis 'tgt'"):
        seen.label("tgt", [["a", "b", "c", "d"], ["a", "b", "c"]])
    with pytest.raises(ValueError, match="mix"):
        seen.label("src", ["a", ["b"], "c"])
    assert seen.axes["src"] == Axis("token", ("the", "accord", "<end>"))
    assert seen.axes["tgt"].labels[1] == ("a", "b", "c", "d")


def test_axis_names_must_fit(seen: Trace) -> None:
    with pytest.raises(ValueError, match="no record matches 'x'"):
        seen.dims("x", ("a",))
    with pytest.raises(ValueError, match="names 2 axes"):
        seen.dims("decoder", ("a", "b"))
    with pytest.raises(ValueError, match="must differ"):
        seen.dims("decoder", ("a", "b", "c", "a"))
    assert seen["decoder"][0].dims["weights"] == ("batch", "head", "tgt", "src")


def test_reading_what_is_not_there(seen: Trace) -> None:
    with pytest.raises(KeyError, match="recorded: encoder"):
        seen.weights("absent")
    with pytest.raises(IndexError, match="ran 2 times"):
        seen.weights("decoder", call=2)
    with pytest.raises(KeyError):
        seen.stack("decoder", "keys")
    assert "decoder x 2  mha  weights (2, 2, 4, 3)" in repr(seen)
    assert "own  opaque: it called no attention function" in repr(seen)

