"""The reference store: every row is compared with every query.

Shape letters: ``Q`` queries, ``M`` rows given or named in a call, ``K`` key width, ``V`` value
width; ``...`` leading axes.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.memory import Memory

__all__ = ["ExactStore"]


class _Rows(NamedTuple):
    keys: Tensor
    values: Tensor
    ids: Tensor

    def take(self, index: Tensor) -> "_Rows":
        return _Rows(self.keys[index], self.values[index], self.ids[index])


class ExactStore:
    r"""Keep rows of key and value in tensors, and find the best by comparing all.

    .. math:: \mathrm{search}(q, k) = \mathrm{top}_k \{\, q^\top k_i \,\}

    It is the oracle that faster engines are tested against, and enough up to some 100,000 rows: a
    search makes ``Q * rows`` scores. Rows are copies without gradients; what is found is scored
    again by the `recollect.Reader`, which gives the query its gradient. See `recollect.Store`.

    Shapes:
        rows of keys ``(K,)`` and values ``(V,)``, both fixed by the first `add`.

    >>> store = ExactStore()
    >>> ids = store.add(torch.eye(3), torch.tensor([[1.0], [2.0], [3.0]]))
    >>> found = store.search(torch.tensor([[0.0, 0.0, 1.0]]), 1)
    >>> found.ids, found.values
    (tensor([[2]]), tensor([[[3.]]]))
    """

    def __init__(self) -> None:
        self._rows: _Rows | None = None
        self._next = 0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def ids(self) -> Tensor:
        """The ids of all rows, in the order in which they were added, ``(rows,)``."""
        return torch.zeros(0, dtype=torch.long) if self._rows is None else self._rows.ids

    def add(self, keys: Tensor, values: Tensor, ids: Tensor | None = None) -> Tensor:
        """Keep a copy of the rows and return their ids, counted up where none are given.

        Shapes:
            keys ``(M, K)``, values ``(M, V)``, ids ``(M,)``, at least 0 -> ids ``(M,)``.

        Raises:
            ValueError: the shapes are others than these or than those of the rows that are there,
                or an id is negative, given twice or there already.
        """
        self._check_rows(keys, values)
        if ids is None:
            ids = torch.arange(self._next, self._next + len(keys), device=keys.device)
        else:
            self._check_ids(ids, len(keys))
        if len(ids):
            self._next = max(self._next, int(ids.max()) + 1)
        rows = _Rows(keys.detach().clone(), values.detach().clone(), ids.long().clone())
        if self._rows is not None:
            pairs = zip(self._rows, rows, strict=True)
            rows = _Rows(*(torch.cat([old, new.to(old)]) for old, new in pairs))
        self._rows = rows
        return ids

    def delete(self, ids: Tensor) -> None:
        """Erase rows for good; ids that are not there are passed over.

        Shapes:
            ids ``(M,)``.
        """
        if self._rows is not None:
            self._rows = self._rows.take(~torch.isin(self._rows.ids, ids.to(self._rows.ids)))

    def search(self, query: Tensor, k: int, *, where: Tensor | None = None) -> Memory:
        """Find the `k` best rows for each query, best first, among all or among the ids in `where`.

        Read what is found with ``reader(query.unsqueeze(-2), found).squeeze(-2)``. Where there are
        fewer than `k` rows, the rest is zeros, masked, with the id -1.

        Shapes:
            query ``(..., Q, K)``, where ``(M,)`` -> keys ``(..., Q, k, K)``, values
            ``(..., Q, k, V)``, mask ``(..., Q, 1, k)``, ids ``(..., Q, k)``.

        Raises:
            ValueError: `k` is below 1, nothing was ever added, or the query has another width than
                the keys.
        """
        rows = self._rows
        if k < 1:
            raise ValueError(f"a search finds at least one row, not k={k}; give k >= 1.")
        if rows is None:
            raise ValueError(
                "the store has never held a row, so its widths are unknown: add first."
            )
        if query.shape[-1] != rows.keys.shape[-1]:
            raise ValueError(
                f"a query of width {query.shape[-1]} for keys of width {rows.keys.shape[-1]}."
            )
        if where is not None:
            rows = rows.take(torch.isin(rows.ids, where.to(rows.ids)))
        scores = query.detach().to(rows.keys) @ rows.keys.mT
        best = scores.topk(min(k, scores.shape[-1]), -1).indices  # (..., Q, at most k)
        missing = k - best.shape[-1]
        found = rows.take(best)
        ids = F.pad(found.ids, (0, missing), value=-1)
        return Memory(
            F.pad(found.keys, (0, 0, 0, missing)),
            F.pad(found.values, (0, 0, 0, missing)),
            (ids >= 0).unsqueeze(-2),
            ids,
        )

    def _check_rows(self, keys: Tensor, values: Tensor) -> None:
        if keys.dim() != 2 or values.dim() != 2 or len(keys) != len(values):
            raise ValueError(
                "rows are keys (M, K) and values (M, V), "
                f"not {tuple(keys.shape)} and {tuple(values.shape)}."
            )
        old = self._rows
        if old is not None:
            widths = old.keys.shape[-1], old.values.shape[-1]
            if (keys.shape[-1], values.shape[-1]) != widths:
                raise ValueError(
                    f"the store holds keys of width {widths[0]} and values of width {widths[1]}, "
                    f"not {keys.shape[-1]} and {values.shape[-1]}."
                )

    def _check_ids(self, ids: Tensor, rows: int) -> None:
        if ids.shape != (rows,) or ids.is_floating_point():
            raise ValueError(
                f"ids are one integer a row, ({rows},), not {tuple(ids.shape)} of {ids.dtype}."
            )
        if rows and int(ids.min()) < 0:
            raise ValueError(f"id {int(ids.min())}: ids are 0 or more; -1 marks a missing row.")
        if len(ids.unique()) < rows:
            raise ValueError("an id is given twice in one call: give each row its own.")
        there = ids[torch.isin(ids, self.ids.to(ids))]
        if len(there):
            raise ValueError(
                f"id {int(there[0])} is in the store: delete it first, or give another."
            )
