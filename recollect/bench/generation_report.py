"""What `recollect bench generate` finds, told, drawn and recorded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from recollect.bench.generation import Saying, Training, check_say, say_of, train_of
from recollect.bench.turns import Times, turns

SAYINGS = (
    Saying("greedy, batch 1", 1, 1),
    Saying("greedy, batch 32", 32, 1),
    Saying("5 beams, batch 1", 1, 5),
    Saying("5 beams, batch 16", 16, 5),
)
TRAININGS = (Training("training, batch 32", 32),)
PEERS = {"peer": "Hugging Face generate", "nn.Transformer": "nn.Transformer"}


@dataclass(frozen=True)
class Line:
    """Tokens a second: of ours, of theirs, None where it is not installed, and who that is."""

    case: str
    ours: float
    theirs: float | None
    whose: str

    @property
    def ratio(self) -> float | None:
        """Ours as a multiple of theirs: above 1 is faster."""
        return None if self.theirs is None else self.ours / self.theirs


@dataclass(frozen=True)
class GenerationReport:
    """What was found, a line a case."""

    name: str
    threads: int
    lines: tuple[Line, ...]


def run(*, seconds: float = 1.0) -> GenerationReport:
    """Check that the same tokens are said, then time saying and training.

    Raises:
        ValueError: other tokens are said; nothing is timed then.
    """
    lines = []
    for case in SAYINGS:
        found = say_of(case)
        check_say(found, case)
        times = turns(found, seconds=seconds)
        lines.append(_line(case.name, case.batch * case.tokens, times, "peer"))
    for case in TRAININGS:
        step, tokens = train_of(case)
        lines.append(_line(case.name, tokens, turns(step, seconds=seconds), "nn.Transformer"))
    return GenerationReport("generate", torch.get_num_threads(), tuple(lines))


def _line(case: str, tokens: int, times: dict[str, Times], whose: str) -> Line:
    rates = {who: tokens / found.best * 1e3 for who, found in times.items()}
    return Line(case, rates["ours"], rates.get(whose), PEERS[whose])


def text(report: GenerationReport) -> str:
    """Return the report as a table."""
    clock = "processor time" if report.threads == 1 else "time by the clock"
    out = [
        f"tokens a second, {clock}, {report.threads} thread{'s' * (report.threads > 1)}, the best "
        "turn; the same tokens are said from the same weights",
        f"  {'':22} {'ours':>9} {'theirs':>9}",
    ]
    for line in report.lines:
        theirs = "–" if line.theirs is None else f"{line.theirs:.0f}"
        times = "" if line.ratio is None else f"{line.ratio:6.2f} x {line.whose}"
        out.append(f"  {line.case:22} {line.ours:9.0f} {theirs:>9} {times}")
    return "\n".join(out)


def figures(report: GenerationReport) -> dict[str, float]:
    """Return the figures of a record, by name."""
    found = {}
    for line in report.lines:
        name = line.case.replace(",", "").replace(" ", "_")
        found[f"{name}_tokens_a_second"] = line.ours
        if line.theirs is not None and line.ratio is not None:
            found[f"{name}_theirs"], found[f"{name}_times"] = line.theirs, line.ratio
    return found


def plain(report: GenerationReport) -> dict[str, object]:
    """Return the report as what JSON can hold."""
    return asdict(report)


def plot(report: GenerationReport, path: Path) -> None:
    """Draw the ratios.

    Raises:
        ImportError: matplotlib is missing.
    """
    from matplotlib.figure import Figure

    lines = [line for line in report.lines if line.ratio is not None][::-1]
    drawn = Figure(figsize=(7.5, 0.42 * len(lines) + 1.5), layout="constrained")
    axes = drawn.subplots()
    places = range(len(lines))
    colours = {who: f"C{number}" for number, who in enumerate(PEERS.values())}
    bars = axes.barh(
        places, [line.ratio or 0 for line in lines], color=[colours[line.whose] for line in lines]
    )
    axes.bar_label(bars, fmt="%.2f", padding=3)
    axes.set_yticks(places, [line.case for line in lines])
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlabel("our tokens a second, as a multiple of theirs")
    axes.margins(x=0.12)
    keys = [axes.barh(0, 0, color=colour, label=f"over {who}") for who, colour in colours.items()]
    drawn.legend(handles=keys, loc="outside upper center", ncols=2, frameon=False)
    drawn.savefig(path, dpi=150)
