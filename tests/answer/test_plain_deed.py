"""Deeds that move nothing are answered from the sentence that says them, and from no other."""

import pytest

from recollect.answer import Answerer

STORY = """Ann put the parcel on the table.
Wim opened the parcel.
Tom did not open the letter.
Eva wanted to open the letter.
Max said that Ida opened the chest.
Customs officer Brandt inspected the crate."""


@pytest.fixture(scope="module")
def shipped():
    return Answerer.shipped()


@pytest.mark.parametrize(
    ("question", "wanted", "line"),
    [("Who opened the parcel?", "Wim", 2), ("Who inspected the crate?", "Brandt", 6)],
)
def test_who_did_it_is_told_with_the_sentence(shipped, question, wanted, line):
    found = shipped.ask(STORY, question)
    assert found.known and wanted in found.answer
    assert [e.line for e in found.evidence] == [line]


@pytest.mark.parametrize(
    "question",
    [
        "Who opened the letter?",  # denied, and wished for
        "Who opened the chest?",  # only reported
        "Who painted the parcel?",
        "Who opened the door?",
    ],
)
def test_what_nobody_is_said_to_have_done(shipped, question):
    assert not shipped.ask(STORY, question).known


def test_not_before_it_happened(shipped):
    assert not shipped.ask(STORY, "Who opened the parcel?", at=1).known


PLACES = """Yusuf borrowed two novels from the library.
He read the novels on the balcony.
Ann sang in the hall.
Then Ann went to the garden.
Ben did not sing in the kitchen."""


@pytest.mark.parametrize(
    ("question", "wanted", "line"),
    [
        ("Where did Yusuf read the novels?", "balcony", 2),
        ("Where did Ann sing?", "hall", 3),
        ("Where did Ann go?", "garden", 4),
    ],
)
def test_where_it_was_done_is_told_and_not_where_things_are_now(shipped, question, wanted, line):
    found = shipped.ask(PLACES, question)
    assert found.known and found.answer == wanted
    assert line in [e.line for e in found.evidence]


@pytest.mark.parametrize("question", ["Where did Ann dance?", "Where did Ben sing?"])
def test_where_nothing_is_said_to_have_been_done(shipped, question):
    assert not shipped.ask(PLACES, question).known


def test_a_limit_is_sure(shipped):
    found = shipped.ask(PLACES, "Where did Ann dance?")
    assert "dance" in found.missing and found.confidence > 0.7
