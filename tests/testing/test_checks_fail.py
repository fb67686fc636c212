"""A check is worth what it catches: each broken part here breaks one rule, and is told so."""

import itertools
from typing import NamedTuple

import pytest
import torch
from torch import nn

import recollect
from recollect import AttentionCell, Cell, ExactStore, Memory, Reader, Score
from recollect.functional import softmax, stick_breaking
from recollect.tasks.base import Step
from recollect.testing import (
    Nonconformity,
    check_cell,
    check_normalizer,
    check_reader,
    check_score,
    check_store,
    check_task,
)


def infinite_mask(logits, mask=None):
    return (logits if mask is None else logits.masked_fill(~mask, -torch.inf)).softmax(-1)


def leaky_mask(logits, mask=None):
    return (logits if mask is None else logits - 5.0 * ~mask).nan_to_num().softmax(-1)


def unnormalized(logits, mask=None):
    return softmax(logits) if mask is None else logits.softmax(-1) * mask


def forgetful(logits, mask=None):
    return logits.sigmoid() if mask is None else logits.nan_to_num().sigmoid() * mask


def negative(logits, mask=None):
    weights = softmax(logits, mask)
    return weights if mask is not None else 1.5 * weights - 0.5 / logits.shape[-1]


def wide(logits, mask=None):
    return softmax(logits.float(), mask)


def in_place(logits, mask=None):
    weights = softmax(logits, mask)
    logits.data.mul_(2)
    return weights


def without_gradient(logits, mask=None):
    return softmax(logits, mask).detach()


def masked_too_late(logits, mask=None):
    """The weights are clean, but what was masked had been in the graph."""
    return softmax(torch.nn.functional.logsigmoid(logits), mask)


def first_row(logits, mask=None):
    return softmax(logits + 0 * logits.flatten()[0] if logits.dim() < 2 else logits, mask).roll(
        1 if logits.dim() == 2 and mask is None else 0, 0
    )


@pytest.mark.parametrize(
    ("normalize", "message"),
    [
        (infinite_mask, "weights are finite"),
        (leaky_mask, "masked slots weigh exactly 0"),
        (unnormalized, "weights sum to 1"),
        (forgetful, "weights sum to 1"),
        (negative, "at least 0"),
        (wide, "type torch.bfloat16|type torch.float64"),
        (in_place, "not changed in place"),
        (without_gradient, "weights have a gradient"),
        (masked_too_late, "gradients are finite"),
        (first_row, "an open mask is as good as none"),
        (stick_breaking, "weights sum to 1"),
        (torch.relu, "called as"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_normalizers(normalize, message):
    with pytest.raises(Nonconformity, match=message) as caught:
        check_normalizer(normalize)
    assert str(caught.value).startswith(f"{normalize.__name__}: ")


class Odd(Score):
    """A dot score with one thing wrong."""

    def __init__(self, wrong):
        super().__init__()
        self.wrong, self.idle = wrong, nn.Parameter(torch.ones(()))

    def embed_query(self, query):
        return query * self.idle if self.wrong != "idle" else query

    def embed_keys(self, keys):
        return keys - keys.mean(-2, keepdim=True) if self.wrong == "centred" else keys

    def forward(self, query, keys):
        scores = query @ keys.mT
        if self.wrong == "turned":
            return scores.mT
        if self.wrong == "relative":
            return scores - scores.amax(-1, keepdim=True)
        if self.wrong == "norm":
            return scores / query.norm(dim=-1, keepdim=True)
        return scores


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("turned", r"scores with leading axes \(\) are \(3, 5\), not \(5, 3\)"),
        ("centred", "embed_keys maps each key on its own"),
        ("relative", "a pair's score depends on no other"),
        ("norm", "scores of zero vectors are finite"),
        ("idle", "a gradient reaches idle"),
    ],
)
def test_scores(wrong, message):
    check_score(Odd("nothing"), query_size=4)
    with pytest.raises(Nonconformity, match=f"Odd: {message}"):
        check_score(Odd(wrong), query_size=4)


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (lambda q, k, v, m, *_, **__: (q @ k.mT).softmax(-1) @ v, "what is read is|reads zeros"),
        (lambda q, k, v, *_, **__: q.new_zeros(*q.shape[:-1], v.shape[-1]), "weights @ values"),
    ],
    ids=["deaf to masks", "zeros"],
)
def test_readers_with_a_kernel_of_another_answer(kernel, message, monkeypatch):
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", kernel)
    with pytest.raises(Nonconformity, match=message):
        check_reader(Reader(), query_size=6)


def test_readers_with_a_kernel_of_another_gradient(monkeypatch):
    kernel = torch.nn.functional.scaled_dot_product_attention

    def wrong(query, *rest, **kwargs):
        return kernel(query.detach(), *rest, **kwargs)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", wrong)
    with pytest.raises(Nonconformity, match="the gradient of query"):
        check_reader(Reader(), query_size=6)


def test_readers_with_a_normalizer_that_reads_the_batch():
    def normalize(logits, mask=None):
        return softmax(logits - logits.detach().mean() * torch.arange(logits.shape[-1]), mask)

    with pytest.raises(Nonconformity, match="a batch reads as its members alone"):
        check_reader(Reader(normalize=normalize), query_size=6)


class Count(NamedTuple):
    total: torch.Tensor


class OddCell(Cell[Count]):
    """A running sum with one thing wrong."""

    def __init__(self, wrong):
        super().__init__()
        self.wrong, self.input_size, self.output_size = wrong, 3, 3
        self.map, self.idle = nn.Linear(3, 3), nn.Parameter(torch.ones(()))
        self.register_buffer("seen", torch.zeros(3))
        self.last = None

    def initial_state(self, batch):
        rows = 1 if self.wrong == "shared" else batch
        return Count(torch.zeros(rows, 3))

    def forward(self, x, state):
        total = state.total + self.map(x).tanh() * (1.0 if self.wrong == "idle" else self.idle)
        if self.wrong == "in place":
            state.total.add_(1)
        elif self.wrong == "kept":
            self.last = total
        elif self.wrong == "buffer":
            self.seen.add_(1)
        elif self.wrong == "batch":
            total = total - total.mean(0)
        elif self.wrong == "tuple":
            return total, (total,)
        elif self.wrong == "grows":
            return total, Count(torch.cat([total, total], -1))
        elif self.wrong == "type":
            return total, Count(total.double())
        elif self.wrong == "wide":
            return total.repeat(1, 2), Count(total)
        elif self.wrong == "detached":
            return total.detach(), Count(total.detach())
        return total, Count(total)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("in place", "does not change its state in place"),
        ("kept", "assigns nothing to the module, but last changed"),
        ("buffer", "assigns nothing to the module, but seen changed"),
        ("batch", "a batch runs as its members alone"),
        ("tuple", "the next state is a Count again"),
        ("grows", r"state\.total after a step are \(3, 3\), not \(3, 6\)"),
        ("type", r"state\.total stays torch.float32"),
        ("wide", r"outputs are \(3, 3\), not \(3, 6\)"),
        ("shared", r"state\.total has the batch"),
        ("idle", "a gradient reaches idle"),
        ("detached", "a gradient reaches the input"),
    ],
)
def test_cells(wrong, message):
    check_cell(OddCell("nothing"))
    with pytest.raises(Nonconformity, match=f"OddCell: .*{message}"):
        check_cell(OddCell(wrong))


def test_a_cell_whose_hidden_state_is_out_of_the_state():
    class Secret(AttentionCell):
        def forward(self, x, state):
            y, state = super().forward(x, state)
            self.steps = getattr(self, "steps", 0) + 1
            return y / self.steps, state

    with pytest.raises(Nonconformity, match="assigns nothing to the module, but steps changed"):
        check_cell(Secret(4, hidden_size=6))


class OddStore(ExactStore):
    """An exact store with one thing wrong."""

    wrong = "nothing"

    def add(self, keys, values, ids=None):
        if self.wrong == "forgets":
            keys, values, ids = keys[:-1], values[:-1], None if ids is None else ids[:-1]
        if self.wrong == "reuses" and len(self):
            self._next = int(self.ids.max()) + 1
        if self.wrong == "lenient" and len(keys) != len(values):
            return torch.arange(len(keys))
        return super().add(keys, values, ids)

    def delete(self, ids):
        if self.wrong == "remembers":
            return
        if self.wrong == "brittle" and not torch.isin(ids, self.ids).all():
            raise KeyError(ids)
        super().delete(ids)

    def search(self, query, k, *, where=None):
        if self.wrong == "unfiltered":
            where = None
        found = super().search(query, k, where=where)
        keys, values, mask, ids = found
        if self.wrong == "unsorted":
            keys, values, ids = keys.flip(-2), values.flip(-2), ids.flip(-1)
        elif self.wrong == "mixed":
            values = values.roll(1, -2)
        elif self.wrong == "open":
            mask = torch.ones_like(mask)
        elif self.wrong == "flat":
            mask = mask.squeeze(-2)
        elif self.wrong == "anonymous":
            ids = None
        return Memory(keys, values, mask, ids)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("forgets", "add returns are"),
        ("reuses", "the id of a deleted row is not given again"),
        ("lenient", "more keys than values are refused; no ValueError"),
        ("remembers", "8 of 40 rows deleted leave 32, not 40"),
        ("unfiltered", "`where` confines the search"),
        ("unsorted", "best first|share"),
        ("mixed", "its own value"),
        ("open", "confines the search"),
        ("flat", "the mask of what is found"),
        ("anonymous", "carries the ids"),
    ],
)
def test_stores(wrong, message):
    make = type("Made", (OddStore,), {"wrong": wrong})
    with pytest.raises(Nonconformity, match=f"Made: .*({message})"):
        check_store(make)


def test_a_store_that_finds_a_part_is_measured():
    class Blind(ExactStore):
        def search(self, query, k, *, where=None):
            among = self.ids[::2] if where is None and k < 10 else where
            return super().search(query, k, where=among)

    with pytest.raises(Nonconformity, match=r"the true 5 best found is 1 or more, not 0\.\d+"):
        check_store(Blind)
    check_store(Blind, recall=0.2)


class OddTask:
    """Sums of three numbers, with one thing wrong."""

    def __init__(self, wrong):
        self.wrong, self.generator = wrong, torch.Generator().manual_seed(0)

    def batches(self, split, *, seed, start=0):
        carried = torch.Generator().manual_seed(seed)
        for i in itertools.count(start):
            generator = torch.Generator().manual_seed(1000 * seed + i)
            if self.wrong == "shared":
                generator = self.generator
            elif self.wrong == "carried":
                generator = carried
            elif self.wrong == "unseeded":
                generator = torch.Generator().manual_seed(i)
            elif self.wrong == "global":
                torch.manual_seed(1000 * seed + i)
                generator = None
            x = torch.randn(4, 3, generator=generator)
            yield {"x": x, "y": x.sum(-1), "words": ["sum", i]}

    def step(self, model, batch):
        error = (model(batch["x"]).squeeze(-1) - batch["y"]).abs()
        loss = error.mean()
        if self.wrong == "detached":
            loss = loss.detach()
        elif self.wrong == "vector":
            loss = error
        elif self.wrong == "nan":
            loss = loss * torch.nan
        metric = loss if self.wrong == "attached" else error.detach().mean()
        return Step(loss, {"error": error.detach() if self.wrong == "rows" else metric})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("shared", r"batches made twice are the same; batch 0\.x differs"),
        ("carried", "start=1 goes on from batch 1"),
        ("unseeded", "another seed gives other batches"),
        ("global", "leave torch's generator alone"),
        ("detached", "the loss has a gradient"),
        ("vector", r"loss are \(\), not \(4,\)"),
        ("nan", "the loss is finite"),
        ("attached", "the metric error is detached"),
        ("rows", r"metric error are \(\), not \(4,\)"),
    ],
)
def test_tasks(wrong, message):
    model = nn.Linear(3, 1)
    check_task(OddTask("nothing"), model=model)
    with pytest.raises(Nonconformity, match=f"OddTask: .*{message}"):
        check_task(OddTask(wrong), model=model)


def test_checks_leave_the_generator_and_the_mode_as_they_were():
    cell = AttentionCell(4, hidden_size=6)
    cell.rnn.eval()
    before = torch.get_rng_state()
    check_cell(cell, start=lambda batch: cell.bind(torch.randn(batch, 5, 6)))
    check_normalizer(recollect.functional.gumbel_softmax)
    check_store(ExactStore)
    assert torch.equal(before, torch.get_rng_state())
    assert cell.training and not cell.rnn.training
