import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.models.tpr_rnn import TPRRNN, tensor_scan, tensor_writes
from recollect.trace import trace


def parts(B, T, E, R, *, dtype=torch.float64):
    entities = torch.randn(B, T, 2, E, dtype=dtype) * 0.4
    return entities.requires_grad_(), (torch.randn(B, T, 3, R, dtype=dtype) * 0.5).requires_grad_()


@given(st.integers(1, 3), st.integers(1, 9), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_the_solve_is_the_scan_in_values_and_gradients(B, T, E, R):
    entities, roles = parts(B, T, E, R)
    ours, (theirs, _) = tensor_writes(entities, roles), tensor_scan(entities, roles)
    torch.testing.assert_close(ours, theirs)
    weight = torch.randn_like(ours)
    for a, b in zip(
        torch.autograd.grad((ours * weight).sum(), (entities, roles)),
        torch.autograd.grad((theirs * weight).sum(), (entities, roles)),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_a_read_of_the_writes_is_a_read_of_the_tensor():
    entities, roles = parts(2, 6, 5, 4)
    values, tensor = tensor_scan(entities, roles)
    asked, link = torch.randn(2, 5).double(), torch.randn(2, 4).double()
    theirs = torch.einsum("be,br,berf->bf", asked, link, tensor)
    keys = entities[:, :, [0, 0, 1]].flatten(1, 2)
    weights = torch.einsum("bme,be->bm", keys, asked)
    weights = weights * torch.einsum("bmr,br->bm", roles.flatten(1, 2), link)
    torch.testing.assert_close(torch.einsum("bm,bmf->bf", weights, values.flatten(1, 2)), theirs)


def test_what_is_written_again_is_replaced():
    # A key of length 1 holds one value: the second sentence takes the first one's place.
    first = torch.tensor([1.0, 0.0, 0.0])
    other, third = torch.tensor([0.0, 1.0, 0.0]), torch.tensor([0.0, 0.0, 1.0])
    entities = torch.stack([torch.stack([first, other]), torch.stack([first, third])])[None]
    roles = torch.zeros(1, 2, 3, 2)
    roles[:, :, 0, 0] = 1
    _, tensor = tensor_scan(entities, roles)
    torch.testing.assert_close(tensor[0, 0, 0], third)


def model(**sizes):
    return TPRRNN(12, words=5, entity=7, role=3, hidden=4, **sizes).double()


def told(B=3, T=4):
    story = torch.randint(1, 12, (B, T, 5))
    story[..., 4] = 0
    return story, torch.randint(1, 12, (B, 5))


def test_padding_changes_nothing():
    net = model()
    story, question = told()
    story[1, 2:] = 0
    longer = torch.nn.functional.pad(story, (0, 0, 0, 3))
    torch.testing.assert_close(net(longer, question), net(story, question))
    torch.testing.assert_close(net(story[1:2, :2], question[1:2]), net(story, question)[1:2])
    assert net.weights(longer, question).shape == (3, 3, 7)
    assert float(net.weights(longer, question)[:, :, 4:].detach().max()) == 0


def test_a_question_reads_what_came_before_it():
    net = model()
    story, question = told(B=2, T=5)
    memory = net.remember(*net.told(story), (story != 0).any(-1))
    questions = torch.stack([question, question], 1)
    before = torch.tensor([[2, 5], [3, 5]])
    found, _ = net.infer(memory, *net.asked(questions), before)
    logits = net.logits(found)
    torch.testing.assert_close(logits[0, 0], net(story[:1, :2], question[:1])[0])
    torch.testing.assert_close(logits[1, 0], net(story[1:, :3], question[1:])[0])
    torch.testing.assert_close(logits[:, 1], net(story, question))


def test_weights_are_shares_and_reads_are_traced():
    net = model()
    story, question = told()
    weights = net.weights(story, question)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 3).double())
    with trace(net) as seen:
        net(story, question)
    assert seen.stack("TPRRNN").shape[0] == 3


def test_an_empty_story_is_answered_and_has_gradients():
    net = model()
    _, question = told(B=1)
    logits = net(torch.zeros(1, 2, 5, dtype=torch.long), question)
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters() if p.grad is not None)


def test_the_order_of_sentences_and_of_words_is_known():
    net = model()
    with torch.no_grad():  # at first every place weighs the same
        net.place.normal_()
    story, question = told(B=1)
    assert not torch.allclose(net(story, question), net(story.flip(1), question))
    swapped = story[..., [1, 0, 2, 3, 4]]
    assert not torch.allclose(net(story, question), net(swapped, question))


def test_it_learns_where_a_person_went_last(tmp_path):
    torch.manual_seed(0)
    net = TPRRNN(8, words=2, entity=12, role=6, hidden=12)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)

    def batch():
        who, where = torch.randint(1, 4, (64, 4)), torch.randint(4, 8, (64, 4))
        asked = who[torch.arange(64), torch.randint(0, 4, (64,))]
        last = torch.where(who == asked[:, None], torch.arange(4), -1).amax(1)
        question = torch.stack([asked, torch.zeros_like(asked)], 1)
        return torch.stack([who, where], -1), question, where[torch.arange(64), last]

    for _ in range(200):
        story, question, gold = batch()
        loss = torch.nn.functional.cross_entropy(net(story, question), gold)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    story, question, gold = batch()
    assert float((net(story, question).argmax(-1) == gold).float().mean()) > 0.9
    net.save_pretrained(tmp_path)
    again = TPRRNN.from_pretrained(tmp_path)
    torch.testing.assert_close(again(story, question), net(story, question))


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="role is 0"):
        TPRRNN(5, role=0)
    with pytest.raises(ValueError, match="6 words for a model of 5"):
        model()(torch.ones(1, 2, 6, dtype=torch.long), torch.ones(1, 6, dtype=torch.long))
