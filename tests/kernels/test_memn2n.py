"""The fused trainer of memory networks against the readable model, down to clip and update."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from recollect.kernels import memn2n as kernel
from recollect.kernels.layout import Facts, Weights
from recollect.models.memn2n import MemN2N
from recollect.tasks.babi import draw_plainly

WORDS, SLOTS, VOCAB = 5, 6, 12


def facts(questions=40, seed=0):
    """Random stories of 0 to SLOTS sentences of 1 to WORDS words."""
    random = np.random.default_rng(seed)
    count = random.integers(0, SLOTS + 1, questions).astype(np.int32)
    count[:2] = 0, SLOTS
    first = np.concatenate([[0], count.cumsum()[:-1]]).astype(np.int32)

    def sentences(number):
        lengths = random.integers(1, WORDS + 1, number).astype(np.int32)
        words = random.integers(1, VOCAB, (number, WORDS)).astype(np.int32)
        words[np.arange(WORDS) >= lengths[:, None]] = 0
        return words, lengths

    words, lengths = sentences(int(count.sum()))
    question, asked = sentences(questions)
    answer = random.integers(1, VOCAB, questions).astype(np.int32)
    return Facts(words, lengths, first, count, question, asked, answer)


def tensors(data, picks, times):
    story = np.zeros((len(picks), SLOTS, WORDS), np.int64)
    when = np.zeros((len(picks), SLOTS), np.int64)
    for b, q in enumerate(picks):
        n = data.count[q]
        story[b, :n] = data.words[data.first[q] : data.first[q] + n]
        when[b, :n] = times[b, :n]
    return [torch.from_numpy(x).long() for x in (story, data.question[picks], when)]


def model(seed=1, **choices):
    torch.manual_seed(seed)
    made = MemN2N(VOCAB, width=7, slots=SLOTS, words=WORDS, **choices)
    with torch.no_grad():
        for p in made.parameters():  # large enough that the softmax is far from uniform
            p.mul_(5)
    return made


CHOICES = [
    {"hops": 3},
    {"hops": 1, "encoding": "bag"},
    {"hops": 2, "masked": True},
    {"hops": 3, "tying": "layer-wise"},
    {"hops": 3, "tying": "recurrent"},
]


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("choices", CHOICES)
def test_loss_and_gradient_are_the_reference_s(choices, linear):
    data, reference = facts(), model(**choices)
    picks, times = kernel.draw(data.count, np.arange(40), 24, SLOTS, 0.3, 5, 0)
    reference.linear_start(linear)
    story, question, when = tensors(data, picks, times)
    logits = reference(story, question, when)
    target = torch.from_numpy(data.answer[picks]).long()
    loss = F.cross_entropy(logits, target, reduction="sum")
    loss.backward()

    weights, wiring = reference.kernel_weights(), reference.wiring()
    grad = Weights(np.zeros_like(weights.tables), np.zeros_like(weights.carry))
    work = kernel.workspace(weights, wiring)
    cost, wrong = kernel.gradient(weights, data, picks, times, wiring, linear, grad, work)
    assert cost == pytest.approx(loss.item(), rel=1e-5)
    assert wrong == int((logits.argmax(-1) != target).sum())
    mine = torch.from_numpy(grad.tables).view(VOCAB + SLOTS, -1, 7).permute(1, 0, 2)
    torch.testing.assert_close(
        mine[:, 1:], reference.tables.grad[:, 1:], rtol=1e-4, atol=1e-4 * float(mine.abs().max())
    )
    if reference.carry is not None:
        torch.testing.assert_close(
            torch.from_numpy(grad.carry), reference.carry.grad, rtol=1e-4,
            atol=1e-4 * float(np.abs(grad.carry).max()),
        )  # fmt: skip


@pytest.mark.parametrize("linear", [False, True])
def test_the_nil_row_s_gradient_is_that_of_the_plain_formula(linear):
    """Every nil word of every slot, empty slots included, as the authors' code sums it."""
    data, reference = facts(seed=3), model(seed=2)
    picks, times = kernel.draw(data.count, np.arange(40), 24, SLOTS, 0.0, 5, 1)
    story, question, when = tensors(data, picks, times)
    tables = reference.tables.detach().clone().requires_grad_()
    place, time = reference.place, torch.where(when > 0, VOCAB - 1 + when, 0)
    rows = torch.cat([story, time[..., None]], -1)
    state = (tables[0][question] * place[:-1]).sum(-2)
    for k in range(3):
        keys, values = ((tables[t][rows] * place).sum(-2) for t in (k, k + 1))
        p = (keys @ state[..., None]).squeeze(-1)
        p = p if linear else p.softmax(-1)
        state = state + (p[:, None] @ values).squeeze(1)
    target = torch.from_numpy(data.answer[picks]).long()
    F.cross_entropy(state @ tables[3].T, target, reduction="sum").backward()
    weights, wiring = reference.kernel_weights(), reference.wiring()
    grad = Weights(np.zeros_like(weights.tables), np.zeros_like(weights.carry))
    work = kernel.workspace(weights, wiring)
    kernel.gradient(weights, data, picks, times, wiring, linear, grad, work)
    mine = torch.from_numpy(grad.tables).view(VOCAB + SLOTS, -1, 7).permute(1, 0, 2)
    torch.testing.assert_close(mine, tables.grad, rtol=1e-4, atol=1e-4 * float(mine.abs().max()))
    assert mine[:, 0].abs().max() > 0.1


@pytest.mark.parametrize("tying", ["adjacent", "layer-wise"])
@pytest.mark.parametrize("clip", [0.5, 1e6])
def test_a_step_clips_every_matrix_by_its_spectral_norm(clip, tying):
    data, reference = facts(), model(hops=2, tying=tying)
    rows = np.arange(5, 40)
    picks, times = kernel.draw(data.count, rows, 16, SLOTS, 0.1, 9, 4)
    weights, wiring = reference.kernel_weights(), reference.wiring()
    grad = Weights(np.zeros_like(weights.tables), np.zeros_like(weights.carry))
    work = kernel.workspace(weights, wiring)
    kernel.gradient(weights, data, picks, times, wiring, False, grad, work)

    def stepped(before, change):
        norm = np.linalg.norm(change, 2)
        return before - 0.02 * change * min(1, clip / norm)

    tables = weights.tables.reshape(len(weights.tables), -1, 7)
    change = grad.tables.reshape(tables.shape)
    expected = np.stack([stepped(tables[:, t], change[:, t]) for t in range(tables.shape[1])], 1)
    expected[0] = 0
    carry = stepped(weights.carry, grad.carry) if weights.carry.size else weights.carry
    *_, norms, clipped, taken = kernel.train(
        weights, data, rows, wiring, 16, 0.1, 0.02, clip, False, 9, 4, 1
    )
    matrices = tables.shape[1] + (weights.carry.size > 0)
    assert taken == 1
    assert norms == pytest.approx(np.hypot(*map(np.linalg.norm, (change, grad.carry))), rel=1e-5)
    assert clipped == (0 if clip > 1 else matrices)
    np.testing.assert_allclose(weights.tables.reshape(tables.shape), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(weights.carry, carry, rtol=1e-4, atol=1e-5)


def test_training_in_pieces_is_training_in_one():
    data, reference = facts(), model()
    whole, pieces = reference.kernel_weights(), reference.kernel_weights()
    wiring = reference.wiring()
    rows = np.arange(40)
    total = kernel.train(whole, data, rows, wiring, 8, 0.1, 0.01, 40.0, False, 3, 0, 7)
    first = kernel.train(pieces, data, rows, wiring, 8, 0.1, 0.01, 40.0, False, 3, 0, 4)
    second = kernel.train(pieces, data, rows, wiring, 8, 0.1, 0.01, 40.0, False, 3, 4, 3)
    np.testing.assert_array_equal(whole.tables, pieces.tables)
    assert total[1] == first[1] + second[1]
    assert total[0] == pytest.approx(first[0] + second[0])


def test_no_step_is_taken_with_a_gradient_that_is_not_finite():
    data, reference = facts(), model()
    weights, wiring = reference.kernel_weights(), reference.wiring()
    weights.tables[3, 2] = np.inf
    before = weights.tables.copy()
    found = kernel.train(weights, data, np.arange(40), wiring, 8, 0.1, 0.01, 40.0, False, 3, 5, 9)
    assert found[-1] < 9 and not (np.isfinite(found[0]) and np.isfinite(found[2]))
    if found[-1] == 0:
        np.testing.assert_array_equal(weights.tables, before)


def test_evaluation_gives_the_reference_s_answers_and_weights():
    data, reference = facts(), model(hops=2)
    rows = np.arange(40)
    loss, best, attention = kernel.evaluate(
        reference.kernel_weights(), data, rows, reference.wiring(), False
    )
    times = np.maximum(data.count[:, None] - np.arange(SLOTS), 0)
    story, question, when = tensors(data, rows, times)
    with torch.no_grad():
        logits, weights = reference(story, question, when), reference.weights(story, question, when)
        target = torch.from_numpy(data.answer).long()
        expected = F.cross_entropy(logits, target, reduction="sum").item()
    assert loss == pytest.approx(expected, rel=1e-5)
    np.testing.assert_array_equal(best, logits.argmax(-1))
    filled = np.arange(SLOTS) < data.count[:, None]
    np.testing.assert_allclose(attention, weights.numpy() * filled[:, None], atol=1e-5)


DRAWS = pytest.mark.parametrize("draw", [kernel.draw, draw_plainly], ids=["kernel", "plain"])


@DRAWS
def test_time_words_are_a_sorted_choice_with_blanks(draw):
    """With noise 10 %, n sentences get n of n..n+ceil(n/10) times, each once but at the clip."""
    counts = np.array([1, 5, 12, 50], np.int32)
    seen = set()
    for step in range(300):
        picks, times = draw(counts, np.arange(4), 8, 50, 0.1, 0, step)
        for q, row in zip(picks, times, strict=True):
            n = counts[q]
            used = row[:n]
            assert (row[n:] == 0).all() and used[-1] >= 1
            inside = used[used < 50]
            assert (np.diff(inside) < 0).all() and (np.diff(used) <= 0).all()
            assert used[0] <= min(50, n + np.ceil(0.1 * n))
            seen.add((int(n), int(used[0])))
    assert {top for n, top in seen if n == 12} == {12, 13, 14}
    assert {top for n, top in seen if n == 1} == {1, 2}
    plain = draw(counts, np.array([2]), 1, 50, 0.0, 0, 0)[1][0]
    assert plain[:12].tolist() == list(range(12, 0, -1))


@DRAWS
def test_noise_is_uniform_over_blanks_and_choices(draw):
    """One sentence: no blank half the time, a blank puts it at 1 or 2: at 2 a quarter of all."""
    counts = np.array([1], np.int32)
    times = np.concatenate(
        [draw(counts, np.array([0]), 100, 4, 0.1, 7, s)[1][:, 0] for s in range(100)]
    )
    assert abs((times == 2).mean() - 0.25) < 0.02


@DRAWS
def test_batches_are_drawn_with_replacement_from_the_given_rows(draw):
    counts, rows = np.ones(30, np.int32), np.array([3, 11, 17])
    picks = np.concatenate([draw(counts, rows, 50, 4, 0.0, 1, s)[0] for s in range(60)])
    found, times = np.unique(picks, return_counts=True)
    assert found.tolist() == rows.tolist()
    assert np.abs(times / len(picks) - 1 / 3).max() < 0.03
    again = draw(counts, rows, 50, 4, 0.0, 1, 0)[0]
    np.testing.assert_array_equal(picks[:50], again)
    assert (again != draw(counts, rows, 50, 4, 0.0, 2, 0)[0]).any()
