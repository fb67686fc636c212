"""The mean of the weights is what is measured and kept, and the weights go on learning."""

from dataclasses import replace

import pytest
import torch

from recollect.train import SGD, Mesh, State, TorchConfig, fit, load_weights
from recollect.train.runs import Run
from tests.train.toy import recall


def config(average, **engine):
    made = recall()
    return replace(
        made,
        model=replace(made.model, dropout=0.0),
        optim=SGD(lr=0.1),
        engine=TorchConfig(device="cpu", average=average, **engine),
    )


def saved(path):
    last = Run(path).checkpoints.latest()
    return [load_weights(last.path / f"{part}.safetensors") for part in ("model", "optim")]


@pytest.mark.parametrize("seeds", [[0], [0, 3]])
def test_the_mean_is_that_of_the_weights_after_every_step(tmp_path, seeds):
    made = config(0.5)
    made = replace(made, loop=replace(made.loop, steps=12, save_every=12))
    fit(made, tmp_path / "run", seeds=seeds, quiet=True)
    kept, optim = saved(tmp_path / "run")

    plain = config(None)
    task = plain.task.build()
    engine = plain.engine.build(plain, task, seeds, Mesh("cpu"))
    mean = {name: t.clone() for name, t in engine.state().model.items()}
    for step in range(12):
        engine.advance(step, step + 1)
        decay = min(0.5, (1 + step) / (10 + step))
        for name, tensor in engine.state().model.items():
            mean[name] = decay * mean[name] + (1 - decay) * tensor
    for name, tensor in kept.items():
        torch.testing.assert_close(tensor, mean[name])
    learning = {k.removesuffix("/learning"): t for k, t in optim.items() if k.endswith("/learning")}
    assert learning
    for name, tensor in learning.items():
        torch.testing.assert_close(tensor, engine.state().model[name])
        assert not torch.equal(tensor, kept[name])


def test_figures_are_those_of_the_kept_weights(tmp_path):
    made = config(0.9)
    outcome = fit(made, tmp_path / "run", quiet=True)
    plain = config(None)
    engine = plain.engine.build(plain, plain.task.build(), [0], Mesh("cpu"))
    engine.load(State(saved(tmp_path / "run")[0], {}), plain.loop.steps)
    assert engine.evaluate("valid", None)[0]["loss"] == outcome.summary["valid/loss"]["mean"]


def test_a_mean_of_nothing_but_the_last_step_is_the_last_step(tmp_path):
    fit(config(0.0), tmp_path / "mean", quiet=True)
    fit(config(None), tmp_path / "last", quiet=True)
    for name, tensor in saved(tmp_path / "last")[0].items():
        torch.testing.assert_close(saved(tmp_path / "mean")[0][name], tensor)


@pytest.mark.parametrize("average", [1.0, -0.1])
def test_a_factor_that_cannot_be_is_refused(tmp_path, average):
    with pytest.raises(ValueError, match=r"engine\.average is .* below 1"):
        fit(config(average), tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()  # a retry meets nothing
