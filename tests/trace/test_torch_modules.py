"""The weights seen in torch's own modules equal eager attention, and outputs do not change."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.trace import Trace, trace

TOLERANCE = {"atol": 1e-6, "rtol": 0.0}


def padding(batch: int, length: int, *lengths: int) -> Tensor:
    return torch.arange(length) >= torch.tensor(lengths).view(batch, 1)


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_multihead_equals_eager(need_weights: bool, training: bool, batch_first: bool) -> None:
    torch.manual_seed(0)
    module = nn.MultiheadAttention(16, 4, batch_first=batch_first, kdim=12, vdim=10).train(training)
    query, key, value = torch.randn(2, 5, 16), torch.randn(2, 7, 12), torch.randn(2, 7, 10)
    pad = padding(2, 7, 7, 4)
    if not batch_first:
        query, key, value = (x.transpose(0, 1) for x in (query, key, value))
    plain, given = module(query, key, value, key_padding_mask=pad, need_weights=need_weights)
    _, eager = module(query, key, value, key_padding_mask=pad, average_attn_weights=False)
    with trace(module) as seen:
        output, returned = module(query, key, value, key_padding_mask=pad,
                                  need_weights=need_weights)
    assert torch.equal(output, plain)
    assert (returned is None) == (given is None)
    if given is not None:
        assert torch.equal(returned, given)
    torch.testing.assert_close(seen.weights("MultiheadAttention"), eager, **TOLERANCE)


@pytest.mark.parametrize("options", [{}, {"add_bias_kv": True}, {"add_zero_attn": True},
                                     {"add_bias_kv": True, "add_zero_attn": True},
                                     {"bias": False}], ids=str)
@pytest.mark.parametrize("mask", ["none", "bool", "float", "per head", "unbatched"])
def test_multihead_options(options: dict[str, bool], mask: str) -> None:
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, 2, batch_first=True, **options)
    x = torch.randn(3, 6, 8)
    blocked = torch.ones(6, 6, dtype=torch.bool).triu(1)
    masks = {"none": {}, "unbatched": {"attn_mask": blocked}, "bool": {"attn_mask": blocked},
             "float": {"attn_mask": torch.randn(6, 6), "key_padding_mask":
                       torch.zeros(3, 6).masked_fill(padding(3, 6, 6, 5, 2), -torch.inf)},
             "per head": {"attn_mask": blocked.expand(6, 6, 6)}}[mask]
    if mask == "unbatched":
        x = x[0]
    _, eager = module(x, x, x, average_attn_weights=False, **masks)
    with trace(module) as seen:
        module(x, x, x, need_weights=False, **masks)
    torch.testing.assert_close(seen.weights("MultiheadAttention"), eager, **TOLERANCE)


def test_multihead_training_keeps_dropout_and_gradients() -> None:
    module = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
    x = torch.randn(2, 6, 8, requires_grad=True)

    def run() -> tuple[Tensor, Tensor]:
        torch.manual_seed(1)
        output, _ = module(x, x, x)
        (gradient,) = torch.autograd.grad(output.square().sum(), x)
        return output, gradient

    plain = run()
    with trace(module) as seen:
        traced = run()
    assert torch.equal(plain[0], traced[0]) and torch.equal(plain[1], traced[1])
    total = seen.weights("MultiheadAttention").sum(-1)       # before dropout: rows sum to one
    torch.testing.assert_close(total, torch.ones_like(total))
    assert not seen.weights("MultiheadAttention").requires_grad


def eager_encoder(model: nn.TransformerEncoder, x: Tensor, mask: Tensor | None,
                  pad: Tensor | None) -> list[Tensor]:
    """Each layer's weights, from the module's own need_weights path."""
    found = []
    for layer in model.layers:
        query = layer.norm1(x) if layer.norm_first else x
        found.append(layer.self_attn(query, query, query, attn_mask=mask, key_padding_mask=pad,
                                     average_attn_weights=False)[1])
        with torch.enable_grad():                            # keeps the layer off its fast path
            x = layer(x, src_mask=mask, src_key_padding_mask=pad)
    return found


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad, torch.enable_grad])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("masked", ["none", "padding", "hole", "causal"])
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_encoder_in_evaluation(mode: type, norm_first: bool, masked: str) -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=norm_first)
    model = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(16)).eval()
    nn.init.normal_(model.norm.bias)                         # so that norm(0) is not 0
    x = torch.randn(3, 7, 16)
    pad = {"padding": padding(3, 7, 7, 4, 2), "hole": torch.eye(7)[:3].bool()}.get(masked)
    mask = torch.ones(7, 7, dtype=torch.bool).triu(1) if masked == "causal" else None
    with torch.no_grad():
        eager = eager_encoder(model, x, mask, pad)
    with mode():
        plain = model(x, mask=mask, src_key_padding_mask=pad)
        with trace(model) as seen:
            output = model(x, mask=mask, src_key_padding_mask=pad)
        again = model(x, mask=mask, src_key_padding_mask=pad)
    torch.testing.assert_close(output, plain, **TOLERANCE)   # all rows, those of padding too
    assert torch.equal(plain, again)
    assert seen.names() == ["layers.0.self_attn", "layers.1.self_attn"]
    for i in range(2):
        torch.testing.assert_close(seen.weights(f"layers.{i}.self_attn"), eager[i], **TOLERANCE)
        assert seen[f"layers.{i}.self_attn"][0].source == "mha"
    seen.weights("layers.0.self_attn").add_(1)               # no inference tensor leaks out


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_encoder_with_an_empty_item_gives_zeros_not_nan() -> None:
    torch.manual_seed(0)
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval()
    x, pad = torch.randn(2, 5, 8), padding(2, 5, 5, 0)
    with torch.inference_mode():
        plain = model(x, src_key_padding_mask=pad)
        with trace(model) as seen:
            output = model(x, src_key_padding_mask=pad)
    torch.testing.assert_close(output, plain, **TOLERANCE)
    assert seen.weights("layers.1.self_attn")[1].abs().max() == 0
    assert seen.weights("layers.1.self_attn").isfinite().all()


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_tensors_still_run_and_are_reported() -> None:
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    packed = torch.nested.nested_tensor([torch.randn(5, 8), torch.randn(3, 8)])
    with torch.inference_mode():
        plain = model(packed).to_padded_tensor(0.0)
        with pytest.warns(match="nested"), trace(model) as seen:
            output = model(packed).to_padded_tensor(0.0)
    torch.testing.assert_close(output, plain, **TOLERANCE)
    assert seen.opaque == ["self_attn"]


def test_transformer_cross_attention() -> None:
    torch.manual_seed(0)
    model = nn.Transformer(16, 2, 1, 2, 32, batch_first=True).eval()
    source, target = torch.randn(2, 6, 16), torch.randn(2, 4, 16)
    with torch.no_grad():
        plain = model(source, target)
        with trace(model) as seen:
            output = model(source, target)
        with trace(model, keep="*.multihead_attn") as cross:
            model(source, target)
        memory, layer = model.encoder(source), model.decoder.layers[0]
        own = layer.self_attn(target, target, target, average_attn_weights=False)
        query = layer.norm1(target + own[0])
        eager = layer.multihead_attn(query, memory, memory, average_attn_weights=False)[1]
    torch.testing.assert_close(output, plain, **TOLERANCE)
    torch.testing.assert_close(seen.weights("decoder.layers.0.self_attn"), own[1], **TOLERANCE)
    name = "decoder.layers.0.multihead_attn"
    assert seen.weights(name).shape == (2, 2, 4, 6)
    torch.testing.assert_close(seen.weights(name), eager, **TOLERANCE)
    assert cross.names() == [name, "decoder.layers.1.multihead_attn"] and cross.opaque == []


class Dot(nn.Module):
    """An attention of one's own on the fused function."""

    def __init__(self, **options: object) -> None:
        super().__init__()
        self.options = options

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(query, key, value, **self.options)


def weights_of(query: Tensor, key: Tensor, **options: object) -> Tensor:
    """The reference: the kernel's own output when the values are the identity."""
    query, key = query.double(), key.double()
    value = torch.eye(key.shape[-2], dtype=torch.float64).expand(*key.shape[:-1], -1)
    mask = options.get("attn_mask")
    if isinstance(mask, Tensor) and mask.is_floating_point():
        options["attn_mask"] = mask.double()
    return F.scaled_dot_product_attention(query, key, value, **options).float()


@pytest.mark.parametrize("options", [
    {}, {"is_causal": True}, {"scale": 0.3}, {"scale": 0.0},
    {"attn_mask": torch.rand(5, 7, generator=torch.Generator().manual_seed(0)) > 0.4},
    {"attn_mask": torch.randn(2, 1, 5, 7, generator=torch.Generator().manual_seed(0))},
    {"attn_mask": torch.tensor([[True, True, False, True, True, False, True]])},
], ids=["plain", "causal", "scale", "zero scale", "bool", "additive", "row"])
def test_sdpa_options(options: dict[str, object]) -> None:
    torch.manual_seed(0)
    query, key = torch.randn(2, 4, 5, 8), torch.randn(2, 4, 7, 8)
    model = Dot(**options)
    plain = model(query, key, key)
    with trace(model) as seen:
        output = model(query, key, key)
    assert torch.equal(output, plain)
    expected = weights_of(query, key, **options)
    torch.testing.assert_close(seen.weights("Dot"), expected, **TOLERANCE)


def test_sdpa_grouped_queries_and_positional_mask() -> None:
    torch.manual_seed(0)
    query, key = torch.randn(2, 6, 5, 8), torch.randn(2, 3, 5, 8)
    model = Dot(enable_gqa=True, is_causal=True)
    with trace(model) as seen:
        model(query, key, key)
    expected = weights_of(query, key.repeat_interleave(2, 1), is_causal=True)
    torch.testing.assert_close(seen.weights("Dot"), expected, **TOLERANCE)
    assert seen["Dot"][0].causal

    mask = torch.rand(5, 5) > 0.5

    class Positional(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(x, x, x, mask, 0.0, False)

    other = Positional()
    with trace(other) as seen:
        other(query)
    expected = weights_of(query, query, attn_mask=mask)
    torch.testing.assert_close(seen.weights("Positional"), expected, **TOLERANCE)


def test_sdpa_fully_masked_rows_are_zeros() -> None:
    x = torch.randn(1, 2, 4, 8)
    mask = torch.ones(4, 4, dtype=torch.bool)
    mask[1] = False
    for options in ({"attn_mask": mask},
                    {"attn_mask": torch.zeros(4, 4).masked_fill(~mask, -torch.inf)}):
        with trace(model := Dot(**options)) as seen:
            output = model(x, x, x)
        assert output.isfinite().all()
        assert seen.weights("Dot")[:, :, 1].abs().max() == 0
        torch.testing.assert_close(seen.weights("Dot")[:, :, 2].sum(-1), torch.ones(1, 2))


def test_a_causal_bias_is_read() -> None:
    from torch.nn.attention.bias import causal_lower_right

    query, key = torch.randn(1, 2, 3, 8), torch.randn(1, 2, 5, 8)
    model = Dot(attn_mask=causal_lower_right(3, 5))
    plain = model(query, key, key)
    with trace(model) as seen:
        output = model(query, key, key)
    assert torch.equal(output, plain)
    expected = weights_of(query, key, attn_mask=torch.ones(3, 5, dtype=torch.bool).tril(2))
    torch.testing.assert_close(seen.weights("Dot"), expected, **TOLERANCE)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_sdpa_precision(dtype: torch.dtype) -> None:
    x = torch.randn(1, 2, 6, 8, dtype=dtype)
    model = Dot()
    with trace(model) as seen:
        output = model(x, x, x)
    assert output.dtype == dtype
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    assert seen.weights("Dot").dtype == wide
    expected = (x.double() @ x.double().mT / 8**0.5).softmax(-1).to(wide)
    torch.testing.assert_close(seen.weights("Dot"), expected, **TOLERANCE)


def test_autocast_does_not_coarsen_the_record() -> None:
    x = torch.randn(1, 2, 6, 8)
    model = Dot()
    with torch.autocast("cpu", torch.bfloat16):
        plain = model(x, x, x)
        with trace(model) as seen:
            output = model(x, x, x)
    assert torch.equal(output, plain)
    expected = weights_of(x, x)
    torch.testing.assert_close(seen.weights("Dot"), expected, **TOLERANCE)


def test_sdpa_dropout_draws_the_same_numbers() -> None:
    x = torch.randn(1, 2, 6, 8)
    model = Dot(dropout_p=0.5)
    torch.manual_seed(3)
    plain, after = model(x, x, x), torch.rand(1)
    torch.manual_seed(3)
    with trace(model) as seen:
        output = model(x, x, x)
    assert torch.equal(output, plain) and torch.equal(torch.rand(1), after)
    torch.testing.assert_close(seen.weights("Dot"), weights_of(x, x), **TOLERANCE)


def test_aten_operator_is_seen() -> None:
    class Raw(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            first = torch.ops.aten.scaled_dot_product_attention(x, x, x)
            return first + torch.ops.aten.scaled_dot_product_attention.default(x, x, x)

    x = torch.randn(1, 2, 6, 8)
    with trace(model := Raw()) as seen:
        model(x)
    assert len(seen["Raw"]) == 2
    torch.testing.assert_close(seen.weights("Raw"), weights_of(x, x), **TOLERANCE)


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_attention_with_a_bias_and_a_mask() -> None:
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    slope = torch.tensor([0.5, 0.1, 0.2, 0.3])
    causal = create_block_mask(lambda b, h, q, n: q >= n, None, None, 6, 6, device="cpu")

    class Flex(nn.Module):
        def forward(self, query: Tensor, key: Tensor) -> Tensor:
            return flex_attention(query, key, key, enable_gqa=True, block_mask=causal,
                                  score_mod=lambda s, b, h, q, n: s + slope[h] * (n - q))

    torch.manual_seed(0)
    query, key = torch.randn(2, 4, 6, 8), torch.randn(2, 2, 6, 8)
    model = Flex()
    with trace(model) as seen:
        model(query, key)
    place = torch.arange(6)
    bias = slope.view(4, 1, 1) * (place - place.view(6, 1))
    bias = bias.masked_fill(place > place.view(6, 1), -torch.inf)
    expected = weights_of(query, key.repeat_interleave(2, 1), attn_mask=bias)
    torch.testing.assert_close(seen.weights("Flex"), expected, **TOLERANCE)
    assert seen["Flex"][0].source == "flex"


def test_softmax_only_when_asked() -> None:
    class ByHand(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            weights = torch.softmax(x @ x.mT, -1)
            return weights @ x + F.softmax(x, -1) + x.softmax(-1) + nn.Softmax(-1)(x)

    model, x = ByHand(), torch.randn(4, 3)
    with trace(model) as seen:
        model(x)
    assert not seen
    with trace(model, candidates=True) as seen:
        model(x)
    assert len(seen["ByHand"]) == 4
    assert torch.equal(seen["ByHand"][0]["softmax"], (x @ x.mT).softmax(-1))
    assert isinstance(seen, Trace)
