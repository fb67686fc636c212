from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck, gradgradcheck

from recollect.functional import (
    entmax15,
    gumbel_softmax,
    hardmax,
    softmax,
    sparsemax,
    stick_breaking,
    stick_breaking_log,
    topk_softmax,
)
from recollect.testing import check_normalizer

SMOOTH = [softmax, sparsemax, entmax15, topk_softmax, stick_breaking]
WHOLE = [softmax, sparsemax, entmax15, topk_softmax, hardmax, gumbel_softmax]


def bisected(power):
    """The alpha-entmax family's threshold by bisection: an oracle that sorts nothing."""

    def normalize(logits, mask=None):
        z = logits / power
        if mask is not None:
            z = z.masked_fill(~mask, -1e30)
        low, high = z.amax(-1, keepdim=True) - 1, z.amax(-1, keepdim=True)
        for _ in range(80):
            middle = (low + high) / 2
            heavy = (z - middle).clamp_min(0).pow(power).sum(-1, keepdim=True) > 1
            low, high = torch.where(heavy, middle, low), torch.where(heavy, high, middle)
        weights = (z - low).clamp_min(0).pow(power)
        return weights if mask is None else weights * mask * mask.any(-1, keepdim=True)

    return normalize


def looped_stick(logits, mask=None):
    weights = torch.zeros_like(logits)
    for row in range(len(logits)):
        left = 1.0
        for t in reversed(range(logits.shape[-1])):
            if mask is None or mask[row, t]:
                p = torch.sigmoid(logits[row, t])
                weights[row, t] = left * p
                left = left * (1 - p)
    return weights


@pytest.mark.parametrize(
    ("normalize", "oracle"),
    [(sparsemax, bisected(1)), (entmax15, bisected(2)), (stick_breaking, looped_stick)],
    ids=["sparsemax", "entmax15", "stick_breaking"],
)
@pytest.mark.parametrize("scale", [0.01, 1.0, 10.0])
@pytest.mark.parametrize("slots", [1, 2, 7, 33])
def test_matches_its_oracle(normalize, oracle, scale, slots):
    logits = torch.randn(20, slots, dtype=torch.float64) * scale
    mask = torch.rand(20, slots) > 0.3
    torch.testing.assert_close(normalize(logits), oracle(logits), atol=1e-12, rtol=1e-9)
    torch.testing.assert_close(normalize(logits, mask), oracle(logits, mask), atol=1e-12, rtol=1e-9)


@pytest.mark.parametrize("normalize", WHOLE, ids=lambda f: f.__name__)
def test_conforms(normalize):
    check_normalizer(normalize)


@pytest.mark.parametrize(
    "normalize",
    [partial(topk_softmax, k=1), partial(topk_softmax, k=3), partial(gumbel_softmax, hard=False)],
    ids=["top1", "top3", "relaxed"],
)
def test_conforms_with_options(normalize):
    check_normalizer(normalize)


def test_stick_breaking_conforms():
    check_normalizer(stick_breaking, whole=False)


@pytest.mark.parametrize("normalize", SMOOTH, ids=lambda f: f.__name__)
@pytest.mark.parametrize("masked", [False, True])
def test_gradients_are_exact(normalize, masked):
    logits = torch.randn(4, 6, dtype=torch.float64, requires_grad=True)
    mask = torch.rand(4, 6) > 0.4 if masked else None
    if mask is not None:
        mask[0] = False
    assert gradcheck(lambda z: normalize(z, mask), logits)
    assert gradgradcheck(lambda z: normalize(z, mask), logits)


@pytest.mark.parametrize("normalize", [*SMOOTH, hardmax, gumbel_softmax], ids=lambda f: f.__name__)
def test_compiles_whole(normalize):
    torch._dynamo.reset()
    compiled = torch.compile(normalize, fullgraph=True, backend="eager")
    logits, mask = torch.randn(3, 5), torch.rand(3, 5) > 0.3
    torch.manual_seed(1)
    ours = compiled(logits, mask)
    torch.manual_seed(1)
    torch.testing.assert_close(ours, normalize(logits, mask))


@settings(max_examples=60, deadline=None)
@given(
    logits=st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=12),
    shift=st.floats(-20, 20),
    data=st.data(),
)
def test_content_weights_ignore_order_and_offset(logits, shift, data):
    z = torch.tensor(logits, dtype=torch.float64)
    order = torch.tensor(data.draw(st.permutations(range(len(logits)))))
    for normalize in (softmax, sparsemax, entmax15):
        weights = normalize(z)
        torch.testing.assert_close(normalize(z[order]), weights[order], atol=1e-9, rtol=0)
        torch.testing.assert_close(normalize(z + shift), weights, atol=1e-9, rtol=0)
        assert (weights[z.argsort()].diff() >= -1e-12).all(), "a larger logit weighs no less"


@settings(max_examples=60, deadline=None)
@given(logits=st.lists(st.floats(-700, 700, width=32), min_size=1, max_size=20))
def test_what_stick_breaking_leaves_is_the_chance_of_no_match(logits):
    z = torch.tensor(logits, dtype=torch.float64)
    left = torch.nn.functional.logsigmoid(-z).sum().exp()
    torch.testing.assert_close(stick_breaking(z).sum() + left, torch.ones_like(left))


def test_sparse_weights_are_sparse_and_softmax_is_not():
    logits = torch.randn(50, 40) * 2
    assert (softmax(logits) > 0).all()
    assert (sparsemax(logits) > 0).sum(-1).float().mean() < 4
    assert (entmax15(logits) > 0).sum(-1).float().mean() < 12
    assert ((topk_softmax(logits, k=3) > 0).sum(-1) == 3).all()


def test_far_apart_logits_keep_their_precision():
    logits = torch.tensor([[3e7, 3e7 - 8, -3e38], [1e-3, 0.0, -1e-3]])
    for normalize, oracle in ((sparsemax, bisected(1)), (entmax15, bisected(2))):
        torch.testing.assert_close(normalize(logits), oracle(logits.double()).float())


def test_topk_keeps_exactly_k_of_ties():
    assert topk_softmax(torch.zeros(6), k=4).tolist().count(0.25) == 4


def test_topk_of_more_than_there_is_is_softmax():
    logits = torch.randn(2, 3)
    torch.testing.assert_close(topk_softmax(logits, k=9), softmax(logits))


@pytest.mark.parametrize("k", [0, -1])
def test_topk_of_nothing_is_refused(k):
    with pytest.raises(ValueError, match=f"k={k}"):
        topk_softmax(torch.zeros(3), k=k)


def test_hardmax_has_the_gradient_of_softmax():
    logits, wanted = torch.randn(4, 6, requires_grad=True), torch.randn(4, 6)
    (hard,) = torch.autograd.grad((hardmax(logits) * wanted).sum(), logits)
    (soft,) = torch.autograd.grad((softmax(logits) * wanted).sum(), logits)
    assert torch.equal(hard, soft)
    assert set(hardmax(logits * 7).flatten().tolist()) == {0.0, 1.0}


def test_gumbel_draws_by_the_softmax():
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0])
    mask = torch.tensor([True, True, True, False])
    drawn = gumbel_softmax(logits.expand(40_000, -1), mask)
    assert set(drawn.flatten().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.mean(0), softmax(logits, mask), atol=0.01, rtol=0)


def test_gumbel_relaxes_with_temperature():
    logits = torch.zeros(1000, 5)
    warm = gumbel_softmax(logits, temperature=100.0, hard=False)
    cold = gumbel_softmax(logits, temperature=0.01, hard=False)
    assert warm.amax(-1).max() < 0.3
    assert cold.amax(-1).mean() > 0.95


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_gumbel_without_temperature_is_refused(temperature):
    with pytest.raises(ValueError, match=str(temperature)):
        gumbel_softmax(torch.zeros(3), temperature=temperature)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_stick_breaking_is_stable_over_long_certain_stories(dtype):
    logits = torch.full((2, 5000), -20.0, dtype=dtype)
    logits[0, 10], logits[1, 4000] = 20.0, 20.0
    logits.requires_grad_()
    weights = stick_breaking(logits)
    assert weights.argmax(-1).tolist() == [10, 4000]
    assert (weights.amax(-1) > 0.99).all()
    weights.float().log1p().sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_stick_breaking_log_keeps_what_underflows():
    log_p, log_not_p = torch.full((3,), -200.0), torch.zeros(3)
    log_weights = stick_breaking_log(log_p, log_not_p)
    assert torch.equal(log_weights, log_p)
    masked = stick_breaking_log(log_p, log_not_p, torch.tensor([True, False, True]))
    assert masked.tolist() == [-200.0, -torch.inf, -200.0]


def test_half_precision_sums_are_taken_in_single():
    logits = torch.zeros(4096, dtype=torch.bfloat16)
    assert abs(float(sparsemax(logits).double().sum()) - 1) < 1e-3
    assert abs(float(entmax15(logits).double().sum()) - 1) < 1e-2
