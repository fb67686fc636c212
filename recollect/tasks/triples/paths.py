"""The path that a walk over triples took: the likeliest chain of triples that ends at an answer."""

from __future__ import annotations

from torch import Tensor

from recollect.models.triple_memory import Triples

LEAST = 1e-4  # a triple read with less is on nobody's path


def best_path(weights: Tensor, start: int, answer: int, triples: Triples) -> list[int]:
    """Return the triples, by number, of the strongest path; of equals, the first in the base.

    A hop that stayed where it was adds no triple. Empty where no path leads there.

    Shapes:
        weights ``(K, N)``, of each hop on each triple.
    """
    best: dict[int, tuple[float, list[int]]] = {start: (1.0, [])}
    for row in weights:
        slots = (row > LEAST).nonzero().flatten()
        total = float(row[slots].sum())
        stay = max(0.0, 1 - total)
        after: dict[int, tuple[float, list[int]]] = {}
        if stay > LEAST:
            after = {e: (p * stay, path) for e, (p, path) in best.items()}
        # What a triple got beside the others of its subject tells how likely the step is.
        found = zip(
            slots.tolist(),
            triples.subjects[slots].tolist(),
            triples.objects[slots].tolist(),
            row[slots].tolist(),
            strict=True,
        )
        for slot, subject, object_, weight in found:
            if subject not in best:
                continue
            p = best[subject][0] * weight
            if p > after.get(object_, (0.0, []))[0]:
                after[object_] = (p, [*best[subject][1], slot])
        best = after
    return best.get(answer, (0.0, []))[1]
