"""Hidden choices among some slots, in pieces, and trained by bounds: against the exact sum."""

import itertools

import pytest
import torch

from recollect import additive
from recollect.models import (
    BOS,
    EOS,
    PAD,
    Encoded,
    HiddenChoiceDecoder,
    SampledChoiceDecoder,
    VariationalChoiceDecoder,
)

VOCAB, SIZE, WIDTH, SLOTS = 6, 4, 5, 4
TARGET = torch.tensor([[BOS, 4, 5, EOS], [BOS, 5, EOS, PAD]])


def hidden(**more):
    torch.manual_seed(0)
    score = additive(SIZE, key_size=WIDTH)
    return HiddenChoiceDecoder(VOCAB, size=SIZE, memory_size=WIDTH, score=score, **more).double()


def variational(**more):
    inner = hidden()
    return VariationalChoiceDecoder(
        inner, score=additive(2 * SIZE, key_size=WIDTH), **more
    ).double()


@pytest.fixture
def encoded():
    torch.manual_seed(1)
    memory = torch.randn(2, SLOTS, WIDTH, dtype=torch.float64)
    mask = torch.tensor([[True] * 4, [True] * 2 + [False] * 2])
    return Encoded(memory * mask.unsqueeze(-1), mask, memory.mean(1))


def gradients(likely, decoder):
    found = torch.autograd.grad(likely.sum(), [*decoder.parameters()], allow_unused=True)
    return [x for x in found if x is not None]


@pytest.mark.parametrize("monotone", [False, True])
@pytest.mark.parametrize("chunk", [1, 2, 3, 99])
def test_pieces_are_the_whole(encoded, chunk, monotone):
    whole, pieces = hidden(monotone=monotone), hidden(monotone=monotone, chunk=chunk)
    likely = [d.log_likelihood(TARGET, encoded) for d in (whole, pieces)]
    torch.testing.assert_close(*likely)
    for one, other in zip(gradients(likely[0], whole), gradients(likely[1], pieces), strict=True):
        torch.testing.assert_close(one, other)


def test_all_slots_may_be_the_likeliest(encoded):
    every = hidden().log_likelihood(TARGET, encoded)
    for keep in (SLOTS, 99):
        torch.testing.assert_close(hidden(keep=keep).log_likelihood(TARGET, encoded), every)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_likeliest_alone_are_a_distribution_too(encoded, keep):
    decoder = hidden(keep=keep)
    state, total = decoder.start(encoded), torch.zeros(2, dtype=torch.float64)
    for t in range(3):
        log_p, state = decoder.step(TARGET[:, t], state)
        torch.testing.assert_close(log_p.exp().sum(-1), torch.ones(2, dtype=torch.float64))
        weights = decoder.weights(state)
        assert ((weights > 1e-9).sum(-1) <= keep).all() and (weights[~encoded.mask] == 0).all()
        said = log_p.gather(1, TARGET[:, t + 1 : t + 2]).squeeze(1)
        total = total + said * (TARGET[:, t + 1] != PAD)
    torch.testing.assert_close(decoder.log_likelihood(TARGET, encoded), total)


def test_the_posteriors_bound_is_below_and_judged_exactly(encoded):
    decoder = variational()
    bound = decoder.train().log_likelihood(TARGET, encoded)
    exact = decoder.inner.log_likelihood(TARGET, encoded)
    assert (bound <= exact + 1e-9).all() and (bound > exact - 20).all()
    torch.testing.assert_close(decoder.eval().log_likelihood(TARGET, encoded), exact)


def test_a_posterior_that_learns_closes_the_gap(encoded):
    decoder = variational().train()
    mine = [*decoder.score.parameters(), *decoder.reader.parameters()]
    optimizer = torch.optim.Adam(mine, 2e-2)
    exact = decoder.inner.log_likelihood(TARGET, encoded).sum().detach()
    first = (exact - decoder.log_likelihood(TARGET, encoded).sum()).detach()
    for _ in range(150):
        optimizer.zero_grad()
        (-decoder.log_likelihood(TARGET, encoded).sum()).backward()
        optimizer.step()
    last = (exact - decoder.log_likelihood(TARGET, encoded).sum()).detach()
    assert 0 <= last.item() < 0.2 * first.item()


def test_samples_of_the_posterior_are_right_on_average(encoded, monkeypatch):
    """Each pair of samples by its probability, one target of one token: the exact mean."""
    sampled, whole = variational(samples=2).train(), variational().train()
    one = Encoded(encoded.memory[:1], encoded.mask[:1], encoded.summary[:1])
    target = torch.tensor([[BOS, EOS]])
    right = gradients(whole.log_likelihood(target, one), whole)
    with torch.no_grad():
        scores = sampled._posterior(target[:, 1:], one)
        q = scores.softmax(-1).flatten()
    mean, value = None, 0.0
    for pair in itertools.product(range(SLOTS), repeat=2):
        drawn = torch.tensor(pair).view(2, 1, 1)
        monkeypatch.setattr(
            torch.distributions.Categorical, "sample", lambda self, shape, drawn=drawn: drawn
        )
        likely = sampled.log_likelihood(target, one)
        chance = q[pair[0]] * q[pair[1]]
        value += float(chance * likely.detach())
        found = [chance * x for x in gradients(likely, sampled)]
        mean = found if mean is None else [a + b for a, b in zip(mean, found, strict=True)]
    assert value == pytest.approx(whole.log_likelihood(target, one).item())
    for estimate, exact in zip(mean, right, strict=True):
        torch.testing.assert_close(estimate, exact)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: hidden(keep=0), "keep=0"),
        (lambda: hidden(keep=3, monotone=True), "not monotone"),
        (lambda: hidden(chunk=0), "chunk is 0"),
        (lambda: variational(samples=1), "samples is 1"),
        (
            lambda: VariationalChoiceDecoder(hidden(monotone=True), score=additive(8, key_size=5)),
            "monotone=True",
        ),
        (
            lambda: VariationalChoiceDecoder(hidden(keep=2), score=additive(8, key_size=5)),
            "keep=2",
        ),
        (lambda: SampledChoiceDecoder(hidden(monotone=True)), "monotone=True"),
        (lambda: SampledChoiceDecoder(hidden(keep=2)), "keep=2"),
    ],
)
def test_mistakes_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
