"""Training steps of memory machines: the kernels beside the readable cells, and beside others.

A step is: gradients to zero, forward, loss, backward, clip, optimizer. Before anything is timed the
kernel's outputs and gradients are held against the readable cell's.

Shape letters: ``B`` batch, ``T`` steps, ``N`` slots, ``M`` width, ``R``, ``W`` heads, ``H`` hidden.
"""

import copy
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.bench.turns import Times, turns
from recollect.cells import (
    Cell,
    ConstantMemory,
    DNCCell,
    NTMCell,
    Recurrent,
    SparseAccessCell,
    lstm,
)

VALUES, GRADIENTS = 1e-5, 1e-4  # largest difference, beside the size of what differs

Step = Callable[[], object]


@dataclass(frozen=True)
class Size:
    """A machine, a batch and a sequence."""

    name: str
    batch: int
    steps: int
    inputs: int
    outputs: int
    hidden: int
    slots: int
    width: int
    reads: int = 1


class CopyLoss(nn.Module):
    """The loss of a core on fixed data, so that a step is nothing but the core's work.

    Shapes:
        nothing -> scalar.
    """

    def __init__(self, core: nn.Module, x: Tensor, target: Tensor):
        super().__init__()
        self.core, self.x, self.target = core, x, target

    def forward(self) -> Tensor:
        """Return the loss over the last steps."""
        y = self.core(self.x)[0]
        return F.binary_cross_entropy_with_logits(y[:, -self.target.shape[1] :], self.target)


@dataclass(frozen=True)
class Machine:
    """What the benchmarks of one kind of machine are made of."""

    name: str
    make: Callable[[Size], Cell]
    data: Callable[[Size], tuple[Tensor, Tensor]]
    products: Callable[[Size, Cell], int]
    """Multiplications of the matrix products of a sequence, forwards, for the batch."""
    optimizer: Callable[[nn.Module], torch.optim.Optimizer]
    clip: Callable[[Any], object]
    sizes: tuple[Size, ...]
    base: Size
    """Of the sweep, that changes one of its sizes at a time."""
    sweep: dict[str, tuple[int, ...]]

    def step(self, core: nn.Module, size: Size) -> Step:
        """Return a training step of a core."""
        loss, optimizer = CopyLoss(core, *self.data(size)), self.optimizer(core)

        def step() -> object:
            optimizer.zero_grad()
            loss().backward()
            self.clip(core.parameters())
            return optimizer.step()

        return step


def ntm_cell(size: Size) -> NTMCell:
    """Return an NTM with one read and one write head."""
    return NTMCell(
        size.inputs, output_size=size.outputs, controller=lstm(size.hidden),
        memory=ConstantMemory(size.slots, size.width),
    )  # fmt: skip


def dnc_cell(size: Size) -> DNCCell:
    """Return a DNC."""
    return DNCCell(
        size.inputs, output_size=size.outputs, slots=size.slots, width=size.width,
        reads=size.reads, controller=lstm(size.hidden),
    )  # fmt: skip


def sam_cell(size: Size) -> SparseAccessCell:
    """Return a sparse access memory whose heads read 4 slots."""
    return SparseAccessCell(
        size.inputs, output_size=size.outputs, slots=size.slots, width=size.width,
        heads=size.reads, nearest=4, controller=lstm(size.hidden),
    )  # fmt: skip


def copy_data(size: Size) -> tuple[Tensor, Tensor]:
    """Return the copy task: bits, a mark, and silence, (B, T, I); and the bits, (B, T // 2, I - 1).

    Shapes:
        as said.
    """
    length, draw = size.steps // 2, torch.Generator().manual_seed(0)
    bits = torch.rand(size.batch, length, size.inputs - 1, generator=draw).round()
    x = torch.zeros(size.batch, size.steps, size.inputs)
    x[:, :length, :-1], x[:, length, -1] = bits, 1
    return x, bits


def echo_data(size: Size) -> tuple[Tensor, Tensor]:
    """Return random bits, (B, T, I), and the same a step later.

    Shapes:
        as said.
    """
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(size.batch, size.steps, size.inputs, generator=draw).round()
    return x, x.roll(1, 1)


def _weights(cell: nn.Module) -> int:
    """Multiplications of all the linear maps, for a sample and step."""
    layers = [m for m in cell.modules() if isinstance(m, nn.Linear)]
    cells = [m for m in cell.modules() if isinstance(m, nn.LSTMCell)]
    return sum(m.weight.numel() for m in layers) + sum(
        m.weight_ih.numel() + m.weight_hh.numel() for m in cells
    )


def ntm_products(size: Size, cell: Cell) -> int:
    """Content for two heads, one read, erasure and addition."""
    return size.batch * size.steps * (_weights(cell) + 5 * size.slots * size.width)


def dnc_products(size: Size, cell: Cell) -> int:
    """Content for every head, the reads, and both ways along the links."""
    content = (2 * size.reads + 1) * size.slots * size.width
    links = 2 * size.reads * size.slots**2
    return size.batch * size.steps * (_weights(cell) + content + links)


def sam_products(size: Size, cell: Cell) -> int:
    """The linear maps: what the memory costs depends on the slots in use."""
    return size.batch * size.steps * _weights(cell)


def rmsprop(module: nn.Module) -> torch.optim.Optimizer:
    """Return RMSprop as the NTM's authors used it."""
    return torch.optim.RMSprop(module.parameters(), lr=1e-4, alpha=0.95, momentum=0.9, foreach=True)


def adam(module: nn.Module) -> torch.optim.Optimizer:
    """Return Adam, in one call a step."""
    return torch.optim.Adam(module.parameters(), lr=1e-4, fused=True)


def by_value(parameters: Any) -> object:
    """Clip every number of a gradient."""
    return nn.utils.clip_grad_value_(parameters, 10.0)


def by_norm(parameters: Any) -> object:
    """Clip the gradient's norm."""
    return nn.utils.clip_grad_norm_(parameters, 10.0)


_B1 = Size("ntm_b1", 1, 41, 9, 8, 100, 128, 20)
_S = Size("dnc_s", 16, 40, 10, 10, 128, 64, 32, 4)
NTM = Machine(
    "ntm", ntm_cell, copy_data, ntm_products, rmsprop, by_value,
    (_B1, replace(_B1, name="ntm_b32", batch=32)),
    replace(_B1, batch=8),
    {"slots": (32, 128, 512, 2048), "steps": (11, 41, 161), "batch": (1, 4, 16, 64)},
)  # fmt: skip
DNC = Machine(
    "dnc", dnc_cell, echo_data, dnc_products, adam, by_norm,
    (
        _S,
        Size("dnc_m", 32, 60, 10, 10, 256, 128, 64, 4),
        Size("dnc_l", 32, 100, 10, 10, 256, 256, 64, 4),
    ),
    replace(_S, batch=8, steps=20),
    {"slots": (16, 64, 128, 256), "steps": (10, 40, 80), "batch": (1, 4, 16, 64)},
)  # fmt: skip
SAM = Machine(
    "sam", sam_cell, copy_data, sam_products, rmsprop, by_value,
    tuple(
        replace(_B1, name=f"sam_{slots}", slots=slots)
        for slots in (1024, 4096, 16384, 65_536, 262_144, 1_048_576)
    ),
    replace(_B1, slots=65_536),
    {"steps": (11, 41, 161), "batch": (1, 4, 16)},
)  # fmt: skip
MACHINES = {machine.name: machine for machine in (NTM, DNC, SAM)}


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


class Plain(nn.Module):
    """An LSTM of the controller's width and a readout.

    Shapes:
        x ``(B, T, I)`` -> y ``(B, T, O)``, state.
    """

    def __init__(self, size: Size):
        super().__init__()
        self.rnn = nn.LSTM(size.inputs, size.hidden, batch_first=True)
        self.readout = nn.Linear(size.hidden, size.outputs)

    def forward(self, x: Tensor) -> tuple[Tensor, Any]:
        """Run it."""
        y, state = self.rnn(x)
        return self.readout(y), state


class Peer(nn.Module):
    """The DNC of PyPI's package `dnc`; its reads go to the output, never back to the controller.

    Shapes:
        x ``(B, T, I)`` -> y ``(B, T, I)``, state.
    """

    def __init__(self, size: Size):
        super().__init__()
        self.machine = import_module("dnc").DNC(
            input_size=size.inputs, hidden_size=size.hidden, rnn_type="lstm", num_layers=1,
            num_hidden_layers=1, nr_cells=size.slots, cell_size=size.width, read_heads=size.reads,
            batch_first=True, gpu_id=-1,
        )  # fmt: skip

    def forward(self, x: Tensor) -> tuple[Tensor, Any]:
        """Run it on an empty memory."""
        return self.machine(x, (None, None, None), reset_experience=True)


def cores(machine: Machine, size: Size, *, compiled: bool = True) -> dict[str, nn.Module]:
    """Return what can be timed: the kernel, the readable cell, that compiled, an LSTM, the peer."""
    torch.manual_seed(0)
    cell = machine.make(size)
    found: dict[str, nn.Module] = {
        "kernel": Recurrent(cell, fused=None),
        "eager": Recurrent(copy.deepcopy(cell), fused=False),
    }
    if compiled:
        step: Any = torch.compile(copy.deepcopy(cell), dynamic=False)
        found["compiled"] = Recurrent(step, fused=False)
    found["lstm"] = Plain(size)
    if machine is DNC and find_spec("dnc"):
        found["peer"] = Peer(size)
    return found


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
