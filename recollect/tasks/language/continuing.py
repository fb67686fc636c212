"""A text gone on with by a language model, and what its last block attends to.

Shape letters: ``T`` tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.models import EOS, UNKNOWN, LanguageModel, greedy, sample
from recollect.tasks.language.text import Cutter
from recollect.tasks.said import Said, Wish
from recollect.trace import trace

__all__ = ["Continued", "TextWords", "continued", "last_weights"]

_SHOWN = 48  # tokens in a picture of attention


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


@dataclass(frozen=True, kw_only=True)
class TextWords:
    """What is learnt from a text before any training, and how a person's own is gone on with.

    Attributes:
        cutter: what a text is cut into.
        window: the most tokens that a model sees.
    """

    cutter: Cutter
    window: int

    def say(self, model: nn.Module, text: str, wish: Wish) -> Said:
        """Go on from a text.

        Raises:
            ValueError: it is empty, no UTF-8, or has no character that training had.
        """
        inner = getattr(model, "module", model)
        if not isinstance(inner, LanguageModel):
            raise ValueError(f"a LanguageModel goes on from a text, not a {type(inner).__name__}")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"the text {text!r} is not UTF-8; save or type it as UTF-8")
        cutter = self.cutter
        given = cutter.encode(text)
        strange = [x for x in dict.fromkeys(text) if cutter.encode(x) == [UNKNOWN]]
        given = [number for number in given if number != UNKNOWN]
        if not given:
            raise ValueError(
                f"nothing of the text {text!r} was ever seen in training; give the beginning of a "
                "text like it"
            )
        told: Continued = continued(inner, given, window=self.window, wish=wish)
        seen = [*given, *told.tokens][-min(_SHOWN, self.window) :]
        labels = [cutter.shown(number) for number in seen]
        weights = last_weights(inner, seen)
        notes = [f"never seen in training, left out: {' '.join(strange)}"] if strange else []
        said = cutter.decode([*given, *told.tokens])
        details = {
            "text": said,
            "continued": cutter.decode(told.tokens),
            "tokens": [cutter.shown(number) for number in told.tokens],
            "nats": round(told.nats, 4),
        }
        caption = "A row is a token of the text, a column one that it reads"
        return Said(said, details, labels, labels, weights, notes, caption=caption)
