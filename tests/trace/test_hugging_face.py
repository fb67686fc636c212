"""Hugging Face models under fused attention show the weights that they report under eager."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from recollect.trace import OpaqueAttentionWarning, trace

transformers = pytest.importorskip("transformers", reason="a test extra: pip install transformers")

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 64}
IDS = torch.randint(1, 90, (2, 9), generator=torch.Generator().manual_seed(0))
MASK = torch.ones(2, 9, dtype=torch.long).index_fill(1, torch.tensor([8]), 0)


def llama() -> nn.Module:
    config = transformers.LlamaConfig(vocab_size=99, num_key_value_heads=2, **SMALL)
    return transformers.LlamaForCausalLM(config)


def gpt2() -> nn.Module:
    config = transformers.GPT2Config(vocab_size=99, n_embd=32, n_layer=2, n_head=4, n_positions=64)
    return transformers.GPT2LMHeadModel(config)


def bert() -> nn.Module:
    return transformers.BertModel(transformers.BertConfig(vocab_size=99, **SMALL))


def vit() -> nn.Module:
    return transformers.ViTModel(transformers.ViTConfig(image_size=32, patch_size=8, **SMALL))


def t5() -> nn.Module:
    config = transformers.T5Config(vocab_size=99, d_model=32, d_kv=8, num_layers=2, num_heads=4,
                                   d_ff=64)
    return transformers.T5Model(config)


TEXT = {"input_ids": IDS, "attention_mask": MASK}
IMAGE = {"pixel_values": torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))}
CASES = {
    "llama": (llama, TEXT, {"attentions": "model.layers.{}.self_attn"}),
    "gpt2": (gpt2, TEXT, {"attentions": "transformer.h.{}.attn"}),
    "bert": (bert, TEXT, {"attentions": "encoder.layer.{}.attention.self"}),
    "vit": (vit, IMAGE, {"attentions": None}),
    "t5": (t5, {**TEXT, "decoder_input_ids": IDS[:, :4]}, {
        "encoder_attentions": "encoder.block.{}.layer.0.SelfAttention",
        "decoder_attentions": "decoder.block.{}.layer.0.SelfAttention",
        "cross_attentions": "decoder.block.{}.layer.1.EncDecAttention"}),
}


def build(family: Callable[[], nn.Module], implementation: str) -> nn.Module:
    torch.manual_seed(0)
    model = family().eval()
    model.set_attn_implementation(implementation)
    return model


@pytest.mark.parametrize("name", CASES)
@torch.no_grad()
def test_fused_weights_equal_eager(name: str) -> None:
    family, inputs, attentions = CASES[name]
    model = build(family, "sdpa")
    plain = model(**inputs)[0]
    with trace(model) as seen:
        output = model(**inputs)[0]
    assert torch.equal(output, plain)
    assert seen.opaque == []
    model.set_attn_implementation("eager")
    report = model(**inputs, output_attentions=True)
    compared: list[Tensor] = []
    for key, path in attentions.items():
        names = seen.names() if path is None else [path.format(i) for i in range(2)]
        assert len(names) == 2
        for module, eager in zip(names, report[key], strict=True):
            torch.testing.assert_close(seen.weights(module), eager, atol=1e-6, rtol=0.0)
            compared.append(eager)
    assert len(compared) == sum(len(records) for records in seen.values())


@torch.no_grad()
def test_generation_with_a_cache_records_each_step() -> None:
    model = build(llama, "sdpa")
    with trace(model, keep="*.0.self_attn") as seen:
        tokens = model.generate(IDS[:1], max_new_tokens=3, do_sample=False, pad_token_id=0)
    records = seen["model.layers.0.self_attn"]
    assert [tuple(r["weights"].shape[-2:]) for r in records] == [(9, 9), (1, 10), (1, 11)]
    model.set_attn_implementation("eager")
    whole = model(tokens[:, :-1], output_attentions=True).attentions[0]
    torch.testing.assert_close(records[-1]["weights"][0, :, 0], whole[0, :, -1], atol=1e-6,
                               rtol=0.0)
    seen.label("slot", [f"token {i}" for i in range(11)])
    with pytest.raises(ValueError, match="one by one"):
        seen.stack("model.layers.0.self_attn")


@torch.no_grad()
def test_eager_attention_is_told_to_be_opaque() -> None:
    model = build(bert, "eager")
    with pytest.warns(OpaqueAttentionWarning, match="attn_implementation='sdpa'"), \
            trace(model) as seen:
        model(**TEXT)
    assert seen.opaque == [f"encoder.layer.{i}.attention.self" for i in range(2)]
    with trace(model, candidates=True) as seen:
        report = model(**TEXT, output_attentions=True)
    assert seen.opaque == []
    for i in range(2):
        found = seen[f"encoder.layer.{i}.attention.self"][0]["softmax"]
        torch.testing.assert_close(found, report.attentions[i], atol=1e-6, rtol=0.0)
