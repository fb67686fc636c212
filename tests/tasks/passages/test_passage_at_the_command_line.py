"""`recollect run RUN 'PASSAGE ||| QUESTION'`: an answer with its sentence, or none."""

import json

import pytest

from recollect.cli.__main__ import main
from recollect.recipes import passages as recipe
from recollect.tasks.passages import PassageQuestion, read_passage
from recollect.train import load_usable
from tests.dataless import says_the_same

PASSAGE = "Rome is in Italy. It has 77 people. Its mayor is Bob."


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    here, there = read_passage(PASSAGE), read_passage("Rain fell on the hills of Kent.")
    questions = [
        PassageQuestion(a, here, "Who is the mayor?", "Bob", PASSAGE.index("Bob"), there)
        for a in range(3)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "read_xquad", lambda path=None: questions)
        folder = tmp_path_factory.mktemp("run") / "xquad"
        flags = ["--task.folds", "3", "--task.batch", "2", "--model.width", "8", "--quiet"]
        flags += ["--loop.steps", "40", "--loop.eval-every", "40", "--loop.save-every", "40"]
        flags += ["--optim.lr", "0.05"]
        assert main(["train", "xquad", *flags, "--out", str(folder)]) == 0
        yield folder


def test_an_answer_and_its_sentence(run, tmp_path, capsys):
    assert main(["run", str(run), f"{PASSAGE} ||| Who is the mayor?"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Bob" and told[1].endswith("in: Its mayor is Bob.")
    file = tmp_path / "rome.txt"
    file.write_text(PASSAGE, encoding="utf-8")
    assert main(["run", str(run), "Who is the mayor?", "--file", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["answer"] == "Bob" and found["sentence"] == 2 and found["none"] < 0.5


def test_a_trained_run_needs_no_questions(run, tmp_path, capsys, monkeypatch):
    def gone(path=None):
        raise ValueError("the file 'xquad.en.json' is not there")

    words = [f"{PASSAGE} ||| Who is the mayor?"]
    says_the_same(
        run, words, tmp_path, capsys, lambda: monkeypatch.setattr(recipe, "read_xquad", gone)
    )


def test_what_each_reader_reads_is_drawn(run, tmp_path, capsys):
    page, picture = tmp_path / "a.html", tmp_path / "a.png"
    words = ["run", str(run), f"{PASSAGE} ||| Who is the mayor?", "--html", str(page)]
    assert main([*words, "--picture", str(picture)]) == 0
    html = page.read_text()
    assert "no answer" in html and "reader 3" in html and "Its mayor is Bob." in html
    assert picture.read_bytes().startswith(b"\x89PNG")
    model, learnt, *_ = load_usable(run)
    rows, columns, weights = learnt.read(model, PASSAGE, "Who is the mayor?")
    assert weights.shape == (len(rows), len(columns)) == (4, 4)
    assert weights.sum(-1).tolist() == pytest.approx([1] * 4, abs=1e-5)
    found = learnt.answer(model, PASSAGE, "Who is the mayor?")
    assert float(weights[-1, -1]) == pytest.approx(found.none, abs=1e-6)


def test_none_is_told(run, capsys):
    assert main(["run", str(run), "Rain fell on the hills of Kent. ||| Who is the mayor?"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("no answer in the passage (") and "nearest: " in told


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["Who is the mayor?"], "give the passage, ||| and the question"),
        (["... ||| Who?"], "the passage has no words"),
        ([f"{PASSAGE} ||| ?"], "the question has no words"),
        (["Who?", "--file", "gone.txt"], "gone.txt cannot be read: no such file"),
        ([f"{PASSAGE} \udcff ||| Who?"], "the passage is not UTF-8"),
        ([f"{PASSAGE} ||| Who \udcff?"], "the question is not UTF-8"),
        ([f"{PASSAGE} ||| Who?", "--html", "gone/a.html"], "there is no folder gone"),
    ],
)
def test_mistakes_are_one_sentence(run, capsys, args, says):
    assert main(["run", str(run), *args]) == 2
    told = capsys.readouterr().err
    assert says in told and "Traceback" not in told


def test_another_encoding_is_refused(run, tmp_path, capsys):
    file = tmp_path / "latin.txt"
    file.write_bytes("Über Rom.".encode("latin-1"))
    assert main(["run", str(run), "Who?", "--file", str(file)]) == 2
    assert "is no text in UTF-8" in capsys.readouterr().err
