"""`recollect bench [NAME]`: the answers are compared first; only what agrees is timed."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from recollect.bench import Report, memn2n, reader
from recollect.cli import Parser, UserError, nearest, say
from recollect.version import __version__

BENCHMARKS = {"memn2n": memn2n.run, "reader": reader.run}


def main(argv: Sequence[str]) -> None:
    """Run one benchmark and print its table, or JSON."""
    parser = Parser(
        "recollect bench",
        description="Time a part beside its reference, after checking that they agree.",
        epilog="benchmarks: " + ", ".join(BENCHMARKS),
    )
    parser.add_argument("name", nargs="?", default="reader", metavar="NAME", help="(reader)")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure (1.0)")
    parser.add_argument("--threads", type=int, default=1, help="of torch (1)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plot", metavar="FILE.png", help="draw the ratios (needs matplotlib)")
    args = parser.parse(argv)
    if args.name not in BENCHMARKS:
        near = nearest(args.name, BENCHMARKS) or f"; there are: {', '.join(BENCHMARKS)}"
        raise UserError(f"there is no benchmark {args.name!r}{near}")
    if not args.seconds > 0 or args.threads < 1:
        raise UserError("--seconds and --threads must be above zero")
    torch.set_num_threads(args.threads)
    report = BENCHMARKS[args.name](seconds=args.seconds)
    if args.json:
        print(json.dumps(_record(report, args.threads), indent=2))
    else:
        _print(report, args.threads)
    if args.plot:
        _plot(report, Path(args.plot))
        say(f"drawn: {args.plot}")


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
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError("--plot needs matplotlib: pip install 'recollect[plot]'") from error
    figure = Figure(figsize=(8, 0.4 * len(report.rows) + 1.2), layout="constrained")
    axes = figure.subplots()
    cases = [row.case for row in report.rows][::-1]
    bars = axes.barh(cases, [row.ratio for row in report.rows][::-1])
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlabel(f"time of {report.ours}, as a multiple of {report.reference}")
    figure.savefig(path)
