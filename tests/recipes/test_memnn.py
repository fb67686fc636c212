"""The recipe of memory networks that are told their facts, on a small task."""

from dataclasses import replace

import numpy as np
import pytest

from recollect.recipes import recipes
from recollect.recipes.memnn import BabiSupportedConfig, MemNNConfig, babi_memnn
from recollect.tasks.babi import BABI
from recollect.tasks.said import Wish
from recollect.train import fit, load_model
from recollect.train.configfile import from_plain, to_plain

PLACES = ("kitchen", "garden", "hallway", "office")
PEOPLE = ("Mary", "John", "Sandra")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where is she, and where was she before: one fact, and two in the order they are needed."""
    root, random = tmp_path_factory.mktemp("babi"), np.random.default_rng(0)
    (root / "en").mkdir()
    for task in (1, 2):
        for split in ("train", "test"):
            lines = []
            for _ in range(60):
                told = []
                for line in range(1, 6):
                    who, place = random.choice(PEOPLE), random.choice(PLACES)
                    told.append((who, place, line))
                    lines.append(f"{line} {who} moved to the {place}.")
                who = random.choice(PEOPLE)
                facts = [(place, line) for name, place, line in told if name == who][::-1]
                facts = facts[:task] or [(told[-1][1], 5)]
                numbers = " ".join(str(line) for _, line in facts)
                asked = f"Where is {who}?" if task == 1 else f"Where was {who} before?"
                lines.append(f"6 {asked} \t{facts[-1][0]}\t{numbers}")
            name = f"qa{task}_{BABI[task - 1]}_{split}.txt"
            (root / "en" / name).write_text("\n".join(lines) + "\n")
    return root


def small(folder, steps=60):
    made = babi_memnn()
    return replace(
        made,
        task=BabiSupportedConfig(tasks=(1, 2), folder=folder, batch=20),
        model=MemNNConfig(width=16, buckets=256),
        optim=replace(made.optim, lr=0.01),
        loop=replace(made.loop, steps=steps, eval_every=steps, save_every=steps, train_batches=2),
    )


def test_it_learns_the_chain_and_the_answer(folder, tmp_path):
    outcome = fit(small(folder), tmp_path / "run", recipe="x", quiet=True)
    told = {name: figure["mean"] for name, figure in outcome.summary.items()}
    assert told["train/error"] < 0.2 and told["train/support"] > 0.85
    assert told["test/error_1"] < 0.35 and told["test/support_1"] > 0.7
    loaded = load_model(tmp_path / "run")
    again = loaded.task.evaluate([loaded.model], split="test")
    text = "John moved to the office. Mary moved to the garden. ||| Where is Mary?"
    said = loaded.task.say(loaded.model, text, Wish())
    assert said.text.splitlines() == ["garden (task 1)", "  2  Mary moved to the garden."]
    for name in ("error", "support", "chain", "error_2"):
        assert again[name][0] == pytest.approx(told[f"test/{name}"], abs=1e-5)


def test_several_seeds_train_as_each_alone(folder, tmp_path):
    both = fit(small(folder, steps=2), tmp_path / "both", seeds=[0, 1], recipe="x", quiet=True)
    alone = fit(small(folder, steps=2), tmp_path / "alone", seeds=[1], recipe="x", quiet=True)
    losses = both.summary["train/loss"]["per_seed"]
    assert losses[1] == pytest.approx(alone.summary["train/loss"]["per_seed"][0], rel=1e-5)
    assert losses[0] != losses[1]


def test_training_batches_are_a_random_order_after_another(folder):
    task = small(folder).task.build().each["2"]
    answers = task.data.train.facts.answer
    batches = [next(task.batches("train", seed=3, start=i)) for i in range(6)]
    for first in (0, 3):
        found = np.concatenate([b.asked.answer.numpy() for b in batches[first : first + 3]])
        assert sorted(found) == sorted(answers)
    assert batches[0].asked.answer.tolist() != batches[3].asked.answer.tolist()
    with pytest.raises(ValueError, match="choose train, valid or test"):
        next(task.batches("dev", seed=0))


def test_chains_are_in_the_file_s_order(folder):
    task = small(folder).task.build().each["2"]
    batch = next(task.batches("test", seed=0))
    for chain, support in zip(batch.chain.tolist(), batch.asked.support, strict=True):
        held = [slot for slot in chain if slot >= 0]
        assert held == sorted(held, reverse=True)  # the latest first, as the files have it
        assert sorted(held) == support.nonzero().flatten().tolist()


def test_published_figures_are_the_paper_s():
    told = babi_memnn()
    assert from_plain(to_plain(told)) == told
    assert recipes()["babi-memnn"]() == told


def test_the_paper_s_mean_is_6_7_percent(dataset):
    dataset("babi")
    task = babi_memnn().task.build()
    assert task.published["error"] == pytest.approx(0.067, abs=0.0006)
    assert task.published["failed"] == 4
