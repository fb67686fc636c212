"""A trace stays within its budget, and says what that cost."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.trace import Record, Reduction, budget, record, trace
from recollect.trace.budget import Budget, factors, max_pool


class Fused(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(x, x, x, is_causal=True)


class Tap(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        record(self, weights=x)
        return x


def reference(x: Tensor) -> Tensor:
    later = torch.ones(x.shape[-2], x.shape[-2], dtype=torch.bool).triu(1)
    return (x @ x.mT * x.shape[-1] ** -0.5).masked_fill(later, -torch.inf).softmax(-1)


@pytest.mark.parametrize("size", [1, 5, 8])
@pytest.mark.parametrize("factor", [1, 2, 4])
def test_max_pool_against_a_loop(size: int, factor: int) -> None:
    x = torch.randn(3, size, 7)
    parts = [x[:, i : i + factor].amax(1) for i in range(0, size, factor)]
    assert torch.equal(max_pool(x, -2, factor), torch.stack(parts, 1))
    assert torch.equal(max_pool(x.mT, -1, factor), torch.stack(parts, -1))
    assert torch.equal(max_pool(max_pool(x, -2, 2), -2, 2), max_pool(x, -2, 4))


def test_factors_leave_small_axes_alone() -> None:
    assert factors((2, 8, 64, 65), 0) == (1, 1)
    assert factors((2, 8, 64, 65), 9) == (1, 2)
    assert factors((2, 8, 1000, 4096), 3) == (4, 4)
    assert factors((2, 8, 1000, 4096), 9) == (16, 64)
    assert factors((300,), 2) == (1, 2) and factors((), 2) == (1, 1)


def test_small_traces_are_exact() -> None:
    x = torch.randn(1, 2, 64, 8)
    with trace(model := Fused()) as seen:
        model(x)
    assert seen["Fused"][0].reduced == {}
    torch.testing.assert_close(seen.weights("Fused"), reference(x), atol=1e-6, rtol=0.0)


def test_long_context_is_computed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "CHUNK", 3 * 2 * 100 * 4)    # three rows at a time
    x = torch.randn(1, 2, 100, 8)
    with trace(model := Fused()) as seen:
        model(x)
    torch.testing.assert_close(seen.weights("Fused"), reference(x), atol=1e-6, rtol=0.0)


def test_half_precision_comes_first() -> None:
    x = torch.randn(1, 2, 100, 8)
    bytes_of_one = 2 * 100 * 100 * 4
    with pytest.warns(match="halved in precision; keep"), \
            trace(model := Fused(), budget=1.5 * bytes_of_one / 2**20) as seen:
        model(x)
        model(2 * x)
    for i, y in enumerate((x, 2 * x)):
        weights = seen.weights("Fused", call=i)
        assert weights.dtype == torch.float16
        assert seen["Fused"][i].reduced["weights"] == Reduction((1, 2, 100, 100), "float32")
        torch.testing.assert_close(weights.float(), reference(y), atol=5e-4, rtol=0.0)


def test_then_maps_are_max_pooled_all_alike() -> None:
    calls = torch.randn(5, 1, 2, 300, 8)
    limit = 2 * 300 * 300 * 4 * 0.6                          # less than a call at full precision
    with pytest.warns(match="max-pooled up to 4 x 4"), \
            trace(model := Fused(), budget=limit / 2**20) as seen:
        for x in calls:
            model(x)
    assert sum(r.nbytes for r in seen["Fused"]) <= limit
    for x, found in zip(calls, seen["Fused"], strict=True):
        pooled = F.max_pool2d(reference(x), 4, ceil_mode=True)
        assert found.reduced["weights"] == Reduction((1, 2, 300, 300), "float32", (4, 4))
        torch.testing.assert_close(found["weights"].float(), pooled, atol=5e-4, rtol=0.0)
    assert found.size("weights", "slot") == 300
    seen.label("slot", [str(i) for i in range(300)])


def test_a_call_far_over_budget_never_stands_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "CHUNK", 2**20)
    largest = 0
    softmax = Tensor.softmax

    def watch(x: Tensor, dim: int) -> Tensor:
        nonlocal largest
        largest = max(largest, x.nbytes)
        return softmax(x, dim)

    monkeypatch.setattr(Tensor, "softmax", watch)
    x = torch.randn(1, 1, 4000, 8)                           # 64 MB of weights
    with pytest.warns(match="max-pooled"), trace(model := Fused(), budget=1.0) as seen:
        model(x)
    assert largest <= 2**20
    assert seen.weights("Fused").nbytes <= 2**20
    by_row, by_slot = seen["Fused"][0].reduced["weights"].factor
    row = torch.tensor([by_row * 40 + i for i in range(by_row)])
    scores = (x[0, 0, row] @ x[0, 0].mT * 8**-0.5).masked_fill(
        torch.arange(4000) > row[:, None], -torch.inf)
    expected = max_pool(scores.double().softmax(-1).amax(0), -1, by_slot)
    torch.testing.assert_close(seen.weights("Fused")[0, 0, 40].double(), expected, atol=5e-4,
                               rtol=0.0)


def test_what_fits_in_no_way_is_counted() -> None:
    x = torch.rand(50, 40)                                   # too small to pool: 4 kB in half
    with pytest.warns(match="3 records did not fit"), \
            trace(model := Tap(), budget=9000 / 2**20) as seen:
        for _ in range(5):
            model(x)
    assert len(seen["Tap"]) == 2 and seen.dropped == {"Tap": 3}


def test_integers_are_left_alone_and_wide_values_keep_their_range() -> None:
    held = Budget(1)
    held.level = 3
    ids, _ = held.tensor(torch.arange(1000))
    assert torch.equal(ids, torch.arange(1000))
    wide, lost = held.tensor(torch.tensor([1e6, -torch.inf, torch.nan]))
    assert wide.dtype == torch.bfloat16 and lost == Reduction((3,), "float32")
    assert wide[0] == torch.tensor(1e6).bfloat16()
    held = Budget(100.0)
    assert held.add(Record({"weights": torch.rand(3, 3)})) and held.used == 36
