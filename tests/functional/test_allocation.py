import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck

from recollect.functional import allocation, retention, usage


def looped(used, eps=1e-6):
    """The paper's equation, slot by slot."""
    room, product = [0.0] * len(used), 1.0
    for slot in sorted(range(len(used)), key=lambda n: used[n]):
        u = eps + (1 - eps) * used[slot]
        room[slot] = (1 - u) * product
        product *= u
    return room


def test_retention_and_usage_are_their_equations():
    free, read, write = torch.rand(2, 3), torch.rand(2, 3, 5), torch.rand(2, 5)
    before = torch.rand(2, 5)
    kept = retention(free, read)
    after = usage(before, write, kept)
    for b in range(2):
        for n in range(5):
            psi = 1.0
            for r in range(3):
                psi *= 1 - float(free[b, r]) * float(read[b, r, n])
            u, w = float(before[b, n]), float(write[b, n])
            assert float(kept[b, n]) == pytest.approx(psi, abs=1e-6)
            assert float(after[b, n]) == pytest.approx((u + w - u * w) * psi, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 99))
def test_usage_stays_between_none_and_all(used, seed):
    used = torch.tensor(used)
    torch.manual_seed(seed)
    write, kept = torch.rand(len(used)), torch.rand(len(used))
    for after in (usage(used, write), usage(used, write, kept), usage(used, torch.ones(()))):
        assert (after >= 0).all() and (after <= 1).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=12, unique=True))
def test_allocation_is_the_paper_s_slot_by_slot(levels):
    used = [level / 1000 for level in levels]
    room = allocation(torch.tensor(used, dtype=torch.float64))
    wanted = torch.tensor(looped(used), dtype=torch.float64)
    torch.testing.assert_close(room, wanted)
    assert (room >= 0).all()
    left = torch.tensor(used, dtype=torch.float64).mul(1 - 1e-6).add(1e-6).prod()
    assert float(room.sum()) == pytest.approx(1 - float(left))


def test_an_empty_memory_gives_its_first_slot_and_a_full_one_nothing():
    room = allocation(torch.zeros(2, 5))
    assert (room[:, 0] > 0.999).all() and (room[:, 1:] < 1e-5).all()
    assert allocation(torch.ones(2, 5)).abs().max() == 0


def test_slots_that_are_used_alike_are_taken_by_number():
    """Rounding must not choose: a batch of one rounds otherwise than a batch of ten."""
    torch.manual_seed(3)
    for level in (0.0, 0.3, 0.99):
        noise = torch.rand(50, 16) * 2e-6
        room = allocation((level + noise).clamp(0, 1))
        plain = allocation(torch.full((50, 16), level))
        torch.testing.assert_close(room, plain, atol=1e-4, rtol=1e-3)
    used = torch.tensor([0.5, 0.5 + 1e-3, 0.5 - 1e-3])  # that is a difference
    assert allocation(used).argmax() == 2


def test_free_slots_are_filled_in_order():
    """The ε leaves a millionth on the slot after the one that is taken; it is still the next."""
    used, taken = torch.zeros(6), []
    for _ in range(6):
        room = allocation(used)
        taken.append(int(room.argmax()))
        used = usage(used, room)
    assert taken == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32(dtype):
    used = torch.rand(20, 30).sqrt().to(dtype)
    room = allocation(used)
    assert room.dtype == dtype
    # To the last figure: rounding every product would forget slots that are nearly full.
    assert torch.equal(room, allocation(used.float()).to(dtype))


def test_gradients_are_exact_and_finite_at_the_ends():
    used = torch.rand(3, 6, dtype=torch.float64, requires_grad=True)
    assert gradcheck(allocation, (used,))
    parts = [torch.rand(2, 3), torch.rand(2, 3, 4), torch.rand(2, 4), torch.rand(2, 4)]
    parts = [part.double().requires_grad_() for part in parts]
    assert gradcheck(lambda f, r, u, w: usage(u, w, retention(f, r)), parts)
    for level in (0.0, 1.0):
        used = torch.full((64,), level, requires_grad=True)
        allocation(used)[-1].backward()
        assert torch.isfinite(used.grad).all()
