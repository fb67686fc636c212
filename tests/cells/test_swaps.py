"""A memory machine stands where ``nn.LSTM(batch_first=True)`` stands, in a model of the user's."""

import copy

import pytest
import torch
from torch import nn

from recollect import (
    DNCCell,
    DNCRules,
    NTMCell,
    Recurrent,
    SparseAccessCell,
    detach,
)
from recollect.cells import (
    ConstantMemory,
    LearnedMemory,
    RandomMemory,
    base,
    feedforward,
    gru,
    lstm,
    map_state,
)

INPUTS, OUTPUTS = 3, 2


def ntm(controller=None, memory=None, **others):
    memory = ConstantMemory(6, 4) if memory is None else memory
    controller = lstm(7) if controller is None else controller
    return NTMCell(INPUTS, output_size=OUTPUTS, controller=controller, memory=memory, **others)


def dnc(controller=None, **others):
    controller = lstm(7) if controller is None else controller
    sizes = {"slots": 6, "width": 4}
    return DNCCell(INPUTS, output_size=OUTPUTS, controller=controller, **sizes | others)


def sam(controller=None, **others):
    controller = lstm(7) if controller is None else controller
    sizes = {"slots": 20, "width": 4, "nearest": 3}
    return SparseAccessCell(INPUTS, output_size=OUTPUTS, controller=controller, **sizes | others)


MACHINES = {
    "ntm": ntm,
    "ntm, learned": lambda: ntm(memory=LearnedMemory(6, 4), learned_weights=True),
    "ntm, random, heads": lambda: ntm(memory=RandomMemory(9, 4), heads=(2, 2), shifts=2),
    "dnc": dnc,
    "dnc, improved": lambda: dnc(reads=2, rules=DNCRules(True, True, True)),
    "dnc, content": lambda: dnc(rules=DNCRules(content_only=True)),
    "sam": sam,
    "sam, heads": lambda: sam(heads=2),
}
every = pytest.mark.parametrize("make", MACHINES.values(), ids=MACHINES.keys())
each = pytest.mark.parametrize("make", [ntm, dnc, sam])


class Tagger(nn.Module):
    """What a person has around an LSTM; only the line that makes the layer is changed."""

    def __init__(self, layer):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Linear(5, INPUTS), layer, nn.Linear(OUTPUTS, 4)

    def forward(self, x, state=None):
        y, state = self.rnn(self.embed(x), state)
        return self.head(y), state


def lstm_layer():
    return nn.LSTM(INPUTS, OUTPUTS, batch_first=True)


def gradients(model, x, **how):
    y, _ = model(x, **how)
    return [y, *torch.autograd.grad(y.float().square().sum(), list(model.parameters()))]


def alike(ours, theirs, tolerance=1e-5):
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=tolerance, rtol=1e-4)


@every
def test_a_model_with_it_trains_saves_and_runs_as_one_with_an_lstm(make, tmp_path):
    from safetensors.torch import load_model, save_model

    x = torch.randn(3, 6, 5)
    for layer in (lstm_layer, lambda: Recurrent(make(), fused=True)):
        model = Tagger(layer())
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        before = copy.deepcopy(model)
        state = None
        for piece in x.split(3, 1):  # truncated, the state carried on
            y, state = model(piece, None if state is None else detach(state))
            assert y.shape == (3, 3, 4)
            optimizer.zero_grad()
            y.square().mean().backward()
            optimizer.step()
        found = {name: p.grad for name, p in model.named_parameters()}
        # Where a sequence goes on, the learned start has no part in it.
        missing = {name for name, gradient in found.items() if gradient is None}
        assert all("first" in name or name.endswith("cell.memory.memory") for name in missing)
        assert all(g.isfinite().all() for g in found.values() if g is not None)
        y, _ = model(x)
        assert not torch.allclose(y, before(x)[0])
        model.eval()
        with torch.no_grad():
            torch.testing.assert_close(model(x)[0], y, atol=1e-6, rtol=1e-5)
        with torch.inference_mode():
            torch.testing.assert_close(model(x)[0], y, atol=1e-6, rtol=1e-5)
        save_model(model, str(tmp_path / "model.safetensors"))
        load_model(before, str(tmp_path / "model.safetensors"))
        torch.testing.assert_close(before(x)[0], y)
        torch.testing.assert_close(copy.deepcopy(model)(x)[0], y)


@every
@pytest.mark.parametrize("trained", ["none", "output", "controller"])
def test_weights_that_are_frozen_get_nothing_and_the_rest_gets_its_own(make, trained):
    cell, x, found = make(), torch.randn(2, 5, INPUTS), []
    for part in cell.parameters():
        part.requires_grad_(False)
    if trained != "none":
        getattr(cell, trained).requires_grad_(True)
    wanted = [p for p in cell.parameters() if p.requires_grad]
    for fused in (True, False):
        given = x.clone().requires_grad_()
        y, last = Recurrent(cell, fused=fused)(given)
        loss = y.square().sum() + last.memory.square().sum()
        found.append([y, *torch.autograd.grad(loss, [given, *wanted])])
    alike(*found)


@each
@pytest.mark.parametrize(
    "controller", [gru(7), feedforward(7), feedforward(7, layers=2), lstm(7, layers=2)]
)
def test_other_controllers_run_and_tell_what_they_lack_once(make, controller, monkeypatch, recwarn):
    monkeypatch.setattr(base, "_told", set())
    cell, x = make(controller), torch.randn(2, 5, INPUTS)
    found = [gradients(Recurrent(cell), x) for _ in range(2)]
    alike(found[0], gradients(Recurrent(cell, fused=False), x))
    told = [w for w in recwarn if "runs step by step" in str(w.message)]
    lack = cell.lacks()
    assert len(told) == (lack is not None)
    if lack is not None:
        assert lack in str(told[0].message) and told[0].filename == __file__
        with pytest.raises(ValueError, match="fused=True, but .* cannot run fused"):
            Recurrent(cell, fused=True)(x)


@each
def test_a_type_without_a_kernel_is_told_once(make, monkeypatch, recwarn):
    monkeypatch.setattr(base, "_told", set())
    rnn, x = Recurrent(make().bfloat16()), torch.randn(2, 5, INPUTS).bfloat16()
    y, state = rnn(x)
    rnn(x, state)
    torch.vmap(lambda x: rnn(x)[0])(torch.stack([x, x]))  # whoever maps has asked for no kernel
    Recurrent(rnn.cell, fused=False)(x)
    told = [str(w.message) for w in recwarn if "runs step by step" in str(w.message)]
    assert len(told) == 1 and "no kernel for torch.bfloat16 on cpu" in told[0]
    assert y.dtype == torch.bfloat16 and state.memory.dtype == torch.float32


@every
def test_autocast_gives_what_it_gives_around_an_lstm_and_keeps_the_kernel(make, monkeypatch):
    model, x = Tagger(Recurrent(make(), fused=True)), torch.randn(2, 5, 5)
    exact, last = model(x)
    kinds = [layer.dtype for layer in map_of(last)]

    def step(*_):
        raise AssertionError("the readable cell ran")

    monkeypatch.setattr(type(model.rnn.cell), "forward", step)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inner = model.embed(x)
        assert inner.dtype == torch.bfloat16  # what the layer is given
        assert model.rnn(inner)[0].dtype == lstm_layer()(inner)[0].dtype
        y, state = model(x)
    y.float().square().sum().backward()
    assert [layer.dtype for layer in map_of(state)] == kinds
    assert (y.float() - exact).abs().max() < 0.1
    assert all(p.grad.isfinite().all() for p in model.parameters())
    monkeypatch.undo()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        plain, state = Recurrent(model.rnn.cell, fused=False)(inner)
    assert plain.dtype == torch.bfloat16 and [layer.dtype for layer in map_of(state)] == kinds


def map_of(state):
    found = []
    map_state(lambda part: found.append(part) or part, state)
    return found


@pytest.mark.slow
# Dynamo itself asks a state that has a history for its gradient.
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
@each
def test_the_whole_loop_compiles_into_one_graph(make):
    torch._dynamo.reset()
    rnn, x = Recurrent(make()), torch.randn(2, 2, INPUTS)
    compiled = torch.compile(rnn, fullgraph=True, backend="eager")
    lengths = torch.tensor([2, 1])
    ours, theirs = (
        compiled(x, lengths=lengths),
        Recurrent(rnn.cell, fused=False)(x, lengths=lengths),
    )
    alike([ours[0], *map_of(ours[1])], [theirs[0], *map_of(theirs[1])])


@pytest.mark.parametrize("make", [dnc, sam])
def test_under_ddp(make, tmp_path):
    rnn, x = Recurrent(make(), fused=True), torch.randn(2, 5, INPUTS)
    alone = gradients(rnn, x)
    where = f"file://{tmp_path}/store"
    torch.distributed.init_process_group("gloo", init_method=where, rank=0, world_size=1)
    try:
        shared = nn.parallel.DistributedDataParallel(rnn)
        y, state = shared(x)
        y.square().sum().backward()
        shared(x, detach(state))
    finally:
        torch.distributed.destroy_process_group()
    alike([y, *(p.grad for p in rnn.parameters())], alone)


@each
def test_under_transforms_and_checkpoints(make):
    from torch.utils.checkpoint import checkpoint

    rnn, x = Recurrent(make()), torch.randn(2, 4, INPUTS)
    others = [rnn, Recurrent(make())]
    stacked, _ = torch.func.stack_module_state(others)
    y = torch.func.vmap(lambda p: torch.func.functional_call(rnn, p, (x,))[0])(stacked)
    alike(y, [other(x)[0] for other in others])
    lengths = torch.tensor([[4, 2], [0, 3]])
    y = torch.func.vmap(lambda lengths: rnn(x, lengths=lengths)[0])(lengths)
    alike(y, [rnn(x, lengths=each)[0] for each in lengths])
    with pytest.raises(ValueError, match="torch.func"):
        torch.vmap(lambda x: Recurrent(rnn.cell, fused=True)(x)[0])(torch.stack([x, x]))
    given = x.clone().requires_grad_()
    kept = torch.autograd.grad(rnn(given)[0].square().sum(), given)
    y = checkpoint(lambda x: rnn(x)[0], given, use_reentrant=False)
    alike(torch.autograd.grad(y.square().sum(), given), kept)


@every
def test_lengths_of_any_integers(make):
    """Of 8 bits a length less a hundred wraps around, and a kernel that runs in pieces takes it."""
    rnn, x = Recurrent(make(), fused=True), torch.randn(3, 120, INPUTS)
    lengths = torch.tensor([115, 3, 0])
    with torch.no_grad():
        wanted, last = rnn(x, lengths=lengths)
        for kind in (torch.uint8, torch.int8, torch.int16, torch.int32):
            y, state = rnn(x, lengths=lengths.to(kind))
            torch.testing.assert_close(y, wanted)
            torch.testing.assert_close(state.memory, last.memory)
    assert (wanted[1, 3:] == 0).all() and (wanted[0, 114] != 0).any()


@every
def test_one_sequence_of_one_step_and_rows_of_none(make):
    for fused in (True, False):
        rnn = Recurrent(make(), fused=fused)
        y, state = rnn(torch.randn(1, 1, INPUTS))
        assert y.shape == (1, 1, OUTPUTS)
        more, after = rnn(torch.randn(1, 3, INPUTS), state, lengths=torch.tensor([0]))
        assert (more == 0).all()
        alike(map_of(after), map_of(state), 0)
        y, after = rnn(torch.randn(1, 0, INPUTS), state)
        assert y.shape == (1, 0, OUTPUTS)
        alike(map_of(after), map_of(state), 0)
        y, after = rnn(torch.randn(0, 4, INPUTS))
        assert y.shape == (0, 4, OUTPUTS) and len(after.memory) == 0


@every
def test_inputs_that_are_views(make):
    rnn, x = Recurrent(make(), fused=True), torch.randn(4, 2, INPUTS)
    alike([rnn(x.transpose(0, 1))[0]], [rnn(x.transpose(0, 1).contiguous())[0]])
    alike([rnn(x[:1].expand(3, -1, -1))[0]], [rnn(x[:1].repeat(3, 1, 1))[0]])
    wide = torch.randn(4, 2, 2 * INPUTS)[..., ::2]
    alike([rnn(wide)[0]], [rnn(wide.contiguous())[0]])


@every
def test_a_state_that_was_handed_out_may_be_changed(make):
    """What the way back needs is the kernel's own, or autograd sees that it was changed."""
    rnn, x = Recurrent(make(), fused=True), torch.randn(2, 5, INPUTS)
    wanted = gradients(rnn, x)
    y, state = rnn(x)
    with torch.no_grad():
        for part in map_of(state):
            part.zero_()
    try:
        found = torch.autograd.grad(y.square().sum(), list(rnn.parameters()))
    except RuntimeError as error:  # as of an LSTM, whose state is its last output
        assert "modified by an inplace operation" in str(error)
    else:
        alike(found, wanted[1:])


@every
def test_other_slots_at_test_time_than_in_training(make):
    cell, x = make(), torch.randn(2, 5, INPUTS)
    for slots in (cell.initial_state(1).memory.shape[1] + 30, 5):
        other = cell.with_slots(slots)
        alike(*(gradients(Recurrent(other, fused=fused), x) for fused in (True, False)))
        y, state = Recurrent(other, fused=True)(x)
        assert y.shape == (2, 5, OUTPUTS) and state.memory.shape[1] == slots


@every
@pytest.mark.parametrize("how", ["type", "device"])
def test_what_torch_makes_by_default_changes_nothing(make, how):
    """A cell of single precision on the CPU is one, whatever new tensors would be."""
    model, x, lengths = make(), torch.randn(3, 5, INPUTS), torch.tensor([5, 2, 0])

    def outcome():
        y, state = Recurrent(model, fused=True)(x, lengths=lengths)
        with torch.no_grad():
            again, _ = Recurrent(model, fused=True)(x, state)
        found = torch.autograd.grad(y.square().sum() + state.memory.sum(), list(model.parameters()))
        return [y, again, *map_of(state), *found]

    expected = outcome()
    try:
        if how == "type":
            torch.set_default_dtype(torch.float64)
        else:
            torch.set_default_device("meta")
        found = outcome()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype and torch.equal(one, other)


@pytest.mark.gpu
@every
def test_on_a_gpu_the_cell_gives_the_same(make):
    """There is no kernel there: the cell runs compiled where Triton is, and as it is elsewhere."""
    cell, x, lengths = make(), torch.randn(4, 9, INPUTS), torch.tensor([9, 0, 4, 9])
    y, last = Recurrent(cell)(x, lengths=lengths)
    wanted = [y, *torch.autograd.grad(y.square().sum(), list(cell.parameters()))]
    cell = copy.deepcopy(cell).cuda()
    for fused in (None, False):
        rnn = Recurrent(cell, fused=fused)
        y, state = rnn(x.cuda(), lengths=lengths)
        found = [y, *torch.autograd.grad(y.square().sum(), list(cell.parameters()))]
        alike([part.cpu() for part in found], wanted, 1e-4)
        alike([part.cpu() for part in map_of(state)], map_of(last), 1e-4)
        assert rnn(x.cuda(), detach(state))[0].is_cuda
    with pytest.raises(ValueError, match="cannot run fused: it has no kernel for .* on cuda"):
        Recurrent(cell, fused=True)(x.cuda())
