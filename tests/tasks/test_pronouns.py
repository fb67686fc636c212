"""Pronouns: texts as words, the benchmark's score, attention that adds up, and the command."""

import csv
import json
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recollect.cli.__main__ import main
from recollect.models import MentionReader
from recollect.tasks.pronouns import (
    NOBODY,
    WINDOW,
    GapRow,
    Pronouns,
    gap,
    gap_figures,
    grouped,
    names,
    read_gap,
    shape,
    words,
)
from recollect.tasks.pronouns.gap import _COLUMNS
from recollect.tasks.said import Wish
from recollect.testing import check_task
from tests.dataless import says_the_same

PEOPLE = ["Ann Lee", "Bea Moss", "Cara Finn", "Dora Pike", "Ella Stone"]


def row(i=0, answer=0, pronoun="she"):
    """The one who met is meant, the one who was met is not."""
    a, b = PEOPLE[i % 5], PEOPLE[(i + 1 + i // 5 % 4) % 5]
    text = f"Once {a} met {b} in town. Later {pronoun} left ({i}), once, later."
    places = text.index(a), text.index(b)
    meant = (answer == 0, answer == 1)
    return GapRow(text, pronoun, text.index(f" {pronoun} ") + 1, (a, b), places, meant)


def rows(count=40):
    return [row(i, pronoun="he" if i % 2 else "she") for i in range(count)]


def corpus():
    return {"train": rows(), "valid": rows(7), "test": rows(11)}


@given(st.text(max_size=60))
@settings(max_examples=80, deadline=None)
def test_words_stand_where_they_say(text):
    found = words(text)
    assert all(text.startswith(w.text, w.start) and w.text for w in found)
    starts = [w.start for w in found]
    assert starts == sorted(set(starts))
    numbers = [w.sentence for w in found]
    assert all(b - a in (0, 1) for a, b in pairwise(numbers))
    assert all(shape(w.text).startswith("[") for w in found)


def test_sentences_end_where_they_do():
    text = "Dr. J. Hall left at 3.5 p.m. today. ``Why?'' asked Ann. Nobody knew"
    assert max(w.sentence for w in words(text)) == 3
    assert [w.text for w in words("M*nchen's e-mail")] == ["M*nchen", "'s", "e-mail"]


def test_names_and_people():
    text = words("When Ann Lee met Bea, she told Ann of May. Her mother Cara left, said Bea.")
    found = names(text, ordinary={"when", "her"})
    assert [m.name for m in found] == ["Ann Lee", "Bea", "Ann", "Cara", "Bea"]
    assert [len(g) for g in grouped(found)] == [2, 2, 1]


def test_the_score_is_the_benchmarks():
    some = [row(0, 0), row(1, 1), row(2, 2, "he"), row(3, 0, "he")]
    assert gap_figures(some, [0, 1, 2, 0])["f1"] == 100
    told = gap_figures(some, [0, 0, 2, 1])
    # feminine: hits 1, one name said wrongly, one not said; masculine: no hit
    assert told["f1_feminine"] == pytest.approx(50) and told["f1_masculine"] == told["bias"] == 0
    assert told["f1"] == pytest.approx(100 * 2 / (2 + 4)) and told["right"] == 50
    with pytest.raises(ValueError, match="3 answers for 4 rows"):
        gap_figures(some, [0, 0, 0])


def test_the_task_keeps_its_contract():
    task = Pronouns(corpus(), batch=6, least=1)
    model = MentionReader(len(task.learnt.vocab), window=WINDOW, width=8).eval()
    check_task(task, model=model)
    check_task(task, model=model, split="test")
    found = task.evaluate([model, model], split="test")
    assert len(found["f1"]) == 2 and len(found["f1_distance"]) == 1
    assert found["right_distance"] == [0]  # the nearer one is never meant here


def test_it_learns_who_is_meant():
    task = Pronouns(corpus(), batch=20, least=1)
    torch.manual_seed(0)
    model = MentionReader(len(task.learnt.vocab), window=WINDOW, width=8, dropout=0.0)
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for batch, _ in zip(task.batches("train", seed=0), range(40), strict=False):
        optimizer.zero_grad()
        task.step(model, batch).loss.backward()
        optimizer.step()
    assert task.evaluate([model], split="test")["f1"][0] > 90
    said = task.learnt.say(
        model.eval(),
        "Once Fay Hill met Gina Bell in town. Later she left (1), once, later.",
        Wish(),
    )
    assert said.text.startswith("she → Fay Hill")
    assert said.columns == ["Fay Hill", "Gina Bell", "nobody"]
    torch.testing.assert_close(said.weights.sum(-1), torch.ones(1))


def test_mentions_add_up_and_padding_does_not_count():
    torch.manual_seed(0)
    model = MentionReader(9, window=4, width=6, candidates=3).eval()
    asked, windows = torch.randint(1, 9, (2, 4)), torch.randint(1, 9, (2, 5, 4))
    distance = torch.randint(0, 21, (2, 5))
    candidate = torch.tensor([[0, 1, 0, 2, 1], [2, 2, 0, -1, -1]])
    found = model(asked, windows, distance, candidate).exp()
    torch.testing.assert_close(found.sum(-1), torch.ones(2))
    weights = model.weights(asked, windows, distance, candidate)
    torch.testing.assert_close(weights[0, [0, 2]].sum(), found[0, 0])
    torch.testing.assert_close(weights[:, -1], found[:, -1])
    assert not weights[1, 3:5].any()
    alone = model(asked[1:], windows[1:, :3], distance[1:, :3], candidate[1:, :3]).exp()
    torch.testing.assert_close(alone, found[1:])
    none = model(asked, windows[:, :0], distance[:, :0], candidate[:, :0]).exp()
    torch.testing.assert_close(none[:, -1], torch.ones(2))
    with pytest.raises(ValueError, match="width is 0"):
        MentionReader(9, window=4, width=0)


def write(file, some, **changed):
    table = []
    for i, one in enumerate(some):
        told = [f"x-{i}", one.text, one.pronoun, one.at, one.names[0], one.places[0]]
        told += [str(one.meant[0]).upper(), one.names[1], one.places[1]]
        table.append([*told, str(one.meant[1]).upper(), "http://x"])
    for name, value in changed.items():
        table[-1][_COLUMNS.index(name.replace("_", "-"))] = value
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, delimiter="\t", lineterminator="\n").writerows([_COLUMNS, *table])
    return file


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"A_offset": "7"}, "line 4: 'Cara Finn' does not stand at '7'"),
        ({"B_coref": "maybe"}, "B-coref is 'maybe'"),
        ({"Pronoun": "it", "Pronoun_offset": "32"}, "line 4"),
    ],
)
def test_bad_rows_are_named(tmp_path, changed, says):
    file = tmp_path / "a.tsv"
    assert read_gap(write(file, rows(3))) == rows(3)
    with pytest.raises(ValueError, match=says):
        read_gap(write(file, rows(3), **changed))
    file.write_text("ID\tText\n")
    with pytest.raises(ValueError, match="does not begin with the columns"):
        read_gap(file)


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pronouns")
    (folder / "gap").mkdir()
    for part in ("development", "validation", "test"):
        write(folder / "gap" / f"gap-{part}.tsv", rows(30))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOLLECT_DATA", str(folder))
        flags = ["--task.batch", "10", "--task.least", "1", "--loop.steps", "4", "--quiet"]
        assert main(["train", "pronouns", *flags, "--out", str(folder / "run")]) == 0
    return folder


@pytest.fixture
def trained(trained_once, monkeypatch):
    monkeypatch.setenv("RECOLLECT_DATA", str(trained_once))
    return trained_once / "run"


def test_the_command_says_who_is_meant(trained, tmp_path, capsys):
    page = tmp_path / "a.html"
    text = "Kim Fox met Lea Ray. Later she left her."
    assert main(["run", str(trained), text, "--html", str(page)]) == 0
    told = capsys.readouterr().out
    assert told.count("→") == 2 and "Kim Fox" in page.read_text()
    assert main(["run", str(trained), text, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["columns"] == ["Kim Fox", "Lea Ray", "nobody"] and len(told["weights"]) == 2


def test_a_trained_run_needs_no_corpus(trained, tmp_path, capsys, monkeypatch):
    def empty():
        monkeypatch.setenv("RECOLLECT_DATA", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    says_the_same(trained, ["When Kim Fox met Lea Ray, she left her."], tmp_path, capsys, empty)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no he, she, his or her"),
        ("they left", "no he, she, his or her"),
        ("then she left", "there is no name"),
        ("Ann \udcff she", "not UTF-8"),
    ],
)
def test_mistakes_are_one_sentence(trained, capsys, text, says):
    assert main(["run", str(trained), text]) == 2
    assert says in capsys.readouterr().err


def test_many_names_are_told(trained, capsys):
    text = ", ".join(f"{c}ob {c}all" for c in "ABCDEFGHKLM") + " met. Then she left."
    assert main(["run", str(trained), text]) == 0
    assert f"only the first {NOBODY}" in capsys.readouterr().err


def test_the_corpus(dataset):
    dataset("gap")
    read = gap()
    assert {split: len(some) for split, some in read.items()} == {
        "train": 2000,
        "valid": 454,
        "test": 2000,
    }
    feminine = sum(one.feminine for one in read["test"])
    assert feminine == 1000 and not any(all(one.meant) for one in read["test"])
