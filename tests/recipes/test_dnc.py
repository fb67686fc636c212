"""Graph recipes: the curriculum's engine, machines and controls of equal size, the ready start."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from recollect.cells import DNCCell, Recurrent, feedforward, lstm
from recollect.models.slot_per_step import SlotPerStep, ready
from recollect.recipes import dnc, find_recipe
from recollect.recipes.curriculum import Curriculum
from recollect.recipes.dnc import DNCConfig, GraphLSTMConfig, TraversalConfig
from recollect.tasks.graphs import INPUT, Traversal
from recollect.tasks.graphs.triples import encode
from recollect.train import Adam, Config, LoopConfig, Mesh, TorchConfig, fit, load_model
from recollect.train.configfile import from_plain, to_plain

PAIRS = ("traversal", "family", "shortest-path", "shrdlu")


def config(*, steps=6, goal=0.9, first=0, every=2, seeds_model=None):
    return Config(
        task=TraversalConfig(batch=2, looks=1, tests=1),
        model=seeds_model or GraphLSTMConfig(hidden=8),
        optim=Adam(lr=1e-2, clip=1.0),
        loop=LoopConfig(
            steps=steps,
            log_every=every,
            eval_every=6,
            save_every=every,
            report=("train", "valid"),
            train_batches=1,
        ),
        engine=Curriculum(goal=goal, first=first, device="cpu"),
    )


def engine(config, seeds=(0,)):
    return config.engine.build(config, config.task.build(), seeds, Mesh("cpu"))


# --- the curriculum


def test_a_lesson_is_left_when_it_is_learnt():
    learning = engine(config(goal=0.0))
    lessons = [learning.advance(start, start + 2)[0]["lesson"] for start in range(0, 8, 2)]
    assert lessons == [0, 1, 2, 3]
    stuck = engine(config(goal=1.1))
    assert [stuck.advance(start, start + 2)[0]["lesson"] for start in (0, 2)] == [0, 0]


def test_the_last_lesson_is_not_left():
    last = len(Traversal().lessons) - 1
    learning = engine(config(goal=0.0, first=last))
    assert [learning.advance(start, start + 1)[0]["lesson"] for start in (0, 1)] == [last, last]


def test_a_lesson_s_batches_are_those_of_its_task():
    learning = engine(config(first=2))
    pupil = learning.pupils[0]
    ours = pupil.engine.stream.take(5)
    theirs = Traversal(batch=2, lesson=2).batches("train", seed=0, start=5)
    assert torch.equal(ours.inputs, next(theirs).inputs)


@pytest.mark.parametrize("seeds", [(0,), (3, 4)])
def test_resumed_is_straight_lessons_and_all(tmp_path, seeds):
    whole = fit(config(goal=0.0, steps=6), tmp_path / "whole", seeds=seeds, quiet=True)
    fit(config(goal=0.0, steps=4), tmp_path / "cut", seeds=seeds, quiet=True)
    cut = fit(config(goal=0.0, steps=6), tmp_path / "cut", seeds=seeds, quiet=True, resume=True)
    assert whole.summary == cut.summary
    for seed in seeds:
        a, b = (load_model(tmp_path / name, seed=seed).model for name in ("whole", "cut"))
        for one, other in zip(a.parameters(), b.parameters(), strict=True):
            assert torch.equal(one, other)
    lessons = [
        line.split('"train/lesson": ')[1].split(",")[0].rstrip("}\n")
        for line in (tmp_path / "cut" / "metrics.jsonl").read_text().splitlines()
    ]
    assert [float(lesson) for lesson in lessons] == [0.0] * len(seeds) + [1.0] * len(seeds) + [
        2.0
    ] * len(seeds)


def test_seeds_go_at_their_own_pace():
    both = engine(config(goal=0.0), seeds=(0, 1))
    both.pupils[1].go_to(5)
    assert [row["lesson"] for row in both.advance(0, 2)] == [0, 5]
    state = both.state()
    again = engine(config(goal=0.0), seeds=(0, 1))
    again.load(state, 2)
    assert [pupil.lesson for pupil in again.pupils] == [1, 6]
    assert "curriculum/lesson" in state.optim and "curriculum/lesson" not in state.model


def test_what_cannot_be_taught_is_refused():
    with pytest.raises(ValueError, match=r"engine.first is 40; there are lessons 0 to 12"):
        engine(config(first=40))
    wrong = replace(config(), engine=Curriculum(metric="accuracy", device="cpu"))
    with pytest.raises(ValueError, match="'accuracy'; the figures are"):
        engine(wrong).advance(0, 1)

    class Plain:
        def batches(self, split, *, seed, start=0):
            return iter(())

        def step(self, model, batch):
            raise AssertionError

    with pytest.raises(ValueError, match="Plain has none"):
        config().engine.build(config(), Plain(), (0,), Mesh("cpu"))


# --- recipes


@pytest.mark.parametrize("name", PAIRS)
def test_a_control_has_as_many_parameters(name):
    counts = []
    for kind in ("dnc", "lstm"):
        told = find_recipe(f"{kind}-{name}")()
        model = told.model.build(told.task.build())
        counts.append(sum(p.numel() for p in model.parameters()))
    assert abs(counts[0] - counts[1]) < 0.005 * counts[0]


@pytest.mark.parametrize("name", [name for name in dnc.__all__ if name.islower()])
def test_a_recipe_can_be_written_down(name):
    told = getattr(dnc, name)()
    assert from_plain(to_plain(told)) == told


@pytest.mark.parametrize("name", PAIRS)
def test_a_machine_learns_a_step(name):
    told = find_recipe(f"dnc-{name}")()
    told = replace(
        told,
        task=replace(told.task, batch=2, looks=1),
        model=DNCConfig(hidden=8, width=8, reads=1),
        engine=TorchConfig(device="cpu"),
    )
    learning = told.engine.build(told, told.task.build(), (0,), Mesh("cpu"))
    row = learning.advance(0, 1)[0]
    assert np.isfinite(list(row.values())).all() and row["norm"] > 0


def test_a_machine_reads_words(tmp_path):
    (tmp_path / "en-10k").mkdir()
    story = "1 Mary went home.\n2 Where is Mary? \thome\t1\n"
    for split in ("train", "test"):
        (tmp_path / "en-10k" / f"qa1_single-supporting-fact_{split}.txt").write_text(story * 20)
    told = find_recipe("babi-words-dnc")()
    told = replace(
        told,
        task=replace(told.task, tasks=(1,), batch=2, folder=tmp_path),
        model=replace(told.model, hidden=8, slots=4, width=4, reads=1),
    )
    learning = told.engine.build(told, told.task.build(), (0,), Mesh("cpu"))
    row = learning.advance(0, 2)[0]
    assert np.isfinite(list(row.values())).all() and row["norm"] > 0


# --- the model


@pytest.mark.parametrize(("steps", "slots"), [(1, 4), (4, 4), (5, 8), (9, 12)])
def test_there_is_a_slot_for_every_step(steps, slots):
    machine = SlotPerStep(DNCCell(3, output_size=2, slots=1, width=4), block=4)
    y, state = machine(torch.zeros(2, steps, 3))
    assert y.shape == (2, steps, 2) and state.memory.shape == (2, slots, 4)


def test_it_is_the_cell_on_so_many_slots_and_goes_on_from_a_state():
    torch.manual_seed(0)
    machine = SlotPerStep(DNCCell(3, output_size=2, slots=1, width=4), block=8)
    x = torch.randn(2, 6, 3)
    plain = Recurrent(machine.recurrent.cell, fused=False)
    want, _ = plain(x, machine.recurrent.cell.initial_state(2, slots=8))
    got, _ = machine(x)
    assert torch.allclose(got, want, atol=1e-5)
    first, state = machine(x[:, :4], machine.begin(2, 6))
    rest, _ = machine(x[:, 4:], state)
    assert torch.allclose(torch.cat([first, rest], 1), want, atol=1e-5)


def test_a_block_of_no_slots_is_refused():
    with pytest.raises(ValueError, match="block is 0"):
        SlotPerStep(DNCCell(3, output_size=2, slots=1, width=4), block=0)


def found_at_once(start):
    """Of five triples written and one asked for again: how often its slot is read the most."""
    random, hits = np.random.default_rng(0), 0
    for seed in range(30):
        torch.manual_seed(seed)
        cell = start(DNCCell(INPUT, output_size=2, slots=8, width=48, controller=lstm(64)))
        x = torch.zeros(1, 6, INPUT)
        x[0, :5, :90] = torch.from_numpy(encode(random.integers(0, 1000, (5, 3))))
        asked = int(random.integers(4))
        x[0, 5] = x[0, asked]
        state, slots = cell.initial_state(1), []
        for step in x.unbind(1)[:5]:
            _, state = cell(step, state)
            slots.append(int(state.write_weights[0, 0].argmax()))
        seen = torch.cat([x[:, 5], state.reads.flatten(1)], -1)
        parts = cell.interface(cell.controller(seen, state.controller)[0])
        content = cell._content("read", parts, state.memory)[0, 0]
        hits += int(content.argmax()) == slots[asked]
    return hits


def test_a_ready_machine_reads_what_is_like_its_input():
    assert found_at_once(ready) > 26  # of 30, before any training
    assert found_at_once(lambda cell: cell) < 12


def test_only_an_lstm_is_made_ready():
    cell = DNCCell(3, output_size=2, slots=2, width=4, controller=feedforward(8))
    with pytest.raises(ValueError, match="not a FeedforwardController"):
        ready(cell)


def test_a_ready_machine_gives_each_step_a_slot():
    torch.manual_seed(0)
    cell = ready(DNCCell(INPUT, output_size=2, slots=8, width=16, reads=2, controller=lstm(32)))
    x = torch.zeros(1, 6, INPUT)
    x[0, :, :90] = torch.from_numpy(encode(np.arange(18).reshape(6, 3) * 50))
    _, state = Recurrent(cell, fused=False)(x)
    assert (state.memory[0].norm(dim=-1) > 0.3 * state.memory.norm(dim=-1).max()).sum() >= 6


def test_controls_start_as_they_are():
    model = GraphLSTMConfig(hidden=8).build(Traversal())
    assert isinstance(model.core, nn.LSTM)
    assert model(torch.zeros(2, 3, INPUT)).shape == (2, 3, 90)
