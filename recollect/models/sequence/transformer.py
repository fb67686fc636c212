"""Transformers: encoder and decoder on the same pre-norm block, positions rotary or sinusoidal.

Shape letters: ``B`` batch, ``H`` heads, ``T`` positions, ``N`` source positions, ``D`` width of a
head, ``V`` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.functional import length_mask
from recollect.mechanisms import reorder
from recollect.memory import Memory
from recollect.models.sequence.block import TransformerBlock, sinusoids
from recollect.models.sequence.decoder import PAD, Decoder, likelihood
from recollect.models.sequence.dropout import Dropout
from recollect.models.sequence.encoder import Encoded, Encoder

__all__ = ["TransformerDecoder", "TransformerEncoder", "TransformerState"]


class TransformerEncoder(Encoder):
    """Blocks that let every position read all others.

    Vaswani et al. 2017, section 3.1, with rotary positions or theirs. The summary is the mean over
    a source.

    Args:
        vocab: number of tokens.
        size: width.
        layers: number of blocks.
        heads: of every attention.
        inner: width of the blocks' networks; None is four times `size`.
        dropout: on embeddings and in the blocks.
        rotary: turn queries and keys by their positions; otherwise sinusoids are added once.

    Shapes:
        source ``(B, N)``, lengths ``(B,)`` -> `Encoded` of width `size`.
    """

    def __init__(
        self,
        vocab: int,
        *,
        size: int,
        layers: int = 3,
        heads: int = 4,
        inner: int | None = None,
        dropout: float = 0.0,
        rotary: bool = True,
    ):
        super().__init__()
        self.memory_size, self.rotary = size, rotary
        self.embed = nn.Embedding(vocab, size)
        nn.init.normal_(self.embed.weight, std=size**-0.5)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(
            TransformerBlock(size, heads=heads, inner=inner, dropout=dropout, rotary=rotary)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(size)

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; see the class."""
        mask = length_mask(lengths, source.shape[1])
        x = self.dropout(_placed(self.embed, source, 0, self.rotary))
        for block in self.blocks:
            x = block(x, mask=mask)
        x = self.norm(x) * mask.unsqueeze(-1)
        return Encoded(x, mask, x.sum(1) / mask.sum(1, keepdim=True).clamp(min=1))


class TransformerState(NamedTuple):
    """What a `TransformerDecoder` carries from token to token: a key-value cache.

    Shapes:
        past: one memory a block, keys and values ``(B, H, T, D)``; source: one a block,
        ``(B, H, N, D)``, None in a language model; weights ``(B, N)`` of the last step, or None.
    """

    past: tuple[Memory, ...]
    source: tuple[Memory | None, ...]
    weights: Tensor | None


class TransformerDecoder(Decoder):
    """Blocks that read the past and a source.

    Vaswani et al. 2017, section 3.1, with rotary positions or theirs and the readout tied to the
    embeddings (Press and Wolf 2017). What is generated is cached: a step reads the past as a memory
    that grows by `Memory.append`, and gives what the whole sequence at once gives.

    Args:
        vocab: number of tokens.
        size: width.
        memory_size: width of the encoder's memory; None makes a decoder without a source.
        layers: number of blocks.
        heads: of every attention.
        inner: width of the blocks' networks; None is four times `size`.
        dropout: on embeddings and in the blocks.
        rotary: turn queries and keys by their positions; otherwise sinusoids are added once.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.
    """

    _smooths = True

    def __init__(
        self,
        vocab: int,
        *,
        size: int,
        memory_size: int | None,
        layers: int = 3,
        heads: int = 4,
        inner: int | None = None,
        dropout: float = 0.0,
        rotary: bool = True,
    ):
        super().__init__()
        self.vocab, self.size, self.rotary = vocab, size, rotary
        self.embed = nn.Embedding(vocab, size)
        nn.init.normal_(self.embed.weight, std=size**-0.5)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(
            TransformerBlock(
                size,
                heads=heads,
                inner=inner,
                memory_size=memory_size,
                dropout=dropout,
                rotary=rotary,
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(size)

    def _sources(self, encoded: Encoded) -> tuple[Memory | None, ...]:
        return tuple(
            None if block.cross is None else block.cross.bind(encoded.memory, mask=encoded.mask)
            for block in self._blocks()
        )

    def _blocks(self) -> list[TransformerBlock]:
        return [block for block in self.blocks if isinstance(block, TransformerBlock)]

    def _say(self, x: Tensor) -> Tensor:
        return self._logits(x).log_softmax(-1)

    def _logits(self, x: Tensor) -> Tensor:
        logits = self.norm(x) @ self.embed.weight.T
        return logits.to(torch.promote_types(logits.dtype, torch.float32))

    def start(self, encoded: Encoded) -> TransformerState:
        """Return the state before the first token."""
        past = tuple(block.nothing(len(encoded.memory)) for block in self._blocks())
        cross = self._blocks()[-1].cross is not None
        weights = encoded.memory.new_zeros(encoded.mask.shape) if cross else None
        return TransformerState(past, self._sources(encoded), weights)

    def weights(self, state: TransformerState) -> Tensor | None:
        """Return what the last block attended to in the source at the last step, over its heads."""
        return state.weights

    def among_beams(self, state: TransformerState, rows: Tensor) -> TransformerState:
        """Take other rows of the past; the source stays. See `Decoder.among_beams`."""
        weights = None if state.weights is None else state.weights.index_select(0, rows)
        return TransformerState(reorder(state.past, rows), state.source, weights)

    def step(self, token: Tensor, state: TransformerState) -> tuple[Tensor, TransformerState]:
        """Read the last token; see `Decoder.step`."""
        said = state.past[0].keys.shape[2] if state.past else 0
        x = self.dropout(_placed(self.embed, token.unsqueeze(1), said, self.rotary))
        past, weights, blocks = [], state.weights, self._blocks()
        for block, before, source in zip(blocks, state.past, state.source, strict=True):
            x, after = block.look_back(x, before)
            past.append(after)
            if block is blocks[-1] and source is not None:
                weights = block.source_weights(x, source).squeeze(1)
            x = block.finish(x, source)
        return self._say(x).squeeze(1), TransformerState(tuple(past), state.source, weights)

    def forward(self, inputs: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-probabilities of every next token, all positions at once."""
        return self._say(self._read(inputs, encoded))

    def log_likelihood(self, target: Tensor, encoded: Encoded) -> Tensor:
        """Return the log-likelihood of whole targets; nothing is said behind their ends.

        Shapes:
            target ``(B, T)``, each from `BOS` to `EOS`, then `PAD` -> ``(B,)``.
        """
        real = target[:, 1:] != PAD
        logits = self._logits(self._read(target[:, :-1], encoded)[real])
        return likelihood(logits, target, self.smooth * self.training)

    def _read(self, inputs: Tensor, encoded: Encoded) -> Tensor:
        x = self.dropout(_placed(self.embed, inputs, 0, self.rotary))
        for block, source in zip(self._blocks(), self._sources(encoded), strict=True):
            x = block(x, causal=True, source=source)
        return x


def _placed(embed: nn.Embedding, tokens: Tensor, first: int, rotary: bool) -> Tensor:
    """Embed tokens, with their positions from `first` on where the blocks do not tell them."""
    x = embed(tokens) * embed.embedding_dim**0.5
    if rotary:
        return x
    return x + sinusoids(*x.shape[1:], first=first, device=x.device).to(x.dtype)
