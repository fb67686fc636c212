"""What every recurrent cell must do."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from recollect.cells import Cell, Recurrent, detach, map_state
from recollect.testing.expect import Expect, gradients, quiet

__all__ = ["check_cell"]

BATCH, STEPS = 3, 5


def check_cell(
    cell: Cell, *, start: Callable[[int], Any] | None = None, tolerance: float = 1e-5
) -> None:
    """Hold a cell to its contract: one step, with the state as a value.

    The state is a tuple of tensors, batch first, that keeps its structure, shapes and types from
    step to step and is not changed in place; a step assigns nothing to the module. Through
    `Recurrent`, a sequence in pieces gives what it gives whole, a batch what its members give
    alone, and padding behind a sequence's length changes neither output, nor state, nor gradients.
    Gradients are finite and reach the input and every parameter.

    `start` gives a state for a batch size, where the initial one would not try everything: a cell
    over a given memory, say.

    Shapes:
        x ``(B, input_size)`` -> y ``(B, output_size)``.

    Raises:
        Nonconformity: a rule is broken.

    >>> from recollect import AttentionCell
    >>> cell = AttentionCell(4, hidden_size=6)
    >>> check_cell(cell, start=lambda batch: cell.bind(torch.randn(batch, 7, 6)))
    """
    expect = Expect(cell)
    for name in ("input_size", "output_size"):
        size = getattr(cell, name, None)
        expect.true(isinstance(size, int) and size > 0, f"{name} is a size, not {size!r}")
    begin = cell.initial_state if start is None else start
    weight = next(cell.parameters(), torch.zeros(()))
    with quiet(cell, seed=0):
        x = torch.randn(BATCH, STEPS, cell.input_size, dtype=weight.dtype, device=weight.device)
        for batch in (1, BATCH):
            first = _tensors(cell.initial_state(batch))
            for place, tensor in first.items():
                expect.true(
                    tensor.shape[:1] == (batch,), f"state{place} has the batch as first axis"
                )
                expect.finite(tensor, f"the initial state{place} is finite")
        _step(expect, cell, x[:, 0], begin)
        _sequences(expect, cell, x, begin(BATCH), tolerance)
        _padding(expect, cell, x, begin(BATCH), tolerance)
        _gradients(expect, cell, x, begin)


def _tensors(state: Any, place: str = "") -> dict[str, Tensor]:
    """The tensors of a state by their place in it, such as ``.memory.keys``."""
    if state is None:
        return {}
    if isinstance(state, Tensor):
        return {place: state}
    names = getattr(state, "_fields", [str(i) for i in range(len(state))])
    found: dict[str, Tensor] = {}
    for name, part in zip(names, state, strict=True):
        found |= _tensors(part, f"{place}.{name}")
    return found


def _alike(expect: Expect, ours: Any, theirs: Any, rule: str, tolerance: float) -> None:
    ours, theirs = _tensors(ours), _tensors(theirs)
    expect.true(list(ours) == list(theirs), f"{rule}; the states hold {list(ours)}, {list(theirs)}")
    for place, tensor in ours.items():
        expect.close(tensor, theirs[place], f"{rule} (state{place})", tolerance=tolerance)


def _inside(cell: nn.Module) -> dict[str, tuple[int, Any]]:
    """Every attribute and buffer of a module and its parts, to see an assignment in forward."""
    found: dict[str, tuple[int, Any]] = {}
    for path, module in cell.named_modules():
        for name, value in module.__dict__.items():
            if not name.startswith("_"):
                found[f"{path}.{name}".lstrip(".")] = (id(value), value)
        for name, value in module.named_buffers(recurse=False):
            found[f"{path}.{name}".lstrip(".")] = (value._version, value)
    return found


def _step(expect: Expect, cell: Cell, x: Tensor, begin: Callable[[int], Any]) -> None:
    state = begin(BATCH)
    before, inside = map_state(torch.clone, state), _inside(cell)
    y, after = cell(x, state)
    expect.shape(y, (BATCH, cell.output_size), "outputs")
    expect.true(isinstance(state, tuple), "the state is a NamedTuple")
    expect.true(type(after) is type(state), f"the next state is a {type(state).__name__} again")
    _alike(expect, state, before, "a step does not change its state in place", 0.0)
    ours, theirs = _tensors(after), _tensors(state)
    expect.true(list(ours) == list(theirs), f"a step keeps the state's tensors {list(theirs)}")
    for place, tensor in ours.items():
        old = theirs[place]
        expect.shape(tensor, tuple(old.shape), f"the sizes of state{place} after a step")
        expect.true(
            tensor.dtype == old.dtype, f"state{place} stays {old.dtype}, not {tensor.dtype}"
        )
        expect.true(tensor.shape[:1] == (BATCH,), f"state{place} has the batch as its first axis")
    for name, (mark, value) in _inside(cell).items():
        same = name in inside and inside[name][0] == mark and inside[name][1] is value
        expect.true(same, f"forward assigns nothing to the module, but {name} changed")


def _sequences(expect: Expect, cell: Cell, x: Tensor, state: Any, tolerance: float) -> None:
    rnn = Recurrent(cell)
    whole, last = rnn(x, state)
    again, _ = rnn(x, state)
    if not torch.equal(whole, again):
        return  # a cell that draws at random has no one answer to compare
    first, between = rnn(x[:, :2], state)
    second, end = rnn(x[:, 2:], detach(between))
    rule = "a sequence in two pieces runs as it does whole"
    expect.close(torch.cat([first, second], 1), whole, rule, tolerance=tolerance)
    _alike(expect, end, last, rule, tolerance)
    rule = "a batch runs as its members alone"
    for i in range(BATCH):
        row = slice(i, i + 1)
        alone, end = rnn(x[row], map_state(lambda s, row=row: s[row], state))
        expect.close(alone, whole[row], rule, tolerance=tolerance)
        _alike(expect, end, map_state(lambda s, row=row: s[row], last), rule, tolerance)


def _padding(expect: Expect, cell: Cell, x: Tensor, state: Any, tolerance: float) -> None:
    rnn, lengths = Recurrent(cell), torch.tensor([STEPS, 2, 0], device=x.device)
    spoilt = x.clone()
    spoilt[1, 2:], spoilt[2] = 1e3, -1e3
    y, last = rnn(x, state, lengths=lengths)
    again, _ = rnn(x, state, lengths=lengths)
    if not torch.equal(y, again):
        return
    other, end = rnn(spoilt, state, lengths=lengths)
    rule = "padding behind a sequence's length changes nothing"
    expect.close(other, y, rule, tolerance=tolerance)
    _alike(expect, end, last, rule, tolerance)
    expect.zero(y[1, 2:], "outputs behind a sequence's length are zeros")
    _, short = rnn(x[1:2, :2], map_state(lambda s: s[1:2], state))
    rule = "the state stays as the sequence's last step left it"
    _alike(expect, map_state(lambda s: s[1:2], last), short, rule, tolerance)


def _gradients(expect: Expect, cell: Cell, x: Tensor, begin: Callable[[int], Any]) -> None:
    x = x.clone().requires_grad_()
    y, last = Recurrent(cell)(x, begin(BATCH), lengths=torch.tensor([STEPS, 2, 0], device=x.device))
    loss = (y * torch.randn_like(y)).sum()
    names = ["the input", *(name for name, _ in cell.named_parameters())]
    found = gradients(loss, [x, *cell.parameters()])
    for name, gradient in zip(names, found, strict=True):
        expect.finite(gradient, f"the gradient of {name} is finite")
        expect.true((gradient != 0).any(), f"a gradient reaches {name}")
    expect.zero(found[0][1, 2:], "padding gets no gradient")
    cut = _tensors(detach(last)).values()
    expect.true(not any(t.requires_grad for t in cut), "detach cuts every tensor of the state")
