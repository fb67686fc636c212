"""Memory-network recipes: the kernel's engine against plain torch, resume, seeds, figures."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from recollect.cli.__main__ import main
from recollect.models.memn2n import MemN2N
from recollect.recipes import memn2n, recipes
from recollect.recipes.memn2n import BabiConfig, MemN2NConfig, babi_memn2n, babi_memn2n_each
from recollect.recipes.memn2n_engine import MemN2NKernel
from recollect.tasks.babi import BABI
from recollect.tasks.babi_figures import babi_figures, each_figures
from recollect.train import (
    SGD,
    Config,
    Diverged,
    Halving,
    LoopConfig,
    Mesh,
    TorchConfig,
    fit,
    load_model,
)
from recollect.train.configfile import from_plain, to_plain
from recollect.train.engine import build_model

PLACES = ("kitchen", "garden", "hallway", "office")
PEOPLE = ("Mary", "John", "Sandra")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two tasks in the official layout: where is she, and is she there."""
    root, random = tmp_path_factory.mktemp("babi"), np.random.default_rng(0)
    (root / "en").mkdir()
    for task in (1, 2):
        for split in ("train", "test"):
            lines = []
            for _ in range(40):
                where = {}
                for line in range(1, 6):
                    who, place = random.choice(PEOPLE), random.choice(PLACES)
                    where[who] = place, line
                    lines.append(f"{line} {who} moved to the {place}.")
                who = random.choice(list(where))
                place, fact = where[who]
                asked = str(random.choice(PLACES))
                if task == 1:
                    lines.append(f"6 Where is {who}? \t{place}\t{fact}")
                else:
                    answer = "yes" if asked == place else "no"
                    lines.append(f"6 Is {who} in the {asked}? \t{answer}\t{fact}")
            name = f"qa{task}_{BABI[task - 1]}_{split}.txt"
            (root / "en" / name).write_text("\n".join(lines) + "\n")
    return root


def config(folder, *, each=False, clip=None, steps=12, **engine):
    return Config(
        task=BabiConfig(tasks=(1, 2), each=each, folder=folder, batch=8),
        model=MemN2NConfig(width=6, hops=2, linear_steps=5),
        optim=SGD(lr=0.005, clip=clip, clip_each=True, schedule=Halving(every=4)),
        loop=LoopConfig(
            steps=steps,
            log_every=3,
            eval_every=6,
            save_every=6,
            report=("train", "valid", "test"),
            choose="train/error",
        ),
        engine=MemN2NKernel(**engine),
    )


def engine(config, seeds):
    return config.engine.build(config, config.task.build(), seeds, Mesh("cpu"))


@pytest.mark.parametrize("each", [False, True])
def test_the_kernel_trains_as_plain_torch_does(folder, each):
    """The same batches, phases, rates and updates: weights agree after both phases."""
    fast = config(folder, each=each)
    slow = replace(fast, engine=TorchConfig(device="cpu"))
    ours, theirs = engine(fast, [3]), engine(slow, [3])
    told, expected = ours.advance(0, 12)[0], theirs.advance(0, 12)[0]
    assert told["loss"] == pytest.approx(expected["loss"], rel=1e-4)
    assert told["error"] == pytest.approx(expected["error"], abs=1e-6)
    mine, plain = ours.state().model, theirs.state().model
    assert mine.keys() == plain.keys()
    for name, tensor in mine.items():
        torch.testing.assert_close(tensor, plain[name], rtol=1e-3, atol=1e-5)
    assert ours.evaluate("test", None)[0]["error"] == pytest.approx(
        theirs.evaluate("test", None)[0]["error"], abs=1e-6
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_seeds_train_together_as_alone_and_resume_exactly(folder, threads):
    made = config(folder, each=True, clip=1.0, threads=threads)
    both = engine(made, [0, 1])
    both.advance(0, 7)
    halfway = both.state()
    both.advance(7, 12)
    resumed = engine(made, [0, 1])
    resumed.load(halfway, 7)
    resumed.advance(7, 12)
    for name, tensor in both.state().model.items():
        assert torch.equal(tensor, resumed.state().model[name])
    for place, seed in enumerate((0, 1)):
        alone = engine(made, [seed])
        alone.advance(0, 12)
        for name, tensor in alone.state().model.items():
            assert torch.equal(tensor, both.state().model[name][place])
    assert resumed.evaluate("train", None) == both.evaluate("train", None)


def test_a_checkpoint_of_other_seeds_is_refused(folder):
    made = config(folder)
    with pytest.raises(ValueError, match="3 seeds"):
        engine(made, [0, 1, 2]).load(engine(made, [0, 1]).state(), 0)


def test_divergence_names_step_and_seed(folder):
    made = replace(config(folder), optim=SGD(lr=1e4))
    with pytest.raises(Diverged, match=r"step \d+, seed 4, bAbI 1, 2: .*'tables'"):
        engine(made, [4]).advance(0, 12)


def test_a_run_from_end_to_end(folder, tmp_path, capsys):
    """Trained, chosen by training error, evaluated from its checkpoint alone."""
    outcome = fit(config(folder), tmp_path / "run", seeds=[0, 1], recipe="x", quiet=True)
    summary = outcome.summary
    assert {"test/error_1", "test/failed", "test/support", "test/support_top_2"} <= set(summary)
    errors = summary["train/error"]["per_seed"]
    assert outcome.chosen_seed == errors.index(min(errors))
    for seed in (0, 1):
        loaded = load_model(tmp_path / "run", seed=seed)
        assert isinstance(loaded.model, MemN2N) and not loaded.model.is_linear()
        batches = list(loaded.task.batches("test", seed=0))
        wrong = sum(
            (loaded.model(b.story, b.question, b.times).argmax(-1) != b.answer).sum().item()
            for b in batches
        )
        assert summary["test/error"]["per_seed"][seed] == pytest.approx(wrong / 80)


def test_one_model_learns_the_small_tasks(folder):
    """A run long enough to beat guessing by far."""
    made = replace(config(folder, steps=600), optim=SGD(lr=0.01, clip=40.0))
    trained = engine(made, [0])
    before = trained.evaluate("train", None)[0]["error"]
    trained.advance(0, 600)
    assert before > 0.6 and trained.evaluate("train", None)[0]["error"] < 0.2
    assert trained.evaluate("test", None)[0]["support_1"] > 0.5


def test_each_task_has_its_chosen_model(folder):
    """The paper's choice: for every task the seed with the smallest training error."""
    made = config(folder, each=True, steps=40)
    task = made.task.build()
    trained = engine(made, [0, 1, 2])
    trained.advance(0, 40)
    trained.state()  # puts the weights into the models
    told = each_figures(trained.models, task.each, "test")
    assert told == task.evaluate(trained.models, split="test")
    for name, part in task.each.items():
        rows = []
        for place, model in enumerate(trained.models):
            held = model[name].kernel_weights(), model[name].wiring(), part
            train = babi_figures(*held, split="train")
            test = babi_figures(*held, split="test")["error"]
            assert told[f"error_{name}"][place] == test
            rows.append((train["error"], train["loss"], test))
        assert told[f"chosen_error_{name}"] == [min(rows)[2]]
    both = [told[f"chosen_error_{name}"][0] for name in task.each]
    assert told["chosen_error"] == [pytest.approx(np.mean(both))]
    assert told["chosen_failed"] == [sum(error > 0.05 for error in both)]


def test_task_16_at_one_half_is_a_known_minimum():
    minimum, *_ = memn2n.Babi.known_minima
    assert minimum.metric == "test/error_16" and minimum.holds(0.51) and not minimum.holds(0.02)


def test_recipes_are_the_authors():
    """Steps an epoch, phases and halvings of config_babi.m and config_babi_joint.m."""
    joint, each = memn2n.babi_memn2n_held_out(), babi_memn2n_each()
    assert joint.loop.steps == (30 + 60) * (18_000 // 32)
    assert each.loop.steps == (20 + 100) * (900 // 32)
    for made, epoch, first in ((joint, 562, 30 + 14), (each, 28, 20 + 24)):
        rate = [made.optim.lr * made.optim.schedule.scale(i, 0) for i in range(made.loop.steps)]
        assert rate[0] == rate[first * epoch - 1] == 0.005
        assert rate[first * epoch] == 0.0025
    whole = babi_memn2n()
    assert (whole.task.validation, whole.loop.steps) == (0.0, 90 * 625)
    assert whole.model.linear_steps == 30 * 625
    plain = memn2n.babi_memn2n_each_pe()
    assert (plain.model.linear_steps, plain.optim.lr, plain.task.noise) == (0, 0.01, 0.0)
    assert plain.optim.schedule.scale(24 * 28 - 1, 0) == 1
    assert plain.optim.schedule.scale(24 * 28, 0) == 0.5


@pytest.mark.parametrize("name", [n for n in memn2n.__all__ if n.startswith("babi_")])
def test_every_recipe_survives_its_config_file(name):
    made = getattr(memn2n, name)()
    assert from_plain(to_plain(made)) == made
    assert recipes()[name.replace("_", "-")]() == made


def test_published_figures_are_the_printed_means():
    """The paper's last rows: mean error and failed tasks."""
    printed = {
        "each, bow": (25.1, 15), "each, pe": (20.3, 13), "each, pe ls": (16.3, 12),
        "each, pe ls rn": (13.9, 11), "1 hop": (25.8, 17), "2 hops": (15.6, 10),
        "3 hops": (13.3, 11), "3 hops, rn": (12.4, 11), "layer-wise": (15.2, 10),
    }  # fmt: skip
    for column, (mean, failed) in printed.items():
        told = memn2n._published(column, range(1, 21), "")
        assert 100 * told["error"] == pytest.approx(mean, abs=0.0501)
        assert told["failed"] == failed
        assert len(told) == 22


def test_wrong_choices_are_told(folder, capsys):
    with pytest.raises(ValueError, match="the table has"):
        BabiConfig(column="4 hops")
    torchrun = Mesh("cpu")
    torchrun.world = 2
    made = config(folder)
    with pytest.raises(ValueError, match="one process, not in 2"):
        made.engine.build(made, made.task.build(), [0], torchrun)
    assert main(["train", "babi-memn2n", "--model.hop", "2"]) == 2
    assert "--model.hops" in capsys.readouterr().err


def test_models_start_from_their_seed(folder):
    made = config(folder)
    task = made.task.build()
    one, same, other = (build_model(made, task, seed) for seed in (0, 0, 1))
    assert torch.equal(one.tables, same.tables) and not torch.equal(one.tables, other.tables)
    assert (one.tables[:, 0] == 0).all()
    assert one.tables[:, 1:].std().item() == pytest.approx(0.1, rel=0.1)


def test_without_numba_the_readable_model_trains(folder, monkeypatch):
    for name in [n for n in sys.modules if n.startswith("recollect.kernels.m")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)  # importing it fails
    made = config(folder)
    with pytest.warns(UserWarning, match="pip install numba"):
        trained = engine(made, [0, 1])
    rows = trained.advance(0, 7)
    assert all(np.isfinite(row["loss"]) for row in rows) and len(rows) == 2
    assert not trained.engines[0].inner.model.is_linear()
