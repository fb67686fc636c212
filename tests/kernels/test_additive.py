"""Additive scores in the kernel against the reference, in values and in gradients."""

import pytest
import torch

from recollect.functional import additive
from recollect.score import AdditiveScore


@pytest.mark.parametrize(
    "shape", [(3, 4, 5, 7), (1, 1, 1, 1), (2, 9, 17, 33), (2, 0, 3, 4), (2, 3, 0, 4)]
)
def test_it_is_the_reference(shape):
    from recollect.kernels.additive import scores

    torch.manual_seed(0)
    batch, steps, slots, width = shape
    given = [torch.randn(batch, steps, width), torch.randn(batch, slots, width), torch.randn(width)]
    told = []
    for function in (scores, additive):
        leaves = [x.clone().requires_grad_() for x in given]
        out = function(*leaves)
        weigh = torch.randn(out.shape, generator=torch.Generator().manual_seed(1))
        told.append([out, *torch.autograd.grad((out * weigh).sum(), leaves)])
    for ours, theirs in zip(*told, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_a_nan_is_seen_and_far_numbers_are_not_one():
    from recollect.kernels.additive import scores

    v = torch.ones(2)
    keys = torch.zeros(1, 1, 2)
    assert scores(torch.tensor([[[float("nan"), 0.0]]]), keys, v).isnan().all()
    torch.testing.assert_close(
        scores(torch.tensor([[[1e6, 1e6], [-1e6, -1e6]]]), keys, v).flatten(),
        torch.tensor([2.0, -2.0]),
    )


def test_the_module_takes_it_where_it_can():
    torch.manual_seed(0)
    score = AdditiveScore(4, key_size=3)
    query, keys = torch.randn(2, 5, 4), torch.randn(2, 6, 3)

    def told(query, keys):
        return score(score.embed_query(query), score.embed_keys(keys))

    out = told(query, keys)
    assert "Scores" in type(out.grad_fn).__name__
    mapped = torch.vmap(told)(query[None], keys[None])[0]
    torch.testing.assert_close(out, mapped)
    beside = told(query[0], keys[0])  # other axes than three are the reference's
    assert "Scores" not in type(beside.grad_fn).__name__
    torch.testing.assert_close(out[0], beside)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        narrow = told(query, keys)
    assert narrow.dtype == torch.float32
    torch.testing.assert_close(narrow, out, rtol=0.05, atol=0.05)
