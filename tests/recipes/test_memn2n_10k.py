"""Recipes for 10,000 questions: their schedules, and the model that counts for each task."""

import json

import pytest

from recollect.recipes import memn2n_10k, recipes
from recollect.recipes.memn2n_10k import main, pooled
from recollect.train import Run
from recollect.train.configfile import from_plain, to_plain
from recollect.train.loop import summarize

RECIPES = [name for name in memn2n_10k.__all__ if name.startswith("babi_")]


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_survives_its_config_file(name):
    made = getattr(memn2n_10k, name)()
    assert from_plain(to_plain(made)) == made
    assert recipes()[name.replace("_", "-")]() == made
    assert made.optim.schedule.scale(made.model.linear_steps, 0) == 1
    assert 3 not in made.task.tasks


def run(folder, name, rows):
    made = Run.create(folder / name, memn2n_10k.babi_memn2n_10k(), recipe=name, seeds=[0, 1])
    summary = summarize(rows, chosen=0)
    told = {"summary": summary, "seconds": 10.0, "chosen_seed": 0}
    (made.path / "result.json").write_text(json.dumps(told))
    return made


def row(train, test, support, task):
    return {
        f"train/error_{task}": train,
        f"test/error_{task}": test,
        f"test/support_{task}": support,
        f"test/support_top_{task}": support,
    }


def test_the_smallest_training_error_counts_never_the_test_error(tmp_path, monkeypatch, capsys):
    one = run(
        tmp_path,
        "a",
        [row(0.2, 0.1, 0.5, 16) | row(0.1, 0.3, 0.6, 17), row(0.3, 0, 1, 16) | row(0.4, 0, 1, 17)],
    )
    two = run(tmp_path, "b", [row(0.15, 0.4, 0.7, 16), row(0.15, 0.2, 0.8, 16)])
    told = pooled([one, two])
    assert told["error_16"] == 0.4 and told["support_16"] == 0.7  # the first of equals
    assert told["error_17"] == 0.3
    assert told["error"] == pytest.approx(0.35) and told["support_top"] == pytest.approx(0.65)
    assert told["failed"] == 2
    monkeypatch.chdir(tmp_path)
    main([str(one.path), str(two.path), "--save", "both"])
    record = json.loads((tmp_path / "results" / "both.json").read_text())
    assert record["metrics"]["test_error"]["mean"] == pytest.approx(0.35)
    assert record["published"]["test_error"] == pytest.approx((0.518 + 0.186) / 2)
    assert record["seconds"] == 20.0
    assert "recollect train a --out a --seeds 2 && recollect train b" in record["command"]


def test_a_run_that_is_not_finished_is_told(tmp_path):
    made = Run.create(tmp_path / "c", memn2n_10k.babi_memn2n_10k(), recipe="c", seeds=[0])
    with pytest.raises(ValueError, match="not finished"):
        pooled([made])
