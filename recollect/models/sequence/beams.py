"""Beam search over any decoder.

Every source of a batch gets what it would get alone. `PAD` and `BOS` are never said.

Shape letters: ``B`` batch, ``K`` beams, ``T`` steps, ``N`` source positions, ``V`` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from recollect.mechanisms import reorder, repeat
from recollect.models.sequence.decoder import BOS, EOS, PAD, Decoder
from recollect.models.sequence.encoder import Encoded
from recollect.models.sequence.generate import Generated, nothing, placed, wide

__all__ = ["beam_search"]


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
        return nothing(encoded)
    kind = wide(encoded)
    state = repeat(decoder.start(encoded), beams)
    token = torch.full((batch * beams,), BOS, device=device)
    likely = torch.full((batch, beams), -torch.inf, dtype=kind, device=device)
    likely[:, 0] = 0  # all beams begin alike: one speaks for them
    found = search = _Search(
        likely,
        torch.zeros_like(likely, dtype=torch.long),
        torch.zeros_like(likely, dtype=torch.bool),
        torch.zeros(batch, beams, slots, dtype=kind, device=device),
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
        stretch, penalty = ((5 + lengths.to(kind)) / 6) ** length_penalty, None
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
        worth, kept = worth.to(kind), worth.shape[-1]
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
            now = placed(now, here, now.new_zeros(batch, beams, slots))
        choice = placed(choice, here, choice.new_full((batch, beams), PAD))
        steps.append((choice, placed(beam, here, each.expand(batch, beams).clone()), now))
        searched = ~ended.all(-1)
        left = int(searched.sum())
        if not left:
            break
        if 2 * left <= len(here):  # leave out those that are done
            found = _Search(*map(placed, search, [here] * 4, found))
            some = searched.nonzero()
            state, token = reorder((state, token), (some * beams + each).flatten())
            here, mask, search = reorder((here, mask, search), some.squeeze(1))
    likely, lengths, _, covered = map(placed, search, [here] * 4, found)
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
