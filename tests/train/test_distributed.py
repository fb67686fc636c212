"""DDP and FSDP2 with two gloo processes give what one process gives on the same batches."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from recollect.train import fit, load_weights
from recollect.train.runs import Run
from tests.train.spread import config

ROOT = Path(__file__).parents[2]


def torchrun(jobs):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", "-m", "tests.train.spread", json.dumps(jobs)),
        ],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def state(run):
    saved = Run(run).checkpoints.latest()
    parts = [load_weights(saved.path / f"{n}.safetensors") for n in ("model", "optim")]
    return saved.step, parts[0] | parts[1]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Everything that two processes train, in one start of them."""
    folder = tmp_path_factory.mktemp("runs")
    jobs = []
    for parallel in ("ddp", "fsdp"):
        jobs += [
            {"out": f"{folder}/{parallel}", "parallel": parallel},
            {"out": f"{folder}/{parallel}-accumulated", "parallel": parallel, "accumulate": 2},
            {"out": f"{folder}/{parallel}-stopped", "parallel": parallel, "steps": 4},
            {"out": f"{folder}/{parallel}-stopped", "parallel": parallel, "resume": True},
            {"out": f"{folder}/{parallel}-half", "parallel": parallel, "steps": 4},
            {"out": f"{folder}/{parallel}-bf16", "parallel": parallel, "bf16": True},
            {"out": f"{folder}/{parallel}-mean", "parallel": parallel, "average": 0.9},
            {"out": f"{folder}/{parallel}-later", "parallel": parallel, "average": 0.9, "steps": 4},
            {"out": f"{folder}/{parallel}-later", "parallel": parallel, "average": 0.9,
             "resume": True},
        ]
    torchrun(jobs)
    return folder


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
@pytest.mark.parametrize(("suffix", "accumulate"), [("", 2), ("-accumulated", 4)])
def test_two_processes_equal_one_that_accumulates(runs, tmp_path, parallel, suffix, accumulate):
    fit(config(accumulate=accumulate), tmp_path / "one", quiet=True)
    step, two = state(runs / f"{parallel}{suffix}")
    one = state(tmp_path / "one")[1]
    assert step == 8
    assert one.keys() == two.keys()
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_the_mean_of_the_weights_is_that_of_one_process(runs, tmp_path, parallel):
    fit(config(accumulate=2, average=0.9), tmp_path / "one", quiet=True)
    one, two, later = (state(run)[1] for run in (tmp_path / "one", runs / f"{parallel}-mean",
                                                 runs / f"{parallel}-later"))  # fmt: skip
    assert one.keys() == two.keys() == later.keys()
    assert any(name.endswith("/learning") for name in one)
    for name in one:
        torch.testing.assert_close(two[name], one[name], rtol=1e-4, atol=2e-6)
        assert torch.equal(later[name], two[name])


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_resumed_equals_straight(runs, parallel):
    straight, resumed = state(runs / parallel), state(runs / f"{parallel}-stopped")
    assert straight[0] == resumed[0] == 8
    assert all(torch.equal(straight[1][name], resumed[1][name]) for name in straight[1])


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_a_checkpoint_of_two_goes_on_in_one(runs, tmp_path, parallel, capsys):
    fit(config(), runs / f"{parallel}-half", quiet=True, resume=True)
    assert "2 processes trained it to step 4, now 1" in capsys.readouterr().err
    fit(config(), tmp_path / "one", quiet=True)
    # The one process sees other batches from step 4 on, so only the kind of result is compared.
    step, found = state(runs / f"{parallel}-half")
    assert step == 8
    assert found.keys() == state(tmp_path / "one")[1].keys()


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_both_processes_measure_the_same_split_once(runs, tmp_path, parallel):
    fit(config(accumulate=2), tmp_path / "one", quiet=True)
    one, two = Run(tmp_path / "one").result(), Run(runs / parallel).result()
    assert two["summary"].keys() == one["summary"].keys()
    for name, figure in one["summary"].items():
        assert two["summary"][name]["mean"] == pytest.approx(figure["mean"], abs=1e-5)
    assert len(Run(runs / parallel).metrics()) == len(Run(tmp_path / "one").metrics())


@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_bf16_trains(runs, parallel):
    full, half = state(runs / parallel)[1], state(runs / f"{parallel}-bf16")[1]
    assert all(tensor.dtype == full[name].dtype for name, tensor in half.items())
    assert not torch.equal(full["query.weight"], half["query.weight"])
    torch.testing.assert_close(half["query.weight"], full["query.weight"], rtol=0, atol=0.05)


def test_replicas_do_not_share_out(monkeypatch, tmp_path):
    from recollect.train.mesh import Mesh

    mesh = Mesh("cpu")
    mesh.world = 2
    made = config()
    with pytest.raises(ValueError, match="3 seeds over 2 processes"):
        made.engine.build(made, made.task.build(), [0, 1, 2], mesh)


def test_an_absent_device_is_refused(tmp_path):
    from recollect.train.mesh import Mesh

    if torch.cuda.is_available():
        pytest.skip("the device is there")
    with pytest.raises(ValueError, match="device 'cuda' is not on this machine"):
        Mesh("cuda")
