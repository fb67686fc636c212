"""Convolutions before an encoder: what stands behind an end is not looked at, halves are halves."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models import PyramidEncoder, StridedEncoder


def _encoder(layers=2):
    torch.manual_seed(0)
    inner = PyramidEncoder(4, size=3, layers=1)
    return StridedEncoder(5, inner=inner, channels=4, layers=layers).eval()


@settings(deadline=None, max_examples=20)
@given(lengths=st.lists(st.integers(0, 23), min_size=1, max_size=4), layers=st.integers(1, 3))
def test_a_source_in_a_batch_is_read_as_alone(lengths, layers):
    encoder = _encoder(layers)
    longest = max(lengths) + 2
    source = torch.randn(len(lengths), longest, 5)
    for i, length in enumerate(lengths):
        source[i, length:] = torch.nan
    batch = encoder(source, torch.tensor(lengths))
    assert batch.memory.shape[2] == encoder.memory_size == 6
    for i, length in enumerate(lengths):
        alone = encoder(source[i : i + 1, :length], torch.tensor([length]))
        slots = length
        for _ in range(layers + 1):
            slots = (slots + 1) // 2
        assert int(batch.mask[i].sum()) == slots == int(alone.mask.sum())
        torch.testing.assert_close(batch.memory[i, :slots], alone.memory[0, :slots])
        torch.testing.assert_close(batch.summary[i], alone.summary[0])
        assert not batch.memory[i, slots:].any()


def test_gradients_are_finite_and_stop_at_the_end():
    encoder = _encoder().train()
    source = torch.randn(2, 17, 5, requires_grad=True)
    encoder(source, torch.tensor([17, 6])).memory.square().sum().backward()
    assert source.grad is not None and source.grad.isfinite().all()
    assert not source.grad[1, 6:].any() and source.grad[1, :6].any()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())


def test_no_layer_is_no_strided_encoder():
    with pytest.raises(ValueError, match="layers is 0; give 1 or more"):
        _encoder(0)
