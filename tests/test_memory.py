import pytest
import torch

from recollect import Memory


def filled(slots, mask=None, ids=None):
    return Memory(torch.randn(2, slots, 4), torch.randn(2, slots, 3), mask, ids)


def test_append_puts_slots_behind():
    old, new = filled(3), filled(2)
    both = old.append(new.keys, new.values)
    assert torch.equal(both.keys, torch.cat([old.keys, new.keys], 1))
    assert torch.equal(both.values, torch.cat([old.values, new.values], 1))
    assert both.mask is None and both.ids is None


@pytest.mark.parametrize("shape", [(2, 1, 3), (3,), (2, 5, 3), (2, 1, 1)])
def test_slots_without_a_mask_may_all_be_read(shape):
    mask = torch.rand(shape) > 0.5
    memory, plain = filled(3, mask), filled(2)
    both = memory.append(plain.keys, plain.values).mask
    assert torch.equal(both[..., :3], mask.expand(*shape[:-1], 3))
    assert both[..., 3:].all() and both.shape[-1] == 5
    other = plain.append(memory.keys, memory.values, mask).mask
    assert other[..., :2].all()
    assert torch.equal(other[..., 2:], mask.expand(*shape[:-1], 3))


def test_masks_of_other_axes_are_broadcast():
    old, new = torch.tensor([True, False, True]), torch.rand(2, 4, 2) > 0.5
    both = filled(3, old).append(*filled(2)[:2], mask=new).mask
    assert both.shape == (2, 4, 5)
    assert torch.equal(both[..., :3], old.expand(2, 4, 3))
    assert torch.equal(both[..., 3:], new)


def test_slots_that_are_no_rows_have_the_id_minus_one():
    memory = filled(2, ids=torch.tensor([[4, 9], [1, 0]]))
    assert memory.append(*filled(1)[:2]).ids.tolist() == [[4, 9, -1], [1, 0, -1]]


def test_append_leaves_the_old_memory_alone():
    memory = filled(3)
    before = memory.keys.clone()
    memory.append(*filled(2)[:2])
    assert memory.keys.shape[1] == 3 and torch.equal(memory.keys, before)
