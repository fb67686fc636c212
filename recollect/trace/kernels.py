"""Attention weights read back from the arguments of a fused attention call.

A fused kernel never forms its weights. Each reader here takes the arguments of one such call and
returns `Rows`, which computes any range of query rows, so that a long context is reduced piece by
piece and never stands in memory whole. Dropout is left out: these are the weights before it.

`B` batch, `H` heads, `Q` queries, `N` slots, `D` key width, `E` model width.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Rows(NamedTuple):
    """The weights of one call: their shape (..., Q, N), and a function from a row range to them."""

    shape: tuple[int, ...]
    read: Callable[[int, int], Tensor]
    causal: bool = False


def read_sdpa(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Rows:
    """Weights of `scaled_dot_product_attention`, whose signature this repeats."""
    if query.is_nested or key.is_nested:
        raise NotImplementedError("nested tensors")
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3)
    # Its module takes seconds to import, and has been by whoever made such a mask.
    bias = sys.modules.get("torch.nn.attention.bias")
    if bias is not None and isinstance(attn_mask, bias.CausalBias):
        attn_mask = attn_mask._materialize(query.device)  # pyright: ignore
    masks = () if attn_mask is None else (attn_mask,)
    return _dot_rows(query, key, masks, causal=is_causal, scale=scale)


def read_mha(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None = None,
    bias_v: Tensor | None = None,
    add_zero_attn: bool = False,
    dropout_p: float = 0.0,
    out_proj_weight: Tensor | None = None,
    out_proj_bias: Tensor | None = None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Rows:
    """Per-head weights of `multi_head_attention_forward`, whose signature this repeats.

    `query` (Q, B, E) and `key` (N, B, E), or both without B; masks are True where blocked.
    """
    batched = query.dim() == 3
    if not batched:
        query, key = query.unsqueeze(1), key.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    if use_separate_proj_weight or in_proj_weight is None:
        assert q_proj_weight is not None and k_proj_weight is not None
        query_map, key_map = q_proj_weight, k_proj_weight
    else:
        query_map, key_map, _ = in_proj_weight.chunk(3)
    query_bias, key_bias = (None, None) if in_proj_bias is None else in_proj_bias.chunk(3)[:2]

    def split(x: Tensor) -> Tensor:                                     # (N, B, E) -> (B, H, N, D)
        return x.unflatten(-1, (num_heads, -1)).permute(1, 2, 0, 3)

    q = split(F.linear(query, query_map, query_bias))
    keys = F.linear(key, key_map, key_bias)
    extra = int(bias_k is not None) + int(add_zero_attn)                # slots beyond the keys
    if bias_k is not None:
        keys = torch.cat([keys, bias_k.expand(1, keys.shape[1], -1)])
    k = split(keys) if static_k is None else static_k.unflatten(0, (-1, num_heads))
    if add_zero_attn:
        k = F.pad(k, (0, 0, 0, 1))

    masks = []
    for mask in (attn_mask, None if key_padding_mask is None else key_padding_mask[:, None, None]):
        if mask is None:
            continue
        if mask.dim() == 3:                                             # (B H, Q, N)
            mask = mask.unflatten(0, (-1, num_heads))
        masks.append(F.pad(~mask if mask.dtype == torch.bool else mask, (0, extra),
                           value=mask.dtype == torch.bool))
    rows = _dot_rows(q, k, masks)
    if batched:
        return rows
    return Rows(rows.shape[1:], lambda start, stop: rows.read(start, stop).squeeze(0))


def read_flex(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    score_mod: Callable[..., Tensor],
    block_mask: tuple[Any, ...],
    scale: float,
    kernel_options: dict[str, Any],
    score_mod_other_buffers: tuple[Any, ...] = (),
    mask_mod_other_buffers: tuple[Any, ...] = (),
) -> Rows:
    """Weights of the `flex_attention` operator, whose signature this repeats.

    `score_mod(score, b, h, q, n)` and the mask's `mask_mod(b, h, q, n)` act on scalars, so each
    is mapped over the four axes.
    """
    key = key.repeat_interleave(query.shape[1] // key.shape[1], 1)
    batch, heads, queries, slots = *query.shape[:3], key.shape[2]
    device = query.device

    def everywhere(f: Callable[..., Tensor], scores: int, buffers: int) -> Callable[..., Tensor]:
        for axis in (3, 2, 1, 0):                                       # n, q, h, b: inside out
            index = tuple(0 if i == axis else None for i in range(4))
            f = torch.vmap(f, in_dims=(0,) * scores + index + (None,) * buffers)
        return f

    def read(start: int, stop: int) -> Tensor:
        index = (torch.arange(batch, device=device), torch.arange(heads, device=device),
                 torch.arange(start, stop, device=device), torch.arange(slots, device=device))
        score = everywhere(score_mod, 1, len(score_mod_other_buffers))
        readable = everywhere(block_mask[-1], 0, len(mask_mod_other_buffers))
        logits = score(_dot(query[..., start:stop, :], key, scale), *index,
                       *score_mod_other_buffers)
        return _softmax(logits.masked_fill(~readable(*index, *mask_mod_other_buffers), -math.inf))

    return Rows((batch, heads, queries, slots), read)


def _dot_rows(
    query: Tensor,
    keys: Tensor,
    masks: Sequence[Tensor],
    *,
    causal: bool = False,
    scale: float | None = None,
) -> Rows:
    """softmax(scale Q K' + masks), over bool masks (True = may be read) and additive ones."""
    # Empty views: torch.broadcast_shapes would import a computer algebra system, for a second.
    leading = torch.broadcast_tensors(query[..., :0, :0], keys[..., :0, :0])[0].shape[:-2]
    shape = (*leading, query.shape[-2], keys.shape[-2])
    times = query.shape[-1] ** -0.5 if scale is None else scale
    return Rows(shape, partial(_read_dot, query, keys, tuple(masks), causal, times), causal)


def _read_dot(
    query: Tensor,
    keys: Tensor,
    masks: tuple[Tensor, ...],
    causal: bool,
    scale: float,
    start: int,
    stop: int,
) -> Tensor:
    logits = _dot(query[..., start:stop, :], keys, scale)               # (..., q, N)
    if causal:                                          # the kernel aligns top left, so do we
        row = torch.arange(start, stop, device=logits.device).unsqueeze(-1)
        later = torch.arange(logits.shape[-1], device=logits.device) > row
        logits = logits.masked_fill(later, -math.inf)
    for mask in masks:
        part = mask[..., start:stop, :] if mask.dim() > 1 and mask.shape[-2] > 1 else mask
        readable = part.dtype == torch.bool
        logits = logits.masked_fill(~part, -math.inf) if readable else logits + part
    return _softmax(logits)


def _dot(query: Tensor, keys: Tensor, scale: float) -> Tensor:
    """Scores in float32 or wider: a half-precision kernel accumulates in float32 too."""
    wide = torch.promote_types(query.dtype, torch.float32)
    with torch.autocast(query.device.type, enabled=False):
        return query.to(wide) @ keys.to(wide).mT * scale


def _softmax(logits: Tensor) -> Tensor:
    """Softmax in which a row with nothing to read is zeros, not NaN."""
    if logits.shape[-1] == 0:
        return logits
    nothing = (logits == -math.inf).all(-1, keepdim=True)
    return logits.softmax(-1).masked_fill(nothing, 0.0)
