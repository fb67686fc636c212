"""What `recollect bench ntm`, `dnc` and `sam` find, told, drawn and recorded."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from recollect.bench.machine_timing import added_memory_of, check, limit, measure, scaling
from recollect.bench.machines import MACHINES, Machine, Size
from recollect.bench.sparse import LAW, measure_sparse

NAMES = {
    "kernel": "our kernel",
    "eager": "our readable cell",
    "compiled": "that, compiled",
    "lstm": "nn.LSTM",
    "peer": "PyPI's dnc",
    "full": "our kernel, every slot in use",
    "dense": "the NTM's kernel",
}


@dataclass(frozen=True)
class Line:
    """One size: milliseconds a training step by name, the best turn and the median.

    `limit` is what its matrix products take alone, `memory` megabytes at most, `differ` how far the
    kernel's outputs and gradients are from the readable cell's, `scaling` how many times faster two
    threads are by the clock. `law` names what was not measured but continued from smaller sizes.
    """

    size: Size
    best: dict[str, float]
    median: dict[str, float]
    turns: int
    limit: float
    memory: dict[str, float]
    differ: tuple[float, float]
    scaling: float | None = None
    law: tuple[str, ...] = ()


@dataclass(frozen=True)
class MachineReport:
    """What was found: a line a size, and the sweep as `(what changed, its value, best by name)`."""

    name: str
    threads: int
    rate: float
    """GFLOP/s of a product of two matrices of 512 x 512, the best in the run."""
    lines: tuple[Line, ...]
    sweep: tuple[tuple[str, int, dict[str, float]], ...]


def run(
    name: str,
    *,
    seconds: float = 1.0,
    compiled: bool = True,
    only: Sequence[str] = (),
    sweep: bool = False,
) -> MachineReport:
    """Check and time a machine's sizes and its sweep; `only` some sizes, or the `sweep` alone.

    Raises:
        ValueError: the kernel and the readable cell disagree; nothing is timed then.
    """
    machine, products = MACHINES[name], []
    lines = []
    for size in () if sweep else machine.sizes:
        if not only or size.name in only:
            differ = check(machine, replace(size, slots=min(size.slots, 4096)))
            if name == "sam":
                line, product = _sparse_line(machine, size, seconds, differ, lines)
            else:
                line, product = _line(machine, size, seconds, compiled, differ)
            lines.append(line)
            products.append(product)
    swept = []
    if sweep:
        check(machine, replace(machine.base, slots=min(machine.base.slots, 4096)))
    for what, values in machine.sweep.items() if not only else ():
        for value in values:
            size = replace(machine.base, **{what: value})
            less = ("eager",) if name == "sam" else ()
            times = measure(machine, size, seconds=seconds / 4, compiled=False, leave_out=less)
            products.append(times.pop("product").best)
            swept.append((what, value, {who: found.best for who, found in times.items()}))
    rate = 2 * 512**3 / min(products) / 1e6
    return MachineReport(name, torch.get_num_threads(), rate, tuple(lines), tuple(swept))


def _line(
    machine: Machine, size: Size, seconds: float, compiled: bool, differ: tuple[float, float]
) -> tuple[Line, float]:
    times = measure(machine, size, seconds=seconds, compiled=compiled)
    product = times.pop("product").best
    memory = {
        who: found
        for who in times
        if who != "compiled" and (found := added_memory_of("machine_timing", size, who)) is not None
    }
    return Line(
        size,
        {who: found.best for who, found in times.items()},
        {who: found.middle for who, found in times.items()},
        len(times["kernel"].wall),
        limit(machine, size, product),
        memory,
        differ,
        _two_threads(machine, size, seconds),
    ), product


def _two_threads(machine: Machine, size: Size, seconds: float) -> float | None:
    # A thread owns a slice of the batch: one sample keeps one thread busy.
    if size.batch == 1 or torch.get_num_threads() > 1:
        return None
    return scaling(machine, size, seconds=seconds)


def _sparse_line(
    machine: Machine, size: Size, seconds: float, differ: tuple[float, float], before: list[Line]
) -> tuple[Line, float]:
    times, memory = measure_sparse(size, seconds=seconds)
    product = times.pop("product").best
    best = {who: found.best for who, found in times.items()}
    median = {who: found.middle for who, found in times.items()}
    law = ()
    if "dense" not in best and before:
        # A dense memory's step looks at every slot: twice the slots, twice the time and memory.
        law, last = ("dense",), before[-1]
        grown = size.slots / last.size.slots
        best["dense"], median["dense"] = last.best["dense"] * grown, last.median["dense"] * grown
        if "dense" in last.memory:
            memory["dense"] = last.memory["dense"] * grown
    found = limit(machine, size, product)
    turns = len(times["kernel"].wall)
    return Line(size, best, median, turns, found, memory, differ, law=law), product


def text(report: MachineReport) -> str:
    """Return the report as tables."""
    clock = "processor time" if report.threads == 1 else "time by the clock"
    threads = f"{report.threads} thread{'s' * (report.threads > 1)}"
    out = [
        f"{report.name}: ms a training step, {clock}, {threads}: the best turn (the median)",
        f"matrix products of 512 x 512 run at {report.rate:.0f} GFLOP/s; a step's limit is its "
        "products at the rate found beside it",
    ]
    for line in report.lines:
        ours = line.best["kernel"]
        told = (
            f"outputs and gradients differ by {line.differ[0]:.0e} and {line.differ[1]:.0e}; "
            f"{line.turns} turns"
        )
        out += ["", f"{line.size.name}   {told}"]
        for who, best in line.best.items():
            note = "  by the growth law" if who in line.law else ""
            room = f"{line.memory[who]:8.0f} MB" if who in line.memory else f"{'–':>8}   "
            ratio = f"{best / ours:7.1f} x" if who != "kernel" else f"{'':9}"
            out.append(
                f"  {NAMES[who]:32} {best:9.2f} ({line.median[who]:9.2f}) {ratio} {room}{note}"
            )
        out.append(f"  {'its matrix products alone':32} {line.limit:9.2f} {'':11} "
                   f"{line.limit / ours:7.0%} of our kernel")  # fmt: skip
        if line.scaling is not None:
            out.append(f"  two threads, by the clock: {line.scaling:.2f} times as fast as one")
    for what in dict.fromkeys(what for what, *_ in report.sweep):
        out += ["", f"by {what}, ms"]
        rows = [(value, best) for each, value, best in report.sweep if each == what]
        names = list(rows[0][1])
        out.append(f"  {what:>8}" + "".join(f"{name:>10}" for name in names))
        for value, best in rows:
            out.append(f"  {value:>8}" + "".join(f"{best[name]:10.2f}" for name in names))
    return "\n".join(out)


def figures(report: MachineReport) -> dict[str, float]:
    """Return the figures of a record, by name."""
    found = {f"{report.name}_gflops": report.rate}
    for line in report.lines:
        name, ours = line.size.name, line.best["kernel"]
        for who, best in line.best.items():
            about = f"{who}_by_law" if who in line.law else who
            found[f"{name}_ms_{about}"] = best
            if who != "kernel":
                found[f"{name}_times_{about}"] = best / ours
        if report.name != "sam":
            found[f"{name}_ms_limit"] = line.limit
            found[f"{name}_over_limit"] = ours / line.limit
        for who, room in line.memory.items():
            found[f"{name}_mb_{who}{'_by_law' if who in line.law else ''}"] = room
        if line.scaling is not None:
            found[f"{name}_two_threads"] = line.scaling
    for what, value, best in report.sweep:
        for who in sorted(best.keys() & {"kernel", "eager", "lstm"}):
            found[f"{report.name}_{what}_{value}_ms_{who}"] = best[who]
    return {name: value for name, value in found.items() if math.isfinite(value)}


def plain(report: MachineReport) -> dict[str, object]:
    """Return the report as what JSON can hold."""
    return asdict(report)


def plot(report: MachineReport, path: Path) -> None:
    """Draw cost against size, a panel for what is changed.

    Raises:
        ImportError: matplotlib is missing.
    """
    from matplotlib.figure import Figure

    panels: dict[str, list[tuple[int, dict[str, float]]]] = {}
    if report.name == "sam":
        panels["slots"] = [(line.size.slots, line.best) for line in report.lines]
    for what, value, best in report.sweep:
        panels.setdefault(what, []).append((value, best))
    if not panels:
        panels["slots"] = [(line.size.slots, line.best) for line in report.lines]
    drawn = Figure(figsize=(4.4 * len(panels), 4.2), layout="constrained")
    all_axes = drawn.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    law = {(line.size.slots, who) for line in report.lines for who in line.law}
    for axes, (what, rows) in zip(all_axes, panels.items(), strict=True):
        for number, who in enumerate(NAMES):
            points = [(value, best[who]) for value, best in rows if who in best]
            if not points:
                continue
            colour = f"C{number}"
            axes.plot(*zip(*points, strict=True), color=colour, label=NAMES[who], marker="o")
            if what == "slots" and (guess := [p for p in points if (p[0], who) in law]):
                axes.plot(
                    *zip(*guess, strict=True), color=colour, marker="o", linestyle="",
                    markerfacecolor="white", label=f"{NAMES[who]}, {LAW}",
                )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel=what)
        ticks = [value for value, _ in rows]
        axes.set_xticks(ticks, [f"{value:,}" for value in ticks])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    all_axes[0].set_ylabel("ms a training step")
    legend = {
        label: handle
        for axes in all_axes
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    drawn.legend(legend.values(), legend.keys(), loc="outside upper center", ncols=3, frameon=False)
    drawn.savefig(path, dpi=150)
