"""What every reader must do, and above all: that its fused path is its readable one."""

import torch
from torch import Tensor

from recollect.attend import Reader
from recollect.memory import Memory
from recollect.testing.expect import Expect, gradients, quiet
from recollect.trace import trace

__all__ = ["check_reader"]


def check_reader(
    reader: Reader,
    *,
    query_size: int,
    key_size: int | None = None,
    dtype: torch.dtype | None = None,
    tolerance: float = 1e-5,
) -> None:
    """Hold a reader, with any score and normalizer, to its contract.

    What is read is ``weights @ values``, in values and in all gradients: with and without a mask
    and causality, with fully masked rows (zeros, finite gradients), with other numbers of queries
    than of slots, odd sizes, none and several leading axes. A batch reads as its members do alone.
    A memory grown by `Memory.append` reads as one bound whole. A trace changes nothing.

    Shapes:
        queries ``(..., Q, query_size)``, keys ``(..., N, key_size)``; a `key_size` of None is the
        query's, a `dtype` of None the parameters'.

    Raises:
        Nonconformity: a rule is broken.

    >>> from recollect import Reader, cosine
    >>> check_reader(Reader(cosine(5.0)), query_size=6)
    """
    expect = Expect(reader)
    key_size = query_size if key_size is None else key_size
    weight = next(reader.parameters(), torch.zeros(()))
    kind = {"dtype": weight.dtype if dtype is None else dtype, "device": weight.device}
    with quiet(reader, seed=0):
        for lead, queries, slots in (
            *(((3,), *sizes) for sizes in ((7, 7), (1, 7), (3, 7), (7, 3), (2, 0))),
            *((lead, 3, 7) for lead in ((), (2, 3), (2, 1, 3))),
        ):
            query = torch.randn(*lead, queries, query_size, **kind)
            keys = torch.randn(*lead, slots, key_size, **kind)
            values = torch.randn(*lead, slots, 5, **kind)
            mask = torch.rand(*lead, queries, slots, device=weight.device) > 0.3
            mask[..., 0, :] = False
            for readable in (None, mask[..., -1:, :], mask):
                for causal in (False, True):
                    _same(expect, reader, (query, keys, values, readable, causal), tolerance)
        _batches(expect, reader, query_size, key_size, kind, tolerance)
        _grows(expect, reader, query_size, key_size, kind, tolerance)


def _seeded(call):
    """Call with a fixed seed, for the sake of random normalizers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return call()


def _same(expect: Expect, reader: Reader, given: tuple, tolerance: float) -> None:
    query, keys, values, mask, causal = given
    inputs = [x.clone().requires_grad_() for x in (query, keys, values)]
    memory = reader.bind(inputs[1], inputs[2], mask)
    read = _seeded(lambda: reader(inputs[0], memory, causal=causal))
    weights = _seeded(lambda: reader.weights(inputs[0], memory, causal=causal))
    where = f"query {tuple(query.shape)}, keys {tuple(keys.shape)}"
    where += (
        f"{'' if mask is None else f', mask {tuple(mask.shape)}'}{', causal' if causal else ''}"
    )
    expect.shape(weights, (*query.shape[:-1], keys.shape[-2]), f"weights ({where})")
    open_slots = torch.ones_like(weights, dtype=torch.bool)
    if mask is not None:
        open_slots = open_slots & mask
    if causal:
        open_slots = open_slots.tril(keys.shape[-2] - query.shape[-2])
    expect.zero(weights[~open_slots], f"a slot that may not be read weighs exactly 0 ({where})")
    closed = ~open_slots.any(-1)
    expect.zero(read[closed], f"a query that may read nothing reads zeros ({where})")
    reference = weights @ memory.values
    expect.close(
        read, reference, f"what is read is weights @ values ({where})", tolerance=tolerance
    )
    wanted = torch.randn_like(read)
    leaves = [*inputs, *reader.parameters()]
    names = ["query", "keys", "values", *(name for name, _ in reader.named_parameters())]
    ours = gradients((read * wanted).sum(), leaves)
    theirs = gradients((reference * wanted).sum(), leaves)
    for name, x, y in zip(names, ours, theirs, strict=True):
        rule = f"the gradient of {name} is that of weights @ values ({where})"
        expect.close(x, y, rule, tolerance=10 * tolerance)
    with trace(reader):
        traced = _seeded(lambda: reader(inputs[0], memory, causal=causal))
    expect.close(traced, read, f"a trace changes nothing ({where})", tolerance=tolerance)


def _batches(
    expect: Expect, reader: Reader, query_size: int, key_size: int, kind: dict, tolerance: float
) -> None:
    query, keys = torch.randn(3, 4, query_size, **kind), torch.randn(3, 6, key_size, **kind)
    mask = torch.rand(3, 1, 6, device=query.device) > 0.3
    whole = reader(query, reader.bind(keys, mask=mask))
    if not torch.equal(whole, reader(query, reader.bind(keys, mask=mask))):
        return  # a random normalizer draws other numbers for other batches
    for i in range(3):
        one = slice(i, i + 1)
        alone = reader(query[one], reader.bind(keys[one], mask=mask[one]))
        expect.close(alone, whole[one], "a batch reads as its members alone", tolerance=tolerance)


def _grows(
    expect: Expect, reader: Reader, query_size: int, key_size: int, kind: dict, tolerance: float
) -> None:
    keys, values = torch.randn(2, 6, key_size, **kind), torch.randn(2, 6, 5, **kind)
    query = torch.randn(2, 6, query_size, **kind)
    mask = torch.rand(2, 1, 6, device=query.device) > 0.3

    def bound(start: int, stop: int) -> Memory:
        span = slice(start, stop)
        return reader.bind(keys[:, span], values[:, span], mask[..., span])

    whole = _seeded(lambda: reader(query, bound(0, 6), causal=True))
    memory = bound(0, 2).append(*bound(2, 6)[:3])
    grown = _seeded(lambda: reader(query, memory, causal=True))
    expect.close(grown, whole, "a memory that was appended to reads as one", tolerance=tolerance)
    if torch.equal(reader(query, memory), reader(query, memory)):
        steps: list[Tensor] = []
        for t in range(6):
            memory = bound(t, t + 1) if t == 0 else memory.append(*bound(t, t + 1)[:3])
            steps.append(reader(query[:, t : t + 1], memory, causal=True))
        expect.close(
            torch.cat(steps, 1), whole, "step by step reads as all at once", tolerance=tolerance
        )
