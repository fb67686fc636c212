import os
from pathlib import Path
from random import Random

import pytest
import torch

from recollect.answer.knowledge import read_knowledge
from recollect.data import MissingData
from recollect.models.chain_reader import PROGRAMS, TAGS, TOKENS, ChainReader
from recollect.models.triple_memory import TripleMemory, Triples, hop
from recollect.tasks.triples.chains import SKIP, Chains, pack
from recollect.tasks.triples.families import tell_family
from recollect.tasks.triples.hinton import Hinton
from recollect.tasks.triples.own import Question, evaluate, family_questions
from recollect.tasks.triples.pathquestion import PathQuestion, read_pathquestion, relation_words
from recollect.tasks.triples.paths import best_path
from recollect.tasks.triples.wording import word_question


def there(name):
    return (Path(os.environ.get("RECOLLECT_DATA", "")) / name).is_dir()


pathquestion = pytest.mark.skipif(not there("pathquestion"), reason="PathQuestion is not there")
hinton = pytest.mark.skipif(not there("family"), reason="Hinton's families are not there")


# Wording


@pytest.mark.parametrize("seed", range(60))
def test_a_worded_chain_is_whole(seed):
    worded = word_question(Random(seed), longest=5)
    assert worded.program in PROGRAMS
    assert all(p.token in TOKENS and p.tag in TAGS for p in worded.parts)
    if worded.program == "unsupported":
        return
    orders = sorted(p.order for p in worded.parts if p.order)
    assert orders == list(range(1, len(orders) + 1)) and orders
    assert sum(p.tag == "start" for p in worded.parts) == 1
    # "Does anybody like Ann?" is a check without an end.
    assert sum(p.tag == "end" for p in worded.parts) <= (worded.program == "check")
    for part in worded.parts:
        assert (part.order > 0) == (part.tag in ("forward", "backward"))
        assert (part.tag in ("start", "end")) <= (part.token == "<ent>")


def test_a_chain_grows_by_the_words_beside_it():
    # ChainReader.chain looks no further than the nearest relation on either side.
    for seed in range(600):
        parts, program = word_question(Random(seed), longest=6)
        chain = sorted((p.order, j) for j, p in enumerate(parts) if p.order)
        if not chain or program == "check":
            continue
        low = high = next(j for j, p in enumerate(parts) if p.tag == "start")
        left = [j for _, j in chain]
        for _, j in chain:
            before, after = [i for i in left if i < low], [i for i in left if i > high]
            assert j in (max(before, default=-1), min(after, default=-1))
            left.remove(j)
            low, high = min(low, j), max(high, j)


def test_possessives_are_asked_from_the_inside_out():
    found = set()
    for seed in range(4000):
        worded = word_question(Random(seed))
        if " ".join(p.token for p in worded.parts) == "who be <noun> of <ent> 's <noun>":
            found.add(tuple(p.order for p in worded.parts))
    assert found == {(0, 0, 2, 0, 0, 0, 1)}


def test_a_batch_is_a_function_of_its_number():
    one, two = Chains(batch=8), Chains(batch=8)
    assert torch.equal(one.batch("train", 3, 5).tokens, two.batch("train", 3, 5).tokens)
    assert not torch.equal(one.batch("train", 3, 5).tags, one.batch("train", 4, 5).tags)
    with pytest.raises(ValueError, match="2 hops"):
        Chains(longest=1)


def test_packing_keeps_the_chain():
    worded = [word_question(Random(seed)) for seed in range(20)]
    batch = pack(worded)
    for b, w in enumerate(worded):
        for j, part in enumerate(w.parts):
            assert TOKENS[batch.tokens[b, j]] == part.token
            if part.order:
                assert batch.chain[b, part.order] == j
        assert (batch.tags[b, len(w.parts) :] == SKIP).all()


# Families and questions of one's own


def test_a_family_is_a_table_that_reads_back():
    for seed in range(12):
        family = tell_family(Random(seed), couples=2, generations=3)
        known = read_knowledge(family.text)
        assert not known.doubts and len(known) == len(family.triples)
        assert len(set(family.names)) == len(family.names)
        assert set(family.lines.values()) == set(known.lines.tolist())


def test_the_questions_have_the_answers_of_a_lookup():
    family = tell_family(Random(4), couples=2, generations=3)
    asked = family_questions(Random(4), family, each=3)
    names = {name for s, _, o in family.triples for name in (s, o)}
    lines = set(family.lines.values())
    assert {q.kind for q in asked} == {"list", "check", "count", "missing"}
    for q in asked:
        assert q.lines <= lines and q.erased <= lines
        if q.kind == "list":
            assert q.answers and q.answers <= names and len(q.lines) >= q.hops - 4
        if q.kind == "missing":
            assert not q.answers and q.erased


def test_an_untrained_reader_is_judged_and_fails(monkeypatch):
    monkeypatch.setattr("recollect.tasks.triples.own.TABLES", 1)
    monkeypatch.setattr("recollect.tasks.triples.own.QUESTIONS", 2)
    torch.manual_seed(0)
    found = evaluate([ChainReader(width=8)], split="test")
    assert {"hops_2", "hops_3", "hops_4", "check", "count", "missing"} <= found.keys()
    assert found["hops_4"] == [0.0]
    assert Question("?", 1, "list", frozenset(), frozenset()).erased == frozenset()


# Paths


def test_the_best_path_is_the_strongest():
    triples = Triples(
        4,
        torch.tensor([0, 0, 1, 2]),
        torch.tensor([0, 0, 1, 1]),
        torch.tensor([1, 2, 3, 3]),
        torch.ones(2, 1, dtype=torch.long),
    )
    state = torch.tensor([1.0, 0, 0, 0])
    first, state = hop(state, torch.tensor([1.0, 0.0]), triples)
    second, _ = hop(state, torch.tensor([0.0, 1.0]), triples)
    weights = torch.stack([first * torch.tensor([0.8, 1.2, 1, 1]), second])
    assert best_path(weights, 0, 3, triples) == [1, 3]
    assert best_path(weights, 0, 0, triples) == []


# PathQuestion

PQ = "what is the a 's job ?\tx(x/y/)\ta#job#x#<end>#x\n"


def test_pathquestion_is_read(tmp_path):
    (tmp_path / "q.txt").write_text(PQ, encoding="utf-8")
    (line,) = read_pathquestion(tmp_path / "q.txt")
    assert line.start == "a" and line.answers == {"x", "y"} and line.path == (("a", "job", "x"),)
    (tmp_path / "q.txt").write_text(PQ + "broken\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        read_pathquestion(tmp_path / "q.txt")


def test_a_relation_is_called_by_its_last_word():
    assert relation_words("__a__b__notable_types") == ["notable_types", "notable", "types"]


@pathquestion
@pytest.mark.parametrize("kind", ["2H", "L-3H"])
def test_pathquestion_is_parted_without_overlap(kind):
    task = PathQuestion(kind, split="paths")
    rows = [i for part in task.parts.values() for i in part]
    assert sorted(rows) == list(range(len(task.lines)))
    asked = {
        name: {(task.lines[i].start, *(r for _, r, _ in task.lines[i].path)) for i in part}
        for name, part in task.parts.items()
    }
    assert not asked["train"] & asked["test"] and not asked["train"] & asked["valid"]


@pathquestion
def test_gold_paths_lead_from_the_entity_to_an_answer():
    task = PathQuestion("3H")
    for batch in (task.batch(range(40)), task.batch(range(3000, 3040))):
        s, o = task.triples.subjects[batch.path], task.triples.objects[batch.path]
        assert torch.equal(s[:, 0], batch.start) and torch.equal(s[:, 1:], o[:, :-1])
        assert batch.answers.gather(-1, o[:, -1:]).all()


@pathquestion
def test_a_pathquestion_step_learns_and_is_judged():
    task = PathQuestion("2H", batch=32, paths=0.5)
    torch.manual_seed(0)
    walker = TripleMemory(len(task.vocab), relations=len(task.relations), width=16, hops=2)
    batch = next(task.batches("train", seed=0))
    before = task.step(walker, batch)
    untrained = task.evaluate([walker], split="test")
    # What a knowledge base gives away by itself must not pass for a path that was found.
    assert untrained["path"][0] <= untrained["hits"][0] < 0.5
    optim = torch.optim.Adam(walker.parameters(), 0.02)
    for _ in range(15):
        optim.zero_grad()
        task.step(walker, batch).loss.backward()
        optim.step()
    assert task.step(walker, batch).loss < before.loss
    found = task.evaluate([walker], split="test")
    assert found.keys() == {"hits", "exact", "path", "relations"}
    assert all(0 <= value <= 1 for values in found.values() for value in values)
    with pytest.raises(ValueError, match="split"):
        next(task.batches("tset", seed=0))


def test_missing_data_is_named(tmp_path):
    with pytest.raises(MissingData, match="PQ-2H"):
        PathQuestion("2H", folder=tmp_path)
    with pytest.raises(ValueError, match="kind"):
        PathQuestion("4H")  # type: ignore[arg-type]


# Hinton's families


@hinton
def test_hinton_has_104_pairs_each_held_out_once():
    task = Hinton()
    assert len(task.pairs) == 104 and task.relations == 12 and task.triples.entities == 24
    assert sorted(int(i) for fold in task.held for i in fold) == list(range(104))
    assert task.all.answers.sum() == 112


@hinton
def test_a_held_out_answer_is_nowhere_to_be_read():
    task = Hinton(folds=1)
    held = task.held[0]
    s, r, o = task.triples.subjects, task.triples.relations, task.triples.objects
    gone = task.all.hidden[held].any(0)
    for pair in held.tolist():
        person, relation = task.pairs[pair]
        told = (s == person) & (r == relation) | (o == person) & (r == relation + task.relations)
        assert bool(told.any()) and bool(gone[told].all())


@hinton
def test_a_hinton_step_trains_every_fold():
    task = Hinton(folds=2, drop=0.0)
    walkers = torch.nn.ModuleList(
        TripleMemory(task.vocab, relations=2 * task.relations, width=8, chains=2, joint=True)
        for _ in task.held
    )
    task.step(walkers, task.all).loss.backward()
    assert all(
        p.grad is not None and p.grad.isfinite().all()
        for walker in walkers
        for p in walker.parameters()
    )
    found = task.evaluate([walkers], split="test")
    assert found.keys() == {"hits", "exact", "told"}
    with pytest.raises(ValueError, match="1 or more"):
        Hinton(held=0)
