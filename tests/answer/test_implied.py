"""What a text says without saying it: full pockets, and where boxes are that are filled."""

import pytest

from recollect.answer import Answerer

STORY = """Wen was in the studio.
Wen put the horse in a crate.
Two porters moved the crate to the depot.
Ann hid the ring in a box in the garage.
Bob put the key in his pocket.
Zoe left the lamp in a bag.
Carla put the coin in the basket.
The basket is in the yard."""


@pytest.fixture(scope="module")
def shipped():
    return Answerer.shipped()


@pytest.mark.parametrize(
    ("question", "wanted", "lines"),
    [
        ("Where was the crate before the depot?", "studio", {1, 2}),
        ("Where was the crate before the porters moved it?", "studio", {1, 2}),
        ("Where is the crate?", "depot", {3}),
        ("Where is the box?", "garage", {4}),
        ("Who has the key?", "Bob", {5}),
        ("Does Bob have the key?", "yes", {5}),
        ("Does Ann have the key?", "no", {5}),
        ("Where is the basket?", "yard", {8}),
    ],
)
def test_what_follows_is_told_with_what_it_follows_from(shipped, question, wanted, lines):
    found = shipped.ask(STORY, question)
    assert (found.known, found.answer) == (True, wanted)
    assert {e.line for e in found.evidence} == lines


@pytest.mark.parametrize("question", ["Where is the bag?", "Who has the lamp?"])
def test_nothing_follows_where_nothing_is_told(shipped, question):
    found = shipped.ask(STORY, question)
    assert not found.known or found.answer == "nobody"
