"""A sparse access memory that begins as a log in which an input finds one like it."""

import torch

from recollect.cells import SparseAccessCell, lstm
from recollect.models.sparse_start import finding_what_is_like
from recollect.recipes.sam import sam_recall
from recollect.testing import check_task


def started(log=9.0, seek=30.0):
    cell = SparseAccessCell(
        6, output_size=2, slots=40, width=8, heads=1, nearest=3, controller=lstm(16)
    )
    return finding_what_is_like(cell, log=log, seek=seek)


def test_every_step_goes_to_a_slot_of_its_own():
    state = started().initial_state(2)
    cell = started()
    for step in range(6):
        _, state = cell(torch.randn(2, 6), state)
        held = (state.memory.norm(dim=-1) > 0.02).sum(-1)
        assert held.tolist() == [step + 1] * 2


def share_that_find(cell_of, tries=30):
    """Return the share of machines whose last input reads most where its like was written."""
    found = 0
    for seed in range(tries):
        torch.manual_seed(seed)
        cell, x = cell_of(), torch.randn(1, 7, 6)
        x[:, 6] = x[:, 2]
        state = cell.initial_state(1)
        for step in range(7):
            # What is read at the last step, before it is written to a slot of its own.
            _, after = cell(x[:, step], state)
            state, before = after, state
        seen = torch.cat([x[:, 6], before.reads.flatten(1)], -1)
        query = cell.heads_of(cell.controller(seen, before.controller)[0], x.dtype)
        rows = before.memory[0]
        near = torch.cosine_similarity(query[0][0], rows, dim=-1)
        held = (rows.norm(dim=-1) > 0.02).nonzero()[:, 0]  # in the order they were written
        found += int(near[held].argmax()) == 2
    return found / tries


def test_an_input_told_again_looks_for_the_slot_it_was_written_to():
    usual = share_that_find(
        lambda: SparseAccessCell(
            6, output_size=2, slots=40, width=8, heads=1, nearest=3, controller=lstm(16)
        )
    )
    assert share_that_find(started) > max(0.4, usual + 0.2)


def test_the_recipe_recalls_out_of_65536_slots():
    config = sam_recall()
    task = config.task.build()
    model = config.model.build(task)
    assert model.core.cell.slots == 65_536
    check_task(task, model=model, split="train", batches=1)
