"""The fused trainer of entity networks against the readable model, down to Adam's step."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from recollect.kernels import entity as kernel
from recollect.kernels.layout import Facts, Groups
from recollect.models.entity import EntityNetwork

WORDS, VOCAB, LONGEST = 5, 12, 7


def stories(seed=0, questions=(3, 1, 2, 1, 4)):
    """Stories of 1 to LONGEST sentences, each with questions asked at several places of it."""
    random = np.random.default_rng(seed)
    lengths = [LONGEST, 1, *random.integers(1, LONGEST + 1, len(questions) - 2)]

    def sentences(number):
        size = random.integers(1, WORDS + 1, number).astype(np.int32)
        words = random.integers(1, VOCAB, (number, WORDS)).astype(np.int32)
        words[np.arange(WORDS) >= size[:, None]] = 0
        return words, size

    first = np.repeat(np.cumsum([0, *lengths[:-1]]), questions).astype(np.int32)
    count = np.concatenate(
        [np.sort(random.integers(0, n + 1, k)) for n, k in zip(lengths, questions, strict=True)]
    ).astype(np.int32)
    answer = random.integers(1, VOCAB, len(count)).astype(np.int32)
    facts = Facts(*sentences(sum(lengths)), first, count, *sentences(len(count)), answer)
    begins = np.concatenate([[0], np.cumsum(questions)])
    return facts, Groups(np.arange(len(count)), begins)


def tensors(facts, rows):
    story = np.zeros((len(rows), LONGEST, WORDS), np.int64)
    for b, q in enumerate(rows):
        part = slice(facts.first[q], facts.first[q] + facts.count[q])
        story[b, : facts.count[q]] = facts.words[part]
    parts = story, facts.question[rows], facts.answer[rows]
    return [torch.from_numpy(x).long() for x in parts]


def model(width=7, slots=3, seed=1):
    torch.manual_seed(seed)
    made = EntityNetwork(VOCAB, width=width, slots=slots, words=WORDS)
    with torch.no_grad():
        for p in made.parameters():  # gates far from one half, slopes on both sides of 1
            p.mul_(3).add_(0.2 * torch.randn_like(p))
        made.embedding[0] = 0
    return made


@pytest.mark.parametrize(("width", "slots"), [(7, 3), (16, 4), (9, 1)])
def test_loss_and_gradient_are_the_reference_s(width, slots):
    facts, groups = stories()
    reference = model(width, slots)
    story, question, answer = tensors(facts, groups.members)
    logits = reference(story, question)
    loss = F.cross_entropy(logits, answer, reduction="sum")
    loss.backward()
    sizes, row = reference.sizes(LONGEST), reference.kernel_weights()
    grad = np.zeros_like(row)
    picks = np.arange(len(groups.begins) - 1)
    work = kernel.workspace(sizes)
    cost, wrong = kernel.gradient(row, sizes, facts, groups, picks, grad, work)
    assert cost == pytest.approx(loss.item(), rel=1e-5)
    assert wrong == int((logits.argmax(-1) != answer).sum())
    at = 0
    for name, p in reference.named_parameters():
        mine = torch.from_numpy(grad[at : at + p.numel()]).view_as(p)
        at += p.numel()
        scale = float(p.grad.abs().max())
        torch.testing.assert_close(
            mine, p.grad, rtol=1e-4, atol=2e-5 * scale, msg=lambda m, n=name: f"{n}: {m}"
        )
    assert at == len(row)


def test_a_story_read_once_gives_what_each_question_alone_gives():
    facts, groups = stories(seed=4)
    reference = model()
    sizes, row = reference.sizes(LONGEST), reference.kernel_weights()
    alone = Groups(groups.members, np.arange(len(groups.members) + 1))
    work, found = kernel.workspace(sizes), []
    for one in (groups, alone):
        grad = np.zeros_like(row)
        picks = np.arange(len(one.begins) - 1)
        found.append((kernel.gradient(row, sizes, facts, one, picks, grad, work), grad))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-3, atol=1e-4)


def test_evaluation_gives_the_reference_s_answers_and_shares():
    facts, groups = stories(seed=2)
    reference = model()
    loss, best, shares = kernel.evaluate(
        reference.kernel_weights(), reference.sizes(LONGEST), facts, groups
    )
    story, question, answer = tensors(facts, groups.members)
    with torch.no_grad():
        logits = reference(story, question)
        expected = reference.weights(story, question)[:, 0]
    assert loss == pytest.approx(F.cross_entropy(logits, answer, reduction="sum").item(), rel=1e-5)
    np.testing.assert_array_equal(best, logits.argmax(-1))
    np.testing.assert_allclose(shares, expected, atol=1e-5)


@pytest.mark.parametrize("clip", [0.5, 1e6])
def test_steps_are_adam_s_with_one_norm_for_all(clip):
    facts, groups = stories()
    reference = model()
    sizes, row = reference.sizes(LONGEST), reference.kernel_weights()
    optimizer = torch.optim.Adam(reference.parameters(), lr=0.02)
    picks, begins = np.array([0, 3, 1, 2, 4, 0]), np.array([0, 2, 5, 6])
    rates, norms = np.array([0.02, 0.02, 0.01]), []
    for step, rate in enumerate(rates):
        some = picks[begins[step] : begins[step + 1]]
        rows = np.concatenate(
            [groups.members[groups.begins[g] : groups.begins[g + 1]] for g in some]
        )
        story, question, answer = tensors(facts, rows)
        optimizer.zero_grad()
        F.cross_entropy(reference(story, question), answer, reduction="sum").backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(reference.parameters(), clip)))
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
    mean, square = np.zeros_like(row), np.zeros_like(row)
    *_, seen, total, taken = kernel.train(
        row, mean, square, sizes, facts, groups, picks, begins, rates, clip, 0
    )
    assert taken == 3 and seen == sum(np.diff(groups.begins)[picks])
    assert total == pytest.approx(sum(norms), rel=1e-4)
    # A gradient near Adam's epsilon is a step of any size, so a few entries may differ.
    off = np.abs(row - reference.kernel_weights()) > 1e-3
    assert off.mean() < 0.01
    reference.take_kernel_weights(row)
    np.testing.assert_array_equal(reference.kernel_weights(), row)
    assert (reference.embedding[0] == 0).all()


def test_training_in_pieces_is_training_in_one():
    facts, groups = stories()
    reference = model()
    sizes, rates = reference.sizes(LONGEST), np.full(4, 0.01)
    picks, begins = np.array([0, 1, 2, 3, 4, 0, 1, 2]), np.array([0, 2, 4, 6, 8])
    whole, pieces = reference.kernel_weights(), reference.kernel_weights()
    one, two = (np.zeros((2, len(whole)), np.float32) for _ in range(2))
    kernel.train(whole, *one, sizes, facts, groups, picks, begins, rates, 40.0, 0)
    kernel.train(pieces, *two, sizes, facts, groups, picks[:6], begins[:4], rates[:3], 40.0, 0)
    kernel.train(pieces, *two, sizes, facts, groups, picks[6:], begins[:2], rates[3:], 40.0, 3)
    np.testing.assert_array_equal(whole, pieces)
    np.testing.assert_array_equal(one, two)


def test_no_step_is_taken_with_a_gradient_that_is_not_finite():
    facts, groups = stories()
    reference = model()
    row = reference.kernel_weights()
    row[VOCAB * 7 + 3] = np.inf  # a key
    before = row.copy()
    state = np.zeros((2, len(row)), np.float32)
    *_, taken = kernel.train(
        row, *state, reference.sizes(LONGEST), facts, groups,
        np.arange(5), np.array([0, 5]), np.array([0.01]), 40.0, 0,
    )  # fmt: skip
    assert taken == 0
    np.testing.assert_array_equal(row, before)
    assert not state.any()
