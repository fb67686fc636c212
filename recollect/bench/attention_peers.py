"""The attention of keras and speechbrain beside ours, where they can be imported.

Shape letters: ``B`` batch, ``T`` target steps, ``N`` source positions, ``D`` width.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from recollect.bench.attention import WIDTH, Contender, Data, check, mechanism
from recollect.mechanisms import ContentAttention, LocationAttention, LocationState
from recollect.memory import Memory
from recollect.score import AdditiveScore, additive, dot

__all__ = ["peer_contenders", "check_peers"]

FILTERS, REACH = 10, 15


def peer_contenders() -> dict[str, tuple[Contender, Contender]]:
    """Return each counterpart, and ours that computes the same with its weights."""
    torch.manual_seed(0)
    found: dict[str, tuple[Contender, Contender]] = {}
    if find_spec("keras"):
        os.environ.setdefault("KERAS_BACKEND", "torch")
        layers = import_module("keras").layers
        found["keras Attention"] = _keras(layers.Attention()), mechanism(ContentAttention(dot()))
        layer = layers.AdditiveAttention()
        layer.build([(None, None, WIDTH)] * 2)
        found["keras AdditiveAttention"] = (
            _keras(layer),
            mechanism(ContentAttention(_plain(layer.scale.value))),
        )
    if find_spec("speechbrain") and find_spec("torchaudio"):
        module = import_module("speechbrain.nnet.attention")
        content = module.ContentBasedAttention(WIDTH, WIDTH, WIDTH, WIDTH)
        location = module.LocationAwareAttention(WIDTH, WIDTH, WIDTH, WIDTH, FILTERS, REACH)
        found["speechbrain content"] = _speechbrain(content), _content(content)
        found["speechbrain location"] = _speechbrain(location), _location(location)
    return found


def check_peers(found: dict[str, tuple[Contender, Contender]], data: Data) -> dict[str, float]:
    """Return how far each is from ours; speechbrain cuts gradients between the steps of its second.

    Raises:
        ValueError: too far; there is nothing to time then.
    """
    cut = "speechbrain location"
    same = {f"ours = {name}": (ours, theirs) for name, (theirs, ours) in found.items()}
    values = {name: both for name, both in same.items() if name.endswith(cut)}
    return check({k: v for k, v in same.items() if k not in values}, data) | check(
        values, data, gradients=False
    )


def _plain(scale: Tensor) -> AdditiveScore:
    """Keras' additive score: no maps, v is its scale."""
    score = additive(WIDTH)
    with torch.no_grad():
        for each in (score.query_map, score.key_map):
            each.weight.copy_(torch.eye(WIDTH))
        score.key_map.bias.zero_()
        score.v.copy_(scale)
    return score


def _keras(layer: Any) -> Contender:
    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        return layer([queries, source], mask=[None, mask])

    def decode(data: Data) -> Callable[[], object]:
        query = data.queries[:, :1]
        return torch.no_grad()(lambda: whole(query, data.source, data.mask))

    return Contender([each.value for each in layer.trainable_weights], whole, decode)


def _speechbrain(made: Any) -> Contender:
    with torch.no_grad():  # ours has no map behind the read: let it change nothing
        made.mlp_out.weight.copy_(torch.eye(WIDTH))
        made.mlp_out.bias.zero_()

    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        made.reset()
        lengths = mask.sum(1)
        return torch.stack([made(source, lengths, query)[0] for query in queries.unbind(1)], 1)

    def decode(data: Data) -> Callable[[], object]:
        query, lengths = data.queries[:, 0], data.mask.sum(1)

        @torch.no_grad()
        def step() -> object:
            held = made.mask  # it keeps the last source, of another size maybe, or of training
            if (
                held is None
                or held.shape != data.mask.shape
                or made.precomputed_enc_h.requires_grad
            ):
                made.reset()
            return made(data.source, lengths, query)

        return step

    return Contender(list(made.parameters()), whole, decode)


def _score(made: Any) -> AdditiveScore:
    score = additive(WIDTH)
    with torch.no_grad():
        score.query_map.weight.copy_(made.mlp_dec.weight)
        score.key_map.weight.copy_(made.mlp_enc.weight)
        score.key_map.bias.copy_(made.mlp_enc.bias + made.mlp_dec.bias)
        if isinstance(getattr(made, "mlp_loc", None), nn.Linear):
            score.key_map.bias.add_(made.mlp_loc.bias)
        score.v.copy_(made.mlp_attn.weight[0])
    return score


def _content(made: Any) -> Contender:
    return mechanism(ContentAttention(_score(made)))


def _location(made: Any) -> Contender:
    ours = LocationAttention(_score(made), filters=FILTERS, width=2 * REACH + 1)
    with torch.no_grad():
        ours.filters.weight.copy_(made.conv_loc.weight)
        ours.map.weight.copy_(made.mlp_loc.weight)

    def everywhere(memory: Memory) -> LocationState:
        """Where speechbrain's begins; ours begins at the first slot."""
        first = ours.initial_state(memory)
        assert memory.mask is not None
        mask = memory.mask.squeeze(1)
        return first._replace(last=mask / mask.sum(-1, keepdim=True))

    return mechanism(ours, start=everywhere)
