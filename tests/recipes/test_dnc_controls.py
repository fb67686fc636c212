"""Controls of the DNC's tasks are as large as it, see the same, and take a step."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from recollect.cells import NTMCell, Recurrent
from recollect.models.sequences import SequenceModel
from recollect.recipes import dnc_controls, dnc_copy, find_recipe
from recollect.recipes.dnc import PathConfig
from recollect.recipes.ntm_engine import KeepBest
from recollect.tasks.algorithmic import CopyReuse
from recollect.tasks.babi_words import BabiWords
from recollect.train import Mesh, TorchConfig
from recollect.train.configfile import from_plain, to_plain

GRAPHS = ("traversal", "family", "shortest-path", "shrdlu")
KINDS = ("lstm", "transformer", "ntm-ff")


def parameters(told, task=None):
    task = told.task.build() if task is None else task
    return sum(p.numel() for p in told.model.build(task).parameters())


@pytest.mark.parametrize(("kind", "name"), list(product(KINDS, (*GRAPHS, "copy-reuse"))))
def test_a_control_is_as_large_and_sees_the_same(kind, name):
    machine, control = find_recipe(f"dnc-{name}")(), find_recipe(f"{kind}-{name}")()
    assert parameters(control) == pytest.approx(parameters(machine), rel=0.05)
    assert control.task == machine.task and control.loop == machine.loop
    assert control.engine == machine.engine


@pytest.fixture
def words(tmp_path):
    (tmp_path / "en-10k").mkdir()
    story = "1 Mary went home.\n2 Where is Mary? \thome\t1\n"
    for split in ("train", "test"):
        (tmp_path / "en-10k" / f"qa1_single-supporting-fact_{split}.txt").write_text(story * 20)
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
def test_a_control_that_reads_words(kind, words):
    machine, control = find_recipe("babi-words-dnc")(), find_recipe(f"{kind}-babi-words")()
    assert replace(control, model=machine.model) == machine
    task = BabiWords((1,), batch=2, folder=words)
    # All twenty tasks have 160 words, which is what the sizes were chosen for.
    task.vocab = tuple(str(i) for i in range(160))
    assert parameters(control, task) == pytest.approx(parameters(machine, task), rel=0.05)
    told = replace(
        control,
        task=replace(control.task, tasks=(1,), batch=2, folder=words),
        model={
            "lstm": dnc_controls.WordLSTMConfig(hidden=6, width=4),
            "transformer": dnc_controls.WordTransformerConfig(width=8, words=4),
            "ntm-ff": dnc_controls.WordNTMConfig(hidden=6, words=4, slots=8, width=4, reads=1),
        }[kind],
    )
    stepped(told)


def stepped(told):
    learning = told.engine.build(told, told.task.build(), (0,), Mesh("cpu"))
    row = learning.advance(0, 1)[0]
    assert np.isfinite(list(row.values())).all() and row["norm"] > 0


@pytest.mark.parametrize(("kind", "name"), list(product(("transformer", "ntm-ff"), GRAPHS)))
def test_a_control_learns_a_step(kind, name):
    told = find_recipe(f"{kind}-{name}")()
    small = {
        "transformer": dnc_controls.GraphTransformerConfig(width=8, layers=1),
        "ntm-ff": dnc_controls.GraphNTMConfig(hidden=8, slots=16, width=8, reads=1),
    }
    engine = TorchConfig(device="cpu")
    stepped(replace(told, task=replace(told.task, batch=2), model=small[kind], engine=engine))


def test_a_transformer_answers_with_its_own_edges():
    """A shortest path is answered edge by edge, each the input of the next."""
    told = find_recipe("transformer-shortest-path")()
    task = PathConfig(batch=2, looks=1).build()
    figures = task.evaluate([told.model.build(task).eval()], split="valid")
    assert 0 <= figures["answers"][0] <= figures["arrived"][0] <= 1


@pytest.mark.parametrize("recipes", [dnc_controls, dnc_copy])
def test_a_recipe_can_be_written_down(recipes):
    for name in recipes.__all__:
        if name.islower():
            told = getattr(recipes, name)()
            assert from_plain(to_plain(told)) == told


# --- copies with reuse


def test_an_episode_has_more_vectors_than_the_machine_has_slots():
    told = dnc_copy.dnc_copy_reuse()
    assert isinstance(told.engine, KeepBest) and told.loop.choose == "valid/loss"
    assert isinstance(told.model, dnc_copy.SmallDNCConfig)
    assert isinstance(told.task, dnc_copy.CopyReuseConfig)
    assert told.task.lengths[1] * told.task.copies[1] >= 5 * told.model.slots
    task = told.task.build()
    assert max(copies for _, copies in task.sizes.beyond) == 10 * told.task.copies[1]
    model = told.model.build(task)
    assert model.with_room(2000) is model  # also in tests it must use its slots again
    room = dnc_copy.ntm_ff_copy_reuse().model.build(task)
    assert isinstance(room, SequenceModel)
    core = room.with_room(2000).core
    assert isinstance(core, Recurrent) and isinstance(core.cell, NTMCell)
    assert core.cell.memory.slots == 2000


@pytest.mark.parametrize("kind", ("dnc", *KINDS))
def test_a_copy_is_learnt_a_step(kind):
    told = find_recipe(f"{kind}-copy-reuse")()
    stepped(replace(told, task=dnc_copy.CopyReuseConfig(copies=(1, 2), batch=2)))


@pytest.mark.slow
def test_a_dnc_of_ten_slots_learns_to_copy_fifty_vectors():
    told = dnc_copy.dnc_copy_reuse()
    told = replace(told, loop=replace(told.loop, steps=1300))
    task = CopyReuse()
    learning = told.engine.build(told, task, (0,), Mesh("cpu"))
    for start in range(0, 1300, 100):
        learning.advance(start, start + 100)
        learning.evaluate("valid", None)
    model = told.model.build(task)
    model.load_state_dict(learning.state().model)
    with torch.no_grad():
        batch = task.draw(np.random.default_rng(5), 16, (5, 10))
        assert float(task.step(model, batch).metrics["wrong_bits"]) < 20  # of 300
