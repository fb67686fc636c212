"""A training step of the entity network: the kernel against the readable model in plain torch.

Shape letters: `T` sentences of a story, `J` words.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.bench.timing import Report, timed
from recollect.kernels.layout import Facts, Groups
from recollect.models.entity import EntityNetwork

TOLERANCE = 1e-4  # of the largest gradient, float32

VOCAB, WORDS, WIDTH, SLOTS, QUESTIONS = 30, 7, 100, 20, 32


class Case(NamedTuple):
    """Stories of `sentences`, each with questions at equal distances, 32 of them a step."""

    name: str
    sentences: int
    asked: int


CASES = (
    Case("10 sentences, one question", 10, 1),
    Case("10 sentences, 5 questions", 10, 5),
    Case("40 sentences, 5 questions", 40, 5),
)


def run(*, seconds: float = 1.0) -> Report:
    """Check every case, then time a step: forward, backward and Adam's update of 32 questions.

    Raises:
        ValueError: the gradients disagree; nothing is timed then.
    """
    rows = tuple(
        timed(case.name, build(case), tolerance=TOLERANCE, seconds=seconds) for case in CASES
    )
    return Report("entity", "the kernel", "the readable model in torch", rows)


def build(case: Case) -> tuple[Callable[[], object], Callable[[], object], float]:
    """Return our step, torch's, and the largest difference of the gradients beside their size."""
    from recollect.kernels.entity import gradient, train, workspace

    facts, groups = stories(case)
    torch.manual_seed(0)
    model = EntityNetwork(VOCAB, width=WIDTH, slots=SLOTS, words=WORDS)
    sizes, weights = model.sizes(case.sentences), model.kernel_weights()
    picks, grad = np.arange(len(groups.begins) - 1), np.zeros_like(weights)
    gradient(weights, sizes, facts, groups, picks, grad, workspace(sizes))
    batch = tensors(case, facts)
    expected = learn(model, *batch)
    difference = float(np.abs(grad - expected).max() / np.abs(expected).max())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, weight_decay=0.0)
    mean, square = np.zeros((2, len(weights)), np.float32)
    begins, rates = np.array([0, len(picks)]), np.array([1e-6])

    def ours() -> object:
        return train(weights, mean, square, sizes, facts, groups, picks, begins, rates, 40.0, 0)

    def reference() -> object:
        optimizer.zero_grad()
        learn(model, *batch)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 40.0)
        return optimizer.step()

    return ours, reference, difference


def stories(case: Case) -> tuple[Facts, Groups]:
    """Make random stories of 5 words a sentence, and 32 questions about them."""
    random = np.random.default_rng(0)
    told = -(-QUESTIONS // case.asked)
    story = np.arange(QUESTIONS) // case.asked
    asked = np.arange(QUESTIONS) % case.asked + 1
    count = (asked * case.sentences // case.asked).astype(np.int32)

    def sentences(number: int) -> tuple[np.ndarray, np.ndarray]:
        words = random.integers(1, VOCAB, (number, WORDS)).astype(np.int32)
        words[:, 5:] = 0
        return words, np.full(number, 5, np.int32)

    answer = random.integers(1, VOCAB, QUESTIONS).astype(np.int32)
    first = (story * case.sentences).astype(np.int32)
    lines = sentences(told * case.sentences)
    facts = Facts(*lines, first, count, *sentences(QUESTIONS), answer)
    begins = np.append(np.arange(0, QUESTIONS, case.asked), QUESTIONS)
    return facts, Groups(np.arange(QUESTIONS), begins)


def tensors(case: Case, facts: Facts) -> tuple[Tensor, ...]:
    """Return story (B, T, J), question (B, J) and answer (B,), a row a question."""
    story = np.zeros((QUESTIONS, case.sentences, WORDS), np.int64)
    for q, (first, count) in enumerate(zip(facts.first, facts.count, strict=True)):
        story[q, :count] = facts.words[first : first + count]
    return tuple(torch.from_numpy(x).long() for x in (story, facts.question, facts.answer))


def learn(model: EntityNetwork, story: Tensor, question: Tensor, answer: Tensor) -> np.ndarray:
    """Return the gradient of the summed cross-entropy in a row, and leave it on the model."""
    model.zero_grad()
    F.cross_entropy(model(story, question), answer, reduction="sum").backward()
    return np.concatenate(
        [p.grad.flatten().numpy() for p in model.parameters() if p.grad is not None]
    )
