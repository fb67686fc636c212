"""Controllers: the network of a memory machine that sees the input and the last reads.

Shape letters: ``B`` batch, ``L`` layers, ``D`` input size, ``H`` hidden size of a layer.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.cells.checks import check_shape, check_sizes, mapped

__all__ = [
    "Controller",
    "FeedforwardController",
    "GRUController",
    "LSTMController",
    "LSTMControllerState",
    "MakeController",
    "feedforward",
    "gru",
    "lstm",
    "make_controller",
]


class Controller(nn.Module, ABC):
    r"""Take one step on the input and the reads, joined: the part between input and interface.

    .. math:: (h_t, s_t) = \mathrm{controller}([x_t; r_{t-1}], s_{t-1})

    As of a `Cell`, the state is a value, batch first; that of a controller without one is ``()``.

    Shapes:
        forward: x ``(B, input_size)``, state -> h ``(B, output_size)``, state of the same shapes.
    """

    input_size: int
    output_size: int

    @abstractmethod
    def initial_state(self, batch: int) -> Any:
        """Return the state before the first step, every tensor of it ``(B, ...)``."""

    @abstractmethod
    def check_state(self, state: Any, batch: int) -> None:
        """Refuse a state of another controller or batch.

        Shapes:
            every tensor of the state ``(B, ...)``.

        Raises:
            ValueError: it is one.
        """

    @abstractmethod
    def forward(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Take one step."""


MakeController = Callable[[int], Controller]
"""Make a controller for an input size, which the memory machine knows and you need not."""


class LSTMControllerState(NamedTuple):
    """What an `LSTMController` carries from step to step.

    Shapes:
        hidden and inner ``(B, L, H)``.
    """

    hidden: Tensor
    inner: Tensor


class LSTMController(Controller):
    r"""Layers of LSTM, each of which sees the input, and all of which are the output.

    .. math:: h^l_t = \mathrm{LSTM}^l([\chi_t; h^{l-1}_t], h^l_{t-1}), \qquad
              h_t = [h^1_t; \ldots; h^L_t]

    Graves et al. 2016, methods, "Controller network". With one layer it is an ordinary LSTM, as
    Graves, Wayne and Danihelka 2014 use. With `learned` the first state is a parameter.

    Shapes:
        x ``(B, D)``, state -> h ``(B, L * H)``, state.

    Raises:
        ValueError: a size or the number of layers is below 1.

    >>> controller = LSTMController(4, hidden_size=3, layers=2)
    >>> h, state = controller(torch.randn(5, 4), controller.initial_state(5))
    >>> h.shape
    torch.Size([5, 6])
    """

    def __init__(
        self, input_size: int, *, hidden_size: int, layers: int = 1, learned: bool = False
    ):
        super().__init__()
        check_sizes(input_size=input_size, hidden_size=hidden_size, layers=layers)
        self.input_size, self.output_size = input_size, hidden_size * layers
        self.hidden_size = hidden_size
        self.layers = nn.ModuleList(
            nn.LSTMCell(input_size + (hidden_size if layer else 0), hidden_size)
            for layer in range(layers)
        )
        first = torch.randn(2, layers, hidden_size) * 0.05 if learned else None
        self.first = None if first is None else nn.Parameter(first)

    def initial_state(self, batch: int) -> LSTMControllerState:
        """Return zeros, or the learned state, ``(B, L, H)``."""
        if self.first is not None:
            hidden, inner = self.first.unbind(0)
            return LSTMControllerState(hidden.expand(batch, -1, -1), inner.expand(batch, -1, -1))
        weight = next(self.layers.parameters())
        zeros = weight.new_zeros(batch, len(self.layers), self.hidden_size)
        return LSTMControllerState(zeros, zeros)

    def check_state(self, state: LSTMControllerState, batch: int) -> None:
        """Refuse a state of another controller or batch."""
        if not isinstance(state, LSTMControllerState):
            raise ValueError(
                f"an LSTM controller's state is an LSTMControllerState, not {type(state).__name__}."
            )
        sizes = (batch, len(self.layers), self.hidden_size)
        kind = next(self.layers.parameters()).dtype
        check_shape("the LSTM's hidden state", state.hidden, sizes, kind)
        check_shape("the LSTM's inner state", state.inner, sizes, kind)

    def forward(self, x: Tensor, state: LSTMControllerState) -> tuple[Tensor, LSTMControllerState]:
        """Take one step; see the class."""
        self.check_state(state, x.shape[0])
        hidden: list[Tensor] = []
        inner: list[Tensor] = []
        for index, layer in enumerate(self.layers):
            below = torch.cat([x, hidden[-1]], -1) if hidden else x
            h, c = _lstm(layer, below, state.hidden[:, index], state.inner[:, index])
            hidden.append(h)
            inner.append(c)
        if len(hidden) == 1:
            h = hidden[0]
            return h, LSTMControllerState(h.unsqueeze(1), inner[0].unsqueeze(1))
        return torch.cat(hidden, -1), LSTMControllerState(
            torch.stack(hidden, 1), torch.stack(inner, 1)
        )


class GRUController(Controller):
    r"""One layer of GRU.

    .. math:: h_t = \mathrm{GRU}(\chi_t, h_{t-1})

    Cho et al. 2014, section 2.3; the state is the pair ``(h,)``. With `learned` the first state is
    a parameter.

    Shapes:
        x ``(B, D)``, state -> h ``(B, H)``, state.

    Raises:
        ValueError: a size is below 1.
    """

    def __init__(self, input_size: int, *, hidden_size: int, learned: bool = False):
        super().__init__()
        check_sizes(input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.output_size = input_size, hidden_size
        self.rnn = nn.GRUCell(input_size, hidden_size)
        first = torch.randn(hidden_size) * 0.05 if learned else None
        self.first = None if first is None else nn.Parameter(first)

    def initial_state(self, batch: int) -> tuple[Tensor]:
        """Return zeros, or the learned state, ``(B, H)``."""
        if self.first is not None:
            return (self.first.expand(batch, -1),)
        return (self.rnn.weight_hh.new_zeros(batch, self.output_size),)

    def check_state(self, state: tuple[Tensor], batch: int) -> None:
        """Refuse a state of another controller or batch."""
        if type(state) is not tuple or len(state) != 1:
            raise ValueError(f"a GRU controller's state is (h,), not {_parts(state)}.")
        check_shape(
            "the GRU's state", state[0], (batch, self.output_size), self.rnn.weight_hh.dtype
        )

    def forward(self, x: Tensor, state: tuple[Tensor]) -> tuple[Tensor, tuple[Tensor]]:
        """Take one step; see the class."""
        self.check_state(state, x.shape[0])
        h = self.rnn(x, state[0])
        return h, (h,)


class FeedforwardController(Controller):
    r"""Layers without a memory of their own, so that all that is kept is kept in the slots.

    .. math:: h^l_t = \tanh(W^l h^{l-1}_t + b^l), \qquad h^0_t = \chi_t

    Graves, Wayne and Danihelka 2014, section 3.4. The state is ``()``.

    Shapes:
        x ``(B, D)``, state -> h ``(B, H)``, state.

    Raises:
        ValueError: a size or the number of layers is below 1.
    """

    def __init__(self, input_size: int, *, hidden_size: int, layers: int = 1):
        super().__init__()
        check_sizes(input_size=input_size, hidden_size=hidden_size, layers=layers)
        self.input_size, self.output_size = input_size, hidden_size
        self.layers = nn.ModuleList(
            nn.Linear(hidden_size if layer else input_size, hidden_size) for layer in range(layers)
        )

    def initial_state(self, batch: int) -> tuple[()]:
        """Return the empty state."""
        return ()

    def check_state(self, state: tuple[()], batch: int) -> None:
        """Refuse a state of another controller."""
        if type(state) is not tuple or state:
            raise ValueError(f"a feedforward controller's state is (), not {_parts(state)}.")

    def forward(self, x: Tensor, state: tuple[()]) -> tuple[Tensor, tuple[()]]:
        """Take one step; see the class."""
        self.check_state(state, x.shape[0])
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return x, state


def _lstm(layer: Any, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    if not mapped(x, layer.weight_hh):
        return layer(x, (h, c))
    # Written out, because torch.vmap knows no rule for torch's cell.
    gates = F.linear(x, layer.weight_ih, layer.bias_ih)
    i, f, g, o = (gates + F.linear(h, layer.weight_hh, layer.bias_hh)).chunk(4, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def lstm(hidden_size: int, *, layers: int = 1, learned: bool = False) -> MakeController:
    """Choose an `LSTMController`.

    Shapes:
        of the controller: x ``(B, D)`` -> h ``(B, L * H)``.

    >>> lstm(100)(28).output_size
    100
    """
    return partial(LSTMController, hidden_size=hidden_size, layers=layers, learned=learned)


def gru(hidden_size: int, *, learned: bool = False) -> MakeController:
    """Choose a `GRUController`.

    Shapes:
        of the controller: x ``(B, D)`` -> h ``(B, H)``.
    """
    return partial(GRUController, hidden_size=hidden_size, learned=learned)


def feedforward(hidden_size: int, *, layers: int = 1) -> MakeController:
    """Choose a `FeedforwardController`.

    Shapes:
        of the controller: x ``(B, D)`` -> h ``(B, H)``.
    """
    return partial(FeedforwardController, hidden_size=hidden_size, layers=layers)


def make_controller(make: MakeController, input_size: int) -> Controller:
    """Make the controller of a machine whose input and reads have so many numbers.

    Shapes:
        of the controller: x ``(B, input_size)``.

    Raises:
        ValueError: `make` makes no controller.
    """
    made = make(input_size) if callable(make) and not isinstance(make, nn.Module) else None
    if not isinstance(made, Controller):
        raise ValueError(
            f"controller={make!r}: give what makes one, as lstm(100), gru(100) or feedforward(100)."
        )
    return made


def _parts(state: Any) -> str:
    kind = type(state).__name__
    return f"a {kind} of {len(state)} parts" if isinstance(state, tuple) else f"a {kind}"
