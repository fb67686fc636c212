import pytest
import torch
from torch.autograd import gradcheck

from recollect.functional import (
    follow_backward,
    follow_forward,
    link,
    precedence,
    sharpen_link,
)


def some_weights(*shape):
    """Weights that sum to at most 1."""
    return torch.softmax(3 * torch.randn(*shape), -1) * torch.rand(*shape[:-1], 1)


def test_links_and_precedence_are_their_equations():
    links, before, write = torch.rand(2, 5, 5), some_weights(2, 5), some_weights(2, 5)
    after, then = link(links, before, write), precedence(before, write)
    for b in range(2):
        w, p = write[b], before[b]
        for i in range(5):
            for j in range(5):
                wanted = 0.0 if i == j else (1 - w[i] - w[j]) * links[b, i, j] + w[i] * p[j]
                assert float(after[b, i, j]) == pytest.approx(float(wanted), abs=1e-6)
            assert float(then[b, i]) == pytest.approx(float((1 - w.sum()) * p[i] + w[i]), abs=1e-6)


def test_rows_and_columns_stay_below_one_and_the_diagonal_zero():
    links, last = torch.zeros(8, 6, 6), torch.zeros(8, 6)
    for _ in range(300):
        write = some_weights(8, 6)
        links, last = link(links, last, write), precedence(last, write)
        assert (links >= -1e-6).all()
        assert (links.sum(-1) <= 1 + 1e-5).all() and (links.sum(-2) <= 1 + 1e-5).all()
        assert (links.diagonal(dim1=-2, dim2=-1) == 0).all()
        assert (last >= 0).all() and (last.sum(-1) <= 1 + 1e-5).all()


def test_forward_is_the_slot_written_next_and_backward_the_one_before():
    """An error here changes a label only, and every plot lies."""
    links, last = torch.zeros(5, 5), torch.zeros(5)
    for slot in (3, 0, 4):
        write = torch.eye(5)[slot]
        links, last = link(links, last, write), precedence(last, write)
    at = torch.eye(5)[0].unsqueeze(0)
    assert follow_forward(links, at).argmax() == 4 and follow_forward(links, at).sum() == 1
    assert follow_backward(links, at).argmax() == 3 and follow_backward(links, at).sum() == 1
    assert follow_forward(links, torch.eye(5)[4:]).sum() == 0  # the last has no next


def test_the_link_is_made_before_the_precedence_moves():
    """The other way around every slot would follow itself."""
    write = torch.eye(3)[1]
    wrong = link(torch.zeros(3, 3), precedence(torch.eye(3)[0], write), write)
    right = link(torch.zeros(3, 3), torch.eye(3)[0], write)
    assert right[1, 0] == 1 and wrong[1, 0] == 0


def test_sharpened_links_are_their_equation():
    d, s, eps = torch.rand(4, 7), 1 + 3 * torch.rand(4, 1), 1e-6
    ratio = ((d + eps) / (d + eps).amax(-1, keepdim=True)) ** s
    wanted = ratio / ratio.sum(-1, keepdim=True)
    torch.testing.assert_close(sharpen_link(d, s), wanted, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("sharpness", [1.0, 50.0, 1e4])
def test_sharpening_survives_no_links_and_any_sharpness(sharpness):
    d = torch.tensor([[0.0, 0.0, 0.0], [0.5, 0.25, 0.0], [-1e-7, 1.0, 1.0]], requires_grad=True)
    s = torch.full((3, 1), sharpness, requires_grad=True)
    out = sharpen_link(d, s)
    torch.testing.assert_close(out.sum(-1), torch.ones(3))
    torch.testing.assert_close(out[0], torch.full((3,), 1 / 3))
    out[:, 1].sum().backward()
    assert torch.isfinite(d.grad).all() and torch.isfinite(s.grad).all()


def test_gradients_are_exact():
    parts = [torch.rand(2, 4, 4), some_weights(2, 4), some_weights(2, 4), some_weights(2, 3, 4)]
    parts = [part.double().requires_grad_() for part in parts]

    def all_of_it(links, before, write, last):
        after = link(links, before, write)
        return follow_forward(after, last), follow_backward(after, last), precedence(before, write)

    assert gradcheck(all_of_it, parts)
    d, s = torch.rand(2, 5).double().requires_grad_(), torch.rand(2, 1).double().requires_grad_()
    assert gradcheck(lambda d, s: sharpen_link(d, 1 + s), (d, s))
