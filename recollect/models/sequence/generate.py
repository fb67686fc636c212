"""Saying something, greedily or by sampling, over any decoder; see `beams` for the search.

Every source of a batch gets what it would get alone, but for what `sample` draws. `PAD` and `BOS`
are never said.

Shape letters: ``B`` batch, ``T`` steps, ``N`` source positions, ``V`` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from recollect.mechanisms import reorder
from recollect.models.sequence.decoder import BOS, EOS, PAD, Decoder
from recollect.models.sequence.encoder import Encoded

__all__ = ["Generated", "greedy", "sample"]


class Generated(NamedTuple):
    """What was said.

    Shapes:
        tokens ``(B, T)`` without `BOS`, `EOS` included where it was reached, then `PAD`; scores
        ``(B,)``, the log-likelihood (of a beam search: with its penalties); weights ``(B, T, N)``,
        what each step attended to, or None.
    """

    tokens: Tensor
    scores: Tensor
    weights: Tensor | None


@torch.no_grad()
def greedy(
    decoder: Decoder, encoded: Encoded, *, limit: int = 100, begin: Tensor | None = None
) -> Generated:
    """Say the likeliest token at every step.

    Args:
        decoder: says it.
        encoded: the sources.
        limit: the most tokens.
        begin: what stands before, and is gone on with; None is `BOS`.

    Shapes:
        `Encoded` of B sources, begin ``(B, T)`` -> `Generated`.

    Raises:
        ValueError: `limit` is below 1, or `begin` is empty.
    """
    return _roll(decoder, encoded, limit, lambda log_p: log_p.argmax(-1), begin)


@torch.no_grad()
def sample(
    decoder: Decoder,
    encoded: Encoded,
    *,
    limit: int = 100,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    begin: Tensor | None = None,
) -> Generated:
    r"""Draw every token.

    .. math:: y_t \sim \mathrm{softmax}(\log p_t / \tau)

    among the `top_k` likeliest tokens, or among the fewest whose probability reaches `top_p`
    (Holtzman et al. 2020, "The curious case of neural text degeneration", section 3.1).

    Args:
        decoder: says it.
        encoded: the sources.
        limit: the most tokens.
        temperature: above 1 draws more freely.
        top_k: None draws from all.
        top_p: in (0, 1]; None draws from all.
        generator: source of randomness; None is torch's own.
        begin: what stands before, and is gone on with; None is `BOS`.

    Shapes:
        `Encoded` of B sources, begin ``(B, T)`` -> `Generated`.

    Raises:
        ValueError: a number is out of its range, or `begin` is empty.
    """
    if temperature <= 0:
        raise ValueError(
            f"temperature is {temperature}; it is above 0 (greedy takes the likeliest)"
        )
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k is {top_k}; give 1 or more, or None for all")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p is {top_p}; it is above 0 and at most 1")

    def draw(log_p: Tensor) -> Tensor:
        logits, order = (log_p / temperature).sort(-1, descending=True)
        p = logits.softmax(-1)
        if top_k is not None:
            p = p.masked_fill(torch.arange(p.shape[-1], device=p.device) >= top_k, 0)
        if top_p is not None:
            p = p.masked_fill(p.cumsum(-1) - p >= top_p * p.sum(-1, keepdim=True), 0)
        return order.gather(-1, torch.multinomial(p, 1, generator=generator)).squeeze(-1)

    return _roll(decoder, encoded, limit, draw, begin)


def _roll(
    decoder: Decoder, encoded: Encoded, limit: int, choose, begin: Tensor | None
) -> Generated:
    if limit < 1:
        raise ValueError(f"limit is {limit}; give at least 1 token")
    batch, slots = encoded.mask.shape
    if begin is not None and (begin.dim() != 2 or len(begin) != batch or not begin.shape[1]):
        raise ValueError(f"begin is {tuple(begin.shape)}; give a row of tokens for each source")
    if not batch:
        return nothing(encoded)
    device = encoded.memory.device
    state = decoder.start(encoded)
    token = torch.full((batch,), BOS, device=device)
    if begin is not None:
        for read in begin[:, :-1].unbind(1):
            _, state = decoder.step(read, state)
        token = begin[:, -1]
    alive = torch.ones_like(token, dtype=torch.bool)
    scores = encoded.memory.new_zeros(batch, dtype=wide(encoded))
    here = torch.arange(batch, device=device)  # the targets still being said
    tokens, weights = [], []
    for _ in range(limit):
        log_p, state = decoder.step(token, state)
        log_p = _sayable(log_p.to(scores.dtype))
        token = torch.where(alive, choose(log_p), PAD)
        said = log_p.gather(-1, token.unsqueeze(-1)).squeeze(-1)
        scores = scores.index_add(0, here, torch.where(alive, said, 0))
        tokens.append(placed(token, here, token.new_full((batch,), PAD)))
        seen = decoder.weights(state)
        if seen is not None:
            seen = seen * alive.unsqueeze(-1)
            weights.append(placed(seen, here, seen.new_zeros(batch, slots)))
        alive = alive & (token != EOS)
        left = int(alive.sum())
        if not left:
            break
        if 2 * left <= len(alive):
            rows = alive.nonzero().squeeze(1)
            state, token, alive, here = reorder((state, token, alive, here), rows)
    seen = torch.stack(weights, 1) if weights else None
    return Generated(torch.stack(tokens, 1), scores, seen)


def placed(part: Tensor, here: Tensor, whole: Tensor) -> Tensor:
    """Put what belongs to some sources among all.

    Shapes:
        part ``(M, ...)`` and here ``(M,)``, whole ``(B, ...)`` -> ``(B, ...)``.
    """
    return part if len(part) == len(whole) else whole.index_copy(0, here, part)


def _sayable(log_p: Tensor) -> Tensor:
    """Log-probabilities without `PAD` and `BOS`, which are no words of a target."""
    log_p = log_p.clone()
    log_p[:, [PAD, BOS]] = -torch.inf
    return log_p


def wide(encoded: Encoded) -> torch.dtype:
    """A type in which a long sum of log-probabilities is exact enough to compare.

    Shapes:
        any.
    """
    return torch.promote_types(encoded.memory.dtype, torch.float32)


def nothing(encoded: Encoded) -> Generated:
    """Return what is said of no sources.

    Shapes:
        `Encoded` of none -> `Generated` of none.
    """
    tokens = torch.zeros(0, 0, dtype=torch.long, device=encoded.memory.device)
    return Generated(tokens, encoded.memory.new_zeros(0, dtype=wide(encoded)), None)
