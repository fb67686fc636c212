"""Time functions side by side on a computer that is never quite quiet."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Row:
    """One case: microseconds a call of ours and of the reference, median over rounds.

    `spread` is the distance of the quartiles of our rounds, in microseconds; `difference` is the
    largest difference of the answers, over values and gradients, that was found before timing.
    """

    case: str
    ours: float
    reference: float
    spread: float
    difference: float

    @property
    def over(self) -> float:
        """Microseconds a call beyond the reference."""
        return self.ours - self.reference

    @property
    def ratio(self) -> float:
        """Ours as a multiple of the reference."""
        return self.ours / self.reference


@dataclass(frozen=True)
class Report:
    """What a benchmark found: its rows, and what was compared."""

    name: str
    ours: str
    reference: str
    rows: tuple[Row, ...]


def interleaved(
    functions: Mapping[str, Callable[[], object]], *, seconds: float = 1.0, rounds: int = 41
) -> dict[str, list[float]]:
    """Return the microseconds a call of each function, a figure a round.

    The functions take turns within a round and the order turns over from round to round, so that a
    noisy neighbour or a warm cache meets all alike. A round repeats each call until it lasts long
    enough for the clock; `seconds` is the whole time for each function.

    >>> found = interleaved({"a": lambda: sum(range(9)), "b": lambda: None}, seconds=0.01, rounds=3)
    >>> [len(found["a"]), len(found["b"]), found["a"][0] > 0]
    [3, 3, True]
    """
    share = seconds / rounds
    repeats = {name: _repeats(function, share) for name, function in functions.items()}
    found: dict[str, list[float]] = {name: [] for name in functions}
    order = list(functions)
    for _ in range(rounds):
        for name in order:
            function, count = functions[name], repeats[name]
            start = time.perf_counter()
            for _ in range(count):
                function()
            found[name].append((time.perf_counter() - start) / count * 1e6)
        order.reverse()
    return found


def row(case: str, times: Mapping[str, list[float]], difference: float) -> Row:
    """Summarize the rounds of `ours` and `reference`."""
    low, _, high = quantiles(times["ours"], n=4)
    return Row(case, median(times["ours"]), median(times["reference"]), high - low, difference)


def timed(
    case: str,
    built: tuple[Callable[[], object], Callable[[], object], float],
    *,
    tolerance: float,
    seconds: float,
) -> Row:
    """Time ours and the reference of a case, built with the difference of their gradients.

    Raises:
        ValueError: they differ by more than `tolerance`; nothing is timed then.
    """
    ours, reference, difference = built
    if not difference <= tolerance:
        raise ValueError(f"{case}: the gradients differ by {difference:.2g}, so nothing is timed")
    times = interleaved({"ours": ours, "reference": reference}, seconds=seconds)
    return row(case, times, difference)


def _repeats(function: Callable[[], object], share: float) -> int:
    for _ in range(3):
        function()
    start = time.perf_counter()
    function()
    return max(1, int(share / max(time.perf_counter() - start, 1e-7)))
