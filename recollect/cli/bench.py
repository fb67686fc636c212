"""`recollect bench [NAME]`: the answers are compared first; only what agrees is timed."""

import json
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from recollect.bench import (
    Report,
    attention_report,
    entity,
    generation_report,
    machine_report,
    memn2n,
    reader,
)
from recollect.bench.machines import MACHINES
from recollect.cli import Parser, UserError, nearest, say
from recollect.results import Record, figure
from recollect.version import __version__

BENCHMARKS = {"entity": entity.run, "memn2n": memn2n.run, "reader": reader.run}
SUITES = {"attention": attention_report, "generate": generation_report}


def main(argv: Sequence[str]) -> None:
    """Run benchmarks and print their tables, or JSON."""
    if argv[:1] == ["memory"]:
        from recollect.bench import memory  # trains: it brings the recipes and the reader of text

        memory.main(argv[1:])
        return
    every = [*BENCHMARKS, *SUITES, *MACHINES]
    parser = Parser(
        "recollect bench",
        description="Time a part beside its reference, after checking that they agree.",
        epilog=f"benchmarks: {', '.join(every)}; and memory, which trains the memory networks and "
        "compares them (recollect bench memory --help)",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="(reader)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure (1.0)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (1)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plot", metavar="FILE.png", help="draw the ratios (needs matplotlib)")
    parser.add_argument(
        "--save", metavar="RECORD", help="write results/RECORD.json; not of the short ones"
    )
    parser.add_argument("--results", metavar="FOLDER", default="results", help="(results)")
    machines = parser.add_argument_group("of the machines, " + ", ".join(MACHINES))
    machines.add_argument(
        "--only", nargs="+", default=[], metavar="SIZE", help="these sizes, and no sweep"
    )
    machines.add_argument("--sweep", action="store_true", help="the sweep, without the sizes")
    machines.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    args = parser.parse(argv)
    names = args.names or ["reader"]
    for name in names:
        if name not in every:
            near = nearest(name, every) or f"; there are: {', '.join(every)}"
            raise UserError(f"there is no benchmark {name!r}{near}")
    if not args.seconds > 0 or args.threads < 1:
        raise UserError("--seconds and --threads must be above zero")
    sizes = [size.name for name in names if name in MACHINES for size in MACHINES[name].sizes]
    for size in args.only:
        if size not in sizes:
            there = nearest(size, sizes) or f"; there are: {', '.join(sizes) or 'none'}"
            raise UserError(f"there is no size {size!r}{there}")
    for name in names:
        mine = [size.name for size in MACHINES[name].sizes] if name in MACHINES else []
        if args.only and mine and not set(mine) & set(args.only):
            raise UserError(f"--only names no size of {name}; there are: {', '.join(mine)}")
    if args.sweep and args.only:
        raise UserError("--only leaves the sweep out and --sweep the sizes: give one of them")
    if args.save and not set(names) <= {*SUITES, *MACHINES}:
        raise UserError(f"--save records {', '.join([*SUITES, *MACHINES])} alone")
    if args.plot and len(names) > 1:
        raise UserError(f"--plot draws one benchmark, and {len(names)} are asked for")
    torch.set_num_threads(args.threads)
    started, found = time.perf_counter(), {}
    for name in names:
        if name in MACHINES:
            report = machine_report.run(
                name, seconds=args.seconds, compiled=not args.no_compile, only=args.only,
                sweep=args.sweep,
            )  # fmt: skip
            found |= _suite(machine_report, report, args.json, args.plot)
        elif name in SUITES:
            suite = SUITES[name]
            found |= _suite(suite, suite.run(seconds=args.seconds), args.json, args.plot)
        else:
            _pair(BENCHMARKS[name](seconds=args.seconds), args.threads, args.json, args.plot)
    if args.save:
        record = Record.of(
            args.save,
            command=shlex.join(["recollect", "bench", *argv]),
            metrics={name: figure([value]) for name, value in found.items()},
            published={},
            seconds=time.perf_counter() - started,
        )
        say(f"written: {record.save(Path(args.results))}")


def _suite(suite: Any, report: Any, as_json: bool, plot: str | None) -> dict[str, float]:
    """Tell a report by its module, and return its figures."""
    told = json.dumps(suite.plain(report), indent=2) if as_json else suite.text(report)
    print(told, flush=True)
    if plot:
        _drawn(lambda path: suite.plot(report, path), plot)
    return suite.figures(report)


def _pair(report: Report, threads: int, as_json: bool, plot: str | None) -> None:
    """Tell a part beside its reference."""
    if as_json:
        print(json.dumps(_record(report, threads), indent=2))
    else:
        _print(report, threads)
    if plot:
        _drawn(lambda path: _plot(report, path), plot)


def _drawn(draw: Callable[[Path], None], plot: str) -> None:
    try:
        draw(Path(plot))
    except ImportError as error:
        raise UserError("--plot needs matplotlib: pip install 'recollect[plot]'") from error
    say(f"drawn: {plot}")


def _record(report: Report, threads: int) -> dict[str, object]:
    rows = [{**asdict(row), "over": row.over, "ratio": row.ratio} for row in report.rows]
    versions = {"recollect": __version__, "torch": torch.__version__}
    return {**asdict(report), "rows": rows, "threads": threads, "versions": versions}


def _print(report: Report, threads: int) -> None:
    width = max(len(row.case) for row in report.rows)
    print(f"{report.ours} beside {report.reference}, {threads} thread(s), µs a call, median")
    print(f"{'':{width}}  {'ours':>9} {'reference':>9} {'over':>7} {'ratio':>6}  differ by")
    for row in report.rows:
        figures = f"{row.ours:9.1f} {row.reference:9.1f} {row.over:7.1f} {row.ratio:6.2f}"
        print(f"{row.case:{width}}  {figures}  {row.difference:.1e}")


def _plot(report: Report, path: Path) -> None:
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(8, 0.4 * len(report.rows) + 1.2), layout="constrained")
    axes = drawn.subplots()
    cases = [row.case for row in report.rows][::-1]
    bars = axes.barh(cases, [row.ratio for row in report.rows][::-1])
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlabel(f"time of {report.ours}, as a multiple of {report.reference}")
    drawn.savefig(path)
