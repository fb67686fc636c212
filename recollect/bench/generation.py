"""Saying sequences beside Hugging Face on the same weights, and training beside `nn.Transformer`.

What is compared says the same tokens; nothing is timed before that is seen.

Shape letters: ``B`` batch, ``T`` steps, ``V`` vocabulary, ``D`` width.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from recollect.models import (
    BOS,
    EOS,
    PAD,
    LanguageModel,
    Seq2Seq,
    TransformerBlock,
    TransformerDecoder,
    TransformerEncoder,
    beam_search,
    greedy,
)

__all__ = [
    "Saying",
    "Training",
    "check_say",
    "language_models",
    "say_of",
    "train_of",
    "translators",
]

PEER = "transformers"


@dataclass(frozen=True)
class Saying:
    """A language model, and how much it says: every target to the limit, so that work is equal."""

    name: str
    batch: int
    beams: int
    tokens: int = 24
    size: int = 256
    layers: int = 3
    heads: int = 4
    vocab: int = 4000


@dataclass(frozen=True)
class Training:
    """An encoder and a decoder, and a batch of pairs."""

    name: str
    batch: int
    steps: int = 24
    size: int = 256
    layers: int = 3
    heads: int = 4
    vocab: int = 4000
    dropout: float = 0.1


def language_models(case: Saying) -> tuple[LanguageModel, Any]:
    """Return our language model and Hugging Face's GPT-NeoX with its weights, None if not there.

    The likeliest tokens never are the three that would end or pad a target: their embeddings are 0.
    """
    torch.manual_seed(0)
    ours = LanguageModel(
        TransformerDecoder(
            case.vocab, size=case.size, memory_size=None, layers=case.layers, heads=case.heads
        )
    ).eval()
    decoder = ours.decoder
    assert isinstance(decoder, TransformerDecoder)
    with torch.no_grad():
        decoder.embed.weight[[PAD, BOS, EOS]] = 0
        decoder.embed.weight[BOS, 0] = 0.1
        for parameter in decoder.parameters():
            if parameter.dim() == 1:  # biases and norms tell when they are exchanged
                parameter.add_(0.02 * torch.randn_like(parameter))
        for block in decoder.blocks:  # the blocks say more than the last token does
            for parameter in block.parameters():
                parameter.mul_(2)
    return ours, _neox(decoder, case) if find_spec(PEER) else None


def _neox(decoder: TransformerDecoder, case: Saying) -> Any:
    """Return a GPT-NeoX that says what the decoder does; it turns other pairs of features."""
    transformers = import_module(PEER)
    config = transformers.GPTNeoXConfig(
        vocab_size=case.vocab, hidden_size=case.size, num_hidden_layers=case.layers,
        num_attention_heads=case.heads, intermediate_size=4 * case.size, hidden_act="relu",
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0,
                         "partial_rotary_factor": 1.0},
        use_parallel_residual=False, layer_norm_eps=1e-5, bos_token_id=BOS, eos_token_id=EOS,
        pad_token_id=PAD, tie_word_embeddings=False, attention_dropout=0.0, hidden_dropout=0.0,
    )  # fmt: skip
    peer = transformers.GPTNeoXForCausalLM(config).eval()
    width = case.size // case.heads
    # pairs (0, 1), (2, 3), ... stand at (0, D/2), (1, D/2 + 1), ... there
    pairs = torch.cat([torch.arange(0, width, 2), torch.arange(1, width, 2)])
    taken: dict[str, Tensor] = {
        "gpt_neox.embed_in.weight": decoder.embed.weight * case.size**0.5,
        "lm_head.weight": decoder.embed.weight,
        "gpt_neox.final_layer_norm.weight": decoder.norm.weight,
        "gpt_neox.final_layer_norm.bias": decoder.norm.bias,
    }
    for number, block in enumerate(decoder.blocks):
        assert isinstance(block, TransformerBlock)
        at = f"gpt_neox.layers.{number}."
        for ours, theirs in (
            (block.norm, "input_layernorm"),
            (block.inner_norm, "post_attention_layernorm"),
            (block.out, "attention.dense"),
            (block.network[0], "mlp.dense_h_to_4h"),
            (block.network[3], "mlp.dense_4h_to_h"),
        ):
            for name, value in ours.named_parameters():
                taken[f"{at}{theirs}.{name}"] = value
        for name, value in block.project.named_parameters():
            # (3, H, width, ...) -> (H, 3, width, ...)
            parts = value.unflatten(0, (3, case.heads, width)).transpose(0, 1)
            turned = torch.cat([parts[:, :2][:, :, pairs], parts[:, 2:]], 1)
            taken[f"{at}attention.query_key_value.{name}"] = turned.flatten(0, 2)
    with torch.no_grad():
        own = peer.state_dict()
        for name, value in taken.items():
            own[name].copy_(value)
    left = {name for name, _ in peer.named_parameters()} - taken.keys()
    assert not left, left
    return peer


def say_of(case: Saying) -> dict[str, Callable[[], Tensor]]:
    """Return how each model says its targets, as tokens (B, T)."""
    ours, peer = language_models(case)
    start = torch.full((case.batch, 1), BOS)
    nothing = ours.nothing(start)

    def own() -> Tensor:
        if case.beams == 1:
            return greedy(ours.decoder, nothing, limit=case.tokens).tokens
        return beam_search(
            ours.decoder, nothing, beams=case.beams, limit=case.tokens, length_penalty=0.0
        ).tokens

    found: dict[str, Callable[[], Tensor]] = {"ours": own}
    if peer is not None:
        penalty = {"length_penalty": 0.0} if case.beams > 1 else {}

        @torch.no_grad()
        def theirs() -> Tensor:
            told = peer.generate(
                start, attention_mask=torch.ones_like(start), num_beams=case.beams,
                max_new_tokens=case.tokens, do_sample=False, **penalty,
            )  # fmt: skip
            return told[:, 1:]

        found["peer"] = theirs
    return found


def check_say(found: dict[str, Callable[[], Tensor]], case: Saying) -> None:
    """Hold what the models say together.

    Shapes:
        each says tokens ``(B, T)``.

    Raises:
        ValueError: they say different tokens, so that there is nothing to time.
    """
    told = {name: say() for name, say in found.items()}
    for name, tokens in told.items():
        if tokens.shape != (case.batch, case.tokens) or not torch.equal(tokens, told["ours"]):
            raise ValueError(f"{case.name}: {name} says other tokens, so nothing is timed")


class Vaswani(nn.Module):
    """`nn.Transformer` with tied embeddings: as many parameters as ours, positions added.

    Shapes:
        source ``(B, N)``, target ``(B, T)`` -> log-likelihoods ``(B,)``.
    """

    at: Tensor

    def __init__(self, case: Training):
        super().__init__()
        self.read, self.say = (nn.Embedding(case.vocab, case.size) for _ in range(2))
        self.dropout = nn.Dropout(case.dropout)
        with warnings.catch_warnings():  # norm_first keeps it from nested tensors, and it says so
            warnings.simplefilter("ignore")
            self.core = nn.Transformer(
                case.size, case.heads, case.layers, case.layers, 4 * case.size, case.dropout,
                batch_first=True, norm_first=True,
            )  # fmt: skip
        at = torch.arange(case.steps + 1.0).unsqueeze(-1)
        rates = 10_000 ** (-torch.arange(0, case.size, 2) / case.size)
        self.register_buffer("at", torch.cat([(at * rates).sin(), (at * rates).cos()], -1))

    def forward(self, source: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        """Return the log-likelihood of each target."""
        inputs, steps = target[:, :-1], target.shape[1] - 1
        hidden = torch.arange(source.shape[1]) >= lengths.unsqueeze(1)
        read, said = (
            self.dropout(embed(tokens) * self.core.d_model**0.5 + self.at[: tokens.shape[1]])
            for embed, tokens in ((self.read, source), (self.say, inputs))
        )
        later = nn.Transformer.generate_square_subsequent_mask(steps)
        x = self.core(
            read, said, tgt_mask=later, src_key_padding_mask=hidden,
            memory_key_padding_mask=hidden, tgt_is_causal=True,
        )  # fmt: skip
        log_p = (x @ self.say.weight.T).log_softmax(-1)
        given = log_p.gather(-1, target[:, 1:].unsqueeze(-1)).squeeze(-1)
        return (given * (target[:, 1:] != PAD)).sum(-1)


def translators(case: Training) -> dict[str, nn.Module]:
    """Return our model and `nn.Transformer`, as large as each other."""
    torch.manual_seed(0)
    shape: dict[str, Any] = {
        "size": case.size, "layers": case.layers, "heads": case.heads, "dropout": case.dropout
    }  # fmt: skip
    encoder = TransformerEncoder(case.vocab, **shape)
    decoder = TransformerDecoder(case.vocab, memory_size=case.size, **shape)
    return {"ours": Seq2Seq(encoder, decoder=decoder), "nn.Transformer": Vaswani(case)}


def train_of(case: Training) -> tuple[dict[str, Callable[[], object]], int]:
    """Return a training step of each, forward, backward, clip, Adam, and the tokens it learns."""
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(case.steps // 2, case.steps + 1, (case.batch,), generator=draw)
    tokens = torch.randint(4, case.vocab, (2, case.batch, case.steps + 1), generator=draw)
    inside = torch.arange(case.steps + 1) < lengths.unsqueeze(1)
    source = tokens[0, :, :-1] * inside[:, :-1]
    target = tokens[1] * inside
    target[:, 0] = BOS
    target.scatter_(1, lengths.unsqueeze(1), EOS)

    def step_of(model: nn.Module) -> Callable[[], object]:
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)

        def step() -> object:
            optimizer.zero_grad()
            (-model(source, lengths, target).sum() / int(lengths.sum())).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            return optimizer.step()

        return step

    steps = {name: step_of(model.train()) for name, model in translators(case).items()}
    return steps, int(lengths.sum())
