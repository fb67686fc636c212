"""A recurrent cell that reads a memory at every step: the decoder of Bahdanau.

Shape letters: ``B`` batch, ``N`` slots.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.cells.base import Cell
from recollect.cells.checks import check_shape, check_type
from recollect.memory import Memory
from recollect.score import additive

__all__ = ["AttentionCell", "AttentionState"]


class AttentionState(NamedTuple):
    """What an `AttentionCell` carries from step to step.

    Shapes:
        hidden ``(B, hidden_size)``; memory of keys and values ``(B, N, ...)`` and mask
        ``(B, 1, N)`` or None.
    """

    hidden: Tensor
    memory: Memory


class AttentionCell(Cell[AttentionState]):
    r"""Read a memory with the last hidden state, then take a step of a GRU on input and read.

    .. math:: c_t = \mathrm{read}(h_{t-1}, M), \qquad h_t = \mathrm{GRU}([x_t; c_t], h_{t-1}),
              \qquad y_t = h_t

    Bahdanau, Cho and Bengio 2015, sections 3.1 and A.1.2 (a Luong cell reads after the step). The
    memory is part of the state: `bind` makes one, and the initial state has none, with which the
    cell is a GRU that reads zeros.

    Shapes:
        x ``(B, input_size)``, state -> y ``(B, hidden_size)``, state.

    Raises:
        ValueError: in a step, the input or the state is not of this cell, or they differ in batch.

    >>> cell = AttentionCell(4, hidden_size=6, memory_size=3)
    >>> state = cell.bind(torch.randn(2, 7, 3), mask=torch.ones(2, 7, dtype=torch.bool))
    >>> y, state = cell(torch.randn(2, 4), state)
    >>> y.shape
    torch.Size([2, 6])
    """

    def __init__(
        self,
        input_size: int,
        *,
        hidden_size: int,
        memory_size: int | None = None,
        reader: Reader | None = None,
    ):
        super().__init__()
        memory_size = hidden_size if memory_size is None else memory_size
        if reader is None:
            reader = Reader(additive(hidden_size, key_size=memory_size))
        self.input_size, self.output_size, self.memory_size = input_size, hidden_size, memory_size
        self.reader = reader
        self.rnn = nn.GRUCell(input_size + memory_size, hidden_size)

    def bind(
        self, memory: Tensor, *, mask: Tensor | None = None, hidden: Tensor | None = None
    ) -> AttentionState:
        """Return the state before the first step over a memory, such as an encoder's outputs.

        Shapes:
            memory ``(B, N, memory_size)``, mask ``(B, N)`` or None, hidden ``(B, hidden_size)``,
            zeros where None -> state.

        Raises:
            ValueError: `memory` is not of the shape above, or the mask does not fit it.
        """
        if memory.dim() != 3 or memory.shape[-1] != self.memory_size:
            raise ValueError(
                f"the memory is (B, N, {self.memory_size}), not {tuple(memory.shape)}."
            )
        if mask is not None and mask.shape != memory.shape[:2]:
            raise ValueError(
                f"the mask is {tuple(memory.shape[:2])} as the memory's slots, "
                f"not {tuple(mask.shape)}."
            )
        if hidden is None:
            hidden = memory.new_zeros(memory.shape[0], self.output_size)
        slots = self.reader.bind(memory, mask=None if mask is None else mask.unsqueeze(1))
        return AttentionState(hidden, slots)

    def initial_state(self, batch: int) -> AttentionState:
        """Return a hidden state of zeros ``(B, hidden_size)`` and a memory of no slots."""
        return self.bind(self.rnn.weight_hh.new_zeros(batch, 0, self.memory_size))

    def forward(self, x: Tensor, state: AttentionState) -> tuple[Tensor, AttentionState]:
        """Take one step; see the class."""
        self._check(x, state)
        hidden, memory = state
        read = self.reader(hidden.unsqueeze(1), memory).squeeze(1)
        hidden = self.rnn(torch.cat([x, read], -1), hidden)
        return hidden, AttentionState(hidden, memory)

    def _check(self, x: Tensor, state: AttentionState) -> None:
        """Refuse an input or a state of another cell or batch."""
        if not isinstance(state, AttentionState):
            raise ValueError(
                f"the state is an AttentionState, from bind, not a {type(state).__name__}."
            )
        batch, kind = len(x), self.rnn.weight_hh.dtype
        check_shape("the input of a step", x, (batch, self.input_size))
        check_type(x, self.rnn.weight_hh)
        # In autocast the step gives another type than it was given.
        same = None if torch.is_autocast_enabled(x.device.type) else kind
        check_shape("state.hidden", state.hidden, (batch, self.output_size), same)
        for name in ("keys", "values"):
            part = getattr(state.memory, name)
            if len(part) != batch:
                raise ValueError(
                    f"state.memory.{name} is ({batch}, N, ...) for this batch, not "
                    f"{tuple(part.shape)}."
                )
