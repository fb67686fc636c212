"""What a memory machine's kernel is timed beside: the readable cell, an LSTM, another library.

Shape letters: ``B`` batch, ``T`` steps, ``I``, ``O`` inputs and outputs.
"""

import copy
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from recollect.bench.machines import DNC, Machine, Size
from recollect.cells import Recurrent


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
