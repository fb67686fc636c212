"""A "no" needs a text that tells of the one asked about; places are named as people name them."""

import pytest

from recollect.answer import Answerer


@pytest.fixture(scope="module")
def shipped():
    return Answerer.shipped()


def test_who_did_nothing_at_all_is_not_said_to_have_done_nothing(shipped):
    story = "Ann gave the keys to Bob. Bob hid them. Do not take them without asking Cleo."
    assert not shipped.ask(story, "Did Cleo take the keys?").known


def test_who_was_elsewhere_can_be_denied(shipped):
    found = shipped.ask("Ann took the keys. Cleo went to the garden.", "Did Cleo take the keys?")
    assert (found.known, found.answer) == (True, "no")


@pytest.mark.parametrize(("story", "wanted"), [
    ("The cup is in the van. The van is at Dilwyn's.", "van, at Dilwyn's"),
    ("The cup is in the van. The van is in Paris.", "van, in Paris"),
    ("The cup is in the van. The van is in the yard.", "van, in the yard"),
])  # fmt: skip
def test_what_holds_the_holder_is_named_as_written(shipped, story, wanted):
    assert shipped.ask(story, "Where is the cup?").answer == wanted
