import pytest
import torch
from torch import nn

import recollect
from recollect import AttentionCell, Reader, Recurrent, trace
from recollect.functional import sparsemax
from recollect.testing import check_cell

READERS = {
    "additive": lambda: None,
    "sparse": lambda: Reader(recollect.general(6, key_size=3), normalize=sparsemax),
    "fused": lambda: Reader(recollect.general(6, key_size=3)),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("masked", [False, True])
def test_conforms(reader, masked):
    cell = AttentionCell(4, hidden_size=6, memory_size=3, reader=READERS[reader]())

    def start(batch):
        mask = None
        if masked:
            mask = torch.rand(batch, 5) > 0.2
            mask[0] = False  # one that may read nothing
        return cell.bind(torch.randn(batch, 5, 3), mask=mask, hidden=torch.randn(batch, 6))

    check_cell(cell, start=start)


def test_is_bahdanaus_decoder_written_out():
    cell = AttentionCell(4, hidden_size=6, memory_size=3)
    score, gru = cell.reader.score, cell.rnn
    x, memory = torch.randn(2, 5, 4), torch.randn(2, 7, 3)
    y, _ = Recurrent(cell)(x, cell.bind(memory))
    for b in range(2):
        h = torch.zeros(6)
        for t in range(5):
            scores = [
                score.v @ torch.tanh(score.query_map.weight @ h + score.key_map(m))
                for m in memory[b]
            ]
            weights = torch.stack(scores).softmax(0)
            h = gru(torch.cat([x[b, t], weights @ memory[b]]), h)
            torch.testing.assert_close(y[b, t], h)


def test_without_a_memory_it_is_a_gru_that_reads_zeros():
    cell = AttentionCell(4, hidden_size=6, memory_size=3)
    x = torch.randn(2, 5, 4)
    y, _ = Recurrent(cell)(x)
    gru = nn.GRU(7, 6, batch_first=True)
    gru.load_state_dict({f"{k}_l0": v for k, v in cell.rnn.state_dict().items()})
    torch.testing.assert_close(y, gru(torch.cat([x, torch.zeros(2, 5, 3)], -1))[0])


def test_a_trace_is_the_alignment():
    cell = AttentionCell(4, hidden_size=6, memory_size=3)
    mask = torch.ones(2, 7, dtype=torch.bool)
    mask[0, 4:] = False
    rnn, state = Recurrent(cell), cell.bind(torch.randn(2, 7, 3), mask=mask)
    with trace(rnn) as seen:
        rnn(torch.randn(2, 5, 4), state)
    alignment = torch.cat([step["weights"] for step in seen["cell.reader"]], 1)
    assert alignment.shape == (2, 5, 7)
    assert (alignment[0, :, 4:] == 0).all()
    torch.testing.assert_close(alignment.sum(-1), torch.ones(2, 5))


def test_compiles_whole():
    torch._dynamo.reset()
    cell = AttentionCell(4, hidden_size=6, memory_size=3)
    compiled = torch.compile(cell, fullgraph=True, backend="eager")
    state = cell.bind(torch.randn(2, 7, 3))
    state = recollect.detach(state)
    x = torch.randn(2, 4)
    torch.testing.assert_close(compiled(x, state)[0], cell(x, state)[0])


@pytest.mark.slow
def test_learns_to_point_at_what_is_asked_for():
    """The input names a key; the memory holds key and value; the answer is that value."""
    torch.manual_seed(0)
    keys, classes = 6, 4
    reader = Reader(recollect.general(24, key_size=keys + classes))
    cell = AttentionCell(keys, hidden_size=24, memory_size=keys + classes, reader=reader)
    rnn, head = Recurrent(cell), nn.Linear(24, classes)
    optimizer = torch.optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.01)

    def batch(size):
        values = torch.randint(classes, (size, keys))
        order = torch.rand(size, keys).argsort(-1)
        held = torch.eye(classes)[values.gather(1, order)]
        memory = torch.cat([torch.eye(keys)[order], held], -1)
        asked = torch.randint(keys, (size, 1)).expand(-1, 3)  # asked three times, answered last
        return memory, torch.eye(keys)[asked], values.gather(1, asked[:, :1]).squeeze(1)

    for _ in range(600):
        memory, x, target = batch(64)
        loss = nn.functional.cross_entropy(head(rnn(x, cell.bind(memory))[0][:, -1]), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    memory, x, target = batch(500)
    right = head(rnn(x, cell.bind(memory))[0][:, -1]).argmax(-1) == target
    assert right.float().mean() > 0.95


def test_what_does_not_fit_is_refused():
    cell = AttentionCell(4, hidden_size=6, memory_size=3)
    with pytest.raises(ValueError, match=r"\(B, N, 3\), not \(2, 7, 5\)"):
        cell.bind(torch.randn(2, 7, 5))
    with pytest.raises(ValueError, match=r"\(2, 7\).*not \(2, 1, 7\)"):
        cell.bind(torch.randn(2, 7, 3), mask=torch.ones(2, 1, 7, dtype=torch.bool))
