"""Reading a memory: score, normalize, read.

Shape letters: ``B`` batch, ``H`` heads, ``Q`` queries, ``N`` slots, ``D`` width of mapped queries
and keys, ``V`` value width; ``...`` leading axes, which broadcast.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from recollect.functional import Normalize, causal_mask, softmax
from recollect.memory import Memory
from recollect.score import DotScore, Score, scaled_dot
from recollect.trace import record, tracing

__all__ = ["Reader", "Tempered"]


class Reader(nn.Module):
    r"""Read a memory with queries: score the slots, turn scores into weights, mix the values.

    .. math:: w = \mathrm{normalize}(\mathrm{score}(q, K)), \qquad r = w V

    One class for every attention over a memory that is given: what differs is the `score` and the
    function that normalizes. Here, and nowhere else, it is decided whether a fused kernel runs: for
    a `DotScore` under `recollect.functional.softmax`, unless a trace is being recorded. Both paths
    agree in values and gradients. A query that may read no slot gets zeros. Dropout, in training,
    drops weights and scales up the others.

    Leading axes broadcast. Where the query has four axes or more and a multiple of the memory's
    heads (axis -3), each head of the memory serves that many consecutive heads of the query
    (grouped queries; Ainslie et al. 2023, section 2.2). Under `torch.vmap`, choose the kernel's
    form that can be mapped: ``torch.nn.attention.sdpa_kernel(SDPBackend.MATH)``.

    Shapes:
        query ``(..., Q, query size)``, memory of ``N`` slots -> read ``(..., Q, V)``.

    Raises:
        ValueError: `dropout` is not in [0, 1).

    >>> reader = Reader()
    >>> story = torch.eye(3)
    >>> memory = reader.bind(9 * story, values=torch.tensor([[1.0], [2.0], [3.0]]))
    >>> reader(9 * story[:1], memory)
    tensor([[1.]])
    """

    def __init__(
        self, score: Score | None = None, *, normalize: Normalize = softmax, dropout: float = 0.0
    ):
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(
                f"dropout is a share of the weights, at least 0 and below 1, not {dropout}."
            )
        self.score = scaled_dot() if score is None else score
        self.normalize, self.dropout = normalize, dropout

    def bind(
        self, keys: Tensor, values: Tensor | None = None, mask: Tensor | None = None
    ) -> Memory:
        """Make a memory: map the keys once, for as many reads as follow.

        Values of None are the keys themselves, before they are mapped.

        Shapes:
            keys ``(..., N, key size)``, values ``(..., N, V)``, mask broadcasting to
            ``(..., Q, N)`` (one of shape ``(B, N)`` is given as ``mask.unsqueeze(-2)``) -> `Memory`
            of ``N`` slots.

        Raises:
            ValueError: keys and values differ in the number of slots, or the mask is not boolean or
            of another number.
        """
        slots = keys.shape[-2]
        if values is None:
            values = keys
        elif values.shape[-2] != slots:
            raise ValueError(
                f"{slots} keys with {values.shape[-2]} values: a slot has one of each, "
                "on the axis before the last."
            )
        if mask is not None:
            if mask.dtype != torch.bool:
                raise ValueError(
                    f"a mask is boolean, True = may be read, not {mask.dtype}: give mask > 0."
                )
            if mask.shape[-1] not in (1, slots):
                raise ValueError(
                    f"a mask over {mask.shape[-1]} slots for a memory of {slots}: "
                    "its last axis is that of the slots."
                )
        return Memory(self.score.embed_keys(keys), values, mask)

    def weights(self, query: Tensor, memory: Memory, *, causal: bool = False) -> Tensor:
        """Return the weight of every slot for every query, before dropout.

        It is always the readable path that runs. With `causal` a query reads the slots up to its
        own, the last query standing at the last slot.

        Shapes:
            query ``(..., Q, query size)``, memory of ``N`` slots -> weights ``(..., Q, N)``.
        """
        query = self.score.embed_query(query)
        logits = self.score(query, _per_head(memory.keys, query))
        return self.normalize(logits, _readable(query, memory, causal))

    def forward(self, query: Tensor, memory: Memory, *, causal: bool = False) -> Tensor:
        """Read the memory; see the class."""
        score = self._modules["score"]  # the attribute costs a tenth of a small read
        dropout = self.dropout if self.training else 0.0
        # A subclass of DotScore could score otherwise, hence `type` and not `isinstance`.
        if type(score) is DotScore and self.normalize is softmax and not tracing():
            if score.query_map is not None:
                query = score.query_map(query)
            return _fused(query, memory, causal, score.scale, dropout)
        weights = self.weights(query, memory, causal=causal)
        record(self, weights=weights)
        return F.dropout(weights, dropout) @ _per_head(memory.values, query)

    def extra_repr(self) -> str:
        """Tell what a printed reader does."""
        name = getattr(self.normalize, "__name__", repr(self.normalize))
        return f"normalize={name}, dropout={self.dropout}"


class Tempered(nn.Module):
    r"""Normalize logits over a learnt temperature: how sharply to read is learnt too.

    .. math:: w = \mathrm{normalize}(z / \tau), \qquad \tau = \exp(\log \tau)

    :math:`1 / \tau` is the strength of Graves, Wayne and Danihelka 2014, equation 5, for any score
    and any normalizer. One temperature for all queries: a part of the module that it is given to,
    and trained with it.

    Args:
        normalize: turns the divided logits into weights.
        temperature: the first :math:`\tau`; above 1 reads more evenly, below 1 more sharply.

    Shapes:
        logits ``(..., N)``, mask broadcasting to them or None -> weights ``(..., N)``.

    Raises:
        ValueError: `temperature` is not above 0.

    >>> normalize = Tempered(temperature=0.5)
    >>> normalize(torch.tensor([0.0, 1.0])).allclose(softmax(torch.tensor([0.0, 2.0])))
    True
    >>> sum(p.numel() for p in Reader(normalize=normalize).parameters())
    1
    """

    def __init__(self, normalize: Normalize = softmax, *, temperature: float = 1.0):
        super().__init__()
        if temperature <= 0:
            raise ValueError(f"a temperature is above 0, not {temperature}; 1 changes nothing.")
        self.normalize = normalize
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)))

    def forward(self, logits: Tensor, mask: Tensor | None = None) -> Tensor:
        """Weigh the slots; see the class."""
        if mask is not None:  # what stands there may be infinite, and would reach the temperature
            logits = logits.masked_fill(~mask, 0)
        return self.normalize(logits * (-self.log_temperature).exp().to(logits.dtype), mask)


def _readable(query: Tensor, memory: Memory, causal: bool) -> Tensor | None:
    queries = query.shape[-2]
    if not causal or queries == 1:  # the last query reads every slot
        return memory.mask
    past = causal_mask(queries, memory.keys.shape[-2], device=query.device)
    return past if memory.mask is None else memory.mask & past


def _per_head(slots: Tensor, query: Tensor) -> Tensor:
    """Repeat the memory's heads for the query's, where it has fewer."""
    if slots.dim() < 4 or query.dim() < 4 or slots.shape[-3] in (1, query.shape[-3]):
        return slots
    return slots.repeat_interleave(query.shape[-3] // slots.shape[-3], -3)


def _fused(
    query: Tensor, memory: Memory, causal: bool, scale: float | None, dropout: float
) -> Tensor:
    """Read with PyTorch's kernel, brought to keep our rules.

    Its `is_causal` stands the first query at the first slot and takes no mask beside it, so it
    serves only a memory without one and with a slot a query. Its fast paths take four axes.
    """
    keys, values, mask, _ = memory
    # Most reads need none of the rest, and a small one would feel it.
    if not causal and query.dim() == 4 == keys.dim() and query.size(1) == keys.size(1):
        if mask is None or (mask.is_cpu and mask.dim() > 1):
            return F.scaled_dot_product_attention(query, keys, values, mask, dropout, scale=scale)
    square = causal and mask is None and query.shape[-2] == keys.shape[-2]
    if causal and not square:
        mask = _readable(query, memory, causal)
    if mask is not None and mask.dim() < 2:
        mask = mask.unsqueeze(0)
    axes, lead = query.dim(), query.shape[:-2]
    grouped = folded = False
    if axes == 4:
        grouped = keys.dim() == 4 and keys.shape[1] != query.shape[1]
    elif axes == 3 and keys.dim() == 3:
        folded = True
        query, keys, values = query.unsqueeze(1), keys.unsqueeze(1), values.unsqueeze(1)
        if mask is not None and mask.dim() == 3:
            mask = mask.unsqueeze(1)
    elif axes == 2 and keys.dim() == 2 == values.dim():
        folded = mask is None or mask.dim() == 2
        if folded:
            query, keys, values = query[None, None], keys[None, None], values[None, None]
    elif axes > 4:
        keys, values = _per_head(keys, query), _per_head(values, query)
        folded = keys.shape[:-2] == lead == values.shape[:-2]
        if folded:
            query, keys, values = (x.flatten(0, -4) for x in (query, keys, values))
            if mask is not None:
                mask = mask.expand(*lead, -1, -1).flatten(0, -4)
    if mask is None or mask.is_cpu:
        read = F.scaled_dot_product_attention(
            query, keys, values, mask, dropout, square, scale=scale, enable_gqa=grouped
        )
    else:
        read = _guarded(query, keys, values, mask, dropout, scale, grouped)
    if not folded:
        return read
    if axes == 2:
        return read[0, 0]
    return read.squeeze(1) if axes == 3 else read.reshape(*lead, *read.shape[-2:])


def _guarded(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor,
    dropout: float,
    scale: float | None,
    grouped: bool,
) -> Tensor:
    """Keep rows without a readable slot from the kernel: not every back end gives them zeros."""
    some = mask.any(-1, keepdim=True)
    read = F.scaled_dot_product_attention(
        query, keys, values, mask | ~some, dropout, scale=scale, enable_gqa=grouped
    )
    return read.masked_fill(~some, 0)
