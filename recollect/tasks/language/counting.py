"""What counting gives: a model of tokens by the few before them, smoothed.

A language model that is not better than this has learnt nothing that needs a network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["counted_nats"]


def counted_nats(
    train: Sequence[Sequence[int]], test: Sequence[Sequence[int]], *, order: int, vocab: int
) -> float:
    r"""Return the negative log-likelihood of texts under counts of others, in nats.

    .. math:: p_n(w \mid h) = \frac{c(hw) + u(h) \, p_{n-1}(w \mid h')}{c(h) + u(h)}

    with :math:`u(h)` the number of different tokens after :math:`h`, :math:`h'` without its first
    token, and a uniform :math:`p_{-1}` (Witten and Bell 1991; Chen and Goodman 1999, section 2.4).
    The first token of a text is not asked for.

    Raises:
        ValueError: `order` or `vocab` is below 1.

    >>> round(counted_nats([[0, 1] * 50], [[0, 1] * 50], order=2, vocab=2) / 99, 1)
    0.0
    """
    if order < 1 or vocab < 1:
        raise ValueError(f"order is {order} and vocab {vocab}; give 1 or more of both")
    found: list[dict[tuple[int, ...], dict[int, int]]] = [{} for _ in range(order)]
    for text in train:
        row = tuple(text)
        for back, table in enumerate(found):
            for i in range(back, len(row)):
                after = table.setdefault(row[i - back : i], {})
                after[row[i]] = after.get(row[i], 0) + 1
    totals = [{past: sum(after.values()) for past, after in table.items()} for table in found]
    nats = 0.0
    for text in test:
        row = tuple(text)
        for i in range(1, len(row)):
            p, word = 1 / vocab, row[i]
            for back in range(min(order, i + 1)):
                past = row[i - back : i]
                after = found[back].get(past)
                if after is None:  # a longer past was not seen either
                    break
                kinds = len(after)
                p = (after.get(word, 0) + kinds * p) / (totals[back][past] + kinds)
            nats -= math.log(p)
    return nats
