"""Alignments as hidden variables: their exact sums, and estimates where a sum is too dear.

A decoder that reads one slot at a time has a hidden choice at every step. The likelihood of what it
writes is the sum over all choices.

Shape letters: ``T`` output steps, ``N`` slots, ``S`` samples; ``...`` leading axes.
"""

import torch
from torch import Tensor

from recollect.functional.monotonic import NEVER

__all__ = [
    "elbo",
    "marginal",
    "monotone_forward",
    "monotone_likelihood",
    "monotone_step",
    "monotone_transitions",
    "reinforce",
]


def marginal(log_weights: Tensor, log_emissions: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Sum a step's likelihood over the slot that it read.

    .. math:: \log p(y_t) = \log \sum_j \alpha_{tj} \, p(y_t \mid s_t, h_j)

    Wu, Shapiro and Cotterell 2018, "Hard non-monotonic attention for character-level transduction",
    equation 4: exact where the decoder's state does not depend on the choice, since the sum over
    sequences of choices is then the product of the sums.

    Shapes:
        log_weights, log_emissions ``(..., T, N)``, mask broadcasting to them or None ->
        log-likelihoods ``(..., T)``; no slot to read gives about -10,000. The logarithm of a
        weight of 0 has no gradient: take ``weights.clamp(min=1e-30).log()``.

    >>> marginal(torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.2, 0.4]]).log()).exp()
    tensor([0.3000])
    """
    both = log_weights + log_emissions
    if mask is not None:
        both = both.masked_fill(~mask, NEVER)
    if not both.shape[-1]:
        return both.new_full(both.shape[:-1], NEVER)
    return both.logsumexp(-1)


def monotone_transitions(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Turn scores of jumps into log-probabilities of staying or going forward.

    .. math:: \log A_{ij} = s_{ij} - \log \sum_{k \ge i} \exp s_{ik}, \qquad j \ge i

    Wu and Cotterell 2019, "Exact hard monotonic attention for character-level transduction",
    section 3.2.

    Shapes:
        scores ``(..., N, N)`` from slot to slot, mask of the slots ``(..., N)`` or None ->
        ``(..., N, N)``, about -10,000 where no jump leads.
    """
    slots = scores.shape[-1]
    allowed = torch.ones(slots, slots, dtype=torch.bool, device=scores.device).triu()
    if mask is not None:
        allowed = allowed & mask.unsqueeze(-2)
    scores = scores.masked_fill(~allowed, NEVER)
    return scores.log_softmax(-1).masked_fill(~allowed, NEVER)


def monotone_forward(
    log_start: Tensor,
    log_transitions: Tensor,
    log_emissions: Tensor,
    *,
    steps: Tensor | None = None,
) -> Tensor:
    r"""Sum the likelihood of a whole sequence over all monotone sequences of slots.

    .. math:: \alpha_1 = A_0 \odot e_1, \qquad \alpha_t = (\alpha_{t-1} A_t) \odot e_t, \qquad
              \log p(y) = \log \sum_j \alpha_{Tj}

    Wu and Cotterell 2019, section 3.1: the forward algorithm of a hidden Markov model, in log
    space, in :math:`O(T N^2)`.

    Shapes:
        log_start ``(..., N)``, log_transitions ``(..., T - 1, N, N)`` (the first is from step 1 to
        step 2), log_emissions ``(..., T, N)``, steps ``(...)`` integer, how many steps of each
        sequence count, or None -> log-likelihood ``(...)``.
    """
    alpha = log_start + log_emissions[..., 0, :]
    for t in range(1, log_emissions.shape[-2]):
        moved = (alpha.unsqueeze(-1) + log_transitions[..., t - 1, :, :]).logsumexp(-2)
        after = moved + log_emissions[..., t, :]
        alpha = after if steps is None else torch.where((t < steps).unsqueeze(-1), after, alpha)
    return alpha.logsumexp(-1)


def monotone_step(belief: Tensor, scores: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Go on from a belief about the last slot to one about the next, never backwards.

    .. math:: \log b'_j = s_j + \log \sum_{i \le j} \frac{b_i}{\sum_{k \ge i} \exp s_k}

    One step of `monotone_forward` where the score of a jump is that of the slot it leads to, in
    :math:`O(N)`: no transition is written down.

    Shapes:
        log-belief and scores ``(..., N)``, mask broadcasting to them or None -> ``(..., N)``, about
        -10,000 where no slot may be read.

    >>> monotone_step(torch.tensor([1.0, 1e-30]).log(), torch.tensor([0.0, 0.0])).exp()
    tensor([0.5000, 0.5000])
    """
    if mask is not None:
        scores = scores.masked_fill(~mask, NEVER)
    ahead = scores.flip(-1).logcumsumexp(-1).flip(-1)
    left = belief - ahead
    if mask is not None:
        left = left.masked_fill(~mask, NEVER)
    moved = scores + left.logcumsumexp(-1)
    return moved if mask is None else moved.masked_fill(~mask, NEVER)


def monotone_likelihood(
    scores: Tensor,
    log_emissions: Tensor,
    mask: Tensor | None = None,
    *,
    steps: Tensor | None = None,
) -> Tensor:
    r"""Sum the likelihood of a whole sequence over all monotone sequences of scored slots.

    .. math:: \log p(y) = \log \sum_{z_1 \le \ldots \le z_T} \prod_t
              \frac{\exp s_{t z_t}}{\sum_{k \ge z_{t-1}} \exp s_{tk}} \, e_{t z_t}

    What `monotone_forward` gives on `monotone_transitions` of these scores, in :math:`O(T N)`:
    thousands of slots need no square of them.

    Shapes:
        scores and log_emissions ``(..., T, N)``, mask broadcasting to them or None, steps ``(...)``
        integer, how many steps of each sequence count, or None -> log-likelihood ``(...)``.
    """
    if mask is not None:
        mask = mask.expand(scores.shape)
        scores, log_emissions = (x.masked_fill(~mask, NEVER) for x in (scores, log_emissions))
    alpha = scores[..., 0, :].log_softmax(-1) + log_emissions[..., 0, :]
    for t in range(1, scores.shape[-2]):
        readable = None if mask is None else mask[..., t, :]
        after = monotone_step(alpha, scores[..., t, :], readable) + log_emissions[..., t, :]
        alpha = after if steps is None else torch.where((t < steps).unsqueeze(-1), after, alpha)
    return alpha.logsumexp(-1)


def reinforce(log_chosen: Tensor, rewards: Tensor, *, baseline: Tensor | None = None) -> Tensor:
    r"""Give the loss whose gradient is the score-function estimate of a sampled choice's.

    .. math:: L = -\frac{1}{S} \sum_s \log p(z_s) \, (r_s - b_s), \qquad
              b_s = \frac{1}{S - 1} \sum_{s' \ne s} r_{s'}

    Williams 1992; with the other samples as baseline, Kool, van Hoof and Welling 2019. In
    expectation the gradient is that of :math:`-\mathbb{E}[r]`, whatever the baseline. Rewards take
    no gradient here.

    Shapes:
        log_chosen, rewards ``(S, ...)``, baseline broadcasting to them; None with one sample is 0
        -> loss ``(...)``.

    >>> log_p = torch.tensor([[-1.0], [-1.0]], requires_grad=True)
    >>> reinforce(log_p, torch.tensor([[1.0], [0.0]])).sum().backward()
    >>> log_p.grad.flatten()
    tensor([-0.5000,  0.5000])
    """
    rewards = rewards.detach()
    samples = rewards.shape[0]
    if baseline is None:
        others = rewards.sum(0, keepdim=True) - rewards
        baseline = others / (samples - 1) if samples > 1 else torch.zeros_like(rewards)
    return -(log_chosen * (rewards - baseline.detach())).mean(0)


def elbo(
    log_posterior: Tensor, log_weights: Tensor, log_emissions: Tensor, mask: Tensor | None = None
) -> Tensor:
    r"""Bound a step's log-likelihood from below with a posterior that has seen the output.

    .. math:: \log p(y_t) \ge \sum_j q_{tj} \bigl( \log p(y_t \mid h_j) + \log \alpha_{tj}
              - \log q_{tj} \bigr)

    Deng et al. 2018, "Latent alignment and variational attention", equation 4, by enumeration. It
    equals `marginal` where q is the true posterior.

    Shapes:
        log_posterior, log_weights, log_emissions ``(..., T, N)``, mask broadcasting to them or None
        -> bound ``(..., T)``.
    """
    # what q gives no chance to counts nothing, even where a logarithm is infinite: 0 log 0 = 0
    log_q, log_p, log_w = (
        (x if mask is None else x.masked_fill(~mask, NEVER)).clamp(min=NEVER)
        for x in (log_posterior, log_emissions, log_weights)
    )
    return (log_q.exp() * (log_p + log_w - log_q)).sum(-1)
