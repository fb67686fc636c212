"""Copying: a distribution, in log space, without NaN where gates saturate."""

import pytest
import torch

from recollect.functional import copied_share, copy_likelihood, copy_mixture, pointed


def _case(dtype=torch.float64):
    torch.manual_seed(0)
    return (
        torch.randn(2, 3, 5, dtype=dtype).log_softmax(-1),
        torch.randn(2, 3, 4, dtype=dtype).softmax(-1),
        torch.randn(2, 3, 1, dtype=dtype),
        torch.tensor([[0, 5, 5, 2], [6, 1, 1, 1]]).unsqueeze(1),
    )


def test_is_a_distribution_equal_to_the_sum():
    vocabulary, weights, gate, ids = _case()
    mixed = copy_mixture(vocabulary, weights, gate, ids, extra=2).exp()
    torch.testing.assert_close(mixed.sum(-1), torch.ones(2, 3, dtype=torch.float64))
    p = gate.sigmoid()
    torch.testing.assert_close(mixed[..., 5], ((1 - p) * pointed(weights, ids, 7))[..., 5])
    torch.testing.assert_close(
        mixed[..., :5], p * vocabulary.exp() + (1 - p) * pointed(weights, ids, 7)[..., :5]
    )


@pytest.mark.parametrize("saturated", [-1e4, 1e4])
def test_saturated_gates_and_no_weights_stay_finite(saturated):
    vocabulary, weights, gate, ids = _case(torch.float32)
    weights = torch.zeros_like(weights).requires_grad_()
    gate = torch.full_like(gate, saturated).requires_grad_()
    vocabulary.requires_grad_()
    mixed = copy_mixture(vocabulary, weights, gate, ids, extra=2)
    assert mixed.isfinite().all()
    mixed.sum().backward()
    for x in (vocabulary, weights, gate):
        assert x.grad is not None and x.grad.isfinite().all()


def test_gradients():
    vocabulary, weights, gate, ids = _case()
    inputs = [x.requires_grad_() for x in (vocabulary, weights, gate)]
    # words of the source alone: elsewhere the floor has no gradient; weights that stay on their
    # simplex: off it, what they lack is generated
    assert torch.autograd.gradcheck(
        lambda v, w, g: copy_mixture(v, w.softmax(-1), g, ids, extra=2)[:, :, :5].exp(), inputs
    )
    said = torch.tensor([[0, 5, 3], [6, 1, 0]])
    assert torch.autograd.gradcheck(
        lambda v, w, g: copy_likelihood(v, 0.8 * w.softmax(-1), g, ids, said), inputs
    )


def test_one_word_has_the_likelihood_it_has_among_all():
    vocabulary, weights, gate, ids = _case()
    for part in (weights, 0.3 * weights, 0 * weights):
        mixed = copy_mixture(vocabulary, part, gate, ids, extra=2)
        torch.testing.assert_close(mixed.exp().sum(-1), torch.ones(2, 3, dtype=torch.float64))
        copied = (gate.neg().sigmoid() * pointed(part, ids, 7)) / mixed.exp().clamp(min=1e-300)
        for word in range(7):
            said = torch.full((2, 3), word)
            each = copy_likelihood(vocabulary, part, gate, ids, said)
            torch.testing.assert_close(each, mixed[..., word], atol=1e-9, rtol=1e-9)
            if bool((mixed[..., word] > -1e3).all()):
                share = copied_share(vocabulary, part, gate, ids, said)
                torch.testing.assert_close(share, copied[..., word])
