"""How answers are judged."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recollect.tasks.stories.scoring import (
    Judged,
    auroc,
    calibration_error,
    coverage_at,
    normal,
    risk_coverage,
    same,
)


@pytest.mark.parametrize(
    ("told", "accepted"),
    [
        ("The Attic", ["attic"]),
        ("Ben's bedroom", ["bedroom"]),
        ("bedroom", ["Ben's bedroom"]),
        ("café", ["cafe"]),
        ("Mrs Quill", ["mrs. quill"]),
        ("06:02", ["6:02"]),
        ("one", ["1"]),
        ("crow's nest", ["crow's nest"]),
        ("drawer, in the study", ["drawer", "study"]),
        ("her coat", ["coat"]),
    ],
)
def test_wordings_of_the_same_answer(told, accepted):
    assert same(told, accepted)


@pytest.mark.parametrize(
    ("told", "accepted"),
    [
        ("attic", ["cellar"]),
        ("drawer, in the study", ["drawer"]),
        ("I don't know", ["drawer"]),
        ("room 12", ["room 13"]),
        ("", ["drawer"]),
        ("no", ["yes"]),
        ("red ball", ["ball"]),
    ],
)
def test_other_answers_are_other(told, accepted):
    assert not same(told, accepted)


@given(st.permutations(["torch", "the melon", "Ann's lamp"]))
def test_a_list_has_no_order(members):
    told = f"{members[0]}, {members[1]} and {members[2]}"
    assert same(told, [], ["lamp", "melon", "torch"])
    assert not same(told, [], ["lamp", "melon"])
    assert not same(told, [], ["lamp", "melon", "torch", "cup"])


@given(st.text())
def test_normal_forms_stay_as_they_are(text):
    assert normal(normal(normal(text))) == normal(normal(text))


def judged(rows):
    return [Judged(c, right, given, known, unknown) for c, right, given, known, unknown in rows]


rows = st.lists(
    st.tuples(st.floats(0, 1), st.booleans(), st.booleans(), st.booleans(), st.floats(0, 1)),
    max_size=30,
)


@given(rows)
def test_auroc_counts_the_pairs_in_order(made):
    found = judged(made)
    yes, no = [j.unknown for j in found if not j.known], [j.unknown for j in found if j.known]
    if not yes or not no:
        assert math.isnan(auroc(found))
        return
    pairs = [(u > k) + (u == k) / 2 for u in yes for k in no]
    assert auroc(found) == pytest.approx(sum(pairs) / len(pairs))


@given(rows)
def test_the_curve_of_risk_ends_with_all_that_was_answered(made):
    found = judged(made)
    given = [j for j in found if j.given]
    curve = risk_coverage(found)
    assert [share for share, _ in curve] == sorted(share for share, _ in curve)
    if given:
        assert curve[-1][1] == pytest.approx(sum(not j.right for j in given) / len(given))
    assert coverage_at(curve, 1.0) >= coverage_at(curve, 0.0)


@given(rows)
def test_calibration_is_perfect_only_where_confidence_is_accuracy(made):
    found = judged(made)
    error = calibration_error(found)
    assert math.isnan(error) if not found else 0 <= error <= 1
    sure = [j._replace(confidence=float(j.right)) for j in found]
    assert not found or calibration_error(sure) == 0
