import json
import sys
from dataclasses import dataclass, replace
from typing import Any

import pytest

from recollect.train import SGD, Halving, LoopConfig, fit
from recollect.train.configfile import differences, flat, from_plain, to_plain
from recollect.train.runs import Run
from tests.train.toy import MatcherConfig, recall


def there_and_back(config):
    return from_plain(json.loads(json.dumps(to_plain(config))))


def test_a_config_reads_back_as_itself():
    config = replace(
        recall(),
        optim=SGD(lr=1e-3, schedule=Halving(every=3, factor=0.25), clip=None),
        loop=LoopConfig(report=("train", "valid", "test"), eval_batches=7),
    )
    assert there_and_back(config) == config
    assert type(there_and_back(config).model) is MatcherConfig


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["model"].update(hiden=3), r"config.model.hiden is unknown to MatcherConfig"),
        (lambda c: c["optim"].update(lr="fast"), r"config.optim.lr: .*got 'fast'"),
        (
            lambda c: c["optim"]["schedule"].update(kind="x:Y"),
            r"config.optim.schedule.*not imported",
        ),
        (lambda c: c["optim"].update(kind="recollect.train.optim:Nadam"), "there is no"),
        (lambda c: c["optim"].update(kind="os:system"), "no config class"),
        (lambda c: c["loop"].update(steps=-1), "loop.steps is -1"),
        (lambda c: c["loop"].update(steps=1.5), "config.loop.steps"),
        (lambda c: c.pop("model"), r"config.model: field required|missing"),
    ],
)
def test_a_changed_file_is_refused_by_name(change, said):
    plain = to_plain(recall())
    change(plain)
    with pytest.raises(ValueError, match=said):
        from_plain(plain)


def test_reading_a_config_imports_no_package_by_itself():
    plain = to_plain(recall())
    plain["task"]["kind"] = "antigravity:Fly"
    with pytest.raises(ValueError, match="if you trust the run, import antigravity first"):
        from_plain(plain)
    assert "antigravity" not in sys.modules


def test_differences_are_named():
    config = recall()
    other = replace(config, optim=SGD(lr=0.01, clip=1.0))
    found = differences(config, other)
    assert found["optim.kind"] == ("recollect.train.optim:Adam", "recollect.train.optim:SGD")
    assert "optim.lr" not in found
    assert flat(config)["task.slots"] == 4


@dataclass(frozen=True, kw_only=True)
class Odd(MatcherConfig):
    table: Any = (1, 2)


@pytest.mark.parametrize(
    ("table", "said"),
    [({1: 2}, "config.json cannot"), ({1, 2}, "config.json cannot"), ((1, 2), "read back as")],
)
def test_a_config_that_would_not_read_back_is_refused_at_the_start(tmp_path, table, said):
    # A tuple behind `Any` would come back as a list.
    with pytest.raises(ValueError, match=said):
        fit(replace(recall(), model=Odd(table=table)), tmp_path / "a", quiet=True)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "other"}'])
def test_a_damaged_run_is_refused_by_name(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ValueError, match=r"config\.json is"):
        Run(tmp_path)


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"is no run folder: no config\.json is in it"):
        Run(tmp_path)
