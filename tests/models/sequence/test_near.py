"""An encoder without recurrence: it hears what is near and nothing else, alone as in a batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models import NearEncoder


def _encoder(layers=2, width=3):
    torch.manual_seed(0)
    return NearEncoder(5, size=16, layers=layers, width=width).eval()


@settings(deadline=None, max_examples=20)
@given(lengths=st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_a_source_in_a_batch_is_read_as_alone(lengths):
    encoder = _encoder()
    source = torch.randn(len(lengths), max(lengths) + 2, 5)
    for i, length in enumerate(lengths):
        source[i, length:] = torch.nan
    batch = encoder(source, torch.tensor(lengths))
    assert batch.mask.sum(1).tolist() == lengths
    for i, length in enumerate(lengths):
        alone = encoder(source[i : i + 1, :length], torch.tensor([length]))
        torch.testing.assert_close(batch.memory[i, :length], alone.memory[0])
        torch.testing.assert_close(batch.summary[i], alone.summary[0])
        assert not batch.memory[i, length:].any()


def test_hears_so_many_positions_to_both_sides():
    encoder = _encoder(layers=2, width=3)
    source = torch.randn(1, 11, 5, requires_grad=True)
    encoder(source, torch.tensor([11])).memory[0, 5].sum().backward()
    assert source.grad is not None
    heard = source.grad[0].abs().sum(-1) > 0
    assert heard.tolist() == [3 <= i <= 7 for i in range(11)]


@pytest.mark.parametrize("flags", [{"layers": 0}, {"width": 4}])
def test_bad_sizes(flags):
    with pytest.raises(ValueError, match="give 1 or more, and an odd width"):
        NearEncoder(5, size=4, **flags)
