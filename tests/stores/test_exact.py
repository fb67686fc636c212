import pytest
import torch

from recollect import ExactStore, Reader
from recollect.testing import check_store


def filled(rows=20, key=6, value=3, **kind):
    store = ExactStore()
    keys, values = torch.randn(rows, key, **kind), torch.randn(rows, value, **kind)
    return store, keys, values, store.add(keys, values)


def test_conforms():
    check_store(ExactStore)


@pytest.mark.parametrize("lead", [(), (4,), (2, 3)])
def test_queries_may_have_any_leading_axes(lead):
    store, keys, _, _ = filled()
    query = torch.randn(*lead, 5, 6)
    found = store.search(query, 4)
    assert found.keys.shape == (*lead, 5, 4, 6) and found.mask.shape == (*lead, 5, 1, 4)
    assert torch.equal(found.ids, (query @ keys.mT).topk(4).indices)


@pytest.mark.parametrize("lead", [(), (4,), (2, 3)])
def test_reading_all_rows_is_attention_over_them(lead):
    store, keys, values, _ = filled()
    query = torch.randn(*lead, 5, 6, requires_grad=True)
    reader = Reader()
    near = reader(query.unsqueeze(-2), store.search(query, 20)).squeeze(-2)
    whole = reader(query, reader.bind(keys, values))
    torch.testing.assert_close(near, whole)
    ours, theirs = (torch.autograd.grad(r.square().sum(), query)[0] for r in (near, whole))
    torch.testing.assert_close(ours, theirs)


def test_rows_survive_a_thousand_small_changes():
    store, kept = ExactStore(), {}
    generator = torch.Generator().manual_seed(3)
    for step in range(300):
        key = torch.randn(2, 4, generator=generator)
        for i, k in zip(store.add(key, key[:, :1]).tolist(), key, strict=True):
            kept[i] = k
        if step % 3 == 0:
            gone = torch.tensor(list(kept)[:: max(1, len(kept) // 4)])
            store.delete(gone)
            for i in gone.tolist():
                del kept[i]
    assert store.ids.tolist() == list(kept) and len(store) == len(kept)
    for i, k in list(kept.items())[::7]:
        found = store.search(k[None], len(kept))
        at = found.ids[0].tolist().index(i)
        assert torch.equal(found.keys[0, at], k) and found.values[0, at] == k[0]


def test_ids_go_on_behind_the_largest_that_was_given():
    store = ExactStore()
    assert store.add(torch.ones(2, 1), torch.ones(2, 1), ids=torch.tensor([7, 3])).tolist() == [
        7,
        3,
    ]
    assert store.add(torch.ones(1, 1), torch.ones(1, 1)).tolist() == [8]
    store.delete(torch.tensor([8]))
    assert store.add(torch.ones(1, 1), torch.ones(1, 1)).tolist() == [9]


def test_half_precision_rows_are_searched_with_single_precision_queries():
    store, keys, _, _ = filled(dtype=torch.bfloat16)
    found = store.search(torch.randn(2, 6), 3)
    assert found.keys.dtype == torch.bfloat16 and store.search(keys, 1).ids.shape == (20, 1)


def test_no_rows_can_be_added():
    store, *_ = filled()
    assert store.add(torch.zeros(0, 6), torch.zeros(0, 3)).tolist() == []
    assert len(store) == 20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.add(torch.ones(2, 6), torch.ones(3, 3)), r"\(2, 6\) and \(3, 3\)"),
        (lambda s: s.add(torch.ones(6), torch.ones(3)), r"\(6,\) and \(3,\)"),
        (lambda s: s.add(torch.ones(2, 5), torch.ones(2, 3)), "width 6 .* not 5 and 3"),
        (lambda s: s.add(torch.ones(1, 6), torch.ones(1, 3), torch.tensor([4])), "id 4 is in"),
        (lambda s: s.add(torch.ones(1, 6), torch.ones(1, 3), torch.tensor([-4])), "id -4"),
        (lambda s: s.add(torch.ones(1, 6), torch.ones(1, 3), torch.tensor([0.5])), "float32"),
        (lambda s: s.add(torch.ones(2, 6), torch.ones(2, 3), torch.tensor([50, 50])), "twice"),
        (lambda s: s.search(torch.ones(1, 6), 0), "k=0"),
        (lambda s: s.search(torch.ones(1, 5), 1), "width 5 for keys of width 6"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(call, message):
    store, *_ = filled()
    with pytest.raises(ValueError, match=message):
        call(store)
    assert len(store) == 20


def test_a_store_that_never_held_a_row_cannot_be_searched():
    with pytest.raises(ValueError, match="never held"):
        ExactStore().search(torch.ones(1, 6), 1)
