"""Days of the week go on, and what comes before "yesterday" without a day came before it."""

import pytest

from recollect.english import read_story


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("On Friday Zoe took the cage home. On Monday she brought it to school.", [0, 1]),
        ("On Friday the box was in the hall. On Monday it had been in the attic.", [1, 0]),
        ("Last Sunday Jo lost the key. A jogger found it. Jo collected it yesterday.", [0, 1, 2]),
        ("The box was in the hall. Yesterday Ann took it to the attic.", [0, 1]),
        ("The box is in the hall. Yesterday it was in the attic.", [1, 0]),
    ],
)
def test_the_order_of_days(text, order):
    clauses = read_story(text).clauses
    assert sorted(range(len(clauses)), key=lambda t: (clauses[t].when, t)) == order


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann's waiter Tom came in. Tom sat down.", ["Tom"]),
        ("Little Mia left. Mia came back.", ["Mia"]),
        ("07:40 Delivered two parcels to the shop.", ["parcels", "shop"]),
    ],
)
def test_who_is_named(text, names):
    found = [entity.name for entity in read_story(text).entities]
    assert [name for name in found if name != "Ann"] == names


def test_who_does_it_comes_from_the_text_at_hand():
    read_story("Should have gone to the attic.")
    story = read_story("Ann sat down. Should have gone to the attic.")
    alone = read_story("Should have gone to the attic.")
    assert len(alone.clauses[0].words) < len(story.clauses[1].words)
