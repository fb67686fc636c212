"""Saying something: greedy, by sampling, and by beam search, over any decoder.

Every source of a batch gets what it would get alone, but for what `sample` draws. `PAD` and `BOS`
are never said.

Shape letters: ``B`` batch, ``K`` beams, ``T`` steps, ``N`` source positions, ``V`` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from recollect.mechanisms import reorder, repeat
from recollect.models.sequence.decoder import BOS, EOS, PAD, Decoder
from recollect.models.sequence.encoder import Encoded

__all__ = ["Generated", "beam_search", "greedy", "sample"]


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
        return _nothing(encoded)
    device = encoded.memory.device
    state = decoder.start(encoded)
    token = torch.full((batch,), BOS, device=device)
    if begin is not None:
        for read in begin[:, :-1].unbind(1):
            _, state = decoder.step(read, state)
        token = begin[:, -1]
    alive = torch.ones_like(token, dtype=torch.bool)
    scores = encoded.memory.new_zeros(batch, dtype=_wide(encoded))
    here = torch.arange(batch, device=device)  # the targets still being said
    tokens, weights = [], []
    for _ in range(limit):
        log_p, state = decoder.step(token, state)
        log_p = _sayable(log_p.to(scores.dtype))
        token = torch.where(alive, choose(log_p), PAD)
        said = log_p.gather(-1, token.unsqueeze(-1)).squeeze(-1)
        scores = scores.index_add(0, here, torch.where(alive, said, 0))
        tokens.append(_placed(token, here, token.new_full((batch,), PAD)))
        seen = decoder.weights(state)
        if seen is not None:
            seen = seen * alive.unsqueeze(-1)
            weights.append(_placed(seen, here, seen.new_zeros(batch, slots)))
        alive = alive & (token != EOS)
        left = int(alive.sum())
        if not left:
            break
        if 2 * left <= len(alive):
            rows = alive.nonzero().squeeze(1)
            state, token, alive, here = reorder((state, token, alive, here), rows)
    seen = torch.stack(weights, 1) if weights else None
    return Generated(torch.stack(tokens, 1), scores, seen)


def _placed(part: Tensor, here: Tensor, whole: Tensor) -> Tensor:
    """Put what belongs to some sources among all."""
    return part if len(part) == len(whole) else whole.index_copy(0, here, part)


class _Ended(NamedTuple):
    """The best target of each source that has ended: its score, the step, and which beam it was.

    Shapes:
        worth, step and beam ``(B,)``; worth is -inf where none has ended.
    """

    worth: Tensor
    step: Tensor
    beam: Tensor


class _Search(NamedTuple):
    """Where a beam search stands.

    Shapes:
        likely, lengths and ended ``(B, K)``; covered ``(B, K, N)``, what was read in all.
    """

    likely: Tensor
    lengths: Tensor
    ended: Tensor
    covered: Tensor


@torch.no_grad()
def beam_search(
    decoder: Decoder,
    encoded: Encoded,
    *,
    beams: int = 5,
    limit: int = 100,
    length_penalty: float = 0.6,
    coverage_penalty: float = 0.0,
) -> Generated:
    r"""Keep the best unfinished and finished targets, and say the best of all.

    .. math:: s(y) = \frac{\log p(y)}{((5 + |y|) / 6)^\alpha}
              + \beta \sum_j \log \min\Bigl(\sum_t \alpha_{tj}, 1\Bigr)

    Wu et al. 2016, "Google's neural machine translation system", equation 14. A
    finished target keeps its place among the beams while no other is better, and is remembered
    where others push it out: one that goes round in circles gains by its length alone. The search
    ends when all places are taken by finished ones, or at the limit; an unfinished target is told
    only where none was finished.

    Args:
        decoder: says it.
        encoded: the sources.
        beams: how many targets are kept for each source.
        limit: the most tokens.
        length_penalty: :math:`\alpha`; 0 prefers short targets, as likelihood does.
        coverage_penalty: :math:`\beta`, for decoders with attention.

    Shapes:
        `Encoded` of B sources -> `Generated`.

    Raises:
        ValueError: `beams` or `limit` is below 1.
    """
    if beams < 1 or limit < 1:
        raise ValueError(f"beams is {beams} and limit {limit}; give 1 or more of both")
    device = encoded.memory.device
    batch, slots = encoded.mask.shape
    if not batch:
        return _nothing(encoded)
    wide = _wide(encoded)
    state = repeat(decoder.start(encoded), beams)
    token = torch.full((batch * beams,), BOS, device=device)
    likely = torch.full((batch, beams), -torch.inf, dtype=wide, device=device)
    likely[:, 0] = 0  # all beams begin alike: one speaks for them
    found = search = _Search(
        likely,
        torch.zeros_like(likely, dtype=torch.long),
        torch.zeros_like(likely, dtype=torch.bool),
        torch.zeros(batch, beams, slots, dtype=wide, device=device),
    )
    # what each step said, from which beam of the step before, and what it attended to
    steps: list[tuple[Tensor, Tensor, Tensor | None]] = []
    each = torch.arange(beams, device=device)
    unset = torch.zeros(batch, dtype=torch.long, device=device)
    best_ended = _Ended(likely.new_full((batch,), -torch.inf), unset, unset)
    here, mask = torch.arange(batch, device=device), encoded.mask  # the sources still searched
    # what follows the end: padding, and nothing else
    padding = (likely.new_full((beams + 2,), -torch.inf), token.new_full((beams + 2,), PAD))
    padding[0][0] = 0

    def score(likely: Tensor, lengths: Tensor, covered: Tensor, mask: Tensor) -> Tensor:
        """Of beams (B, K) or of their continuations (B, K, C), which share length and coverage."""
        stretch, penalty = ((5 + lengths.to(wide)) / 6) ** length_penalty, None
        if coverage_penalty:
            read = covered.clamp(1e-6, 1).log().masked_fill(~mask.unsqueeze(1), 0).sum(-1)
            penalty = coverage_penalty * read
        if likely.dim() > stretch.dim():
            stretch = stretch.unsqueeze(-1)
            penalty = None if penalty is None else penalty.unsqueeze(-1)
        return likely / stretch if penalty is None else likely / stretch + penalty

    for number in range(limit):
        log_p, state = decoder.step(token, state)
        worth, word = _candidates(log_p.view(len(here), beams, -1), beams)
        worth, kept = worth.to(wide), worth.shape[-1]
        weights = decoder.weights(state)
        ended = search.ended
        # a finished target goes on with padding alone, at no cost
        worth = torch.where(ended.unsqueeze(-1), padding[0][:kept], worth)
        word = torch.where(ended.unsqueeze(-1), padding[1][:kept], word)
        longer, total, now = search.lengths + ~ended, search.covered, None
        if weights is not None:
            now = weights.view_as(total) * ~ended.unsqueeze(-1)
            total = total + now
        joint = search.likely.unsqueeze(-1) + worth  # (B, K, C)
        best = score(joint, longer, total, mask).flatten(1).topk(beams, -1).indices
        beam, choice = best // kept, word.flatten(1).gather(1, best)
        likely = joint.flatten(1).gather(1, best)
        # a beam without any chance, where there are more beams than tokens, has not ended
        now_ended = (choice == EOS) & likely.isfinite()
        ended = ended.gather(1, beam) | now_ended
        rows = (torch.arange(len(here), device=device).unsqueeze(1) * beams + beam).flatten()
        state, token = decoder.among_beams(state, rows), choice.flatten()
        total = total.flatten(0, 1)[rows].view_as(total)
        search = _Search(likely, longer.gather(1, beam), ended, total)
        if bool(now_ended.any()):
            told = score(likely, search.lengths, total, mask).masked_fill(~now_ended, -torch.inf)
            best_ended = _better(best_ended, told, number, here)
        if now is not None:
            now = _placed(now, here, now.new_zeros(batch, beams, slots))
        choice = _placed(choice, here, choice.new_full((batch, beams), PAD))
        steps.append((choice, _placed(beam, here, each.expand(batch, beams).clone()), now))
        searched = ~ended.all(-1)
        left = int(searched.sum())
        if not left:
            break
        if 2 * left <= len(here):  # leave out those that are done
            found = _Search(*map(_placed, search, [here] * 4, found))
            some = searched.nonzero()
            state, token = reorder((state, token), (some * beams + each).flatten())
            here, mask, search = reorder((here, mask, search), some.squeeze(1))
    likely, lengths, _, covered = map(_placed, search, [here] * 4, found)
    final = score(likely, lengths, covered, encoded.mask)
    some = best_ended.worth.isfinite()
    top = torch.where(some, best_ended.beam, final.argmax(-1))
    last = torch.where(some, best_ended.step, len(steps) - 1)
    tokens, attended = _traced(steps, top, last)
    length = int(last.max()) + 1
    if attended is not None:
        attended = attended[:, :length]
    scores = torch.where(some, best_ended.worth, final.amax(-1))
    return Generated(tokens[:, :length], scores, attended)


def _better(best: _Ended, worth: Tensor, step: int, here: Tensor) -> _Ended:
    """Keep the better of what ended before and what ended now, for each source.

    Shapes:
        of B sources; worth ``(M, K)`` and here ``(M,)``, those of them that are searched -> of B.
    """
    new, beam = worth.max(-1)
    gain = new > best.worth[here]
    rows = here[gain]
    return _Ended(
        best.worth.index_copy(0, rows, new[gain]),
        best.step.index_fill(0, rows, step),
        best.beam.index_copy(0, rows, beam[gain]),
    )


def _traced(
    steps: list[tuple[Tensor, Tensor, Tensor | None]], top: Tensor, last: Tensor
) -> tuple[Tensor, Tensor | None]:
    """Follow one beam of each source back to its begin, from the last step that is its own."""
    tokens, weights, at = [], [], top.unsqueeze(1)
    for number, (choice, beam, now) in reversed(list(enumerate(steps))):
        mine = (number <= last).unsqueeze(1)
        tokens.append(torch.where(mine, choice.gather(1, at), PAD).squeeze(1))
        before = beam.gather(1, at)
        if now is not None:
            one = now.gather(1, before.unsqueeze(-1).expand(-1, -1, now.shape[-1]))
            weights.append((one * mine.unsqueeze(-1)).squeeze(1))
        at = torch.where(mine, before, at)
    told = torch.stack(tokens[::-1], 1)
    return told, torch.stack(weights[::-1], 1) if weights else None


def _candidates(log_p: Tensor, beams: int) -> tuple[Tensor, Tensor]:
    """Find the continuations among which a beam's best are: so many, and two that are no words.

    Shapes:
        log_p ``(B, K, V)`` -> log-probabilities, -inf for no words, and tokens ``(B, K, C)``.
    """
    worth, word = log_p.topk(min(beams + 2, log_p.shape[-1]), -1)
    return worth.masked_fill((word == PAD) | (word == BOS), -torch.inf), word


def _sayable(log_p: Tensor) -> Tensor:
    """Log-probabilities without `PAD` and `BOS`, which are no words of a target."""
    log_p = log_p.clone()
    log_p[:, [PAD, BOS]] = -torch.inf
    return log_p


def _wide(encoded: Encoded) -> torch.dtype:
    """A type in which a long sum of log-probabilities is exact enough to compare."""
    return torch.promote_types(encoded.memory.dtype, torch.float32)


def _nothing(encoded: Encoded) -> Generated:
    tokens = torch.zeros(0, 0, dtype=torch.long, device=encoded.memory.device)
    return Generated(tokens, encoded.memory.new_zeros(0, dtype=_wide(encoded)), None)
