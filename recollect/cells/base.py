"""Recurrent cells: one step as a module, its state as a value, and the loop over a sequence.

Shape letters: ``B`` batch, ``T`` time.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

__all__ = ["Cell", "Interface", "Recurrent", "detach", "map_state"]

S = TypeVar("S", bound=tuple)


class Cell(nn.Module, ABC, Generic[S]):
    r"""Take one step: an input and a state in, an output and the next state out.

    .. math:: (y_t, s_t) = \mathrm{cell}(x_t, s_{t-1})

    The state is a NamedTuple of tensors, of further NamedTuples, and of None; the first axis of
    each tensor is the batch. It is never kept on the module and never changed in place.
    `recollect.testing.check_cell` tests this contract.

    Shapes:
        forward: x ``(B, input_size)``, state -> y ``(B, output_size)``, state of the same shapes.
    """

    input_size: int
    output_size: int

    @abstractmethod
    def initial_state(self, batch: int) -> S:
        """Return the state before the first step, every tensor of it ``(B, ...)``."""

    @abstractmethod
    def forward(self, x: Tensor, state: S) -> tuple[Tensor, S]:
        """Take one step."""


class Recurrent(nn.Module):
    """Run a cell over sequences, called as ``nn.LSTM(batch_first=True)`` is.

    ``y, state = rnn(x)``; ``y, state = rnn(more, state)`` goes on from there. With `lengths`, a
    sequence that has ended gives zeros, and its state stays as its last step left it, so that
    padding changes nothing. `torch.compile` the cell, not the loop.

    Shapes:
        x ``(B, T, input_size)``, state of the cell or None, lengths ``(B,)`` integer or None -> y
        ``(B, T, output_size)``, state.

    Raises:
        ValueError: `x` is not of the shape above, or `lengths` are not one a sequence, in 0 to T.

    >>> from recollect.cells import AttentionCell
    >>> rnn = Recurrent(AttentionCell(4, hidden_size=6))
    >>> y, state = rnn(torch.randn(2, 5, 4), lengths=torch.tensor([5, 3]))
    >>> y.shape, bool((y[1, 3:] == 0).all())
    (torch.Size([2, 5, 6]), True)
    """

    def __init__(self, cell: Cell):
        super().__init__()
        self.cell = cell

    def forward(
        self, x: Tensor, state: Any = None, *, lengths: Tensor | None = None
    ) -> tuple[Tensor, Any]:
        """Run the cell over every step of `x`; see the class."""
        if x.dim() != 3 or x.shape[-1] != self.cell.input_size:
            raise ValueError(
                f"the input is (B, T, {self.cell.input_size}) for this cell, not {tuple(x.shape)}."
            )
        batch, steps = x.shape[:2]
        if state is None:
            state = self.cell.initial_state(batch)
        alive = None if lengths is None else _alive(lengths, batch, steps)
        outputs = []
        for t, step in enumerate(x.unbind(1)):
            y, after = self.cell(step, state)
            if alive is not None:
                here = alive[t]
                y = _hold(here, y, torch.zeros_like(y))
                after = map_state(lambda new, old, here=here: _hold(here, new, old), after, state)
            outputs.append(y)
            state = after
        if not outputs:
            return x.new_zeros(batch, 0, self.cell.output_size), state
        return torch.stack(outputs, 1), state


class Interface(nn.Module):
    r"""Emit all the parameters of the heads of a memory machine from one linear map.

    .. math:: \xi_t = W h_t + b, \qquad \xi_t = [\xi^{(1)}_t; \xi^{(2)}_t; \ldots]

    Graves et al. 2016, "Hybrid computing using a neural network with dynamic external memory",
    methods, "Interface parameters". One product and a split take half the time of a map for each.
    The parts are raw; each machine puts them into their ranges.

    Shapes:
        h ``(..., input_size)`` -> for each name a tensor ``(..., *shape)``.

    Raises:
        ValueError: no shape is given, or one holds a size below 1.

    >>> parts = Interface(8, key=(2, 5), strength=(2,))(torch.randn(3, 8))
    >>> {name: tuple(part.shape) for name, part in parts.items()}
    {'key': (3, 2, 5), 'strength': (3, 2)}
    """

    def __init__(self, input_size: int, **shapes: tuple[int, ...]):
        super().__init__()
        for name, shape in shapes.items():
            if min(shape, default=1) < 1:
                raise ValueError(f"{name}={shape}: every size of an interface part is at least 1.")
        if not shapes:
            raise ValueError("an interface without parts: name at least one, as in key=(1, 20).")
        self.shapes = shapes
        self.sizes = [math.prod(shape) for shape in shapes.values()]
        self.linear = nn.Linear(input_size, sum(self.sizes))

    def forward(self, h: Tensor) -> dict[str, Tensor]:
        """Emit the parts; see the class."""
        lead = h.shape[:-1]
        parts = self.linear(h).split(self.sizes, -1)
        return {
            name: part.reshape(*lead, *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def extra_repr(self) -> str:
        """Tell the parts of a printed interface."""
        return ", ".join(f"{name}={shape}" for name, shape in self.shapes.items())


def map_state(fn: Callable[..., Tensor], state: Any, *others: Any) -> Any:
    """Apply `fn` to every tensor of a state, beside the tensors at the same place in `others`.

    Shapes:
        states of one structure, None where there is no tensor -> a state of that structure.

    >>> map_state(lambda a, b: a + b, (torch.ones(2), None), (torch.ones(2), None))
    (tensor([2., 2.]), None)
    """
    if state is None:
        return None
    if isinstance(state, Tensor):
        return fn(state, *others)
    parts = [map_state(fn, *together) for together in zip(state, *others, strict=True)]
    return tuple(parts) if type(state) is tuple else type(state)(*parts)


def detach(state: Any) -> Any:
    """Cut a state from the graph that made it.

    Truncated backpropagation through time is ``y, state = rnn(x, detach(state))``.

    Shapes:
        any state -> the same, without gradients.
    """
    return map_state(Tensor.detach, state)


def _alive(lengths: Tensor, batch: int, steps: int) -> tuple[Tensor, ...]:
    if lengths.shape != (batch,):
        raise ValueError(f"lengths are one a sequence, ({batch},), not {tuple(lengths.shape)}.")
    # Looking at values would break a compiled graph in two.
    if not torch.compiler.is_compiling() and batch:
        low, high = int(lengths.min()), int(lengths.max())
        if low < 0 or high > steps:
            raise ValueError(f"lengths from {low} to {high} for sequences of {steps} steps.")
    return (torch.arange(steps, device=lengths.device)[:, None] < lengths).unbind(0)


def _hold(alive: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Take the new value for sequences that go on and the old one for those that have ended."""
    if new is old:
        return old
    return torch.where(alive.view(-1, *[1] * (new.dim() - 1)), new, old)
