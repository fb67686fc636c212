"""Hidden alignments: dynamic programs equal brute force, estimators equal their expectation."""

import itertools

import pytest
import torch

from recollect.functional import (
    elbo,
    marginal,
    monotone_forward,
    monotone_likelihood,
    monotone_step,
    monotone_transitions,
    reinforce,
)


def _case(steps, slots, seed=0):
    torch.manual_seed(seed)
    kind = {"dtype": torch.float64}
    return (
        torch.randn(steps, slots, **kind).log_softmax(-1),
        torch.randn(steps, slots, **kind).sigmoid().log(),
    )


@pytest.mark.parametrize(("steps", "slots"), [(1, 1), (2, 3), (4, 4), (3, 2)])
def test_marginal_is_the_sum_over_sequences_of_choices(steps, slots):
    weights, emissions = _case(steps, slots)
    total = sum(
        torch.stack([weights[t, j] + emissions[t, j] for t, j in enumerate(path)]).sum().exp()
        for path in itertools.product(range(slots), repeat=steps)
    )
    torch.testing.assert_close(marginal(weights, emissions).sum().exp(), total)


@pytest.mark.parametrize(("steps", "slots"), [(1, 1), (2, 3), (4, 4), (3, 2)])
def test_forward_is_the_sum_over_monotone_paths(steps, slots):
    weights, emissions = _case(steps, slots)
    torch.manual_seed(1)
    jumps = monotone_transitions(torch.randn(max(steps - 1, 0), slots, slots, dtype=torch.float64))
    total = torch.zeros((), dtype=torch.float64)
    for path in itertools.combinations_with_replacement(range(slots), steps):
        chance = weights[0, path[0]] + emissions[0, path[0]]
        for t in range(1, steps):
            chance = chance + jumps[t - 1, path[t - 1], path[t]] + emissions[t, path[t]]
        total = total + chance.exp()
    torch.testing.assert_close(monotone_forward(weights[0], jumps, emissions).exp(), total)


@pytest.mark.parametrize("readable", [(1, 1, 1, 1, 1), (1, 1, 1, 0, 0), (0, 1, 0, 1, 0)])
def test_jumps_scored_by_where_they_lead_need_no_square(readable):
    torch.manual_seed(3)
    scores = 3 * torch.randn(2, 4, 5, dtype=torch.float64, requires_grad=True)
    emissions = torch.randn(2, 4, 5, dtype=torch.float64).sigmoid().log().requires_grad_()
    mask, steps = torch.tensor(readable).bool(), torch.tensor([4, 2])
    every = scores.unsqueeze(-2).expand(2, 4, 5, 5)[:, 1:]
    start = scores[:, 0].masked_fill(~mask, -1e4).log_softmax(-1)
    jumps = monotone_transitions(every, mask)
    square = monotone_forward(start, jumps, emissions.masked_fill(~mask, -1e4), steps=steps)
    line = monotone_likelihood(scores, emissions, mask, steps=steps)
    torch.testing.assert_close(line, square)
    for ours, theirs in zip(
        torch.autograd.grad(line.sum(), (scores, emissions)),
        torch.autograd.grad(square.sum(), (scores, emissions)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)
    belief = start.detach()
    moved = (belief.unsqueeze(-1) + jumps[:, 0]).logsumexp(-2).exp()
    torch.testing.assert_close(monotone_step(belief, scores[:, 1], mask).exp(), moved)
    torch.testing.assert_close(moved.sum(-1), torch.ones(2, dtype=torch.float64))


def test_thousands_of_slots_from_left_to_right():
    torch.manual_seed(0)
    scores, emissions = torch.randn(2, 3, 4000, requires_grad=True), torch.randn(2, 3, 4000)
    mask = torch.arange(4000) < torch.tensor([4000, 1]).view(2, 1, 1)
    likely = monotone_likelihood(scores, emissions, mask)
    (gradient,) = torch.autograd.grad(likely.sum(), scores)
    assert likely.isfinite().all() and gradient.isfinite().all()
    torch.testing.assert_close(likely[1], emissions[1, :, 0].sum())
    wide = monotone_likelihood(scores.double(), emissions.double(), mask)
    torch.testing.assert_close(likely.double(), wide, rtol=1e-4, atol=1e-4)


def test_sequences_that_have_ended_stay():
    weights, emissions = _case(4, 3)
    jumps = monotone_transitions(torch.randn(3, 3, 3, dtype=torch.float64))
    batch = [x.expand(2, *x.shape) for x in (weights[0], jumps, emissions)]
    both = monotone_forward(*batch, steps=torch.tensor([4, 2]))
    torch.testing.assert_close(both[0], monotone_forward(weights[0], jumps, emissions))
    torch.testing.assert_close(both[1], monotone_forward(weights[0], jumps[:1], emissions[:2]))


def test_transitions_go_forward_among_readable_slots():
    jumps = monotone_transitions(torch.randn(4, 4), torch.tensor([True, True, True, False])).exp()
    assert (jumps.tril(-1) == 0).all() and (jumps[:, 3] == 0).all()
    torch.testing.assert_close(jumps[:3].sum(-1), torch.ones(3))


def test_masked_slots_add_nothing():
    weights, emissions = _case(2, 3)
    mask = torch.tensor([True, True, False])
    torch.testing.assert_close(
        marginal(weights, emissions, mask), marginal(weights[:, :2], emissions[:, :2])
    )


def test_gradients():
    weights, emissions = _case(3, 3)
    weights.requires_grad_(), emissions.requires_grad_()
    jumps = torch.randn(2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(marginal, (weights, emissions))
    assert torch.autograd.gradcheck(
        lambda w, j, e: monotone_forward(w[0], monotone_transitions(j), e),
        (weights, jumps, emissions),
    )


def test_the_estimator_is_right_on_average():
    logits = torch.tensor([0.3, -0.5, 1.0], dtype=torch.float64, requires_grad=True)
    reward = torch.tensor([1.0, 3.0, -2.0], dtype=torch.float64)
    (exact,) = torch.autograd.grad(-(logits.softmax(0) * reward).sum(), logits)
    # every pair of samples, by its probability: the exact mean of the two-sample estimate
    estimate = torch.zeros(3, dtype=torch.float64)
    p = logits.softmax(0).detach()
    for i, j in itertools.product(range(3), repeat=2):
        log_p = logits.log_softmax(0)
        loss = reinforce(log_p[[i, j]], reward[[i, j]])
        estimate += p[i] * p[j] * torch.autograd.grad(loss, logits)[0]
    torch.testing.assert_close(estimate, exact)


def test_the_bound_is_below_and_tight_at_the_posterior():
    weights, emissions = _case(3, 4)
    whole = marginal(weights, emissions)
    other = torch.randn(3, 4, dtype=torch.float64).log_softmax(-1)
    assert (elbo(other, weights, emissions) <= whole + 1e-12).all()
    posterior = weights + emissions - whole.unsqueeze(-1)
    torch.testing.assert_close(elbo(posterior, weights, emissions), whole)


def test_what_has_no_chance_counts_nothing():
    mask = torch.tensor([[True, True, False], [False, False, False]])
    logits = torch.randn(2, 3, requires_grad=True)
    q = logits.masked_fill(~mask, -torch.inf).log_softmax(-1)
    bound = elbo(q, torch.zeros(2, 3), torch.zeros(2, 3), mask)
    gradient = torch.autograd.grad(bound[0], logits)[0]
    assert bound.isfinite().all() and gradient.isfinite().all() and bound[1] == 0
    one = elbo(torch.tensor([0.0, -torch.inf]), torch.zeros(2), torch.tensor([-1.0, -torch.inf]))
    assert float(one) == -1.0


def test_no_slots_at_all_are_no_chance():
    assert marginal(torch.zeros(2, 0), torch.zeros(2, 0)).tolist() == [-1e4, -1e4]
