import itertools
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck
from torch.nn.attention import SDPBackend, sdpa_kernel

import recollect
from recollect import Memory, Reader, Tempered, trace
from recollect.attend import _guarded
from recollect.functional import (
    entmax15,
    gumbel_softmax,
    hardmax,
    softmax,
    sparsemax,
    stick_breaking,
    topk_softmax,
)
from recollect.testing import check_normalizer, check_reader

SCORES = {
    "dot": recollect.dot,
    "scaled_dot": recollect.scaled_dot,
    "general": lambda: recollect.general(6),
    "cosine": lambda: recollect.cosine(3.0),
    "additive": lambda: recollect.additive(6),
}
NORMALIZERS = [sparsemax, entmax15, topk_softmax, hardmax, gumbel_softmax, stick_breaking]


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize(
    ("dtype", "tolerance"),
    [(torch.float32, 1e-5), (torch.float64, 1e-10), (torch.bfloat16, 0.06)],
    ids=["f32", "f64", "bf16"],
)
def test_conforms_with_every_score(name, dtype, tolerance):
    reader = Reader(SCORES[name]()).to(dtype)
    check_reader(reader, query_size=6, dtype=dtype, tolerance=tolerance)


@pytest.mark.parametrize("normalize", NORMALIZERS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
def test_conforms_with_every_normalizer(normalize, score):
    check_reader(Reader(SCORES[score](), normalize=normalize), query_size=6)


@pytest.fixture
def kernel_calls(monkeypatch):
    calls = []
    kernel = F.scaled_dot_product_attention

    def counted(*args, **kwargs):
        calls.append(args)
        return kernel(*args, **kwargs)

    monkeypatch.setattr(F, "scaled_dot_product_attention", counted)
    return calls


def test_the_kernel_runs_where_it_can_and_only_there(kernel_calls):
    query, keys = torch.randn(2, 3, 6), torch.randn(2, 5, 6)
    for name, make in SCORES.items():
        reader = Reader(make())
        reader(query, reader.bind(keys))
        assert len(kernel_calls) == (0 if name == "additive" else 1), name
        reader.weights(query, reader.bind(keys))
        with trace(reader):
            reader(query, reader.bind(keys))
        assert len(kernel_calls) == (0 if name == "additive" else 1), name
        kernel_calls.clear()
    for normalize in NORMALIZERS:
        Reader(normalize=normalize)(query, Memory(keys, keys))
    assert not kernel_calls


def test_a_normalizer_can_be_put_in_place_of_softmax_later(kernel_calls):
    reader, query, memory = Reader(), torch.randn(2, 3, 6), Memory(*torch.randn(2, 2, 5, 6))
    reader.normalize = sparsemax
    torch.testing.assert_close(reader(query, memory), reader.weights(query, memory) @ memory.values)
    assert not kernel_calls
    reader.normalize = softmax
    reader(query, memory)
    assert len(kernel_calls) == 1


def loop(query, keys, values, mask, causal):
    """Attention written out pair by pair."""
    read = torch.zeros(*query.shape[:-1], values.shape[-1], dtype=query.dtype)
    queries, slots = query.shape[-2], keys.shape[-2]
    for b, i in itertools.product(range(len(query)), range(queries)):
        readable = [
            j
            for j in range(slots)
            if (mask is None or mask[b, i, j]) and (not causal or j - i <= slots - queries)
        ]
        if readable:
            scores = keys[b, readable] @ query[b, i] * query.shape[-1] ** -0.5
            weights = scores.exp() / scores.exp().sum()
            read[b, i] = weights @ values[b, readable]
    return read


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("queries", "slots"), [(4, 4), (2, 5), (5, 2), (1, 5)])
@pytest.mark.parametrize("masked", [False, True])
def test_reads_what_the_equation_says(causal, queries, slots, masked):
    query, keys = torch.randn(3, queries, 6).double(), torch.randn(3, slots, 6).double()
    values = torch.randn(3, slots, 2).double()
    mask = (torch.rand(3, queries, slots) > 0.4) if masked else None
    reader = Reader()
    read = reader(query, reader.bind(keys, values, mask), causal=causal)
    torch.testing.assert_close(read, loop(query, keys, values, mask, causal))


def test_where_the_kernel_alone_would_differ():
    """Its `is_causal` stands the first query at the first slot; ours the last at the last."""
    query, keys = torch.randn(1, 1, 2, 6), torch.randn(1, 1, 5, 6)
    reader = Reader()
    bare = F.scaled_dot_product_attention(query, keys, keys, is_causal=True)
    ours = reader(query, reader.bind(keys), causal=True)
    assert (bare - ours).abs().max() > 0.01
    whole = reader(query[:, :, 1:], reader.bind(keys))
    torch.testing.assert_close(ours[:, :, 1:], whole)


def test_why_masked_logits_are_low_and_not_infinite():
    """The textbook mask, minus infinity added, makes NaN of a masked row, and of its gradients."""
    query = torch.randn(2, 3, 6, requires_grad=True)
    keys, mask = torch.randn(2, 5, 6), torch.ones(2, 1, 5, dtype=torch.bool)
    mask[0] = False
    barrier = torch.zeros(mask.shape).masked_fill(~mask, -torch.inf)
    textbook = (query @ keys.mT + barrier).softmax(-1) @ keys
    assert textbook[0].isnan().all()
    (gradient,) = torch.autograd.grad(textbook.nan_to_num().sum(), query)
    assert gradient[0].isnan().all()
    reader = Reader()
    read = reader(query, reader.bind(keys, mask=mask))
    assert (read[0] == 0).all()
    (gradient,) = torch.autograd.grad(read.sum(), query)
    assert (gradient[0] == 0).all() and gradient.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("grouped", [False, True])
def test_the_guard_of_other_devices_gives_the_same(dtype, grouped):
    query = torch.randn(2, 4, 3, 6).to(dtype).requires_grad_()
    keys = torch.randn(2, 2 if grouped else 4, 5, 6).to(dtype).requires_grad_()
    mask = torch.rand(2, 1, 3, 5) > 0.4
    mask[0, :, 1] = False
    guarded = _guarded(query, keys, keys, mask, 0.0, None, grouped)
    plain = Reader()(query, Memory(keys, keys, mask))
    assert (guarded[0, :, 1] == 0).all()
    torch.testing.assert_close(guarded, plain)
    ours = torch.autograd.grad(guarded.float().square().sum(), (query, keys))
    theirs = torch.autograd.grad(plain.float().square().sum(), (query, keys))
    torch.testing.assert_close(ours, theirs, atol=0.02, rtol=0.02)


def test_on_a_back_end_that_gives_nan_for_masked_rows_ours_gives_zeros(monkeypatch):
    def textbook(query, keys, values, mask, *_, **__):
        scores = query @ keys.mT * query.shape[-1] ** -0.5
        return scores.masked_fill(~mask, -torch.inf).softmax(-1) @ values

    query = torch.randn(2, 4, 3, 6, requires_grad=True)
    keys, mask = torch.randn(2, 4, 5, 6), torch.rand(2, 1, 3, 5) > 0.4
    mask[0, :, 1] = False
    plain = Reader()(query, Memory(keys, keys, mask))
    monkeypatch.setattr(F, "scaled_dot_product_attention", textbook)
    assert F.scaled_dot_product_attention(query, keys, keys, mask).isnan().any()
    guarded = _guarded(query, keys, keys, mask, 0.0, None, False)
    torch.testing.assert_close(guarded, plain)
    guarded.sum().backward()
    assert query.grad.isfinite().all()


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 4, 3)])
def test_masked_rows_on_a_gpu(dtype, shape):
    query = torch.randn(*shape, 5, 64, device="cuda", dtype=dtype, requires_grad=True)
    keys = torch.randn(*shape, 7, 64, device="cuda", dtype=dtype, requires_grad=True)
    mask = torch.rand(*shape, 5, 7, device="cuda") > 0.3
    mask[..., 1, :] = False
    reader = Reader()
    read = reader(query, reader.bind(keys, mask=mask), causal=True)
    wanted = reader.weights(query, reader.bind(keys, mask=mask), causal=True) @ keys
    assert (read[..., 1, :] == 0).all()
    torch.testing.assert_close(read, wanted, atol=0.02, rtol=0.02)
    ours = torch.autograd.grad(read.sum(), (query, keys))
    theirs = torch.autograd.grad(wanted.sum(), (query, keys))
    torch.testing.assert_close(ours, theirs, atol=0.02, rtol=0.02)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("causal", [False, True])
def test_gradients_are_exact(name, causal):
    reader = Reader(SCORES[name]()).double()
    sizes = (2, 3, 6), (2, 4, 6), (2, 4, 2)
    inputs = [torch.randn(s, dtype=torch.float64, requires_grad=True) for s in sizes]
    mask = torch.rand(2, 1, 4) > 0.3
    mask[0] = False
    for readable in (None, mask):
        assert gradcheck(
            lambda q, k, v, m=readable: reader(q, reader.bind(k, v, m), causal=causal), inputs
        )


def test_axes_broadcast_as_in_the_reference():
    four, keys = torch.randn(2, 4, 3, 6), torch.randn(2, 4, 5, 6)
    five = torch.randn(2, 3, 4, 3, 6)
    pairs = [(four, part) for part in (keys[:1], keys[:, :1], keys[0], keys[0, 0])]
    pairs += [(query, keys) for query in (four[:1], four[0])]
    pairs += [(four[0], part) for part in (keys[0, :1], keys[0, 0])]
    pairs += [(four[0, :1], keys[0]), (four[0, 0], keys[0, 0]), (four[0, 0], keys[0])]
    pairs += [(five, part) for part in (keys[0], keys[0, :1], keys[0, 0], keys[:, None])]
    reader, mask = Reader(), torch.rand(5) > 0.3
    for query, part in pairs:
        for readable in (None, mask):
            memory = reader.bind(part, mask=readable)
            torch.testing.assert_close(
                reader(query, memory), reader.weights(query, memory) @ memory.values
            )


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
@pytest.mark.parametrize("normalize", [softmax, sparsemax])
@pytest.mark.parametrize("axes", [4, 5])
def test_a_head_of_the_memory_serves_consecutive_heads_of_the_query(score, normalize, axes):
    lead = (2,) * (axes - 3)
    query, keys = torch.randn(*lead, 6, 3, 6), torch.randn(*lead, 2, 5, 6, requires_grad=True)
    reader, mask = Reader(SCORES[score](), normalize=normalize), torch.rand(*lead, 1, 1, 5) > 0.3
    few = reader(query, reader.bind(keys, mask=mask), causal=True)
    many = reader(query, reader.bind(keys.repeat_interleave(3, -3), mask=mask), causal=True)
    torch.testing.assert_close(few, many)
    wanted = torch.randn_like(few)
    ours, theirs = (torch.autograd.grad((r * wanted).sum(), keys)[0] for r in (few, many))
    torch.testing.assert_close(ours, theirs)


def test_each_query_can_have_a_memory_of_its_own():
    query, keys = torch.randn(2, 4, 3, 6), torch.randn(2, 4, 3, 8, 6)
    mask = torch.rand(2, 4, 3, 1, 8) > 0.3
    reader = Reader()
    memory = reader.bind(keys, mask=mask)
    read = reader(query.unsqueeze(-2), memory).squeeze(-2)
    for h, q in itertools.product(range(4), range(3)):
        alone = reader(query[:, h, q : q + 1], Memory(keys[:, h, q], keys[:, h, q], mask[:, h, q]))
        torch.testing.assert_close(read[:, h, q : q + 1], alone)


@settings(max_examples=40, deadline=None)
@given(
    batch=st.integers(1, 3),
    queries=st.integers(1, 6),
    slots=st.integers(0, 6),
    causal=st.booleans(),
    data=st.data(),
)
def test_the_order_of_slots_is_no_matter(batch, queries, slots, causal, data):
    query, keys = torch.randn(batch, queries, 6), torch.randn(batch, slots, 6)
    values, mask = torch.randn(batch, slots, 2), torch.rand(batch, queries, slots) > 0.4
    if causal:
        mask = mask.tril(slots - queries)
    order = torch.tensor(data.draw(st.permutations(range(slots))), dtype=torch.long)
    reader = Reader()
    read = reader(query, reader.bind(keys, values, mask))
    mixed = reader(query, reader.bind(keys[:, order], values[:, order], mask[..., order]))
    torch.testing.assert_close(read, mixed)


@pytest.mark.parametrize("normalize", [softmax, sparsemax], ids=["fused", "readable"])
def test_dropout_drops_weights_in_training_only(normalize):
    reader = Reader(normalize=normalize, dropout=0.5)
    query, memory = torch.randn(1, 2, 6), Memory(torch.randn(1, 9, 6), torch.eye(9)[None])
    weights = reader.weights(query, memory)
    drawn = torch.stack([reader(query, memory) for _ in range(4000)])  # identity values: weights
    kept = drawn != 0
    torch.testing.assert_close(drawn[kept], (weights * 2).expand_as(drawn)[kept])
    live = weights > 0
    assert abs(kept[:, live].float().mean() - 0.5) < 0.02
    torch.testing.assert_close(drawn.mean(0), weights, atol=0.05, rtol=0)
    reader.eval()
    torch.testing.assert_close(reader(query, memory), weights)


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_dropout_of_all_or_less_than_nothing_is_refused(dropout):
    with pytest.raises(ValueError, match=str(dropout)):
        Reader(dropout=dropout)


def test_bind_refuses_what_does_not_fit():
    reader, keys = Reader(), torch.randn(2, 5, 6)
    with pytest.raises(ValueError, match="5 keys with 4 values"):
        reader.bind(keys, keys[:, 1:])
    with pytest.raises(ValueError, match=r"boolean.*float32"):
        reader.bind(keys, mask=torch.zeros(2, 1, 5))
    with pytest.raises(ValueError, match="over 4 slots for a memory of 5"):
        reader.bind(keys, mask=torch.ones(2, 1, 4, dtype=torch.bool))


def test_keys_are_mapped_once_a_memory(monkeypatch):
    reader, calls = Reader(recollect.general(6)), []
    reader.score.key_map.register_forward_hook(lambda *_: calls.append(1))
    memory = reader.bind(torch.randn(2, 5, 6))
    for _ in range(3):
        reader(torch.randn(2, 1, 6), memory)
        reader.weights(torch.randn(2, 1, 6), memory)
    assert len(calls) == 1


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("causal", [False, True])
def test_a_trace_shows_the_weights_and_changes_nothing(name, causal):
    reader = Reader(SCORES[name]())
    query, memory = torch.randn(2, 3, 6), reader.bind(torch.randn(2, 5, 6))
    plain = reader(query, memory, causal=causal)
    with trace(reader) as seen:
        traced = reader(query, memory, causal=causal)
    torch.testing.assert_close(traced, plain)
    (records,) = seen.values()
    torch.testing.assert_close(
        records[0]["weights"], reader.weights(query, memory, causal=causal).detach()
    )


# Dynamo itself asks keys that were made outside the graph for their gradient.
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("normalize", [softmax, sparsemax, partial(topk_softmax, k=2)])
@pytest.mark.parametrize("causal", [False, True])
def test_compiles_whole(name, normalize, causal):
    torch._dynamo.reset()
    reader = Reader(SCORES[name](), normalize=normalize)
    compiled = torch.compile(reader, fullgraph=True, backend="eager")
    query, keys = torch.randn(2, 3, 6), torch.randn(2, 5, 6)
    mask = torch.rand(2, 1, 5) > 0.3
    mask[0] = False
    for readable in (None, mask):
        memory = reader.bind(keys, mask=readable)
        torch.testing.assert_close(
            compiled(query, memory, causal=causal), reader(query, memory, causal=causal)
        )


@pytest.mark.slow
@pytest.mark.parametrize("causal", [False, True])
def test_compiled_code_keeps_masked_rows_at_zero(causal):
    torch._dynamo.reset()
    reader = Reader()
    compiled = torch.compile(reader, fullgraph=True)
    query = torch.randn(2, 4, 9, 16, requires_grad=True)
    keys, mask = torch.randn(2, 4, 9, 16), torch.rand(2, 1, 1, 9) > 0.3
    mask[0] = False
    memory = reader.bind(keys, mask=mask)
    ours, theirs = (f(query, memory, causal=causal) for f in (compiled, reader))
    torch.testing.assert_close(ours, theirs)
    ours, theirs = (torch.autograd.grad(r.square().sum(), query)[0] for r in (ours, theirs))
    torch.testing.assert_close(ours, theirs)


def test_replicas_can_be_mapped_over_in_one_program():
    """`torch.vmap` wants the kernel's mathematical form, which the caller can choose."""
    reader = Reader()
    query, keys = torch.randn(3, 2, 4, 6), torch.randn(3, 2, 5, 6)
    mask = torch.rand(3, 2, 1, 5) > 0.3
    mask[:, 0] = False

    def loss(query, keys, mask):
        return reader(query, reader.bind(keys, mask=mask)).square().sum()

    with sdpa_kernel(SDPBackend.MATH):
        ours = torch.vmap(torch.func.grad(loss))(query, keys, mask)
    for i in range(3):
        torch.testing.assert_close(ours[i], torch.func.grad(loss)(query[i], keys[i], mask[i]))


def test_autocast_reads_in_half_precision():
    reader = Reader(recollect.general(6))
    query, keys = torch.randn(2, 3, 6), torch.randn(2, 5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        low = reader(query, reader.bind(keys, keys.bfloat16()))
    assert low.dtype == torch.bfloat16
    torch.testing.assert_close(low.float(), reader(query, reader.bind(keys)), atol=0.05, rtol=0.05)


@pytest.mark.parametrize("inner", [softmax, sparsemax])
def test_a_learnt_temperature_is_a_normalizer_and_is_learnt(inner):
    check_normalizer(Tempered(inner, temperature=0.7))
    check_reader(Reader(normalize=Tempered(inner)), query_size=4)
    torch.manual_seed(0)
    reader = Reader(normalize=Tempered(inner, temperature=2.0))
    story = torch.randn(5, 4)
    memory = reader.bind(story, values=torch.eye(5))
    sharp = inner(reader.score(story, story) / 0.3, None)  # what it has to find
    optimizer = torch.optim.Adam(reader.parameters(), 0.05)
    for _ in range(150):
        optimizer.zero_grad()
        (reader(story, memory) - sharp).square().sum().backward()
        optimizer.step()
    assert float(reader.normalize.log_temperature.detach().exp()) == pytest.approx(0.3, abs=0.02)


def test_no_temperature_is_refused():
    with pytest.raises(ValueError, match="above 0, not 0"):
        Tempered(temperature=0)
