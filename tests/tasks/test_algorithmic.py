"""The algorithmic tasks: what is laid out is what the papers say, and a batch can be made again."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from recollect.tasks.algorithmic import (
    Copy,
    CopyReuse,
    NGrams,
    PrioritySort,
    Recall,
    RepeatCopy,
    SequenceBatch,
    Sizes,
    optimal_estimate,
    pad_batches,
)
from recollect.testing import check_task

TASKS = (Copy, CopyReuse, NGrams, PrioritySort, Recall, RepeatCopy)
SMALL = {
    Copy: Copy(batch=3, lengths=(1, 4), valid=(6,), beyond=(8,)),
    CopyReuse: CopyReuse(batch=3, valid=((2, 3),), beyond=((3, 4),)),
    NGrams: NGrams(batch=3, bits=(20, 30), valid=(30,), beyond=(40,)),
    PrioritySort: PrioritySort(batch=3, vectors=(3, 5), valid=(5,), beyond=(7,)),
    Recall: Recall(batch=3, items=(2, 4), valid=(4,), beyond=(6,)),
    RepeatCopy: RepeatCopy(batch=3, lengths=(1, 3), repeats=(1, 3), valid=((3, 3),), beyond=()),
}


class Oracle(nn.Module):
    """Logits that are given, whatever is read."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def forward(self, x):
        return self.logits


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", TASKS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_the_contract_of_a_task(kind, split):
    task = SMALL[kind]
    check_task(task, model=nn.Linear(task.inputs, task.outputs), split=split)


@pytest.mark.parametrize("kind", TASKS, ids=lambda kind: kind.__name__)
def test_shapes_and_ranges(kind):
    task = SMALL[kind]
    for split in ("valid", "test"):
        for batch in task.batches(split, seed=0):
            size, steps = batch.inputs.shape[:2]
            assert batch.inputs.shape == (size, steps, task.inputs)
            assert batch.targets.shape == (size, steps, task.outputs)
            assert batch.mask.shape == (size, steps) and batch.mask.dtype == torch.bool
            assert batch.lengths.tolist() == [steps] * size
            assert set(batch.targets.unique().tolist()) <= {0.0, 1.0}
            assert batch.mask.any(1).all() and batch.inputs.isfinite().all()


@pytest.mark.parametrize("kind", TASKS, ids=lambda kind: kind.__name__)
def test_the_splits_share_no_sequence(kind):
    task = SMALL[kind]
    size = task.sizes.valid[0]
    seen = {
        split: {
            row.numpy().tobytes()
            for batch, _ in zip(task.batches(split, seed=1), range(6), strict=False)
            for row in batch.inputs
            if len(row) == task.draw(rng(), 1, size).inputs.shape[1]
        }
        for split in ("valid", "test")
    }
    if kind is not Copy:  # few sequences of few bits may meet by chance
        assert not seen["valid"] & seen["test"]


@pytest.mark.parametrize("kind", TASKS, ids=lambda kind: kind.__name__)
def test_the_right_answer_has_no_wrong_bit_and_the_opposite_has_all(kind):
    task = SMALL[kind]
    batch = next(task.batches("valid", seed=0))
    right = 40 * (batch.targets - 0.5)
    scored = int(batch.mask[0].sum()) * task.outputs
    told = task.step(Oracle(right), batch)
    assert float(told.metrics["wrong_bits"]) == 0 and float(told.loss) < 1e-6
    assert float(task.step(Oracle(-right), batch).metrics["wrong_bits"]) == scored
    # What is said where nothing is asked costs nothing.
    noise = torch.where(batch.mask.unsqueeze(-1), right, 1e3 * torch.randn_like(right))
    assert float(task.step(Oracle(noise), batch).loss) < 1e-6


def test_copy_says_what_it_read():
    batch = Copy(width=3).draw(rng(), 2, (4,))
    assert batch.inputs.shape == (2, 9, 4)
    assert torch.equal(batch.targets[:, 5:], batch.inputs[:, :4, :3])
    assert batch.inputs[:, :, 3].nonzero()[:, 1].tolist() == [4, 4]
    assert not batch.inputs[:, 5:].any() and batch.mask[0].nonzero().flatten().tolist() == [
        5,
        6,
        7,
        8,
    ]


def test_copies_follow_one_another():
    batch = CopyReuse(width=3).draw(rng(), 2, (2, 3))
    assert batch.inputs.shape == (2, 15, 5)
    for copy in range(3):
        part = slice(5 * copy, 5 * copy + 5)
        inputs, targets = batch.inputs[:, part], batch.targets[:, part]
        assert torch.equal(targets[:, 3:], inputs[:, :2, :3])
        assert inputs[0, :, 3:].tolist() == [[0, 1], [0, 1], [1, 0], [0, 0], [0, 0]]
        assert batch.mask[0, part].tolist() == [False, False, False, True, True]


def test_repeats_end_with_the_end():
    task = RepeatCopy(width=3, repeats=(1, 5))
    batch = task.draw(rng(), 2, (2, 4))
    assert batch.inputs.shape == (2, 2 + 1 + 8 + 1, 5)
    said = batch.targets[:, 3:-1, :3].reshape(2, 4, 2, 3)
    assert torch.equal(said, batch.inputs[:, None, :2, :3].expand_as(said))
    assert batch.targets[0, :, 3].nonzero().flatten().tolist() == [11]
    assert float(batch.inputs[0, 2, 4]) == pytest.approx((4 - 3) / 2**0.5)
    counts = [task.draw(rng(), 1, (1, n)).inputs[0, 1, 4] for n in range(1, 6)]
    assert float(torch.stack(counts).mean()) == pytest.approx(0, abs=1e-6)
    assert float(torch.stack(counts).var(correction=0)) == pytest.approx(1, rel=1e-5)


def test_the_item_after_the_one_asked_for():
    task = Recall(width=4, vectors=2)
    batch = task.draw(rng(), 50, (3,))
    assert batch.inputs.shape == (50, 3 * 3 + 4 + 2, 6)
    items = batch.inputs[:, :9, :4].reshape(50, 3, 3, 4)[:, :, 1:]
    asked, answer = batch.inputs[:, 10:12, :4], batch.targets[:, -2:]
    places = []
    for item, question, said in zip(items, asked, answer, strict=True):
        at = [i for i in range(2) if torch.equal(item[i], question)]
        assert any(torch.equal(item[i + 1], said) for i in at)
        places += at[:1]
    assert set(places) == {0, 1}
    assert batch.inputs[0, :, 4].nonzero().flatten().tolist() == [0, 3, 6]
    assert batch.inputs[0, :, 5].nonzero().flatten().tolist() == [9, 12]


def test_the_most_urgent_come_first():
    batch = PrioritySort(width=5).draw(rng(), 4, (10,))
    assert batch.inputs.shape == (4, 10 + 1 + 8, 7)
    for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
        order = inputs[:10, 5].argsort(descending=True)[:8]
        assert torch.equal(targets[-8:], inputs[:10, :5][order])
    assert batch.inputs[:, :10, 5].abs().max() <= 1
    assert int(PrioritySort().draw(rng(), 1, (20,)).mask.sum()) == 16


def test_bits_are_told_a_step_late():
    batch = NGrams().draw(rng(), 3, (50,))
    assert not batch.inputs[:, 0].any()
    assert torch.equal(batch.inputs[:, 1:, 1], batch.targets[:, :-1, 0])
    assert torch.equal(batch.inputs[:, 1:].sum(-1), torch.ones(3, 49))
    assert batch.mask[0].tolist() == [False] * 5 + [True] * 45


def slow_estimate(bits, context):
    out = []
    for t in range(len(bits)):
        seen = [0.5, 0.5]
        for past in range(context, t):
            if bits[past - context : past] == bits[t - context : t]:
                seen[bits[past]] += 1
        out.append(seen[1] / sum(seen) if t >= context else 0.5)
    return out


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_the_estimate_counts_what_followed(seed, context):
    bits = rng(seed).integers(0, 2, (2, 14)).tolist()
    found = optimal_estimate(torch.tensor(bits, dtype=torch.float64), context=context)
    wanted = torch.tensor([slow_estimate(row, context) for row in bits], dtype=torch.float64)
    torch.testing.assert_close(found, wanted)


def test_no_estimate_from_the_past_costs_less_on_average():
    task = NGrams(context=2)
    batch = task.draw(rng(), 400, (100,))
    best = optimal_estimate(batch.targets[..., 0], context=2)

    def cost(estimate):
        figures = task.figures(torch.logit(estimate).unsqueeze(-1), batch)
        return float(figures["cost"]), float(figures["excess"])

    least, excess = cost(best)
    assert excess == pytest.approx(0, abs=1e-5)
    # Laplace's rule, which presumes that all odds are equally likely, is worse by about 2 %.
    bits = batch.targets[..., 0]
    ones = torch.cat([torch.zeros(400, 1), bits.cumsum(1)[:, :-1]], 1)
    steps = torch.arange(100.0)
    for other in (torch.full_like(bits, 0.5), (ones + 1) / (steps + 2), 0.8 * best + 0.1):
        assert cost(other)[0] > least * 1.01
        assert cost(other)[1] > 0.01


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(1, 5), st.integers(0, 15)),
    st.integers(0, 60),
    st.integers(0, 200),
)
def test_a_curriculum_rises_to_the_whole_range(ends, curriculum, index):
    low, high = ends[0], sum(ends)
    sizes = Sizes(train=((low, high),), curriculum=curriculum)
    (now,), (later,) = sizes.highest(index), sizes.highest(index + 1)
    assert low <= now <= later <= high
    assert index < curriculum or now == high
    (drawn,) = sizes.draw(rng(index), index)
    assert low <= drawn <= now


def test_a_curriculum_ends_with_every_size():
    task = Copy(batch=1, lengths=(1, 5), curriculum=40)
    lengths = [
        int(b.mask[0].sum())
        for b, _ in zip(task.batches("train", seed=0), range(200), strict=False)
    ]
    assert max(lengths[:10]) <= 2
    assert set(lengths[40:]) == {1, 2, 3, 4, 5}


def test_padding_scores_nothing():
    task = Copy(width=3)
    parts = [task.draw(rng(n), 2, (n,)) for n in (1, 4, 2)]
    whole = pad_batches(parts)
    assert whole.inputs.shape == (6, 9, 4) and whole.lengths.tolist() == [3, 3, 9, 9, 5, 5]
    model = nn.LSTM(4, 3, batch_first=True)
    told = task.figures(model(whole.inputs)[0], whole)["wrong_bits"]
    alone = [task.figures(model(p.inputs)[0], p)["wrong_bits"] for p in parts]
    assert float(told) == pytest.approx(float(sum(alone)) / 3)
    assert not whole.mask[0, 3:].any() and not whole.inputs[0, 3:].any()


class Echo(nn.Module):
    """Copies, without a flaw, what it reads before its only mark, up to `reach` vectors."""

    def __init__(self, reach):
        super().__init__()
        self.reach = reach
        self.register_buffer("seconds", torch.tensor(2.5))

    def forward(self, x):
        length = x.shape[1] // 2
        said = 40 * (x[:, :length, :-1] - 0.5)
        said[:, self.reach :] = -said[:, self.reach :]
        return torch.cat([torch.zeros_like(x[:, : length + 1, :-1]), said], 1)


def test_evaluate_tells_a_curve():
    task = Copy(width=4, lengths=(1, 3), beyond=(5, 10))
    found = task.evaluate([Echo(3), Echo(5), Echo(2)], split="test")
    assert found["wrong_bits"] == pytest.approx([0, 0, 4 / 3])
    assert found["solved"] == [1, 1, 0]
    assert found["wrong_bits_length_5"] == [8, 0, 12]
    assert found["accuracy_length_10"] == pytest.approx([0.3, 0.5, 0.2])
    assert found["seconds"] == [2.5] * 3
    assert task.evaluate([Echo(3)], split="test") == {k: v[:1] for k, v in found.items()}


class Roomy(Echo):
    """Fails wherever it was not given room."""

    def __init__(self, slots=0):
        super().__init__(slots // 2)

    def with_room(self, slots):
        return Roomy(slots)


def test_sizes_beyond_are_measured_with_room():
    task = Copy(width=4, lengths=(1, 3), beyond=(5, 10))
    found = task.evaluate([Roomy()], split="test")
    assert found["wrong_bits_length_5"] == found["wrong_bits_length_10"] == [0]
    batch = task.draw(rng(), 3, (4,))
    assert float(task.step(Roomy().eval(), batch).metrics["wrong_bits"]) == 0
    assert float(task.step(Roomy().train(), batch).metrics["wrong_bits"]) == 16


def test_a_figure_that_is_published_is_one_that_is_told():
    for kind in (Copy, NGrams, PrioritySort, Recall, RepeatCopy):
        task = kind()
        named = {"wrong_bits", "solved", "cost", "optimal_cost", "excess"}
        named |= {f"wrong_bits_{task.place(size)}" for size in task.sizes.beyond}
        assert set(task.published) <= named


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Copy(width=0), "width is 0"),
        (lambda: Copy(lengths=(0, 3)), r"\(0, 3\)"),
        (lambda: Copy(lengths=(5, 3)), r"\(5, 3\)"),
        (lambda: Copy(curriculum=-1), "curriculum is -1"),
        (lambda: Copy(batch=0), "batch is 0"),
        (lambda: Copy(valid=(0,)), r"\(0,\)"),
        (lambda: Recall(items=(1, 4)), "items is 1"),
        (lambda: Recall(beyond=(1,)), "items is 1"),
        (lambda: NGrams(bits=(5, 9)), "bits is 5"),
        (lambda: PrioritySort(keep=0), "keep is 0"),
        (lambda: RepeatCopy(valid=((1, 2, 3),)), "2 axes"),
        (lambda: next(Copy().batches("dev", seed=0)), "'dev'"),
        (lambda: Copy().evaluate([], split="train"), "'train'"),
        (lambda: pad_batches([]), "empty"),
        (lambda: optimal_estimate(torch.zeros(3)), r"\(3,\)"),
    ],
)
def test_mistakes_are_named(make, told):
    with pytest.raises(ValueError, match=told):
        make()


def test_batches_have_the_fields_in_order():
    assert SequenceBatch._fields == ("inputs", "targets", "mask", "lengths")


def test_training_meets_more_zeros_and_looks_do_not():
    plain, zeros = Copy(batch=64), Copy(batch=64, zeros=0.5)
    told = zip(plain.batches("train", seed=3), zeros.batches("train", seed=3), strict=True)
    batches = [(i, *pair) for i, pair in zip(range(10), told, strict=False)]
    for _, fair, more in batches:
        length = fair.inputs.shape[1] // 2
        blank = more.inputs[:, :length].sum(-1) == 0
        assert 0.3 < blank.float().mean() < 0.7
        assert torch.equal(more.inputs[:, :length][~blank], fair.inputs[:, :length][~blank])
        assert torch.equal(more.targets[:, length + 1 :], more.inputs[:, :length, :8])
        assert torch.equal(more.inputs[:, length:], fair.inputs[:, length:])
    for split in ("valid", "test"):
        for fair, more in zip(
            plain.batches(split, seed=3), zeros.batches(split, seed=3), strict=True
        ):
            assert torch.equal(fair.inputs, more.inputs)
    again = next(zeros.batches("train", seed=3, start=4)).inputs
    fifth = [b for _, b in zip(range(5), zeros.batches("train", seed=3), strict=False)][-1]
    assert torch.equal(again, fifth.inputs)
    with pytest.raises(ValueError, match=r"zeros is 1\.5"):
        Copy(zeros=1.5)
