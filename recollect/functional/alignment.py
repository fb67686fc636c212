"""What an alignment looks like, in numbers, and losses that shape it.

An alignment is the weights of all output steps over all slots. Padding is told by lengths.

Shape letters: ``T`` output steps, ``N`` slots; ``...`` leading axes.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from recollect.functional.masks import length_mask

__all__ = [
    "alignment_error_rate",
    "coverage",
    "coverage_loss",
    "diagonality",
    "doubly_stochastic_loss",
    "entropy",
    "guided_loss",
    "monotonicity",
]


def _steps(weights: Tensor, targets: Tensor | None) -> Tensor:
    """Which output steps count, as ``(..., T)`` numbers."""
    if targets is None:
        return weights.new_ones(weights.shape[:-1])
    return length_mask(targets, weights.shape[-2]).to(weights.dtype).expand(weights.shape[:-1])


def entropy(weights: Tensor) -> Tensor:
    r"""Tell how spread out the weights of a step are, in nats.

    .. math:: H_t = -\sum_j \alpha_{tj} \log \alpha_{tj}

    Shapes:
        weights ``(..., N)`` -> ``(...)``, from 0 (one slot) to :math:`\log N` (all alike).

    >>> entropy(torch.tensor([0.5, 0.5, 0.0]))
    tensor(0.6931)
    """
    # the gradient of x log x at 0 is infinite; torch.special.entr has it 0 in value only
    return -(weights * weights.clamp(min=torch.finfo(weights.dtype).tiny).log()).sum(-1)


def coverage(weights: Tensor, *, targets: Tensor | None = None) -> Tensor:
    r"""Tell how much each slot was read in all.

    .. math:: c_j = \sum_t \alpha_{tj}

    Tu et al. 2016, "Modeling coverage for neural machine translation", section 3.

    Shapes:
        weights ``(..., T, N)``, targets ``(...)`` the number of steps that count, or None ->
        ``(..., N)``.
    """
    return (weights * _steps(weights, targets).unsqueeze(-1)).sum(-2)


def _centres(weights: Tensor) -> Tensor:
    """The mean position of each step's weights, in slots."""
    at = torch.arange(weights.shape[-1], dtype=weights.dtype, device=weights.device)
    return (weights @ at) / weights.sum(-1).clamp(min=1e-6)


def _wide(weights: Tensor) -> Tensor:
    """Weights in a type that tells positions apart: bfloat16 has no 257."""
    return weights.to(torch.promote_types(weights.dtype, torch.float32))


def monotonicity(weights: Tensor, *, targets: Tensor | None = None) -> Tensor:
    r"""Tell the share of steps whose centre does not go back; steps that read nothing do not count.

    .. math:: \frac{1}{T - 1} \sum_{t > 1} [\, \mu_t \ge \mu_{t-1} \,], \qquad
              \mu_t = \sum_j j \, \alpha_{tj}

    Shapes:
        weights ``(..., T, N)``, targets ``(...)`` or None -> ``(...)``, 1 for a single step.

    >>> monotonicity(torch.eye(4)), monotonicity(torch.eye(4).flip(0))
    (tensor(1.), tensor(0.))
    """
    if weights.shape[-2] < 2:
        return weights.new_ones(weights.shape[:-2])
    weights = _wide(weights)
    centres, reads = _centres(weights), weights.sum(-1) > 0
    at = torch.arange(weights.shape[-2], device=weights.device).expand(reads.shape)
    # each step is held against the last one before it that read anything
    last = torch.where(reads, at, -1).cummax(-1).values[..., :-1]
    before = centres.gather(-1, last.clamp(min=0))
    onward = (centres[..., 1:] >= before - 1e-6).to(weights.dtype)
    counts = _steps(weights, targets)[..., 1:] * (reads[..., 1:] & (last >= 0))
    some = counts.sum(-1)
    share = (onward * counts).sum(-1) / some.clamp(min=1)
    return torch.where(some > 0, share, torch.ones_like(share))


def diagonality(
    weights: Tensor, *, sources: Tensor | None = None, targets: Tensor | None = None
) -> Tensor:
    r"""Tell how near the weights lie to the straight line from the first to the last corner.

    .. math:: 1 - \frac{1}{T} \sum_{t,j} \alpha_{tj}
              \left| \frac{j}{N - 1} - \frac{t}{T - 1} \right|

    Shapes:
        weights ``(..., T, N)``, sources and targets ``(...)`` the slots and steps that count, or
        None -> ``(...)``, 1 on the line.

    >>> diagonality(torch.eye(5))
    tensor(1.)
    """
    weights = _wide(weights)
    away = _away(weights, sources, targets).abs()
    steps = _steps(weights, targets)
    off = (weights * away).sum(-1) * steps
    return 1 - off.sum(-1) / steps.sum(-1).clamp(min=1)


def _away(weights: Tensor, sources: Tensor | None, targets: Tensor | None) -> Tensor:
    """How far each cell lies from the diagonal, as a share of the whole: ``(..., T, N)``."""
    steps, slots = weights.shape[-2:]
    kind = {"dtype": weights.dtype, "device": weights.device}
    wide = torch.tensor(slots, **kind) if sources is None else sources.to(weights.dtype)
    high = torch.tensor(steps, **kind) if targets is None else targets.to(weights.dtype)
    across = torch.arange(slots, **kind) / (wide.unsqueeze(-1) - 1).clamp(min=1)
    down = torch.arange(steps, **kind) / (high.unsqueeze(-1) - 1).clamp(min=1)
    return across.unsqueeze(-2) - down.unsqueeze(-1)


def guided_loss(
    weights: Tensor,
    *,
    sources: Tensor | None = None,
    targets: Tensor | None = None,
    width: float = 0.2,
) -> Tensor:
    r"""Penalize weight far from the diagonal, for tasks whose output follows the input.

    .. math:: \frac{1}{T} \sum_{t,j} \alpha_{tj} \left( 1 - \exp
              \frac{-(j / (N-1) - t / (T-1))^2}{2 g^2} \right)

    Tachibana, Uenoyama and Aihara 2018, "Efficiently trainable text-to-speech system based on
    deep convolutional networks with guided attention", equation 6; here a mean over steps, and the
    line goes from corner to corner.

    Shapes:
        weights ``(..., T, N)``, sources and targets ``(...)`` or None, width g -> ``(...)``.
    """
    weights = _wide(weights)
    far = 1 - (-_away(weights, sources, targets).square() / (2 * width**2)).exp()
    steps = _steps(weights, targets)
    return ((weights * far).sum(-1) * steps).sum(-1) / steps.sum(-1).clamp(min=1)


def doubly_stochastic_loss(
    weights: Tensor, *, sources: Tensor | None = None, targets: Tensor | None = None
) -> Tensor:
    r"""Ask that every slot be read as much as the others over the whole output.

    .. math:: \frac{1}{N} \sum_j \left( \tau - \sum_t \alpha_{tj} \right)^2, \qquad \tau = T / N

    Xu et al. 2015, "Show, attend and tell", section 4.2.1, where :math:`\tau` is 1; with far more
    slots than steps that cannot be reached, hence the share of each.

    Shapes:
        weights ``(..., T, N)``, sources and targets ``(...)`` or None -> ``(...)``.
    """
    read = coverage(weights, targets=targets)
    slots = weights.shape[-1]
    readable = read.new_ones(read.shape)
    if sources is not None:
        readable = length_mask(sources, slots).to(read.dtype).expand(read.shape)
    count = readable.sum(-1, keepdim=True).clamp(min=1)
    share = _steps(weights, targets).sum(-1, keepdim=True) / count
    return ((share - read).square() * readable).sum(-1) / count.squeeze(-1)


def coverage_loss(weights: Tensor, *, targets: Tensor | None = None) -> Tensor:
    r"""Penalize reading again what was read before.

    .. math:: \frac{1}{T} \sum_t \sum_j \min(\alpha_{tj}, c_{tj}), \qquad
              c_t = \sum_{t' < t} \alpha_{t'}

    See, Liu and Manning 2017, "Get to the point", equation 12.

    Shapes:
        weights ``(..., T, N)``, targets ``(...)`` or None -> ``(...)``.
    """
    before = weights.cumsum(-2) - weights
    steps = _steps(weights, targets)
    again = torch.minimum(weights, before).sum(-1) * steps
    return again.sum(-1) / steps.sum(-1).clamp(min=1)


def alignment_error_rate(
    aligned: Iterable[tuple[int, int]],
    sure: Iterable[tuple[int, int]],
    possible: Iterable[tuple[int, int]] | None = None,
) -> float:
    r"""Compare links between words with those of a person.

    .. math:: 1 - \frac{|A \cap S| + |A \cap P|}{|A| + |S|}

    Och and Ney 2003, "A systematic comparison of various statistical alignment models", equation
    28. Sure links are possible ones too; `possible` of None are the sure ones.

    Shapes:
        links are pairs of positions (step, slot) -> a number from 0 (alike) to 1.

    Raises:
        ValueError: neither side has a link.

    >>> alignment_error_rate([(0, 0), (1, 2)], [(0, 0), (1, 1)])
    0.5
    """
    a, s = set(aligned), set(sure)
    p = s if possible is None else s | set(possible)
    if not a and not s:
        raise ValueError("no links on either side: an error rate needs at least one.")
    return 1 - (len(a & s) + len(a & p)) / (len(a) + len(s))
