import pytest
import torch
from torch import nn

import recollect
from recollect import Memory, MultiHead, Reader, trace
from recollect.functional import sparsemax


def copied(ours, *, memory_size=None):
    """PyTorch's own module with the same weights."""
    size = ours.out.in_features
    theirs = nn.MultiheadAttention(
        size, ours.heads, batch_first=True, kdim=memory_size, vdim=memory_size
    )
    spread = size // ours.heads, ours.heads // ours.memory_heads

    def full(weight):
        heads = weight.unflatten(0, (ours.memory_heads, spread[0]))
        return heads.repeat_interleave(spread[1], 0).flatten(0, 1)

    parts = [ours.query.weight, full(ours.keys.weight), full(ours.values.weight)]
    with torch.no_grad():
        if memory_size is None:
            theirs.in_proj_weight.copy_(torch.cat(parts))
        else:
            theirs.q_proj_weight.copy_(parts[0])
            theirs.k_proj_weight.copy_(parts[1])
            theirs.v_proj_weight.copy_(parts[2])
        biases = [ours.query.bias, full(ours.keys.bias), full(ours.values.bias)]
        theirs.in_proj_bias.copy_(torch.cat(biases))
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    return theirs


@pytest.mark.parametrize("memory_heads", [4, 2, 1])
@pytest.mark.parametrize("causal", [False, True])
def test_equals_torchs_in_values_gradients_and_weights(memory_heads, causal):
    ours = MultiHead(12, heads=4, memory_heads=memory_heads)
    theirs = copied(ours)
    x = torch.randn(3, 7, 12, requires_grad=True)
    mask = torch.rand(3, 7) > 0.3
    mask[:, 0] = True
    barrier = torch.ones(7, 7, dtype=torch.bool).triu(1) if causal else None
    theirs_out, theirs_weights = theirs(
        x, x, x, key_padding_mask=~mask, attn_mask=barrier, average_attn_weights=False
    )
    memory = ours.bind(x, mask=mask)
    ours_out = ours(x, memory, causal=causal)
    torch.testing.assert_close(ours_out, theirs_out)
    torch.testing.assert_close(ours.weights(x, memory, causal=causal), theirs_weights)
    wanted = torch.randn_like(ours_out)
    grads = [torch.autograd.grad((o * wanted).sum(), x)[0] for o in (ours_out, theirs_out)]
    torch.testing.assert_close(*grads)


def test_equals_torchs_over_another_memory():
    ours = MultiHead(12, heads=4, memory_size=5)
    theirs = copied(ours, memory_size=5)
    x, keys, values = torch.randn(3, 7, 12), torch.randn(3, 9, 5), torch.randn(3, 9, 5)
    torch.testing.assert_close(ours(x, ours.bind(keys, values)), theirs(x, keys, values)[0])


@pytest.mark.parametrize("memory_heads", [4, 2, 1])
@pytest.mark.parametrize("reader", ["scaled_dot", "cosine", "additive", "sparsemax"])
def test_a_cache_decodes_step_by_step_what_a_pass_gives_at_once(memory_heads, reader):
    readers = {
        "scaled_dot": Reader,
        "cosine": lambda: Reader(recollect.cosine(3.0)),
        "additive": lambda: Reader(recollect.additive(3)),
        "sparsemax": lambda: Reader(normalize=sparsemax),
    }
    attend = MultiHead(12, heads=4, memory_heads=memory_heads, reader=readers[reader]())
    x = torch.randn(2, 6, 12)
    mask = torch.ones(2, 6, dtype=torch.bool)
    mask[0, :2] = False  # left padding
    whole = attend(x, attend.bind(x, mask=mask), causal=True)
    memory, steps = attend.bind(x[:, :1], mask=mask[:, :1]), []
    for t in range(6):
        if t:
            new = attend.bind(x[:, t : t + 1], mask=mask[:, t : t + 1])
            memory = memory.append(new.keys, new.values, new.mask)
        steps.append(attend(x[:, t : t + 1], memory, causal=True))
    torch.testing.assert_close(torch.cat(steps, 1), whole)


def test_the_cache_of_grouped_queries_is_smaller():
    x = torch.randn(2, 6, 12)
    few, many = (MultiHead(12, heads=4, memory_heads=g).bind(x) for g in (1, 4))
    assert few.keys.numel() * 4 == many.keys.numel()


def test_masks_for_slots_and_for_each_query():
    attend, x = MultiHead(8, heads=2), torch.randn(2, 5, 8)
    mask = torch.rand(2, 5) > 0.4
    mask[0] = False
    slots = attend(x, attend.bind(x, mask=mask))
    queries = attend(x, attend.bind(x, mask=mask[:, None].expand(2, 5, 5)))
    torch.testing.assert_close(slots, queries)
    torch.testing.assert_close(slots[0], attend.out.bias.expand(5, 8))  # nothing was read
    weights = attend.weights(x, attend.bind(x, mask=mask))
    assert (weights[~mask[:, None, None].expand_as(weights)] == 0).all()


def test_padding_and_batch_are_no_matter():
    attend, x = MultiHead(8, heads=2, memory_heads=1), torch.randn(3, 6, 8)
    mask = torch.arange(6) < torch.tensor([6, 4, 1])[:, None]
    whole = attend(x, attend.bind(x, mask=mask), causal=True)
    for row, length in zip(range(3), (6, 4, 1), strict=True):
        alone = attend(x[row : row + 1, :length], causal=True)
        torch.testing.assert_close(whole[row : row + 1, :length], alone)


def test_every_parameter_learns():
    attend = MultiHead(8, heads=4, memory_heads=2, reader=Reader(recollect.additive(2)))
    attend(torch.randn(2, 5, 8)).square().sum().backward()
    for name, parameter in attend.named_parameters():
        assert (parameter.grad != 0).any(), name


def test_a_trace_shows_every_head():
    attend, x = MultiHead(8, heads=4, memory_heads=2), torch.randn(2, 5, 8)
    plain = attend(x, causal=True)
    with trace(attend) as seen:
        torch.testing.assert_close(attend(x, causal=True), plain)
    weights = seen["reader"][0]["weights"]
    assert weights.shape == (2, 4, 5, 5)
    torch.testing.assert_close(weights, attend.weights(x, causal=True).detach())


@pytest.mark.parametrize("memory_heads", [4, 2])
def test_compiles_whole(memory_heads):
    torch._dynamo.reset()
    attend = MultiHead(8, heads=4, memory_heads=memory_heads)
    compiled = torch.compile(attend, fullgraph=True, backend="eager")
    x = torch.randn(2, 5, 8)
    torch.testing.assert_close(compiled(x, causal=True), attend(x, causal=True))


@pytest.mark.parametrize("arguments", [{"heads": 3}, {"heads": 0}])
def test_a_size_that_does_not_divide_is_refused(arguments):
    with pytest.raises(ValueError, match="8 does not divide"):
        MultiHead(8, **arguments)


@pytest.mark.parametrize("memory_heads", [3, 0, 8])
def test_memory_heads_that_do_not_divide_are_refused(memory_heads):
    with pytest.raises(ValueError, match=f"{memory_heads} memory heads"):
        MultiHead(8, heads=4, memory_heads=memory_heads)


def test_a_mask_of_other_axes_is_refused():
    attend, x = MultiHead(8, heads=2), torch.randn(2, 5, 8)
    with pytest.raises(ValueError, match=r"\(2, 1, 1, 5\)"):
        attend.bind(x, mask=torch.ones(2, 1, 1, 5, dtype=torch.bool))


def test_double_precision_reads_a_memory_made_by_hand():
    attend = MultiHead(8, heads=2).double()
    memory = Memory(*torch.randn(2, 3, 2, 6, 4).double())
    assert attend(torch.randn(3, 5, 8).double(), memory).dtype == torch.float64
