"""Encoders, decoders, generation: steps are the whole, batches their members, sums exact."""

import itertools

import pytest
import torch

from recollect import additive
from recollect.mechanisms import (
    ContentAttention,
    CoverageAttention,
    LocationAttention,
    MonotonicAttention,
)
from recollect.models import (
    BOS,
    EOS,
    PAD,
    Encoded,
    HiddenChoiceDecoder,
    LanguageModel,
    MaskedLanguageModel,
    PyramidEncoder,
    RecurrentDecoder,
    RecurrentEncoder,
    SampledChoiceDecoder,
    Seq2Seq,
    TransformerDecoder,
    TransformerEncoder,
    VariationalChoiceDecoder,
    beam_search,
    greedy,
    rotate,
    sample,
    sinusoids,
)

VOCAB, WIDTH = 7, 8
LENGTHS = torch.tensor([5, 3, 1])
LONG = torch.tensor([40, 3, 1, 0])

DECODERS = {
    "none": lambda: RecurrentDecoder(VOCAB, size=6, memory_size=WIDTH),
    "before": lambda: RecurrentDecoder(
        VOCAB,
        size=6,
        memory_size=WIDTH,
        mechanism=ContentAttention(additive(6, key_size=WIDTH)),
        before=True,
    ),
    "after": lambda: RecurrentDecoder(
        VOCAB, size=6, memory_size=WIDTH, mechanism=ContentAttention(additive(6, key_size=WIDTH))
    ),
    "feed": lambda: RecurrentDecoder(
        VOCAB,
        size=6,
        memory_size=WIDTH,
        mechanism=CoverageAttention(additive(6, key_size=WIDTH)),
        feed=True,
    ),
    "location": lambda: RecurrentDecoder(
        VOCAB,
        size=6,
        memory_size=WIDTH,
        mechanism=LocationAttention(additive(6, key_size=WIDTH), filters=2, width=3),
    ),
    "monotonic": lambda: RecurrentDecoder(
        VOCAB,
        size=6,
        memory_size=WIDTH,
        mechanism=MonotonicAttention(additive(6, key_size=WIDTH), offset=-1.0),
        before=True,
    ),
    "transformer": lambda: TransformerDecoder(VOCAB, size=8, memory_size=WIDTH, layers=2, heads=2),
    "sinusoids": lambda: TransformerDecoder(
        VOCAB, size=8, memory_size=WIDTH, layers=2, heads=2, rotary=False
    ),
    "the likeliest": lambda: HiddenChoiceDecoder(
        VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH), keep=2, chunk=3
    ),
    "variational": lambda: VariationalChoiceDecoder(
        HiddenChoiceDecoder(VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH)),
        score=additive(12, key_size=WIDTH),
    ),
    "marginal": lambda: HiddenChoiceDecoder(
        VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH)
    ),
    "monotone": lambda: HiddenChoiceDecoder(
        VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH), monotone=True
    ),
    "sampled": lambda: SampledChoiceDecoder(
        HiddenChoiceDecoder(VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH))
    ),
}


@pytest.fixture(params=DECODERS, ids=str)
def decoder(request):
    torch.manual_seed(0)
    return DECODERS[request.param]().eval()


def _encoded(seed=1):
    torch.manual_seed(seed)
    encoder = RecurrentEncoder(9, size=WIDTH // 2).eval()
    with torch.no_grad():
        return encoder(torch.randint(4, 9, (3, 5)), LENGTHS)


def _alone(encoded, b):
    n = int(encoded.mask[b].sum())
    return Encoded(
        encoded.memory[b : b + 1, :n], encoded.mask[b : b + 1, :n], encoded.summary[b : b + 1]
    )


TARGET = torch.tensor([[BOS, 4, 5, 6, EOS], [BOS, 6, EOS, PAD, PAD], [BOS, 5, 5, EOS, PAD]])


def test_steps_are_the_whole(decoder):
    encoded = _encoded()
    whole = decoder(TARGET[:, :-1], encoded)
    state = decoder.start(encoded)
    for t, token in enumerate(TARGET[:, :-1].unbind(1)):
        log_p, state = decoder.step(token, state)
        torch.testing.assert_close(log_p, whole[:, t])
        torch.testing.assert_close(log_p.exp().sum(-1), torch.ones(3))
    weights = decoder.weights(state)
    if weights is not None:
        assert (weights[~encoded.mask] == 0).all() and (weights.sum(-1) <= 1 + 1e-5).all()


def test_likelihood_is_the_sum_of_the_steps(decoder):
    encoded = _encoded()
    state, total = decoder.start(encoded), torch.zeros(3)
    for t in range(TARGET.shape[1] - 1):
        log_p, state = decoder.step(TARGET[:, t], state)
        said = log_p.gather(1, TARGET[:, t + 1 : t + 2]).squeeze(1)
        total = total + said * (TARGET[:, t + 1] != PAD)
    torch.testing.assert_close(decoder.log_likelihood(TARGET, encoded), total, atol=1e-4, rtol=1e-4)


def test_a_source_alone_is_told_as_in_a_batch(decoder):
    encoded = _encoded()
    ways = [
        lambda e: greedy(decoder, e, limit=6),
        lambda e: beam_search(decoder, e, beams=3, limit=6),
        lambda e: beam_search(decoder, e, beams=2, limit=6, coverage_penalty=0.2),
    ]
    for way in ways:
        batch = way(encoded)
        for b in range(3):
            single = way(_alone(encoded, b))
            n = single.tokens.shape[1]
            assert batch.tokens[b, :n].tolist() == single.tokens[0].tolist()
            torch.testing.assert_close(batch.scores[b], single.scores[0], atol=1e-4, rtol=1e-4)


def _long():
    torch.manual_seed(2)
    with torch.no_grad():
        return RecurrentEncoder(9, size=WIDTH // 2).eval()(torch.randint(4, 9, (4, 40)), LONG)


def test_lengths_that_differ_much_and_an_empty_source(decoder):
    encoded = _long()
    batch = beam_search(decoder, encoded, beams=3, limit=8, coverage_penalty=0.2)
    assert batch.scores.isfinite().all()
    for b in range(4):
        single = beam_search(decoder, _alone(encoded, b), beams=3, limit=8, coverage_penalty=0.2)
        n = single.tokens.shape[1]
        assert batch.tokens[b, :n].tolist() == single.tokens[0].tolist()
        torch.testing.assert_close(batch.scores[b], single.scores[0], atol=1e-4, rtol=1e-4)
    target = torch.tensor([[BOS, 4, 5, EOS]]).expand(4, -1)
    likely = decoder.log_likelihood(target, encoded)
    nothing = decoder.log_likelihood(target[:1], _alone(encoded, 3))
    torch.testing.assert_close(likely[3:], nothing)
    decoder.train()
    decoder.log_likelihood(target, encoded).sum().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in decoder.parameters())


def test_an_empty_source_has_the_likelihood_of_its_steps(decoder):
    encoded, target = _alone(_long(), 3), torch.tensor([[BOS, 4, EOS]])
    state, total = decoder.start(encoded), 0.0
    for t in range(2):
        log_p, state = decoder.step(target[:, t], state)
        total = total + log_p[:, target[0, t + 1]]
    torch.testing.assert_close(decoder.log_likelihood(target, encoded), total)


def test_padding_and_begin_are_never_said(decoder):
    encoded = _encoded()
    with torch.no_grad():  # make them the likeliest
        for name, p in decoder.named_parameters():
            if name.endswith("readout.bias"):
                p[[PAD, BOS]] = 10.0
    for told in (
        greedy(decoder, encoded, limit=8),
        beam_search(decoder, encoded, beams=3, limit=8),
        sample(decoder, encoded, limit=8),
    ):
        for row in told.tokens.tolist():
            said = row[: row.index(EOS)] if EOS in row else row
            assert PAD not in said and BOS not in said
        if told.weights is not None:
            assert told.weights.shape[1] == told.tokens.shape[1]


def test_more_beams_than_tokens_and_no_sources(decoder):
    encoded = _encoded()
    told = beam_search(decoder, encoded, beams=60, limit=2)
    assert told.scores.isfinite().all()
    none = Encoded(*(x[:0] for x in encoded[:3]))
    assert beam_search(decoder, none).tokens.shape == greedy(decoder, none).tokens.shape == (0, 0)


def test_what_a_beam_attended_to_is_that_of_its_steps(decoder):
    encoded = _alone(_encoded(), 0)
    told = beam_search(decoder, encoded, beams=4, limit=6)
    state, token = decoder.start(encoded), torch.tensor([BOS])
    for t, said in enumerate(told.tokens[0]):
        _, state = decoder.step(token, state)
        weights, token = decoder.weights(state), said.unsqueeze(0)
        if weights is None:
            assert told.weights is None
        else:
            torch.testing.assert_close(told.weights[0, t], weights[0])


def test_a_model_in_bfloat16_adds_up_its_scores_in_float(decoder):
    encoded = _encoded()
    half = Encoded(encoded.memory.bfloat16(), encoded.mask, encoded.summary.bfloat16())
    decoder.bfloat16()
    assert greedy(decoder, half, limit=4).scores.dtype == torch.float32
    assert beam_search(decoder, half, beams=2, limit=4).scores.dtype == torch.float32


def test_one_beam_is_greedy(decoder):
    encoded = _encoded()
    one, best = beam_search(decoder, encoded, beams=1, limit=6), greedy(decoder, encoded, limit=6)
    n = min(one.tokens.shape[1], best.tokens.shape[1])
    assert one.tokens[:, :n].tolist() == best.tokens[:, :n].tolist()


def test_enough_beams_find_the_best_of_all():
    torch.manual_seed(3)
    decoder = DECODERS["before"]().eval()
    encoded = _alone(_encoded(), 0)
    with torch.no_grad():  # nobody says these
        decoder.readout.bias[[PAD, BOS]] = -1e4
    words = [t for t in range(VOCAB) if t not in (PAD, BOS, EOS)]
    scores = {}
    for length in range(1, 4):
        for body in itertools.product(words, repeat=length - 1):
            target = torch.tensor([[BOS, *body, EOS]])
            likely = float(decoder.log_likelihood(target, encoded).detach())
            scores[*body, EOS] = likely / ((5 + length) / 6) ** 0.6
    found = beam_search(decoder, encoded, beams=200, limit=3)
    best = max(scores, key=lambda body: scores[body])
    assert tuple(found.tokens[0].tolist()) == best
    assert abs(float(found.scores[0]) - scores[best]) < 1e-4


def test_sampling_follows_the_probabilities():
    torch.manual_seed(0)
    decoder = DECODERS["none"]().eval()
    encoded = _alone(_encoded(), 0)
    many = Encoded(*(x.expand(4000, *x.shape[1:]) for x in encoded[:3]))
    with torch.no_grad():
        log_p, _ = decoder.step(torch.tensor([BOS]), decoder.start(encoded))
    drawn = sample(decoder, many, limit=1, generator=torch.Generator().manual_seed(0))
    counts = drawn.tokens[:, 0].bincount(minlength=VOCAB) / 4000
    log_p[:, [PAD, BOS]] = -torch.inf  # these are never said
    torch.testing.assert_close(counts, log_p[0].softmax(-1).detach(), atol=0.03, rtol=0)
    top = sample(decoder, many, limit=1, top_k=2).tokens.unique()
    assert set(top.tolist()) <= set(log_p[0].topk(2).indices.tolist())
    assert sample(decoder, many, limit=1, top_p=1e-6).tokens.unique().tolist() == [
        int(log_p.argmax())
    ]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda d, e: sample(d, e, temperature=0.0), "temperature is 0"),
        (lambda d, e: sample(d, e, top_k=0), "top_k is 0"),
        (lambda d, e: sample(d, e, top_p=1.5), "top_p is 1.5"),
        (lambda d, e: beam_search(d, e, beams=0), "beams is 0"),
        (lambda d, e: greedy(d, e, limit=0), "limit is 0"),
    ],
)
def test_mistakes_are_named(call, says):
    with pytest.raises(ValueError, match=says):
        call(DECODERS["none"]().eval(), _encoded())


@pytest.mark.parametrize("kind", [{}, {"before": True}])
def test_feeding_needs_attention_after_the_step(kind):
    mechanism = ContentAttention(additive(6, key_size=WIDTH)) if kind else None
    with pytest.raises(ValueError, match="feed=True"):
        RecurrentDecoder(VOCAB, size=6, memory_size=WIDTH, mechanism=mechanism, feed=True, **kind)


def test_marginal_is_the_sum_over_all_choices():
    torch.manual_seed(0)
    for monotone in (False, True):
        decoder = HiddenChoiceDecoder(
            VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH), monotone=monotone
        ).eval()
        encoded = _alone(_encoded(), 1)
        target = torch.tensor([[BOS, 4, 5, EOS]])
        state = decoder.start(encoded)
        out, _ = decoder.rnn(decoder.embed(target[:, :-1]), state.hidden.unsqueeze(0))
        scores = decoder._scores(out, state.memory)[0]
        emissions = decoder._emissions(out, state.memory)[0]
        total = torch.zeros(())
        for path in itertools.product(range(3), repeat=3):
            chance = torch.ones(())
            for t, j in enumerate(path):
                low = path[t - 1] if monotone and t else 0
                if j < low:
                    chance = chance * 0
                    break
                chance = chance * scores[t, low:].softmax(0)[j - low]
                chance = chance * emissions[t, j, target[0, t + 1]].exp()
            total = total + chance
        torch.testing.assert_close(decoder.log_likelihood(target, encoded)[0].exp(), total)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RecurrentEncoder(9, size=4, layers=2),
        lambda: TransformerEncoder(9, size=8, layers=2, heads=2),
        lambda: TransformerEncoder(9, size=8, layers=2, heads=2, rotary=False),
    ],
)
def test_encoders_do_not_look_behind_the_end(make):
    torch.manual_seed(0)
    encoder = make().eval()
    source = torch.randint(4, 9, (4, 5))
    lengths = torch.tensor([5, 3, 1, 0])
    both = encoder(source, lengths)
    assert both.mask.sum(1).tolist() == lengths.tolist()
    for b, n in enumerate(lengths.tolist()):
        assert (both.memory[b, n:] == 0).all()
        if n:
            alone = encoder(source[b : b + 1, :n], lengths[b : b + 1])
            torch.testing.assert_close(both.memory[b, :n], alone.memory[0], atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(both.summary[b], alone.summary[0], atol=1e-5, rtol=1e-5)
    assert (both.summary[3] == 0).all()


def test_pyramids_halve_the_frames():
    torch.manual_seed(0)
    encoder = PyramidEncoder(3, size=4, layers=2).eval()
    frames, lengths = torch.randn(3, 9, 3), torch.tensor([9, 4, 1])
    both = encoder(frames, lengths)
    assert both.memory.shape == (3, 3, 8) and both.mask.sum(1).tolist() == [3, 1, 1]
    for b, n in enumerate(lengths.tolist()):
        alone = encoder(frames[b : b + 1, :n], lengths[b : b + 1])
        k = alone.memory.shape[1]
        torch.testing.assert_close(both.memory[b, :k], alone.memory[0], atol=1e-5, rtol=1e-5)


def test_rotation_keeps_lengths_and_depends_on_distance():
    x = torch.randn(2, 6, 8)
    torch.testing.assert_close(rotate(x).norm(dim=-1), x.norm(dim=-1))
    same = torch.randn(8).expand(6, 8)
    products = rotate(same) @ rotate(same).T
    for d in range(-5, 6):
        line = products.diagonal(d)
        torch.testing.assert_close(line, line[:1].expand(len(line)), atol=1e-4, rtol=1e-4)


def test_sinusoids_are_those_of_the_paper():
    told = sinusoids(6, 8)
    assert told.shape == (6, 8) and (told[0, ::2] == 0).all() and (told[0, 1::2] == 1).all()
    torch.testing.assert_close(told[5, 2], torch.tensor(5 * 10_000 ** (-2 / 8)).sin())
    torch.testing.assert_close(sinusoids(2, 8, first=4), told[4:])
    with pytest.raises(ValueError, match="an even width, not 7"):
        sinusoids(2, 7)


@pytest.mark.parametrize("rotary", [True, False])
def test_an_encoder_knows_the_order_by_its_positions(rotary):
    torch.manual_seed(0)
    encoder = TransformerEncoder(9, size=8, layers=1, heads=2, rotary=rotary).eval()
    there, back = torch.tensor([[4, 5, 6]]), torch.tensor([[6, 5, 4]])
    one, other = (encoder(x, torch.tensor([3])).memory for x in (there, back))
    assert not torch.allclose(one, other.flip(1), atol=1e-3)


def test_a_language_model_sees_only_the_past():
    torch.manual_seed(0)
    model = LanguageModel(TransformerDecoder(VOCAB, size=8, memory_size=None, heads=2)).eval()
    tokens = torch.randint(4, 7, (2, 6))
    log_p = model(tokens)
    other = tokens.clone()
    other[:, 4:] = 5
    torch.testing.assert_close(model(other)[:, :4], log_p[:, :4])
    told = greedy(model.decoder, model.nothing(tokens), limit=5)
    assert told.tokens.shape[0] == 2 and told.weights is None


def test_hidden_tokens_are_asked_for():
    torch.manual_seed(0)
    model = MaskedLanguageModel(9, encoder=TransformerEncoder(9, size=8, layers=1, heads=2))
    tokens = torch.randint(4, 8, (200, 20))
    tokens[:, 15:] = PAD
    inputs, targets = model.hide(tokens, generator=torch.Generator().manual_seed(0))
    asked = targets != PAD
    assert abs(float(asked[:, :15].float().mean()) - 0.15) < 0.02 and not asked[:, 15:].any()
    assert (inputs[~asked] == tokens[~asked]).all()
    assert abs(float((inputs[asked] == 8).float().mean()) - 0.8) < 0.05
    assert set(inputs[asked].tolist()) == {4, 5, 6, 7, 8}, "only words stand in for words"
    assert model(inputs, torch.full((200,), 15)).shape == (200, 20, 9)


def test_a_model_learns_to_copy():
    torch.manual_seed(0)
    model = Seq2Seq(
        RecurrentEncoder(9, size=16),
        decoder=RecurrentDecoder(
            9, size=24, memory_size=32, mechanism=ContentAttention(additive(24, key_size=32))
        ),
    )
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(150):
        source = torch.randint(4, 9, (32, 4))
        target = torch.cat([torch.full((32, 1), BOS), source, torch.full((32, 1), EOS)], 1)
        loss = -model(source, torch.full((32,), 4), target).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    source = torch.randint(4, 9, (20, 4))
    told = beam_search(model.decoder, model.encoder(source, torch.full((20,), 4)), beams=3)
    assert (told.tokens[:, :4] == source).float().mean() > 0.9


def test_samples_estimate_the_gradient_of_their_bound():
    # order 0: the bound's exact gradient is that of the sum over choices of weight times reward
    torch.manual_seed(0)
    inner = HiddenChoiceDecoder(VOCAB, size=6, memory_size=WIDTH, score=additive(6, key_size=WIDTH))
    sampled = SampledChoiceDecoder(inner, samples=3000, bonus=0.0).train()
    encoded, target = _alone(_encoded(), 1), torch.tensor([[BOS, 4, 5, EOS]])
    state = inner.start(encoded)
    out, _ = inner.rnn(inner.embed(target[:, :-1]), state.hidden.unsqueeze(0))
    weights = inner._scores(out, state.memory).softmax(-1)
    said = target[:, 1:, None, None].expand(-1, -1, 3, 1)
    rewards = inner._emissions(out, state.memory).gather(-1, said).squeeze(-1)
    bound = (weights * rewards).sum()
    exact = torch.autograd.grad(bound, [inner.score.v, inner.readout.weight])
    likely = sampled.log_likelihood(target, encoded)
    ours = torch.autograd.grad(likely.sum(), [inner.score.v, inner.readout.weight])
    torch.testing.assert_close(likely[0], bound, atol=0.05, rtol=0)
    for a, b in zip(ours, exact, strict=True):
        torch.testing.assert_close(a, b, atol=0.1 * float(b.abs().max()), rtol=0)
    sampled.eval()
    torch.testing.assert_close(
        sampled.log_likelihood(target, encoded), inner.log_likelihood(target, encoded)
    )
    with pytest.raises(ValueError, match="samples=0"):
        SampledChoiceDecoder(inner, samples=0)
