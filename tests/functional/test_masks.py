import torch

from recollect.functional import causal_mask, length_mask


def test_the_last_query_stands_at_the_last_slot():
    for queries, slots in ((3, 3), (2, 5), (5, 2), (1, 4), (3, 0)):
        mask = causal_mask(queries, slots)
        for i in range(queries):
            for j in range(slots):
                assert mask[i, j] == (j - i <= slots - queries)


def test_lengths_hide_what_lies_behind_them():
    mask = length_mask(torch.tensor([[0, 2], [3, 4]]), 3)
    assert mask.sum(-1).tolist() == [[0, 2], [3, 3]]
    assert mask[0, 1].tolist() == [True, True, False]
