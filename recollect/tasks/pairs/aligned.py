"""What a model attends to while it is given the right targets, in means over a split.

Shape letters: ``B`` batch, ``T`` output steps, ``N`` source positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from recollect.functional import (
    alignment_error_rate,
    coverage,
    diagonality,
    entropy,
    length_mask,
    monotonicity,
)
from recollect.models import PAD, Seq2Seq
from recollect.tasks.pairs.corpus import Pair, PairBatch

__all__ = ["alignment_means"]


@torch.no_grad()
def alignment_means(
    model: Seq2Seq, batches: Iterable[PairBatch], pairs: Sequence[Pair]
) -> dict[str, float]:
    """Tell the alignments of a split in numbers; nothing for a decoder without attention.

    The mean entropy of a step in nats; how much is read of the source position that is read least
    and most; monotonicity and diagonality, in [0, 1]: `recollect.functional`. Where the pairs say
    from where a step's token comes, the alignment error rate of the position read most, in percent,
    over the steps of which they say it.

    Shapes:
        batches of the pairs -> figures.
    """
    sums: dict[str, float] = {}
    count = 0
    aligned: list[tuple[int, int]] = []
    sure: list[tuple[int, int]] = []
    for batch in batches:
        weights, sources = _weights(model, batch)
        if weights is None:
            return {}
        targets = (batch.target[:, 1:] != PAD).sum(1)
        some = (sources > 0) & (targets > 0)
        weights, sources, targets = weights[some], sources[some], targets[some]
        if not len(weights):  # no source of the batch has a position
            continue
        for name, value in _figures(weights, sources, targets).items():
            sums[name] = sums.get(name, 0.0) + float(value.sum())
        count += len(weights)
        # one long text of steps and slots: a row's stand behind those of the row before
        for row, most in zip(batch.rows[some].tolist(), weights.argmax(-1).tolist(), strict=True):
            base = row * 10**6
            for step, slot in pairs[row].links or ():
                sure.append((base + step, base + slot))
                aligned.append((base + step, base + most[step]))
    found = {f"alignment_{name}": value / max(count, 1) for name, value in sums.items()}
    if sure:
        found["alignment_error"] = 100 * alignment_error_rate(aligned, sure)
    return found


def _weights(model: Seq2Seq, batch: PairBatch) -> tuple[Tensor | None, Tensor]:
    """The weights of every step, (B, T, N), and how many positions each source has."""
    encoded = model.encoder(batch.source, batch.lengths)
    state, steps = model.decoder.start(encoded), []
    for token in batch.target[:, :-1].unbind(1):
        _, state = model.decoder.step(token, state)
        weights = model.decoder.weights(state)
        if weights is None:
            return None, encoded.mask.sum(1)
        steps.append(weights.float())
    return torch.stack(steps, 1), encoded.mask.sum(1)


def _figures(weights: Tensor, sources: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Figures of each alignment, ``(B,)``."""
    steps = length_mask(targets, weights.shape[1])
    read = coverage(weights, targets=targets)
    inside = length_mask(sources, weights.shape[2])
    return {
        "entropy": (entropy(weights) * steps).sum(1) / targets,
        "coverage_least": read.masked_fill(~inside, torch.inf).amin(1),
        "coverage_most": read.masked_fill(~inside, -torch.inf).amax(1),
        "monotonicity": monotonicity(weights, targets=targets),
        "diagonality": diagonality(weights, sources=sources, targets=targets),
    }
