"""The GRU over whole sequences against torch's, in values and in gradients."""

import pytest
import torch
from torch import nn

from recollect.models.sequence import gru as module
from recollect.models.sequence.gru import run_gru


def both(monkeypatch, rnn, x, *, start=None, lengths=None, half=False):
    """What the kernel gives and what torch gives, with the gradients of everything."""
    told = []
    for fused in (True, False):
        leaves = [x.detach().requires_grad_(), *rnn.parameters()]
        first = None
        if start is not None:
            first = start.detach().requires_grad_()
            leaves.append(first)
        with monkeypatch.context() as patch:
            if not fused:
                patch.setattr(module, "_fused", lambda *a: False)
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half and fused):
                out, last = run_gru(rnn, leaves[0], start=first, lengths=lengths)
        weigh = torch.linspace(-1, 2, out.numel()).view_as(out)
        loss = (out * weigh).sum() + (
            last * torch.linspace(1, -2, last.numel()).view_as(last)
        ).sum()
        told.append([out.detach(), last.detach(), *torch.autograd.grad(loss, leaves)])
    return told


@pytest.mark.parametrize("lengths", [None, [5, 3, 5, 1], [2, 4, 0, 5], [5, 4, 2, 0], [0, 0, 0, 1]])
@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_it_is_torchs(monkeypatch, lengths, ways, started, layers):
    torch.manual_seed(0)
    rnn = nn.GRU(3, 7, layers, batch_first=True, bidirectional=ways == 2)
    x = torch.randn(4, 5, 3)
    start = torch.randn(layers * ways, 4, 7) if started else None
    given = None if lengths is None else torch.tensor(lengths)
    for ours, theirs in zip(*both(monkeypatch, rnn, x, start=start, lengths=given), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_what_stands_behind_an_end_is_not_looked_at():
    torch.manual_seed(0)
    rnn = nn.GRU(3, 7, batch_first=True, bidirectional=True)
    x, lengths = torch.randn(2, 5, 3), torch.tensor([5, 2])
    other = x.clone()
    other[1, 2:] = 1e3
    out, last = run_gru(rnn, x, lengths=lengths)
    assert not out[1, 2:].any()
    torch.testing.assert_close((out, last), run_gru(rnn, other, lengths=lengths))
    alone, end = run_gru(rnn, x[1:, :4], lengths=lengths[1:])
    torch.testing.assert_close(alone[:, :2], out[1:, :2])
    torch.testing.assert_close(end, last[:, 1:])


def test_under_autocast_its_products_are_narrow(monkeypatch):
    torch.manual_seed(0)
    rnn = nn.GRU(16, 32, batch_first=True, bidirectional=True)
    x, lengths = torch.randn(4, 6, 16), torch.tensor([6, 3, 5, 6])
    ours, theirs = both(monkeypatch, rnn, x, lengths=lengths, half=True)
    for narrow, wide in zip(ours, theirs, strict=True):
        assert narrow.dtype == torch.float32
        assert 0 < (narrow - wide).norm() < 0.02 * wide.norm()


def test_there_is_dropout_between_layers_in_training_alone():
    torch.manual_seed(0)
    rnn = nn.GRU(3, 64, 2, batch_first=True, dropout=0.5)
    x = torch.randn(8, 5, 3)
    one, two = run_gru(rnn, x)[0], run_gru(rnn, x)[0]
    assert not torch.equal(one, two)
    quiet = run_gru(rnn.eval(), x)[0]
    torch.testing.assert_close(quiet, rnn(x)[0])
    # the second layer sees twice the first or nothing: on the whole as much as without dropout
    mean = torch.stack([run_gru(rnn.train(), x)[0] for _ in range(200)]).mean(0)
    assert (mean - quiet).abs().mean() < 0.1 * quiet.abs().mean() + 0.01


def test_other_types_and_shapes_go_to_torch():
    rnn = nn.GRU(3, 4, 2, batch_first=True)
    out, last = run_gru(rnn, torch.randn(2, 5, 3), lengths=torch.tensor([0, 5]))
    assert not out[0].any() and not last[:, 0].any() and out[1].any()
    wide = nn.GRU(3, 4, batch_first=True).double()
    assert run_gru(wide, torch.randn(2, 5, 3).double())[0].dtype == torch.float64
    for shape in ((0, 5, 3), (2, 0, 3)):
        out, last = run_gru(nn.GRU(3, 4, batch_first=True), torch.randn(shape))
        assert out.shape == (*shape[:2], 4) and not last.any()
