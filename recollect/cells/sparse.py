"""Sparse access memory: few slots are read and written at a step, however many there are.

Shape letters: ``B`` batch, ``T`` time, ``H`` heads, ``N`` slots, ``M`` width of a slot, ``K`` slots
that a head reads.
"""

import copy
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.cells.base import Cell, Interface, map_state
from recollect.cells.checks import check_numbers, check_shape, check_sizes, check_step, mapped
from recollect.cells.controller import MakeController, lstm, make_controller
from recollect.functional import unit
from recollect.trace import record, tracing

__all__ = ["SparseAccessCell", "SparseAccessState"]

FLOOR = 1e-3  # the length of a row of zeros, which bounds the gradient of its cosine
USED = 0.005  # a slot read or written with more is used
LEVELS = 1e5  # cosines that are the same at so many levels a unit are equal


class SparseAccessState(NamedTuple):
    """What a `SparseAccessCell` carries from step to step.

    `last` holds the step at which a slot was last used, 0 for never. From slot `extent` on the
    memory is zeros and was never used: a kernel need not look there. `slots` and `weights` say what
    was read at the last step.

    Shapes:
        controller as its controller says; memory ``(B, N, M)``; last ``(B, N)``, step and extent
        ``(B,)``, slots ``(B, H, K)``, all integers; weights ``(B, H, K)``; reads ``(B, H, M)``.
    """

    controller: Any
    memory: Tensor
    last: Tensor
    step: Tensor
    extent: Tensor
    slots: Tensor
    weights: Tensor
    reads: Tensor


class SparseAccessCell(Cell[SparseAccessState]):
    r"""Read the K slots nearest to a query; write to these, and to the slot least recently used.

    .. math::
        w^W_t &= \alpha_t (\gamma_t w^R_{t-1} + (1 - \gamma_t) 1^U_t), \qquad
        M_t = (1 - 1^U_t 1^\top) \circ M_{t-1} + w^W_t a_t^\top \\
        w^R_t(i) &= \mathrm{softmax}_{i \in \mathrm{nearest}_K} \beta_t \cos(q_t, M_t(i)), \qquad
        r_t = M_t^\top w^R_t, \qquad y_t = W [h_t; r_t]

    :math:`1^U_t` is the slot whose last use, a reading or writing with more than 0.005, lies
    furthest back; it is erased before it is written to. With several heads each has a slot of its
    own to erase, and all write at once. Of equally near or equally old slots the first is taken;
    cosines are equal that differ by less than about 1e-5.

    Rae, Hunt, Harley, Danihelka, Senior, Wayne, Graves and Lillicrap 2016, "Scaling
    Memory-Augmented Neural Networks with Sparse Reads and Writes", section 3.

    This step is the readable one: it looks at all slots and copies the memory. Run by `Recurrent`
    on a CPU, a sequence neither copies the memory nor undoes its writes on the way back: it changes
    one memory in place, keeps the ``H * K`` rows that each step read, and searches, exactly, the
    slots that were ever used. A memory of a million slots costs what its used slots cost.

    Shapes:
        x ``(B, input_size)``, state -> y ``(B, output_size)``, state.

    Raises:
        ValueError: a size is below 1, or there are fewer slots than are read or written at once.

    >>> from recollect.cells import Recurrent
    >>> cell = SparseAccessCell(4, output_size=3, slots=1_000_000, width=8, nearest=4)
    >>> y, state = Recurrent(cell)(torch.randn(2, 5, 4))
    >>> y.shape, state.memory.shape, int(state.extent.max()) <= 25
    (torch.Size([2, 5, 3]), torch.Size([2, 1000000, 8]), True)
    """

    def __init__(
        self,
        input_size: int,
        *,
        output_size: int,
        slots: int,
        width: int,
        heads: int = 1,
        nearest: int = 4,
        controller: MakeController | None = None,
    ):
        super().__init__()
        check_sizes(input_size=input_size, output_size=output_size, width=width)
        check_sizes(heads=heads, nearest=nearest)
        self.input_size, self.output_size = input_size, output_size
        self.slots, self.width, self.heads, self.nearest = slots, width, heads, nearest
        self._enough(slots)
        make = lstm(100) if controller is None else controller
        self.controller = make_controller(make, input_size + heads * width)
        hidden = self.controller.output_size
        self.interface = Interface(
            hidden, query=(heads, width), word=(heads, width), strength=(heads,), gates=(2, heads)
        )
        self.output = torch.nn.Linear(hidden + heads * width, output_size)

    def initial_state(self, batch: int, *, slots: int | None = None) -> SparseAccessState:
        """Return a memory of zeros that was never used, of `slots` in place of the cell's own.

        Shapes:
            as of `SparseAccessState`, ``B`` being `batch`.

        Raises:
            ValueError: there are fewer slots than are read or written at once, or `batch` is below
                0.
        """
        check_sizes(least=0, batch=batch)
        slots = self.slots if slots is None else slots
        self._enough(slots)
        weight = self.output.weight
        kind = torch.promote_types(weight.dtype, torch.float32)
        ends = torch.zeros(2, batch, dtype=torch.int64, device=weight.device)
        first = torch.arange(self.nearest, device=weight.device)
        return SparseAccessState(
            self.controller.initial_state(batch),
            _zeros((batch, slots, self.width), kind, weight.device),
            _zeros((batch, slots), torch.int32, weight.device),
            ends[0].int(),
            ends[1],
            first.expand(batch, self.heads, -1),
            weight.new_zeros(batch, self.heads, self.nearest, dtype=kind),
            weight.new_zeros(batch, self.heads, self.width, dtype=kind),
        )

    def with_slots(self, slots: int) -> "SparseAccessCell":
        """Return a copy with another number of slots, on which nothing that is learned depends.

        Shapes:
            of its state: `slots` for ``N``.

        Raises:
            ValueError: there are fewer slots than are read or written at once.
        """
        self._enough(slots)
        other = copy.deepcopy(self)
        other.slots = slots
        return other

    def bind(self, memory: Tensor) -> SparseAccessState:
        """Return the state before the first step over a memory that holds something already.

        Shapes:
            memory ``(B, N, M)`` -> state.

        Raises:
            ValueError: `memory` is not of the shape above or of the cell's type, has too few slots,
                or holds a number that is not finite.
        """
        if memory.dim() != 3 or memory.shape[-1] != self.width:
            raise ValueError(f"the memory is (B, N, {self.width}), not {tuple(memory.shape)}.")
        batch, slots, _ = memory.shape
        state = self.initial_state(batch, slots=slots)
        check_shape("the memory", memory, (batch, slots, self.width), state.memory.dtype)
        check_numbers(memory, "the memory")
        return state._replace(memory=memory, extent=torch.full_like(state.extent, slots))

    def forward(self, x: Tensor, state: SparseAccessState) -> tuple[Tensor, SparseAccessState]:
        """Take one step; see the class."""
        self._fits(x, state)
        joined = torch.cat([x, state.reads.flatten(1).to(x.dtype)], -1)
        h, controller = self.controller(joined, state.controller)
        parts = self.heads_of(h, state.memory.dtype)
        with torch.autocast(x.device.type, enabled=False):  # what follows is delicate
            after = self._access(*parts, state)
        y = self.output(torch.cat([h, after.reads.flatten(1).to(h.dtype)], -1))
        controller = map_state(lambda new, old: new.to(old.dtype), controller, state.controller)
        return y, after._replace(controller=controller)

    def heads_of(
        self, h: Tensor, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return query, word, strength above 1, and the gates α and γ, for every head.

        Shapes:
            h ``(B, hidden)`` -> query and word ``(B, H, M)``, strength, α and γ ``(B, H)``.
        """
        parts = {name: part.to(dtype) for name, part in self.interface(h).items()}
        gate, mix = parts["gates"].sigmoid().unbind(-2)
        return parts["query"], parts["word"], 1 + F.softplus(parts["strength"]), gate, mix

    def _access(
        self,
        query: Tensor,
        word: Tensor,
        strength: Tensor,
        gate: Tensor,
        mix: Tensor,
        state: SparseAccessState,
    ) -> SparseAccessState:
        """Write, then read: the state after a step, but for the controller."""
        step, slots = state.step + 1, state.memory.shape[1]

        # Write to what was read, and to the least recently used slots, once these are erased.
        least = state.last.argsort(dim=-1, stable=True)[:, : self.heads]  # (B, H)
        shares = torch.cat([mix.unsqueeze(-1) * state.weights, 1 - mix.unsqueeze(-1)], -1)
        places = torch.cat([state.slots, least.unsqueeze(-1)], -1)  # (B, H, K + 1)
        written = _spread(gate.unsqueeze(-1) * shares, places, slots)  # (B, H, N)
        kept = torch.ones_like(written[:, 0]).scatter(-1, least, 0)
        memory = state.memory * kept.unsqueeze(-1) + written.mT @ word

        # Read the nearest.
        near = unit(query, FLOOR) @ unit(memory, FLOOR).mT  # (B, H, N)
        # Slots that were written with one word are equal but for rounding, which is not to choose.
        level = (near.detach() * LEVELS).round()
        order = level.argsort(dim=-1, descending=True, stable=True)
        nearest = order[..., : self.nearest]
        weights = (strength.unsqueeze(-1) * near.gather(-1, nearest)).softmax(-1)
        read = _spread(weights, nearest, slots)
        reads = read @ memory

        used = (written + read).sum(1) > USED
        last = torch.where(used, step.unsqueeze(-1), state.last)
        # As far as anything was used or holds something.
        held = used | (written.detach() != 0).any(1)
        reach = (held * torch.arange(1, slots + 1, device=held.device)).amax(-1)
        extent = torch.maximum(state.extent, reach)
        if tracing():
            record(
                self, weights=read, write_weights=written, strengths=strength, write_gate=gate,
                mix=mix, add=word, memory=memory, least=least, last=last,
            )  # fmt: skip
        return SparseAccessState(None, memory, last, step, extent, nearest, weights, reads)

    def lacks(self) -> str | None:
        """Say what keeps this cell from its sequence kernel, None where nothing does.

        Shapes:
            none.
        """
        return None if find_spec("numba") else "numba is not installed"

    def sequence(
        self, x: Tensor, state: SparseAccessState, lengths: Tensor | None
    ) -> tuple[Tensor, SparseAccessState] | None:
        """Run a whole sequence over one memory, changed in place; None where that cannot be.

        Shapes:
            x ``(B, T, input_size)``, state, lengths ``(B,)`` or None -> y ``(B, T, output_size)``
            and the last state; or None.
        """
        self._fits(x[:, 0] if x.shape[1] else x.new_zeros(len(x), self.input_size), state)
        self.controller.check_state(state.controller, len(x))
        if not x.is_cpu or x.dtype != state.memory.dtype or mapped(x, state.memory):
            return None
        # The kernel looks at slots by these numbers without looking at the numbers.
        slots = state.memory.shape[1]
        for name, part, end in (("slots", state.slots, slots - 1), ("extent", state.extent, slots)):
            if part.numel() and not 0 <= int(part.min()) <= int(part.max()) <= end:
                raise ValueError(
                    f"state.{name} goes from {int(part.min())} to {int(part.max())}, and a memory "
                    f"of {slots} slots needs 0 to {end}."
                )
        from recollect.cells import sparse_lstm, sparse_sequence  # Numba: only where it is used

        run = sparse_lstm.run if sparse_lstm.fits(self, x) else sparse_sequence.run
        return run(self, x, state, lengths)

    def extra_repr(self) -> str:
        """Tell the sizes of a printed cell."""
        return f"slots={self.slots}, width={self.width}, heads={self.heads}, nearest={self.nearest}"

    def _enough(self, slots: int) -> None:
        check_sizes(slots=slots)
        least = max(self.heads, self.nearest)
        if slots < least:
            raise ValueError(
                f"slots={slots} is too few to read {self.nearest} and write {self.heads} of them: "
                f"give at least {least}."
            )

    def _fits(self, x: Tensor, state: SparseAccessState) -> None:
        if not isinstance(state, SparseAccessState):
            raise ValueError(
                f"the state is a SparseAccessState, from initial_state, not {type(state).__name__}."
            )
        batch = check_step(x, self.input_size, self.output.weight)
        if not isinstance(state.weights, Tensor) or not isinstance(state.memory, Tensor):
            raise ValueError(
                "state.weights and state.memory are tensors, not "
                f"{type(state.weights).__name__} and {type(state.memory).__name__}."
            )
        if state.weights.shape != (batch, self.heads, self.nearest):
            raise ValueError(
                f"the state is of a batch, heads and nearest slots of {tuple(state.weights.shape)} "
                f"and {(batch, self.heads, self.nearest)} are needed: take that of this cell, from "
                f"initial_state({batch})."
            )
        found = tuple(state.memory.shape)
        if len(found) != 3 or found != (batch, found[1], self.width):
            raise ValueError(f"the memory is ({batch}, N, {self.width}), not {found}.")
        self._enough(found[1])
        kind = torch.promote_types(self.output.weight.dtype, torch.float32)
        slots, read = found[1], (batch, self.heads, self.nearest)
        check_shape("state.memory", state.memory, (batch, slots, self.width), kind)
        check_shape("state.last", state.last, (batch, slots), torch.int32)
        check_shape("state.step", state.step, (batch,), torch.int32)
        check_shape("state.extent", state.extent, (batch,), torch.int64)
        check_shape("state.slots", state.slots, read, torch.int64)
        check_shape("state.weights", state.weights, read, kind)
        check_shape("state.reads", state.reads, (batch, self.heads, self.width), kind)


def _zeros(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    """Make zeros, on a CPU without touching them: the pages of unused slots then do not exist."""
    if device.type != "cpu" or torch.compiler.is_compiling():
        return torch.zeros(shape, dtype=dtype, device=device)
    kind = str(dtype).removeprefix("torch.")
    return torch.from_numpy(np.zeros(shape, np.dtype(kind)))


def _spread(weights: Tensor, places: Tensor, slots: int) -> Tensor:
    """Put weights at their places among all slots, (B, H, K) to (B, H, N); those that meet add."""
    wide = weights.new_zeros(*weights.shape[:-1], slots)
    return wide.scatter_add(-1, places, weights)
