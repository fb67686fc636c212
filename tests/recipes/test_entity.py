"""Entity-network recipes: the kernel's engine against plain torch, resume, what is kept."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recollect.recipes import recipes
from recollect.recipes.entity import BabiByStoryConfig, EntityConfig, babi_entity
from recollect.recipes.entity_engine import EntityKernel
from recollect.tasks.babi import BABI, Babi
from recollect.tasks.babi_by_story import BabiByStory, grouped, story_figures
from recollect.tasks.said import Wish
from recollect.train import (
    SGD,
    Adam,
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

PLACES = ("kitchen", "garden", "hallway", "office")
PEOPLE = ("Mary", "John", "Sandra")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two tasks in the official layout, with two questions a story."""
    root, random = tmp_path_factory.mktemp("babi"), np.random.default_rng(0)
    (root / "en-10k").mkdir()
    for task in (1, 2):
        for split in ("train", "test"):
            lines = []
            for _ in range(150):
                where, line = {}, 1
                for _ in range(2):
                    for _ in range(2):
                        who, place = random.choice(PEOPLE), random.choice(PLACES)
                        where[who] = place, line
                        lines.append(f"{line} {who} moved to the {place}.")
                        line += 1
                    who = random.choice(list(where))
                    place, fact = where[who]
                    lines.append(f"{line} Where is {who}? \t{place}\t{fact}")
                    line += 1
            name = f"qa{task}_{BABI[task - 1]}_{split}.txt"
            (root / "en-10k" / name).write_text("\n".join(lines) + "\n")
    return root


def config(folder, *, steps=12, zeros=100, **engine):
    return Config(
        task=BabiByStoryConfig(tasks=(1, 2), folder=folder, batch=8),
        model=EntityConfig(width=6, slots=3),
        optim=Adam(lr=0.01, clip=20.0, schedule=Halving(every=5)),
        loop=LoopConfig(
            steps=steps,
            log_every=3,
            eval_every=6,
            save_every=6,
            best="valid/error",
            report=("train", "valid", "test"),
            choose="valid/error",
        ),
        engine=EntityKernel(look=6, zeros=zeros, **engine),
    )


def engine(config, seeds):
    return config.engine.build(config, config.task.build(), seeds, Mesh("cpu"))


def test_the_kernel_trains_as_plain_torch_does(folder):
    """The same stories, rates and steps: the running weights agree after a dozen."""
    fast = config(folder)
    ours, theirs = engine(fast, [3]), engine(replace(fast, engine=TorchConfig(device="cpu")), [3])
    told, expected = ours.advance(0, 12)[0], theirs.advance(0, 12)[0]
    assert told["loss"] == pytest.approx(expected["loss"], rel=1e-3)
    plain = theirs.state().model
    for job in ours.jobs:
        job.model.take_kernel_weights(job.row)
        for name, tensor in job.model.state_dict().items():
            other = plain[f"{job.task.data.tasks[0]}.{name}"]
            assert ((tensor - other).abs() > 1e-3).float().mean() < 0.02


def test_a_step_in_pieces_is_so_many_smaller_steps(folder):
    """A task that is split trains as by itself, in smaller batches; the other as without."""
    whole, parts = engine(config(folder), [3]), engine(config(folder, split=(2,), pieces=2), [3])
    small = config(folder, steps=24)
    small = replace(
        small,
        task=replace(small.task, batch=4, tasks=(2,)),
        optim=Adam(lr=0.01, clip=10.0, schedule=Halving(every=10)),
        engine=replace(small.engine, look=12),
    )
    alone = engine(small, [3])
    alone.jobs[0].row[:] = parts.jobs[1].row
    told = parts.advance(0, 12)[0]
    first, second = whole.advance(0, 12)[0], alone.advance(0, 24)[0]
    np.testing.assert_array_equal(parts.jobs[0].row, whole.jobs[0].row)
    np.testing.assert_array_equal(parts.jobs[1].row, alone.jobs[0].row)
    np.testing.assert_array_equal(parts.jobs[1].kept, alone.jobs[0].kept)
    np.testing.assert_array_equal(
        parts.jobs[1].score, alone.jobs[0].score * [1, 1, 1, 0.5, 1, 1, 1]
    )
    assert told["loss"] not in (first["loss"], second["loss"])


@pytest.mark.parametrize("threads", [1, 2])
def test_seeds_train_together_as_alone_and_resume_exactly(folder, threads):
    made = config(folder, threads=threads)
    both = engine(made, [0, 1])
    both.advance(0, 7)
    halfway = both.state()
    both.advance(7, 12)
    resumed = engine(made, [0, 1])
    resumed.load(halfway, 7)
    resumed.advance(7, 12)
    again = resumed.state()
    for part, other in zip(both.state(), again, strict=True):
        assert part.keys() == other.keys()
        assert all(torch.equal(part[name], other[name]) for name in part)
    for place, seed in enumerate((0, 1)):
        alone = engine(made, [seed])
        alone.advance(0, 12)
        for name, tensor in alone.state().model.items():
            assert torch.equal(tensor, both.state().model[name][place])
    assert resumed.evaluate("test", None) == both.evaluate("test", None)


def test_the_best_weights_on_the_held_out_questions_are_kept(folder):
    trained, errors = engine(config(folder, steps=60), [0]), []
    job = trained.jobs[0]
    for step in range(0, 60, 6):
        trained.advance(step, step + 6)
        told = story_figures(job.row, job.sizes, job.task.data, split="valid")
        errors.append((told["error"], told["loss"]))
        kept = story_figures(job.kept, job.sizes, job.task.data, split="valid")
        assert (kept["error"], kept["loss"]) == min(errors)
    assert errors[-1] != errors[0]


def test_a_model_without_a_mistake_is_done(folder):
    """After `zeros` looks without one nothing changes, and it says so."""
    made = replace(
        config(folder, steps=6000, zeros=2),
        model=EntityConfig(width=32, slots=5),
        optim=Adam(lr=0.005, clip=20.0),
    )
    trained = engine(made, [0])
    job, at = trained.jobs[0], 0
    while job.score[2] < 2 and at < 3000:
        trained.advance(at, at + 60)
        at += 60
    assert job.score[2] == 2
    before = job.row.copy()
    trained.jobs = [job]
    told = trained.advance(at, at + 60)[0]
    np.testing.assert_array_equal(job.row, before)
    assert told["done"] == 1 and trained.evaluate("valid", None)[0]["error"] == 0
    assert trained.evaluate("test", None)[0]["support"] > 0.4


def test_a_run_from_end_to_end(folder, tmp_path):
    outcome = fit(config(folder), tmp_path / "run", seeds=[0, 1], recipe="x", quiet=True)
    summary = outcome.summary
    assert {"test/error_1", "test/failed", "test/support", "test/support_top_2"} <= set(summary)
    models = [load_model(tmp_path / "run", seed=seed) for seed in (0, 1)]
    task = models[0].task
    told = task.evaluate([loaded.model for loaded in models], split="test")
    assert told["error"] == pytest.approx(summary["test/error"]["per_seed"])
    for number in (1, 2):
        valid = summary[f"valid/error_{number}"]["per_seed"]
        at = [s for s in (0, 1) if valid[s] == min(valid)]
        errors = [summary[f"test/error_{number}"]["per_seed"][s] for s in at]
        assert told[f"chosen_error_{number}"][0] in errors
    assert 0 < task.published["chosen_error"] < 0.01
    said = task.say(models[0].model, "Mary moved to the kitchen. Where is Mary?", Wish())
    assert {told["by"] for told in said.details["answers"]} == {"task 1", "task 2"}
    assert said.columns == ["Mary moved to the kitchen."]


def test_batches_are_whole_stories_and_go_through_all(folder):
    task = BabiByStory(Babi((1,), size="10k", batch=8, noise=0.0, folder=folder))
    rows = task.data.rows("train", seed=0)
    assert (np.diff(task.groups.begins) == 2).all() and len(task.groups.members) == len(rows)
    seen, took = [], []
    for step in range(80):
        picked, begins = task.draw(5, step, step + 1)
        assert begins.tolist() == [0, len(picked)] and len(picked) == 4
        seen += picked.tolist()
        took.append(picked)
    stories = len(task.groups.begins) - 1
    for start in range(0, len(seen) - stories, stories):
        assert sorted(seen[start : start + stories]) == list(range(stories))
    picked, begins = task.draw(5, 3, 20)
    np.testing.assert_array_equal(picked, np.concatenate(took[3:20]))
    assert begins.tolist() == list(range(0, 4 * 18, 4))
    batch = next(task.batches("train", seed=5, start=3))
    rows = [task.groups.members[2 * g + i] for g in took[3] for i in (0, 1)]
    assert batch.answer.tolist() == task.data.train.facts.answer[rows].tolist()


def test_a_question_whose_story_is_cut_off_is_a_group_of_its_own(folder):
    task = Babi((1,), size="10k", slots=2, noise=0.0, folder=folder)
    groups = grouped(task.train.facts, np.arange(8))
    assert np.diff(groups.begins).tolist() == [1] * 8


def test_divergence_names_step_seed_and_task(folder):
    trained = engine(config(folder), [4])
    trained.jobs[1].row[:] = np.nan
    with pytest.raises(Diverged, match="step 0, seed 4, bAbI 2"):
        trained.advance(0, 12)


def test_wrong_choices_are_told(folder):
    made = config(folder)
    for changed, said in (
        (replace(made, optim=SGD()), "Adam's steps"),
        (replace(made, optim=Adam(weight_decay=0.1)), "Adam's steps"),
        (replace(made, engine=EntityKernel(look=0)), "look is 0"),
        (replace(made, engine=EntityKernel(pieces=0)), "pieces is 0"),
    ):
        with pytest.raises(ValueError, match=said):
            engine(changed, [0])
    with pytest.raises(ValueError, match="3 seeds"):
        engine(made, [0, 1, 2]).load(engine(made, [0, 1]).state(), 0)
    torchrun = Mesh("cpu")
    torchrun.world = 2
    with pytest.raises(ValueError, match="one process, not in 2"):
        made.engine.build(made, made.task.build(), [0], torchrun)


def test_without_numba_the_readable_model_trains(folder, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "numba", None)  # importing it fails
    with pytest.warns(UserWarning, match="pip install numba"):
        trained = engine(config(folder), [0])
    (row,) = trained.advance(0, 2)
    assert np.isfinite(row["loss"])


def test_the_recipe_survives_its_config_file():
    made = babi_entity()
    assert from_plain(to_plain(made)) == made
    assert recipes()["babi-entity"]() == made
    assert 3 not in made.task.tasks and len(made.task.tasks) == 19
