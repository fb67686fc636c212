"""What every attention mechanism must do."""

from typing import Any

import torch
from torch import Tensor

from recollect.cells.base import map_state
from recollect.mechanisms import Mechanism, reorder, repeat
from recollect.memory import Memory
from recollect.testing.expect import Expect, gradients, quiet

__all__ = ["check_mechanism"]

BATCH, STEPS, SLOTS = 3, 4, 6
LENGTHS = (6, 4, 0)  # one whole source, one padded, one in which nothing may be read


def check_mechanism(
    mechanism: Mechanism,
    *,
    query_size: int,
    key_size: int | None = None,
    simplex: bool = True,
    tolerance: float = 1e-5,
) -> None:
    """Hold a mechanism to its contract, outside training.

    Weights are not negative, exactly 0 on masked slots, and sum to at most 1 (with `simplex`).
    `sequence` is `forward` query by query, and a sequence in two pieces is one. A source reads in a
    batch as it does alone without its padding; one in which nothing may be read gives zeros and
    finite gradients. States are batch first: `reorder` and `repeat` before a step are the same
    after it. A step assigns nothing to the module, and its gradients are finite.

    Shapes:
        queries ``(B, T, query_size)``, keys ``(B, N, key_size)``; a `key_size` of None is the
        query's.

    Raises:
        Nonconformity: a rule is broken.

    >>> from recollect import additive
    >>> from recollect.mechanisms import MonotonicAttention
    >>> check_mechanism(MonotonicAttention(additive(4)), query_size=4)
    """
    expect = Expect(mechanism)
    key_size = query_size if key_size is None else key_size
    weight = next(mechanism.parameters(), torch.zeros(()))
    kind = {"dtype": weight.dtype, "device": weight.device}
    with quiet(mechanism, seed=0):
        queries = torch.randn(BATCH, STEPS, query_size, **kind)
        keys = torch.randn(BATCH, SLOTS, key_size, **kind)
        lengths = torch.tensor(LENGTHS, device=weight.device)
        mask = torch.arange(SLOTS, device=weight.device) < lengths.unsqueeze(1)
        memory = mechanism.bind(keys, mask=mask)
        whole = mechanism.sequence(queries, memory)
        expect.shape(whole.read, (BATCH, STEPS, key_size), "reads")
        expect.shape(whole.weights, (BATCH, STEPS, SLOTS), "weights")
        _weights(expect, whole.weights, mask, simplex)
        _steps(expect, mechanism, queries, memory, whole, tolerance)
        _alone(expect, mechanism, queries, keys, whole, tolerance)
        _beams(expect, mechanism, queries, memory, tolerance)
        _empty(expect, mechanism, queries, keys)
        _gradients(expect, mechanism, queries, keys, mask)


def _weights(expect: Expect, weights: Tensor, mask: Tensor, simplex: bool) -> None:
    expect.finite(weights, "weights are finite")
    expect.true((weights >= 0).all(), "weights are not negative")
    expect.zero(
        weights.masked_select(~mask.unsqueeze(1)), "weights of slots that may not be read are 0"
    )
    if simplex:
        expect.true(float(weights.detach().sum(-1).max()) <= 1 + 1e-5, "weights sum to at most 1")


def _steps(
    expect: Expect,
    mechanism: Mechanism,
    queries: Tensor,
    memory: Memory,
    whole: Any,
    tolerance: float,
) -> None:
    before = {name: id(value) for name, value in vars(mechanism).items()}
    state = mechanism.initial_state(memory)
    for t in range(STEPS):
        one = mechanism(queries[:, t], memory, state)
        expect.close(
            one.weights, whole.weights[:, t], "a step weighs as the sequence", tolerance=tolerance
        )
        expect.close(
            one.read, whole.read[:, t], "a step reads as the sequence", tolerance=tolerance
        )
        state = one.state
    after = {name: id(value) for name, value in vars(mechanism).items()}
    expect.true(before == after, "a step assigns nothing to the module")
    first = mechanism.sequence(queries[:, :2], memory)
    second = mechanism.sequence(queries[:, 2:], memory, first.state)
    pieces = torch.cat([first.weights, second.weights], 1)
    expect.close(pieces, whole.weights, "two pieces weigh as one", tolerance=tolerance)


def _alone(
    expect: Expect,
    mechanism: Mechanism,
    queries: Tensor,
    keys: Tensor,
    whole: Any,
    tolerance: float,
) -> None:
    for b, length in enumerate(LENGTHS):
        if not length:
            expect.zero(whole.read[b], "a source in which nothing may be read is read as zeros")
            continue
        memory = mechanism.bind(keys[b : b + 1, :length])
        single = mechanism.sequence(queries[b : b + 1], memory)
        expect.close(
            single.weights[0],
            whole.weights[b, :, :length],
            "a source alone is weighed as in a padded batch",
            tolerance=tolerance,
        )


def _beams(
    expect: Expect, mechanism: Mechanism, queries: Tensor, memory: Memory, tolerance: float
) -> None:
    index = torch.tensor([1, 0, 1, 2], device=queries.device)
    first = mechanism(queries[:, 0], memory, mechanism.initial_state(memory))
    after = mechanism(queries[:, 1], memory, first.state)
    turned = mechanism(queries[index, 1], reorder(memory, index), reorder(first.state, index))
    rule = "rows taken before a step are those taken after it"
    expect.close(turned.weights, after.weights[index], rule, tolerance=tolerance)
    twice = mechanism(
        queries[:, 1].repeat_interleave(2, 0), repeat(memory, 2), repeat(first.state, 2)
    )
    expect.close(
        twice.weights,
        after.weights.repeat_interleave(2, 0),
        "rows repeated before a step are those repeated after it",
        tolerance=tolerance,
    )
    same = []
    map_state(lambda old, new: same.append(old.shape == new.shape) or old, first.state, after.state)
    expect.true(all(same), "a state keeps its shapes from step to step")


def _empty(expect: Expect, mechanism: Mechanism, queries: Tensor, keys: Tensor) -> None:
    memory = mechanism.bind(keys[:, :0])
    empty = mechanism.sequence(queries, memory)
    expect.zero(empty.read, "a memory of no slots is read as zeros")
    expect.shape(empty.weights, (BATCH, STEPS, 0), "weights over no slots")


def _gradients(
    expect: Expect, mechanism: Mechanism, queries: Tensor, keys: Tensor, mask: Tensor
) -> None:
    inputs = [x.clone().requires_grad_() for x in (queries, keys)]
    read = mechanism.sequence(inputs[0], mechanism.bind(inputs[1], mask=mask)).read
    parameters = [p for p in mechanism.parameters() if p.requires_grad]
    for gradient in gradients(read.square().sum(), [*inputs, *parameters]):
        expect.finite(gradient, "gradients are finite, where nothing may be read too")
