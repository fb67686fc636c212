"""Recurrent cells: one step as a module, its state as a value, and the loop over a sequence.

Shape letters: ``B`` batch, ``T`` time.
"""

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from recollect.cells.checks import check_input, check_lengths, check_numbers, mapped
from recollect.trace import tracing

__all__ = [
    "Cell",
    "Interface",
    "Recurrent",
    "detach",
    "map_state",
    "mapped",
    "plain",
]

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

    def lacks(self) -> str | None:
        """Say what keeps this cell from its sequence kernel, None where nothing does.

        A missing package, an option that the kernel has not: what a person may want to know, and is
        told once. A cell without a kernel lacks nothing; its `sequence` is None.

        Shapes:
            none.
        """
        return None

    def sequence(self, x: Tensor, state: S, lengths: Tensor | None) -> tuple[Tensor, S] | None:
        """Run a whole sequence in one call of a fused kernel, None where none is for such a tensor.

        `Recurrent` has looked at the arguments, and decides whether this is called at all.

        Shapes:
            x ``(B, T, input_size)``, state, lengths ``(B,)`` or None -> y ``(B, T, output_size)``,
            zeros where a sequence has ended, and its last state; or None.
        """
        return None


class Recurrent(nn.Module):
    """Run a cell over sequences, called as ``nn.LSTM(batch_first=True)`` is.

    ``y, state = rnn(x)``; ``y, state = rnn(more, state)`` goes on from there. With `lengths`, a
    sequence that has ended gives zeros, and its state stays as its last step left it, so that
    padding changes nothing. `torch.compile` the cell, not the loop.

    Here, and nowhere else, it is decided whether a cell's fused sequence kernel runs. With `fused`
    of None it does wherever it can, and the readable cell elsewhere: in float64, say, or while a
    trace records what the cell attends to; on a GPU a cell that has a kernel runs
    under `torch.compile` instead. True insists on the kernel, except in a trace; False runs the
    readable cell as it is. All give the same, to rounding.

    Shapes:
        x ``(B, T, input_size)``, state of the cell or None, lengths ``(B,)`` integer or None -> y
        ``(B, T, output_size)``, state.

    Raises:
        ValueError: `cell` is no cell, `x` is not of the shape above or not finite, `lengths` are
            not one a sequence, in 0 to T, the state is not of this cell and batch, or `fused` is
            True and the kernel cannot run; the message says why.

    >>> from recollect.cells import AttentionCell
    >>> rnn = Recurrent(AttentionCell(4, hidden_size=6))
    >>> y, state = rnn(torch.randn(2, 5, 4), lengths=torch.tensor([5, 3]))
    >>> y.shape, bool((y[1, 3:] == 0).all())
    (torch.Size([2, 5, 6]), True)
    """

    def __init__(self, cell: Cell, *, fused: bool | None = None):
        super().__init__()
        inner = getattr(cell, "_orig_mod", cell)  # of a cell that torch.compile has taken
        if not isinstance(inner, Cell):
            raise ValueError(
                f"cell is a {type(cell).__name__}: Recurrent runs a Cell, such as NTMCell(...)."
            )
        if fused is not None and not isinstance(fused, bool):
            raise ValueError(f"fused={fused!r}: it is True, False or None.")
        self.cell, self.fused = cell, fused

    def forward(
        self, x: Tensor, state: Any = None, *, lengths: Tensor | None = None
    ) -> tuple[Tensor, Any]:
        """Run the cell over every step of `x`; see the class."""
        check_input(x, self.cell.input_size)
        batch, steps = x.shape[:2]
        alive = None
        if lengths is not None:
            lengths = check_lengths(lengths, batch, steps).to(x.device)
            alive = (torch.arange(steps, device=x.device)[:, None] < lengths).unbind(0)
        check_numbers(x)
        if state is None:
            state = self.cell.initial_state(batch)
        done = self._sequence(x, state, lengths)
        if done is not None:
            return done
        take = _compiled(self.cell) if self._compiles(x) else self.cell
        outputs = []
        for t, step in enumerate(x.unbind(1)):
            y, after = take(step, state)
            if alive is not None:
                here = alive[t]
                y = _hold(here, y, torch.zeros_like(y))
                after = map_state(lambda new, old, here=here: _hold(here, new, old), after, state)
            outputs.append(y)
            state = after
        if not outputs:
            return x.new_zeros(batch, 0, self.cell.output_size), state
        return torch.stack(outputs, 1), state

    def _sequence(self, x: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, Any] | None:
        """Run the kernel, or return None where the reference is to run."""
        if self.fused is False or tracing():
            return None
        if torch.compiler.is_compiling():
            told, reason = False, "torch.compile cannot look into a kernel; compile the cell alone"
        elif (lack := self.cell.lacks()) is not None:
            told, reason = True, lack
        else:
            under = mapped(x, *self.cell.parameters(), *([] if lengths is None else [lengths]))
            done = None
            if not under:
                done = self.cell.sequence(_as_weights(x, self.cell), state, lengths)
            if done is not None:
                return done
            # On a GPU the cell is compiled; under a transform the caller has asked for no kernel.
            told = self._has_kernel() and x.is_cpu and not under
            reason = f"it has no kernel for {x.dtype} on {x.device}"
            if under:
                reason = "torch.func cannot look into a kernel"
        name = type(self.cell).__name__
        if self.fused:
            raise ValueError(f"fused=True, but {name} cannot run fused: {reason}.")
        if told and (name, reason) not in _told:
            _told.add((name, reason))
            warnings.warn(f"{name} runs step by step, many times slower: {reason}.", stacklevel=5)
        return None

    def _compiles(self, x: Tensor) -> bool:
        """Say whether the readable cell runs compiled: on a GPU, where its kernel does not."""
        if self.fused is False or tracing() or torch.compiler.is_compiling() or mapped(x):
            return False
        return self._has_kernel() and x.is_cuda and find_spec("triton") is not None

    def _has_kernel(self) -> bool:
        cell = self.cell  # one that is compiled already is no longer a Cell
        return isinstance(cell, Cell) and type(cell).sequence is not Cell.sequence

    def extra_repr(self) -> str:
        """Tell a choice that was made."""
        return "" if self.fused is None else f"fused={self.fused}"


def _as_weights(x: Tensor, cell: nn.Module) -> Tensor:
    """Undo what autocast made of an input: a kernel computes in the type of its weights."""
    weight = next(cell.parameters(), None)
    if weight is None or x.dtype == weight.dtype or not torch.is_autocast_enabled(x.device.type):
        return x
    return x.to(weight.dtype)


def _compiled(cell: Cell) -> Callable[[Tensor, Any], tuple[Tensor, Any]]:
    """Compile a cell's step into replayed CUDA graphs, once a cell."""
    fast = _compiled_cells.get(cell)
    if fast is None:
        fast = _compiled_cells[cell] = torch.compile(cell, mode="reduce-overhead")

    # The next replay may write over what this one gave.
    return lambda x, state: map_state(torch.clone, fast(x, state))


_compiled_cells: WeakKeyDictionary[Cell, Any] = WeakKeyDictionary()
_told: set[tuple[str, str]] = set()  # what has been warned of, once a process


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


def plain(*tensors: Tensor | None) -> bool:
    """Say whether a kernel of ours can read these: float32 on the CPU, not under `torch.func`.

    Shapes:
        any; None counts as readable.
    """
    return all(
        t is None or (t.is_cpu and t.dtype == torch.float32 and not mapped(t)) for t in tensors
    )


def _hold(alive: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Take the new value for sequences that go on and the old one for those that have ended."""
    if new is old:
        return old
    return torch.where(alive.view(-1, *[1] * (new.dim() - 1)), new, old)
