"""Many seeds in one program are the same seeds, each alone."""

from dataclasses import replace

import pytest
import torch

from recollect.train import (
    SGD,
    Adam,
    Diverged,
    RMSprop,
    TorchConfig,
    fit,
    load_model,
    load_weights,
)
from recollect.train.replicas import stack_batches
from recollect.train.runs import Run
from tests.train.toy import Recall, recall

SEEDS = [0, 3, 7]


def dry(optim=None, **engine):
    made = recall()
    return replace(
        made,
        model=replace(made.model, dropout=0.0),
        optim=optim or made.optim,
        engine=TorchConfig(device="cpu", **engine),
    )


@pytest.mark.parametrize("replicas", ["together", "turns"])
@pytest.mark.parametrize(
    "optim",
    [
        Adam(lr=0.01, clip=0.3),
        SGD(lr=0.3, momentum=0.9, clip=0.1, clip_each=True),
        RMSprop(lr=1e-3, clip=1.0),
    ],
    ids=["adam", "sgd", "rmsprop"],
)
def test_replicas_equal_lone_runs(tmp_path, replicas, optim):
    config = dry(optim, replicas=replicas, accumulate=2)
    outcome = fit(config, tmp_path / "all", seeds=SEEDS, quiet=True)
    for place, seed in enumerate(SEEDS):
        alone = fit(config, tmp_path / f"{seed}", seeds=[seed], quiet=True)
        together = load_model(tmp_path / "all", seed=seed).model.state_dict()
        for name, tensor in load_model(tmp_path / f"{seed}").model.state_dict().items():
            torch.testing.assert_close(together[name], tensor, rtol=1e-4, atol=1e-5)
        for metric, figure in alone.summary.items():
            assert outcome.summary[metric]["per_seed"][place] == pytest.approx(
                figure["mean"], abs=1e-4
            )


def test_replicas_differ_by_their_seed(tmp_path):
    fit(dry(), tmp_path / "all", seeds=SEEDS, quiet=True)
    weights = load_weights(Run(tmp_path / "all").checkpoints.latest().path)["query.weight"]
    assert len(weights) == 3
    assert not torch.allclose(weights[0], weights[1], atol=1e-2)


def test_dropout_differs_between_replicas():
    made = recall()
    config = replace(made, model=replace(made.model, dropout=0.5))
    task = config.task.build()
    from recollect.train import Mesh

    engine = config.engine.build(config, task, [0, 0], Mesh("cpu"))
    batch = next(task.batches("train", seed=0))
    loss, _ = engine._call(stack_batches([batch, batch]), shared=False)
    assert loss[0] != loss[1]


def test_the_outcome_is_told_over_the_seeds(tmp_path):
    outcome = fit(dry(), tmp_path / "all", seeds=SEEDS, quiet=True)
    figure = outcome.summary["valid/error"]
    values = torch.tensor(figure["per_seed"], dtype=torch.float64)
    assert figure["mean"] == pytest.approx(values.mean().item())
    assert figure["sd"] == pytest.approx(values.std().item())
    losses = outcome.summary["train/loss"]["per_seed"]
    assert SEEDS[losses.index(min(losses))] == outcome.chosen_seed
    assert figure["best"] == figure["per_seed"][SEEDS.index(outcome.chosen_seed)]
    assert load_model(tmp_path / "all").seed == outcome.chosen_seed
    assert Run(tmp_path / "all").result()["summary"] == outcome.summary


def test_seeds_in_a_known_minimum_are_named(tmp_path):
    # With next to no training a seed answers at random, the minimum the toy task is known for.
    config = dry(SGD(lr=1e-6))
    outcome = fit(config, tmp_path / "a", seeds=SEEDS, quiet=True)
    assert [row["seed"] for row in outcome.stuck] == SEEDS
    assert {row["minimum"] for row in outcome.stuck} == {"answers at random"}
    assert all(row["figure"] >= 0.6 for row in outcome.stuck)
    assert not fit(dry(), tmp_path / "b", seeds=SEEDS, quiet=True).stuck


def test_ragged_batches_want_turns(tmp_path):
    config = dry()
    config = replace(config, task=replace(config.task, ragged=True))
    with pytest.raises(ValueError, match=r"shapes .* --engine\.replicas turns"):
        fit(config, tmp_path / "a", seeds=[0, 1], quiet=True)
    config = replace(config, engine=TorchConfig(device="cpu", replicas="turns"))
    assert len(fit(config, tmp_path / "b", seeds=[0, 1], quiet=True).seeds) == 2


def test_plain_values_of_batches_must_agree():
    one = {"x": torch.zeros(2), "phase": 1}
    assert stack_batches([one, one])["phase"] == 1
    assert stack_batches([one, one])["x"].shape == (2, 2)
    with pytest.raises(ValueError, match="the values 1 and others"):
        stack_batches([one, one | {"phase": 2}])
    tuples = [Recall(torch.zeros(2, 3, 4), torch.zeros(2, 4), torch.zeros(2)) for _ in range(3)]
    assert stack_batches(tuples).keys.shape == (3, 2, 3, 4)


def test_a_diverging_replica_is_named(tmp_path, monkeypatch):
    from tests.train.toy import RecallTask

    real = RecallTask.batches

    def poisoned(self, split, *, seed, start=0):
        for i, batch in enumerate(real(self, split, seed=seed, start=start), start=start):
            yield batch._replace(query=batch.query / (seed != 3 or i != 25))

    monkeypatch.setattr(RecallTask, "batches", poisoned)
    with pytest.raises(Diverged, match=r"step 25, seed 3: the gradient of 'query.weight' is"):
        fit(dry(), tmp_path / "a", seeds=SEEDS, quiet=True)


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_seeds_are_different_and_not_none(tmp_path, seeds):
    with pytest.raises(ValueError, match="one or more, all different"):
        fit(dry(), tmp_path / "a", seeds=seeds, quiet=True)
