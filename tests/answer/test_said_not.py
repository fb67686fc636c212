"""What a text says was not done, or only nearly, is a "no"; what it does not speak of is not."""

import pytest

from recollect.answer import Answerer

STORY = """Ann put the ring in the box.
Ann nearly dropped the ring.
Ben never touched the ring.
Ben said that Cleo had not washed the cup.
Cleo wanted to hide the cup.
Max could not find the cup. Zoe couldn't lift the box. Eve should not take the box."""


@pytest.fixture(scope="module")
def shipped():
    return Answerer.shipped()


@pytest.mark.parametrize(
    "question",
    [
        "Did Ann drop the ring?",
        "Did Ben touch the ring?",
        "Did Max find the cup?",
        "Did Zoe lift the box?",
    ],
)
def test_it_was_not_done(shipped, question):
    found = shipped.ask(STORY, question)
    assert (found.known, found.answer) == (True, "no")


@pytest.mark.parametrize(
    "question",
    [
        "Did Cleo wash the cup?",
        "Did Cleo touch the ring?",
        "Did Eve take the box?",
        "Who owns the ring?",
    ],
)
def test_nobody_can_tell(shipped, question):
    assert not shipped.ask(STORY, question).known


ALONE = """Hassan did not swim. Ida swam in the lake.
Nobody wanted to fetch the ball. Fatima got the ball."""


@pytest.mark.parametrize(
    ("question", "known", "wanted"),
    [
        ("Did Hassan swim?", True, "no"),
        ("Did Omar swim?", False, "I don't know"),
        ("Who fetched the ball?", True, "Fatima"),  # whom nobody wanted to fetch it tells nothing
    ],
)
def test_who_did_not_do_what_nobody_else_is_in(shipped, question, known, wanted):
    found = shipped.ask(ALONE, question)
    assert (found.known, found.answer) == (known, wanted)
