"""What makes another thing of a kind, and what only says how a thing is now."""

import pytest

from recollect.english import read_story


def named(text: str) -> list[list[str]]:
    """The names of the entities of each clause."""
    story = read_story(text)
    return [
        [story.entities[w.entity].name for w in c.words if w.entity >= 0] for c in story.clauses
    ]


def test_a_state_makes_no_other_thing() -> None:
    told = named("Ann put the lamp in crate C7. The empty crate stood in the hall.")
    assert told[1][0] == "crate C7"


@pytest.mark.parametrize("text", [
    "Ann has the new key. Bob has the old key.",
    "Ann has the red ball and the blue ball. Bob has the empty ball.",
    "Ann has the open box. Bob has the closed box.",
])  # fmt: skip
def test_what_tells_things_apart_does(text: str) -> None:
    told = named(text)
    assert told[-1][-1] not in told[0]


@pytest.mark.parametrize(("text", "wanted"), [
    ("Ann took the big box and Bob took the small one.", "small box"),
    ("The guide gave out the bottles. Ann got the blue one.", "blue bottle"),
    ("She put nine jars in the blue crate and three cups in the red one.", "red crate"),
    ("Ann put the ring in the tin box and the watch in the wooden one.", "wooden box"),
    ("He changed the bulb and threw the old one in the bin.", "bin"),
    ("Ann has the new lamp. Bob has the old one.", "old lamp"),
    ("Ann bought red apples and green ones.", "green apples"),
    ("Ann went from the small room to the large one.", "large room"),
    ("Ann took the small box. One day Bob took this one.", "one"),
    ("Ann has a red ball. Bob has a blue one. Cleo has the green one.", "green ball"),
])  # fmt: skip
def test_one_is_of_the_kind_spoken_of(text: str, wanted: str) -> None:
    assert named(text)[-1][-1] == wanted


def test_a_letter_after_a_place_ends_its_sentence() -> None:
    assert named("The box is in Bay A. Ann went home.")[0][-1] == "Bay A"
    assert named("The box is in Bay B. Ann went home.")[0][-1] == "Bay B"
