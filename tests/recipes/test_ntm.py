"""Recipes of the NTM's tasks: all build, controls are as large, and the best weights are kept."""

import shutil
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
import torch

from recollect.recipes import ntm, ntm_models, ntm_tasks, recipes
from recollect.recipes.ntm_engine import FusedAdam, HoldCosine, KeepBest
from recollect.tasks.algorithmic import SequenceTask
from recollect.tasks.base import Step
from recollect.testing import check_task
from recollect.train import Diverged, Mesh, TorchConfig, fit, load_model, load_weights
from recollect.train.runs import Run

TASKS = ("copy", "repeat_copy", "recall", "sort", "ngram")
KINDS = ("ntm", "ntm_ff", "lstm", "transformer")


def recipe(kind, task):
    return recipes()[f"{kind}_{task}".replace("_", "-")]()


def parameters(config):
    return sum(p.numel() for p in config.model.build(config.task.build()).parameters())


def small(steps=12, **loop):
    """The copy recipe, its parts small: an LSTM, so that nothing is compiled."""
    config = ntm.lstm_copy()
    given = {"eval_every": 4, "log_every": 2, "save_every": 6, "train_batches": 2} | loop
    return replace(
        config,
        task=ntm_tasks.CopyConfig(lengths=(1, 4), batch=4, valid=(6,), beyond=(8,)),
        model=ntm_models.LSTMConfig(hidden=8),
        loop=replace(config.loop, steps=steps, **given),
    )


@pytest.mark.parametrize(("kind", "task"), list(product(KINDS, TASKS)))
def test_every_recipe_builds_and_steps(kind, task):
    config = recipe(kind, task)
    built = config.task.build()
    assert isinstance(built, SequenceTask)
    model = config.model.build(built)
    size = tuple(2 if low <= 2 else low for low, _ in built.sizes.train)
    if kind in ("lstm", "transformer"):  # the machine's kernel has tests of its own
        check_task(built, model=model, split="train", batches=1)
        batch = next(built.batches("train", seed=0))
        assert model(batch.inputs).shape == batch.targets.shape
    assert built.draw(np.random.default_rng(0), 1, size).inputs.shape[0] == 1


@pytest.mark.parametrize("task", TASKS)
def test_the_controls_are_as_large_and_see_as_much(task):
    machine = recipe("ntm", task)
    for kind in ("lstm", "transformer"):
        control = recipe(kind, task)
        assert parameters(control) == pytest.approx(parameters(machine), rel=0.05)
        assert control.task == machine.task and control.loop == machine.loop
        assert control.engine == machine.engine
    assert recipe("ntm_ff", task).task.build().sizes.within == machine.task.build().sizes.within


@pytest.mark.parametrize("task", TASKS)
def test_the_weights_are_chosen_on_sizes_stated_beforehand(task):
    config = recipe("ntm", task)
    assert config.task.build().sizes.valid
    assert isinstance(config.engine, KeepBest) and config.loop.choose.startswith("valid/")


def test_a_transformer_does_not_look_ahead():
    config = recipe("transformer", "copy")
    model = config.model.build(config.task.build()).eval()
    x = torch.randn(2, 9, 9)
    later = x.clone()
    later[:, 5:] += 1
    assert torch.allclose(model(x)[:, :5], model(later)[:, :5], atol=1e-6)
    assert not torch.allclose(model(x)[:, 5:], model(later)[:, 5:], atol=1e-3)


def test_a_machine_gets_room_for_longer_sequences():
    config = recipe("ntm_ff", "copy")
    model = config.model.build(config.task.build())
    assert model.with_room(64) is model
    wide = model.with_room(200)
    assert wide.core.cell.memory.slots == 200 and model.core.cell.memory.slots == 64
    assert wide.seconds is model.seconds
    lstm = recipe("lstm", "copy")
    plain = lstm.model.build(lstm.task.build())
    assert plain.with_room(200) is plain


def test_a_rate_is_held_and_falls():
    course = [HoldCosine(hold=0.5, floor=0.1, warmup=10).scale(i, 100) for i in range(101)]
    assert course[0] == pytest.approx(0.1) and course[9:51] == [1.0] * 42
    assert all(a >= b for a, b in pairwise(course[50:]))
    assert course[100] == pytest.approx(0.1)


def test_fused_adam_is_adam():
    first = torch.randn(3, 4)
    found = []
    for make in (FusedAdam(lr=0.1).build, lambda p: torch.optim.Adam(p, lr=0.1)):
        weight = first.clone().requires_grad_()
        optimizer = make([weight])
        for _ in range(3):
            optimizer.zero_grad()
            (weight**2).sum().backward()
            optimizer.step()
        found.append(weight.detach())
    torch.testing.assert_close(*found)


def test_the_best_weights_are_what_a_run_leaves(tmp_path):
    config = small()
    outcome = fit(config, tmp_path / "run", seeds=[0, 1], quiet=True)
    lines = Run(tmp_path / "run").metrics()
    for place, seed in enumerate([0, 1]):
        looks = [x for x in lines if x["seed"] == seed and "valid/loss" in x]
        latest = [x["valid/latest_loss"] for x in looks]
        best = [x["valid/loss"] for x in looks]
        assert best == [min(latest[: i + 1]) for i in range(len(latest))]
        assert outcome.summary["valid/loss"]["per_seed"][place] == best[-1]
        loaded = load_model(tmp_path / "run", seed=seed)
        assert float(loaded.model.seconds) > 0
        losses = [
            float(loaded.task.step(loaded.model, batch).loss.detach())
            for batch in loaded.task.batches("valid", seed=1234)
        ]
        assert sum(losses) / len(losses) == pytest.approx(best[-1], rel=1e-5)


@pytest.mark.parametrize(("settle", "backs"), [(0.5, [False] * 3), (1.5, [True] * 3)])
def test_a_worse_look_sends_training_that_has_settled_back_to_the_best_weights(
    monkeypatch, settle, backs
):
    config = replace(small(steps=16), engine=KeepBest(settle=settle))
    engine = config.engine.build(config, config.task.build(), [0], Mesh("cpu"))
    looks = iter([1.0, 2.0, 1.5, 3.0])
    monkeypatch.setattr(
        engine.seeds[0].engine, "evaluate", lambda split, batches: [{"loss": next(looks)}]
    )

    def weights():
        live = engine.state().optim
        return {k: t.clone() for k, t in live.items() if k.startswith("live:core")}

    engine.advance(0, 4)
    assert engine.evaluate("valid", None) == [{"loss": 1.0, "latest_loss": 1.0}]
    best = weights()
    for stop, latest, goes_back in zip((7, 8, 12), (2.0, 1.5, 3.0), backs, strict=True):
        engine.advance(stop - 4, stop)
        before = weights()
        assert engine.evaluate("valid", None) == [{"loss": 1.0, "latest_loss": latest}]
        for name, tensor in weights().items():
            assert torch.equal(tensor, (best if goes_back else before)[name])
            assert torch.equal(engine.state().model[name.removeprefix("live:")], best[name])
            assert not torch.equal(before[name], best[name])
    assert float(engine.state().model["seconds"]) > 0


@pytest.mark.parametrize("seeds", [[3], [0, 1]])
def test_a_resumed_run_is_the_run_that_was_not_stopped(tmp_path, seeds):
    def saved(run):
        at = Run(run).checkpoints.latest()
        found = {
            (part, name): tensor
            for part in ("model", "optim")
            for name, tensor in load_weights(at.path / f"{part}.safetensors").items()
        }
        return at.step, {k: t for k, t in found.items() if not k[1].endswith("seconds")}

    config = replace(small(), engine=KeepBest(settle=9.0))
    fit(config, tmp_path / "whole", seeds=seeds, quiet=True)
    # Stopped after half of it: the last checkpoint is taken away, and the lines after it.
    fit(config, tmp_path / "cut", seeds=seeds, quiet=True)
    shutil.rmtree(Run(tmp_path / "cut").checkpoints.latest().path)
    assert Run(tmp_path / "cut").checkpoints.latest().step == 6
    fit(config, tmp_path / "cut", seeds=seeds, resume=True, quiet=True)
    (step, whole), (again, resumed) = saved(tmp_path / "whole"), saved(tmp_path / "cut")
    assert step == again == 12 and whole.keys() == resumed.keys()
    for name, tensor in whole.items():
        assert torch.equal(tensor, resumed[name]), name


def test_a_checkpoint_of_other_seeds_is_refused(tmp_path):
    config = small()
    fit(config, tmp_path / "run", seeds=[0, 1], quiet=True)
    _, state, _ = Run(tmp_path / "run").load_state()
    engine = config.engine.build(config, config.task.build(), [0, 1, 2], Mesh("cpu"))
    with pytest.raises(ValueError, match="3 seeds"):
        engine.load(state, 12)


def test_an_unknown_figure_is_named(tmp_path):
    config = replace(small(), engine=KeepBest(figure="errors"))
    with pytest.raises(ValueError, match=r"'errors'.*wrong_bits"):
        fit(config, tmp_path / "run", quiet=True)


def test_a_step_that_is_not_finite_stops_the_run_with_a_report(tmp_path):
    config = small()
    broken = replace(config, optim=replace(config.optim, lr=float("inf")))
    with pytest.raises(Diverged, match=r"step 1, seed 0: .* is not finite .* no step was taken"):
        fit(broken, tmp_path / "run", quiet=True)


def test_models_of_another_task_are_refused():
    class Other:
        def batches(self, split, *, seed, start=0):
            return iter(())

        def step(self, model, batch):
            return Step(torch.zeros(()), {})

    for model in (ntm_models.NTMConfig(), ntm_models.LSTMConfig(), ntm_models.TransformerConfig()):
        with pytest.raises(ValueError, match="Other"):
            model.build(Other())
    with pytest.raises(ValueError, match="width is 41"):
        ntm_models.TransformerConfig(width=41).build(ntm_tasks.CopyConfig().build())


def test_the_plain_engine_trains_these_tasks_too(tmp_path):
    config = replace(small(), engine=TorchConfig(device="cpu", replicas="turns"))
    outcome = fit(config, tmp_path / "run", seeds=[0, 1], quiet=True)
    assert "valid/wrong_bits" in outcome.summary
