"""Records of results, and the page made of them."""

import json
import math
from dataclasses import asdict, replace

import pytest

from recollect.results import Record, figure, main, read_records, results_page


def record(name="babi", **changes):
    made = Record.of(
        name,
        command=f"recollect eval runs/{name} --save {name}",
        metrics={"test_error": figure([13.0, 12.0, 14.0], chosen=1), "facts": figure([90.0])},
        published={"test_error": 12.4, "failed": "10 of 20"},
        seconds=61.23456,
    )
    return replace(made, **changes)


def test_figures_over_seeds():
    told = figure([13.0, 12.0, 14.0], chosen=1)
    assert told == {"mean": 13.0, "sd": 1.0, "best": 12.0, "per_seed": [13.0, 12.0, 14.0]}
    assert figure([5.0])["sd"] == 0


def test_a_record_has_the_agreed_keys_and_comes_back(tmp_path):
    path = record().save(tmp_path)
    told = json.loads(path.read_text())
    assert list(told) == [
        "name",
        "command",
        "metrics",
        "published",
        "seconds",
        "threads",
        "versions",
        "commit",
    ]
    assert path.name == "babi.json"
    assert {"torch", "recollect", "python"} <= set(told["versions"])
    assert read_records(tmp_path) == [record()]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "a/b"}, "is no file name"),
        ({"name": ""}, "is no file name"),
        ({"metrics": {}}, "measures nothing"),
        ({"metrics": {"x": figure([1.0]) | {"mean": 2.0}}}, "mean is 2.0 and the seeds give 1.0"),
        ({"metrics": {"x": figure([1.0, 2.0]) | {"sd": 0.0}}}, "sd is 0.0"),
        ({"metrics": {"x": figure([1.0]) | {"best": 0.5}}}, "best is 0.5, which is no seed's"),
        ({"metrics": {"x": {"mean": 1.0}}}, "a figure has mean, sd, best"),
        ({"metrics": {"x": figure([math.nan])}}, "not finite"),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        record(**changes)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}'])
def test_a_file_that_is_no_record_is_named(tmp_path, text):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=r"bad\.json is no record"):
        read_records(tmp_path)


def test_a_renamed_record_is_refused(tmp_path):
    record().save(tmp_path).rename(tmp_path / "other.json")
    with pytest.raises(ValueError, match="named 'babi'"):
        read_records(tmp_path)


def test_the_page_sets_the_published_figure_beside_ours():
    page = results_page([record(commit="0123456789abcdef+dirty")])
    assert "## babi" in page
    assert "| metric | ours | best | published |" in page
    assert "| `test_error` | 13 ± 1 (3 seeds) | 12 | 12.4 |" in page
    assert "| `facts` | 90 | 90 | – |" in page
    assert "| `failed` | – | – | 10 of 20 |" in page
    assert "`recollect eval runs/babi --save babi`: 61 s on 1 thread" in page
    assert "commit `0123456789+dirty`" in page


def test_one_seed_needs_no_column_of_the_best():
    page = results_page([record(metrics={"facts": figure([90.0])})])
    assert "| metric | ours | published |" in page


def test_the_page_is_written_from_the_records(tmp_path, capsys):
    record("b").save(tmp_path / "results")
    record("a").save(tmp_path / "results")
    page = tmp_path / "results.md"
    main(["--records", str(tmp_path / "results"), "--page", str(page)])
    text = page.read_text()
    assert text.index("## a") < text.index("## b")
    assert text == results_page(read_records(tmp_path / "results"))
    assert "2 records" in capsys.readouterr().out


def test_a_record_is_plain_data():
    assert json.loads(json.dumps(asdict(record()))) == asdict(record())


def test_a_note_says_how_a_metric_is_measured(tmp_path):
    noted = replace(record(), notes={"test_error": "nrefs:1|tok:none"})
    noted.save(tmp_path)
    assert read_records(tmp_path) == [noted]
    assert "`test_error`: `nrefs:1|tok:none`" in results_page([noted])
