"""Copying words from the source: a mixture of generating and pointing, in log space.

Shape letters: ``N`` source positions, ``V`` vocabulary, ``E`` the source's own words beyond it;
``...`` leading axes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.functional.monotonic import NEVER

__all__ = ["copied_share", "copy_likelihood", "copy_mixture", "pointed"]


def pointed(weights: Tensor, ids: Tensor, size: int) -> Tensor:
    r"""Add up the weights of the positions at which each word stands.

    .. math:: P(w) = \sum_{i : x_i = w} \alpha_i

    Vinyals, Fortunato and Jaitly 2015, "Pointer networks"; Gu et al. 2016, "CopyNet".

    Shapes:
        weights ``(..., N)``, ids ``(..., N)`` integer below `size`, broadcasting ->
        ``(..., size)``.

    >>> pointed(torch.tensor([0.5, 0.2, 0.3]), torch.tensor([1, 0, 1]), 3)
    tensor([0.2000, 0.8000, 0.0000])
    """
    out = weights.new_zeros(*weights.shape[:-1], size)
    return out.scatter_add(-1, ids.expand(weights.shape), weights)


def copy_mixture(
    log_vocabulary: Tensor, weights: Tensor, gate: Tensor, ids: Tensor, *, extra: int = 0
) -> Tensor:
    r"""Mix generating a word of the vocabulary with copying one of the source.

    .. math:: P(w) = \sigma(g) \, P_V(w) + \sigma(-g) \sum_{i : x_i = w} \alpha_i

    See, Liu and Manning 2017, "Get to the point", equation 9, over the vocabulary and the words
    that only the source has, numbered from V on. In log space: a gate that saturates, or weights
    that are all 0, give neither NaN nor a loss of infinity. What the weights lack to 1 is
    generated: where nothing may be read, everything.

    Shapes:
        log_vocabulary ``(..., V)``, weights ``(..., N)``, gate logits ``(..., 1)``, ids
        ``(..., N)`` below V + extra -> log-probabilities ``(..., V + extra)``, about -10,000 where
        there is no chance.

    >>> mixed = copy_mixture(
    ...     torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0]), torch.zeros(1), torch.tensor([2]),
    ...     extra=1)
    >>> mixed.exp()
    tensor([0.2500, 0.2500, 0.5000])
    """
    size = log_vocabulary.shape[-1] + extra
    generate, copy = _ways(gate, weights)
    log_copied = _log(pointed(weights, ids, size))
    log_generated = F.pad(log_vocabulary, (0, extra), value=NEVER)
    return torch.logaddexp(generate + log_generated, copy + log_copied).clamp(min=NEVER)


def copy_likelihood(
    log_vocabulary: Tensor, weights: Tensor, gate: Tensor, ids: Tensor, said: Tensor
) -> Tensor:
    r"""Return the log-probability of one word each, without making the mixture of all words.

    .. math:: \log P(y), \qquad P \text{ of } \texttt{copy\_mixture}

    Shapes:
        as for `copy_mixture`, and said ``(...)``, the words -> ``(...)``.

    >>> copy_likelihood(
    ...     torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0]), torch.zeros(1), torch.tensor([2]),
    ...     torch.tensor(2)).exp()
    tensor(0.5000)
    """
    generated, copied = _each_way(log_vocabulary, weights, gate, ids, said)
    return torch.logaddexp(generated, copied).clamp(min=NEVER)


def copied_share(
    log_vocabulary: Tensor, weights: Tensor, gate: Tensor, ids: Tensor, said: Tensor
) -> Tensor:
    r"""Tell how likely a word that was said was copied and not generated.

    .. math:: \frac{\sigma(-g) \sum_{i : x_i = y} \alpha_i}{P(y)}

    Shapes:
        as for `copy_likelihood` -> ``(...)`` in [0, 1].

    >>> copied_share(
    ...     torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0]), torch.zeros(1), torch.tensor([0]),
    ...     torch.tensor([0, 1]))
    tensor([0.6667, 0.0000])
    """
    generated, copied = _each_way(log_vocabulary, weights, gate, ids, said)
    return (copied - generated).sigmoid()


def _each_way(
    log_vocabulary: Tensor, weights: Tensor, gate: Tensor, ids: Tensor, said: Tensor
) -> tuple[Tensor, Tensor]:
    """Log-probabilities of generating and of copying the words that were said."""
    vocab = log_vocabulary.shape[-1]
    generate, copy = _ways(gate, weights)
    known = said < vocab
    index = said.clamp(max=vocab - 1).unsqueeze(-1)
    shape = (*said.shape, vocab)
    generated = log_vocabulary.expand(shape).gather(-1, index).squeeze(-1)
    generated = generate.squeeze(-1) + generated.masked_fill(~known, NEVER)
    found = (weights * (ids == said.unsqueeze(-1))).sum(-1)
    return generated, copy.squeeze(-1) + _log(found)


def _ways(gate: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities of the two ways, ``(..., 1)``: what the weights lack is generated."""
    lacking = (1 - weights.sum(-1, keepdim=True)).clamp(min=0)
    copy = F.logsigmoid(-gate)
    return torch.logaddexp(F.logsigmoid(gate), copy + _log(lacking)), copy


def _log(x: Tensor) -> Tensor:
    """The logarithm; that of 0 is kept away from the gradient, not only from the value."""
    some = x > 0
    return torch.where(some, x, torch.ones_like(x)).log().masked_fill(~some, NEVER)
