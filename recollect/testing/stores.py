"""What every external memory must do."""

from collections.abc import Callable

import torch
from torch import Tensor

from recollect.attend import Reader
from recollect.memory import Store
from recollect.testing.expect import Expect

__all__ = ["check_store"]

ROWS, KEY, VALUE = 40, 6, 3


def check_store(make: Callable[[], Store], *, recall: float = 1.0, tolerance: float = 1e-5) -> None:
    """Hold a store to the contract of `recollect.Store`.

    It keeps copies and returns an id a row; finds the rows with the largest inner product, best
    first, `recall` being the least share of the true ones; returns each id with its own key and
    value; fills up with masked rows what it cannot find; searches among the ids in `where` only;
    never finds what was deleted, and never gives its id again. Reading all that is found is reading
    the whole memory. Bad input is refused with a ValueError and changes nothing.

    `make` returns a new, empty store for keys of width 6 and values of width 3.

    Shapes:
        as those of `recollect.Store`.

    Raises:
        Nonconformity: a rule is broken.

    >>> from recollect import ExactStore
    >>> check_store(ExactStore)
    """
    expect = Expect(make)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        keys, values, query = (
            torch.randn(ROWS, KEY),
            torch.randn(ROWS, VALUE),
            torch.randn(2, 4, KEY),
        )
        _adds(expect, make, keys, values)
        _finds(expect, make, keys, values, query, recall, tolerance)
        _filters(expect, make, keys, values, query)
        _deletes(expect, make, keys, values, query)
        _refuses(expect, make, keys, values, query)


def _adds(expect: Expect, make: Callable[[], Store], keys: Tensor, values: Tensor) -> None:
    store = make()
    expect.true(len(store) == 0, f"a new store is empty, but has length {len(store)}")
    given, contents = keys.clone().requires_grad_(), values.clone()
    ids = store.add(given[:30], contents[:30])
    expect.shape(ids, (30,), "the ids that add returns")
    expect.true(not ids.is_floating_point() and int(ids.min()) >= 0, "ids are integers from 0")
    later = store.add(given[30:], contents[30:])
    every = torch.cat([ids, later])
    expect.true(len(every.unique()) == ROWS, "every row has an id of its own")
    expect.true(len(store) == ROWS, f"{ROWS} rows were added, but the length is {len(store)}")
    with torch.no_grad():
        given.zero_()
        contents.zero_()
    found = store.search(keys[:1], ROWS)
    expect.true(
        (found.values != 0).any(), "the store keeps copies, which later changes do not reach"
    )
    expect.true(not found.keys.requires_grad, "stored rows carry no gradient")
    chosen = make().add(keys[:2], values[:2], ids=torch.tensor([70, 7]))
    expect.true(chosen.tolist() == [70, 7], f"ids that are given are kept, not {chosen.tolist()}")


def _finds(
    expect: Expect,
    make: Callable[[], Store],
    keys: Tensor,
    values: Tensor,
    query: Tensor,
    recall: float,
    tolerance: float,
) -> None:
    store = make()
    ids = store.add(keys, values)
    row = {int(i): r for r, i in enumerate(ids)}
    k = 5
    found = store.search(query, k)
    expect.shape(found.keys, (2, 4, k, KEY), "the keys found")
    expect.shape(found.values, (2, 4, k, VALUE), "the values found")
    expect.true(found.ids is not None, "what is found carries the ids of its rows")
    expect.true(found.mask is not None, "what is found carries a mask, open where a row was found")
    assert found.ids is not None and found.mask is not None
    expect.shape(found.ids, (2, 4, k), "the ids found")
    expect.shape(found.mask, (2, 4, 1, k), "the mask of what is found")
    expect.true(found.mask.all(), f"with {ROWS} rows, {k} are found for every query")
    rows = torch.tensor([[[row[int(i)] for i in ids_] for ids_ in of] for of in found.ids])
    expect.close(found.keys, keys[rows], "each id comes with its own key")
    expect.close(found.values, values[rows], "each id comes with its own value")
    scores = query @ keys.mT
    mine = scores.gather(-1, rows)
    ordered = mine.sort(-1, descending=True).values
    expect.close(mine, ordered, "rows are found best first", tolerance=tolerance)
    best = scores.topk(k, -1).indices
    hit = (best.unsqueeze(-1) == rows.unsqueeze(-2)).any(-1).float().mean()
    expect.true(
        hit >= recall, f"the share of the true {k} best found is {recall:g} or more, not {hit:.3f}"
    )
    if recall == 1:
        reader, asked = Reader(), query.clone().requires_grad_()
        read = reader(asked.unsqueeze(-2), store.search(asked, ROWS)).squeeze(-2)
        whole = reader(query, reader.bind(keys, values))
        expect.close(read, whole, "reading all rows found is reading them all", tolerance=tolerance)
        expect.true(read.requires_grad, "the query gets a gradient through what it reads")


def _filters(
    expect: Expect, make: Callable[[], Store], keys: Tensor, values: Tensor, query: Tensor
) -> None:
    store = make()
    ids = store.add(keys, values)
    among = ids[3:6]
    found = store.search(query, 5, where=among)
    assert found.ids is not None and found.mask is not None
    expect.true(
        torch.isin(found.ids[found.mask.squeeze(-2)], among).all(), "`where` confines the search"
    )
    few = found.mask.squeeze(-2).sum(-1)
    expect.true((few == 3).all(), "of 3 rows allowed by `where`, 3 are found")
    _filled(expect, store.search(query, ROWS + 2), 2)
    none = store.search(query, 2, where=ids[:0])
    _filled(expect, none, 2)
    reader = Reader()
    expect.zero(
        reader(query.unsqueeze(-2), none), "a query for which nothing was found reads zeros"
    )


def _filled(expect: Expect, found, missing: int) -> None:
    expect.true(not found.mask[..., -missing:].any(), "rows that are missing are masked")
    expect.true((found.ids[..., -missing:] == -1).all(), "rows that are missing have the id -1")
    expect.finite(found.keys, "rows that are missing hold finite keys")
    expect.finite(found.values, "rows that are missing hold finite values")


def _deletes(
    expect: Expect, make: Callable[[], Store], keys: Tensor, values: Tensor, query: Tensor
) -> None:
    store = make()
    ids = store.add(keys, values)
    gone = torch.cat([ids[:4], ids[-4:]])
    store.delete(gone)
    expect.true(len(store) == ROWS - 8, f"8 of {ROWS} rows deleted leave 32, not {len(store)}")
    found = store.search(query, ROWS)
    assert found.ids is not None and found.mask is not None
    expect.true(not torch.isin(found.ids, gone).any(), "what was deleted is not found")
    expect.true((found.mask.sum(-1) == ROWS - 8).all(), "what was not deleted is found")
    store.delete(gone)
    expect.true(len(store) == ROWS - 8, "a deletion repeated changes nothing")
    fresh = store.add(keys[:4], values[:4])
    expect.true(not torch.isin(fresh, gone).any(), "the id of a deleted row is not given again")
    store.delete(torch.cat([ids, fresh]))
    expect.true(len(store) == 0, "all rows can be deleted")
    _filled(expect, store.search(query, 2), 2)


def _refuses(
    expect: Expect, make: Callable[[], Store], keys: Tensor, values: Tensor, query: Tensor
) -> None:
    store = make()
    ids = store.add(keys, values)
    expect.refused(lambda: store.add(keys, values[1:]), "more keys than values are refused")
    expect.refused(lambda: store.add(keys[:, 1:], values), "keys of another width are refused")
    expect.refused(
        lambda: store.add(keys[:1], values[:1], ids[:1]), "an id that is there is refused"
    )
    twice = torch.tensor([900, 900])
    expect.refused(lambda: store.add(keys[:2], values[:2], twice), "one id for two rows is refused")
    expect.refused(lambda: store.search(query, 0), "a search for no rows is refused")
    expect.refused(lambda: store.search(query[..., 1:], 2), "a query of another width is refused")
    expect.true(len(store) == ROWS, "what is refused changes nothing")
