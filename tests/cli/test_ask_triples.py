"""`recollect ask` about a table of facts."""

import io
import json
import sys

import pytest

from recollect.cli.__main__ import main

FAMILY = "Anne\tfather\tBob\nBob\tmother\tEve\nDan\tchild\tBob\nDan\tchild\tGil\n"
QUESTION = "Who is the mother of Anne's father?"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "family.tsv").write_text(FAMILY, encoding="utf-8")
    return tmp_path


def feed(monkeypatch, text):
    stream = io.TextIOWrapper(io.BytesIO(text.encode() if isinstance(text, str) else text))
    monkeypatch.setattr(sys, "stdin", stream)


def refused(words, capsys):
    assert main(["ask", *words]) == 2
    out, err = capsys.readouterr()
    assert not out and "Traceback" not in err
    return err.strip().splitlines()[-1]


def test_the_answer_comes_with_its_path(place, capsys):
    assert main(["ask", "family.tsv", QUESTION]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Eve ")
    assert out.index("Anne – father – Bob") < out.index("Bob – mother – Eve")


def test_json(place, capsys):
    assert main(["ask", "family.tsv", QUESTION, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["answer"] == "Eve" and told["known"] and told["path"] == ["Anne", "Bob", "Eve"]
    assert [(e["line"], e["hop"]) for e in told["evidence"]] == [(1, 1), (2, 2)]


def test_unknown_is_an_answer_and_no_mistake(place, capsys):
    assert main(["ask", "family.tsv", "Who is Eve's mother?"]) == 0
    assert "No line tells the mother of Eve." in capsys.readouterr().out


def test_many_questions_from_a_pipe(place, capsys, monkeypatch):
    feed(monkeypatch, "Who is Anne's father?\nWho is the boss of Anne?\nWho are Dan's children?\n")
    assert main(["ask", "family.tsv", "--json"]) == 2
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row.get("answer") for row in rows] == ["Bob", None, "Bob and Gil"]
    assert "no line of the table has the relation 'boss'" in rows[1]["error"]


def test_a_table_from_standard_input(place, capsys, monkeypatch):
    feed(monkeypatch, FAMILY)
    assert main(["ask", "-", QUESTION]) == 0
    assert capsys.readouterr().out.startswith("Eve ")


def test_a_prompt_greets_and_helps(place, capsys, monkeypatch):
    answers = iter(["help", "Who is Anne's father?", "quit"])
    monkeypatch.setattr("builtins.input", lambda _: next(answers))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert main(["ask", "family.tsv"]) == 0
    out = capsys.readouterr().out
    assert "4 triples of 5 names; relations: father, mother and child" in out
    assert "Whose mother is Eve?" in out and "Bob " in out


def test_a_report(place, capsys):
    assert main(["ask", "family.tsv", QUESTION, "--html", "r.html"]) == 0
    page = (place / "r.html").read_text(encoding="utf-8")
    assert "4 triples" in page and "Bob – mother – Eve" in page


def test_as_of_a_line(place, capsys):
    assert main(["ask", "family.tsv", QUESTION, "--at", "1"]) == 0
    assert "No line tells the mother of Bob." in capsys.readouterr().out
    assert "has 4 lines" in refused(["family.tsv", QUESTION, "--at", "9"], capsys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Anne\tBob\n", "line 1 is no triple: it has 2 columns"),
        ("Anne\tfather\tBob\nx\ty\tz\tw\n", "line 2 is no triple: it has 4 columns"),
        ("Anne\t\tBob\n", "line 1 is no triple: its relation is empty"),
    ],
)
def test_a_bad_table_is_one_sentence(place, capsys, text, message):
    (place / "bad.tsv").write_text(text, encoding="utf-8")
    assert message in refused(["bad.tsv", QUESTION], capsys)


def test_a_table_in_another_encoding_is_read_and_said(place, capsys):
    (place / "latin.tsv").write_bytes("José\tmother\tZoë\n".encode("latin-1"))
    assert main(["ask", "latin.tsv", "Who is José's mother?"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Zoë ") and "not UTF-8" in err


def test_a_run_that_is_no_reader_of_tables_is_refused(place, capsys):
    assert "is not there" in refused(["family.tsv", QUESTION, "--run", "nowhere"], capsys)


def test_the_limit_is_told_before_reading(place, capsys, monkeypatch):
    monkeypatch.setattr("recollect.cli.story_file.MOST_TRIPLES", 3)
    assert "has 4 lines and 3 are the most" in refused(["family.tsv", QUESTION], capsys)
    monkeypatch.setattr("recollect.cli.story_file.MOST_TABLE_BYTES", 20)
    monkeypatch.setattr("recollect.cli.story_file.MOST_BYTES", 10)
    assert "the most that is read of a table" in refused(["family.tsv", QUESTION], capsys)


def test_a_long_table_is_announced(place, capsys, monkeypatch):
    monkeypatch.setattr("recollect.cli.story_file.SLOW_TRIPLES", 3)
    assert main(["ask", "family.tsv", QUESTION]) == 0
    assert "reading 4 lines" in capsys.readouterr().err


@pytest.mark.slow
def test_a_million_triples(place, capsys):
    rows = (f"p{n}\tfather\tp{n // 2}\np{n}\tborn in\tTown {n % 5000}\n" for n in range(500_000))
    (place / "big.tsv").write_text("".join(rows), encoding="utf-8")
    assert main(["ask", "big.tsv", "Where was p400001's father's father born?"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Town 0 ") and "reading 1,000,000 lines" in err


def test_an_empty_table_asks_for_triples(place, capsys):
    (place / "none.tsv").write_text("")
    assert "subject, relation and object" in refused(["none.tsv", QUESTION], capsys)
