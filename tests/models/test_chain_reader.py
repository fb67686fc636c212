from itertools import islice

import pytest
import torch

from recollect.models.chain_reader import TAGS, TOKENS, ChainReader
from recollect.tasks.triples.chains import Chains
from recollect.trace import trace


def tokens(text):
    return torch.tensor([TOKENS.index(word) for word in text.split()])


def test_padding_changes_nothing():
    torch.manual_seed(0)
    reader = ChainReader(width=8).eval()
    row = tokens("who be <noun> of <ent>").unsqueeze(0)
    short, long = reader(row), reader(torch.nn.functional.pad(row, (0, 4)))
    torch.testing.assert_close(short.programs, long.programs)
    torch.testing.assert_close(short.tags, long.tags[:, :5])


def test_a_hop_attends_only_to_what_is_left():
    reader = ChainReader(width=8)
    reading = reader(tokens("<noun> of <ent> 's <noun>").unsqueeze(0))
    left = torch.tensor([[True, False, False, False, True]])
    found = reader.attend(reading, torch.tensor([2]), torch.tensor([[2, 2]]), left).exp()
    torch.testing.assert_close(found.sum(), torch.tensor(1.0))
    assert not found[0, 1:4].any()


def test_a_step_on_every_batch_has_finite_gradients():
    task = Chains(batch=16, valid=2)
    reader = ChainReader(width=8)
    for batch in task.batches("valid", seed=0):
        task.step(reader, batch).loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in reader.parameters())


def test_it_learns_the_order_of_a_chain():
    torch.manual_seed(0)
    task, reader = Chains(batch=64, longest=4, pool=30), ChainReader(width=24)
    optim = torch.optim.Adam(reader.parameters(), 0.01)
    for batch in islice(task.batches("train", seed=0), 60):
        loss = task.step(reader, batch).loss
        optim.zero_grad()
        loss.backward()
        optim.step()
    chain = reader.eval().chain(tokens("who be <noun> of <ent> 's <noun>"))
    assert chain.program == "list" and chain.start == 4
    assert chain.steps == ((6, False), (2, False))


def test_the_pointers_reach_a_trace():
    reader = ChainReader(width=8).eval()
    with torch.no_grad():
        reader.tag.bias[TAGS.index("forward")] = 9
        with trace(reader) as seen:
            chain = reader.chain(tokens("<noun> of <ent> 's <noun>"))
    assert len(chain.steps) == 2
    assert seen.weights("ChainReader").shape == (1, 2, 5)


def test_a_question_without_a_name_has_no_chain():
    chain = ChainReader(width=8).chain(tokens("who be <noun>"))
    assert chain.start == -1 and not chain.steps


def test_sizes_are_positive():
    with pytest.raises(ValueError, match="1 or more"):
        ChainReader(width=0)
