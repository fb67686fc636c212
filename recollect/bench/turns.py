"""Time long calls side by side on a computer that others use too."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

import torch


@dataclass(frozen=True)
class Times:
    """Milliseconds a call, one figure a turn.

    `cpu` is the time this process had a processor: with one thread it does not count the work of
    others, which `wall` does.
    """

    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    threads: int

    @property
    def best(self) -> float:
        """The least disturbed turn: by processor time with one thread, by the clock with more."""
        return min(self.cpu if self.threads == 1 else self.wall)

    @property
    def middle(self) -> float:
        """The median turn."""
        return median(self.cpu if self.threads == 1 else self.wall)


def turns(
    functions: Mapping[str, Callable[[], object]], *, seconds: float, least: int = 3
) -> dict[str, Times]:
    """Call the functions in turns, the order turning over, at least `least` times each.

    Each has a first call that is not timed. Short calls are repeated within a turn until they last
    10 ms. It ends once `seconds` for each function have gone by.

    >>> found = turns({"a": lambda: sum(range(999)), "b": lambda: None}, seconds=0.01)
    >>> found["a"].best > found["b"].best, len(found["b"].wall) >= 3
    (True, True)
    """
    repeats = {}
    for name, function in functions.items():
        function()
        start = time.process_time()
        function()
        repeats[name] = max(1, int(0.01 / max(time.process_time() - start, 1e-7)))
    wall: dict[str, list[float]] = {name: [] for name in functions}
    cpu: dict[str, list[float]] = {name: [] for name in functions}
    order, end, done = list(functions), time.perf_counter() + seconds * len(functions), 0
    while done < least or time.perf_counter() < end:
        for name in order:
            function, count = functions[name], repeats[name]
            start, begun = time.perf_counter(), time.process_time()
            for _ in range(count):
                function()
            cpu[name].append((time.process_time() - begun) / count * 1e3)
            wall[name].append((time.perf_counter() - start) / count * 1e3)
        order.reverse()
        done += 1
    threads = torch.get_num_threads()
    return {name: Times(tuple(wall[name]), tuple(cpu[name]), threads) for name in functions}
