"""Stories whose words come close to a question that they do not answer, or answer otherwise."""

import pytest

from recollect.answer import Answerer

UNSAID = "I don't know"


@pytest.fixture(scope="module")
def shipped():
    return Answerer.shipped()


@pytest.mark.parametrize(
    ("story", "question", "wanted"),
    [
        # a number that was told of somebody else's, or of some of them
        ("Ann bought three eggs. Ben ate an egg.", "How many eggs did Ben eat?", UNSAID),
        ("Ann bought three eggs. Ben bought eggs.", "How many eggs did Ben buy?", UNSAID),
        ("Ann bought three eggs from Ben.", "How many eggs did Ben buy?", UNSAID),
        ("Ann bought three eggs from Ben.", "How many eggs did Ann buy?", "3"),
        ("Ann gave Ben three eggs.", "How many eggs did Ben give Ann?", UNSAID),
        ("Ann gave Ben three eggs.", "How many eggs did Ann give Ben?", "3"),
        ("Ann bought three eggs. Then she bought some eggs.", "How many eggs did Ann buy?", UNSAID),
        ("Ann has five coins. She gave two to Ben.", "How many coins does Ann have?", UNSAID),
        ("Ann has five coins. Two were stolen.", "How many coins does Ann have?", UNSAID),
        ("Ann bought three eggs. One broke.", "How many eggs does Ann have?", UNSAID),
        ("Ann bought three kilos of apples.", "How many apples did Ann buy?", UNSAID),
        ("Ann has more than three eggs.", "How many eggs does Ann have?", UNSAID),
        # somebody else's pocket
        ("Ann put the letter in Ben's pocket.", "Does Ann have the letter?", "no"),
        ("Ann put the letter in Ben's pocket.", "Who has the letter?", UNSAID),
        ("Ben was asleep. Ann put the key in his pocket.", "Who has the key?", UNSAID),
        ("I put the key in my pocket.", "Who has the key?", "I"),
        # boxes that more is told of, and what is no box
        ("Ann was in the hall. She put the key in the box. The box burned.", "Where is the box?",
         UNSAID),
        ("Ann was in the yard. She threw the ball at the car.", "Where is the car?", UNSAID),
        # what went on meanwhile
        ("Ann was in the kitchen. Ann went to the hall. Ben went to the yard.",
         "Where was Ann while Ben was in the yard?", "hall"),
        ("Ann had the key. Then Eve got the key. Ben slept.", "Who had the key while Ben slept?",
         "Eve"),
        # what was not done, or only wanted, or done another time
        ("Ann drove to the shop. Ann did not drive to the park.", "Where did Ann drive?", "shop"),
        ("Ann drove to the shop. Ann wanted to drive to the park.", "Where did Ann drive?", "shop"),
        ("Ann found the cup on Monday. On Tuesday Ann could not find the cup.",
         "Did Ann find the cup?", "yes"),
        ("Ann could not stop reading the book.", "Did Ann read the book?", UNSAID),
        ("Ann was in the hall. She brought the key to the kitchen. Then she went to the yard.",
         "Where did Ann go first?", "kitchen"),
        ("Ann saw the key in the shop. Ben lost the key.", "Where was the key found?", UNSAID),
        ("Gwen packed the pot into a crate.", "Who bought the pot?", UNSAID),
    ],
)  # fmt: skip
def test_it_is_not_guessed(shipped, story, question, wanted):
    assert shipped.ask(story, question).answer == wanted
