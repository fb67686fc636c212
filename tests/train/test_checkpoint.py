import errno
import json
import os
import pickle

import pytest
import torch
from torch import nn

from recollect.train import CheckpointError, load_weights, put_weights, read_about, save_weights
from recollect.train.checkpoint import Checkpoints


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.safetensors"
    save_weights(path, {"a": torch.randn(30, 4), "b": torch.arange(5)}, about={"step": 7})
    return path


def test_what_is_saved_comes_back(tmp_path):
    tensors = {
        "half": torch.randn(3, 2, dtype=torch.bfloat16),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "ints": torch.arange(4),
        "turned": torch.randn(3, 5).T,
    }
    save_weights(tmp_path / "model.safetensors", tensors)
    for back in (load_weights(tmp_path), load_weights(tmp_path / "model.safetensors")):
        assert back.keys() == tensors.keys()
        assert all(torch.equal(back[name], tensors[name]) for name in tensors)
        assert all(back[name].dtype == tensors[name].dtype for name in tensors)


def test_what_was_said_comes_back(saved):
    assert read_about(saved) == read_about(saved.parent) == {"step": 7}


def test_tied_weights_are_written_once_and_stay_tied(tmp_path):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(50, 50, bias=False)
            self.b = nn.Linear(50, 50, bias=False)
            self.b.weight = self.a.weight

    model, other = Tied(), Tied()
    save_weights(tmp_path / "model.safetensors", model.state_dict())
    assert (tmp_path / "model.safetensors").stat().st_size < 1.5 * 50 * 50 * 4
    put_weights(other, load_weights(tmp_path))
    assert torch.equal(other.b.weight, model.a.weight)
    assert other.b.weight is other.a.weight
    put_weights(other, {"a.weight": torch.zeros(50, 50)})
    assert not other.b.weight.any()


@pytest.mark.parametrize("cut", [0, 5, 40, -1])
def test_a_truncated_file_is_refused_by_name(saved, cut):
    saved.write_bytes(saved.read_bytes()[:cut])
    for checked in (True, False):
        with pytest.raises(CheckpointError, match=r"model\.safetensors is truncated"):
            load_weights(saved, checked=checked)


@pytest.mark.parametrize("place", [3, 30, -1])
def test_an_altered_file_is_refused_by_name(saved, place):
    data = bytearray(saved.read_bytes())
    data[place] ^= 1
    saved.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"model\.safetensors is altered"):
        load_weights(saved)


def test_a_longer_file_is_altered(saved):
    saved.write_bytes(saved.read_bytes() + b"x")
    with pytest.raises(CheckpointError, match="altered"):
        load_weights(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "recollect-weights-1"}'])
def test_a_damaged_json_is_refused_by_name(saved, text):
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(CheckpointError, match=r"model\.json is truncated or altered"):
        load_weights(saved)


def test_a_file_without_its_json_must_be_asked_for(saved):
    saved.with_suffix(".json").unlink()
    with pytest.raises(CheckpointError, match=r"model\.json is missing"):
        load_weights(saved)
    assert set(load_weights(saved, checked=False)) == {"a", "b"}


class Trap:
    def __reduce__(self):
        return (os.mkdir, ("trapped",))


@pytest.mark.parametrize("name", ["model.safetensors", "model.pt", "model.bin"])
@pytest.mark.parametrize("checked", [True, False])
def test_a_pickle_is_refused_and_not_opened(tmp_path, monkeypatch, name, checked):
    monkeypatch.chdir(tmp_path)
    for write in (
        lambda path: torch.save({"a": Trap()}, path),
        lambda path: path.write_bytes(pickle.dumps(Trap())),
        lambda path: torch.save({"a": Trap()}, path, _use_new_zipfile_serialization=False),
    ):
        write(tmp_path / name)
        with pytest.raises(CheckpointError, match=f"{name} is a pickle"):
            load_weights(tmp_path / name, checked=checked)
    assert not (tmp_path / "trapped").exists()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"model\.safetensors cannot be read: no such file"):
        load_weights(tmp_path)


def test_weights_of_another_model_are_refused_and_nothing_is_copied():
    model = nn.Linear(3, 2)
    before = model.weight.clone()
    for tensors, name in [
        ({"weight": torch.zeros(2, 3)}, "bias"),
        ({"weight": torch.zeros(3, 2), "bias": torch.zeros(2)}, "weight"),
        ({"weight": torch.zeros(2, 3), "bias": torch.zeros(2), "c": torch.zeros(1)}, "c"),
    ]:
        with pytest.raises(CheckpointError, match=f"another model: '{name}'"):
            put_weights(model, tensors)
    assert torch.equal(model.weight, before)


def put(checkpoints, step, score=None):
    parts = {"model": {"w": torch.full((400,), float(step))}, "optim": {}}
    checkpoints.save(step, parts, about={"score": score})


def test_the_last_two_and_the_best_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    for step, score in [(10, 3.0), (20, 1.0), (30, 2.0), (40, None), (50, 1.5)]:
        put(checkpoints, step, score)
    assert [c.step for c in checkpoints.all()] == [20, 40, 50]
    assert checkpoints.best().step == 20
    assert checkpoints.latest().step == 50
    assert load_weights(checkpoints.best().path)["w"][0] == 20
    assert not [p for p in (tmp_path / "checkpoints").iterdir() if p.name.startswith(".")]


def test_what_a_kill_left_is_no_checkpoint_and_is_swept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    put(checkpoints, 10)
    (tmp_path / ".draft-0000020").mkdir()
    (tmp_path / ".draft-0000020" / "model.safetensors").write_bytes(b"half")
    os.rename(tmp_path / "step-0000010", tmp_path / ".old-step-0000010")
    assert checkpoints.latest() is None
    put(checkpoints, 30)
    assert sorted(os.listdir(tmp_path)) == ["step-0000030"]


class FullDisk:
    """`os.write` of a disk with so many bytes left: it takes what fits, then says ENOSPC."""

    def __init__(self, room):
        self.room, self.write = room, os.write

    def __call__(self, descriptor, data):
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self.write(descriptor, bytes(data[: self.room]))
        self.room -= written
        return written


@pytest.mark.parametrize("share", [0, 0.05, 0.5, 0.95, 1])
def test_a_full_disk_leaves_the_older_checkpoint(tmp_path, monkeypatch, share):
    checkpoints = Checkpoints(tmp_path)
    put(checkpoints, 10)
    size = sum(file.stat().st_size for file in checkpoints.latest().path.iterdir())
    room = min(int(share * size), size - 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", FullDisk(room))
        with pytest.raises(CheckpointError) as caught:
            put(checkpoints, 20)
    text = str(caught.value)
    assert "step 20 could not be written (the disk is full)" in text
    assert "the last good one is" in text and "step-0000010" in text and "--resume" in text
    assert "\n" not in text
    assert os.listdir(tmp_path) == ["step-0000010"]
    assert load_weights(checkpoints.latest().path)["w"][0] == 10


def test_a_full_disk_at_the_flush_leaves_the_older_checkpoint(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path)
    put(checkpoints, 10)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CheckpointError, match="the disk is full"):
            put(checkpoints, 20)
    assert os.listdir(tmp_path) == ["step-0000010"]


def test_a_single_file_is_replaced_whole_or_not_at_all(saved, monkeypatch):
    before = saved.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", FullDisk(50))
        with pytest.raises(CheckpointError, match="could not be written: the disk is full"):
            save_weights(saved, {"a": torch.zeros(100)})
    assert saved.read_bytes() == before
    assert json.loads(saved.with_suffix(".json").read_text())["bytes"] == len(before)
    assert len(os.listdir(saved.parent)) == 2
