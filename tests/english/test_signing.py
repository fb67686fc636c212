"""Who signs a letter is who says "I" in it."""

import pytest

from recollect.english import read_question, read_story


@pytest.mark.parametrize(
    ("text", "name", "same"),
    [
        ("Dear Mum, I found the keys. I put them in the bowl. Love, Agnieszka", "Agnieszka", True),
        ("Hi Marta,\nI left your umbrella at the desk.\nBest,\nTobias", "Tobias", True),
        ("I left it here. See you soon, Tobias", "Tobias", True),
        ("I left the key here. Kind regards, Ann Smith", "Ann", True),
        ("I saw Tobias. Love, Tobias", "Tobias", False),  # he is another: he was spoken of
        ("I left the key here. Ann took it.", "Ann", False),
    ],
)
def test_who_signs(text, name, same):
    story = read_story(text)
    asked = read_question(f"Where did {name} go?", story)
    meant = next(w.entity for w in asked.words if w.entity >= 0)
    assert (meant == [e.name for e in story.entities].index("I")) == same


def test_a_closing_is_no_clause_and_a_text_of_a_closing_is_kept():
    assert len(read_story("I left the key here. Love, Ann").clauses) == 1
    assert read_story("Thanks, Ben").clauses


@pytest.mark.parametrize("text", ["Ann loves\nthe garden.\nBob", "Ann went home. Bob"])
def test_a_name_without_a_closing_signs_nothing(text):
    assert any(e.name == "Bob" for e in read_story(text).entities)
