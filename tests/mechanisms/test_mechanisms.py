"""Every mechanism keeps the contract, and is the equation it names."""

import pytest
import torch

from recollect import Tempered, additive, cosine, dot, general, mechanisms, scaled_dot
from recollect.functional import marginal, monotonic, reinforce, sparsemax
from recollect.mechanisms import (
    ChunkwiseAttention,
    ContentAttention,
    CoverageAttention,
    GaussianAttention,
    HardAttention,
    LocalAttention,
    LocationAttention,
    Mechanism,
    MonotonicAttention,
    OnwardAttention,
    PositionAttention,
    StepwiseAttention,
    smooth,
)
from recollect.testing import Nonconformity, check_mechanism, check_normalizer
from recollect.trace import trace

MAKERS = {
    "content additive": lambda: ContentAttention(additive(4)),
    "content normalized": lambda: ContentAttention(additive(4, normalized=True)),
    "content dot": lambda: ContentAttention(dot()),
    "content scaled dot": lambda: ContentAttention(scaled_dot()),
    "content general": lambda: ContentAttention(general(4)),
    "content cosine": lambda: ContentAttention(cosine(2.0)),
    "content sparse": lambda: ContentAttention(additive(4), normalize=sparsemax),
    "content tempered": lambda: ContentAttention(additive(4), normalize=Tempered(temperature=0.5)),
    "content tempered sparse": lambda: ContentAttention(additive(4), normalize=Tempered(sparsemax)),
    "hard": lambda: HardAttention(additive(4)),
    "position": lambda: PositionAttention(4, slots=9),
    "local-m": lambda: LocalAttention(general(4), radius=2),
    "local-p": lambda: LocalAttention(general(4), query_size=4, radius=2),
    "local-p renormalized": lambda: LocalAttention(
        general(4), query_size=4, radius=2, renormalize=True
    ),
    "location": lambda: LocationAttention(additive(4), filters=3, width=5),
    "location cumulative": lambda: LocationAttention(
        additive(4), filters=3, width=5, cumulative=True, normalize=smooth
    ),
    "location window": lambda: LocationAttention(additive(4), filters=3, width=5, window=1),
    "coverage": lambda: CoverageAttention(additive(4)),
    "gaussian": lambda: GaussianAttention(4, components=3),
    "gaussian normalized": lambda: GaussianAttention(4, components=3, normalized=True),
    "monotonic": lambda: MonotonicAttention(additive(4, normalized=True), offset=-1.0),
    "monotonic hard": lambda: MonotonicAttention(additive(4), offset=0.0, hard=True),
    "chunkwise": lambda: ChunkwiseAttention(additive(4), additive(4), width=3, offset=-1.0),
    "onward": lambda: OnwardAttention(additive(4), offset=-1.0),
    "onward hard": lambda: OnwardAttention(additive(4), offset=0.0, hard=True),
    "stepwise": lambda: StepwiseAttention(additive(4)),
    "stepwise hard": lambda: StepwiseAttention(additive(4), hard=True),
}


@pytest.fixture(params=MAKERS, ids=str)
def mechanism(request) -> Mechanism:
    torch.manual_seed(0)
    return MAKERS[request.param]()


def test_keeps_the_contract(mechanism):
    plain = isinstance(mechanism, GaussianAttention) and not mechanism.normalized
    check_mechanism(mechanism, query_size=4, simplex=not plain)
    check_mechanism(mechanism.double(), query_size=4, simplex=not plain)


def test_every_leaf_is_tried():
    leaves = {
        leaf
        for name in mechanisms.__all__
        if isinstance(leaf := getattr(mechanisms, name), type)
        and issubclass(leaf, Mechanism)
        and leaf is not Mechanism
    }
    assert leaves == {type(make()) for make in MAKERS.values()}


def test_training_has_finite_gradients_over_long_and_empty_sources(mechanism):
    mechanism.train()
    keys = torch.randn(3, 400, 4)
    lengths = torch.tensor([400, 1, 0])
    mask = torch.arange(400) < lengths.unsqueeze(1)
    if isinstance(mechanism, PositionAttention):
        keys, mask = keys[:, :9], mask[:, :9]
    queries = torch.randn(3, 6, 4, requires_grad=True)
    out = mechanism.sequence(queries, mechanism.bind(keys, mask=mask))
    assert (out.read[2] == 0).all()
    if out.read.requires_grad:
        out.read.square().sum().backward()
        assert all(p.grad is None or p.grad.isfinite().all() for p in mechanism.parameters())


def test_four_thousand_slots(mechanism):
    if isinstance(mechanism, PositionAttention):
        return
    mechanism.eval()
    out = mechanism.sequence(torch.randn(1, 2, 4), mechanism.bind(torch.randn(1, 4000, 4)))
    assert out.weights.isfinite().all() and out.read.isfinite().all()


@pytest.mark.parametrize("slots", [1, 4000])
def test_one_step_and_many_slots_train(mechanism, slots):
    if isinstance(mechanism, PositionAttention) and slots > 9:
        return
    mechanism.train()
    for steps in (1, 3):
        queries, keys = (torch.randn(2, n, 4, requires_grad=True) for n in (steps, slots))
        mask = torch.arange(slots) < torch.tensor([[slots], [0]])
        out = mechanism.sequence(queries, mechanism.bind(keys, mask=mask))
        assert out.weights.isfinite().all() and (out.read[1] == 0).all()
        inputs = [queries, keys, *mechanism.parameters()]
        for gradient in torch.autograd.grad(out.read.square().sum(), inputs, allow_unused=True):
            assert gradient is None or gradient.isfinite().all()


def test_positions_hold_in_bfloat16(mechanism):
    if isinstance(mechanism, (PositionAttention, HardAttention)) or "hard" in vars(mechanism):
        return  # a slot more or less: all the weight, or where all later steps begin
    mechanism.bfloat16().eval()  # what it is given is exact in few bits
    queries, keys = (torch.randn(1, n, 4).bfloat16() for n in (3, 600))
    if isinstance(mechanism, LocalAttention) and mechanism.position is None:
        queries = queries.repeat(1, 2, 1)
    half = mechanism.sequence(queries, mechanism.bind(keys))
    assert half.weights.dtype == half.read.dtype == torch.bfloat16
    mechanism.float()
    whole = mechanism.sequence(queries.float(), mechanism.bind(keys.float()))
    reach = torch.arange(600.0)
    centre, right = (
        (w.float() @ reach) / w.float().sum(-1).clamp(min=1e-6)
        for w in (half.weights, whole.weights)
    )
    torch.testing.assert_close(centre, right, atol=3.0, rtol=0.02)


def test_what_stands_behind_a_source_may_be_anything(mechanism):
    mechanism.eval()
    keys, queries = torch.randn(2, 8, 4), torch.randn(2, 3, 4)
    mask = torch.arange(8) < torch.tensor([[8], [5]])
    values = keys * mask.unsqueeze(-1)
    clean = mechanism.sequence(queries, mechanism.bind(keys, values, mask))
    keys[1, 5:] = torch.nan
    dirty = mechanism.sequence(queries, mechanism.bind(keys, values, mask))
    torch.testing.assert_close(dirty.weights, clean.weights)


@pytest.mark.parametrize(("stop", "within"), [(general, additive), (additive, general)])
def test_chunks_take_two_scores_of_other_widths(stop, within):
    pair = (stop(4, key_size=5), within(4, key_size=5))
    check_mechanism(ChunkwiseAttention(*pair, width=2, offset=0.0), query_size=4, key_size=5)


def test_a_trace_records_the_weights(mechanism):
    mechanism.eval()
    queries = torch.randn(2, 3, 4)
    memory = mechanism.bind(torch.randn(2, 5, 4))
    with trace(mechanism) as seen:
        out = mechanism.sequence(queries, memory)
    torch.testing.assert_close(seen.weights(type(mechanism).__name__), out.weights)


def test_a_check_sees_state_on_the_module():
    class Stateful(ContentAttention):
        def weigh(self, query, memory, state):
            weights, state = super().weigh(query, memory, state)
            self.last = weights
            return weights, state

    with pytest.raises(Nonconformity, match="assigns nothing"):
        check_mechanism(Stateful(additive(4)), query_size=4)


def test_smooth_is_a_normalizer():
    check_normalizer(smooth)


def test_hard_attention_learns_by_its_samples():
    torch.manual_seed(0)
    hard = HardAttention(additive(4)).train()
    keys, query = torch.randn(1, 3, 4), torch.randn(1, 4)
    memory = hard.bind(keys.expand(4000, -1, -1), torch.eye(3).expand(4000, -1, -1))
    out = hard(query.expand(4000, -1), memory, hard.initial_state(memory))
    assert (out.weights.sum(-1) == 1).all() and set(out.weights.unique().tolist()) == {0.0, 1.0}
    soft = ContentAttention(hard.score)
    chances = soft(query, soft.bind(keys), soft.initial_state(memory)).weights[0]
    torch.testing.assert_close(out.weights.mean(0), chances, atol=0.03, rtol=0)
    reward = torch.tensor([1.0, 3.0, -2.0])
    loss = reinforce(out.state.log_chosen, out.read @ reward)
    estimate = torch.autograd.grad(loss, hard.score.v)[0]
    exact = torch.autograd.grad(-(chances * reward).sum(), hard.score.v)[0]
    torch.testing.assert_close(estimate, exact, atol=0.1, rtol=0.2)


def test_marginal_needs_only_the_weights():
    torch.manual_seed(0)
    soft = ContentAttention(additive(4))
    out = soft.sequence(torch.randn(2, 3, 4), soft.bind(torch.randn(2, 5, 4)))
    likelihood = marginal(out.weights.log(), torch.randn(2, 3, 5).log_softmax(-1))
    assert likelihood.shape == (2, 3) and (likelihood <= 0).all()


def test_monotonic_is_its_function():
    torch.manual_seed(0)
    mechanism = MonotonicAttention(additive(4), offset=-1.0).eval()
    memory = mechanism.bind(torch.randn(1, 5, 4))
    state = mechanism.initial_state(memory)
    query = torch.randn(1, 4)
    energy = mechanism.scores(query, memory) - 1.0
    torch.testing.assert_close(
        mechanism(query, memory, state).weights, monotonic(energy, state.stops)
    )


def test_local_weights_lie_in_the_window():
    torch.manual_seed(0)
    local = LocalAttention(dot(), radius=2)
    out = local.sequence(torch.randn(1, 8, 4), local.bind(torch.randn(1, 9, 4)))
    for t in range(8):
        read = out.weights[0, t].nonzero().flatten()
        assert read.min() >= t - 2 and read.max() <= t + 2


def test_local_p_looks_within_each_source():
    torch.manual_seed(0)
    local = LocalAttention(dot(), query_size=4, radius=1)
    with torch.no_grad():
        local.position[2].weight.fill_(100.0)  # sigmoid near 1: the end of each source
    queries = torch.ones(2, 1, 4)
    with torch.no_grad():
        local.position[0].weight.fill_(1.0)
    mask = torch.tensor([[True] * 9, [True] * 4 + [False] * 5])
    out = local.sequence(queries, local.bind(torch.randn(2, 9, 4), mask=mask))
    assert out.weights[0, 0].argmax() == 8 and out.weights[1, 0].argmax() == 3


def test_gaussian_windows_only_move_forward():
    torch.manual_seed(0)
    mechanism = GaussianAttention(4)
    memory = mechanism.bind(torch.randn(1, 9, 4))
    state = mechanism.initial_state(memory)
    for query in torch.randn(5, 1, 4):
        after = mechanism(query, memory, state).state
        assert (after.centres > state.centres).all()
        state = after


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: LocalAttention(dot(), radius=0), "at least 1 slot, not 0"),
        (lambda: LocationAttention(additive(4), width=4), "odd number, not 4"),
        (lambda: LocationAttention(additive(4), window=0), "a window of 0"),
        (lambda: ChunkwiseAttention(additive(4), additive(4), width=0), "at least one slot"),
        (lambda: ContentAttention(dot()).bind(torch.zeros(2, 3)), "B, N, width"),
        (
            lambda: ContentAttention(dot()).bind(torch.zeros(2, 3, 4), mask=torch.ones(2, 3)),
            "boolean",
        ),
        (
            lambda: PositionAttention(4, slots=2).sequence(
                torch.zeros(1, 1, 4), PositionAttention(4, slots=2).bind(torch.zeros(1, 3, 4))
            ),
            "slots=3",
        ),
        (lambda: mechanisms.repeat(torch.zeros(2), 0), "at least once"),
    ],
)
def test_mistakes_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
