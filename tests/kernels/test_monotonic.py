"""The kernels of monotonic alignments are their references, in values and gradients."""

import pytest
import torch

from recollect.functional import first_slot
from recollect.mechanisms.paths import monotonic_path, onward_path, stepwise_path

PATHS = {"monotonic": monotonic_path, "onward": onward_path, "stepwise": stepwise_path}


@pytest.fixture(params=PATHS, ids=str)
def path(request):
    return PATHS[request.param]


def _case(steps, slots, lengths, dtype=torch.float64, seed=0):
    draw = torch.Generator().manual_seed(seed)
    energy = 2 * torch.randn(len(lengths), steps, slots, generator=draw, dtype=dtype)
    mask = (torch.arange(slots) < torch.tensor(lengths).unsqueeze(1)).unsqueeze(1)
    return energy, first_slot(energy[:, 0], mask.squeeze(1)), mask


@pytest.mark.parametrize("sizes", [(1, 1, (1,)), (5, 7, (7, 3, 0, 1)), (9, 4, (4, 2))])
@pytest.mark.parametrize("masked", [True, False])
def test_it_is_its_reference(path, sizes, masked):
    energy, last, mask = _case(*sizes)
    mask = mask if masked else None
    # anywhere, as in the middle of a target; what may not be read holds nothing
    last = torch.rand_like(last) * (1 if mask is None else mask.squeeze(1))
    found = []
    for fused in (True, False):
        inputs = [energy.clone().requires_grad_(), last.clone().requires_grad_()]
        weights = path(*inputs, mask, fused=fused)
        seen = torch.arange(weights.numel(), dtype=weights.dtype).view_as(weights).cos()
        found.append((weights, *torch.autograd.grad((weights * seen).sum(), inputs)))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-9, rtol=1e-9)


def test_single_precision_is_near(path):
    energy, last, mask = _case(30, 50, (50, 20, 3), torch.float32)
    one, other = (path(energy, last, mask, fused=fused) for fused in (True, False))
    torch.testing.assert_close(one, other, atol=2e-6, rtol=1e-4)
    half = path(energy.bfloat16(), last.bfloat16(), mask)
    assert half.dtype == torch.bfloat16 and half.isfinite().all()


def test_thousands_of_slots_lose_nothing(path):
    energy, last, mask = _case(40, 4000, (4000, 3999), torch.float32)
    weights = path(energy - 3, last, mask)
    other = path(energy - 3, last, mask, fused=False)
    torch.testing.assert_close(weights.sum(-1), other.sum(-1), atol=1e-4, rtol=0)


def test_what_may_not_be_read_may_be_anything(path):
    energy, last, mask = _case(3, 6, (6, 4))
    clean = path(energy, last, mask)
    energy[1, :, 4:] = torch.nan
    torch.testing.assert_close(path(energy, last, mask), clean)


def test_threads_share_the_batch(path):
    energy, last, mask = _case(6, 5, (5, 4, 3), torch.float32)
    one, before = path(energy, last, mask), torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert torch.equal(path(energy, last, mask), one)
    finally:
        torch.set_num_threads(before)
