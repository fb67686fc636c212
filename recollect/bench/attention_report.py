"""What `recollect bench attention` finds, told, drawn and recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from recollect.bench.attention import (
    BARE,
    BATCHES,
    MAPPED,
    MULTIHEAD,
    SLOTS,
    STEPS,
    WIDTH,
    Contender,
    Data,
    check,
    contenders,
    pairs,
)
from recollect.bench.attention_decoders import Speaker, speakers
from recollect.bench.attention_peers import check_peers, peer_contenders
from recollect.bench.turns import turns

FUSED = (("Reader", BARE), ("MultiHead", MAPPED))


@dataclass(frozen=True)
class Line:
    """Milliseconds of something at a batch size: a training step, and a decoding step."""

    batch: int
    name: str
    train: float
    decode: float


@dataclass(frozen=True)
class AttentionReport:
    """What was found: a line a batch and contender, and how far apart what is the same was."""

    name: str
    threads: int
    lines: tuple[Line, ...]
    differ: dict[str, float]

    def at(self, batch: int, name: str) -> Line:
        """Return a line."""
        return next(line for line in self.lines if (line.batch, line.name) == (batch, name))


def run(*, seconds: float = 1.0) -> AttentionReport:
    """Check what computes the same, then time everything at every batch size, in turns.

    A decoding step has a quarter of the time of a training step.

    Raises:
        ValueError: two that should agree do not; nothing is timed then.
    """
    found, peers = contenders(), peer_contenders()
    differ = check(pairs(found), Data.of(3)) | check_peers(peers, Data.of(3))
    others = {name: theirs for name, (theirs, _) in peers.items()}
    everything: dict[str, Contender | Speaker] = {**found, **speakers(), **others}
    lines = []
    for batch in BATCHES:
        data = Data.of(batch)
        train: dict[str, Callable[[], object]] = {
            name: lambda one=one, data=data: one.learn(data) for name, one in everything.items()
        }
        decode = {name: one.decode(data) for name, one in everything.items()}
        steps = turns(decode, seconds=seconds / 4)
        wholes = turns(train, seconds=seconds)
        lines += [Line(batch, name, wholes[name].best, steps[name].best) for name in everything]
    return AttentionReport("attention", torch.get_num_threads(), tuple(lines), differ)


def text(report: AttentionReport) -> str:
    """Return the report as tables."""
    clock = "processor time" if report.threads == 1 else "time by the clock"
    apart = max(report.differ.values())
    out = [
        f"attention: ms, {clock}, {report.threads} thread{'s' * (report.threads > 1)}, the best "
        f"turn; {STEPS} queries over {SLOTS} slots of width {WIDTH}",
        f"{len(report.differ)} pairs that compute the same differ by {apart:.0e} at most",
    ]
    for batch in dict.fromkeys(line.batch for line in report.lines):
        base = report.at(batch, MULTIHEAD)
        out += ["", f"batch {batch:<25}  training step       decoding step"]
        for line in (line for line in report.lines if line.batch == batch):
            out.append(
                f"  {line.name:30} {line.train:9.2f} {line.train / base.train:6.2f} x "
                f"{line.decode:9.3f} {line.decode / base.decode:6.2f} x"
            )
        for ours, theirs in FUSED:
            train, decode = _ratios(report, batch, ours, theirs)
            out.append(
                f"  {ours} is {train:.2f} times {theirs} in training, {decode:.2f} in decoding"
            )
    return "\n".join([*out, "", f"x: as a multiple of {MULTIHEAD}, which maps its source anew"])


def _ratios(report: AttentionReport, batch: int, ours: str, theirs: str) -> tuple[float, float]:
    one, other = report.at(batch, ours), report.at(batch, theirs)
    return one.train / other.train, one.decode / other.decode


def figures(report: AttentionReport) -> dict[str, float]:
    """Return the figures of a record, by name."""
    found = {}
    for line in report.lines:
        name = line.name.replace(",", "").replace(" ", "_")
        found[f"b{line.batch}_train_ms_{name}"] = line.train
        found[f"b{line.batch}_decode_ms_{name}"] = line.decode
    for batch in dict.fromkeys(line.batch for line in report.lines):
        for ours, theirs in FUSED:
            train, decode = _ratios(report, batch, ours, theirs)
            found[f"b{batch}_train_times_SDPA_{ours}"] = train
            found[f"b{batch}_decode_times_SDPA_{ours}"] = decode
    return found


def plain(report: AttentionReport) -> dict[str, object]:
    """Return the report as what JSON can hold."""
    return asdict(report)


def plot(report: AttentionReport, path: Path) -> None:
    """Draw everything as a multiple of `nn.MultiheadAttention`, a panel a batch size.

    Raises:
        ImportError: matplotlib is missing.
    """
    from matplotlib.figure import Figure

    batches = list(dict.fromkeys(line.batch for line in report.lines))
    names = list(dict.fromkeys(line.name for line in report.lines))[::-1]
    drawn = Figure(figsize=(3.6 * len(batches) + 1.6, 0.27 * len(names) + 1.3))
    drawn.set_layout_engine("constrained")
    all_axes = drawn.subplots(1, len(batches), sharey=True, squeeze=False)[0]
    for axes, batch in zip(all_axes, batches, strict=True):
        base = report.at(batch, MULTIHEAD)
        lines = [report.at(batch, name) for name in names]
        train = [line.train / base.train for line in lines]
        axes.scatter(train, names, label="training step", zorder=3)
        decode = [line.decode / base.decode for line in lines]
        axes.scatter(decode, names, label="decoding step", marker="D", s=22, zorder=3)
        axes.axvline(1, color="black", linewidth=1)
        axes.set(xscale="log", xlabel=f"times {MULTIHEAD}", title=f"batch {batch}")
        axes.grid(alpha=0.3)
    handles, labels = all_axes[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    drawn.savefig(path, dpi=150)
