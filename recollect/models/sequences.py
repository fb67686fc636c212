"""Models that read a sequence and say another: a recurrent core and a readout, or a transformer.

Shape letters: ``B`` batch, ``T`` time, ``I`` inputs, ``O`` outputs, ``D`` width.
"""

import math

import torch
from torch import Tensor, nn

from recollect.cells import NTMCell, Recurrent
from recollect.cells.base import map_state

__all__ = ["CausalTransformer", "SequenceModel"]


class SequenceModel(nn.Module):
    """Run a core over a sequence and turn each of its outputs into logits.

    The core is called as ``nn.LSTM(batch_first=True)`` is: ``y, state = core(x)``. `seconds` is a
    buffer for the time that training took, so that weights carry it to where they are measured.

    The gradient of a machine's state may grow from step to step, over 200 steps beyond what
    float32 holds. With `piece` a sequence is run in pieces of as many steps, and each number of
    the gradient that passes from one to the one before it is kept within -1 to 1, as Graves et al.
    2014, section 4.6, keep all of theirs within -10 to 10. Outputs are the same.

    Shapes:
        x ``(B, T, I)`` -> logits ``(B, T, O)``.

    Raises:
        ValueError: `piece` is below 1.

    >>> model = SequenceModel(nn.LSTM(3, 8, batch_first=True), nn.Linear(8, 2))
    >>> model(torch.zeros(4, 5, 3)).shape
    torch.Size([4, 5, 2])
    """

    seconds: Tensor

    def __init__(
        self, core: nn.Module, readout: nn.Module | None = None, *, piece: int | None = None
    ):
        super().__init__()
        if piece is not None and piece < 1:
            raise ValueError(f"piece is {piece}; give 1 or more steps, or None")
        self.core, self.piece = core, piece
        self.readout = nn.Identity() if readout is None else readout
        self.register_buffer("seconds", torch.zeros(()))

    def with_room(self, slots: int) -> "SequenceModel":
        """Return a copy whose memory has at least so many slots; itself where it has, or has none.

        Shapes:
            of the memory: `slots` for the machine's own, if there are fewer.
        """
        core = self.core
        if not isinstance(core, Recurrent) or not isinstance(core.cell, NTMCell):
            return self
        if core.cell.memory.slots >= slots:
            return self
        wide = SequenceModel(Recurrent(core.cell.with_slots(slots)), self.readout, piece=self.piece)
        wide.seconds = self.seconds
        return wide.train(self.training)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits; see the class."""
        if self.piece is None or x.shape[1] <= self.piece or not torch.is_grad_enabled():
            return self.readout(self.core(x)[0])
        outputs, state = [], None
        for part in x.split(self.piece, 1):
            y, state = self.core(part, state)
            state = map_state(_bounded, state)
            outputs.append(y)
        return self.readout(torch.cat(outputs, 1))


def _bounded(state: Tensor) -> Tensor:
    """Return the same numbers; what flows back through them is kept within -1 to 1."""
    if not state.requires_grad:
        return state
    same = state.view_as(state)
    same.register_hook(lambda gradient: gradient.clamp(-1, 1))
    return same


class CausalTransformer(nn.Module):
    r"""A transformer that looks back only: the decoder of Vaswani et al. 2017, without a memory.

    .. math:: h^0_t = W x_t + p_t, \qquad p_{t, 2j} = \sin(t / 10^{8 j / D}), \quad
              p_{t, 2j+1} = \cos(t / 10^{8 j / D})

    then layers of self-attention over the steps up to t. The positions are sines, so that a
    sequence may be longer than any in training. It is called as ``nn.LSTM`` is, and its state is
    ``()``.

    Shapes:
        x ``(B, T, I)`` -> y ``(B, T, D)``, ``()``.

    Raises:
        ValueError: the width is odd, or no multiple of the heads.
    """

    def __init__(self, input_size: int, *, width: int, layers: int, heads: int):
        super().__init__()
        if width % 2 or width % heads:
            raise ValueError(f"width is {width}; give an even multiple of the {heads} heads")
        self.width = width
        self.embed = nn.Linear(input_size, width)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(
            layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False
        )

    def forward(self, x: Tensor, state: tuple[()] = ()) -> tuple[Tensor, tuple[()]]:
        """Return every step's output; see the class."""
        steps = x.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(steps, device=x.device, dtype=x.dtype)
        rates = torch.exp(
            torch.arange(0, self.width, 2, device=x.device, dtype=x.dtype)
            * (-math.log(1e4) / self.width)
        )
        angles = torch.arange(steps, device=x.device, dtype=x.dtype)[:, None] * rates
        places = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
        return self.layers(self.embed(x) + places, mask=mask, is_causal=True), state
