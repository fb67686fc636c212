"""Memory machines held against their readable cells, and only then timed and weighed."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from recollect.bench.machine_peers import cores
from recollect.bench.machines import MACHINES, CopyLoss, Machine, Size, Step
from recollect.bench.turns import Times, turns
from recollect.cells import Recurrent

VALUES, GRADIENTS = 1e-5, 1e-4  # largest difference, beside the size of what differs


def agreement(machine: Machine, size: Size) -> tuple[float, float]:
    """Return the largest difference of outputs, and of gradients, of kernel and readable cell.

    Both beside the size of what differs; no cell runs more than a few steps of a small batch.
    """
    torch.manual_seed(0)
    size = replace(size, batch=min(size.batch, 3), steps=min(size.steps, 13))
    cell = machine.make(size)
    found: list[tuple[Tensor, ...]] = []
    for fused in (False, None):
        core = Recurrent(cell, fused=fused)
        x, target = machine.data(size)
        gradients = torch.autograd.grad(CopyLoss(core, x, target)(), list(core.parameters()))
        found.append((core(x)[0], *gradients))
    differences = [
        ((one - other).norm() / one.norm().clamp_min(1e-6)).item()
        for one, other in zip(*found, strict=True)
    ]
    return differences[0], max(differences[1:])


def check(machine: Machine, size: Size) -> tuple[float, float]:
    """Return the differences of `agreement`.

    Raises:
        ValueError: they are too large, so that there is nothing to time.
    """
    values, gradients = agreement(machine, size)
    if not (values <= VALUES and gradients <= GRADIENTS):
        raise ValueError(
            f"{size.name}: outputs differ by {values:.2g} and gradients by {gradients:.2g}, so "
            "nothing is timed"
        )
    return values, gradients


def measure(
    machine: Machine,
    size: Size,
    *,
    seconds: float,
    compiled: bool = True,
    leave_out: Sequence[str] = (),
) -> dict[str, Times]:
    """Time a training step of everything there is, and a matrix product, in turns."""
    functions: dict[str, Step] = {
        name: machine.step(core, size)
        for name, core in cores(machine, size, compiled=compiled).items()
        if name not in leave_out
    }
    functions["product"] = product_of(512)
    return turns(functions, seconds=seconds)


def product_of(side: int) -> Step:
    """Return a product of two square matrices."""
    a, b, out = torch.randn(side, side), torch.randn(side, side), torch.empty(side, side)
    return lambda: torch.mm(a, b, out=out)


def limit(machine: Machine, size: Size, product: float, *, side: int = 512) -> float:
    """Return the time that a step's matrix products alone take at the rate of one of `side`.

    Forwards once and backwards twice.
    """
    return 3 * machine.products(size, machine.make(size)) / side**3 * product


def scaling(machine: Machine, size: Size, *, seconds: float) -> float:
    """Return how many times faster the kernel's step is with two threads, by the clock."""
    torch.manual_seed(0)
    before = torch.get_num_threads()

    def on(threads: int) -> Step:
        step = machine.step(Recurrent(machine.make(size)), size)

        def run() -> object:
            torch.set_num_threads(threads)
            return step()

        return run

    try:
        found = turns({"one": on(1), "two": on(2)}, seconds=seconds)
    finally:
        torch.set_num_threads(before)
    return min(found["one"].wall) / min(found["two"].wall)


def added_memory_of(module: str, size: Size, which: str) -> float | None:
    """Return the megabytes that two training steps add to a fresh process, None where unknown.

    A small step comes first: what the libraries take by themselves does not count.
    """
    code = f"""
import torch
from dataclasses import replace
from recollect.bench.machines import Size
from recollect.bench.{module} import step_of
torch.set_num_threads(1)
def resident(what):
    for line in open("/proc/self/status"):
        if line.startswith(what):
            return int(line.split()[1]) / 1024
size = Size(*{tuple(vars(size).values())!r})
step_of(replace(size, batch=1, steps=3, slots=16), {which!r})()
before = resident("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # Linux: the peak starts anew
step = step_of(size, {which!r})
step(), step()
print(resident("VmHWM") - before)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return float(run.stdout.split()[-1]) if run.returncode == 0 else None


def step_of(size: Size, which: str) -> Step:
    """Return a training step of a core of `cores`, for `added_memory_of`."""
    machine = MACHINES[size.name.partition("_")[0]]
    return machine.step(cores(machine, size, compiled=False)[which], size)
