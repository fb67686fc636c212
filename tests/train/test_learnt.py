"""A run folder keeps what its task learnt from the data, and is used without them."""

import json
import shutil
import struct
import wave

import pytest

from recollect.cli.__main__ import main
from recollect.recipes import find_recipe
from recollect.tasks.pairs import Corpus, Pair, Pairs, subwords
from recollect.train import Run, load_usable
from recollect.train.learnt import read_learnt, same_learnt, write_learnt

QUICK = ["--loop.steps", "2", "--loop.eval-every", "2", "--loop.save-every", "2", "--quiet"]
QUICK += ["--loop.eval-batches", "1", "--loop.train-batches", "1"]
WORDS = ["red", "green", "blue", "black"]


def table(path, more=""):
    rows = [f"{a} {b} {c}\t{b} {a}" for a in WORDS for b in WORDS for c in WORDS]
    path.write_text("\n".join(rows) + more, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learnt")
    data = table(folder / "pairs.tsv")
    flags = ["--task.data", str(data), "--task.batch", "16", "--model.size", "8", *QUICK]
    assert main(["train", "pairs-table", *flags, "--out", str(folder / "run")]) == 0
    return folder, flags


@pytest.fixture
def copied(trained, tmp_path):
    """The run on a computer that never had the data: nothing of its config leads to them."""
    shutil.copytree(trained[0] / "run", tmp_path / "run")
    config = tmp_path / "run" / "config.json"
    told = json.loads(config.read_text())
    told["config"]["task"]["data"] = "nowhere/pairs.tsv"
    config.write_text(json.dumps(told))
    return tmp_path / "run"


def answer(run, capsys, text="red green blue"):
    capsys.readouterr()
    assert main(["run", str(run), text, "--json", "--limit", "4"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_copied_run_answers_as_the_one_at_home(trained, copied, capsys):
    assert answer(copied, capsys) == answer(trained[0] / "run", capsys)


def test_an_old_run_reads_its_data(trained, copied, capsys):
    (copied / "learnt.json").unlink()
    assert main(["run", str(copied), "red"]) == 2
    told = capsys.readouterr().err
    assert "has no learnt.json" in told and "nowhere/pairs.tsv" in told and told.count("\n") == 1
    home = trained[0] / "old"
    shutil.copytree(trained[0] / "run", home)
    (home / "learnt.json").unlink()
    assert answer(home, capsys) == answer(trained[0] / "run", capsys)
    assert main(["train", "pairs-table", *trained[1], "--out", str(home), "--resume"]) == 0
    assert (home / "learnt.json").read_bytes() == (trained[0] / "run" / "learnt.json").read_bytes()


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("green", "grown"),
        lambda text: text.replace("recollect-learnt-1", "recollect-learnt-9"),
        lambda text: "[]",
        lambda text: "",
        lambda text: "\0",
        lambda text: text.replace('"sha256"', '"sha"'),
        lambda text: "[" * 100_000,
    ],
)
def test_an_altered_file_is_one_sentence(copied, capsys, harm):
    file = copied / "learnt.json"
    file.write_text(harm(file.read_text()))
    assert main(["run", str(copied), "red"]) == 2
    told = capsys.readouterr().err
    assert "learnt.json is truncated or altered" in told and told.count("\n") == 1


def test_what_names_a_strange_class_is_refused(copied, capsys):
    for kind in ("subprocess:Popen", "recollect.train.runs:Run", "recollect.tasks.pairs:Nothing"):
        (copied / "learnt.json").unlink()
        write_learnt(copied, {"kind": kind, "args": ["true"]})
        assert main(["run", str(copied), "red"]) == 2
        assert "truncated or altered" in capsys.readouterr().err
    # a class that may be read, and is no reader of lines
    (copied / "learnt.json").unlink()
    write_learnt(copied, find_recipe("pairs-dates")().optim)
    assert main(["run", str(copied), "red"]) == 2


def test_other_data_than_those_of_the_run_are_refused(trained, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(trained[0] / "run", run)
    data = table(trained[0] / "pairs.tsv", more="\nmauve\tviolet" * 3 + "\nred mauve\tviolet")
    try:
        capsys.readouterr()
        for words in (
            ["eval", str(run)],
            ["train", "pairs-table", *trained[1], "--out", str(run), "--resume"],
        ):
            assert main(words) == 2
            told = capsys.readouterr().err
            assert "was trained on other data" in told and told.count("\n") == 1
        assert main(["run", str(run), "red green"]) == 0  # in use they do not matter
    finally:
        table(data)
    assert main(["eval", str(run)]) == 0


def test_subwords_are_kept(tmp_path):
    pairs = [Pair(("haus", "boote"), (("a", "house"),)), Pair(("häuser",), (("houses",),))] * 20
    task = Pairs(subwords(Corpus({"train": pairs, "valid": pairs, "test": pairs}), size=100))
    write_learnt(tmp_path, task.learnt)
    again = read_learnt(tmp_path)
    assert again == task.learnt and same_learnt(again, task.learnt)
    for text in ("haus boote", "häuser жук", "hausboot"):
        one, two = again.read_line(text), task.learnt.read_line(text)
        assert one.labels == two.labels and one.strange == two.strange
        assert one.source.tolist() == two.source.tolist()
    assert again.written(again.read_line("haus boote").labels) == "haus boote"


@pytest.mark.parametrize("flags", [[], ["--task.pieces", "300"]])
def test_a_language_model_needs_no_text(tmp_path, capsys, flags):
    text = tmp_path / "text.txt"
    text.write_text("The cat sat on the mat, and the dog <s> on the log. 2 < 3!\n" * 60)
    flags = [*flags, "--task.data", str(text), "--task.window", "8", "--model.size", "8"]
    flags += ["--model.layers", "1", "--model.heads", "2", "--task.batch", "2", *QUICK]
    run = tmp_path / "run"
    assert main(["train", "lm-text", *flags, "--out", str(run)]) == 0
    before = answer(run, capsys, "the cat <s>")
    text.unlink()
    assert answer(run, capsys, "the cat <s>") == before
    assert main(["eval", str(run)]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_a_model_that_copies_needs_no_data(tmp_path, capsys, dataset, monkeypatch):
    dataset("sigmorphon2017")
    run = tmp_path / "run"
    flags = ["--task.size", "low", "--model.size", "8", *QUICK, "--out", str(run)]
    assert main(["train", "inflection-copy", *flags]) == 0
    before = answer(run, capsys, "sagen V;PST")
    monkeypatch.setenv("RECOLLECT_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nowhere"))
    assert answer(run, capsys, "sagen V;PST") == before


def test_a_listener_needs_no_recordings(tmp_path, capsys, dataset, monkeypatch):
    dataset("fsdd")
    run, sound = tmp_path / "run", tmp_path / "a.wav"
    flags = ["--task.batch", "2", "--model.size", "8", *QUICK, "--out", str(run)]
    assert main(["train", "digits-content", *flags]) == 0
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(8000)
        out.writeframes(struct.pack("<8000h", *(i * 37 % 2000 for i in range(8000))))
    before = answer(run, capsys, str(sound))
    monkeypatch.setenv("RECOLLECT_DATA", str(tmp_path / "nowhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nowhere"))
    assert answer(run, capsys, str(sound)) == before


def test_a_task_that_learns_nothing_keeps_nothing(tmp_path):
    flags = ["--task.batch", "2", *QUICK, "--out", str(tmp_path / "run")]
    assert main(["train", "lstm-copy", *flags]) == 0
    assert not (tmp_path / "run" / "learnt.json").exists()
    assert load_usable(tmp_path / "run").learnt.batches is not None
    assert read_learnt(Run(tmp_path / "run").path) is None


def test_the_same_subwords_are_learnt_from_the_same_pairs():
    # many merges are equally frequent here, and the order of words in memory is of chance
    words = [a + b + c for a in "abc" for b in "def" for c in "ghi"]
    pairs = [Pair((word, word[::-1]), ((word[1:],),)) for word in words] * 2
    corpus = Corpus({"train": pairs, "valid": pairs, "test": pairs})
    assert len({subwords(corpus, size=100).cut for _ in range(5)}) == 1
