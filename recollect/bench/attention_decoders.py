"""The mechanisms that are decoders, since they need to know what is said, beside soft attention.

All have states and scores of one width and read the same memory. A training step is the
log-likelihood of a whole target, forwards and backwards; a decoding step makes the probabilities of
one token.

Shape letters: ``B`` batch, ``T`` target steps, ``N`` source positions, ``D`` width.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from recollect.bench.attention import WIDTH, Data
from recollect.mechanisms import ContentAttention
from recollect.models import (
    BOS,
    EOS,
    Decoder,
    Encoded,
    HiddenChoiceDecoder,
    PointerGenerator,
    PointerNetwork,
    RecurrentDecoder,
    SampledChoiceDecoder,
    VariationalChoiceDecoder,
)
from recollect.score import additive

__all__ = ["Speaker", "speakers"]

WORDS = 64


@dataclass(frozen=True)
class Speaker:
    """A decoder that is timed as it learns a target, and as it says a token."""

    decoder: Decoder
    points: bool = False
    """Its tokens are positions of the source, not words."""

    def learn(self, data: Data) -> tuple[Tensor, ...]:
        """Return the gradients of source and parameters."""
        torch.manual_seed(0)
        source = data.source.clone().requires_grad_()
        likely = self.decoder.train().log_likelihood(self._target(data), _read(data, source))
        wanted = [source, *self.decoder.parameters()]
        return torch.autograd.grad(-likely.sum(), wanted, allow_unused=True)

    def decode(self, data: Data) -> Callable[[], object]:
        """Return a decoding step."""
        with torch.no_grad():
            state = self.decoder.eval().start(_read(data, data.source))
        token = torch.full((len(data.source),), BOS)
        return torch.no_grad()(lambda: self.decoder.step(token, state))

    def _target(self, data: Data) -> Tensor:
        batch, steps = data.queries.shape[:2]
        draw = torch.Generator().manual_seed(0)
        # every source has half of its positions at least
        most = 4 + data.source.shape[1] // 2 if self.points else WORDS
        target = torch.randint(4, most, (batch, steps + 1), generator=draw)
        target[:, 0], target[:, -1] = BOS, EOS
        return target


def _read(data: Data, source: Tensor) -> Encoded:
    words = 4 + torch.arange(source.shape[1]) % (WORDS - 4)
    return Encoded(source, data.mask, source.mean(1), words.expand(source.shape[:2]))


def speakers() -> dict[str, Speaker]:
    """Return a decoder without attention, with soft attention, and those that choose or point."""
    torch.manual_seed(0)

    def soft() -> RecurrentDecoder:
        mechanism = ContentAttention(additive(WIDTH))
        return RecurrentDecoder(WORDS, size=WIDTH, memory_size=WIDTH, mechanism=mechanism)

    def hidden(*, monotone: bool = False) -> HiddenChoiceDecoder:
        return HiddenChoiceDecoder(
            WORDS, size=WIDTH, memory_size=WIDTH, score=additive(WIDTH), monotone=monotone
        )

    posterior = additive(2 * WIDTH, key_size=WIDTH, hidden=WIDTH)
    pointing = PointerNetwork(WIDTH, size=WIDTH, score=additive(WIDTH))
    made: dict[str, Decoder] = {
        "decoder, none": RecurrentDecoder(WORDS, size=WIDTH, memory_size=WIDTH),
        "decoder, soft": soft(),
        "decoder, REINFORCE": SampledChoiceDecoder(hidden()),
        "decoder, variational": VariationalChoiceDecoder(hidden(), score=posterior),
        "decoder, exact sum": hidden(),
        "decoder, exact, left to right": hidden(monotone=True),
        "decoder, pointer-generator": PointerGenerator(soft()),
    }
    found = {name: Speaker(decoder) for name, decoder in made.items()}
    return found | {"decoder, pointer network": Speaker(pointing, points=True)}
