"""Mini-SHRDLU: boards, moves, relations, the search that teaches, play."""

from collections import deque
from itertools import islice

import numpy as np
import pytest
import torch
from torch import nn

from recollect.tasks.shrdlu import GOALS, SHRDLU_LESSONS, MiniShrdlu
from recollect.tasks.shrdlu_boards import BLOCKS, MOVES, RELATIONS, boards, least_moves
from recollect.testing import check_task


class Guess(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(MiniShrdlu.inputs, MiniShrdlu.outputs)

    def forward(self, x):
        return self.linear(x)


class Solver(nn.Module):
    """Makes a best move on the board that the last step shows, knowing how far each is."""

    def __init__(self, task, batch, worst=False):
        super().__init__()
        self.batch, self.known, self.worst = batch, boards(batch.blocks), worst
        self.place = {cell.tobytes(): i for i, cell in enumerate(self.known.cells)}

    def forward(self, x):
        out = torch.zeros(*x.shape[:2], len(MOVES))
        for row, steps in enumerate(x):
            for t, step in enumerate(steps):
                if not step[1]:
                    continue
                hot = step[-9 * BLOCKS :].view(3, 3, BLOCKS)
                cell = torch.where(hot.any(-1), hot.argmax(-1), -1).numpy()
                if cell.tobytes() not in self.place:
                    continue  # a step that is yet to come
                after = self.known.after[self.place[cell.tobytes()]]
                away = self.batch.away[row].numpy()[after] + 100 * (after < 0)
                out[row, t, int(away.argmax() if self.worst else away.argmin())] = 9.0
        return out


@pytest.mark.parametrize(("blocks", "count"), [(2, 12), (3, 60), (4, 288)])
def test_there_are_as_many_boards_as_can_be(blocks, count):
    known = boards(blocks)
    assert len({cell.tobytes() for cell in known.cells}) == len(known.cells) == count
    for cell in known.cells:
        assert sorted(cell[cell >= 0]) == list(range(blocks))
        assert all((column[:-1] >= 0).tolist() >= (column[1:] >= 0).tolist() for column in cell)


def test_a_move_takes_the_top_block_and_can_be_taken_back():
    known = boards(4)
    for state, afters in enumerate(known.after):
        for (a, b), after in zip(MOVES, afters, strict=True):
            heights = (known.cells[state] >= 0).sum(-1)
            assert (after >= 0) == (heights[a] > 0 and heights[b] < 3)
            if after >= 0:
                moved = known.cells[after]
                assert moved[b, heights[b]] == known.cells[state][a, heights[a] - 1]
                assert known.after[after, MOVES.index((b, a))] == state


def test_relations_are_of_neighbours():
    known = boards(3)
    cell = np.array([[0, 1, -1], [2, -1, -1], [-1, -1, -1]])
    state = next(i for i, c in enumerate(known.cells) if (c == cell).all())
    held = {(int(i), RELATIONS[r], int(j)) for i, r, j in np.argwhere(known.holds[state])}
    assert held == {
        (1, "above", 0),
        (0, "below", 1),
        (0, "left of", 2),
        (2, "right of", 0),
    }


def test_the_least_moves_are_those_of_a_search():
    known = boards(3)
    met = known.holds[:, 0, 0, 2] & known.holds[:, 1, 3, 2]
    away = least_moves(known.after, met)
    for start in range(0, len(known.cells), 7):
        seen, queue = {start: 0}, deque([start])
        found = -1
        while queue:
            here = queue.popleft()
            if met[here]:
                found = seen[here]
                break
            for to in known.after[here]:
                if to >= 0 and to not in seen:
                    seen[to] = seen[here] + 1
                    queue.append(to)
        assert away[start] == found
    assert (least_moves(known.after, np.zeros(len(met), bool)) == -1).all()


@pytest.mark.parametrize("blocks", [1, 7])
def test_boards_of_other_sizes_are_refused(blocks):
    with pytest.raises(ValueError, match=f"blocks is {blocks}"):
        boards(blocks)


@pytest.mark.parametrize("lesson", [0, 3, 5])
def test_conforms(lesson):
    check_task(MiniShrdlu(batch=3, lesson=lesson), model=Guess())


def test_valid_and_test_are_of_the_last_lesson_and_differ():
    task = MiniShrdlu(batch=2, looks=2, lesson=0)
    valid, test = (list(task.batches(split, seed=0)) for split in ("valid", "test"))
    assert len(valid) == len(test) == 2
    assert all(batch.blocks >= SHRDLU_LESSONS[-1].blocks[0] for batch in valid + test)
    assert not torch.equal(valid[0].start, test[0].start) or valid[0].blocks != test[0].blocks


def test_what_cannot_be_is_refused():
    for wrong in ({"batch": 0}, {"review": 2.0}, {"stray": -1.0}, {"lesson": 8}):
        with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
            MiniShrdlu(**wrong)
    with pytest.raises(ValueError, match="dev"):
        next(MiniShrdlu().batches("dev", seed=0))


def test_the_steps_tell_goals_then_a_letter_then_boards():
    task = MiniShrdlu(batch=4, lesson=4)
    for batch in islice(task.batches("train", seed=1), 4):
        length = batch.right.shape[1]
        told = batch.inputs[:, : -length - 1]
        asked, shown = batch.inputs[:, -length - 1], batch.inputs[:, -length:]
        assert (asked[:, 0] == 1).all() and not told[..., :2].any()
        assert (asked[:, 2 : 2 + GOALS].sum(-1) == 1).all()
        assert not asked[:, 2 + GOALS :].any()
        assert (shown[..., 1] == 1).all()
        assert (shown[..., -9 * BLOCKS :].sum(-1) == batch.blocks).all()
        said = told.any(-1)
        assert (told[said][:, 2:].sum(-1) == 4).all()  # a letter, a block, a relation, a block
        letters = told[..., 2 : 2 + GOALS].any(1)
        assert (letters & asked[:, 2 : 2 + GOALS].bool()).any(-1).all()


def test_the_goal_asked_for_is_the_one_that_is_measured():
    """The constraints told under the letter, and they alone, are met where `away` is 0."""
    task = MiniShrdlu(batch=3, lesson=5)
    batch = next(task.batches("train", seed=3))
    known, length = boards(batch.blocks), batch.right.shape[1]
    for row in range(3):
        letter = batch.inputs[row, -length - 1, 2 : 2 + GOALS].argmax()
        met = np.ones(len(known.cells), bool)
        for step in batch.inputs[row, : -length - 1]:
            if step.any() and step[2 : 2 + GOALS].argmax() == letter:
                i, r, j = (
                    int(part.argmax())
                    for part in step[2 + GOALS : 2 + GOALS + 2 * BLOCKS + 4].split(
                        [BLOCKS, 4, BLOCKS]
                    )
                )
                met &= known.holds[:, i, r, j]
        assert ((batch.away[row] == 0).numpy() == met).all()
        assert batch.away[row, batch.start[row]] == length


def test_a_search_plays_as_well_as_can_be():
    task = MiniShrdlu(batch=4, lesson=4, review=0.0, stray=0.0)
    for batch in islice(task.batches("train", seed=0), 5):
        least = batch.right.shape[1]
        solver = Solver(task, batch)
        figures = task.step(solver, batch).metrics
        assert figures["moves"] == 1
        assert (task.play(solver, batch, moves=least + 3) == least).all()
        assert (task.play(solver, batch, moves=least - 1) == -1).all()
    assert task.step(Solver(task, batch, worst=True), batch).metrics["moves"] < 1


def test_an_evaluation_tells_every_lesson():
    lessons = SHRDLU_LESSONS[:2]
    found = MiniShrdlu(lessons, batch=3, looks=2).evaluate([Guess()], split="test")
    names = {"optimal", "solved", "optimal_0", "optimal_1", "solved_0", "solved_1"}
    assert set(found) == names
    assert found["optimal"] == found["optimal_1"]
    assert all(0 <= value <= 1 for values in found.values() for value in values)
    assert found["solved"][0] >= found["optimal"][0]
