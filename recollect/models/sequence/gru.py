"""A GRU layer over sequences of given lengths, in the kernel where there is one.

Shape letters: ``B`` batch, ``T`` steps, ``D`` input width, ``H`` width.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.cells.base import mapped

__all__ = ["run_gru"]


def run_gru(
    rnn: nn.GRU, x: Tensor, *, start: Tensor | None = None, lengths: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Run a GRU over a batch of sequences, each up to its length, which may be 0.

    In float32 on the CPU it runs in `recollect.kernels.gru`, otherwise in torch's own; both give
    the same, but for the noise of the dropout between layers.

    Shapes:
        x ``(B, T, D)``, start ``(layers * directions, B, H)`` or None for zeros, lengths ``(B,)``
        or None for all ``T`` -> states ``(B, T, directions * H)``, zeros behind a sequence's end,
        and the last ones ``(layers * directions, B, H)``.
    """
    ways = 2 if rnn.bidirectional else 1
    batch, steps = x.shape[:2]
    if start is None:
        start = x.new_zeros(rnn.num_layers * ways, batch, rnn.hidden_size)
    if not steps or not batch:
        return x.new_zeros(batch, steps, ways * rnn.hidden_size), start
    if _fused(rnn, x, start):
        return _kernel(rnn, x, start, lengths)
    if lengths is None:
        return rnn(x, start)
    # torch takes no sequence without a step: the first of one is run, and forgotten
    packed = nn.utils.rnn.pack_padded_sequence(
        x, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
    )
    out, last = rnn(packed, start)
    states, _ = nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=steps)
    some = lengths > 0
    return states * some.view(-1, 1, 1), torch.where(some.unsqueeze(-1), last, start)


def _fused(rnn: nn.GRU, x: Tensor, start: Tensor) -> bool:
    """Say whether the kernel runs it; a step or two are not worth the way in and out."""
    if not rnn.bias or x.shape[1] < 3 or torch.compiler.is_compiling():
        return False
    # under autocast, in bfloat16, x and start may be of it too
    kinds = (torch.float32, torch.bfloat16) if _half() else (torch.float32,)
    weight: Tensor = rnn.all_weights[0][0]
    readable = weight.dtype == torch.float32 and x.dtype in kinds and start.dtype in kinds
    return readable and x.is_cpu and weight.is_cpu and not mapped(x, start, weight) and _numba()


def _half() -> bool:
    return torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16


def _kernel(rnn: nn.GRU, x: Tensor, start: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    from recollect.kernels.gru import recur  # Numba: only where it is used

    (batch, steps), order = x.shape[:2], None
    counts = [batch] * steps
    if lengths is not None:
        lengths = lengths.cpu()
        counts = (lengths.unsqueeze(1) > torch.arange(steps)).sum(0).tolist()
        if bool((lengths[1:] > lengths[:-1]).any()):
            order = lengths.argsort(descending=True, stable=True)
            x, start = x.index_select(0, order), start.index_select(1, order)
    x, start, lasts = x.transpose(0, 1), start.float(), []
    ways = 2 if rnn.bidirectional else 1
    for layer in range(rnn.num_layers):
        outs = []
        for place in range(ways * layer, ways * (layer + 1)):
            w_in, w_state, b_in, b_state = rnn.all_weights[place]
            share = F.linear(x, w_in, b_in).float()
            back = place % ways == 1
            states, last = recur(
                share, w_state, b_state, start[place], counts=counts, back=back, half=_half()
            )
            outs.append(states)
            lasts.append(last)
        x = outs[0] if ways == 1 else torch.cat(outs, -1)
        if layer + 1 < rnn.num_layers:
            x = F.dropout(x, rnn.dropout, rnn.training)
    out = x.transpose(0, 1)
    last = torch.stack(lasts)
    if order is not None:
        back = order.argsort()
        out, last = out.index_select(0, back), last.index_select(1, back)
    return out, last


@cache
def _numba() -> bool:
    return find_spec("numba") is not None
