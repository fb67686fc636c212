"""The Neural Turing Machine.

Shape letters: ``B`` batch, ``N`` slots, ``M`` width of a slot, ``R`` and ``W`` read and write
heads, ``S`` the farthest shift.
"""

import copy
import math
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.cells.base import Cell, Interface, map_state, plain
from recollect.cells.checks import check_shape, check_sizes, check_step
from recollect.cells.controller import (
    FeedforwardController,
    LSTMController,
    LSTMControllerState,
    MakeController,
    make_controller,
)
from recollect.cells.start import InitialMemory
from recollect.functional import content_weights, erase_and_add, interpolate, sharpen, shift
from recollect.functional.masks import length_mask
from recollect.trace import record, tracing

__all__ = ["NTMCell", "NTMState"]


class NTMState(NamedTuple):
    """What an `NTMCell` carries from step to step.

    Shapes:
        controller: the controller's; reads ``(B, R, M)``; weights ``(B, R + W, N)``, the read
        heads' first; memory ``(B, N, M)``.
    """

    controller: Any
    reads: Tensor
    weights: Tensor
    memory: Tensor


class NTMCell(Cell[NTMState]):
    r"""Read and write a memory with heads that look for content and move along the slots.

    .. math:: h_t &= \mathrm{controller}([x_t; r_{t-1}]), \qquad y_t = W_o [h_t; r_t] \\
              w_t &= \mathrm{sharpen}(\mathrm{shift}(g w^c_t + (1 - g) w_{t-1}, s), \gamma) \\
              M_t &= M_{t-1} \odot \prod_h (1 - w_h e_h^\top) + \sum_h w_h a_h^\top, \qquad
              r_t = w_t M_t

    Graves, Wayne and Danihelka 2014, "Neural Turing Machines". Every head emits a key ``tanh``, a
    strength ``softplus``, a gate ``sigmoid``, ``2 S + 1`` shifts ``softmax`` and a sharpness
    ``1 + softplus``; a write head also an erasure ``sigmoid`` and an addition ``tanh``. All heads
    look for content in the last step's memory. The paper leaves open whether the read comes before
    the write, ``r_t = w_t M_{t-1}``: that is `read_first`.

    The heads start at the first slot, the reads at a learned vector: a start that tells slots apart
    is what lets a memory of equal slots be trained. With `learned_weights` where they start is
    learned too.

    `controller` is chosen by `recollect.cells.lstm`, `gru` or `feedforward`; `memory` is a
    `ConstantMemory`, `LearnedMemory` or `RandomMemory`. `with_slots` gives the machine another
    number of slots than it was trained with.

    Shapes:
        x ``(B, input_size)``, state -> y ``(B, output_size)``, state.

    Raises:
        ValueError: a size or count is below 1, a shift goes around the memory, or, when called,
            the input or the state is not of this cell.

    >>> from recollect.cells import ConstantMemory, lstm
    >>> cell = NTMCell(9, output_size=8, controller=lstm(100), memory=ConstantMemory(128, 20))
    >>> y, state = cell(torch.randn(4, 9), cell.initial_state(4))
    >>> y.shape, state.memory.shape
    (torch.Size([4, 8]), torch.Size([4, 128, 20]))
    """

    def __init__(
        self,
        input_size: int,
        *,
        output_size: int,
        controller: MakeController,
        memory: InitialMemory,
        heads: tuple[int, int] = (1, 1),
        shifts: int = 1,
        read_first: bool = False,
        learned_weights: bool = False,
    ):
        super().__init__()
        check_sizes(input_size=input_size, output_size=output_size)
        reads, writes = _both(heads)
        check_sizes(least=0, shifts=shifts)
        if not isinstance(memory, InitialMemory):
            raise ValueError(
                f"memory={memory!r}: give a ConstantMemory, a LearnedMemory or a RandomMemory, as "
                "in ConstantMemory(128, 20)."
            )
        _check_shifts(shifts, memory.slots)
        self.input_size, self.output_size = input_size, output_size
        self.reads, self.writes, self.shifts, self.read_first = reads, writes, shifts, read_first
        width, both = memory.width, reads + writes
        self.memory = memory
        self.controller = make_controller(controller, input_size + reads * width)
        hidden = self.controller.output_size
        self.interface = Interface(
            hidden,
            key=(both, width),
            strength=(both,),
            sharpness=(both,),
            shift=(both, 2 * shifts + 1),
            gate=(both,),
            erase=(writes, width),
            add=(writes, width),
        )
        self.output = nn.Linear(hidden + reads * width, output_size)
        self.first_read = nn.Parameter(torch.randn(reads, width) * 0.01)
        self.first_weights = None
        if learned_weights:
            logits = torch.zeros(both, memory.slots)
            logits[:, 0] = 5.0 + math.log(memory.slots)
            self.first_weights = nn.Parameter(logits)

    def initial_state(self, batch: int) -> NTMState:
        """Return the state before the first step.

        Shapes:
            as of `NTMState`, ``B`` being `batch`.

        Raises:
            ValueError: `batch` is below 0.
        """
        check_sizes(least=0, batch=batch)
        memory = self.memory()
        kind = torch.promote_types(memory.dtype, torch.float32)
        if self.first_weights is None:
            weights = memory.new_zeros(self.reads + self.writes, self.memory.slots, dtype=kind)
            weights[:, 0] = 1
        else:
            weights = torch.softmax(self.first_weights.to(kind), -1)
        return NTMState(
            self.controller.initial_state(batch),
            self.first_read.expand(batch, -1, -1),
            weights.expand(batch, -1, -1),
            memory.to(kind).expand(batch, -1, -1),
        )

    def with_slots(self, slots: int) -> "NTMCell":
        """Return a copy with another number of slots; its weights are its own.

        Nothing that is learned depends on the number of slots, but for a learned memory and learned
        first weights: slots beyond those then start blank and unread.

        Shapes:
            of its state: `slots` for ``N``.

        Raises:
            ValueError: there is no slot, or a shift goes around the memory.

        >>> from recollect.cells import ConstantMemory, lstm
        >>> cell = NTMCell(3, output_size=3, controller=lstm(8), memory=ConstantMemory(16, 4))
        >>> cell.with_slots(64).initial_state(1).memory.shape
        torch.Size([1, 64, 4])
        """
        check_sizes(slots=slots)
        _check_shifts(self.shifts, slots)
        other = copy.deepcopy(self)
        other.memory = self.memory.resized(slots)
        if self.first_weights is not None:
            logits = self.first_weights.new_full((self.reads + self.writes, slots), -20.0)
            kept = min(slots, self.memory.slots)
            logits[:, :kept] = self.first_weights.detach()[:, :kept]
            other.first_weights = nn.Parameter(logits)
        return other

    def forward(self, x: Tensor, state: NTMState) -> tuple[Tensor, NTMState]:
        """Take one step; see the class."""
        self._check(x, state)
        before = state.memory
        seen = torch.cat([x, state.reads.flatten(1)], -1)
        h, controller = self.controller(seen, state.controller)
        parts = {name: part.to(before.dtype) for name, part in self.interface(h).items()}
        with torch.autocast(x.device.type, enabled=False):  # what follows is delicate
            strength, gate = F.softplus(parts["strength"]), torch.sigmoid(parts["gate"])
            sharpness = 1 + F.softplus(parts["sharpness"])
            shifts = torch.softmax(parts["shift"], -1)
            content = content_weights(torch.tanh(parts["key"]), before, strength)
            weights = interpolate(content, state.weights, gate)
            weights = sharpen(shift(weights, shifts), sharpness)
            read, write = weights.split([self.reads, self.writes], 1)
            erase, add = torch.sigmoid(parts["erase"]), torch.tanh(parts["add"])
            memory = erase_and_add(before, write, erase, add)
            reads = (read @ (before if self.read_first else memory)).to(state.reads.dtype)
        if tracing():
            record(
                self, weights=read, write_weights=write, content_weights=content, gates=gate,
                strengths=strength, shifts=shifts, sharpness=sharpness, erase=erase, add=add,
                memory=memory,
            )  # fmt: skip
        y = self.output(torch.cat([h, reads.flatten(1).to(h.dtype)], -1))
        controller = map_state(lambda new, old: new.to(old.dtype), controller, state.controller)
        return y, NTMState(controller, reads, weights, memory)

    def _check(self, x: Tensor, state: NTMState) -> None:
        """Refuse an input or a state of another cell or batch."""
        batch = check_step(x, self.input_size, self.output.weight)
        slots, width = self.memory.slots, self.memory.width
        if not isinstance(state, NTMState):
            raise ValueError(f"the state of an NTMCell is an NTMState, not {type(state).__name__}.")
        kind = self.first_read.dtype
        single = torch.promote_types(kind, torch.float32)
        both = self.reads + self.writes
        check_shape("state.reads", state.reads, (batch, self.reads, width), kind)
        check_shape("state.weights", state.weights, (batch, both, slots), single)
        check_shape("state.memory", state.memory, (batch, slots, width), single)

    def lacks(self) -> str | None:
        """Say why there is no kernel for this cell, None where there is one."""
        if not _numba():
            return "Numba is missing; pip install numba"
        controller = self.controller
        if isinstance(controller, LSTMController | FeedforwardController):
            if len(controller.layers) == 1:
                return None
            return f"the kernel's controller has one layer, not {len(controller.layers)}"
        return f"the kernel has no {type(controller).__name__}"

    def sequence(
        self, x: Tensor, state: NTMState, lengths: Tensor | None
    ) -> tuple[Tensor, NTMState] | None:
        """Run a whole sequence in the kernel, in float32 on the CPU."""
        self._check(x[:, 0] if x.shape[1] else x.new_zeros(len(x), self.input_size), state)
        self.controller.check_state(state.controller, len(x))
        if not plain(x, self.output.weight, *state[1:], *state.controller):
            return None
        from recollect.kernels import ntm as kernel  # Numba: only where it is used

        linear, hidden, inner = self.interface.linear, None, None
        if isinstance(self.controller, LSTMController):
            layer: Any = self.controller.layers[0]
            hidden, inner = state.controller
            controller = (layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh)
        else:
            assert isinstance(self.controller, FeedforwardController)  # `lacks` refuses others
            layer = self.controller.layers[0]
            controller = (layer.weight, None, layer.bias, None)
        with torch.autocast("cpu", enabled=False):
            seen, last = kernel.run(
                kernel.Form(self.reads, self.writes, self.shifts, self.read_first),
                kernel.Machine(*controller, linear.weight, linear.bias),
                x,
                kernel.Place(hidden, inner, state.reads, state.weights, state.memory),
                lengths,
            )
        y = self.output(seen).transpose(0, 1)
        if lengths is not None:
            y = y * length_mask(lengths, x.shape[1]).unsqueeze(-1)
        after: Any = ()
        if last.hidden is not None and last.inner is not None:
            after = LSTMControllerState(last.hidden, last.inner)
        return y, NTMState(after, *last[2:])


@cache
def _numba() -> bool:
    return find_spec("numba") is not None


def _both(heads: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(heads, tuple | list) or len(heads) != 2:
        raise ValueError(f"heads={heads!r}: give how many read and how many write, as in (1, 1).")
    for name, count in zip(("read heads", "write heads"), heads, strict=True):
        check_sizes(**{name: count})
    return heads[0], heads[1]


def _check_shifts(shifts: int, slots: int) -> None:
    if 2 * shifts + 1 > slots:
        raise ValueError(
            f"shifts={shifts} reaches {2 * shifts + 1} slots, and the memory has {slots}."
        )
