"""Sparse access beside a dense memory of as many slots.

Shape letters: ``B`` batch, ``N`` slots, ``M`` width.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from recollect.bench.machine_timing import added_memory_of, product_of
from recollect.bench.machines import MACHINES, NTM, SAM, Size, copy_data, sam_cell
from recollect.bench.turns import Times, turns
from recollect.cells import Recurrent

LAW = "by the growth law"
DENSE = 65_536  # slots; beyond, the NTM's kernel would take gigabytes


class Full(nn.Module):
    """Sparse access over a memory in which every slot holds something.

    Shapes:
        x ``(B, T, I)`` -> y ``(B, T, O)``, state.
    """

    def __init__(self, size: Size):
        super().__init__()
        self.core = Recurrent(sam_cell(size), fused=True)
        draw = torch.Generator().manual_seed(0)
        self.state = self.core.cell.bind(  # pyright: ignore[reportCallIssue]
            torch.randn(size.batch, size.slots, size.width, generator=draw)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, object]:
        """Run it."""
        return self.core(x, self.state)


def contenders(size: Size) -> dict[str, Callable[[], nn.Module]]:
    """Return how to make sparse access, that with every slot in use, and the NTM's, if it fits."""
    found: dict[str, Callable[[], nn.Module]] = {
        "kernel": lambda: Recurrent(sam_cell(size), fused=True),
        "full": lambda: Full(size),
    }
    if size.slots <= DENSE:
        found["dense"] = lambda: Recurrent(NTM.make(size), fused=True)
    return found


def measure_sparse(size: Size, *, seconds: float) -> tuple[dict[str, Times], dict[str, float]]:
    """Time a training step of each in turns, and find the memory each takes.

    Raises:
        ValueError: the outputs are not those of a memory of 1,024 slots, of which no more are used.
    """
    small = Size(**{**vars(size), "slots": 1024})
    outputs = []
    for each in (small, size):
        torch.manual_seed(0)
        outputs.append(Recurrent(sam_cell(each), fused=True)(copy_data(each)[0])[0])
    if not torch.equal(*outputs):
        raise ValueError(f"{size.name} gives other outputs than a memory of 1,024 slots")
    functions = {name: SAM.step(make(), size) for name, make in contenders(size).items()}
    functions["product"] = product_of(512)
    times = turns(functions, seconds=seconds)
    memory = {name: added_memory_of("sparse", size, name) for name in times if name != "product"}
    return times, {name: found for name, found in memory.items() if found is not None}


def step_of(size: Size, which: str) -> object:
    """Return a training step of a contender, for `added_memory_of`."""
    return MACHINES["sam"].step(contenders(size)[which](), size)
