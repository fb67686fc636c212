"""The addressing of memory machines, and the traps that published code fell into."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.functional import content_weights, erase_and_add, interpolate, sharpen, shift


def test_content_is_a_softmax_of_cosines():
    keys, memory, strength = torch.randn(2, 3, 5), torch.randn(2, 7, 5), torch.rand(2, 3) * 9
    cosines = F.cosine_similarity(keys[:, :, None], memory[:, None], dim=-1)
    expected = torch.softmax(strength[..., None] * cosines, -1)
    torch.testing.assert_close(content_weights(keys, memory, strength), expected)


def test_a_memory_of_zeros_has_small_gradients():
    """With the norm's root first and its epsilon outside, they are NaN or 8e7."""
    memory = torch.zeros(1, 4, 5, requires_grad=True)
    keys = torch.randn(1, 2, 5, requires_grad=True)
    weights = content_weights(keys, memory, torch.full((1, 2), 5.0))
    torch.testing.assert_close(weights, torch.full((1, 2, 4), 0.25))
    for gradient in torch.autograd.grad(weights[0, 0, 0], [memory, keys]):
        assert gradient.isfinite().all() and gradient.abs().max() < 5e3


def test_a_row_that_was_scaled_down_counts_for_less():
    """The norm's floor is what makes an erased slot lose: its cosine is .1, not .99."""
    memory = torch.stack([torch.tensor([1.0, 0.0]), torch.tensor([1e-4, 0.0])])
    low, high = content_weights(torch.tensor([[1.0, 0.0]]), memory, torch.ones(1))[0].log()[[1, 0]]
    assert float(high - low) == pytest.approx(0.9, abs=0.01)


def test_the_gate_chooses():
    content, before = torch.rand(2, 3, 4), torch.rand(2, 3, 4)
    gate = torch.tensor([0.0, 1.0, 0.25]).expand(2, 3)
    mixed = interpolate(content, before, gate)
    torch.testing.assert_close(mixed[:, 0], before[:, 0])
    torch.testing.assert_close(mixed[:, 1], content[:, 1])
    torch.testing.assert_close(mixed[:, 2], 0.25 * content[:, 2] + 0.75 * before[:, 2])


@pytest.mark.parametrize("delta", [-2, -1, 0, 1, 2])
def test_a_shift_moves_the_head_by_its_delta_and_around_the_ring(delta):
    """A convolution of torch is a correlation, and would move it the other way."""
    shifts = torch.zeros(5)
    shifts[delta + 2] = 1
    for place in range(6):
        weights = F.one_hot(torch.tensor(place), 6).float()
        assert int(shift(weights, shifts).argmax()) == (place + delta) % 6


@settings(max_examples=40, deadline=None)
@given(
    slots=st.integers(1, 9),
    farthest=st.integers(0, 4),
    heads=st.integers(1, 3),
    batch=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_a_shift_is_the_paper_s_sum(slots, farthest, heads, batch, seed):
    torch.manual_seed(seed)
    weights = torch.rand(batch, heads, slots)
    shifts = torch.rand(batch, heads, 2 * farthest + 1)
    expected = torch.zeros(batch, heads, slots)
    for i in range(slots):
        for delta in range(-farthest, farthest + 1):
            expected[..., i] += weights[..., (i - delta) % slots] * shifts[..., farthest + delta]
    torch.testing.assert_close(shift(weights, shifts), expected)  # (2, 16) for (2, 8) is a trap


@pytest.mark.parametrize("sharpness", [10.0, 15.0, 50.0, 1e6])
@pytest.mark.parametrize("slots", [128, 256])
def test_sharpening_loses_no_mass(slots, sharpness):
    """As w**g / (sum w**g + 1e-16), even weights keep .001 at 10, 3e-14 at 15, and then NaN."""
    weights = torch.full((1, 1, slots), 1 / slots, requires_grad=True)
    sharp = sharpen(weights, torch.tensor([[sharpness]]))
    torch.testing.assert_close(sharp, torch.full((1, 1, slots), 1 / slots))
    (gradient,) = torch.autograd.grad(sharp[0, 0, 0], weights)
    assert gradient.isfinite().all()


def test_sharpening_is_a_power():
    weights = torch.softmax(torch.randn(2, 3, 8), -1)
    sharpness = 1 + 3 * torch.rand(2, 3)
    powers = weights ** sharpness[..., None]
    torch.testing.assert_close(sharpen(weights, sharpness), powers / powers.sum(-1, keepdim=True))


def test_sharpening_takes_zeros_and_what_rounding_makes_of_them():
    """A shift by Fourier transform gives -1e-9, and (-1e-9) ** 1.5 is NaN."""
    weights = torch.tensor([[0.0, -1e-9, 0.4, 0.6]], requires_grad=True)
    sharp = sharpen(weights, torch.tensor([1.5]))
    assert sharp.isfinite().all() and float(sharp.detach()[0, :2].sum()) < 1e-6
    (gradient,) = torch.autograd.grad(sharp[0, 3], weights)
    assert gradient.isfinite().all()


def test_the_order_of_write_heads_does_not_matter():
    memory = torch.randn(2, 5, 3)
    weights = torch.softmax(torch.randn(2, 2, 5), -1)
    erase, add = torch.rand(2, 2, 3), torch.randn(2, 2, 3)
    written = erase_and_add(memory, weights, erase, add)
    torch.testing.assert_close(
        written, erase_and_add(memory, weights.flip(1), erase.flip(1), add.flip(1))
    )
    expected = memory.clone()
    for h in range(2):
        expected *= 1 - weights[:, h, :, None] * erase[:, h, None]
    for h in range(2):
        expected += weights[:, h, :, None] * add[:, h, None]
    torch.testing.assert_close(written, expected)


def test_gradients():
    def address(keys, memory, strength, gate, before, shifts, sharpness):
        content = content_weights(keys, memory, strength.exp())
        weights = interpolate(content, before.softmax(-1), gate.sigmoid())
        return sharpen(shift(weights, shifts.softmax(-1)), 1 + sharpness.exp())

    sizes = [(2, 2, 3), (2, 4, 3), (2, 2), (2, 2), (2, 2, 4), (2, 2, 3), (2, 2)]
    given = [torch.randn(size, dtype=torch.float64, requires_grad=True) for size in sizes]
    assert torch.autograd.gradcheck(address, given)
