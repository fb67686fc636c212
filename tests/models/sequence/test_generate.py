"""Generation in a batch: sources that are done are left out, and nothing else changes by it."""

import pytest
import torch

from recollect import additive
from recollect.mechanisms import CoverageAttention, reorder
from recollect.models import (
    BOS,
    EOS,
    PAD,
    Decoder,
    Encoded,
    HiddenChoiceDecoder,
    LanguageModel,
    RecurrentDecoder,
    RecurrentEncoder,
    TransformerDecoder,
    beam_search,
    greedy,
)

VOCAB, WIDTH, SOURCES = 11, 8, 12
DECODERS = {
    "recurrent": lambda: RecurrentDecoder(
        VOCAB,
        size=6,
        memory_size=WIDTH,
        mechanism=CoverageAttention(additive(6, key_size=WIDTH)),
        feed=True,
    ),
    "transformer": lambda: TransformerDecoder(VOCAB, size=8, memory_size=WIDTH, layers=2, heads=2),
    "monotone": lambda: HiddenChoiceDecoder(
        VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH), monotone=True
    ),
}


class Ending(Decoder):
    """A decoder that ends the sooner, the longer its source is."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.vocab = inner, inner.vocab

    def start(self, encoded):
        hurry = encoded.mask.sum(1) / 4
        return self.inner.start(encoded), hurry, torch.zeros_like(hurry)

    def step(self, token, state):
        inner, hurry, step = state
        log_p, inner = self.inner.step(token, inner)
        log_p = log_p.clone()
        log_p[:, EOS] += hurry * step - 3
        return log_p.log_softmax(-1), (inner, hurry, step + 1)

    def weights(self, state):
        return self.inner.weights(state[0])

    def among_beams(self, state, rows):
        return self.inner.among_beams(state[0], rows), *reorder(state[1:], rows)


@pytest.fixture(params=DECODERS, ids=str)
def decoder(request):
    torch.manual_seed(3)
    decoder = DECODERS[request.param]().eval()
    with torch.no_grad():  # sharper choices than at first
        for parameter in decoder.parameters():
            parameter.mul_(1.5)
    return Ending(decoder)


def _encoded():
    torch.manual_seed(1)
    lengths = torch.arange(SOURCES) % 5 + 1
    encoder = RecurrentEncoder(9, size=WIDTH // 2).eval()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.mul_(2)
        return encoder(torch.randint(4, 9, (SOURCES, 5)), lengths)


def _ends(tokens):
    return [row.index(EOS) + 1 if EOS in row else 0 for row in tokens.tolist()]


@pytest.mark.parametrize("beams", [0, 3])
def test_a_source_that_is_done_waits_for_no_other(decoder, beams):
    encoded = _encoded()

    def way(e):
        if not beams:
            return greedy(decoder, e, limit=14)
        return beam_search(decoder, e, beams=beams, limit=14, coverage_penalty=0.1)

    batches, step = [], decoder.step
    decoder.step = lambda token, state: batches.append(len(token)) or step(token, state)
    batch = way(encoded)
    decoder.step = step
    assert batches[0] == SOURCES * max(beams, 1) and batches == sorted(batches, reverse=True)
    assert len(set(_ends(batch.tokens))) > 1 and batches[-1] <= batches[0] / 2
    for b in range(SOURCES):
        single = way(Encoded(*(None if x is None else x[b : b + 1] for x in encoded)))
        n = single.tokens.shape[1]
        assert batch.tokens[b, :n].tolist() == single.tokens[0].tolist()
        assert (batch.tokens[b, n:] == PAD).all()
        torch.testing.assert_close(batch.scores[b], single.scores[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(batch.weights[b, :n], single.weights[0], atol=1e-5, rtol=1e-4)
        assert (batch.weights[b, n:] == 0).all()


def test_a_search_takes_the_past_of_the_beams_it_keeps(decoder):
    """What was said has the likelihood that the decoder gives it, read from the begin."""
    encoded = _encoded()
    told = beam_search(decoder, encoded, beams=4, limit=9, length_penalty=0.0)
    for b, end in enumerate(_ends(told.tokens)):
        if not end:
            continue
        target = torch.tensor([[BOS, *told.tokens[b, :end].tolist()]])
        alone = Encoded(*(None if x is None else x[b : b + 1] for x in encoded))
        likely = decoder.log_likelihood(target, alone).detach()
        torch.testing.assert_close(told.scores[b : b + 1], likely, atol=1e-4, rtol=1e-4)


def test_rows_among_beams_are_those_of_reorder(decoder):
    encoded = Encoded(*(None if x is None else x[:2].repeat_interleave(3, 0) for x in _encoded()))
    _, state = decoder.step(torch.tensor([4, 5, 6, 7, 8, 9]), decoder.start(encoded))
    rows, token = torch.tensor([2, 0, 0, 4, 5, 3]), torch.tensor([5, 5, 4, 4, 6, 9])
    one, _ = decoder.step(token, decoder.among_beams(state, rows))
    other, _ = decoder.step(token, reorder(state, rows))
    torch.testing.assert_close(one, other)


def test_a_language_model_says_what_it_says_at_once():
    torch.manual_seed(0)
    model = LanguageModel(TransformerDecoder(VOCAB, size=8, memory_size=None, layers=2, heads=2))
    start = torch.full((2, 1), BOS)
    told = greedy(model.eval().decoder, model.nothing(start), limit=6).tokens
    log_p = model(torch.cat([start, told[:, :-1]], 1))
    log_p[..., [PAD, BOS]] = -torch.inf
    alive = (told == EOS).cumsum(1) - (told == EOS).long() == 0
    assert torch.equal(log_p.argmax(-1)[alive], told[alive])
