"""The kernel of location-aware attention and coverage is its reference, step by step."""

import pytest
import torch

from recollect import additive
from recollect.mechanisms import CoverageAttention, LocationAttention, LocationState
from recollect.mechanisms.base import Mechanism

MAKERS = {
    "location": lambda: LocationAttention(additive(5, key_size=3), filters=3, width=5),
    "cumulative": lambda: LocationAttention(
        additive(5, key_size=3, normalized=True), filters=2, width=7, cumulative=True
    ),
    "window": lambda: LocationAttention(additive(5, key_size=3), filters=3, width=3, window=1),
    "coverage": lambda: CoverageAttention(additive(5, key_size=3, hidden=18)),
}


def _found(mechanism, path, sizes, masked, seed=0):
    batch, steps, slots = sizes
    draw = torch.Generator().manual_seed(seed)
    queries, keys = (torch.randn(batch, n, d, generator=draw) for n, d in ((steps, 5), (slots, 3)))
    last, total = torch.rand(2, batch, slots, generator=draw)
    inputs = [x.requires_grad_() for x in (queries, keys, last, total)]
    lengths = slots - torch.arange(batch)
    mask = torch.arange(slots) < lengths.clamp(min=0).unsqueeze(1) if masked else None
    memory = mechanism.bind(keys, mask=mask)
    if mask is not None:
        last, total = last * mask, total * mask
    out = path(queries, memory, LocationState(last, total))
    parts = [out.read, out.weights, out.state.last, out.state.total]
    seen = sum((p * torch.arange(1.0, p.numel() + 1).view_as(p).cos()).sum() for p in parts)
    return parts, torch.autograd.grad(
        seen, [*inputs, *mechanism.parameters()], allow_unused=True, materialize_grads=True
    )


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (4, 6, 3), (3, 5, 19)])
@pytest.mark.parametrize("masked", [True, False])
def test_it_is_its_steps(kind, sizes, masked):
    torch.manual_seed(0)
    mechanism = MAKERS[kind]().train()
    with torch.no_grad():
        for parameter in mechanism.parameters():
            parameter.mul_(2)

    def steps(queries, memory, state):
        return Mechanism.sequence(mechanism, queries, memory, state)

    ours, theirs = (_found(mechanism, path, sizes, masked) for path in (mechanism.sequence, steps))
    for one, other in zip(ours[0], theirs[0], strict=True):
        torch.testing.assert_close(one, other, atol=3e-6, rtol=1e-5)
    for one, other in zip(ours[1], theirs[1], strict=True):
        torch.testing.assert_close(one, other, atol=3e-5, rtol=1e-4)


def test_it_runs_where_it_can_and_not_elsewhere(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "recollect.mechanisms.located._call",
        lambda name, *args: seen.append(name) or args[-1].zero_(),
    )
    keys, queries = torch.randn(2, 4, 3), torch.randn(2, 2, 5)
    for kind, runs in (("location", True), ("coverage", True), ("window", False)):
        mechanism = MAKERS[kind]().eval()
        mechanism.sequence(queries, mechanism.bind(keys))
        assert bool(seen) is runs
        seen.clear()
        mechanism.double()
        mechanism.sequence(queries.double(), mechanism.bind(keys.double()))
        assert not seen


def test_threads_share_the_batch():
    mechanism, before = MAKERS["cumulative"]().train(), torch.get_num_threads()
    one = _found(mechanism, mechanism.sequence, (5, 4, 9), True)
    try:
        torch.set_num_threads(2)
        two = _found(mechanism, mechanism.sequence, (5, 4, 9), True)
    finally:
        torch.set_num_threads(before)
    for a, b in zip((*one[0], *one[1]), (*two[0], *two[1]), strict=True):
        torch.testing.assert_close(a, b)
