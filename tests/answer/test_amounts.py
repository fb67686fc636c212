"""How many of something: the one number that the text gives."""

import pytest

from recollect.answer import Answerer

STORY = """Milo came back with six carrots.
Tendai has five goats.
Ann put three eggs in the basket.
I bought 12 apples.
Abena gave ten onions to Esi.
There are four chairs in the hall.
Bob wanted to buy nine pears.
Bob carried two hundred plums home.
Lou had seven nails. Lou gave two nails to Kim."""


@pytest.fixture(scope="module")
def shipped():
    return Answerer.shipped()


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How many carrots did Milo bring?", "6"),
        ("How many goats does Tendai have?", "5"),
        ("How many eggs are in the basket?", "3"),
        ("How many apples did I buy?", "12"),
        ("How many onions did Esi get?", "10"),
        ("How many onions did Abena give to Esi?", "10"),
        ("How many chairs are in the hall?", "4"),
    ],
)
def test_a_number_that_is_told_is_the_answer(shipped, question, wanted):
    found = shipped.ask(STORY, question)
    assert (found.known, found.answer, found.program) == (True, wanted, "amount")
    assert found.evidence and found.ranked[0][0] == wanted


@pytest.mark.parametrize(
    "question",
    [
        "How many pears did Bob buy?",  # he wanted to
        "How many chairs are in the basket?",
        "How many goats did Ann buy?",
        "How many plums did Bob carry?",  # "two hundred" is no two
        "How many nails does Lou have?",  # they are counted twice
        "How many onions does Abena have?",
        "How many cups did Ann buy?",
    ],
)
def test_a_number_that_is_not_told_is_not_guessed(shipped, question):
    assert not shipped.ask(STORY, question).known


def test_a_number_that_may_have_changed_is_not_told(shipped):
    story = "Ann has five goats. She sold the goats to Bob."
    assert not shipped.ask(story, "How many goats does Ann have?").known
    assert not shipped.ask(
        "Ann has five goats. Bob took one of them.", "How many goats does Ann have?"
    ).known
