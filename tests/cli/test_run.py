"""`recollect run`: what a person gets for a line of their own."""

import json
import wave

import pytest

from recollect.cli.__main__ import main


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    table = folder / "pairs.tsv"
    words = ["red", "green", "blue", "black"]
    rows = [f"{a} {b} {c}\t{b} {a}" for a in words for b in words for c in words]
    table.write_text("\n".join(rows))
    flags = ["--task.data", str(table), "--task.batch", "16", "--model.size", "16"]
    flags += ["--loop.steps", "4", "--loop.eval-every", "4", "--loop.save-every", "4", "--quiet"]
    assert main(["train", "pairs-table", *flags, "--out", str(folder / "soft")]) == 0
    assert (
        main(["train", "g2p-none", "--help"]) == 0
    )  # the recipe without attention is there, whatever data is
    return folder / "soft"


def test_rows_left_out_are_told(tmp_path, capsys):
    table = tmp_path / "pairs.tsv"
    table.write_text("".join(f"a{i}\tb\n" for i in range(30)) + "alone\n" + "a " * 101 + "\tb\n")
    flags = ["--task.data", str(table), "--model.size", "4", "--loop.steps", "1", "--quiet"]
    flags += ["--loop.eval-every", "1", "--loop.save-every", "1", "--loop.eval-batches", "1"]
    assert main(["train", "pairs-table", *flags, "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().err
    assert "1 rows with 1 column, first line 31" in told


def test_says_something_and_draws_it(trained, tmp_path, capsys):
    page, picture = tmp_path / "a.html", tmp_path / "a.svg"
    flags = ["--html", str(page), "--picture", str(picture), "--limit", "5"]
    assert main(["run", str(trained), "RED green BLUE", *flags]) == 0
    told = capsys.readouterr()
    assert set(told.out.split()) <= {"red", "green", "blue", "black"}
    html = page.read_text()
    assert "A row is a token of the output" in html and "monotonicity" in html
    assert "<td" in html and "http" not in html.split("<style>")[1]
    assert picture.read_text().lstrip().startswith("<?xml")


def test_json_has_a_row_of_weights_a_token(trained, capsys):
    assert main(["run", str(trained), "red green blue", "--json", "--limit", "3"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["source"] == ["red", "green", "blue"]
    assert all(len(row) == 3 and abs(sum(row) - 1) < 1e-2 for row in told["weights"])
    assert len(told["weights"]) in (len(told["tokens"]), len(told["tokens"]) + 1)


def test_wishes_of_language_models_are_not_passed_over_in_silence(trained, capsys):
    assert main(["run", str(trained), "red", "--top-k", "3"]) == 0
    assert "--top-k, --top-p and --draw are for language models" in capsys.readouterr().err
    assert main(["run", str(trained), "red"]) == 0
    assert "language models" not in capsys.readouterr().err


def test_a_target_without_an_end_and_a_file_of_lines_are_told(trained, tmp_path, capsys):
    lines = tmp_path / "lines.txt"
    lines.write_text("red green\n\nblue\n")
    assert main(["run", str(trained), "--file", str(lines), "--limit", "1", "--beams", "1"]) == 0
    told = capsys.readouterr()
    assert "the 2 lines of" in told.err and "read as one text" in told.err
    assert told.out.strip(), "one token, which is a word"
    assert "no end was found within 1 tokens" in told.err


@pytest.mark.parametrize(
    ("text", "flags", "says"),
    [
        ("", [], "empty"),
        ("red " * 200, [], "at most 100"),
        ("red \udcff", [], "not UTF-8"),
        ("red", ["--picture", "a.gif"], ".png or .svg"),
        ("red", ["--beams", "0"], "beams is 0"),
        ("red", ["--beams", "100000"], "--beams is 100000; give 200 or fewer"),
    ],
)
def test_mistakes_are_one_sentence(trained, capsys, text, flags, says):
    assert main(["run", str(trained), text, *flags]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("grün".encode("latin-1"), "no text in UTF-8"),
        ("red".encode("utf-16-le"), "it has zero bytes"),
        (b"\n \n", "the text is empty"),
        (b"", "the text is empty"),
        (None, "no such file"),
    ],
)
def test_bad_files_are_one_sentence(trained, tmp_path, capsys, raw, says):
    file = tmp_path / "line.txt"
    if raw is not None:
        file.write_bytes(raw)
    capsys.readouterr()
    assert main(["run", str(trained), "--file", str(file)]) == 2
    told = capsys.readouterr()
    assert says in told.err and told.err.count("\n") == 1 and not told.out


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--html", "a.html", "--picture", "a.gif"], ".png or .svg"),
        (["--html", "gone/a.html"], "there is no folder gone"),
        (["--html", "a.html", "--picture", "gone/a.png"], "there is no folder gone"),
        (["--html", "."], "is a folder"),
    ],
)
def test_nothing_is_said_or_written_where_a_file_cannot_be(
    trained, tmp_path, monkeypatch, capsys, flags, says
):
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["run", str(trained), "red green", "--json", *flags]) == 2
    told = capsys.readouterr()
    assert says in told.err and told.err.count("\n") == 1
    assert not told.out and not list(tmp_path.iterdir())


def test_a_model_without_attention_is_not_drawn(trained, tmp_path, capsys):
    data = tmp_path / "pairs.tsv"
    data.write_text("".join(f"{'ab'[i % 2] * (i + 1)}\tx y\n" for i in range(20)))
    flags = ["--data", str(data), "--model.size", "4", "--loop.steps", "1", "--quiet"]
    flags += ["--loop.eval-every", "1", "--loop.save-every", "1", "--loop.eval-batches", "1"]
    assert main(["train", "g2p-none", *flags, "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    page = tmp_path / "a.html"
    assert main(["run", str(tmp_path / "run"), "aa", "--html", str(page), "--limit", "2"]) == 2
    told = capsys.readouterr()
    assert "has no attention" in told.err and not told.out and not page.exists()


def test_unknown_words_are_told(trained, capsys):
    assert main(["run", str(trained), "red mauve", "--limit", "3"]) == 0
    assert "mauve" in capsys.readouterr().err


def test_a_sound_file_is_a_line_too(tmp_path, capsys, dataset):
    dataset("fsdd")
    folder = tmp_path / "digits"
    flags = ["--task.batch", "2", "--model.size", "8", "--loop.steps", "2", "--quiet"]
    flags += ["--loop.eval-every", "2", "--loop.save-every", "2", "--loop.eval-batches", "1"]
    assert main(["train", "digits-content", *flags, "--out", str(folder)]) == 0
    sound = tmp_path / "a.wav"
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(8000)
        out.writeframes(bytes([1, 0, 2, 0]) * 4000)
    capsys.readouterr()
    assert main(["run", str(folder), str(sound), "--json", "--limit", "3"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["source"]) == len(told["weights"][0]) == 13  # 101 frames, halved three times
    with wave.open(str(sound), "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(8000)
        out.writeframes(bytes([1, 0, 2, 0]) * 40 * 19)
    assert main(["run", str(folder), str(sound), "--json", "--limit", "3"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == ["0.00", "0.08", "0.16"]
    assert main(["run", str(folder), str(tmp_path / "none.wav")]) == 2
    assert "no file" in capsys.readouterr().err
