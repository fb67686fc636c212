"""A run that was stopped and resumed is, bit for bit, the run that was not."""

import json
from dataclasses import replace

import pytest
import torch

from recollect.train import (
    SGD,
    Adam,
    Halving,
    RMSprop,
    TorchConfig,
    WarmupCosine,
    fit,
    load_weights,
)
from recollect.train.loop import Stopped
from recollect.train.runs import Run
from tests.train.toy import recall


def variant(optim=None, **engine):
    config = recall()
    return replace(config, optim=optim or config.optim, engine=TorchConfig(device="cpu", **engine))


def tensors(run):
    saved = Run(run).checkpoints.latest()
    parts = {n: load_weights(saved.path / f"{n}.safetensors") for n in ("model", "optim")}
    return saved.step, {f"{n}:{k}": t for n, part in parts.items() for k, t in part.items()}


def timeless(run):
    return [{k: v for k, v in line.items() if k != "seconds"} for line in Run(run).metrics()]


class Power(Exception):
    """The power went."""


def cut(monkeypatch, module, at):
    """Let the optimizer's step `at` of this process never come."""
    real, calls = module.take_step, []

    def step(*args):
        if len(calls) == at:
            raise Power
        calls.append(1)
        real(*args)

    monkeypatch.setattr(module, "take_step", step)


CASES = {
    "adam, clip, dropout": (variant(), [0]),
    "accumulate": (variant(accumulate=2), [3]),
    "bf16": (variant(bf16=True), [0]),
    "average": (variant(average=0.9), [0]),
    "average, seeds together": (variant(average=0.9), [0, 3]),
    "average, seeds in turns": (variant(average=0.9, replicas="turns"), [0, 3]),
    "momentum, halving, clip each": (
        variant(SGD(lr=0.1, momentum=0.9, clip=0.5, clip_each=True, schedule=Halving(every=7))),
        [0],
    ),
    "rmsprop": (variant(RMSprop(lr=1e-3)), [0]),
    "warm-up, cosine": (variant(Adam(lr=0.02, schedule=WarmupCosine(warmup=5))), [0]),
    "together": (variant(accumulate=2), [0, 1, 2]),
    "in turns": (variant(replicas="turns"), [4, 5]),
}


@pytest.mark.parametrize("case", CASES)
def test_resumed_equals_straight(tmp_path, monkeypatch, case):
    config, seeds = CASES[case]
    straight = fit(config, tmp_path / "a", seeds=seeds, quiet=True)
    import recollect.train.engine
    import recollect.train.replicas

    module = recollect.train.replicas if case.endswith("together") else recollect.train.engine
    with monkeypatch.context() as patch:
        cut(patch, module, at=33 * (len(seeds) if case.endswith("in turns") else 1))
        with pytest.raises(Power):
            fit(config, tmp_path / "b", seeds=seeds, quiet=True)
    step, _ = tensors(tmp_path / "b")
    assert step == 30
    resumed = fit(config, tmp_path / "b", seeds=seeds, quiet=True, resume=True)
    one, other = tensors(tmp_path / "a"), tensors(tmp_path / "b")
    assert one[0] == other[0] == 40
    assert one[1].keys() == other[1].keys()
    assert all(torch.equal(one[1][name], other[1][name]) for name in one[1])
    assert straight.summary == resumed.summary
    assert timeless(tmp_path / "a") == timeless(tmp_path / "b")


def test_the_noise_depends_on_seed_and_step(tmp_path):
    # Were the dropout the same at every step, or none, resuming would be no feat.
    fit(variant(), tmp_path / "a", seeds=[0], quiet=True)
    config = recall()
    dry = replace(config, model=replace(config.model, dropout=0.0))
    fit(dry, tmp_path / "b", seeds=[0], quiet=True)
    one, other = tensors(tmp_path / "a")[1], tensors(tmp_path / "b")[1]
    assert not torch.equal(one["model:query.weight"], other["model:query.weight"])


def test_training_leaves_the_callers_generator_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    fit(variant(), tmp_path / "a", quiet=True)
    assert torch.equal(torch.rand(1), expected)


def test_an_interrupt_saves_first(tmp_path, monkeypatch):
    import os
    import signal

    import recollect.train.engine as engine

    real, calls = engine.take_step, []

    def step(*args):
        calls.append(1)
        if len(calls) == 13:
            os.kill(os.getpid(), signal.SIGTERM)
        real(*args)

    config = variant()
    straight = fit(config, tmp_path / "a", quiet=True)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "take_step", step)
        with pytest.raises(Stopped, match=r"stopped at step 15 of 40.*--resume"):
            fit(config, tmp_path / "b", quiet=True)
    assert Run(tmp_path / "b").checkpoints.latest().step == 15
    assert fit(config, tmp_path / "b", quiet=True, resume=True).summary == straight.summary


def test_a_longer_run_goes_on_where_the_rate_allows_it(tmp_path):
    config = variant()
    short = replace(config, loop=replace(config.loop, steps=20))
    fit(short, tmp_path / "a", quiet=True)
    fit(config, tmp_path / "a", quiet=True, resume=True)
    fit(config, tmp_path / "b", quiet=True)
    one, other = tensors(tmp_path / "a")[1], tensors(tmp_path / "b")[1]
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert Run(tmp_path / "a").config == config


def test_another_run_is_not_resumed(tmp_path):
    config = variant(Adam(lr=0.01, schedule=WarmupCosine(warmup=5)))
    fit(config, tmp_path / "a", quiet=True)
    for other, seeds, said in [
        (replace(config, optim=replace(config.optim, lr=0.5)), [0], r"optim.lr = 0.01 and 0.5"),
        (replace(config, model=replace(config.model, hidden=8)), [0], r"model.hidden = 16 and 8"),
        (replace(config, loop=replace(config.loop, steps=50)), [0], r"planned for 40 steps"),
        (config, [0, 1], r"seeds \[0\] and \[0, 1\]"),
    ]:
        with pytest.raises(ValueError, match=said):
            fit(other, tmp_path / "a", seeds=seeds, quiet=True, resume=True)
    with pytest.raises(ValueError, match="holds a run already; add --resume"):
        fit(config, tmp_path / "a", quiet=True)


def test_a_strange_folder_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match="is not empty and holds no run"):
        fit(variant(), tmp_path, quiet=True)
    with pytest.raises(ValueError, match="is a file"):
        fit(variant(), tmp_path / "thesis.tex", quiet=True)


def test_torn_and_later_lines_are_dropped(tmp_path):
    config = variant()
    fit(config, tmp_path / "a", quiet=True)
    file = tmp_path / "a" / "metrics.jsonl"
    lines = file.read_text().splitlines()
    extra = json.dumps({"step": 45, "seed": 0, "train/loss": 9.0})
    file.write_text("\n".join([*lines, extra]) + '\n{"step": 50, "se')
    fit(config, tmp_path / "a", quiet=True, resume=True)
    assert file.read_text().splitlines() == lines


def test_damaged_checkpoints_are_refused_by_name(tmp_path):
    config = variant()
    fit(config, tmp_path / "a", quiet=True)
    file = tmp_path / "a" / "checkpoints" / "step-0000040" / "optim.safetensors"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ValueError, match=r"step-0000040/optim\.safetensors is truncated"):
        fit(config, tmp_path / "a", quiet=True, resume=True)
