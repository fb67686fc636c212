"""The time that a question asks about."""

from __future__ import annotations

import math

import pytest

from recollect.english import Story, read_log, read_story
from recollect.english.asked_time import asked_time

DAY = "time,who,where\n9:00,Ann,hall\n10:00,Ann,attic\n14:30,Ann,roof\n"
DATES = "date,who,where\n03/04/2024 9:00,Ann,hall\n03/26/2024 10:00,Ann,attic\n"
WEEK = "day,who,where\nMon,Ann,hall\nWed,Ann,attic\n"


def happened(question: str, story: Story) -> list[int]:
    """The lines of what had happened by the time that is asked about."""
    _, window = asked_time(question, story)
    assert window is not None and not window.fault
    return [c.line for c in story.clauses if c.when < window.end]


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("Where was Ann at 9:00?", [2]), ("Where was Ann at 8:59?", []), ("At 10 am where was Ann?", [2, 3]),  # noqa: E501
        ("Where was Ann before 10:00?", [2]), ("Where was Ann by 10:00?", [2, 3]), ("Where was Ann until ten?", [2]),  # noqa: E501
        ("Where was Ann at noon?", [2, 3]), ("Where was Ann at 2:30?", [2, 3, 4]), ("Where was Ann in the morning?", [2, 3]),  # noqa: E501
        ("Where was Ann in the afternoon?", [2, 3, 4]), ("Where was Ann at half past two in the afternoon?", [2, 3, 4]),  # noqa: E501
    ],
)  # fmt: skip
def test_what_had_happened_by_a_time(question: str, lines: list[int]) -> None:
    assert happened(question, read_log(DAY)) == lines


@pytest.mark.parametrize(
    ("log", "question", "lines"),
    [
        (DATES, "Where was Ann on 03/04/2024?", [2]),
        (DATES, "Where was Ann on 26 March 2024 at 9:30?", [2]),
        (DATES, "Where was Ann on 26 March?", [2, 3]),
        (DATES, "Where was Ann on 2024-03-26T10:00?", [2, 3]),
        (DATES, "Where was Ann on Tuesday?", [2, 3]), (WEEK, "Where was Ann on Tuesday?", [2]),
        (WEEK, "Where was Ann before Wednesday?", [2]),
        ("t,who,where\n1,Ann,hall\n2,Ann,attic\n", "Where was Ann at step 1?", [2]),
        ("time,who,where\nday 1,Ann,hall\nday 3,Ann,attic\n", "Where was Ann on day 2?", [2]),
    ],
)  # fmt: skip
def test_days_are_those_of_the_text(log: str, question: str, lines: list[int]) -> None:
    assert happened(question, read_log(log)) == lines


@pytest.mark.parametrize(
    "question",
    ["Where is Ann?", "Where is Ann today?",
     "Who has had the key since 9:00?", "Who is in room 12?"],
)  # fmt: skip
def test_other_questions_are_about_the_end(question: str) -> None:
    assert asked_time(question, read_log(DAY))[1] is None


def test_what_a_text_does_not_tell_is_said() -> None:
    faults = [
        (DATES, "Where was Ann at 9:30?", "2 days"),
        (DATES, "Where was Ann yesterday?", "which day"),
        ("who,where\nAnn,hall\n", "Where was Ann at 9:30?", "what time"),
    ]
    for log, question, wanted in faults:
        _, window = asked_time(question, read_log(log))
        assert window is not None and wanted in window.fault


def test_what_happens_in_a_time_begins_with_it() -> None:
    _, window = asked_time("Who came on Wednesday?", read_log(WEEK))
    assert window is not None and (window.start, window.end) == (3 * 24, 4 * 24)
    _, window = asked_time("Who came after 10:00?", read_log(DAY))
    assert window is not None and window.end == math.inf and 10 < window.start < 10.1


def test_stories_have_times_too() -> None:
    story = read_story("At 9:15 Ann went to the hall.\nAt noon she went to the attic.")
    assert happened("Where was Ann at ten?", story) == [1]
    story = read_story("Yesterday Ann went to the hall. This morning she went to the attic.")
    assert happened("Where was Ann yesterday?", story) == [1]


def test_the_next_day_of_a_text_of_two_is_the_second():
    story = read_story("On Monday Ann went home. The next day she went to the park.")
    window = asked_time("Where did Ann go the next day?", story)[1]
    assert window is not None and not window.fault
