"""Polysemy: the corpus's files, static vectors, neighbours, no look at senses, and the command."""

import json
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.cli.__main__ import main
from recollect.models import ContextVectors
from recollect.recipes.polysemy import ContextVectorsConfig
from recollect.tasks.polysemy import (
    Occurrence,
    Polysemy,
    SenseCorpus,
    coarse_wsd,
    nearest_sense,
    static_vectors,
)
from recollect.testing import check_task
from tests.dataless import says_the_same

TOPICS = {
    "crane": ("lifts steel beams over a dock with ropes", "lays eggs near a lake and flies south"),
    "bank": ("lends money and takes interest on loans", "of mud beside water where reeds grow"),
}


def sentence(random, noun, sense):
    """Four words of the sense's topic around the noun."""
    near = random.sample(TOPICS[noun][sense].split(), 5)
    place = random.randrange(6)
    return (*near[:place], noun, *near[place:]), place


def corpus(count=60, seed=0):
    random = Random(seed)
    splits = {}
    for split, size in (("train", count), ("valid", 12), ("test", 16)):
        splits[split] = [
            Occurrence(*sentence(random, noun, i % 3 // 2), n, i % 3 // 2)
            for n, noun in enumerate(TOPICS)
            for i in range(size)
        ]
    return SenseCorpus(tuple(TOPICS), (("machine", "bird"), ("money", "river")), splits)


def task(**changed):
    return Polysemy(corpus(), **{"batch": 7, "width": 16, "least": 2, "frequent": 0.01, **changed})


def model(made):
    torch.manual_seed(0)
    return ContextVectorsConfig(heads=2, inner=16).build(made).eval()


def test_the_task_keeps_its_contract():
    made = task()
    check_task(made, model=model(made))
    check_task(made, model=model(made), split="test")


def test_an_epoch_reads_every_sentence_once():
    made = task()
    rounds = -(-len(made.corpus.splits["train"]) // 7)
    seen = []
    for batch, _ in zip(made.batches("train", seed=3), range(rounds), strict=False):
        for row, length in zip(batch.tokens.tolist(), batch.lengths.tolist(), strict=True):
            seen.append(tuple(row[:length]))
    told = [tuple(tokens) for tokens, _ in made._rows["train"]]
    assert sorted(seen) == sorted(told)


def test_the_noun_is_hidden_and_only_hidden_words_are_asked_for():
    made = task()
    for batch, _ in zip(made.batches("train", seed=0), range(5), strict=False):
        rows = torch.arange(len(batch.place))
        assert (batch.shown[rows, batch.place] == 4).all()
        asked = batch.weight > 0
        assert (
            asked.any() and (batch.shown[asked] == 4).all() and not asked[rows, batch.place].any()
        )
        same = batch.shown == batch.tokens
        assert (same | (batch.shown == 4)).all() and (batch.weight <= 1).all()


def test_senses_are_never_looked_at_in_training():
    made, other = task(), corpus()
    flipped = {s: [o._replace(sense=1 - o.sense) for o in some] for s, some in other.splits.items()}
    again = Polysemy(other._replace(splits=flipped), batch=7, width=16, least=2, frequent=0.01)
    for a, b, _ in zip(
        made.batches("train", seed=0), again.batches("train", seed=0), range(4), strict=False
    ):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    assert torch.equal(made.static, again.static)


def test_static_vectors_are_the_same_again_and_alike_for_words_in_like_places():
    random = Random(0)
    sentences = [[random.choice([0, 1]), random.choice([2, 3]), 4] for _ in range(99)]
    sentences += [[random.choice([5, 6]), random.choice([7, 8]), 9] for _ in range(99)]
    one, two = (static_vectors(sentences, vocab=11, width=4) for _ in range(2))
    assert torch.equal(one, two) and one.shape == (11, 4) and not one[10].any()
    near = torch.cosine_similarity(one[0], one[1], 0)
    assert float(near) > 0.9 > float(torch.cosine_similarity(one[0], one[5], 0).abs()) + 0.5
    assert not static_vectors([[1], []], vocab=4, width=2).any()
    with pytest.raises(ValueError, match="width is 5"):
        static_vectors(sentences, vocab=4, width=5)


@given(st.integers(1, 12), st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_neighbours_vote_as_brute_force_says(near, seed):
    g = torch.Generator().manual_seed(seed)
    keys, query = torch.randn(9, 3, generator=g), torch.randn(4, 3, generator=g)
    senses = torch.randint(0, 3, (9,), generator=g)
    said = nearest_sense(query, keys, senses, near=near).tolist()
    for q, ours in zip(query, said, strict=True):
        cosine = [float(torch.cosine_similarity(q, k, 0)) for k in keys]
        top = sorted(range(9), key=lambda i: -cosine[i])[:near]
        votes = [
            sum(torch.tensor(5 * cosine[i]).exp() for i in top if senses[i] == s) for s in range(3)
        ]
        assert votes[ours] == pytest.approx(max(map(float, votes)), rel=1e-4)


def test_a_vector_that_says_nothing_gets_the_commonest_sense():
    senses = torch.tensor([0, 1, 1, 2, 1, 0])
    assert nearest_sense(torch.ones(2, 4), torch.ones(6, 4), senses, near=1).tolist() == [1, 1]
    with pytest.raises(ValueError, match="near is 0"):
        nearest_sense(torch.ones(2, 4), torch.ones(6, 4), senses, near=0)


def test_vectors_of_a_sentence_do_not_depend_on_its_batch():
    made = task()
    net = model(made)
    rows = made._rows["test"][:9]
    tokens, lengths, place = made.learnt.padded(rows)
    whole = net.vectors(tokens, lengths, place)
    wider = torch.nn.functional.pad(tokens, (0, 3))
    torch.testing.assert_close(net.vectors(wider, lengths, place), whole)
    for i, row in enumerate(rows):
        torch.testing.assert_close(net.vectors(*made.learnt.padded([row]))[0], whole[i])
    likely = net(tokens, lengths, place)
    torch.testing.assert_close(likely.exp().sum(-1), torch.ones(9))


def test_learning_by_hidden_words_tells_senses_apart():
    made = task(batch=20)
    net = model(made).train()
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], 0.01)
    for batch, _ in zip(made.batches("train", seed=0), range(60), strict=False):
        optimizer.zero_grad()
        made.step(net, batch).loss.backward()
        optimizer.step()
    found = made.evaluate([net.eval()], split="test")
    assert found["contextual"][0] > 95 and found["nouns_above_static"] == [2]
    assert found["static"][0] == pytest.approx(68.75)  # two of three are of the first sense
    assert found["crane_margin"][0] == pytest.approx(found["crane"][0] - 68.75)


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="hide 1"):
        task(hide=1)
    with pytest.raises(ValueError, match="no split 'dev'"):
        next(task().batches("dev", seed=0))
    with pytest.raises(ValueError, match="vectors of a ContextVectors"):
        task().vectors(torch.nn.Linear(1, 1), "test")


def write(folder):
    made = corpus()
    for n, noun in enumerate(made.nouns):
        here = folder / "coarsewsd20" / "CoarseWSD-20" / noun
        here.mkdir(parents=True)
        names = {str(i): f"{noun}_{name}" for i, name in enumerate(made.senses[n])}
        (here / "classes_map.txt").write_text(json.dumps(names))
        for part in ("train", "test"):
            some = [o for o in made.splits[part] if o.noun == n]
            lines = [f"{o.place}\t{' '.join(o.tokens)}\n" for o in some]
            (here / f"{part}.data.txt").write_text("".join(lines))
            (here / f"{part}.gold.txt").write_text("".join(f"{o.sense}\n" for o in some))
    return folder


def test_files_are_read_and_bad_lines_named(tmp_path):
    folder = write(tmp_path) / "coarsewsd20"
    read = coarse_wsd(path=folder)
    assert read.nouns == ("bank", "crane") and read.senses[1] == ("machine", "bird")
    assert [len(read.splits[s]) for s in ("train", "valid", "test")] == [96, 24, 32]
    with pytest.raises(ValueError, match="no noun 'seal'"):
        coarse_wsd(nouns=["seal"], path=folder)
    data = folder / "CoarseWSD-20" / "bank" / "train.data.txt"
    gold = data.with_name("train.gold.txt")
    lines = data.read_text().split("\n")
    data.write_text("\n".join(["99\tbank", *lines[1:]]))
    with pytest.raises(ValueError, match="line 1: '99"):
        coarse_wsd(path=folder)
    data.write_text("\n".join(lines[1:]))
    with pytest.raises(ValueError, match="59 sentences and .* 60 senses"):
        coarse_wsd(path=folder)
    data.write_text("\n".join(lines))
    gold.write_text(gold.read_text().replace("1", "7"))
    with pytest.raises(ValueError, match="'7' is none of 2 senses"):
        coarse_wsd(path=folder)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("senses"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOLLECT_DATA", str(folder))
        flags = ["--task.batch", "8", "--task.width", "16", "--model.inner", "16", "--quiet"]
        flags += ["--loop.steps", "4", "--loop.eval-batches", "1"]
        assert main(["train", "polysemy", *flags, "--out", str(folder / "run")]) == 0
    return folder


@pytest.fixture
def trained(trained_once, monkeypatch):
    monkeypatch.setenv("RECOLLECT_DATA", str(trained_once))
    return trained_once / "run"


def test_the_command_tells_a_sense_and_what_it_rests_on(trained, tmp_path, capsys):
    page = tmp_path / "a.html"
    assert main(["run", str(trained), "A Crane lays eggs.", "--html", str(page)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("crane: ") and told.out.count("\n") == 4
    html = page.read_text()
    assert "eggs" in html and "head 1" in html
    assert "A row is a head" in html and "monotonicity" not in html
    assert main(["run", str(trained), "the bank lends money zyx", "--json"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert found["noun"] == "bank" and found["sense"] in ("money", "river")
    assert found["columns"] == ["the", "bank", "lends", "money", "zyx"]
    assert all(sum(row) == pytest.approx(1, abs=1e-2) for row in found["weights"])
    assert "zyx" in told.err
    assert main(["run", str(trained), "cranes lay eggs"]) == 0  # the corpus writes all as singular
    assert capsys.readouterr().out.startswith("crane: ")


def test_a_trained_run_needs_no_corpus(trained, tmp_path, capsys, monkeypatch):
    def empty():
        monkeypatch.setenv("RECOLLECT_DATA", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    says_the_same(trained, ["The bank lends money to a crane."], tmp_path, capsys, empty)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "none of the nouns"),
        ("a seal swims", "they are bank, crane"),
        ("bank", "no word beside the noun"),
        ("bank \udcff", "not UTF-8"),
    ],
)
def test_mistakes_are_one_sentence(trained, capsys, text, says):
    assert main(["run", str(trained), text]) == 2
    assert says in capsys.readouterr().err


def test_the_corpus(dataset):
    dataset("coarsewsd20")
    read = coarse_wsd()
    assert len(read.nouns) == 20 and len(read.splits["test"]) == 10196
    assert len(read.splits["train"]) + len(read.splits["valid"]) == 23370
    assert isinstance(ContextVectors(torch.randn(9, 8)), torch.nn.Module)
