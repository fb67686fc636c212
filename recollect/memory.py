"""A memory is a value: keys, values, and which of them may be read.

Shape letters: ``B`` batch, ``Q`` queries, ``N`` slots, ``K`` key width, ``V`` value width; ``...``
leading axes.
"""

from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["Memory", "Store"]


class Memory(NamedTuple):
    """Slots to be read: what each is found by, what it holds, and who may read it.

    It is passed in and returned, never kept on a module. `recollect.Reader.bind` makes one; made by
    hand, its keys are those that the score compares queries with, already mapped.

    Shapes:
        keys ``(..., N, K)``; values ``(..., N, V)``; mask None or boolean, broadcasting to ``(...,
        Q, N)``, True = may be read; ids None or integer ``(..., N)``, the rows of a store, -1 where
        a slot is not a row of one.
    """

    keys: Tensor
    values: Tensor
    mask: Tensor | None = None
    ids: Tensor | None = None

    def append(self, keys: Tensor, values: Tensor, mask: Tensor | None = None) -> "Memory":
        """Return the memory with more slots behind its own: a cache that grows by a step.

        Where only one of the two has a mask, the slots of the other may all be read.

        Shapes:
            keys ``(..., M, K)``, values ``(..., M, V)``, mask broadcasting to ``(..., Q, M)`` ->
            `Memory` of ``N + M`` slots.

        >>> memory = Memory(torch.zeros(1, 2, 4), torch.zeros(1, 2, 3))
        >>> memory.append(torch.ones(1, 1, 4), torch.ones(1, 1, 3)).keys.shape
        torch.Size([1, 3, 4])
        """
        ids = self.ids
        if ids is not None:
            ids = F.pad(ids, (0, keys.shape[-2]), value=-1)
        return Memory(
            torch.cat([self.keys, keys], -2),
            torch.cat([self.values, values], -2),
            _join(self.mask, self.keys.shape[-2], mask, keys.shape[-2]),
            ids,
        )


class Store(Protocol):
    """What an external memory offers: rows of key and value, found by the largest inner product.

    Ids are integers, 0 or more; one that the store has counted up is never given again, not even
    after a deletion. `recollect.stores.ExactStore` is the reference, and
    `recollect.testing.check_store` the test of this contract.
    """

    def add(self, keys: Tensor, values: Tensor, ids: Tensor | None = None) -> Tensor:
        """Keep a copy of the rows and return their ids.

        Shapes:
            keys ``(M, K)``, values ``(M, V)``, ids ``(M,)`` -> ids ``(M,)``.
        """
        ...

    def delete(self, ids: Tensor) -> None:
        """Erase rows for good; ids that are not there are passed over, so that it can be repeated.

        Shapes:
            ids ``(M,)``.
        """
        ...

    def search(self, query: Tensor, k: int, *, where: Tensor | None = None) -> Memory:
        """Find the `k` best rows for each query, best first, among all or among the ids in `where`.

        Every query gets a memory of its own, to be read with
        ``reader(query.unsqueeze(-2), found).squeeze(-2)``. Where there are fewer than `k` rows, the
        rest is masked and has the id -1.

        Shapes:
            query ``(..., Q, K)``, where ``(M,)`` -> keys ``(..., Q, k, K)``, values
            ``(..., Q, k, V)``, mask ``(..., Q, 1, k)``, ids ``(..., Q, k)``.
        """
        ...

    def __len__(self) -> int: ...


def _join(old: Tensor | None, slots: int, new: Tensor | None, more: int) -> Tensor | None:
    if old is None and new is None:
        return None
    if old is None:
        old = new.new_ones(slots)  # type: ignore[union-attr]
    if new is None:
        new = old.new_ones(more)
    lead = torch.broadcast_shapes(old.shape[:-1], new.shape[:-1])
    return torch.cat([old.expand(*lead, slots), new.expand(*lead, more)], -1)
