"""Where data sets are looked for, in order, and what the error says."""

import pytest

from recollect.data import CATALOG, MissingData, changed, find


@pytest.fixture
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("RECOLLECT_DATA", str(tmp_path / "shared"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def put(root, name="babi", file="en/qa1.txt"):
        path = tmp_path / root / name / file
        path.parent.mkdir(parents=True)
        path.write_text("1 Mary went home.\n")
        return tmp_path / root / name

    return put


def test_the_order_is_explicit_then_environment_then_cache(places):
    cached = places("cache/recollect/data")
    assert find("babi") == cached
    shared = places("shared")
    assert find("babi") == shared
    mine = places("mine")
    assert find("babi", path=mine) == mine
    assert find("babi", path=mine.parent) == mine


def test_a_file_is_looked_for_in_every_place(places):
    places("shared")
    cached = places("cache/recollect/data", file="en/qa2.txt")
    assert find("babi", file="en/qa2.txt") == cached / "en/qa2.txt"


def test_an_explicit_path_never_falls_back(places, tmp_path):
    places("shared")
    with pytest.raises(MissingData, match="elsewhere"):
        find("babi", path=tmp_path / "elsewhere")


def test_the_error_names_file_licence_command_and_stand_in(places):
    with pytest.raises(MissingData) as caught:
        find("babi", file="en/qa1.txt")
    for part in (
        "'en/qa1.txt'",
        "CC BY 3.0",
        "recollect data fetch babi",
        "recollect train stories",
    ):
        assert part in str(caught.value)


def test_a_set_that_cannot_be_fetched_names_its_page(places):
    with pytest.raises(MissingData, match="github.com/rasbt/mnist-pngs"):
        find("mnist")


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean clutrr"):
        find("cluttr")


def test_an_empty_folder_is_no_data_set(places, tmp_path):
    (tmp_path / "shared" / "babi").mkdir(parents=True)
    with pytest.raises(MissingData):
        find("babi")


def test_changed_names_what_differs(places):
    folder = places("shared", file="en/qa1_single-supporting-fact_test.txt")
    assert changed(CATALOG["babi"], folder) == ["en/qa1_single-supporting-fact_test.txt"]


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_the_catalogue_is_whole(name):
    entry = CATALOG[name]
    assert entry.licence and entry.page.startswith("https://") and entry.what
    assert all(len(digest) == 64 for digest in entry.sha256.values())
    # what is fetched one by one is checked one by one
    assert entry.urls.keys() <= entry.sha256.keys()


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_what_lies_here_is_what_was_published(name, dataset):
    folder = dataset(name)
    assert changed(CATALOG[name], folder) == []
