"""The records in results/ are whole, finite, and told by the commit that made them."""

import json
import math

import pytest

from tests.house.tree import ROOT

RECORDS = sorted((ROOT / "results").glob("*.json"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_whole(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    kinds = {
        "name": str,
        "command": str,
        "metrics": dict,
        "published": dict,
        "seconds": int | float,
        "threads": int,
        "versions": dict,
        "commit": str,
    }
    for key, kind in kinds.items():
        assert isinstance(record.get(key), kind), f"{path.name}: {key!r} is missing or no {kind}"
    assert record["name"] == path.stem
    assert record["command"].startswith(("recollect ", "python -m recollect."))
    assert record["metrics"], "a record measures something"
    assert "torch" in record["versions"]
    assert len(record["commit"]) >= 7


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_the_summary_follows_from_the_seeds(path):
    for name, metric in json.loads(path.read_text(encoding="utf-8"))["metrics"].items():
        assert set(metric) == {"mean", "sd", "best", "per_seed"}, name
        seeds = metric["per_seed"]
        assert seeds and all(math.isfinite(value) for value in seeds), name
        assert math.isclose(metric["mean"], sum(seeds) / len(seeds), rel_tol=1e-3, abs_tol=1e-4), (
            name
        )
        assert metric["sd"] >= 0 and (len(seeds) > 1 or metric["sd"] == 0), name
        assert any(
            math.isclose(metric["best"], value, rel_tol=1e-3, abs_tol=1e-4) for value in seeds
        )


def test_the_page_tells_the_records():
    from recollect.results import read_records, results_page

    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert page == results_page(read_records(ROOT / "results")), "run python -m recollect.results"
