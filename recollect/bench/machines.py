"""The memory machines that are timed, their sizes, and what a training step of each is.

A step is: gradients to zero, forward, loss, backward, clip, optimizer.

Shape letters: ``B`` batch, ``T`` steps, ``N`` slots, ``M`` width, ``R``, ``W`` heads, ``H`` hidden.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.cells import (
    Cell,
    ConstantMemory,
    DNCCell,
    NTMCell,
    SparseAccessCell,
    lstm,
)

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
    """Return torch's RMSprop with the numbers of the NTM's authors."""
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
