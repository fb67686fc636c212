"""What readers find in a passage: the likeliest span, its sentence, or that nothing answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from recollect.models.span_reader import SpanReader
from recollect.tasks.passages.overlap import Overlap, Spans, spans_of
from recollect.tasks.passages.text import Passage

__all__ = ["Found", "find_answer"]


class Found(NamedTuple):
    """What a reader found in a passage.

    `none` is the probability that no sentence tells the answer, `sentence` the number of the one
    that does best, `answer` and `evidence` are texts, `likely` the answer's probability.
    """

    answer: str
    evidence: str
    sentence: int
    likely: float
    none: float
    overlap: float


@torch.no_grad()
def find_answer(
    readers: Sequence[SpanReader],
    passage: Passage,
    held: Overlap,
    *,
    spans: Sequence[Spans] | None = None,
    sentence: int | None = None,
) -> Found:
    """Find the likeliest span of a passage by the mean of what several readers say.

    Args:
        readers: one or more, not in training.
        passage: where to look.
        held: the question beside it, by `overlap`.
        spans: the candidates of each sentence where they are known; None finds them.
        sentence: look in this one alone; None looks in all.

    Shapes:
        -> `Found`; where a sentence has no candidate it is the answer itself.
    """
    likely = torch.stack([sentence_likelihood(reader, held).exp() for reader in readers]).mean(0)
    where = likely[1:].argsort(descending=True).tolist() if sentence is None else [sentence]
    best = ("", -1.0, 0)
    for s in where:
        some = spans_of(passage, held, s) if spans is None else spans[s]
        if len(some.first):
            inside = torch.stack([_spans(reader, held, some).exp() for reader in readers]).mean(0)
            c = int(inside.argmax())
            text = passage.written(int(some.first[c]), int(some.last[c]))
            p = float(inside[c] * likely[1 + s])
        else:
            a, b = passage.sentences[s]
            text, p = passage.written(a, b - 1), 0.0
        if p > best[1]:
            best = (text, p, s)
    text, p, _ = best
    top = int(likely[1:].argmax()) if sentence is None else sentence
    a, b = passage.sentences[top]
    return Found(text, passage.written(a, b - 1), top, p, float(likely[0]), float(held.cover[top]))


def sentence_likelihood(reader: SpanReader, held: Overlap) -> Tensor:
    """Return the log-probability that a reader gives to no sentence, and to each.

    Shapes:
        -> ``(1 + S,)``.
    """
    rows = torch.from_numpy(held.sentences).unsqueeze(0)
    mask = torch.ones(rows.shape[:2], dtype=torch.bool)
    return reader(torch.from_numpy(held.asked).unsqueeze(0), rows, mask).squeeze(0)


def _spans(reader: SpanReader, held: Overlap, spans: Spans) -> Tensor:
    features = torch.from_numpy(spans.features).unsqueeze(0)
    mask = torch.ones(features.shape[:2], dtype=torch.bool)
    asked = torch.from_numpy(held.asked).unsqueeze(0)
    return reader.spans(asked, features, torch.from_numpy(spans.classes).unsqueeze(0), mask)[0]
