"""The sequence kernel gives what `NTMCell` gives, in values and in gradients."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect import NTMCell, NTMState, Recurrent, trace
from recollect.cells import (
    ConstantMemory,
    LearnedMemory,
    RandomMemory,
    base,
    feedforward,
    gru,
    lstm,
)
from recollect.cells import ntm as cells
from recollect.kernels import maths, matrix, slices

CONTROLLERS = {
    "lstm": lambda size: lstm(size),
    "learned lstm": lambda size: lstm(size, learned=True),
    "feedforward": lambda size: feedforward(size),
}
MEMORIES = {"constant": ConstantMemory, "learned": LearnedMemory, "random": RandomMemory}


def make(**changes):
    chosen = {
        "output_size": 2,
        "controller": lstm(7, learned=True),
        "memory": LearnedMemory(6, 4),
        "learned_weights": True,
        **changes,
    }
    return NTMCell(3, **chosen)


def some_state(cell, batch):
    """A state of any numbers, each with a gradient."""
    state = cell.initial_state(batch)
    controller = state.controller
    if controller:
        controller = type(controller)(*(torch.randn(t.shape).tanh() for t in controller))
    return NTMState(
        controller,
        torch.randn(state.reads.shape),
        torch.randn(state.weights.shape).softmax(-1),
        torch.randn(state.memory.shape),
    )


def tensors(state):
    return [*state.controller, *state[1:]]


def outcome(cell, x, state, lengths, *, fused, dtype, seed):
    """Outputs and last state, and the gradients of a random sum of them by everything given."""
    cell = cell.to(dtype)
    given = [t.to(dtype).clone().requires_grad_() for t in [x, *tensors(state)]]
    kind = type(state.controller)
    inside = given[1:-3]
    controller = kind(*inside) if inside else ()
    y, last = Recurrent(cell, fused=fused)(
        given[0], NTMState(controller, *given[-3:]), lengths=lengths
    )
    torch.manual_seed(seed)
    loss = sum((t * torch.randn(t.shape).to(dtype)).sum() for t in [y, *tensors(last)])
    wanted = [*given, *cell.parameters()]
    gradients = torch.autograd.grad(loss, wanted, allow_unused=True)
    return [y, *tensors(last)], [g for g in gradients if g is not None]


def agree(cell, x, state, lengths=None, seed=0):
    """The exact reference is that in float64; where single precision loses digits, so may we."""
    exact, single, kernel = (
        outcome(cell, x, state, lengths, fused=fused, dtype=dtype, seed=seed)
        for fused, dtype in ((False, torch.float64), (False, torch.float32), (True, torch.float32))
    )
    for ours, plain, theirs in zip(kernel[0], single[0], exact[0], strict=True):
        assert ours.shape == theirs.shape
        slack = 1e-5 + 4 * (plain - theirs).abs().amax() if theirs.numel() else 0
        assert ((ours - theirs).abs() <= 1e-5 * theirs.abs() + slack).all()
    for ours, plain, theirs in zip(kernel[1], single[1], exact[1], strict=True):
        slack = 1e-6 + 4 * (plain - theirs).norm()
        # 1e-4, but for slots of one number: their cosines are 1 or -1, and what is left of the
        # gradient after all has cancelled is rounding; 3.3e-3 was met
        bound = 1e-2 if cell.memory.width == 1 else 1e-4
        assert (ours - theirs).norm() <= bound * theirs.norm() + slack


@settings(max_examples=40, deadline=None)
@given(
    controller=st.sampled_from(sorted(CONTROLLERS)),
    memory=st.sampled_from(sorted(MEMORIES)),
    sizes=st.tuples(*[st.integers(1, 9)] * 4),
    slots=st.integers(1, 33),
    farthest=st.integers(0, 3),
    heads=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    steps=st.integers(1, 6),
    read_first=st.booleans(),
    learned_weights=st.booleans(),
    ragged=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_values_and_gradients_over_random_shapes(
    controller, memory, sizes, slots, farthest, heads, steps, read_first, learned_weights, ragged,
    seed,
):  # fmt: skip
    torch.manual_seed(seed)
    inputs, hidden, width, batch = sizes
    cell = NTMCell(
        inputs,
        output_size=3,
        controller=CONTROLLERS[controller](hidden),
        memory=MEMORIES[memory](slots, width),
        heads=heads,
        shifts=min(farthest, (slots - 1) // 2),
        read_first=read_first,
        learned_weights=learned_weights,
    )
    lengths = torch.randint(0, steps + 1, (batch,)) if ragged else None
    agree(cell, torch.randn(batch, steps, inputs), some_state(cell, batch), lengths, seed)


@pytest.mark.parametrize("heads", [(1, 1), (3, 2)])
def test_from_the_initial_state(heads):
    cell = make(heads=heads)
    for p in cell.parameters():
        p.data *= 2
    x, lengths = torch.randn(4, 9, 3), torch.tensor([9, 0, 3, 8])
    results = []
    for fused, dtype in ((False, torch.float64), (True, torch.float32)):
        cell = cell.to(dtype)
        y, last = Recurrent(cell, fused=fused)(x.to(dtype), lengths=lengths)
        (y.square().sum() + last.memory.square().sum()).backward()
        results.append([y, *tensors(last), *(p.grad.clone() for p in cell.parameters())])
        cell.zero_grad()
    for theirs, ours in zip(*results, strict=True):
        assert (ours - theirs).norm() <= 1e-4 * theirs.norm() + 1e-6


def test_without_a_gradient_a_long_sequence_runs_in_chunks():
    cell = make()
    x, lengths = torch.randn(3, 50, 3), torch.tensor([50, 17, 32])
    rnn = Recurrent(cell, fused=True)
    kept = rnn(x, lengths=lengths)
    with torch.no_grad():
        free = rnn(x, lengths=lengths)
    torch.testing.assert_close(free, kept, rtol=1e-5, atol=1e-6)
    with torch.inference_mode():
        torch.testing.assert_close(rnn(x)[0], Recurrent(cell, fused=False)(x)[0])


def test_two_graphs_at_a_time_do_not_share_a_buffer():
    cell = make()
    rnn, x, other = Recurrent(cell, fused=True), torch.randn(2, 8, 3), torch.randn(2, 8, 3)

    def gradients(y, keep=False):
        grads = torch.autograd.grad(y.square().sum(), list(cell.parameters()), retain_graph=keep)
        return [g.clone() for g in grads]

    alone = gradients(rnn(x)[0])
    first, second = rnn(x)[0], rnn(other)[0]
    rnn(other)[0].sum().backward()
    torch.testing.assert_close(gradients(first, keep=True), alone)
    gradients(second)
    torch.testing.assert_close(gradients(first), alone)  # and a second time


def test_pieces_with_gradients_across_them():
    cell = make(heads=(2, 2))
    x = torch.randn(3, 10, 3, requires_grad=True)
    rnn = Recurrent(cell, fused=True)
    whole, last = rnn(x)
    first, between = rnn(x[:, :4])
    second, end = rnn(x[:, 4:], between)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(end, last, rtol=1e-5, atol=1e-6)
    wanted = [x, *cell.parameters()]
    one = torch.autograd.grad(whole.square().sum(), wanted)
    two = torch.autograd.grad(first.square().sum() + second.square().sum(), wanted)
    torch.testing.assert_close(two, one, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_threads_share_out_the_batch(batch):
    cell = make()
    x, lengths = torch.randn(batch, 7, 3), torch.arange(batch) % 8
    rnn, results = Recurrent(cell, fused=True), []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        try:
            y, _ = rnn(x, lengths=lengths)
            grads = torch.autograd.grad(y.square().sum(), list(cell.parameters()))
        finally:
            torch.set_num_threads(1)
        results.append([y, *grads])
    torch.testing.assert_close(*results)


def test_callers_in_threads_of_their_own():
    cell = make()
    inputs = [torch.randn(2, 20 + i, 3) for i in range(4)]
    rnn, found = Recurrent(cell, fused=True), {}
    expected = [rnn(x)[0] for x in inputs]

    def work(i):
        for _ in range(5):
            found[i] = rnn(inputs[i])[0]
            torch.autograd.grad(found[i].sum(), list(cell.parameters()))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    torch.testing.assert_close([found[i] for i in range(4)], expected)


def test_no_steps():
    cell = make()
    y, state = Recurrent(cell, fused=True)(torch.randn(2, 0, 3))
    assert y.shape == (2, 0, 2)
    torch.testing.assert_close(tensors(state), tensors(cell.initial_state(2)))


def test_no_sequences():
    y, state = Recurrent(make(), fused=True)(torch.randn(0, 4, 3))
    assert y.shape == (0, 4, 2) and state.memory.shape == (0, 6, 4)


def test_it_runs_wherever_it_can_and_not_in_a_trace(monkeypatch):
    calls = []
    monkeypatch.setattr(NTMCell, "forward", lambda *a: calls.append(1) or step(*a))
    cell = make()
    x = torch.randn(2, 3, 3)
    Recurrent(cell)(x)
    assert not calls
    with trace(cell):
        Recurrent(cell, fused=True)(x)
    assert len(calls) == 3
    Recurrent(cell, fused=False)(x)
    assert len(calls) == 6
    Recurrent(cell.double())(x.double())
    assert len(calls) == 9


step = NTMCell.forward


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (lambda: make().double(), "no kernel for torch.float64 on cpu"),
        (lambda: make(controller=lstm(4, layers=2)), "one layer, not 2"),
        (lambda: make(controller=gru(4)), "no GRUController"),
    ],
)
def test_what_cannot_run_says_why(cell, reason):
    cell = cell()
    x = torch.randn(2, 3, 3).to(cell.output.weight.dtype)
    with pytest.raises(ValueError, match=f"fused=True, but NTMCell cannot run fused: .*{reason}"):
        Recurrent(cell, fused=True)(x)


def test_without_numba_it_says_so_once(monkeypatch):
    monkeypatch.setattr(cells, "_numba", lambda: False)
    monkeypatch.setattr(base, "_told", set())
    cell, x = make(), torch.randn(2, 3, 3)
    with pytest.warns(UserWarning, match="step by step.*Numba is missing") as told:
        y, _ = Recurrent(cell)(x)
        Recurrent(cell)(x)
    assert len(told) == 1
    monkeypatch.undo()
    torch.testing.assert_close(y, Recurrent(cell, fused=True)(x)[0])


def test_a_second_derivative_is_refused_not_wrong():
    cell = make()
    x = torch.randn(2, 3, 3, requires_grad=True)
    y, _ = Recurrent(cell, fused=True)(x)
    (gradient,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_under_vmap_the_reference_runs(controller):
    machines = [make(controller=CONTROLLERS[controller](6)) for _ in range(2)]
    parameters, _ = torch.func.stack_module_state([Recurrent(cell) for cell in machines])
    x = torch.randn(2, 3, 4, 3)

    def call(p, x):
        return torch.func.functional_call(Recurrent(machines[0]), p, (x,))[0]

    together = torch.func.vmap(call)(parameters, x)
    for i, cell in enumerate(machines):
        torch.testing.assert_close(together[i], Recurrent(cell)(x[i])[0], rtol=1e-4, atol=1e-5)


def test_maths_is_accurate_and_shows_what_is_not_a_number():
    x = np.concatenate([np.linspace(-20, 20, 10_001), [1e-30, -80, 80]]).astype(np.float32)
    for ours, theirs, rtol, atol in (
        (maths.exp, np.exp, 3e-7, 0),
        (maths.tanh, np.tanh, 0, 3e-7),
        (maths.sigmoid, lambda y: 1 / (1 + np.exp(-y)), 3e-7, 0),
        (maths.softplus, lambda y: np.log1p(np.exp(y)), 3e-7, 0),
    ):
        found = np.array([ours(v) for v in x])
        np.testing.assert_allclose(found, theirs(x.astype(np.float64)), rtol, atol)
        assert np.isnan(ours(np.float32(np.nan)))
    positive = np.exp(np.linspace(-85, 80, 5001)).astype(np.float32)
    logs = np.array([maths.log(v) for v in positive])
    np.testing.assert_allclose(logs, np.log(positive.astype(np.float64)), 3e-7, 2e-7)
    assert np.isnan(maths.log(np.float32(np.nan)))
    row = np.array([0, np.nan, 1], np.float32)
    maths.softmax(row)
    assert np.isnan(row).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 13), st.integers(1, 13), st.integers(1, 600), st.integers(0, 99))
def test_the_blocked_product(rows, inner, wide, seed):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((rows, inner)).astype(np.float32)
    b = rng.standard_normal((inner, wide)).astype(np.float32)
    out = np.full((rows, wide), np.nan, np.float32)
    matrix.product(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-4, atol=1e-5)


def test_buffers_go_back_and_are_found_again():
    work = slices.Workspace((3, 5), (0,), (2, 2, 2))
    assert [array.shape for array in work.arrays] == [(3, 5), (0,), (2, 2, 2)]
    work.arrays[0][:], work.arrays[2][:] = 1, 2
    assert (work.arrays[0] == 1).all() and (work.arrays[2] == 2).all()
    held = id(work.buffer)
    del work
    assert id(slices.Workspace((15,), (9,)).buffer) == held
    one, two = slices.Workspace((15,), (9,)), slices.Workspace((15,), (9,))
    assert one.buffer is not two.buffer


def test_large_buffers_are_not_hoarded(monkeypatch):
    monkeypatch.setattr(slices, "_free", {})
    monkeypatch.setattr(slices, "_MOST", 100)
    for size in (60, 30, 200):
        slices.Workspace((size,))
    assert [buffer.size for buffer in slices._free.values()] == [64]


def test_only_work_is_told_as_a_compilation(monkeypatch, capsys):
    """On a busy machine code from the disk takes as long to come as a compilation elsewhere."""
    spent = [0.0]
    monkeypatch.setattr(slices, "_compiled", set())
    monkeypatch.setattr(slices.time, "process_time", lambda: spent[0])
    with slices.compiling("idle", 20):
        time.sleep(0.7)
    assert capsys.readouterr().err == ""
    with slices.compiling("busy", 20):
        spent[0] += 3
        time.sleep(0.7)
    with slices.compiling("busy", 20):  # once
        spent[0] += 3
        time.sleep(0.7)
    assert capsys.readouterr().err.count("compiling the busy kernel, about 20 s, once") == 1


@pytest.mark.slow
def test_compiled_code_is_kept_on_disk_and_the_first_call_is_told(tmp_path):
    """With an empty cache the first call says that it compiles; the next process does not."""
    code = (
        "import torch, sys; from recollect import NTMCell, Recurrent; "
        "from recollect.cells import ConstantMemory, lstm; "
        "cell = NTMCell(3, output_size=2, controller=lstm(4), memory=ConstantMemory(5, 4)); "
        "Recurrent(cell, fused=True)(torch.randn(1, 2, 3)); "
        "from recollect.kernels.ntm_forward import forward; "
        "print(sum(forward.stats.cache_hits.values()))"
    )
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "OMP_NUM_THREADS": "1"}

    def run():
        return subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=True,
        )

    first, second = run(), run()
    assert "compiling the NTM kernel" in first.stderr and first.stdout.strip() == "0"
    assert second.stderr == "" and second.stdout.strip() == "1"


# Dynamo itself asks a state that has a history for its gradient.
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
def test_where_there_is_no_kernel_a_compiled_cell_steps_in(monkeypatch):
    """As on a GPU, but with the compiler's eager back end."""
    cell, x, lengths = make(), torch.randn(2, 4, 3), torch.tensor([4, 2])
    plain, state = Recurrent(cell, fused=False)(x, lengths=lengths)
    compile_, modes = torch.compile, []

    def compiler(cell, *, mode):
        modes.append(mode)
        return compile_(cell, backend="eager")

    monkeypatch.setattr(torch, "compile", compiler)
    monkeypatch.setattr(Recurrent, "_sequence", lambda *a: None)
    monkeypatch.setattr(Recurrent, "_compiles", lambda *a: True)
    rnn = Recurrent(cell)
    for _ in range(2):
        y, last = rnn(x, lengths=lengths)
        torch.testing.assert_close((y, last), (plain, state))
    y.sum().backward()
    assert modes == ["reduce-overhead"]
    monkeypatch.undo()
    assert not Recurrent(cell)._compiles(x)
