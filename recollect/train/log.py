"""What a run says while it trains: metrics.jsonl, a progress line, TensorBoard if asked."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from recollect.train.checkpoint import CheckpointError, write_file
from recollect.train.runs import read_metrics


class Watcher(Protocol):
    """Something that is told how a run goes."""

    def begin(self, step: int, steps: int) -> None:
        """Training starts, or goes on, at a step."""
        ...

    def figures(self, step: int, seeds: Sequence[int], rows: Sequence[Mapping[str, float]]) -> None:
        """Figures were measured, one row a seed."""
        ...

    def end(self) -> None:
        """Training is over, whatever the reason."""
        ...


class Metrics:
    """metrics.jsonl: one line a step and seed, flushed as it is written."""

    def __init__(self, file: Path) -> None:
        """Write to a file that `begin` opens."""
        self.file = file

    def begin(self, step: int, steps: int) -> None:
        """Forget lines after the step that training goes on from, and a torn last line."""
        kept = [line for line in read_metrics(self.file) if line["step"] <= step]
        write_file(self.file, "".join(json.dumps(line) + "\n" for line in kept).encode())

    def figures(self, step: int, seeds: Sequence[int], rows: Sequence[Mapping[str, float]]) -> None:
        """Append a line a seed; a figure that is not finite becomes null."""
        text = ""
        for seed, row in zip(seeds, rows, strict=True):
            told = {k: v if math.isfinite(v) else None for k, v in row.items()}
            text += json.dumps({"step": step, "seed": seed} | told) + "\n"
        try:
            with self.file.open("a", encoding="utf-8") as out:
                out.write(text)
        except OSError as error:
            raise CheckpointError(
                f"{self.file} could not be written: {(error.strerror or '').lower()}; "
                "make room and go on with --resume"
            ) from error

    def end(self) -> None:
        """Nothing is open."""


class Progress:
    """A line with the step, the loss, the speed and the time left; plain lines without a terminal.

    With many seeds the mean is shown.
    """

    def __init__(self, title: str) -> None:
        """Show under a title."""
        self.title = title
        self._bar: Any = None
        self._task: Any = None
        self._steps = 0

    def begin(self, step: int, steps: int) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        self._steps = steps
        console = Console(stderr=True)
        if not console.is_terminal:
            if step:
                print(f"{self.title}: going on from step {step}", file=sys.stderr, flush=True)
            return
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=console,
        )
        self._task = self._bar.add_task(self.title, total=steps, completed=step, said="")
        self._bar.start()

    def figures(self, step: int, seeds: Sequence[int], rows: Sequence[Mapping[str, float]]) -> None:
        """Move the bar; print a line where the valid split was measured."""
        mean = {k: math.fsum(r[k] for r in rows) / len(rows) for k in rows[0]}
        told = "  ".join(
            f"{name} {value:.4g}" for name, value in mean.items() if name not in ("seconds", "lr")
        )
        if self._bar is not None:
            loss = mean.get("train/loss")
            self._bar.update(
                self._task,
                completed=step,
                **({"said": f"loss {loss:.4g}"} if loss is not None else {}),
            )
        if any(name.startswith("valid/") for name in mean):
            line = f"step {step}/{self._steps}  {told}"
            if self._bar is not None:
                self._bar.console.print(line, highlight=False)
            else:
                print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class TensorBoard:
    """Event files under `RUN/tensorboard`, a sub-run a seed.

    Raises:
        ValueError: tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        """Write under a folder."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ValueError(
                "--tensorboard needs the tensorboard package: pip install recollect[track]"
            ) from error
        self.folder, self._make = folder, SummaryWriter
        self._writers: dict[int, Any] = {}

    def begin(self, step: int, steps: int) -> None:
        """Nothing to do: event files are only added to."""

    def figures(self, step: int, seeds: Sequence[int], rows: Sequence[Mapping[str, float]]) -> None:
        """Add the figures of every seed."""
        for seed, row in zip(seeds, rows, strict=True):
            if seed not in self._writers:
                self._writers[seed] = self._make(str(self.folder / f"seed-{seed}"))
            for name, value in row.items():
                self._writers[seed].add_scalar(name, value, step)

    def end(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()


class Watching:
    """Several watchers as one, ended in every case.

    >>> with Watching([]) as watch:
    ...     watch.begin(0, 10)
    """

    def __init__(self, watchers: Sequence[Watcher]) -> None:
        """Tell all of these."""
        self.watchers = list(watchers)

    def __enter__(self) -> Watching:
        """Start watching."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every watcher."""
        for watcher in self.watchers:
            watcher.end()

    def begin(self, step: int, steps: int) -> None:
        """Tell all where training starts."""
        for watcher in self.watchers:
            watcher.begin(step, steps)

    def figures(self, step: int, seeds: Sequence[int], rows: Sequence[Mapping[str, float]]) -> None:
        """Tell all what was measured."""
        for watcher in self.watchers:
            watcher.figures(step, seeds, rows)
