"""Mini-SHRDLU: told goals by name, then one name, move blocks until that goal is met.

A goal is a set of constraints, each that one block is right above, below, left or right of another.

Shape letters: ``B`` batch, ``T`` time, ``A`` moves of an answer, ``S`` boards of so many blocks.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recollect.tasks.base import Step
from recollect.tasks.shrdlu_boards import BLOCKS, MOVES, RELATIONS, Boards, boards, least_moves

__all__ = [
    "GOALS",
    "SHRDLU_LESSONS",
    "MiniShrdlu",
    "MoveBatch",
    "ShrdluLesson",
]

GOALS = 6
"""Most goals: each has a letter."""
_CONSTRAINT = GOALS + BLOCKS + len(RELATIONS) + BLOCKS
_INPUT = 2 + _CONSTRAINT + 9 * BLOCKS


class ShrdluLesson(NamedTuple):
    """What the boards and goals of one lesson are drawn from; both ends are included."""

    blocks: tuple[int, int]
    goals: tuple[int, int]
    constraints: tuple[int, int]
    """Constraints of each goal; fewer where a board has no more."""
    moves: tuple[int, int]
    """Moves that the goal is away."""


SHRDLU_LESSONS = (
    ShrdluLesson((2, 3), (1, 1), (1, 1), (1, 1)),
    ShrdluLesson((2, 3), (1, 2), (1, 1), (1, 2)),
    ShrdluLesson((3, 4), (1, 2), (1, 2), (1, 2)),
    ShrdluLesson((3, 4), (1, 3), (1, 2), (1, 3)),
    ShrdluLesson((3, 5), (2, 4), (1, 3), (1, 3)),
    ShrdluLesson((4, 5), (2, 5), (2, 4), (2, 4)),
    ShrdluLesson((4, 6), (3, 6), (2, 5), (2, 5)),
    ShrdluLesson((5, 6), (4, 6), (3, 6), (3, 7)),
)
"""From one block to be moved once to goals of six constraints seven moves away."""


Constraint = tuple[int, int, int]
"""Block, relation, block."""


class MoveBatch(NamedTuple):
    """Boards and goals as tensors.

    Shapes:
        inputs ``(B, T, 78)``; right ``(B, A, 6)``, the moves that bring the goal nearer, none where
        it is met; blocks: how many; start ``(B,)``, a board; away ``(B, S)``, how many moves the
        goal asked for is from each board.
    """

    inputs: Tensor
    right: Tensor
    blocks: int
    start: Tensor
    away: Tensor


class MiniShrdlu:
    """Goals by name and boards to learn from.

    Graves et al. 2016, methods, "Mini-SHRDLU", train by reinforcement. Here a model is taught by a
    search: at every board each move that brings the goal nearer counts as right, and a share
    `stray` of the moves on the way are random ones, so that boards off the shortest way are seen,
    too. In an evaluation the model's own moves are made.

    Shapes:
        batches are `MoveBatch`; a model maps inputs ``(B, T, 78)`` to ``(B, T, 6)``.

    Raises:
        ValueError: a number is out of its range.
    """

    published: Mapping[str, float] = MappingProxyType({})
    inputs, outputs = _INPUT, len(MOVES)

    def __init__(
        self,
        lessons: Sequence[ShrdluLesson] = SHRDLU_LESSONS,
        *,
        lesson: int | None = None,
        batch: int = 32,
        review: float = 0.15,
        stray: float = 0.15,
        looks: int = 8,
    ):
        last = len(lessons) - 1
        lesson = last if lesson is None else lesson
        if batch < 1 or looks < 1:
            raise ValueError(f"batch is {batch} and looks {looks}; give 1 or more each")
        if not 0 <= review <= 1 or not 0 <= stray <= 1:
            raise ValueError(f"review is {review} and stray {stray}; they are shares, 0 to 1")
        if not 0 <= lesson <= last:
            raise ValueError(f"lesson is {lesson}; there are lessons 0 to {last}")
        self.lessons, self.lesson, self.batch = tuple(lessons), lesson, batch
        self.review, self.stray, self.looks = review, stray, looks

    def at(self, lesson: int) -> "MiniShrdlu":
        """Return this task at another lesson."""
        return MiniShrdlu(
            self.lessons,
            lesson=lesson,
            batch=self.batch,
            review=self.review,
            stray=self.stray,
            looks=self.looks,
        )

    def batches(self, split: str, *, seed: int, start: int = 0) -> Iterator[MoveBatch]:
        """Yield batches; train does not end, valid and test are boards of the last lesson."""
        if split == "train":
            while True:
                random = np.random.default_rng((seed, 0, start))
                at = self.lesson
                if random.random() < self.review:
                    at = int(random.integers(at + 1))
                yield self._drawn(random, self.lessons[at], self.stray)
                start += 1
        if split not in ("valid", "test"):
            raise ValueError(f"split is {split!r}; choose train, valid or test")
        for i in range(start, self.looks):
            random = np.random.default_rng((seed, 1 if split == "valid" else 2, i))
            yield self._drawn(random, self.lessons[-1], 0.0)

    def step(self, model: nn.Module, batch: MoveBatch) -> Step:
        """Return −log of the chance of a right move, and the share of moves that are right."""
        logits = model(batch.inputs)[:, -batch.right.shape[1] :]
        asked = batch.right.any(-1)
        chance = logits.log_softmax(-1).masked_fill(~batch.right, -torch.inf)[asked]
        told = logits.detach().argmax(-1, keepdim=True)
        right = batch.right.gather(-1, told).squeeze(-1)[asked]
        figures = {"moves": right.float().mean(), "count": asked.sum().float()}
        return Step(-chance.logsumexp(-1).mean(), figures)

    @torch.no_grad()
    def play(self, model: nn.Module, batch: MoveBatch, *, moves: int) -> NDArray[np.int64]:
        """Let a model move; return after how many moves the goal was met, -1 for never.

        A move that cannot be made leaves the board as it is.

        Shapes:
            -> ``(B,)``.
        """
        known = boards(batch.blocks)
        first = batch.inputs.shape[1] - batch.right.shape[1]
        inputs = torch.zeros(len(batch.inputs), first + moves, _INPUT)
        inputs[:, :first] = batch.inputs[:, :first]
        at, rows = batch.start.numpy().copy(), np.arange(len(inputs))
        met = np.full(len(inputs), -1)
        for move in range(moves):
            inputs[:, first + move] = torch.from_numpy(_seen(known, at))
            told = model(inputs)[:, first + move].argmax(-1).numpy()
            after = known.after[at, told]
            at = np.where(after >= 0, after, at)
            done = batch.away.numpy()[rows, at] == 0
            met = np.where((met < 0) & done, move + 1, met)
        return met

    def evaluate(self, models: Sequence[nn.Module], *, split: str) -> dict[str, list[float]]:
        """Return the share of goals met, lesson by lesson, in as few moves as can be (`optimal`).

        `solved` allows three moves more. Without a number they are those of the last lesson.
        """
        found: dict[str, list[float]] = {}
        for model in models:
            model.eval()
            for number, lesson in enumerate(self.lessons):
                optimal, solved = [], []
                for i in range(self.looks):
                    random = np.random.default_rng((1234, 3 if split == "test" else 4, i))
                    batch = self._drawn(random, lesson, 0.0)
                    least = batch.right.shape[1]
                    met = self.play(model, batch, moves=least + 3)
                    optimal.append((met == least).mean())
                    solved.append((met > 0).mean())
                for name, values in (("optimal", optimal), ("solved", solved)):
                    value = float(np.mean(values))
                    found.setdefault(f"{name}_{number}", []).append(value)
                    if number == len(self.lessons) - 1:
                        found.setdefault(name, []).append(value)
        return found

    def _drawn(self, random: np.random.Generator, lesson: ShrdluLesson, stray: float) -> MoveBatch:
        """Draw boards of one number of blocks whose goals are equally far."""

        def between(ends: tuple[int, int]) -> int:
            return int(random.integers(ends[0], ends[1] + 1))

        blocks, length = between(lesson.blocks), between(lesson.moves)
        known = boards(blocks)
        rows: list[tuple[list[list[Constraint]], int, NDArray[np.int64], int]] = []
        tries = 0
        while len(rows) < self.batch:
            tries += 1
            goals = [
                _goal(random, known, between(lesson.constraints))
                for _ in range(between(lesson.goals))
            ]
            asked = int(random.integers(len(goals)))
            met = np.logical_and.reduce([known.holds[:, i, r, j] for i, r, j in goals[asked]])
            away = least_moves(known.after, met)
            far = np.flatnonzero(away == length)
            if len(far):
                rows.append((goals, asked, away, int(random.choice(far))))
            elif tries > 20 * self.batch and not rows:
                length -= 1  # so few blocks are never so far from a goal
                tries = 0
        return _posed(random, blocks, rows, length, stray)


def _goal(random: np.random.Generator, known: Boards, constraints: int) -> list[Constraint]:
    """Draw constraints that some board meets."""
    while True:
        state = int(random.integers(len(known.cells)))
        true = np.argwhere(known.holds[state])
        if len(true):
            few = random.permutation(len(true))[:constraints]
            return [(int(i), int(r), int(j)) for i, r, j in true[few]]


def _seen(known: Boards, at: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the inputs of a step that shows the boards `at`."""
    out = np.zeros((len(at), _INPUT), np.float32)
    out[:, 1] = 1
    hot = known.cells[at].reshape(len(at), 9, 1) == np.arange(BLOCKS)
    out[:, 2 + _CONSTRAINT :] = hot.reshape(len(at), -1)
    return out


def _posed(
    random: np.random.Generator,
    blocks: int,
    rows: Sequence[tuple[list[list[Constraint]], int, NDArray[np.int64], int]],
    length: int,
    stray: float,
) -> MoveBatch:
    """Lay goals, the letter asked for and the boards on the way out in time.

    Constraints end together, so that all sequences ask and answer at the same steps.
    """
    known = boards(blocks)
    told = max(sum(map(len, goals)) for goals, *_ in rows)
    inputs = np.zeros((len(rows), told + 1 + length, _INPUT), np.float32)
    right = np.zeros((len(rows), length, len(MOVES)), bool)
    for row, (goals, asked, away, start) in enumerate(rows):
        letters = random.permutation(GOALS)
        said = [(letters[g], *one) for g, goal in enumerate(goals) for one in goal]
        for at, which in enumerate(random.permutation(len(said)), told - len(said)):
            letter, i, r, j = said[which]
            places = np.array([letter, GOALS + i, GOALS + BLOCKS + r, GOALS + BLOCKS + 4 + j])
            inputs[row, at, 2 + places] = 1
        inputs[row, told, 0] = 1
        inputs[row, told, 2 + letters[asked]] = 1
        board = start
        for step in range(length):
            inputs[row, told + 1 + step] = _seen(known, np.array([board]))[0]
            after = known.after[board]
            right[row, step] = (after >= 0) & (away[after] == away[board] - 1) & (away[board] > 0)
            made = after >= 0 if random.random() < stray or away[board] == 0 else right[row, step]
            board = int(random.choice(after[made]))
    start = np.array([row[-1] for row in rows])
    away = np.stack([row[2] for row in rows])
    shown = [torch.from_numpy(part) for part in (inputs, right, start, away)]
    return MoveBatch(shown[0], shown[1], blocks, shown[2], shown[3])
