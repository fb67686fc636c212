"""A training step of the memory network: the kernel against the readable model in plain torch.

Shape letters: `B` batch, `M` slots, `J` words.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from recollect.bench.timing import Report, timed
from recollect.kernels.layout import Facts, Weights
from recollect.models.memn2n import MemN2N

TOLERANCE = 1e-4  # of the largest gradient, float32

BATCH, SLOTS, WORDS, HOPS = 32, 50, 11, 3


class Case(NamedTuple):
    """The sizes of bAbI's models: words, width, and sentences in the longest story."""

    name: str
    vocab: int
    width: int
    longest: int


CASES = (
    Case("one task, width 20, 10 sentences", 30, 20, 10),
    Case("all tasks, width 50, 18 sentences", 175, 50, 18),
    Case("all tasks, width 50, 50 sentences", 175, 50, 50),
)


def run(*, seconds: float = 1.0) -> Report:
    """Check every case, then time a step: forward, backward and update of 32 questions.

    Raises:
        ValueError: the gradients disagree; nothing is timed then.
    """
    rows = tuple(
        timed(case.name, build(case), tolerance=TOLERANCE, seconds=seconds) for case in CASES
    )
    return Report("memn2n", "the kernel", "the readable model in torch", rows)


def build(case: Case) -> tuple[Callable[[], object], Callable[[], object], float]:
    """Return our step, torch's, and the largest difference of the gradients beside their size."""
    from recollect.kernels.memn2n import draw, gradient, train, workspace

    facts, rows = stories(case), np.arange(BATCH * 8)
    torch.manual_seed(0)
    model = MemN2N(case.vocab, width=case.width, hops=HOPS, slots=SLOTS, words=WORDS)
    weights, wiring = model.kernel_weights(), model.wiring()
    picks, times = draw(facts.count, rows, BATCH, SLOTS, 0.1, 0, 0)
    grad = Weights(np.zeros_like(weights.tables), np.zeros_like(weights.carry))
    gradient(weights, facts, picks, times, wiring, False, grad, workspace(weights, wiring))
    batch = tensors(facts, picks, times)
    expected = learn(model, *batch)[:, 1:]
    found = torch.from_numpy(grad.tables).view(-1, HOPS + 1, case.width).permute(1, 0, 2)[:, 1:]
    difference = ((found - expected).abs().max() / expected.abs().max()).item()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)

    def ours() -> object:
        return train(weights, facts, rows, wiring, BATCH, 0.1, 1e-6, 40.0, False, 0, 0, 1)

    def reference() -> object:
        optimizer.zero_grad()
        learn(model, *batch)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 40.0)
        return optimizer.step()

    return ours, reference, difference


def stories(case: Case) -> Facts:
    """Make random stories of 2 to `longest` sentences of 4 to 7 words."""
    random = np.random.default_rng(0)
    questions = BATCH * 8
    count = random.integers(2, case.longest + 1, questions).astype(np.int32)
    first = np.concatenate([[0], count.cumsum()[:-1]]).astype(np.int32)

    def sentences(number: int) -> tuple[np.ndarray, np.ndarray]:
        lengths = random.integers(4, 8, number).astype(np.int32)
        words = random.integers(1, case.vocab, (number, WORDS)).astype(np.int32)
        words[np.arange(WORDS) >= lengths[:, None]] = 0
        return words, lengths

    answer = random.integers(1, case.vocab, questions).astype(np.int32)
    return Facts(*sentences(int(count.sum())), first, count, *sentences(questions), answer)


def tensors(facts: Facts, picks: np.ndarray, times: np.ndarray) -> tuple[Tensor, ...]:
    """Return story (B, M, J), times (B, M), question (B, J) and answer (B,)."""
    story = np.zeros((len(picks), SLOTS, WORDS), np.int64)
    for b, q in enumerate(picks):
        rows = slice(facts.first[q], facts.first[q] + facts.count[q])
        story[b, : facts.count[q]] = facts.words[rows]
    parts = story, times, facts.question[picks], facts.answer[picks]
    return tuple(torch.from_numpy(part).long() for part in parts)


def learn(model: MemN2N, story: Tensor, times: Tensor, question: Tensor, answer: Tensor) -> Tensor:
    """Return the gradient of the summed cross-entropy, and leave it on the model."""
    model.zero_grad()
    F.cross_entropy(model(story, question, times), answer, reduction="sum").backward()
    assert model.tables.grad is not None
    return model.tables.grad
