import json
import math
from dataclasses import replace

import pytest
import torch

from recollect.train import SGD, Diverged, LoopConfig, Mesh, TorchConfig, fit, load_model
from recollect.train.engine import check_finite
from recollect.train.optim import clip_gradients, gradient_norms
from recollect.train.runs import Run
from tests.train.toy import OwnEngineConfig, RecallTask, recall


def on_cpu(**loop):
    made = recall()
    return replace(made, loop=replace(made.loop, **loop), engine=TorchConfig(device="cpu"))


def test_it_learns(tmp_path):
    # Four keys: chance is an error of 0.75.
    outcome = fit(on_cpu(steps=100), tmp_path / "a", quiet=True)
    assert outcome.summary["valid/error"]["mean"] < 0.15


def test_figures_of_a_look_weigh_batches_by_their_count():
    config = on_cpu()
    task = config.task.build()
    engine = config.engine.build(config, task, [0], Mesh("cpu"))
    config.model.at_step(engine.inner.model, 0)
    found = engine.evaluate("valid", None)[0]
    engine.inner.model.eval()
    wrong = count = 0.0
    for batch in task.batches("valid", seed=1234):
        _, metrics = task.step(engine.inner.model, batch)
        wrong += float(metrics["error"]) * len(batch.answer)
        count += len(batch.answer)
    assert count == 4 * 16 + 3
    assert found["error"] == pytest.approx(wrong / count, abs=1e-6)
    assert "count" not in found


def test_metrics_are_one_line_a_step(tmp_path):
    fit(on_cpu(), tmp_path / "a", quiet=True)
    lines = Run(tmp_path / "a").metrics()
    assert [line["step"] for line in lines] == list(range(5, 41, 5))
    assert all(
        {"train/loss", "train/error", "train/norm", "seconds"} <= set(line) for line in lines
    )
    assert [line["step"] for line in lines if "valid/loss" in line] == [20, 40]


def test_the_best_checkpoint_is_kept_and_loaded(tmp_path, monkeypatch):
    scores = iter([3.0, 1.0, 2.0, 5.0, 4.0])
    from recollect.train.engine import TorchEngine

    real = TorchEngine.evaluate

    def judged(self, split, batches):
        rows = real(self, split, batches)
        if split == "valid":
            rows[0]["loss"] = next(scores, 9.0)
        return rows

    monkeypatch.setattr(TorchEngine, "evaluate", judged)
    fit(on_cpu(eval_every=8, save_every=8), tmp_path / "a", quiet=True)
    assert [c.step for c in Run(tmp_path / "a").checkpoints.all()] == [16, 32, 40]
    assert load_model(tmp_path / "a", which="best").step == 16
    assert load_model(tmp_path / "a", which="32").step == 32
    assert load_model(tmp_path / "a").step == 40
    with pytest.raises(ValueError, match=r"has no checkpoint \(7\); it has \[16, 32, 40\]"):
        load_model(tmp_path / "a", which="7")
    with pytest.raises(ValueError, match="give last, best or a step"):
        load_model(tmp_path / "a", which="newest")
    with pytest.raises(ValueError, match=r"has no seed 5; it has \[0\]"):
        load_model(tmp_path / "a", seed=5)


def test_a_loaded_model_gives_the_figures_of_its_run(tmp_path):
    outcome = fit(on_cpu(), tmp_path / "a", quiet=True)
    loaded = load_model(tmp_path / "a")
    wrong = count = 0.0
    with torch.no_grad():
        for batch in loaded.task.batches("valid", seed=1234):
            step = loaded.task.step(loaded.model, batch)
            wrong += float(step.metrics["error"]) * len(batch.answer)
            count += len(batch.answer)
    assert wrong / count == pytest.approx(outcome.summary["valid/error"]["mean"], abs=1e-6)
    assert not loaded.model.training


def test_the_phase_is_that_of_the_step(tmp_path):
    made = on_cpu()
    config = replace(made, model=replace(made.model, halved_until=40))
    fit(config, tmp_path / "a", quiet=True)
    assert load_model(tmp_path / "a").model.halved
    config = replace(made, model=replace(made.model, halved_until=39))
    fit(config, tmp_path / "b", quiet=True)
    assert not load_model(tmp_path / "b").model.halved


@pytest.mark.parametrize(("batch", "last"), [(25, "step-0000020"), (3, None)])
def test_a_gradient_that_is_no_number_stops_the_run(tmp_path, monkeypatch, batch, last):
    real = RecallTask.batches

    def poisoned(self, split, *, seed, start=0):
        for i, found in enumerate(real(self, split, seed=seed, start=start), start=start):
            yield found._replace(query=found.query / (i != batch)) if split == "train" else found

    monkeypatch.setattr(RecallTask, "batches", poisoned)
    with pytest.raises(Diverged) as caught:
        fit(on_cpu(), tmp_path / "a", quiet=True)
    said = str(caught.value)
    assert f"step {batch}, seed 0: the gradient of 'query.weight' is not finite" in said
    assert "gradient norm nan" in said
    assert (f"the last good checkpoint is {tmp_path}" if last else "there is no checkpoint") in said
    assert (last or "") in said
    if last:
        assert all(
            bool(torch.isfinite(t).all()) for t in load_model(tmp_path / "a").model.parameters()
        )


def test_a_loss_that_is_no_number_stops_the_run(tmp_path, monkeypatch):
    real = RecallTask.step

    def infinite(self, model, batch):
        step = real(self, model, batch)
        return step._replace(loss=step.loss + math.inf)

    monkeypatch.setattr(RecallTask, "step", infinite)
    with pytest.raises(Diverged, match=r"the loss is not finite \(loss inf, gradient norm 0"):
        fit(on_cpu(), tmp_path / "a", quiet=True)


def test_gradients_too_large_together_are_not_called_a_loss():
    norms = torch.tensor([[1.0, 3e37], [2.0, 3e38], [0.0, 2.9e38]])
    told = r"step 4, seed 8: the gradient of all, that of 'b' the largest, is not finite .*norm inf"
    with pytest.raises(Diverged, match=told):
        check_finite(["a", "b", "c"], norms, torch.ones(2), 4, [7, 8])


def test_a_train_split_must_not_end(tmp_path, monkeypatch):
    real = RecallTask.batches

    def short(self, split, *, seed, start=0):
        return (
            b for i, b in zip(range(3), real(self, split, seed=seed, start=start), strict=False)
        )

    monkeypatch.setattr(RecallTask, "batches", short)
    with pytest.raises(ValueError, match="ended before batch 3; a train split must not end"):
        fit(on_cpu(), tmp_path / "a", quiet=True)


def test_figures_that_do_not_exist_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"loop.best is 'valid/f1'; the figures are \["):
        fit(on_cpu(best="valid/f1", save_every=20), tmp_path / "a", quiet=True)
    with pytest.raises(ValueError, match=r"loop.choose is 'valid/f1'; the final figures are \["):
        fit(on_cpu(choose="valid/f1"), tmp_path / "b", quiet=True)


def test_a_seed_is_not_chosen_by_its_test_figure():
    with pytest.raises(ValueError, match="overstates"):
        LoopConfig(choose="test/error")


@pytest.mark.parametrize("name", ["steps", "log_every", "eval_every", "save_every"])
def test_counts_are_positive(name):
    with pytest.raises(ValueError, match=f"loop.{name} is 0; it must be 1 or more"):
        LoopConfig(**{name: 0})


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("limit", [0.1, 1.0, 100.0])
def test_clip_is_torchs(each, limit):
    parameters = [torch.nn.Parameter(torch.randn(4, 3)), torch.nn.Parameter(torch.randn(5))]
    for p in parameters:
        p.grad = torch.randn_like(p)
    ours = [p.grad.clone() for p in parameters]
    clip_gradients(ours, gradient_norms(ours), limit, each=each)
    if each:
        for p in parameters:
            torch.nn.utils.clip_grad_norm_([p], limit)
    else:
        torch.nn.utils.clip_grad_norm_(parameters, limit)
    for mine, p in zip(ours, parameters, strict=True):
        torch.testing.assert_close(mine, p.grad, rtol=1e-4, atol=1e-6)


def test_stacked_gradients_are_clipped_replica_by_replica():
    stacked = [torch.randn(3, 4, 2), torch.randn(3, 5), torch.randn(3)]
    lone = [[g[s].clone() for g in stacked] for s in range(3)]
    for each in (False, True):
        mine = [g.clone() for g in stacked]
        clip_gradients(mine, gradient_norms(mine, stacked=True), 0.7, each=each)
        for s in range(3):
            theirs = [g.clone() for g in lone[s]]
            clip_gradients(theirs, gradient_norms(theirs), 0.7, each=each)
            for a, b in zip(mine, theirs, strict=True):
                torch.testing.assert_close(a[s], b)


def test_bf16_computes_in_bf16(tmp_path, monkeypatch):
    seen = []
    real = RecallTask.step

    def watched(self, model, batch):
        seen.append(model(batch.query, batch.keys).dtype)
        return real(self, model, batch)

    monkeypatch.setattr(RecallTask, "step", watched)
    config = replace(on_cpu(), engine=TorchConfig(device="cpu", bf16=True))
    fit(config, tmp_path / "a", seeds=[0], quiet=True)
    fit(config, tmp_path / "b", seeds=[0, 1], quiet=True)
    assert set(seen) == {torch.bfloat16}
    assert load_model(tmp_path / "a").model.query.weight.dtype == torch.float32


def test_a_model_may_bring_its_own_engine(tmp_path):
    config = replace(on_cpu(), engine=OwnEngineConfig(device="cpu"))
    short = replace(config, loop=replace(config.loop, steps=20))
    fit(short, tmp_path / "a", seeds=[1, 2, 3], quiet=True)
    outcome = fit(config, tmp_path / "a", seeds=[1, 2, 3], quiet=True, resume=True)
    expected = [(seed * 0.9**40) ** 2 for seed in (1, 2, 3)]
    assert outcome.summary["valid/loss"]["per_seed"] == pytest.approx(expected, rel=1e-4)
    assert outcome.chosen_seed == 1


def test_progress_is_told_without_a_terminal(tmp_path, capsys):
    fit(on_cpu(), tmp_path / "a", recipe="recall")
    out, err = capsys.readouterr()
    assert not out
    assert [line.split()[1] for line in err.splitlines()] == ["20/40", "40/40"]
    assert "valid/error" in err


def test_tensorboard_gets_every_seed(tmp_path):
    pytest.importorskip("tensorboard")
    fit(on_cpu(), tmp_path / "a", seeds=[0, 4], quiet=True, tensorboard=True)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for seed in (0, 4):
        events = EventAccumulator(str(tmp_path / "a" / "tensorboard" / f"seed-{seed}")).Reload()
        assert [e.step for e in events.Scalars("valid/loss")] == [20, 40]


def test_a_full_disk_stops_with_one_sentence(tmp_path, monkeypatch):
    import os

    from tests.train.test_checkpoint import FullDisk

    config = on_cpu()
    fit(replace(config, loop=replace(config.loop, steps=20)), tmp_path / "a", quiet=True)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", FullDisk(3000))
        with pytest.raises(
            ValueError, match=r"step 30 .*the disk is full.*step-0000020; make room"
        ):
            fit(config, tmp_path / "a", quiet=True, resume=True)
    fit(config, tmp_path / "a", quiet=True, resume=True)
    assert json.loads((tmp_path / "a" / "result.json").read_text())["steps"] == 40


def test_the_rate_follows_its_schedule(tmp_path, monkeypatch):
    import recollect.train.engine as engine
    from recollect.train import Halving

    rates, real = [], engine.take_step

    def watched(optimizer, config, step):
        real(optimizer, config, step)
        rates.append(optimizer.param_groups[0]["lr"])

    monkeypatch.setattr(engine, "take_step", watched)
    config = replace(on_cpu(steps=12), optim=SGD(lr=0.8, schedule=Halving(every=4, start=2)))
    fit(config, tmp_path / "a", quiet=True)
    assert rates == [0.8] * 6 + [0.4] * 4 + [0.2] * 2
