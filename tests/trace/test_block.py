"""The block: what it sees, what it leaves behind, and what it costs when closed."""

import dis
import gc
import subprocess
import sys
import threading
import warnings
import weakref

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import recollect
from recollect import AdditiveScore, MultiHead, Reader, Recurrent, scaled_dot
from recollect.functional import sparsemax
from recollect.trace import OpaqueAttentionWarning, record, trace, tracing
from recollect.trace import recording as switch
from recollect.trace.watch import opaque


class Attend(nn.Module):
    """A model whose part `attn` runs one fused attention."""

    def __init__(self) -> None:
        super().__init__()
        self.attn = Fused()

    def forward(self, x: Tensor) -> Tensor:
        return self.attn(x) + 1


class Fused(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(x, x, x)

    def again(self, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(x, x, x)


class Speaker(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        weights = x.softmax(-1)
        record(self, weights=weights)
        return weights.mul_(2)


def expected(x: Tensor) -> Tensor:
    return (x @ x.mT * x.shape[-1] ** -0.5).softmax(-1)


def hooks_on(model: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks)
               + len(m._forward_hooks_always_called) for m in model.modules())


# Our own modules

@pytest.mark.parametrize("reader", [
    Reader(scaled_dot()), Reader(AdditiveScore(8)), Reader(scaled_dot(), normalize=sparsemax),
], ids=["fused", "additive", "sparsemax"])
@pytest.mark.parametrize("causal", [False, True])
def test_a_reader_shows_its_reference_weights(reader: Reader, causal: bool) -> None:
    query, memory = torch.randn(2, 3, 5, 8), reader.bind(torch.randn(2, 3, 7, 8))
    with trace(reader) as seen:
        output = reader(query, memory, causal=causal)
    torch.testing.assert_close(output, reader(query, memory, causal=causal), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(seen.weights("Reader"), reader.weights(query, memory, causal=causal))
    assert len(seen["Reader"]) == 1 and seen["Reader"][0].source == "tap"


def test_many_heads_inside_a_model() -> None:
    model = nn.Sequential(MultiHead(16, heads=4), nn.LayerNorm(16), MultiHead(16, heads=2)).eval()
    x = torch.randn(2, 5, 16)
    with trace(model) as seen:
        output = model(x)
    torch.testing.assert_close(output, model(x), atol=1e-6, rtol=1e-5)
    assert seen.names() == ["0.reader", "2.reader"] and seen.opaque == []
    assert seen.weights("0.reader").shape == (2, 4, 5, 5)


def test_an_unrolled_cell_stacks_over_time() -> None:
    class Counter(recollect.Cell):
        input_size = output_size = 3

        def initial_state(self, batch: int) -> tuple[Tensor]:
            return (torch.zeros(batch, 3),)

        def forward(self, x: Tensor, state: tuple[Tensor]) -> tuple[Tensor, tuple[Tensor]]:
            total = state[0] + x
            record(self, weights=total.softmax(-1), total=total)
            return total, (total,)

    model, x = Recurrent(Counter()), torch.randn(2, 6, 3)
    with trace(model) as seen:
        model(x)
    assert torch.allclose(seen.stack("cell", "total"), x.cumsum(1).transpose(0, 1), atol=1e-6)
    assert seen.weights("cell", call=0).shape == (2, 3)


def test_a_record_is_a_copy() -> None:
    model, x = Speaker(), torch.randn(2, 3, requires_grad=True)
    with trace(model) as seen:
        output = model(x)                                    # doubles its weights in place
    torch.testing.assert_close(output, 2 * seen.weights("Speaker"))
    assert not seen.weights("Speaker").requires_grad


def test_names_of_modules_made_in_a_forward() -> None:
    class Maker(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return Speaker()(x)

    model = nn.Sequential(Maker())
    with trace(model) as seen:
        model(torch.randn(2, 3))
    assert seen.names() == ["0.Speaker"]


def test_methods_other_than_forward_have_their_name() -> None:
    model, x = Attend(), torch.randn(1, 2, 4, 8)
    with trace(model) as seen:
        model.attn.again(x)
    torch.testing.assert_close(seen.weights("attn"), expected(x), atol=1e-6, rtol=0.0)


def test_calls_outside_the_model_are_not_its_own() -> None:
    model, x = Attend(), torch.randn(1, 2, 4, 8)
    with trace(model) as seen:
        F.scaled_dot_product_attention(x, x, x)
        Attend()(x)
        Speaker()(x)
    assert seen.names() == []


def test_backward_through_a_checkpoint_records_once() -> None:
    from torch.utils.checkpoint import checkpoint

    model, x = Attend(), torch.randn(1, 2, 4, 8, requires_grad=True)
    with trace(model) as seen:
        checkpoint(model, x, use_reentrant=False).sum().backward()
    assert len(seen["attn"]) == 1


def test_vmapped_records_are_reported_not_kept() -> None:
    model = Speaker()
    with pytest.warns(OpaqueAttentionWarning, match=r"torch\.func"), trace(model) as seen:
        torch.func.vmap(model)(torch.randn(4, 2, 3))
    assert seen.names() == [] and seen.opaque == ["Speaker"]


# Compiled models

def test_compiled_model_and_what_comes_after() -> None:
    from torch._dynamo.testing import CompileCounter

    counter = CompileCounter()
    model, x = Attend(), torch.randn(1, 2, 4, 8)
    compiled = torch.compile(model, backend=counter)
    plain = compiled(x)
    assert counter.frame_count == 1
    with trace(compiled) as seen:
        output = compiled(x)
    torch.testing.assert_close(output, plain, atol=1e-6, rtol=0.0)
    torch.testing.assert_close(seen.weights("attn"), expected(x), atol=1e-6, rtol=0.0)
    compiled(x)
    assert counter.frame_count == 1                          # nothing was compiled again
    with trace(model) as seen:                               # the model under the wrapper
        compiled(x)
    assert seen.names() == ["attn"]


def test_compiled_own_modules() -> None:
    model, x = MultiHead(16, heads=4).eval(), torch.randn(2, 5, 16)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    plain = compiled(x)
    with trace(compiled) as seen:
        output = compiled(x)
    torch.testing.assert_close(output, plain, atol=1e-6, rtol=1e-5)
    assert seen.names() == ["reader"]


def test_stance_comes_back_though_threads_leave_in_any_order() -> None:
    from torch._dynamo import eval_frame

    before = eval_frame._stance.stance
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with trace(Attend()):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with trace(Attend()):
        thread.start()
        assert entered.wait(10)
    assert eval_frame._stance.stance == "force_eager"        # the other thread still traces
    leave.set()
    thread.join()
    assert eval_frame._stance.stance == before


# Nesting, exceptions, threads

def test_nested_traces_of_one_model_both_see_it() -> None:
    model, x = Attend(), torch.randn(1, 2, 4, 8)
    with trace(model) as outer:
        model(x)
        with trace(model, candidates=True) as inner:
            model(x)
        model(x)
    assert len(outer["attn"]) == 3 and len(inner["attn"]) == 1
    assert torch.equal(outer.weights("attn"), inner.weights("attn"))
    assert hooks_on(model) == 0


def test_nested_traces_of_two_models_see_their_own() -> None:
    first, second, x = Attend(), nn.Sequential(Attend()), torch.randn(1, 2, 4, 8)
    with trace(first) as one, trace(second) as two:
        first(x)
        second(x)
    assert one.names() == ["attn"] and two.names() == ["0.attn"]


def test_a_mode_entered_inside_acts_first() -> None:
    class Steer(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            kwargs = dict(kwargs or {})
            if func is F.scaled_dot_product_attention:
                kwargs["attn_mask"] = torch.tensor([[True, False, False, False]])
            return func(*args, **kwargs)

    model, x = Attend(), torch.randn(1, 1, 4, 8)
    with trace(model) as seen, Steer():
        output = model(x)
    assert torch.equal(seen.weights("attn")[0, 0, :, 0], torch.ones(4))
    torch.testing.assert_close(output, x[:, :, :1].expand(1, 1, 4, 8) + 1)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_nothing_behind(error: type[BaseException]) -> None:
    class Fails(nn.Module):
        broken = True

        def forward(self, x: Tensor) -> Tensor:
            if self.broken:
                raise error("no")
            return x

    model, x = nn.Sequential(Attend(), Fails()), torch.randn(1, 2, 4, 8)
    with pytest.raises(error), warnings.catch_warnings():
        warnings.simplefilter("error")
        with trace(model) as seen:
            model(x)
    assert seen.names() == ["0.attn"]                        # what ran before is there
    assert not tracing() and hooks_on(model) == 0
    assert torch._C._len_torch_function_stack() == 0
    model[1].broken = False
    with trace(model) as seen:
        model(x)
    assert len(seen["0.attn"]) == 1


def test_a_caught_exception_does_not_shift_names() -> None:
    class Fails(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError

    class Tries(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fails, self.attn = Fails(), Fused()

        def forward(self, x: Tensor) -> Tensor:
            try:
                self.fails(x)
            except RuntimeError:
                x = F.scaled_dot_product_attention(x, x, x)
            return self.attn(x)

    model = Tries()
    with trace(model) as seen:
        model(torch.randn(1, 2, 4, 8))
    assert seen.names() == ["Tries", "attn"]


def test_another_thread_is_not_seen_and_not_changed() -> None:
    model, x = nn.Sequential(Attend(), Speaker()), torch.randn(1, 2, 4, 8)
    plain, got = model(x), []

    def run() -> None:
        got.append((tracing(), model(x)))

    with trace(model) as seen:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert seen.names() == [] and not got[0][0]
    assert torch.equal(got[0][1], plain)


def test_two_threads_trace_one_model_at_once() -> None:
    model, barrier, found = Attend(), threading.Barrier(2, timeout=10), {}

    def run(size: int) -> None:
        with trace(model) as seen:
            barrier.wait()
            for _ in range(20):
                model(torch.randn(1, 2, size, 8))
            barrier.wait()
        found[size] = [tuple(r["weights"].shape) for r in seen["attn"]]

    threads = [threading.Thread(target=run, args=(size,)) for size in (4, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {size: [(1, 2, size, size)] * 20 for size in (4, 6)}
    assert hooks_on(model) == 0


# Opaque attention

class ByHandAttention(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return (x @ x.mT).softmax(-1) @ x


def test_an_opaque_module_is_told_once() -> None:
    model = nn.Sequential(ByHandAttention(), ByHandAttention(), Attend(), ByHandAttention())
    with pytest.warns(OpaqueAttentionWarning, match="and 2 more") as told, trace(model) as seen:
        model(torch.randn(1, 2, 4, 8))
        model(torch.randn(1, 2, 4, 8))
    assert len(told) == 1 and told[0].filename == __file__
    assert seen.opaque == ["0", "1", "3"] and "candidates=True" in seen.reasons["0"]
    with pytest.raises(KeyError, match="candidates=True"):
        seen["0"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with trace(model, keep="2.*") as seen:               # the opaque ones were not asked for
            model(torch.randn(1, 2, 4, 8))
        with trace(model[2]) as seen:                        # nor do they belong to this model
            model(torch.randn(1, 2, 4, 8))
    assert seen.opaque == []


def test_a_module_that_did_not_run_is_not_opaque() -> None:
    model = nn.ModuleList([ByHandAttention(), Attend()])
    with trace(model) as seen:
        model[1](torch.randn(1, 2, 4, 8))
    assert seen.opaque == [] and seen.names() == ["1.attn"]


def test_a_kernel_known_by_name_only_is_told() -> None:
    class Block(nn.Module):                                  # no attention in the module's name
        def forward(self, x: Tensor) -> Tensor:
            return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(x, x, x)[0]

    model = nn.Sequential(Block())
    with pytest.warns(match="_scaled_dot_product_flash_attention_for_cpu"), trace(model) as seen:
        model(torch.randn(1, 2, 4, 8))
    assert seen.opaque == ["0"]


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_call_that_cannot_be_read_does_not_break_the_model() -> None:
    class Jagged(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            x = x.transpose(1, 2)
            return F.scaled_dot_product_attention(x, x, x)

    query = torch.nested.nested_tensor([torch.randn(3, 2, 8), torch.randn(5, 2, 8)],
                                       layout=torch.jagged)
    model = Jagged()
    plain = model(query)
    with pytest.warns(match="nested tensors"), trace(model) as seen:
        output = model(query)
    assert torch.equal(output.values(), plain.values()) and seen.opaque == ["Jagged"]


def test_which_blocks_are_opaque() -> None:
    ran = ["a.attention", "a.attention.self", "a.attention.AttentionOutput", "b.attn",
           "b.attn.inner_attn", "c.attn"]
    assert opaque(ran, {"a.attention.self"}) == ["b.attn.inner_attn", "c.attn"]
    assert opaque(ran, {"a.attention", "b.attn", "c"}) == ["c.attn"]


# What it leaves and what it costs

def test_no_reference_is_kept() -> None:
    model, x = nn.Sequential(Attend(), Speaker()), torch.randn(1, 2, 4, 8)
    with trace(model) as seen:
        model(x)
    dead = [weakref.ref(model), weakref.ref(model[0].attn), weakref.ref(x)]
    del model, x
    gc.collect()
    assert [ref() for ref in dead] == [None, None, None]
    assert len(seen) == 2


def test_closed_costs_one_attribute_read() -> None:
    """Nothing of torch or of this package is called: the early return follows one load."""
    code = list(dis.get_instructions(record))
    loads = [i for i, step in enumerate(code) if step.opname == "LOAD_ATTR"]
    before = code[: loads[0]]
    assert code[loads[0]].argval == "open"
    assert not [step for step in before if "CALL" in step.opname]
    assert "JUMP" in code[loads[0] + 1].opname
    assert switch.listeners.open == ()


def test_closed_changes_nothing_on_the_model() -> None:
    model, x = MultiHead(16, heads=2).eval(), torch.randn(1, 4, 16)
    plain = model(x)
    with trace(model):
        assert hooks_on(model) > 0 and tracing()
        model(x)
    assert hooks_on(model) == 0 and not tracing()
    assert torch.equal(model(x), plain)


def test_a_first_trace_loads_no_compiler() -> None:
    """A command that traces once must not wait seconds for what it does not use."""
    code = """if True:
        import sys, torch
        from torch import nn
        from recollect import trace
        model = nn.MultiheadAttention(8, 2)
        with trace(model) as seen:
            model(*[torch.ones(3, 1, 8)] * 3)
        assert seen.names() == ["MultiheadAttention"]
        print([name for name in ("torch._dynamo", "sympy", "pydantic") if name in sys.modules])
    """
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


@pytest.mark.bench
def test_closed_takes_nanoseconds() -> None:
    import timeit

    module, x = nn.Identity(), torch.zeros(1)
    least = min(timeit.repeat(lambda: record(module, weights=x), number=10_000, repeat=5)) / 1e4
    empty = min(timeit.repeat(lambda: _nothing(module, weights=x), number=10_000, repeat=5)) / 1e4
    assert least - empty < 2e-7


def _nothing(module: nn.Module, **tensors: Tensor) -> None:
    return


@pytest.mark.parametrize(("bad", "said"), [
    ({"model": "llama"}, "not str"), ({"budget": 0}, "not 0"), ({"budget": float("nan")}, "nan"),
])
def test_bad_arguments(bad: dict[str, object], said: str) -> None:
    arguments = {"model": nn.Identity(), **bad}
    with pytest.raises(ValueError, match=said), trace(arguments.pop("model"), **arguments):
        pass
    assert not tracing()


def test_wrappers_leave_no_mark_on_names() -> None:
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper

    model = torch.compile(nn.Sequential(checkpoint_wrapper(Attend()), nn.DataParallel(Attend())))
    with trace(model) as seen:
        model(torch.randn(1, 2, 4, 8))
    assert seen.names() == ["0.attn", "1.module.attn"] and seen.model == "Sequential"
    with trace(parallel := nn.DataParallel(Attend())) as seen:
        parallel(torch.randn(1, 2, 4, 8))
    assert seen.names() == ["attn"] and seen.model == "Attend"
