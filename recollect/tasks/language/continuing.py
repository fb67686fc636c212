"""A text gone on with by a language model, and what its last block attends to.

Shape letters: ``T`` tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from recollect.models import EOS, LanguageModel, greedy, sample
from recollect.tasks.said import Wish
from recollect.trace import trace

__all__ = ["Continued", "continued", "last_weights"]


class Continued(NamedTuple):
    """What was said, and its negative log-likelihood."""

    tokens: list[int]
    nats: float


@torch.no_grad()
def continued(model: LanguageModel, given: Sequence[int], *, window: int, wish: Wish) -> Continued:
    """Say what follows the given tokens.

    Where the text outgrows the window that the model was trained with, its last half is read anew.

    Raises:
        ValueError: a number of the wish is out of its range.
    """
    if wish.temperature < 0:
        raise ValueError(f"temperature is {wish.temperature}; give 0 (the likeliest) or more")
    if wish.limit < 1:
        raise ValueError(f"limit is {wish.limit}; give at least 1 token")
    generator = torch.Generator().manual_seed(wish.seed)
    held, said, nats = list(given), [], 0.0
    while len(said) < wish.limit:
        if len(held) >= window:
            held = held[-(window // 2) :]
        begin = torch.tensor([held])
        limit = min(wish.limit - len(said), window - len(held))
        source = LanguageModel.nothing(begin)
        if wish.temperature == 0:
            told = greedy(model.decoder, source, limit=limit, begin=begin)
        else:
            told = sample(
                model.decoder,
                source,
                limit=limit,
                temperature=wish.temperature,
                top_k=wish.top_k,
                top_p=wish.top_p,
                generator=generator,
                begin=begin,
            )
        numbers = told.tokens[0].tolist()
        nats -= float(told.scores[0])
        ended = EOS in numbers
        said += numbers[: numbers.index(EOS)] if ended else numbers
        held += numbers
        if ended:
            break
    return Continued(said, nats)


@torch.no_grad()
def last_weights(model: LanguageModel, tokens: Sequence[int]) -> Tensor | None:
    """Return what each token's last self-attention reads, the mean over its heads.

    Shapes:
        T tokens -> ``(T, T)``; None for a model without attention.
    """
    with trace(model) as seen:
        model(torch.tensor([list(tokens)]))
    names = [name for name in seen if name.endswith(".reader")]
    return seen.weights(names[-1])[0].mean(0).float() if names else None
