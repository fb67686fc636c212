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
        (7, "<name> <take> <thing> from <place>"),
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
        ("date,item,from,to,moved by\nMon,crate,dock,yard,Ann\n", ["<name> <bring> <box> from <place> to <place>"]),  # noqa: E501
        ("date,reader,book\nMon,Ann,Dune\n", ["<name> <take> <thing>"]),
        ("item,given to\nkey,Ann\n", ["<thing> <passive> <give> to <name>"]),
        ("pupil,what was done,article\nAnn,took,key\n", ["<name> take <thing>"]),
        ("zzz,qqq,action,object\n9:00,Ann,took,key\n9:10,Bob,took,map\n", ["<name> take <thing>"] * 2),  # noqa: E501
        ("action,object,place\nstored,drum 4,yard\n", ["<thing> <passive> <put> in <place>"]),
        ("actor,action,object,place,to\nAnn,lent,pen,,Bob\n", ["<name> <give> <thing> to <name>"]),
        ("actor,action,object,to\nAnn,gave,pen,Quorra\n", ["<name> <give> <thing> to <name>"]),
        ("actor,action,object,to\nAnn,brought,pen,yard\n", ["<name> <bring> <thing> to <place>"]),
        ("actor,action,object,place,to\nAnn,moved,crate,dock,yard\n", ["<name> <bring> <box> from <place> to <place>"]),  # noqa: E501
        ("actor,action,place,to\nAnn,went,dock,yard\n", ["<name> <go> from <place> to <place>"]),
        ("item,from,to\ncrate,dock,yard\nkey,Ann,Bob\n", ["<box> <passive> <bring> from <place> to <place>", "<thing> <passive> <give> to <name> from <name>"]),  # noqa: E501
        ("actor,action,object,place,from\nBob,took,key,,Xoli\nXoli,took,map,,hall\n", ["<name> take <thing> from <name>", "<name> take <thing> from <place>"]),  # noqa: E501
    ],
)  # fmt: skip
def test_columns_go_by_many_names(text: str, wanted: list[str]) -> None:
    assert [clause.tokens for clause in read_log(text).clauses] == wanted


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("Dmitri,walked to,,lift 2", "<name>[Dmitri] <go> to <place>[lift 2]"),
        (
            "Dmitri,took,pallet jack,lift 2",
            "<name>[Dmitri] take <thing>[pallet jack] in <place>[lift 2]",
        ),
        (
            "Dmitri,gave to Fatima,pallet jack,",
            "<name>[Dmitri] <give> <thing>[pallet jack] to <name>[Fatima]",
        ),
        (
            "Dmitri,Gave to Fatima,Pallet Jack,",
            "<name>[Dmitri] <give> <thing>[Pallet Jack] to <name>[Fatima]",
        ),
        (
            "Fatima,handed over to Ann,drill,Bay 4",
            "<name>[Fatima] <give> <thing>[drill] to <name>[Ann] in <place>[Bay 4]",
        ),
        (
            "Ann,put back,drill,Tool Shed",
            "<name>[Ann] <put> <thing>[drill] back in <place>[Tool Shed]",
        ),
        ("Ann,issued to,drill,", "<thing>[drill] <passive> <give> to <name>[Ann]"),
        (
            "Ann,borrowed,drill,Tool Shed",
            "<name>[Ann] <take> <thing>[drill] from <place>[Tool Shed]",
        ),
        (
            "Ann,took,lamp and rope,",
            "<name>[Ann] take <thing>[lamp] and <thing>[rope]",
        ),
        ("Ann,took,War and Peace,", "<name>[Ann] take <thing>[War and Peace]"),
        ("Ann,took,key 1 & key 2,", "<name>[Ann] take <thing>[key 1] and <thing>[key 2]"),
        ('"Okafor, Ada",took,key,', "<name>[Ada Okafor] take <thing>[key]"),
        ("Ann,checked out by,drill,", "<thing>[drill] <passive> <take> by <name>[Ann]"),
        (
            ",checked out by Bob,SN-2210,Warehouse-3",
            "<thing>[SN-2210] <passive> <take> by <name>[Bob] from <place>[Warehouse-3]",
        ),
        ("Bob,PICKED UP,Model T,Bay 4", "<name>[Bob] <take> <thing>[Model T] in <place>[Bay 4]"),
        ("Bob,pick_up,saw,upstairs", "<name>[Bob] <take> <thing>[saw] <place>[upstairs]"),
        (
            "will and ann,moved,crate,bay 7",
            "<name>[Will] and <name>[Ann] <bring> <box>[crate] to <place>[bay 7]",
        ),
        ("Bob,borrowed,saw,Ann", "<name>[Bob] <take> <thing>[saw] from <name>[Ann]"),
        (
            "Bob,did not return,saw,under the desk",
            "<name>[Bob] not <put> <thing>[saw] under <box>[desk]",
        ),
        ("Bob,maintenance,pump,", "<name>[Bob] <act> <thing>[pump]"),
        ("Bob,carried,the dax,home", "<name>[Bob] carry <thing>[dax] <place>[home]"),
    ],
)
def test_a_cell_is_one_thing_and_the_action_chooses_the_preposition(row: str, wanted: str) -> None:
    story = read_log(f"actor,action,object,place\n{row}\n")
    clause = story.clauses[-1]
    assert wanted == " ".join(
        word.token + (f"[{story.entities[word.entity].name}]" if word.entity >= 0 else "")
        for word in clause.words
    )


def test_spellings_of_a_cell_are_one_thing_and_labels_are_exact() -> None:
    story = read_log(
        "actor,action,object,place\nAnn,took,pallet jack,dock 3\n"
        "Bob,took,Pallet Jack,dock\nCy,took,jack,Dock 3\n"
    )
    assert [entity.name for entity in story.entities] == [
        "Ann", "pallet jack", "dock 3", "Bob", "dock", "Cy", "jack"
    ]  # fmt: skip
    assert read_question("Who has the Pallet jack?", story).words[2].entity == 1


def test_who_acts_where_is_there_and_where_they_were_already_is_not_said_again() -> None:
    story = read_log(
        "actor,action,object,place\nAnn,went to,,hall\nAnn,took,key,hall\nAnn,dropped,key,hall\n"
        "Bob,gave to Cy,map,yard\n"
    )
    assert [(clause.line, clause.tokens) for clause in story.clauses] == [
        (2, "<name> <go> to <place>"),
        (3, "<name> take <thing>"),
        (4, "<name> <drop> <thing>"),
        (5, "<name> was in <place>"),
        (5, "<name> <give> <thing> to <name> in <place>"),
    ]


@pytest.mark.parametrize("header", ["to", "recipient", "receiver", "to_whom"])
def test_who_gets_a_thing_has_a_column_beside_that_of_places(header: str) -> None:
    story = read_log(f"actor,action,object,place,{header}\nAnn,give,ball,yard,Bob\nBob,go,,hall,\n")
    assert [clause.tokens for clause in story.clauses] == [
        "<name> was in <place>",
        "<name> was in <place>",
        "<name> <give> <thing> to <name> in <place>",
        "<name> <go> to <place>",
    ]
    told = [word.entity for word in story.clauses[2].words if word.entity >= 0]
    names = [story.entities[number].name for number in told]
    assert names == ["Ann", "ball", "Bob", "yard"]


def test_the_lines_of_a_log_are_its_rows_as_written() -> None:
    assert read_log(LOG).lines == LOG.splitlines()


def test_who_and_what_beside_an_item_say_what_was_done() -> None:
    story = read_log("time,who,what,item,where\n09:00,Ann,took,drill,hall\n")
    assert story.clauses[0].tokens == "<name> take <thing> in <place>"
    assert not story.notes


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
        ("Mon 9:00", "Tuesday 08:00"), ("day 2", "day 3"), ("3 March 2024", "Mar 4, 2024"), ("3 May", "May 4th"), ("3 May 9:00", "3 May 10:30"), ("morning", "noon"),  # noqa: E501
    ],
)  # fmt: skip
def test_times_are_ordered_in_every_common_form(earlier: str, later: str) -> None:
    first, second = parse_when(earlier), parse_when(later)
    assert first is not None and second is not None and first < second


@pytest.mark.parametrize("text", ["", "soon", "25:99", "the day"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_when(text) is None
