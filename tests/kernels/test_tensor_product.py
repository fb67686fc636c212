"""The stories of a TPR-RNN in one call against the readable model, in values and gradients."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from recollect.models.tpr_rnn import TPRRNN
from recollect.models.tpr_stories import StoryRows, answer_stories, lacks_kernel
from recollect.trace import trace

VOCAB, WORDS, SENTENCES, QUESTIONS = 12, 5, 8, 4


def model(entity=7, role=3, seed=0):
    torch.manual_seed(seed)
    made = TPRRNN(VOCAB, words=WORDS, entity=entity, role=role, hidden=4)
    with torch.no_grad():
        for p in made.parameters():  # gains and biases that are not 1 and 0
            p.mul_(2).add_(0.1 * torch.randn_like(p))
    return made


def told(lengths, asked, seed=0):
    """Sentences, questions and stories of these lengths, the last question about all of each."""
    draw = torch.Generator().manual_seed(seed)

    def some(most, *shape):
        return torch.randint(0, most, shape, generator=draw)

    sentences, questions = 1 + some(VOCAB - 1, SENTENCES, WORDS), some(VOCAB, QUESTIONS, WORDS)
    questions[:, 0] = 1
    sentences[::2, 3:] = 0
    before = [
        n if i == many - 1 else int(some(n + 1, 1))
        for n, many in zip(lengths, asked, strict=True)
        for i in range(many)
    ]
    rows = StoryRows(
        some(SENTENCES, sum(lengths)),
        torch.from_numpy(np.cumsum([0, *lengths])),
        some(QUESTIONS, sum(asked)),
        torch.tensor(before),
        some(VOCAB, sum(asked)),
        torch.from_numpy(np.cumsum([0, *asked])),
    )
    return sentences, questions, rows


def one_by_one(net, sentences, questions, rows):
    logits = []
    for g in range(len(rows.begins) - 1):
        story = sentences[rows.sentences[rows.begins[g] : rows.begins[g + 1]]]
        for q in range(int(rows.asked[g]), int(rows.asked[g + 1])):
            seen = story[: rows.before[q]] if rows.before[q] else story[:1] * 0
            logits.append(net(seen[None], questions[rows.questions[q]][None]))
    return torch.cat(logits)


@pytest.mark.parametrize(
    ("entity", "role", "lengths", "asked"),
    [
        (7, 3, (4, 1, 9, 3), (2, 1, 3, 1)),
        (32, 33, (5, 2), (1, 4)),
        (35, 5, (1, 6, 2), (1, 0, 2)),
    ],
)
def test_loss_answers_and_gradients_are_the_reference_s(entity, role, lengths, asked):
    net, (sentences, questions, rows) = model(entity, role), told(lengths, asked)
    assert lacks_kernel(net) is None
    loss, said = answer_stories(net, sentences, questions, rows)
    exact = model(entity, role).double()
    logits = one_by_one(exact, sentences, questions, rows)
    wanted = F.cross_entropy(logits, rows.answers)
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert said.tolist() == logits.argmax(-1).tolist()
    ours = torch.autograd.grad(2 * loss, list(net.parameters()))
    theirs = torch.autograd.grad(2 * wanted, list(exact.parameters()))
    for (name, _), a, b in zip(net.named_parameters(), ours, theirs, strict=True):
        scale = float(b.abs().max()) + 1e-3
        torch.testing.assert_close(a.double(), b, atol=1e-4 * scale, rtol=1e-3, msg=name)


def test_without_gradients_the_same_is_said():
    net, parts = model(), told((4, 3), (2, 2))
    loss, said = answer_stories(net, *parts)
    with torch.no_grad():
        again, same = answer_stories(net, *parts)
    assert loss.item() == again.item()
    assert torch.equal(said, same)


def test_a_question_that_nothing_came_before_is_answered():
    net, (sentences, questions, rows) = model(), told((3,), (2,))
    rows = rows._replace(before=torch.zeros(2, dtype=torch.long))
    loss, _ = answer_stories(net, sentences, questions, rows)
    loss.backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())
    wanted = F.cross_entropy(one_by_one(net, sentences, questions, rows), rows.answers)
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5)


def test_what_the_kernel_cannot_do_is_told():
    assert "float64" in (lacks_kernel(model().double()) or "")
    net = model()
    with trace(net):
        assert "trace" in (lacks_kernel(net) or "")
