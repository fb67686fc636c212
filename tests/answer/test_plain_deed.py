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
