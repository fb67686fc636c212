"""Stories as tensors: shapes, ranges, and batches that are functions of their number."""

from random import Random

import pytest
import torch

from recollect.english import LONGEST, TOKENS
from recollect.events import KINDS, PROGRAMS, TAGS
from recollect.models.event_memory import EventMemory
from recollect.tasks.stories.pack import CHAIN, SKIP, collate, pack_tale
from recollect.tasks.stories.task import Stories
from recollect.tasks.stories.world import tell
from recollect.testing import check_task


@pytest.fixture(scope="module")
def packed():
    rng = Random(11)
    return [pack_tale(tell(rng, rng.choice((4, 10, 20))), rng) for _ in range(40)]


def labels(tensor, top):
    real = tensor[tensor != SKIP]
    assert bool(((real >= 0) & (real < top)).all())
    return real


def test_everything_is_in_range(packed):
    batch = collate(packed)
    B, T, J = batch.clauses.tokens.shape
    K, Q = batch.genders.shape[1], batch.ends.shape[1]
    assert len(packed) == B and J <= LONGEST
    assert batch.clauses.entities.shape == batch.tags.shape == batch.links.shape == (B, T, J)
    assert batch.refs.shape == (B, T, J, 3) and batch.chains.shape == (B, Q, CHAIN)
    assert batch.order.shape == batch.kinds.shape == (B, T)
    for clauses in (batch.clauses, batch.asked):
        labels(clauses.tokens, len(TOKENS))
        assert int(clauses.entities.max()) < K and int(clauses.entities.min()) >= -1
        assert not bool(((clauses.entities >= 0) & (clauses.tokens == 0)).any())
    assert len(labels(batch.kinds, len(KINDS))) and len(labels(batch.tags, len(TAGS)))
    assert len(labels(batch.programs, len(PROGRAMS))) and len(labels(batch.asked_tags, len(TAGS)))
    labels(batch.asked_kinds, len(KINDS))
    labels(batch.links, T)
    assert int(batch.chains.max()) < T and int(batch.refs.max()) < K and int(batch.ends.max()) <= T
    assert torch.equal(batch.order.sort(1).values, torch.arange(T).expand(B, T))


def test_a_fact_of_a_chain_comes_before_its_question(packed):
    batch = collate(packed)
    posed = (batch.chains >= 0) & (batch.programs != SKIP).unsqueeze(-1)
    assert bool((batch.chains < batch.ends.unsqueeze(-1))[posed].all())


def test_padding_says_nothing(packed):
    batch = collate(packed)
    for b, story in enumerate(packed):
        n = len(story.rows)
        assert not bool(batch.clauses.tokens[b, n:].any())
        assert bool((batch.kinds[b, n:] == SKIP).all()) and bool((batch.tags[b, n:] == SKIP).all())
        assert set(batch.order[b, n:].tolist()) == set(range(n, batch.kinds.shape[1]))


def test_one_story_alone_is_its_row_of_the_batch(packed):
    batch = collate(packed)
    for b in (0, 7, 23):
        alone = collate([packed[b]])
        T, J = alone.clauses.tokens.shape[1:]
        assert torch.equal(alone.clauses.tokens[0], batch.clauses.tokens[b, :T, :J])
        assert torch.equal(alone.kinds[0], batch.kinds[b, :T])
        assert torch.equal(alone.ends[0], batch.ends[b, : alone.ends.shape[1]])


def test_the_task_keeps_the_contract():
    check_task(Stories(clauses=64, longest=12, questions=3), model=EventMemory(12, 8))


def test_batches_come_from_split_seed_and_number_alone():
    one, two = Stories(clauses=64, longest=12), Stories(clauses=64, longest=12)
    late = one.batch("train", 3, 5)
    for i in range(6):
        last = two.batch("train", 3, i)
    assert torch.equal(late.clauses.tokens, last.clauses.tokens)
    assert torch.equal(late.answers, last.answers)
    other = two.batch("valid", 3, 5)
    assert other.clauses.tokens.shape != late.clauses.tokens.shape or not torch.equal(
        other.clauses.tokens, late.clauses.tokens
    )


def test_too_short_a_story_is_refused():
    with pytest.raises(ValueError, match="longest is 3"):
        Stories(longest=3)


def test_a_padded_question_needs_no_entity_for_an_answer():
    # question 0 stands in for padding; its answer, a line number, is larger than any entity
    rng = Random(5)
    tales = [tell(rng, 40, 8) for _ in range(60)]
    batch = collate([pack_tale(tale, rng) for tale in tales])
    where = PROGRAMS.index("where")
    few = int(((batch.programs == where).sum(1)).argmin())
    programs, answers = batch.programs.clone(), batch.answers.clone()
    programs[few, 0], answers[few, 0] = PROGRAMS.index("when"), 39
    task = Stories(clauses=40, longest=40)
    step = task.step(EventMemory(8, 8), batch._replace(programs=programs, answers=answers))
    assert step.loss.isfinite()
