"""Transformers: encoder, decoder and both, on the same pre-norm block with rotary positions.

Shape letters: ``B`` batch, ``H`` heads, ``T`` positions, ``N`` source positions, ``D`` width of a
head, ``V`` vocabulary.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.functional import length_mask
from recollect.heads import MultiHead
from recollect.mechanisms import reorder
from recollect.memory import Memory
from recollect.models.sequence.decoder import PAD, UNKNOWN, Decoder, likelihood
from recollect.models.sequence.dropout import Dropout
from recollect.models.sequence.encoder import Encoded, Encoder

__all__ = [
    "LanguageModel",
    "MaskedLanguageModel",
    "TransformerBlock",
    "TransformerDecoder",
    "TransformerEncoder",
    "TransformerState",
    "rotate",
]


def rotate(x: Tensor, first: int = 0, base: float = 10_000.0) -> Tensor:
    r"""Turn pairs of features by angles that grow with the position.

    .. math:: (x_{2i}, x_{2i+1}) \mapsto R(p \, \theta_i) (x_{2i}, x_{2i+1}), \qquad
              \theta_i = \mathrm{base}^{-2i/D}

    Su et al. 2021, "RoFormer", equation 34: inner products then depend on the distance alone.

    Shapes:
        x ``(..., T, D)``, the position of the first of T -> ``(..., T, D)``.

    Raises:
        ValueError: D is odd.

    >>> x = torch.randn(5, 8)
    >>> torch.allclose(rotate(x)[3] @ rotate(x)[1], rotate(x, 7)[3] @ rotate(x, 7)[1], atol=1e-5)
    True
    """
    steps, width = x.shape[-2:]
    if width % 2:
        raise ValueError(f"features are turned in pairs: an even width, not {width}.")
    rates = base ** (-torch.arange(0, width, 2, device=x.device, dtype=torch.float32) / width)
    at = torch.arange(first, first + steps, device=x.device, dtype=torch.float32)
    angle = at.unsqueeze(-1) * rates
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    one, two = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([one * cos - two * sin, one * sin + two * cos], -1).flatten(-2)


class TransformerBlock(nn.Module):
    r"""Self-attention, attention to a memory if there is one, and a small network; norms before.

    .. math:: x \mathrel{+}= \mathrm{attend}(\mathrm{norm}(x)), \quad
              x \mathrel{+}= \mathrm{attend}(\mathrm{norm}(x), M), \quad
              x \mathrel{+}= W_2 \, \mathrm{relu}(W_1 \, \mathrm{norm}(x))

    Vaswani et al. 2017, section 3, with the norm before each part (Xiong et al. 2020).

    Args:
        size: width.
        heads: of every attention.
        inner: width of the network; None is four times `size`.
        memory_size: width of a memory to attend to; None does not.
        dropout: on attention weights, inside the network, and on what each part adds.

    Shapes:
        x ``(B, T, size)`` -> the same.
    """

    def __init__(
        self,
        size: int,
        *,
        heads: int,
        inner: int | None = None,
        memory_size: int | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        if size % heads or size // heads % 2:
            raise ValueError(f"size is {size}; give a multiple of twice the {heads} heads")
        inner = 4 * size if inner is None else inner
        self.heads = heads
        self.norm, self.inner_norm = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project, self.out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.reader = Reader(dropout=dropout)
        self.cross = self.cross_norm = None
        if memory_size is not None:
            self.cross_norm = nn.LayerNorm(size)
            self.cross = MultiHead(
                size, heads=heads, memory_size=memory_size, reader=Reader(dropout=dropout)
            )
        self.network = nn.Sequential(
            nn.Linear(size, inner), nn.ReLU(), Dropout(dropout), nn.Linear(inner, size)
        )
        self.dropout = Dropout(dropout)

    def _split(self, x: Tensor, first: int) -> tuple[Tensor, Tensor, Tensor]:
        parts = self.project(self.norm(x)).unflatten(-1, (3, self.heads, -1))
        asked, v = parts.permute(2, 0, 3, 1, 4).split((2, 1))  # (3, B, H, T, D)
        q, k = rotate(asked, first).unbind(0)
        return q, k, v.squeeze(0)

    def _add(self, x: Tensor, read: Tensor) -> Tensor:
        return x + self.dropout(self.out(read.transpose(1, 2).flatten(2)))

    def finish(self, x: Tensor, source: Memory | None) -> Tensor:
        """Attend to the source and pass the network, after the self-attention.

        Shapes:
            x ``(B, T, size)`` -> the same.
        """
        if self.cross is not None and self.cross_norm is not None and source is not None:
            x = x + self.dropout(self.cross(self.cross_norm(x), source))
        return x + self.dropout(self.network(self.inner_norm(x)))

    def forward(
        self,
        x: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        source: Memory | None = None,
    ) -> Tensor:
        """Read all positions at once.

        Shapes:
            x ``(B, T, size)``, mask ``(B, T)`` of the positions that may be read, source made by
            ``block.cross.bind`` -> ``(B, T, size)``.
        """
        q, k, v = self._split(x, 0)
        memory = self.reader.bind(k, v, None if mask is None else mask[:, None, None])
        return self.finish(self._add(x, self.reader(q, memory, causal=causal)), source)

    def look_back(self, x: Tensor, past: Memory) -> tuple[Tensor, Memory]:
        """Let the next position read the past, a memory that grows by it; `finish` goes on.

        Shapes:
            x ``(B, 1, size)``, past with keys and values ``(B, H, T, D)`` -> ``(B, 1, size)``, past
            of T + 1.
        """
        q, k, v = self._split(x, past.keys.shape[2])
        past = past.append(k, v)
        return self._add(x, self.reader(q, past)), past

    def source_weights(self, x: Tensor, source: Memory) -> Tensor:
        """Return what `finish` reads of the source with, the mean over the heads.

        Shapes:
            x ``(B, T, size)`` -> ``(B, T, N)``.
        """
        assert self.cross is not None and self.cross_norm is not None
        return self.cross.weights(self.cross_norm(x), source).mean(1)

    def nothing(self, batch: int) -> Memory:
        """Return the past before the first step, of no positions."""
        weight = self.out.weight
        empty = weight.new_zeros(batch, self.heads, 0, weight.shape[0] // self.heads)
        return Memory(empty, empty)


class TransformerEncoder(Encoder):
    """Blocks that let every position read all others.

    Vaswani et al. 2017, section 3.1, with rotary positions. The summary is the mean over a source.

    Args:
        vocab: number of tokens.
        size: width.
        layers: number of blocks.
        heads: of every attention.
        inner: width of the blocks' networks; None is four times `size`.
        dropout: on embeddings and in the blocks.

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
    ):
        super().__init__()
        self.memory_size = size
        self.embed = nn.Embedding(vocab, size)
        nn.init.normal_(self.embed.weight, std=size**-0.5)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(
            TransformerBlock(size, heads=heads, inner=inner, dropout=dropout) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(size)

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read the sources; see the class."""
        mask = length_mask(lengths, source.shape[1])
        x = self.dropout(self.embed(source) * self.memory_size**0.5)
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

    Vaswani et al. 2017, section 3.1, with rotary positions and the readout tied to the embeddings
    (Press and Wolf 2017). What is generated is cached: a step reads the past as a memory that grows
    by `Memory.append`, and gives what the whole sequence at once gives.

    Args:
        vocab: number of tokens.
        size: width.
        memory_size: width of the encoder's memory; None makes a decoder without a source.
        layers: number of blocks.
        heads: of every attention.
        inner: width of the blocks' networks; None is four times `size`.
        dropout: on embeddings and in the blocks.

    Shapes:
        inputs ``(B, T)``, `Encoded` -> log-probabilities ``(B, T, V)``.
    """

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
    ):
        super().__init__()
        self.vocab, self.size = vocab, size
        self.embed = nn.Embedding(vocab, size)
        nn.init.normal_(self.embed.weight, std=size**-0.5)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(
            TransformerBlock(
                size, heads=heads, inner=inner, memory_size=memory_size, dropout=dropout
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
        x = self.dropout(self.embed(token.unsqueeze(1)) * self.size**0.5)
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
        return likelihood(self._logits(self._read(target[:, :-1], encoded)[real]), target)

    def _read(self, inputs: Tensor, encoded: Encoded) -> Tensor:
        x = self.dropout(self.embed(inputs) * self.size**0.5)
        for block, source in zip(self._blocks(), self._sources(encoded), strict=True):
            x = block(x, causal=True, source=source)
        return x


class LanguageModel(nn.Module):
    """A decoder without a source: the likelihood of a text, token by token.

    Args:
        decoder: a `TransformerDecoder` with ``memory_size=None``, or any other `Decoder`.

    Shapes:
        tokens ``(B, T)`` -> log-probabilities ``(B, T, V)`` of each next token.

    >>> model = LanguageModel(TransformerDecoder(9, size=8, memory_size=None, heads=2))
    >>> model(torch.tensor([[1, 4, 5]])).shape
    torch.Size([1, 3, 9])
    """

    def __init__(self, decoder: Decoder):
        super().__init__()
        self.decoder = decoder

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the log-probabilities of every next token."""
        return self.decoder(tokens, self.nothing(tokens))

    @staticmethod
    def nothing(tokens: Tensor) -> Encoded:
        """Return a source of no positions, for `recollect.models.greedy` and the like."""
        empty = torch.zeros(len(tokens), 0, 1, device=tokens.device)
        return Encoded(empty, empty.squeeze(-1) > 0, empty.new_zeros(len(tokens), 1))


class MaskedLanguageModel(nn.Module):
    r"""An encoder that names the tokens that were hidden from it.

    Devlin et al. 2019, "BERT", section 3.1: 15 % of the tokens are asked for, 80 % of these hidden,
    10 % exchanged, 10 % left as they are (`hide`).

    Args:
        vocab: number of tokens, the last of which stands for a hidden one.
        encoder: reads the tokens.

    Shapes:
        tokens ``(B, N)``, lengths ``(B,)`` -> log-probabilities ``(B, N, V)``.
    """

    def __init__(self, vocab: int, *, encoder: Encoder):
        super().__init__()
        self.vocab, self.encoder = vocab, encoder
        self.readout = nn.Sequential(
            nn.Linear(encoder.memory_size, encoder.memory_size),
            nn.GELU(),
            nn.LayerNorm(encoder.memory_size),
            nn.Linear(encoder.memory_size, vocab),
        )

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Return the log-probabilities of the token at every position."""
        return self.readout(self.encoder(tokens, lengths).memory).log_softmax(-1)

    def hide(
        self, tokens: Tensor, *, share: float = 0.15, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Hide some tokens: what the model sees, and what it is asked for.

        Shapes:
            tokens ``(B, N)`` -> inputs ``(B, N)``, targets ``(B, N)``, `PAD` where nothing is
            asked.
        """
        draw = torch.rand(3, *tokens.shape, generator=generator).to(tokens.device)
        asked = (draw[0] < share) & (tokens != PAD)
        # another token is a word, neither padding nor the one that hides
        words = max(self.vocab - 1 - (UNKNOWN + 1), 1)
        other = UNKNOWN + 1 + (draw[2] * words).long().clamp(max=words - 1)
        shown = torch.where(
            draw[1] < 0.8, self.vocab - 1, torch.where(draw[1] < 0.9, other, tokens)
        )
        return torch.where(asked, shown, tokens), torch.where(asked, tokens, PAD)
