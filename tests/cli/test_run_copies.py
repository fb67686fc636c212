"""`recollect run` on models that copy: a line, a file, and the heat map with what was copied."""

import json
import re

import pytest

from recollect.cli.__main__ import main

QUICK = ["--model.size", "8", "--loop.steps", "2", "--loop.eval-every", "2", "--quiet"]
QUICK += ["--loop.save-every", "2", "--loop.eval-batches", "1", "--loop.train-batches", "1"]


@pytest.fixture(scope="module")
def inflected(tmp_path_factory):
    from recollect.data import MissingData, find

    try:
        find("sigmorphon2017")
    except MissingData:
        pytest.skip("data set 'sigmorphon2017' is absent")
    folder = tmp_path_factory.mktemp("run") / "inflected"
    flags = ["--task.size", "low", "--out", str(folder), *QUICK]
    assert main(["train", "inflection-copy", *flags]) == 0
    return folder


def test_a_line_and_what_of_its_answer_was_copied(inflected, tmp_path, capsys):
    page, picture = tmp_path / "a.html", tmp_path / "a.svg"
    flags = ["--json", "--limit", "4", "--html", str(page), "--picture", str(picture)]
    assert main(["run", str(inflected), "sagen V;PST", *flags]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == [*"sagen", "<V>", "<PST>"]
    assert len(told["copied"]) == len(told["weights"])
    assert all(0 <= share <= 1 for share in told["copied"])
    html = page.read_text()
    assert html.count('class="share"') == len(told["copied"])
    underlined = len(re.findall(r'<th scope="row" class="copied">', html))
    assert underlined == sum(share > 0.5 for share in told["copied"])
    assert picture.exists()


def test_a_file_is_a_source_too(inflected, tmp_path, capsys):
    source = tmp_path / "line.txt"
    source.write_text("sagen\tV;PST\n")
    assert main(["run", str(inflected), "--file", str(source), "--json", "--limit", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["source"][-1] == "<PST>"
    source.write_bytes("größe".encode("utf-16"))
    for words, says in (
        ([], "give a text or --file"),
        (["sagen", "--file", str(source)], "one of the two"),
        (["--file", str(source)], "no text in UTF-8"),
        (["--file", str(tmp_path / "none.txt")], "no such file"),
    ):
        assert main(["run", str(inflected), *words]) == 2
        assert says in capsys.readouterr().err


def test_an_abstract_is_summed_up(dataset, tmp_path, capsys):
    dataset("scitldr")
    folder, source = tmp_path / "tldr", tmp_path / "abstract.txt"
    flags = ["--task.batch", "2", "--task.longest", "20", "--task.least", "50"]
    assert main(["train", "scitldr-copy", *flags, *QUICK, "--out", str(folder)]) == 0
    capsys.readouterr()
    source.write_text("We present Quokkanet,\na network.\n\n" + "It is good. " * 10)
    flags = ["--file", str(source), "--json", "--limit", "5"]
    assert main(["run", str(folder), *flags]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["source"][:4] == ["<summary>", "we", "present", "quokkanet"]
    assert "the first 20 words are read" in err and "quokkanet" in err
    assert len(told["weights"][0]) == 21
