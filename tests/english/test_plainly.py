"""What is gone is lost, what belonged to somebody was theirs, what there was none of is none."""

import pytest

from recollect.english import read_story


def tokens(text):
    return [" ".join(w.token for w in clause.words) for clause in read_story(text).clauses]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("The camera was gone.", ["<thing> <passive> <lose>"]),
        ("The camera was missing, so Ann left.", ["<thing> <passive> <lose>", "<name> leave"]),
        ("Tom was gone to the shop.", ["<name> <go> to <place>"]),
        ("The ring belonged to Ann.", ["<thing> <passive> <hold> by <name>"]),
        ("The ladder was in the way.", ["<thing> was <adj>"]),
        ("Everyone was gone.", ["everyone <go>"]),
    ],
)
def test_in_other_words(text, read):
    assert tokens(text) == read


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Ann left. There was no wind.", 1),
        ("Ann left. There was no space on the shelf.", 1),
        ("Ann left the hall. There is no Ann in the hall.", 2),
        ("The key is in the box. There was no key in the drawer.", 2),
        ("Ann left. There was no key in the drawer.", 2),
    ],
)
def test_what_there_is_none_of(text, count):
    assert len(tokens(text)) == count
