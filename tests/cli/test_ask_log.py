"""Logs asked from end to end, by the shipped model: times, lists in a cell, odd headers."""

from __future__ import annotations

from importlib import resources

import pytest

from recollect.answer import DONT_KNOW, Answerer
from recollect.english import read_log, read_story

WORKSHOP = """who,what,item,location,date
Ann,checked out,drill,tool room,2024-05-01 08:10
Ann,returned,drill,tool room,2024-05-01 11:45
Cara,checked out,drill,tool room,2024-05-01 13:00
Cara,gave to Ben,drill,roof,2024-05-01 15:05
"""
MOVED = """Date,Item,From,To,Moved by
01/03/2024,Pallet 17,Dock 1,Bay C,Olu
04/03/2024,Pallet 17,Bay C,Bay F,Hana
07/03/2024,Pallet 17,Bay F,Truck 3,Olu
"""
BARN = """time,actor,action,object,place
08:00,Ivy,took,lamp and rope,shed
08:20,Ivy,went to,,barn
08:40,Ivy,dropped,rope,barn
09:10,Max,took,rope,barn
09:30,Max,went to,,orchard
09:45,Ivy,gave to Noa,lamp,barn
"""
LIBRARY = """"Date","Reader","Did what","Book"
"3 March 2024","Okafor, Ada","borrowed","War and Peace"
"9 March 2024","Okafor, Ada","returned","War and Peace"
"12 March 2024","Lindqvist, Per","borrowed","War and Peace"
"""
ISSUED = "id,item,status,by\n1,4711,issued to,Dana\n2,4711,returned by,Dana\n3,4711,issued to,Fay\n"
ZOO = """keeper;animal;moved from;moved to;date
Pia;tiger;cage 1;cage 4;2 May
Sol;otter;pool;vet room;3 May
Pia;otter;vet room;pool;6 May
"""
KEYS = """Time,Key,Given to,Given by
08:05,key 14,Bella,Front desk
17:30,key 14,Front desk,Bella
"""
TOOLS = """Werkzeug,who,action,date
Säge,Jürgen,took,12.03.2024
Säge,Jürgen,gave to Käthe,15.03.2024
Bohrer,Käthe,discarded,16.03.2024
"""
ROOMS = "name,place,arrived\nAda,hall,8:02\nBo,room 12,8:20\nAda,canteen,12:00\n"


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    if not (resources.files("recollect") / "assets" / "stories" / "model.safetensors").is_file():
        pytest.skip("the shipped model is not there: recollect train stories makes it")
    return Answerer.shipped()


@pytest.mark.parametrize(
    ("log", "asked"),
    [
        (WORKSHOP, {
            "Where was the drill at 12:00?": "tool room", "Who had the drill at 14:00?": "Cara",
            "Who has the drill?": "Ben", "Who had the drill before Ben?": "Cara",
            "Who had the drill at 8:00?": DONT_KNOW,
            "When did Cara check out the drill?": "2024-05-01 13:00",
        }),
        (MOVED, {
            "Where was Pallet 17 first?": "Dock 1", "Where was Pallet 17 on 05/03/2024?": "Bay F",
            "Who moved Pallet 17 to Bay F?": "Hana", "Where was Pallet 17 at 9:30?": DONT_KNOW,
            "Where was Pallet 17 before Bay F?": "Bay C",
        }),
        (BARN, {
            "Who has the lamp?": "Noa", "Where was the lamp before the barn?": "shed",
            "Who had the rope before Max?": "Ivy", "Where was the rope at 8:50?": "barn",
            "Where is the rope?": "orchard", "What does Ivy have?": "nothing",
            "Was Max in the barn at 9:15?": "yes", "Was Max in the orchard at 9:15?": "no",
        }),
        (LIBRARY, {
            "Who has War and Peace?": "Per Lindqvist", "Who returned War and Peace?": "Ada Okafor",
        }),
        (ZOO, {
            "Where was the otter on 4 May?": "vet room", "Who moved the tiger?": "Pia",
            "Where was the otter on 1 May?": DONT_KNOW,
        }),
        (KEYS, {"Who has key 14?": "Front desk", "Who had key 14 at 9:00?": "Bella"}),
        (TOOLS, {
            "Who has the Sage?": "Käthe", "Who had the Säge before Kathe?": "Jürgen",
            "Where is the Bohrer?": DONT_KNOW,
        }),
        (ISSUED, {"Who has 4711?": "Fay", "Who had 4711 before Fay?": "Dana"}),
        (ROOMS, {"Where was Ada at 9:00?": "hall", "Where is Ada?": "canteen",
                 "Where was Bo at 8:10?": DONT_KNOW}),
    ],
)  # fmt: skip
def test_logs_are_answered_as_people_mean_them(
    log: str, asked: dict[str, str], answerer: Answerer
) -> None:
    story = read_log(log)
    assert {q: answerer.ask(story, q).answer for q in asked} == asked


def test_a_time_the_text_does_not_have_is_told(answerer: Answerer) -> None:
    story = read_log(MOVED)
    assert "3 days" in answerer.ask(story, "Where was Pallet 17 at 9:30?").missing
    told = answerer.ask(story, "Where was Pallet 17 before 01/03/2024?")
    assert not told.known and told.missing.endswith("by then.")
    told = answerer.ask(read_log(BARN), "Where was Max after 9:00?")
    assert not told.known and "one moment" in told.missing


def test_before_a_place_come_to_twice_is_before_the_first_time(answerer: Answerer) -> None:
    story = read_story(
        "Ann was in the hall.\nAnn was in the attic.\nAnn took the key in the attic."
    )
    assert answerer.ask(story, "Where was Ann before the attic?").answer == "hall"
    story = read_story("Ann was in the attic.\nAnn took the key in the attic.")
    assert not answerer.ask(story, "Where was Ann before the attic?").known


def test_a_line_of_a_long_log_is_answered_as_of_that_line(answerer: Answerer) -> None:
    rows = [f"Ann,{'hall' if n < 100 else 'attic'}" for n in range(3000)]
    story = read_log("who,where\n" + "\n".join(rows))
    assert answerer.ask(story, "Where is Ann?", at=50).answer == "hall"
    assert answerer.ask(story, "Where is Ann?").answer == "attic"
