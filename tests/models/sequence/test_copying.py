"""Pointing and copying: distributions over a source's own words, alone as in a batch."""

import pytest
import torch

from recollect import additive
from recollect.functional import coverage_loss, pointed
from recollect.mechanisms import ContentAttention, CoverageAttention, MonotonicAttention
from recollect.models import (
    BOS,
    EOS,
    PAD,
    UNKNOWN,
    CopyEncoder,
    Encoded,
    PointerGenerator,
    PointerNetwork,
    PyramidEncoder,
    RecurrentDecoder,
    RecurrentEncoder,
    Seq2Seq,
    beam_search,
    greedy,
    sample,
)

VOCAB, WIDTH, SLOTS = 7, 8, 5
LENGTHS = torch.tensor([5, 3, 1, 0])
WORDS = torch.tensor([[4, 8, 5, 8, 11], [7, 5, 9, 0, 0], [7, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
TARGET = torch.tensor(
    [[BOS, 4, 8, 11, EOS], [BOS, 9, EOS, PAD, PAD], [BOS, 7, 7, EOS, PAD], [BOS, 4, EOS, PAD, PAD]]
)
KINDS = {
    "after": lambda: (ContentAttention(additive(6, key_size=WIDTH)), {}),
    "before": lambda: (ContentAttention(additive(6, key_size=WIDTH)), {"before": True}),
    "coverage": lambda: (CoverageAttention(additive(6, key_size=WIDTH)), {}),
    "feed": lambda: (CoverageAttention(additive(6, key_size=WIDTH)), {"feed": True}),
    "monotonic": lambda: (MonotonicAttention(additive(6, key_size=WIDTH), offset=-1.0), {}),
}


def _generator(kind):
    torch.manual_seed(0)
    mechanism, more = KINDS[kind]()
    inner = RecurrentDecoder(VOCAB, size=6, memory_size=WIDTH, mechanism=mechanism, **more)
    return PointerGenerator(inner, coverage=1.0)


def _network(once):
    torch.manual_seed(0)
    return PointerNetwork(WIDTH, size=6, score=additive(6, key_size=WIDTH), once=once)


DECODERS = {kind: (lambda kind=kind: _generator(kind)) for kind in KINDS} | {
    "network": lambda: _network(False),
    "network once": lambda: _network(True),
}


@pytest.fixture(params=DECODERS, ids=str)
def decoder(request):
    return DECODERS[request.param]().eval()


def _target(decoder):
    return TARGET.clamp(max=4 + SLOTS - 1) if isinstance(decoder, PointerNetwork) else TARGET


def _encoded():
    torch.manual_seed(1)
    encoder = CopyEncoder(RecurrentEncoder(9, size=WIDTH // 2)).eval()
    source = torch.stack([torch.randint(4, 9, (4, SLOTS)), WORDS], -1)
    with torch.no_grad():
        return encoder(source, LENGTHS)


def _alone(encoded, b):
    n = int(encoded.mask[b].sum())
    return Encoded(
        encoded.memory[b : b + 1, :n],
        encoded.mask[b : b + 1, :n],
        encoded.summary[b : b + 1],
        encoded.words[b : b + 1, :n],
    )


def test_steps_are_the_whole_and_a_distribution(decoder):
    encoded, target = _encoded(), _target(decoder)
    whole = decoder(target[:, :-1], encoded)
    torch.testing.assert_close(whole.exp().sum(-1), torch.ones(4, 4))
    state = decoder.start(encoded)
    for t, token in enumerate(target[:, :-1].unbind(1)):
        log_p, state = decoder.step(token, state)
        torch.testing.assert_close(log_p, whole[:, t], atol=1e-4, rtol=1e-4)
    weights = decoder.weights(state)
    assert (weights[~encoded.mask] == 0).all() and (weights.sum(-1) <= 1 + 1e-5).all()


def test_likelihood_is_that_of_the_mixture(decoder):
    encoded, target = _encoded(), _target(decoder)
    log_p = decoder(target[:, :-1], encoded)
    said = target[:, 1:]
    total = (log_p.gather(-1, said.unsqueeze(-1)).squeeze(-1) * (said != PAD)).sum(-1)
    likely = decoder.log_likelihood(target, encoded)
    torch.testing.assert_close(likely, total, atol=1e-4, rtol=1e-4)
    assert likely.isfinite().all()


def test_a_source_alone_is_told_as_in_a_batch(decoder):
    encoded = _encoded()
    ways = [
        lambda e: greedy(decoder, e, limit=6),
        lambda e: beam_search(decoder, e, beams=3, limit=6),
        lambda e: beam_search(decoder, e, beams=2, limit=6, coverage_penalty=0.2),
    ]
    for way in ways:
        batch = way(encoded)
        for b in range(4):
            single = way(_alone(encoded, b))
            n = single.tokens.shape[1]
            told = [t for t in batch.tokens[b].tolist() if t != PAD]
            assert told[:n] == [t for t in single.tokens[0].tolist() if t != PAD]
            torch.testing.assert_close(batch.scores[b], single.scores[0], atol=1e-4, rtol=1e-4)


def test_gradients_are_finite_where_nothing_may_be_read(decoder):
    encoded = _encoded()
    decoder.train()
    # whatever is said, even what has no chance
    decoder.log_likelihood(_target(decoder), encoded).sum().backward()
    for p in decoder.parameters():
        assert p.grad is None or p.grad.isfinite().all()


def test_nothing_to_read_and_no_source(decoder):
    empty = _alone(_encoded(), 3)
    assert greedy(decoder, empty, limit=3).scores.isfinite().all()
    assert sample(decoder, _encoded(), limit=3).scores.isfinite().all()
    none = Encoded(*(x[:0] for x in _encoded()))
    assert beam_search(decoder, none).tokens.shape == (0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_mixture_is_the_sum_of_generating_and_copying(kind):
    decoder, encoded = _generator(kind).eval(), _alone(_encoded(), 0)
    state = decoder.start(encoded)
    looked, _ = decoder.decoder.look_once(torch.tensor([BOS]), state.inner)
    gate = decoder.gate(torch.cat([looked.read, looked.hidden, looked.word], -1)).sigmoid()
    copied = (1 - gate) * pointed(looked.weights, encoded.words, VOCAB + SLOTS)
    mixed = copied.clone()
    mixed[:, :VOCAB] += (1 - copied.sum(-1, keepdim=True)) * decoder.decoder.say(looked.mixed).exp()
    log_p, _ = decoder.step(torch.tensor([BOS]), state)
    torch.testing.assert_close(log_p.exp(), mixed)
    share = decoder.copied(torch.tensor([[BOS, 8]]), encoded)
    torch.testing.assert_close(share, torch.ones(1, 1))  # only the source has it
    share = decoder.copied(torch.tensor([[BOS, 5]]), encoded)
    torch.testing.assert_close(share[0], copied[:, 5] / mixed[:, 5])
    assert float(decoder.copied(torch.tensor([[BOS, 6]]), encoded).detach()) == 0.0


def test_words_of_the_source_alone_are_read_as_unknown():
    decoder, encoded = _generator("after").eval(), _encoded()
    log_p = decoder(torch.tensor([[BOS, 8]] * 4), encoded)
    unknown = decoder(torch.tensor([[BOS, UNKNOWN]] * 4), encoded)
    torch.testing.assert_close(log_p, unknown)


def test_coverage_changes_the_gradient_and_not_the_value():
    encoded, grads, values = _encoded(), [], []
    for weight in (0.0, 2.0):
        decoder = _generator("coverage")
        decoder.coverage = weight
        likely = decoder.log_likelihood(TARGET, encoded)
        values.append(likely.detach())
        grads.append(torch.autograd.grad(likely.sum(), decoder.decoder.mechanism.score.v)[0])
    torch.testing.assert_close(values[0], values[1])
    decoder = _generator("coverage")
    looked = decoder.decoder.look(decoder._read(TARGET[:, :-1]), encoded)
    count = (TARGET[:, 1:] != PAD).sum(-1)
    loss = (coverage_loss(looked.weights, targets=count) * count).sum()
    (extra,) = torch.autograd.grad(loss, decoder.decoder.mechanism.score.v)
    torch.testing.assert_close(grads[0] - grads[1], 2 * extra)
    assert extra.abs().max() > 0


def test_mistakes_are_named():
    inner = RecurrentDecoder(VOCAB, size=6, memory_size=WIDTH)
    with pytest.raises(ValueError, match="without attention"):
        PointerGenerator(inner)
    decoder = _generator("after")
    with pytest.raises(ValueError, match="coverage is -1"):
        PointerGenerator(decoder.decoder, coverage=-1)
    with pytest.raises(ValueError, match="CopyEncoder"):
        decoder.start(_encoded()._replace(words=None))
    with pytest.raises(ValueError, match="a position a token"):
        decoder.start(_encoded()._replace(words=WORDS[:, :2]))
    halves = CopyEncoder(PyramidEncoder(3, size=4, layers=1))
    assert halves.memory_size == WIDTH


def test_a_position_is_said_once():
    decoder, encoded = _network(True).eval(), _encoded()
    told = beam_search(decoder, encoded, beams=4, limit=9)
    for b, row in enumerate(told.tokens.tolist()):
        said = [t - 4 for t in row if t >= 4]
        assert len(said) == len(set(said)) and set(said) <= set(range(int(LENGTHS[b])))
    log_p = decoder(torch.tensor([[BOS, 4, 5, 6]] * 4), encoded)
    assert (log_p[0, 3, 4:7] < -1e3).all(), "what was pointed at is gone"
    assert (log_p[1, 3].exp()[EOS] - 1).abs() < 1e-5, "nothing is left but the end"


def test_learns_to_copy_words_it_never_saw():
    torch.manual_seed(0)
    inner = RecurrentDecoder(
        VOCAB, size=16, memory_size=32, mechanism=ContentAttention(additive(16, key_size=32))
    )
    model = Seq2Seq(CopyEncoder(RecurrentEncoder(9, size=16)), decoder=PointerGenerator(inner))

    def batch(count):
        # a known word, then one that is unknown to both sides: it is known by its place alone
        known = torch.randint(4, 7, (count, 1))
        source = torch.stack(
            [
                torch.cat([known, torch.full((count, 1), UNKNOWN)], 1),
                torch.cat([known, torch.full((count, 1), VOCAB + 1)], 1),
            ],
            -1,
        )
        ends = torch.tensor([BOS, EOS]).expand(count, 2)
        words = source[..., 1].flip(1)
        return source, torch.cat([ends[:, :1], words, ends[:, 1:]], 1)

    optimizer = torch.optim.Adam(model.parameters(), 2e-2)
    for _ in range(60):
        source, target = batch(32)
        loss = -model(source, torch.full((32,), 2), target).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    source, target = batch(20)
    told = beam_search(model.decoder, model.encoder(source, torch.full((20,), 2)), beams=2)
    assert (told.tokens[:, :3] == target[:, 1:]).float().mean() > 0.9


def test_learns_to_point():
    torch.manual_seed(0)
    encoder = RecurrentEncoder(12, size=16)
    model = Seq2Seq(encoder, decoder=PointerNetwork(32, size=16, score=additive(16, key_size=32)))

    def batch(count):
        source = 4 + torch.rand(count, 8).argsort(1)[:, :3]
        order = source.argsort(1) + 4  # positions from the least to the greatest
        ends = torch.tensor([BOS, EOS]).expand(count, 2)
        return source, torch.cat([ends[:, :1], order, ends[:, 1:]], 1)

    optimizer = torch.optim.Adam(model.parameters(), 2e-2)
    for _ in range(120):
        source, target = batch(64)
        loss = -model(source, torch.full((64,), 3), target).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    source, target = batch(50)
    told = greedy(model.decoder, model.encoder(source, torch.full((50,), 3)), limit=5)
    assert told.tokens.shape[1] >= 4
    assert (told.tokens[:, :4] == target[:, 1:]).float().mean() > 0.9
