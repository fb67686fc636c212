"""From logits to weights: the functions that turn scores over memory slots into attention.

Each has the signature ``(logits, mask=None) -> weights`` (`Normalize`) and works over the last
axis. `mask` is True where a slot may be read and broadcasts to the logits. A slot that may not be
read gets a weight of exactly 0, whatever stands in its logit (NaN and infinity included), and
passes no gradient; a row with no slot to read gives zeros.

Shape letters: ``N`` slots; ``...`` any leading axes.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = [
    "entmax15",
    "gumbel_softmax",
    "hardmax",
    "softmax",
    "sparsemax",
    "stick_breaking",
    "stick_breaking_log",
    "topk_softmax",
]

Normalize = Callable[[Tensor, Tensor | None], Tensor]
"""What a `recollect.Reader` takes: ``(logits, mask) -> weights``."""


def softmax(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Weigh every slot by the exponential of its logit.

    .. math:: w_i = \exp(z_i) / \textstyle\sum_j \exp(z_j)

    Shapes:
        logits ``(..., N)``, mask broadcasting to it -> weights ``(..., N)``.

    >>> softmax(torch.tensor([0.0, 0.0, 9.0]), torch.tensor([True, True, False]))
    tensor([0.5000, 0.5000, 0.0000])
    """
    if mask is None:
        return logits.softmax(-1)
    return _hide(_lower(logits, mask).softmax(-1), mask)


def sparsemax(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Project the logits onto the simplex, so that far slots get exactly nothing.

    .. math:: w = \arg\min_{p \in \Delta} \lVert p - z \rVert^2 = \max(z - \tau, 0)

    Martins and Astudillo 2016, "From Softmax to Sparsemax", algorithm 1. A slot more than 1 below
    the best one is never in the support.

    Shapes:
        logits ``(..., N)``, mask broadcasting to it -> weights ``(..., N)``.

    >>> sparsemax(torch.tensor([1.0, 0.5, -1.0]))
    tensor([0.7500, 0.2500, 0.0000])
    """
    if logits.shape[-1] == 0:
        return logits
    z = _below_best(_lower(logits, mask))
    with torch.no_grad():
        ordered, ranks = _ordered(z)
        size = (1 + ranks * ordered > ordered.cumsum(-1)).sum(-1, keepdim=True)
        support = z >= ordered.gather(-1, size - 1)
    # Only the support is found without gradients; given it, the threshold is linear in the logits.
    count = support.sum(-1, keepdim=True)
    tau = ((z * support).sum(-1, keepdim=True) - 1) / count
    return _hide((z - tau).clamp_min(0).to(logits.dtype), mask)


def entmax15(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Weigh slots by 1.5-entmax: sparse as `sparsemax`, smooth as `softmax`.

    .. math:: w_i = \max(z_i / 2 - \tau, 0)^2

    Peters, Niculae and Martins 2019, "Sparse Sequence-to-Sequence Models", algorithm 2 (exact, by
    sorting). A slot more than 2 below the best one is never in the support.

    Shapes:
        logits ``(..., N)``, mask broadcasting to it -> weights ``(..., N)``.

    >>> entmax15(torch.tensor([1.0, 1.0, -3.0]))
    tensor([0.5000, 0.5000, 0.0000])
    """
    if logits.shape[-1] == 0:
        return logits
    z = _below_best(_lower(logits, mask) / 2)
    with torch.no_grad():
        ordered, ranks = _ordered(z)
        mean = ordered.cumsum(-1) / ranks
        spread = ordered.square().cumsum(-1) - ranks * mean.square()
        tau = mean - ((1 - spread) / ranks).clamp_min(0).sqrt()
        size = (tau < ordered).sum(-1, keepdim=True)
        support = z >= ordered.gather(-1, size - 1)
    # The square root's argument is at least 1 / count², so its gradient is finite.
    count = support.sum(-1, keepdim=True)
    mean = (z * support).sum(-1, keepdim=True) / count
    spread = ((z - mean).square() * support).sum(-1, keepdim=True)
    tau = mean - ((1 - spread) / count).sqrt()
    return _hide((z - tau).clamp_min(0).square().to(logits.dtype), mask)


def topk_softmax(logits: Tensor, mask: Tensor | None = None, *, k: int = 8) -> Tensor:
    r"""Weigh the `k` best slots by softmax and drop the rest.

    .. math:: w_i = [i \in T] \exp(z_i) / \textstyle\sum_{j \in T} \exp(z_j),
              \qquad T = \mathrm{top}_k(z)

    Rae et al. 2016, "Scaling Memory-Augmented Neural Networks with Sparse Reads and Writes",
    section 3.1. Exactly `k` slots are kept where as many may be read, ties included. Give another
    `k` to a reader with ``functools.partial(topk_softmax, k=4)``.

    Shapes:
        logits ``(..., N)``, mask broadcasting to it -> weights ``(..., N)``, at most `k` of them
        above zero.

    Raises:
        ValueError: `k` is below 1.

    >>> topk_softmax(torch.tensor([2.0, 2.0, 1.0]), k=2)
    tensor([0.5000, 0.5000, 0.0000])
    """
    if k < 1:
        raise ValueError(f"topk_softmax keeps at least one slot, not k={k}; give k >= 1.")
    best = _lower(logits, mask).topk(min(k, logits.shape[-1]), -1).indices
    kept = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, best, True)
    return softmax(logits, kept if mask is None else kept & mask)


def hardmax(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Read the best slot alone, with the gradient of softmax (straight-through).

    .. math:: w = \mathrm{onehot}(\arg\max_i z_i), \qquad
              \partial w / \partial z := \partial\, \mathrm{softmax}(z) / \partial z

    Bengio, Léonard and Courville 2013, "Estimating or Propagating Gradients Through Stochastic
    Neurons", section 4; of equal logits the first is taken.

    Shapes:
        logits ``(..., N)``, mask broadcasting to it -> weights ``(..., N)``, one-hot or zeros.

    >>> hardmax(torch.tensor([1.0, 3.0, 2.0]))
    tensor([0., 1., 0.])
    """
    return _straight_through(_lower(logits, mask), softmax(logits, mask), mask)


def gumbel_softmax(
    logits: Tensor, mask: Tensor | None = None, *, temperature: float = 1.0, hard: bool = True
) -> Tensor:
    r"""Read a slot drawn at random by the softmax of the logits, differentiably.

    .. math:: w = \mathrm{softmax}((z + g) / \tau), \qquad
              g_i = -\log(-\log u_i), \quad u_i \sim U(0, 1)

    Jang, Gu and Poole 2017, "Categorical Reparameterization with Gumbel-Softmax", equation 2. With
    `hard` the weights are one-hot, an exact sample, and the gradient is that of the relaxed weights
    above (straight-through, section 2.2). It draws from torch's default generator, in training and
    in evaluation alike.

    Shapes:
        logits ``(..., N)``, mask broadcasting to it -> weights ``(..., N)``.

    Raises:
        ValueError: `temperature` is not above 0.

    >>> gumbel_softmax(torch.tensor([0.0, 90.0, 0.0]))
    tensor([0., 1., 0.])
    """
    if temperature <= 0:
        raise ValueError(
            f"gumbel_softmax needs temperature > 0, not {temperature}; low is near one-hot."
        )
    wide = _widen(logits)
    # -log of an exponential variate is a Gumbel one; tiny keeps a draw of 0 from becoming infinite.
    noise = -torch.empty_like(wide).exponential_().clamp_min(torch.finfo(wide.dtype).tiny).log()
    noisy = (wide + noise) / temperature
    weights = softmax(noisy, mask)
    return (_straight_through(_lower(noisy, mask), weights, mask) if hard else weights).to(
        logits.dtype
    )


def stick_breaking(logits: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Read the latest slot that matches; where none does, read nothing.

    .. math:: w_t = p_t \prod_{t' > t} (1 - p_{t'}), \qquad p = \sigma(z)

    Read from the last slot backwards, :math:`p_t` is the probability that slot `t` matches, and
    :math:`w_t` that it is the latest to do so. The weights sum to at most 1; the rest,
    :math:`\prod_t (1 - p_t)`, is the probability that no slot matches. The mask takes a slot out of
    the sequence.

    Shapes:
        logits ``(..., N)`` in the order of time, mask broadcasting to it -> weights ``(..., N)``.

    >>> stick_breaking(torch.tensor([9.0, 9.0, -9.0])).round(decimals=2)
    tensor([0., 1., 0.])
    """
    # Zeros, not the floor of `_lower`: a NaN there would pass through the backward of logsigmoid.
    wide = _widen(logits if mask is None else logits.masked_fill(~mask, 0))
    return stick_breaking_log(F.logsigmoid(wide), F.logsigmoid(-wide), mask).exp().to(logits.dtype)


def stick_breaking_log(log_p: Tensor, log_not_p: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Give the logarithm of the `stick_breaking` weights, from those of the matches.

    .. math:: \log w_t = \log p_t + \textstyle\sum_{t' > t} \log(1 - p_{t'})

    For matches that are products of several probabilities, whose two logarithms are known better
    than a logit is. The log-probability that nothing matches is ``log_not_p.sum(-1)`` over the
    slots that may be read. It is not a `Normalize`: masked slots get minus infinity.

    Shapes:
        log_p, log_not_p ``(..., N)``, mask broadcasting to them -> log-weights ``(..., N)``.
    """
    if mask is not None:
        log_not_p = log_not_p.masked_fill(~mask, 0)
    # The later slots are summed directly; a total less a prefix would cancel near-certain matches.
    later = F.pad(log_not_p[..., 1:], (0, min(1, log_not_p.shape[-1]))).flip(-1).cumsum(-1).flip(-1)
    log_weights = log_p + later
    return log_weights if mask is None else log_weights.masked_fill(~mask, -torch.inf)


def _lower(logits: Tensor, mask: Tensor | None) -> Tensor:
    """Put masked logits below all others, but finite: minus infinities would make NaN gradients."""
    return logits if mask is None else logits.masked_fill(~mask, torch.finfo(logits.dtype).min)


def _hide(weights: Tensor, mask: Tensor | None) -> Tensor:
    return weights if mask is None else weights.masked_fill(~mask, 0)


def _widen(logits: Tensor) -> Tensor:
    """Half precision is too coarse for running sums; they are taken in float32."""
    return logits if logits.dtype in (torch.float32, torch.float64) else logits.float()


def _below_best(logits: Tensor) -> Tensor:
    """Measure logits from the best one; cut at -2, below every threshold, none is large."""
    z = _widen(logits)
    return (z - z.detach().amax(-1, keepdim=True)).clamp_min(-2)


def _ordered(z: Tensor) -> tuple[Tensor, Tensor]:
    ranks = torch.arange(1, z.shape[-1] + 1, device=z.device, dtype=z.dtype)
    return z.sort(-1, descending=True).values, ranks


def _straight_through(logits: Tensor, soft: Tensor, mask: Tensor | None) -> Tensor:
    if logits.shape[-1] == 0:
        return soft
    hard = torch.zeros_like(soft).scatter(-1, logits.argmax(-1, keepdim=True), 1.0)
    # The parenthesis is exactly zero, so that the sum is exactly one-hot.
    return _hide(hard + (soft - soft.detach()), mask)
