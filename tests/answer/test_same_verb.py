"""A question that repeats a verb of the text means the clause that has it."""

import pytest

from recollect.answer import Answerer


@pytest.fixture(scope="module")
def shipped():
    return Answerer.shipped()


STORY = """A porter found the suitcase on the platform.
Nils picked up the suitcase.
He sent it to Bergen.
Vera bought the lamp from Nils.
Then Otto took the lamp."""


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Who found the suitcase?", "porter"),
        ("Who sent the suitcase to Bergen?", "Nils"),
        ("Who bought the lamp?", "Vera"),
        ("Who did Vera buy the lamp from?", "Nils"),
        ("Who took the lamp?", "Otto"),  # a general verb: whoever came to have it last
    ],
)
def test_the_clause_with_the_verb_of_the_question_is_meant(shipped, question, wanted):
    found = shipped.ask(STORY, question)
    assert found.known and wanted in found.answer


def test_a_verb_that_the_text_does_not_have_changes_nothing(shipped):
    assert "Otto" in shipped.ask(STORY, "Who grabbed the lamp?").answer
