"""Where the clock of a story stands after sentences that speak of other times."""

from __future__ import annotations

import pytest

from recollect.english import read_story


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        # what had happened happened then; the story goes on where it was
        ("At three Ann was in the hall. She had been in the attic at noon. She slept.", [3, 12, 3]),
        ("Ann sat in the hall in the evening. Ben had left at 4 pm. He slept.", [19, 16, 19]),
        ("At noon Ann sat. The man whom she had met that morning slept. She left.", [12, 8, 8, 12]),
        ("Ann had taken the key in the morning and at noon she left. She slept.", [12, 12, 12]),
        ("On Monday Ann had been in the hall. She slept.", [24, 24]),
        # a meal is had, and nothing looks back
        ("Ann had lunch at noon. She left.", [12, 12]),
        # the time belongs to the thing
        ("Ann sang at nine. Last night's rain was heavy. She left.", [9, 9, 9]),
        # nor is it what somebody says or asks
        ('At nine Ann sat. "Meet me at noon," said Ben. Ann left.', [9, 9, 9, 9]),
        ("At nine Ann sat. Ben said at ten, \"I'll eat at noon\". Ann left.", [9, 10, 10, 10]),
        ("At nine Ann sat. Will you come at noon? Ann left.", [9, 9, 9]),
        ('At nine Ann sat. "Will you come at noon?" Ann left.', [9, 9, 9]),
    ],
)
def test_the_clock_moves_only_with_what_happens(text: str, hours: list[float]) -> None:
    assert [clause.when for clause in read_story(text).clauses] == hours


LONG = "Ann sat. Ben stood. " * 5


@pytest.mark.parametrize(
    ("last", "hour"),
    [
        # the next morning comes after the evening, if much has been told in between
        ("She left in the morning. She slept.", [32, 32]),
        ("She left at 10 pm. She slept.", [22, 22]),
        # somebody's last night is over with its sentence, but for one that stands before all else
        ("She was as tired as last night. She slept.", [-3, 19]),
        ("Last night she left. She slept.", [-3, -3]),
    ],
)
def test_a_long_stretch_after_the_last_time(last: str, hour: list[float]) -> None:
    told = read_story(f"In the evening Ann came. {LONG}{last}").clauses
    assert [clause.when for clause in told[-2:]] == hour


def test_times_that_are_told_one_by_one_may_stand_in_any_order() -> None:
    told = read_story("In the evening Ann came. In the morning she left. Yesterday she slept.")
    assert [clause.when for clause in told.clauses] == [19, 8, -24]
