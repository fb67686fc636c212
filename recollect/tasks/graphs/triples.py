"""Triples of labels as digits, and the input of a question about a graph, phase by phase.

Shape letters: ``B`` batch, ``E`` described edges, ``Q`` query steps, ``P`` planning steps, ``A``
answer steps, ``T`` = E + Q + P + A time.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from recollect.tasks.base import Step

__all__ = [
    "BLANK",
    "INPUT",
    "LABELS",
    "OUTPUT",
    "Asked",
    "TripleBatch",
    "digits",
    "encode",
    "pose",
    "triple_figures",
    "triple_loss",
    "triple_step",
]

LABELS = 1000
"""How many labels there are: three digits each."""
BLANK = -1
"""Stands in a triple where nothing is told: its digits are all zero."""
OUTPUT = 90
"""Width of a triple: three labels, three digits each, one of ten."""
INPUT = OUTPUT + 2
"""Width of the input: a triple, and two bits that tell the phase."""

# Description, query, planning, answer.
_PHASES = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


class TripleBatch(NamedTuple):
    """Questions about graphs as tensors.

    Shapes:
        inputs ``(B, T, 92)``; targets ``(B, T, 9)``, the digits that are the answer, -1 where there
        is nothing to answer; lengths ``(B,)``.
    """

    inputs: Tensor
    targets: Tensor
    lengths: Tensor


class Asked(NamedTuple):
    """Questions as labels, before they are encoded; `BLANK` fills what is not told.

    A triple is (source, destination, edge). Rows of `described`, `query` and `answer` that are
    wholly `BLANK` are no steps: sequences of one batch may differ in length.

    Shapes:
        described ``(B, E, 3)``, query ``(B, Q, 3)``, answer ``(B, A, 3)``.
    """

    described: NDArray[np.int64]
    query: NDArray[np.int64]
    answer: NDArray[np.int64]


def digits(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the three decimal digits of labels, and -1 thrice for `BLANK`.

    Shapes:
        labels ``(...)`` -> ``(..., 3)``.

    Raises:
        ValueError: a label is not in -1 to 999.

    >>> digits(np.array([42, BLANK])).tolist()
    [[0, 4, 2], [-1, -1, -1]]
    """
    labels = np.asarray(labels)
    if labels.size and not (labels.min() >= BLANK and labels.max() < LABELS):
        raise ValueError(
            f"labels from {labels.min()} to {labels.max()}: they are 0 to {LABELS - 1}"
        )
    parts = labels[..., None] // np.array([100, 10, 1]) % 10
    return np.where(labels[..., None] == BLANK, BLANK, parts)


def encode(triples: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return triples as nine one-of-ten digits side by side.

    Graves et al. 2016, methods, "Graph tasks": a label is a number up to 1,000, told as three
    digits, each one of ten; what is not told is all zeros.

    Shapes:
        triples ``(..., 3)`` -> ``(..., 90)``.
    """
    told = digits(triples)
    return (
        (told[..., None] == np.arange(10)).astype(np.float32).reshape(*triples.shape[:-1], OUTPUT)
    )


def pose(asked: Asked, *, planning: int = 0) -> TripleBatch:
    """Lay questions out in time: description, query, planning, answer.

    The two phase bits stand beside each step; in planning and answer steps the input is otherwise
    zero. Steps that are wholly `BLANK` are left out and the sequence ends the earlier.

    Shapes:
        see `Asked`; -> `TripleBatch`.
    """
    batch, answers = asked.answer.shape[:2]
    blank = np.full((batch, planning, 3), BLANK)
    parts = [asked.described, asked.query, blank, np.full((batch, answers, 3), BLANK)]
    counts = [part.shape[1] for part in parts]
    phase = np.repeat(np.arange(4), counts)
    inputs = np.concatenate(
        [encode(np.concatenate(parts, 1)), np.broadcast_to(_PHASES[phase], (batch, len(phase), 2))],
        -1,
    )
    targets = np.full((batch, len(phase), 9), -1)
    if answers:
        targets[:, -answers:] = digits(asked.answer).reshape(batch, answers, 9)
    alive = np.concatenate(
        [
            (asked.described != BLANK).any(-1),
            (asked.query != BLANK).any(-1),
            np.ones((batch, planning), bool),
            (asked.answer != BLANK).any(-1),
        ],
        1,
    )
    lengths = alive.sum(1)
    if not alive.all():
        order = np.argsort(~alive, 1, kind="stable")[:, : lengths.max()]
        alive = np.take_along_axis(alive, order, 1)
        inputs = np.where(alive[..., None], np.take_along_axis(inputs, order[..., None], 1), 0)
        targets = np.where(alive[..., None], np.take_along_axis(targets, order[..., None], 1), -1)
    return TripleBatch(
        torch.from_numpy(np.ascontiguousarray(inputs, np.float32)),
        torch.from_numpy(targets),
        torch.from_numpy(lengths),
    )


def triple_loss(logits: Tensor, targets: Tensor) -> Tensor:
    r"""Return the mean cross-entropy of the digits that are to be answered, nats a digit.

    .. math:: -\frac{1}{|D|} \sum_{d \in D} \log \mathrm{softmax}(y_d)[t_d]

    Shapes:
        logits ``(B, T, 90)``, targets ``(B, T, 9)`` -> scalar.
    """
    return F.cross_entropy(logits.reshape(-1, 10), targets.reshape(-1), ignore_index=-1)


def triple_figures(logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """Return the share of answer triples that are wholly right, and of answers that are.

    Shapes:
        logits ``(B, T, 90)``, targets ``(B, T, 9)`` -> two scalars.
    """
    told = logits.detach().reshape(*targets.shape, 10).argmax(-1)
    asked = (targets >= 0).any(-1)
    right = ((told == targets) | (targets < 0)).all(-1)
    triples = right[asked].float().mean()
    return {"triples": triples, "answers": (right | ~asked).all(-1).float().mean()}


def triple_step(logits: Tensor, batch: TripleBatch) -> Step:
    """Return the cross-entropy of a digit, and the shares of triples and of answers right.

    Shapes:
        logits ``(B, T, 90)`` -> scalars.
    """
    figures = triple_figures(logits, batch.targets)
    count = {"count": torch.tensor(float(len(batch.lengths)))}
    return Step(triple_loss(logits, batch.targets), figures | count)
