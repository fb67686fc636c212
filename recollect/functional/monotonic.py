"""Attention that only moves forward: what one output step does with the weights of the step before.

Each function takes the energies of one output step and the weights of the last, and returns those
of this one; the expectation over all monotonic alignments is exact, so that it can be trained.

Shape letters: ``N`` slots, ``W`` chunk width; ``...`` leading axes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["chunkwise", "first_slot", "hard_monotonic", "monotonic", "stepwise_monotonic"]

# exp(NEVER) is 0 in every dtype and its sums stay finite, so that gradients do too.
NEVER = -1e4


def first_slot(energy: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Return the weights before the first step: all on the first slot that may be read.

    .. math:: \alpha_{0,j} = [\, j = \min \{ i : m_i \} \,]

    Raffel et al. 2017, section 2.3.

    Shapes:
        energy ``(..., N)``, mask the same or None -> weights ``(..., N)``; zeros where nothing
        may be read.

    >>> first_slot(torch.zeros(3), torch.tensor([False, True, True]))
    tensor([0., 1., 0.])
    """
    readable = torch.ones_like(energy, dtype=torch.bool) if mask is None else mask
    readable = readable.expand(energy.shape)
    return (readable & (readable.cumsum(-1) == 1)).to(energy.dtype)


def monotonic(energy: Tensor, last: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Expect where a reader stops that goes on from where it stopped last.

    .. math:: p_{ij} = \sigma(e_{ij}), \qquad
              \alpha_{ij} = p_{ij} \sum_{k \le j} \alpha_{i-1,k} \prod_{l=k}^{j-1} (1 - p_{il})

    Raffel et al. 2017, "Online and linear-time attention by enforcing monotonic alignments",
    equation 9. Computed as a cumulative log-sum in float64: the published product form loses all
    its mass from some hundred slots on. What is missing from a sum of 1 is the probability that no
    slot is chosen.

    Shapes:
        energy, last ``(..., N)``, mask broadcasting to them or None -> weights ``(..., N)``, with
        a sum of at most that of `last`.

    >>> last = torch.tensor([1.0, 0.0, 0.0])
    >>> monotonic(torch.zeros(3), last)
    tensor([0.5000, 0.2500, 0.1250])
    """
    e = energy.double()
    if mask is not None:
        e = e.masked_fill(~mask, 0)  # whatever stands there, it may be infinite
    log_stop, log_go = F.logsigmoid(e), F.logsigmoid(-e)
    if mask is not None:
        log_stop, log_go = log_stop.masked_fill(~mask, NEVER), log_go.masked_fill(~mask, 0)
    passed = log_go.cumsum(-1) - log_go  # log-probability to pass all slots before this one
    reached = (last.double().clamp(min=1e-300).log() - passed).logcumsumexp(-1) + passed
    weights = (log_stop + reached).exp()
    if mask is not None:
        weights = weights.masked_fill(~mask, 0)
    return weights.to(energy.dtype)


def hard_monotonic(energy: Tensor, last: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Stop at the first slot, from the last one on, with more than even odds.

    .. math:: t_i = \min \{ j \ge t_{i-1} : \sigma(e_{ij}) > 1/2 \}

    Raffel et al. 2017, section 2.2: decoding in linear time. Where no slot is chosen the weights
    are zeros, and stay so.

    Shapes:
        energy, last ``(..., N)``, `last` one-hot or zeros, mask broadcasting to them or None ->
        weights ``(..., N)``, one-hot or zeros.

    >>> hard_monotonic(torch.tensor([3.0, -1.0, 2.0, 2.0]), torch.tensor([0.0, 1.0, 0.0, 0.0]))
    tensor([0., 0., 1., 0.])
    """
    chosen = (energy > 0) & (last.cumsum(-1) > 0)
    if mask is not None:
        chosen = chosen & mask
    return (chosen & (chosen.cumsum(-1) == 1)).to(energy.dtype)


def stepwise_monotonic(energy: Tensor, last: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Expect where a reader is that stays or takes one step forward.

    .. math:: \alpha_{ij} = \alpha_{i-1,j} p_{ij} + \alpha_{i-1,j-1} (1 - p_{i,j-1})

    He, Deng and He 2019, "Robust sequence-to-sequence acoustic modeling with stepwise monotonic
    attention", equation 8. At the last slot that may be read it stays, so that no mass is lost; a
    slot that may not be read counts as the end, as the padding behind a source does.

    Shapes:
        energy, last ``(..., N)``, mask broadcasting to them or None -> weights ``(..., N)``.

    >>> stepwise_monotonic(torch.zeros(3), torch.tensor([1.0, 0.0, 0.0]))
    tensor([0.5000, 0.5000, 0.0000])
    """
    readable = torch.ones_like(energy, dtype=torch.bool) if mask is None else mask
    stay = energy.masked_fill(~readable, 0).sigmoid()  # whatever stands there may be infinite
    onward = F.pad(readable.expand(energy.shape)[..., 1:], (0, 1))
    stay = torch.where(onward, stay, torch.ones_like(stay))
    weights = last * stay + F.pad((last * (1 - stay))[..., :-1], (1, 0))
    return weights if mask is None else weights * mask


def chunkwise(energy: Tensor, stops: Tensor, width: int, mask: Tensor | None = None) -> Tensor:
    r"""Spread each stop over the chunk of slots that ends there, by a softmax within the chunk.

    .. math:: \beta_{ij} = \sum_{k=j}^{j+W-1} \alpha_{ik}
              \frac{\exp u_{ij}}{\sum_{l=k-W+1}^{k} \exp u_{il}}

    Chiu and Raffel 2018, "Monotonic chunkwise attention", equation 23.

    Shapes:
        energy u and stops :math:`\alpha` ``(..., N)``, mask broadcasting to them or None ->
        weights ``(..., N)`` with the sum of `stops`.

    Raises:
        ValueError: `width` is below 1.

    >>> chunkwise(torch.zeros(3), torch.tensor([0.0, 0.0, 1.0]), 2)
    tensor([0.0000, 0.5000, 0.5000])
    """
    if width < 1:
        raise ValueError(f"a chunk has at least one slot, not {width}: give width=1 or more.")
    if not energy.shape[-1]:
        return torch.zeros_like(energy)
    u = energy if mask is None else energy.masked_fill(~mask, NEVER)
    chunks = F.pad(u, (width - 1, 0), value=NEVER).unfold(-1, width, 1)  # (..., N, W) ending at k
    share = (chunks - chunks.logsumexp(-1, keepdim=True)).exp() * stops.unsqueeze(-1)
    # share[k, c] belongs to slot k - (W - 1) + c: sum along these diagonals
    slots = energy.shape[-1]
    out = torch.zeros_like(u)
    for c in range(width):
        back = width - 1 - c
        if back < slots:
            out = out + F.pad(share[..., back:, c], (0, back))
    return out if mask is None else out.masked_fill(~mask, 0)
