"""The machines' benchmark times only what agrees, and its limit is counted right."""

import dataclasses
import json
from types import SimpleNamespace

import pytest

from recollect.bench import machine_report, machine_timing, machines
from recollect.bench import sparse as sparse_bench
from recollect.bench.machine_peers import cores
from recollect.bench.machines import DNC, NTM, SAM, Size
from recollect.bench.turns import Times, turns
from recollect.cli.__main__ import main

TINY = Size("ntm_b1", 2, 7, 9, 8, 12, 10, 6)


@pytest.fixture
def tiny(monkeypatch):
    """The NTM's benchmark at one small size, with a sweep of two."""
    small = dataclasses.replace(NTM, sizes=(TINY,), base=TINY, sweep={"slots": (8, 16)})
    monkeypatch.setitem(machines.MACHINES, "ntm", small)
    return small


@pytest.mark.parametrize("machine", [NTM, DNC, SAM], ids=lambda machine: machine.name)
def test_the_sizes_agree(machine):
    small = dataclasses.replace(machine.sizes[0], slots=24, steps=9, hidden=16)
    values, gradients = machine_timing.agreement(machine, small)
    assert values <= machine_timing.VALUES and gradients <= machine_timing.GRADIENTS


def test_what_disagrees_is_not_timed(monkeypatch, capsys):
    forward = SAM.make(TINY).forward.__func__

    def wrong(self, x, state):
        y, after = forward(self, x, state)
        return 1.01 * y, after

    monkeypatch.setattr("recollect.cells.SparseAccessCell.forward", wrong)
    assert main(["bench", "sam", "--only", "sam_1024", "--seconds", "0.01"]) == 2
    out, err = capsys.readouterr()
    assert "nothing is timed" in err and not out


def test_the_products_are_those_that_run():
    """Against what torch counts in the readable cell, within its outer products."""
    from torch.utils.flop_counter import FlopCounterMode

    for machine, size in ((NTM, TINY), (DNC, dataclasses.replace(TINY, inputs=8, reads=3))):
        core = cores(machine, size, compiled=False)["eager"].requires_grad_(False)
        x, _ = machine.data(size)
        with FlopCounterMode(display=False) as counted:
            core(x)
        ours = 2 * machine.products(size, core.cell)
        assert counted.get_total_flops() == pytest.approx(ours, rel=0.1)


def test_turns_are_fair(monkeypatch):
    order, now = [], [0.0]

    def call(name):
        order.append(name)
        now[0] += 0.02 if name == "a" else 0.04

    clock = SimpleNamespace(perf_counter=lambda: now[0], process_time=lambda: now[0])
    monkeypatch.setattr("recollect.bench.turns.time", clock)
    found = turns({name: lambda name=name: call(name) for name in "ab"}, seconds=0.1)
    assert "".join(order) == "aabb" + "abba" * 2  # warmed up, then the order turns over
    assert found["a"].wall == pytest.approx([20] * 4) and found["b"].cpu == pytest.approx([40] * 4)
    several = Times((3.0, 1.0, 2.0), (0.5, 0.4, 0.6), threads=2)
    assert several.best == 1.0 and dataclasses.replace(several, threads=1).best == 0.4


def test_it_is_told_drawn_and_recorded(tiny, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(machine_report, "added_memory_of", lambda *_: 3.0)
    plot = tmp_path / "cost.png"
    words = ["bench", "ntm", "--seconds", "0.01", "--no-compile", "--plot", str(plot)]
    words += ["--save", "machines", "--results", str(tmp_path)]
    assert main(words) == 0
    out, _ = capsys.readouterr()
    assert "our readable cell" in out and "3 MB" in out and "by slots" in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    record = json.loads((tmp_path / "machines.json").read_text())["metrics"]
    assert record["ntm_b1_times_eager"]["mean"] == pytest.approx(
        record["ntm_b1_ms_eager"]["mean"] / record["ntm_b1_ms_kernel"]["mean"]
    )
    assert record["ntm_b1_over_limit"]["mean"] > 1


def test_a_dense_memory_is_continued_by_its_law_and_says_so(monkeypatch):
    def measured(size, *, seconds):
        times = {"kernel": Times((1.0,), (1.0,), 1), "product": Times((1.0,), (1.0,), 1)}
        if size.slots <= 4096:
            times["dense"] = Times((8.0,), (8.0,), 1)
        return times, {"kernel": 2.0, **({"dense": 10.0} if size.slots <= 4096 else {})}

    monkeypatch.setattr(machine_report, "measure_sparse", measured)
    monkeypatch.setattr(machine_report, "check", lambda *_: (0.0, 0.0))
    report = machine_report.run("sam", only=[size.name for size in SAM.sizes])
    last = report.lines[-1]
    assert last.law == ("dense",) and report.lines[1].law == ()
    assert last.best["dense"] == pytest.approx(8.0 * 256)
    assert last.memory["dense"] == pytest.approx(10.0 * 256)
    assert "by the growth law" in machine_report.text(report)
    assert "sam_1048576_ms_dense_by_law" in machine_report.figures(report)


def test_sparse_access_is_the_same_at_any_number_of_slots():
    size = dataclasses.replace(SAM.sizes[0], steps=7, slots=3000)
    found = sparse_bench.contenders(size)
    assert set(found) == {"kernel", "full", "dense"}
    y, state = found["full"]()(SAM.data(size)[0])
    assert y.shape == (1, 7, 8) and int(state.extent) == 3000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ntn"], "did you mean ntm"),
        (["ntm", "--only", "ntm_b23"], "did you mean ntm_b32"),
        (["ntm", "sam", "--only", "ntm_b1"], "no size of sam"),
        (["reader", "--save", "x"], "--save records attention"),
        (["ntm", "dnc", "--plot", "x.png"], "--plot draws one benchmark"),
        (["ntm", "--sweep", "--only", "ntm_b1"], "give one of them"),
    ],
)
def test_mistakes_are_answered(words, said, capsys):
    assert main(["bench", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_sweep_alone(tiny, tmp_path, capsys, monkeypatch):
    words = ["bench", "ntm", "--sweep", "--seconds", "0.01", "--save", "s"]
    assert main([*words, "--results", str(tmp_path)]) == 0
    assert "by slots" in capsys.readouterr().out
    record = json.loads((tmp_path / "s.json").read_text())["metrics"]
    assert record["ntm_slots_16_ms_kernel"]["mean"] > 0 and "ntm_b1_ms_kernel" not in record
