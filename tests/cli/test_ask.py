"""`recollect ask`: what it takes, what it prints, and every mistake in one sentence."""

import errno
import io
import json
import os
import subprocess
import sys
from importlib import resources

import pytest
import torch

from recollect.answer import Answer, Doubt, Evidence
from recollect.cli.__main__ import main
from recollect.cli.ask_print import FEW, Printer, nearest_first
from recollect.english.verbs import VERB_CLASS
from recollect.models import EventMemory
from recollect.train.checkpoint import save_weights

STORY = """\
Ann took the brass key.
She went to the wine cellar.
Bob did not go to the attic.
Ann gave the key to Bob.
Bob went to the crystal observatory.
"""
KEYS = {"answer", "confidence", "known", "evidence", "not_understood"}


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """A model that guesses: enough for whatever does not depend on what it answers."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("untrained")
    save_weights(folder / "model.safetensors", EventMemory().state_dict())
    return folder


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to work in, with one story."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def shipped():
    if not (resources.files("recollect") / "assets" / "stories" / "model.safetensors").is_file():
        pytest.skip("the shipped model is not there: recollect train stories makes it")


def feed(monkeypatch, text):
    """Give standard input; it is a pipe, not a terminal."""
    stream = io.TextIOWrapper(io.BytesIO(text.encode() if isinstance(text, str) else text))
    monkeypatch.setattr(sys, "stdin", stream)


def refused(words, capsys):
    """The one sentence for a mistake."""
    assert main(["ask", *words]) == 2
    out, err = capsys.readouterr()
    assert not out
    lines = [line for line in err.splitlines() if line.startswith("recollect: ")]
    assert len(lines) == 1 and err.rstrip().endswith(lines[0]) and "Traceback" not in err
    return lines[0]


# What it prints


def test_json_has_the_promised_fields(place, untrained, capsys):
    assert main(["ask", "story.txt", "Where is the key?", "--run", str(untrained), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told.keys() >= KEYS
    assert isinstance(told["known"], bool) and 0 <= told["confidence"] <= 1
    for each in told["evidence"]:
        assert each.keys() == {"line", "text", "hop", "weight"}
        assert each["text"] == STORY.splitlines()[each["line"] - 1]


def test_words_of_the_question_need_no_quotes_and_flags_stand_anywhere(place, untrained, capsys):
    quoted = ["story.txt", "Where is the key?", "--run", str(untrained), "--json"]
    loose = ["--json", "story.txt", "--run", str(untrained), "Where", "is", "the", "key?"]
    assert main(["ask", *quoted]) == main(["ask", *loose]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


def test_questions_through_a_pipe_are_answered_a_line_each(place, untrained, capsys, monkeypatch):
    feed(monkeypatch, "Where is the key?\n\nWho has the key?\nthe key\nquit\nWhere is Ann?\n")
    assert main(["ask", "story.txt", "--json", "--run", str(untrained)]) == 2  # one has no verb
    out, err = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert [set(each) >= KEYS for each in told] == [True, True, False]
    assert "has no verb" in told[2]["error"] and "has no verb" in err


def test_piped_questions_are_repeated_above_their_answers(place, untrained, capsys, monkeypatch):
    feed(monkeypatch, "Where is the key?\nWhere is Ann?")
    assert main(["ask", "story.txt", "--run", str(untrained)]) == 0
    out = capsys.readouterr().out
    assert out.index("? Where is the key?") < out.index("? Where is Ann?")
    assert "\x1b" not in out  # no colour in a pipe


def test_a_story_comes_through_a_pipe_too(place, untrained, capsys, monkeypatch):
    feed(monkeypatch, STORY)
    assert main(["ask", "-", "Where is the key?", "--json", "--run", str(untrained)]) == 0
    piped = capsys.readouterr().out
    assert main(["ask", "story.txt", "Where is the key?", "--json", "--run", str(untrained)]) == 0
    assert piped == capsys.readouterr().out


def test_json_has_the_five_fields_and_more_only_where_it_is_called_for(place, shipped, capsys):
    assert main(["ask", "story.txt", "Where is Ann?", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == KEYS
    assert main(["ask", "story.txt", "Where is the hat?", "--json", "--top", "2"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == KEYS | {"missing", "ranked"}


@pytest.mark.parametrize(
    "words",
    [
        ["Where is Ann? Where is Bob?"],
        ["Where is Ann?", "Where is Bob?"],
        ["Where is Ann", "Where is Bob"],
    ],
)
def test_several_questions_are_answered_one_by_one(words, place, shipped, capsys):
    assert main(["ask", "story.txt", *words, "--json"]) == 0
    told = [json.loads(line)["answer"] for line in capsys.readouterr().out.splitlines()]
    assert told == ["wine cellar", "crystal observatory"]
    assert main(["ask", "story.txt", *words, "--html", "page.html"]) == 2
    assert "one question" in capsys.readouterr().err and not (place / "page.html").exists()


def test_a_text_is_no_run(place, capsys):
    assert main(["ask", "story.txt", "Where is Ann?", "--run", "story.txt"]) == 2
    assert "takes a run folder" in capsys.readouterr().err
    assert main(["eval", "story.txt"]) == 2
    assert "is a file, not a run folder" in capsys.readouterr().err


def test_top_is_how_many_are_ranked(place, untrained, capsys):
    words = ["ask", "story.txt", "Where is Ann?", "--json", "--run", str(untrained)]
    counts = []
    for top in ("1", "2"):
        assert main([*words, "--top", top]) == 0
        counts.append(len(json.loads(capsys.readouterr().out)["ranked"]))
    assert counts[0] == 1 and counts[1] <= 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings_of_people(place, untrained, capsys, encoding):
    text = "Zoë took the café key.\r\nZoë went to the château.\r\n"
    (place / "zoe.txt").write_bytes(text.encode(encoding))
    assert main(["ask", "zoe.txt", "Where is Zoë?", "--json", "--run", str(untrained)]) == 0
    out, err = capsys.readouterr()
    json.loads(out)
    guessed = {"cp1252": "Windows-1252", "utf-16-le": "UTF-16"}.get(encoding, "")
    assert guessed in err and bool(err) == bool(guessed)


def answer(**changes):
    fields = {
        "question": "Where is the key?",
        "answer": "attic",
        "confidence": 0.97,
        "known": True,
        "evidence": [
            Evidence(12, "Ann took the key.", 1, 0.998),
            Evidence(7, "Ann went up.", 2, 0.5),
        ],
        "not_understood": [],
        "ranked": [("attic", 0.97), ("hall", 0.02)],
    }
    return Answer(**(fields | changes))


def test_the_answer_comes_first_then_the_evidence_in_order(capsys):
    Printer("story.txt").answer(answer())
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "attic   97 % sure"
    assert lines[2] == "  1  line 12  1.00  Ann took the key."
    assert lines[3] == "  2  line 7   0.50  Ann went up."
    assert not any("hall" in line for line in lines)


def test_an_unsure_answer_names_the_next_likeliest(capsys):
    Printer("story.txt").answer(answer(confidence=0.6, ranked=[("attic", 0.6), ("hall", 0.3)]))
    assert "otherwise: hall 30 %" in capsys.readouterr().out


def test_not_knowing_says_what_is_missing(capsys):
    told = answer(answer="I don't know", known=False, ranked=[("I don't know", 0.97)])
    told.missing, told.evidence = "The text does not mention hat.", []
    Printer("story.txt").answer(told)
    out = capsys.readouterr().out
    assert out.startswith("I don't know   97 % sure that the text does not tell\n")
    assert "  The text does not mention hat.\n" in out


def test_only_a_few_doubts_are_shown_once_those_of_the_question_first(capsys):
    doubts = [Doubt(n, f"The gizmo number {n} whirred.", "no verb") for n in range(1, 9)]
    doubts[6] = Doubt(7, "Somebody hid the brass lantern.", "it is not clear")
    told = answer(question="Where is the lantern?", not_understood=doubts)
    assert nearest_first(doubts, told.question)[0].line == 7
    printer = Printer("story.txt")
    printer.answer(told)
    out = capsys.readouterr().out
    assert out.count("    line ") == FEW and "line 7  Somebody hid" in out
    assert f"and {8 - FEW} more" in out
    printer.answer(told)  # at a prompt they are not told twice
    assert "whirred" not in capsys.readouterr().out


def test_grammar_names_every_verb_and_fills_every_pattern(capsys):
    assert main(["ask", "--grammar"]) == 0
    out = capsys.readouterr().out
    assert "{" not in out and "}" not in out and "VP" not in out
    told = " ".join(out.split())
    for lemma, token in VERB_CLASS.items():
        if token != "<act>" and not lemma.endswith("_thing"):
            assert lemma.replace("_", " ") in told, lemma
    assert "Where (is" in told and max(map(len, out.splitlines())) <= 79


def test_letters_that_the_terminal_lacks_are_escaped(place, untrained):
    (place / "zoe.txt").write_text("Zoë went to the café.", encoding="utf-8")
    words = ["ask", "zoe.txt", "Where is Zoë?", "--run", str(untrained)]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    code = f"from recollect.cli.__main__ import main; raise SystemExit(main({words!r}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, cwd=place)
    assert run.returncode == 0, run.stderr
    run.stdout.decode("ascii")


# Mistakes


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"", "bad.txt is empty"),
        (b" \n\n", "empty"),
        (b"\x7fELF\x00\x01\x02\x03" + bytes(range(256)), "bad.txt is a binary file"),
        (bytes(range(1, 32)) * 20, "bad.txt is a binary file"),
        (b"%PDF-1.7 ...", "bad.txt is a PDF"),
        (b"PK\x03\x04rest", "zip archive or an office document"),
        ("Анна взяла ключ.\n".encode("cp1251") * 3, "line 1 is not text in UTF-8"),
        (b"\xff\xfe\x00\xd8", "says that it is UTF-16 and is not"),
    ],
)
def test_what_is_no_text(place, capsys, content, answer):
    (place / "bad.txt").write_bytes(content)
    assert answer in refused(["bad.txt", "Where is Ann?"], capsys)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["stroy.txt", "Where is Ann?"], "stroy.txt is not there; did you mean story.txt?"),
        (["none/story.txt", "Where is Ann?"], "there is no folder 'none'"),
        ([".", "Where is Ann?"], "is a folder"),
        ([], "which text?"),
        (["story.txt", ""], "the question is empty"),
        (["story.txt", " ?! "], "the question is empty"),
        (["story.txt", "Where is Ann?", "--htlm", "x"], "did you mean --html?"),
        (["story.txt", "Where is Ann?", "--jsn"], "did you mean --json?"),
        (["story.txt", "Where is Ann?", "--at", "6"], "--at is 6 and story.txt has 5 lines"),
        (["story.txt", "Where is Ann?", "--at", "0"], "--at is 0; give a line number"),
        (["story.txt", "Where is Ann?", "--at", "-3"], "--at is -3"),
        (["story.txt", "Where is Ann?", "--at", "noon"], "--at is 'noon'; give a line number"),
        (["story.txt", "Where is Ann?", "--at"], "--at: expected one argument"),
        (["story.txt", "Where is Ann?", "--top", "0"], "--top is 0; give how many"),
        (["story.txt", "Where is Ann?", "--top", "x"], "--top is 'x'"),
        (["story.txt", "--html", "x.html"], "give QUESTION after STORY"),
        (["story.txt", "Where is Ann?", "--html", "."], "is a folder"),
        (["story.txt", "Where is Ann?", "--html", "no/x.html"], "there is no folder 'no'"),
        (["story.txt", "Where is Ann?", "--html", os.devnull], "no ordinary file"),
        (["story.txt", "Where is Ann?", "--html", "story.txt"], "is the story itself"),
        (["story.txt", "Where is Ann?", "--run", "nowhere"], "--run nowhere is not there"),
        (["story.txt", "Where is Ann?", "--run", "."], "no run folder"),
    ],
)
def test_mistakes(place, capsys, words, answer):
    assert answer in refused(words, capsys)
    assert sorted(path.name for path in place.iterdir()) == ["story.txt"]
    assert (place / "story.txt").read_text() == STORY


def test_a_question_without_a_verb(place, untrained, capsys):
    said = refused(["story.txt", "the brass key", "--run", str(untrained)], capsys)
    assert "'the brass key' has no verb; ask something like" in said


def test_a_story_from_a_pipe_leaves_no_room_for_questions(place, untrained, capsys, monkeypatch):
    feed(monkeypatch, STORY)
    assert "give the question too" in refused(["-", "--run", str(untrained)], capsys)


def test_questions_that_are_no_text(place, untrained, capsys, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(b"Where is \xff\xfe?\n"), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    assert "not text in UTF-8" in refused(["story.txt", "--run", str(untrained)], capsys)


def test_too_many_lines(place, capsys, monkeypatch):
    monkeypatch.setattr("recollect.cli.story_file.MOST_LINES", 4)
    said = refused(["story.txt", "Where is Ann?"], capsys)
    assert "story.txt has 5 lines and 4 are the most" in said


def test_too_many_bytes(place, capsys, monkeypatch):
    monkeypatch.setattr("recollect.cli.story_file.MOST_BYTES", 10)
    assert "is larger than" in refused(["story.txt", "Where is Ann?"], capsys)


def test_a_long_text_says_how_long_it_takes_before_it_starts(place, untrained, capsys, monkeypatch):
    monkeypatch.setattr("recollect.cli.story_file.SLOW_LINES", 4)
    assert main(["ask", "story.txt", "Where is Ann?", "--run", str(untrained)]) == 0
    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith("story.txt: reading 5 lines, about")
    assert err[1].startswith("story.txt: read in")


def test_a_table_without_known_columns(place, capsys):
    (place / "fruit.csv").write_text("fruit,price\napple,3\npear,4\n")
    said = refused(["fruit.csv", "Where is Ann?"], capsys)
    assert "fruit.csv: line 1" in said and "time, actor, action, object, place" in said


def test_rows_with_too_many_and_too_few_cells_are_reported(place, untrained, capsys):
    rows = "time,who,what,where,mood\n1,Ann,key,attic,happy,extra\n2,Bob\n3,Ann,lamp,hall,ok\n"
    (place / "log.csv").write_text(rows)
    words = ["log.csv", "Where is the lamp?", "--json", "--run", str(untrained)]
    assert main(["ask", *words]) == 0
    told = json.loads(capsys.readouterr().out)["not_understood"]
    reasons = {each["line"]: each["reason"] for each in told}
    assert "mood" in reasons[1] and "6 cells" in reasons[2] and 3 in reasons


def test_a_log_is_known_by_its_first_line_where_it_has_no_name(place, capsys, monkeypatch):
    from recollect.cli.story_file import is_log

    assert is_log("-", "time,actor,action\n1,Ann,left") and is_log("x.tsv", "")
    assert not is_log("story.txt", STORY) and not is_log("-", "Then, who, knows.")


@pytest.mark.parametrize("harm", ["truncated", "altered", "pickle", "another", "without json"])
def test_damaged_models(place, untrained, capsys, harm):
    run = place / "run"
    run.mkdir()
    good = (untrained / "model.safetensors").read_bytes()
    (run / "model.json").write_bytes((untrained / "model.json").read_bytes())
    model = run / "model.safetensors"
    if harm == "truncated":
        model.write_bytes(good[: len(good) // 2])
    elif harm == "altered":
        model.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
    elif harm == "pickle":
        model.write_bytes(b"PK\x03\x04" + good[:100])
    elif harm == "another":
        save_weights(model, {"weight": torch.ones(2)})
    else:
        model.write_bytes(good)
        (run / "model.json").unlink()
    said = refused(["story.txt", "Where is Ann?", "--run", "run"], capsys)
    expected = {"another": "another model", "without json": "model.json is missing"}
    assert expected.get(harm, harm) in said


def test_a_pickle_offered_as_a_model(place, capsys):
    (place / "model.pt").write_bytes(b"PK\x03\x04" + bytes(50))
    said = refused(["story.txt", "Where is Ann?", "--run", "model.pt"], capsys)
    assert "is a pickle" in said


def test_a_duplicate_fact_changes_nothing(place, shipped, capsys):
    lines = STORY.splitlines()
    (place / "twice.txt").write_text("\n".join([*lines[:4], lines[3], lines[4]]))
    assert main(["ask", "story.txt", "Where is the key?", "--json"]) == 0
    assert main(["ask", "twice.txt", "Where is the key?", "--json"]) == 0
    once, twice = map(json.loads, capsys.readouterr().out.splitlines())
    assert once["answer"] == twice["answer"] == "crystal observatory"


# The page


def test_the_page_is_written_whole_or_not_at_all(place, untrained, capsys, monkeypatch):
    words = ["story.txt", "Where is the key?", "--html", "report.html", "--run", str(untrained)]
    assert main(["ask", *words]) == 0
    out, err = capsys.readouterr()
    assert out and "written: report.html" in err
    page = (place / "report.html").read_text(encoding="utf-8")

    def full(descriptor, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("recollect.train.checkpoint.os.write", full)
    said = refused([*words[:2], "--json", *words[2:]], capsys)
    assert "report.html could not be written: the disk is full; make room" in said
    assert (place / "report.html").read_text(encoding="utf-8") == page
    assert sorted(path.name for path in place.iterdir()) == ["report.html", "story.txt"]


# The shipped model


def test_the_shipped_model_answers_with_evidence(place, shipped, capsys):
    assert main(["ask", "story.txt", "Where is the key?", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["answer"] == "crystal observatory" and told["known"]
    assert [each["line"] for each in told["evidence"]] == [4, 5]
    assert main(["ask", "story.txt", "Where is the key?", "--at", "3", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["answer"] == "wine cellar"
    assert {each["line"] for each in told["evidence"]} == {1, 2}


def test_the_shipped_model_does_not_know_what_is_not_told(place, shipped, capsys):
    assert main(["ask", "story.txt", "Where is the hat?", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert not told["known"] and told["answer"] == "I don't know" and "hat" in told["missing"]
    assert main(["ask", "story.txt", "Where is the brass kye?", "--json"]) == 0
    assert "did you mean brass key?" in json.loads(capsys.readouterr().out)["missing"]
