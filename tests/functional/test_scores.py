import math

import pytest
import torch
from torch.autograd import gradcheck

from recollect.functional import additive, cosine, dot, unit


def test_each_is_its_equation_pair_by_pair():
    query, keys = torch.randn(2, 3, 4), torch.randn(2, 5, 4)
    v, strength = torch.randn(4), torch.rand(2, 3, 1)
    made = dot(query, keys), dot(query, keys, None), cosine(query, keys, strength)
    made = (*made, additive(query, keys, v))
    for b in range(2):
        for i in range(3):
            for j in range(5):
                q, k = query[b, i], keys[b, j]
                angle = torch.nn.functional.cosine_similarity(q, k, dim=0)
                wanted = q @ k, q @ k / math.sqrt(4), strength[b, i, 0] * angle, v @ (q + k).tanh()
                for ours, theirs in zip(made, wanted, strict=True):
                    torch.testing.assert_close(ours[b, i, j], theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("score", [dot, cosine, lambda q, k: additive(q, k, q[0])])
def test_gradients_are_exact(score):
    query, keys = (torch.randn(n, 4, dtype=torch.float64, requires_grad=True) for n in (3, 5))
    assert gradcheck(score, (query, keys))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_unit_vectors_have_length_one_and_zero_stays_zero(dtype):
    x = (torch.randn(20, 8) * 100).to(dtype)
    x[0] = 0
    x.requires_grad_()
    lengths = unit(x).double().norm(dim=-1)
    torch.testing.assert_close(lengths[1:], torch.ones_like(lengths[1:]), atol=0.01, rtol=0)
    assert lengths[0] == 0
    unit(x).sum().backward()
    assert torch.isfinite(x.grad).all()
