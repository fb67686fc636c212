"""Every mechanism, its training step over a whole target and its decoding step, beside others.

A training step binds the source, reads it with every query of a target, forwards and backwards; a
decoding step reads a bound source with one query, without gradients. What computes the same is held
together before anything is timed: values and gradients.

Shape letters: ``B`` batch, ``T`` target steps, ``N`` source positions, ``D`` width, ``H`` heads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.attend import Reader, Tempered
from recollect.functional import sparsemax
from recollect.heads import MultiHead
from recollect.mechanisms import (
    ChunkwiseAttention,
    ContentAttention,
    CoverageAttention,
    GaussianAttention,
    HardAttention,
    LocalAttention,
    LocationAttention,
    Mechanism,
    MonotonicAttention,
    OnwardAttention,
    PositionAttention,
    StepwiseAttention,
)
from recollect.memory import Memory
from recollect.score import additive, cosine, dot, general, scaled_dot

__all__ = [
    "BARE",
    "BATCHES",
    "MAKERS",
    "MAPPED",
    "MULTIHEAD",
    "Contender",
    "Data",
    "check",
    "contenders",
    "mechanism",
    "pairs",
]

BATCHES = (1, 32, 256)
STEPS, SLOTS, WIDTH, HEADS = 30, 50, 128, 4
TOLERANCE = 1e-4  # beside the size of what differs, float32

BARE, MAPPED, MULTIHEAD = "bare SDPA", "bare SDPA and four maps", "nn.MultiheadAttention"

MAKERS: dict[str, Callable[[], Mechanism]] = {
    "content, dot": lambda: ContentAttention(dot()),
    "content, scaled dot": lambda: ContentAttention(scaled_dot()),
    "content, general": lambda: ContentAttention(general(WIDTH)),
    "content, cosine": lambda: ContentAttention(cosine()),
    "content, additive": lambda: ContentAttention(additive(WIDTH)),
    "content, additive, normalized": lambda: ContentAttention(additive(WIDTH, normalized=True)),
    "content, additive, tempered": lambda: ContentAttention(
        additive(WIDTH), normalize=Tempered(temperature=2.0)
    ),
    "content, additive, sparsemax": lambda: ContentAttention(additive(WIDTH), normalize=sparsemax),
    "hard": lambda: HardAttention(additive(WIDTH)),
    "position": lambda: PositionAttention(WIDTH, slots=SLOTS),
    "local-m": lambda: LocalAttention(general(WIDTH)),
    "local-p": lambda: LocalAttention(general(WIDTH), query_size=WIDTH),
    "Gaussian": lambda: GaussianAttention(WIDTH),
    "location": lambda: LocationAttention(additive(WIDTH)),
    "coverage": lambda: CoverageAttention(additive(WIDTH)),
    "monotonic": lambda: MonotonicAttention(additive(WIDTH)),
    "chunkwise": lambda: ChunkwiseAttention(additive(WIDTH), additive(WIDTH)),
    "stepwise": lambda: StepwiseAttention(additive(WIDTH)),
    "onward": lambda: OnwardAttention(additive(WIDTH)),
}


@dataclass(frozen=True)
class Data:
    """Queries (B, T, D) over sources (B, N, D) of which a mask (B, N) may be read."""

    queries: Tensor
    source: Tensor
    mask: Tensor

    @staticmethod
    def of(batch: int, *, steps: int = STEPS, slots: int = SLOTS) -> Data:
        """Draw some; every source but the first is padded."""
        draw = torch.Generator().manual_seed(0)
        queries = torch.randn(batch, steps, WIDTH, generator=draw)
        source = torch.randn(batch, slots, WIDTH, generator=draw)
        lengths = slots - torch.arange(batch) % (slots // 2)
        return Data(queries, source, torch.arange(slots) < lengths.unsqueeze(1))


@dataclass(frozen=True)
class Contender:
    """Something that reads: a whole target, and one query after another."""

    parameters: list[Tensor]
    whole: Callable[[Tensor, Tensor, Tensor], Tensor]
    """Of queries, source and mask: what was read, (B, T, D)."""
    decode: Callable[[Data], Callable[[], object]]
    """Of data: a decoding step."""

    def learn(self, data: Data) -> tuple[Tensor, ...]:
        """Return the gradients of queries, source and parameters."""
        queries, source = (x.clone().requires_grad_() for x in (data.queries, data.source))
        read = self.whole(queries, source, data.mask)
        wanted = [queries, source, *self.parameters]
        return torch.autograd.grad(read.square().sum(), wanted, allow_unused=True)


def contenders() -> dict[str, Contender]:
    """Return torch's own and ours; `MultiHead` has the weights of `nn.MultiheadAttention`."""
    torch.manual_seed(0)
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
    found = {
        MULTIHEAD: _multihead(theirs),
        BARE: _bare(),
        "Reader": _reader(axes=4),
        "Reader, three axes": _reader(axes=3),
        MAPPED: _mapped(theirs),
        "MultiHead": _heads_of(theirs),
    }
    return found | {name: mechanism(make()) for name, make in MAKERS.items()}


def mechanism(made: Mechanism, *, start: Callable[[Memory], Any] | None = None) -> Contender:
    """Time a mechanism of ours, from a first state that is not its own if need be."""
    start = made.initial_state if start is None else start

    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        memory = made.bind(source, mask=mask)
        return made.sequence(queries, memory, start(memory)).read

    def decode(data: Data) -> Callable[[], object]:
        with torch.no_grad():
            memory = made.bind(data.source, mask=data.mask)
            query, state = data.queries[:, 0], start(memory)
        return torch.no_grad()(lambda: made(query, memory, state))

    return Contender(list(made.parameters()), whole, decode)


def _multihead(theirs: nn.MultiheadAttention) -> Contender:
    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        return theirs(queries, source, source, key_padding_mask=~mask, need_weights=False)[0]

    def decode(data: Data) -> Callable[[], object]:
        query = data.queries[:, :1]  # it has no way to keep the mapped source
        return torch.no_grad()(lambda: whole(query, data.source, data.mask))

    return Contender(list(theirs.parameters()), whole, decode)


def _bare() -> Contender:
    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        q, k = queries.unsqueeze(1), source.unsqueeze(1)
        return F.scaled_dot_product_attention(q, k, k, mask[:, None, None]).squeeze(1)

    def decode(data: Data) -> Callable[[], object]:
        q, k, mask = data.queries[:, None, :1], data.source.unsqueeze(1), data.mask[:, None, None]
        return torch.no_grad()(lambda: F.scaled_dot_product_attention(q, k, k, mask))

    return Contender([], whole, decode)


def _reader(*, axes: int) -> Contender:
    """Ours over what the bare kernel is given, with an axis for heads, or over three axes."""
    reader = Reader()

    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        if axes == 3:
            return reader(queries, reader.bind(source, mask=mask.unsqueeze(1)))
        memory = reader.bind(source.unsqueeze(1), mask=mask[:, None, None])
        return reader(queries.unsqueeze(1), memory).squeeze(1)

    def decode(data: Data) -> Callable[[], object]:
        query, source, mask = data.queries[:, :1], data.source, data.mask.unsqueeze(1)
        if axes == 4:
            query, source, mask = (x.unsqueeze(1) for x in (query, source, mask))
        memory = reader.bind(source, mask=mask)
        return torch.no_grad()(lambda: reader(query, memory))

    return Contender([], whole, decode)


def _mapped(theirs: nn.MultiheadAttention) -> Contender:
    """The kernel between the maps of several heads, in as few calls as can be."""
    weights, biases = theirs.in_proj_weight, theirs.in_proj_bias

    def split(x: Tensor, rows: slice) -> Tensor:
        mapped = F.linear(x, weights[rows], biases[rows])
        return mapped.unflatten(-1, (-1, HEADS, WIDTH // HEADS)).permute(2, 0, 3, 1, 4)

    def read(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        found = F.scaled_dot_product_attention(q, k, v, mask[:, None, None])
        return theirs.out_proj(found.transpose(1, 2).flatten(2))

    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        k, v = split(source, slice(WIDTH, None))
        return read(split(queries, slice(WIDTH)).squeeze(0), k, v, mask)

    @torch.no_grad()
    def decode(data: Data) -> Callable[[], object]:
        query, (k, v) = data.queries[:, :1], split(data.source, slice(WIDTH, None)).contiguous()
        return torch.no_grad()(lambda: read(split(query, slice(WIDTH)).squeeze(0), k, v, data.mask))

    return Contender(list(theirs.parameters()), whole, decode)


def _heads_of(theirs: nn.MultiheadAttention) -> Contender:
    heads = MultiHead(WIDTH, heads=HEADS)
    with torch.no_grad():
        for number, part in enumerate((heads.query, heads.keys, heads.values)):
            part.weight.copy_(theirs.in_proj_weight.chunk(3)[number])
            part.bias.copy_(theirs.in_proj_bias.chunk(3)[number])
        heads.out.load_state_dict(theirs.out_proj.state_dict())

    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        return heads(queries, heads.bind(source, mask=mask))

    @torch.no_grad()
    def decode(data: Data) -> Callable[[], object]:
        query, memory = data.queries[:, :1], heads.bind(data.source, mask=data.mask)
        return torch.no_grad()(lambda: heads(query, memory))

    return Contender(list(heads.parameters()), whole, decode)


def stepped(made: Mechanism) -> Contender:
    """Time a mechanism's whole target as its single steps."""

    def whole(queries: Tensor, source: Tensor, mask: Tensor) -> Tensor:
        memory = made.bind(source, mask=mask)
        state, reads = made.initial_state(memory), []
        for query in queries.unbind(1):
            read, _, state = made(query, memory, state)
            reads.append(read)
        return torch.stack(reads, 1)

    return Contender(list(made.parameters()), whole, mechanism(made).decode)


def pairs(found: Mapping[str, Contender]) -> dict[str, tuple[Contender, Contender]]:
    """Return what computes the same."""
    same = {
        f"Reader = {BARE}": (found["Reader"], found[BARE]),
        f"Reader, three axes = {BARE}": (found["Reader, three axes"], found[BARE]),
        f"content, scaled dot = {BARE}": (found["content, scaled dot"], found[BARE]),
        f"{MAPPED} = {MULTIHEAD}": (found[MAPPED], found[MULTIHEAD]),
        f"MultiHead = {MULTIHEAD}": (found["MultiHead"], found[MULTIHEAD]),
    }
    for name, make in MAKERS.items():
        made = make().eval()  # noise and draws are for training
        same[f"{name} = its steps"] = mechanism(made), stepped(made)
    return same


def check(
    same: Mapping[str, tuple[Contender, Contender]], data: Data, *, gradients: bool = True
) -> dict[str, float]:
    """Return how far each two are apart, in values and the gradients of queries and source.

    Raises:
        ValueError: too far; there is nothing to time then.
    """
    found = {}
    for name, (one, other) in same.items():
        with torch.no_grad():
            reads = [each.whole(data.queries, data.source, data.mask) for each in (one, other)]
        differences = [_apart(*reads)]
        if gradients:
            differences += map(_apart, one.learn(data)[:2], other.learn(data)[:2])
        found[name] = max(differences)
        if not found[name] <= TOLERANCE:
            raise ValueError(f"{name}: they differ by {found[name]:.2g}, so nothing is timed")
    return found


def _apart(one: Tensor | None, other: Tensor | None) -> float:
    if one is None or other is None:  # what was only chosen passes no gradient
        return 0.0 if one is other else float("inf")
    return ((one - other).norm() / other.norm().clamp_min(1e-6)).item()
