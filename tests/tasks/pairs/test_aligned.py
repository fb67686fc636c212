"""Alignments of a split in numbers, and where the digits of a date come from."""

import pytest
import torch

from recollect import additive
from recollect.mechanisms import ContentAttention, reorder
from recollect.models import Decoder, RecurrentDecoder, RecurrentEncoder, Seq2Seq
from recollect.tasks.pairs import Pairs, dates
from recollect.tasks.pairs.aligned import alignment_means


def test_links_are_the_digits_themselves():
    seen = set()
    for pair in dates(count=300).splits["train"]:
        assert pair.links
        for step, slot in pair.links:
            assert pair.targets[0][step] == pair.source[slot]
        seen.add(len(pair.links))
    # two of day and year; four of the year; two of the month; one less for each zero left out
    assert seen == {4, 5, 6, 7, 8}


def test_days_are_written_with_a_zero_and_without():
    told = ["".join(pair.source).lower() for pair in dates(count=400).splits["train"]]
    assert any(text.startswith(("1 ", "2 ", "3 ")) for text in told)
    assert any(text.startswith("0") for text in told)
    assert any(text.count("/") == 2 and len(text) == 8 for text in told)  # 3/4/1999


class Told(Decoder):
    """A decoder that attends where it is told, to one position a step."""

    def __init__(self, where):
        super().__init__()
        self.where, self.vocab = where, 20

    def start(self, encoded):
        rows = torch.arange(len(encoded.mask))
        return rows, torch.zeros_like(rows), encoded.mask.float()

    def step(self, token, state):
        rows, step, weights = state
        at = self.where[rows, step.clamp(max=self.where.shape[1] - 1)]
        weights = torch.nn.functional.one_hot(at, weights.shape[1]).float()
        return torch.zeros(len(token), self.vocab), (rows, step + 1, weights)

    def weights(self, state):
        return state[2]

    def among_beams(self, state, rows):
        return reorder(state, rows)


@pytest.fixture
def task():
    return Pairs(dates(count=40), batch=40)


def _model(task, decoder):
    return Seq2Seq(RecurrentEncoder(len(task.source), size=4), decoder=decoder)


@pytest.mark.parametrize(("wrong", "error"), [(False, 0.0), (True, 100.0)])
def test_who_reads_what_is_right_makes_no_error(task, wrong, error):
    pairs = task.pairs("valid")
    (batch,) = task.batches("valid", seed=0)
    where = torch.zeros(len(batch.rows), 11, dtype=torch.long)
    for place, row in enumerate(batch.rows.tolist()):
        for step, slot in pairs[row].links:
            where[place, step] = (slot + wrong) % len(pairs[row].source)
    found = alignment_means(_model(task, Told(where)), [batch], pairs)
    assert found["alignment_error"] == pytest.approx(error)
    assert found["alignment_entropy"] == pytest.approx(0, abs=1e-6)
    assert found["alignment_coverage_least"] == 0 and found["alignment_coverage_most"] >= 2


def test_an_evaluation_tells_the_alignments_and_none_without_attention(task):
    names = []
    for mechanism in (ContentAttention(additive(6, key_size=8)), None):
        decoder = RecurrentDecoder(len(task.target), size=6, memory_size=8, mechanism=mechanism)
        model = _model(task, decoder).eval()
        figures = task.evaluate([model], split="valid")
        names.append({name for name in figures if name.startswith("alignment")})
        assert all(value[0] >= 0 for value in figures.values())
    assert {"alignment_error", "alignment_entropy", "alignment_monotonicity"} < names[0]
    assert not names[1]
