"""Several attentions side by side, each over its own projection.

Shape letters: ``B`` batch, ``H`` heads, ``G`` heads of the memory, ``Q`` queries, ``N`` slots,
``D`` width of a head.
"""

import torch
from torch import Tensor, nn

from recollect.attend import Reader
from recollect.memory import Memory

__all__ = ["MultiHead"]


class MultiHead(nn.Module):
    r"""Read a memory with several heads and mix what they read.

    .. math:: \mathrm{out}\big([r_1; \ldots; r_H]\big), \qquad
              r_h = \mathrm{read}(x W^Q_h,\; m W^K_{g(h)},\; m W^V_{g(h)})

    Vaswani et al. 2017, section 3.2.2. With fewer `memory_heads` than `heads`, consecutive heads
    share keys and values, ``g(h) = h // (H / G)``, and the memory is that much smaller (Ainslie et
    al. 2023, "GQA", section 2.2; one memory head is Shazeer 2019). Any `Reader` serves: another
    score, sparse weights, dropout. A score with maps of its own sees the width of a head,
    ``size / heads``.

    Without a memory the queries read one another: self-attention. A memory bound once can be read
    many times and grown by `recollect.Memory.append`, which is what a key-value cache is.

    Shapes:
        query ``(B, Q, size)``, `Memory` with keys and values ``(B, G, N, D)`` -> ``(B, Q, size)``.

    Raises:
        ValueError: `size` is not a multiple of `heads`, or `heads` not one of `memory_heads`.

    >>> import torch
    >>> attend = MultiHead(8, heads=4, memory_heads=2)
    >>> x = torch.randn(3, 5, 8)
    >>> attend(x, causal=True).shape
    torch.Size([3, 5, 8])
    >>> memory = attend.bind(x)
    >>> memory.keys.shape, attend.weights(x[:, -1:], memory).shape
    (torch.Size([3, 2, 5, 2]), torch.Size([3, 4, 1, 5]))
    """

    def __init__(
        self,
        size: int,
        *,
        heads: int,
        memory_heads: int | None = None,
        memory_size: int | None = None,
        reader: Reader | None = None,
        bias: bool = True,
    ):
        super().__init__()
        memory_heads = heads if memory_heads is None else memory_heads
        memory_size = size if memory_size is None else memory_size
        if heads < 1 or size % heads:
            raise ValueError(f"a size of {size} does not divide into {heads} heads of equal width.")
        if memory_heads < 1 or heads % memory_heads:
            raise ValueError(f"{heads} heads do not share {memory_heads} memory heads evenly.")
        self.heads, self.memory_heads = heads, memory_heads
        shared = size // heads * memory_heads
        self.query = nn.Linear(size, size, bias=bias)
        self.keys = nn.Linear(memory_size, shared, bias=bias)
        self.values = nn.Linear(memory_size, shared, bias=bias)
        self.reader = Reader() if reader is None else reader
        self.out = nn.Linear(size, size, bias=bias)

    def bind(
        self, keys: Tensor, values: Tensor | None = None, mask: Tensor | None = None
    ) -> Memory:
        """Project keys and values once, for as many reads as follow.

        Values of None are the keys, projected by their own map.

        Shapes:
            keys and values ``(B, N, memory_size)``, mask ``(B, N)`` for the slots or ``(B, Q, N)``
            for each query -> `Memory` with keys and values ``(B, G, N, D)``.

        Raises:
            ValueError: keys and values differ in the number of slots; the mask is not boolean, of
                another number of slots, or has other axes.
        """
        if mask is not None:
            if mask.dim() not in (2, 3):
                raise ValueError(f"a mask is (B, N) or (B, Q, N), not {tuple(mask.shape)}.")
            mask = mask[:, None, None] if mask.dim() == 2 else mask[:, None]
        values = keys if values is None else values
        keys = _split(self.keys(keys), self.memory_heads)
        values = _split(self.values(values), self.memory_heads)
        if not torch.is_grad_enabled():  # it is read many times: each head's slots lie together
            keys, values = keys.contiguous(), values.contiguous()
        return self.reader.bind(keys, values, mask)

    def weights(
        self, query: Tensor, memory: Memory | None = None, *, causal: bool = False
    ) -> Tensor:
        """Return the weights of every head: what `forward` reads with, before dropout.

        Shapes:
            query ``(B, Q, size)``, `Memory` of ``N`` slots -> weights ``(B, H, Q, N)``.
        """
        memory = self.bind(query) if memory is None else memory
        return self.reader.weights(_split(self.query(query), self.heads), memory, causal=causal)

    def forward(
        self, query: Tensor, memory: Memory | None = None, *, causal: bool = False
    ) -> Tensor:
        """Read the memory, or the queries themselves; see the class.

        With `causal` a query reads the slots up to its own, the last query standing at the last
        slot.
        """
        memory = self.bind(query) if memory is None else memory
        read = self.reader(_split(self.query(query), self.heads), memory, causal=causal)
        return self.out(read.transpose(1, 2).flatten(2))  # (B, H, Q, D) -> (B, Q, H * D)


def _split(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)  # (B, N, H * D) -> (B, H, N, D)
