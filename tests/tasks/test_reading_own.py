import pytest

from recollect.models.window_reader import WindowReader
from recollect.tasks.reading import kinds, sentences
from recollect.tasks.reading.words import ReadingWords
from recollect.tasks.said import Wish
from tests.tasks.test_reading import PEOPLE, THINGS, novel

WORDS = ReadingWords(vocab=("", ".", "the", "took", "said", "a", "in"), side=4, mentions=64)


@pytest.fixture(scope="module")
def model():
    return WindowReader(len(WORDS.vocab), window=8).eval()


def say(model, text):
    return WORDS.say(model, text, Wish())


def test_a_gap_is_filled_with_what_stood_among_its_words(model):
    told = "Then Ann took the ball. Then Bob said no. They knew why. Then ___ took the cup."
    said = say(model, told)
    assert said.details["answer"] == "Ann" and set(said.columns) == {"Ann", "Bob"}
    assert said.weights.shape == (1, 2) and said.weights.sum() == pytest.approx(1, abs=1e-4)
    assert say(model, told.replace("___", "XXXXX")).text == said.text
    assert say(model, f"{told} ||| Bob, Ann").details["answer"] == "Ann"


def test_nouns_are_chosen_among_those_that_are_given(model):
    text = "The cat ran in the house. A dog lay in a box. The bird sat in the ___. ||| house, box"
    assert say(model, text).details["answer"] == "house"
    said = say(model, text + ", stable")
    assert said.notes == ["not in the text, so not chosen: stable"]
    assert "stable" not in said.text


def test_questions_are_made_of_a_whole_novel(model):
    text = novel(5)
    said = say(model, text.replace("\n", " "))
    book = sentences(text)
    assert kinds(book).names == set(PEOPLE) and kinds(book).nouns == set(THINGS)
    for kind in ("names", "nouns"):
        assert said.details[kind]["questions"] > 20
        assert 0 <= said.details[kind]["right"] <= said.details[kind]["questions"]
    assert said.weights is None


def test_a_year_without_its_end_is_no_gap(model):
    with pytest.raises(ValueError, match="no gap"):
        say(model, "It was in 17__ that Ann left.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Ann left.", "no gap"),
        ("", "no gap"),
        ("A ___ b ___ c.", "2 gaps"),
        ("The ___ left.", "0 words to choose from"),
        ("The ___ left. ||| cat", "1 words to choose from"),
        ("The ___ left. ||| cat, dog", "none of cat, dog"),
        ("___ ||| " + ", ".join("abcdefghijk"), "11 words to choose from"),
    ],
)
def test_what_cannot_be_filled_is_said(model, text, message):
    with pytest.raises(ValueError, match=message):
        say(model, text)
