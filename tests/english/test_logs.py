"""Logs: rows in any order of columns, read like sentences."""

from __future__ import annotations

import pytest

from recollect.english import Unreadable, parse_when, read_log, read_question

LOG = """time,actor,action,object,place
09:00,Ann,took,drill,workshop
09:30,Bob,moved to,,warehouse
10:05 am,Ann,gave,drill,Bob
9:10,Cara,pick up,ladder,
11:00,,moved,pallet 7,Bay 4
11:20,Dan,checked out,"saw, small",tool shed
12:00,Dan,return,small saw,shelf B
"""


def test_a_log_becomes_clauses_in_the_order_of_its_times() -> None:
    story = read_log(LOG)
    assert [(clause.line, clause.tokens) for clause in story.clauses] == [
        (2, "<name> take <thing> in <place>"),
        (5, "<name> <take> <thing>"),
        (3, "<name> <go> to <place>"),
        (4, "<name> <give> <thing> to <name>"),
        (6, "<box> <passive> <bring> to <place>"),
        (7, "<name> <take> <thing> in <place>"),
        (8, "<name> <put> <thing> on <box>"),
    ]
    assert [clause.when for clause in story.clauses] == sorted(
        clause.when for clause in story.clauses
    )
    assert story.clauses[0].text == "09:00,Ann,took,drill,workshop"
    assert any("order of their times" in note.reason for note in story.notes)
    names = [entity.name for entity in story.entities]
    assert names.count("small saw") == 1 and "pallet 7" in names
    assert (
        read_question("Who had the drill before Bob?", story).tokens
        == "who had <thing> before <name> ?"
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("when;who;what;where\n8:00;Maria;projector;Room 12\n", ["<name> <put> <thing> in <place>"]),  # noqa: E501
        ("item,location\nkey,hall\nkey,garden shed\n", ["<thing> was in <place>", "<thing> was in <place>"]),  # noqa: E501
        ("who\twhere\nAnn\thall\nBob\tupstairs\n", ["<name> was in <place>", "<name> was <place>"]),
        ("Name|Event|Thing\nAnn|dropped|key\n", ["<name> <drop> <thing>"]),
        ("user,verb,asset,to\nann,transferred,laptop,Bob\n", ["<name> <bring> <thing> to <name>"]),
        ("9:00,Alice,entered,kitchen\n9:05,Bob,left,kitchen\n", ["<name> <enter> <place>", "<name> leave <place>"]),  # noqa: E501
        ("actor,action,object,from,to\nAnn,moved,crate,dock,yard\n", ["<name> <bring> <box> from <place> to <place>"]),  # noqa: E501
        ("person,event,room\nAnn,arrival,lab\nAnn,departure,lab\n", ["<name> <go> to <place>", "<name> leave <place>"]),  # noqa: E501
        ("action,object,place\nstored,drum 4,yard\n", ["<thing> <passive> <put> in <place>"]),
    ],
)  # fmt: skip
def test_columns_go_by_many_names(text: str, wanted: list[str]) -> None:
    assert [clause.tokens for clause in read_log(text).clauses] == wanted


def test_bad_rows_are_noted_and_the_rest_is_read() -> None:
    story = read_log(
        "time,actor,action,place\n9:00,Bob\n9:10,Bob,entered,kitchen,extra,more\nsoon,Ann,left,hall\n,,,\n"
    )
    assert [clause.line for clause in story.clauses] == [3, 4]
    reasons = {note.line: note.reason for note in story.notes}
    assert "too little" in reasons[2] or "cells" in reasons[2]
    assert "6 cells where 4" in reasons[3]
    assert "'soon'" in reasons[4]


def test_a_quote_that_is_not_closed_spoils_one_row_only() -> None:
    story = read_log('actor,action,object,place\n"Bob,took,key,hall\nAnn,took,map,shed\n')
    assert len(story.clauses) == 2
    assert story.notes[0].line == 2 and "quote" in story.notes[0].reason


def test_columns_that_mean_nothing_are_named() -> None:
    story = read_log("actor,action,object,price\nAnn,took,key,3\n")
    assert "price" in story.notes[0].reason


@pytest.mark.parametrize(
    "text", ["", "abc", "a,b\n1,2\n", "foo,bar,baz\n1,2,3\n", "actor,action\n", "\x00"]
)
def test_no_log_at_all_is_one_clear_sentence(text: str) -> None:
    with pytest.raises(Unreadable, match="log"):
        read_log(text)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("09:30", "9:45 am"), ("11:59 am", "12:01 pm"), ("12:30 am", "1:00 am"), ("2024-03-12", "2024-03-12T08:00:00Z"),  # noqa: E501
        ("11/03/2024", "12/03/2024"), ("12/03/2024 23:59", "13/03/2024"), ("1700000000", "1700000060"), ("3", "12"),  # noqa: E501
        ("Mon 9:00", "Tuesday 08:00"), ("day 2", "day 3"), ("3 March 2024", "Mar 4, 2024"), ("morning", "noon"),  # noqa: E501
    ],
)  # fmt: skip
def test_times_are_ordered_in_every_common_form(earlier: str, later: str) -> None:
    first, second = parse_when(earlier), parse_when(later)
    assert first is not None and second is not None and first < second


@pytest.mark.parametrize("text", ["", "soon", "25:99", "the day"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_when(text) is None
