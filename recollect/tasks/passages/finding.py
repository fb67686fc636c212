"""What readers find in a passage: the likeliest span, its sentence, or that nothing answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from recollect.functional import length_mask
from recollect.models.span_reader import SpanReader
from recollect.tasks.passages.overlap import Overlap, Spans, overlap, spans_of
from recollect.tasks.passages.text import Passage, read_passage

__all__ = ["Found", "PassageReading", "find_answer"]


class Found(NamedTuple):
    """What a reader found in a passage.

    `answer` is the likeliest span and `likely` its probability, `evidence` the sentence it stands
    in and `sentence` that one's number; `none` is the probability that no sentence tells it.
    """

    answer: str
    evidence: str
    sentence: int
    likely: float
    none: float


@dataclass(frozen=True, kw_only=True)
class PassageReading:
    """How a passage of a person's own is read: by the readers of all folds together.

    Attributes:
        folds: how many readers there are.
    """

    folds: int

    def answer(self, model: nn.Module, passage: str, question: str) -> Found:
        """Return what the readers of all folds find, together, in a passage of a person's own.

        Raises:
            ValueError: the passage or the question has no words, or is no UTF-8.
        """
        read = _own(passage, question)
        return find_answer(_readers(model), read, overlap(read, question))

    @torch.no_grad()
    def read(
        self, model: nn.Module, passage: str, question: str
    ) -> tuple[list[str], list[str], Tensor]:
        """Return what each reader, and their mean, reads of each sentence: its probability.

        Shapes:
            -> names of R readers and "mean", S sentences and "no answer", ``(R + 1, S + 1)``.

        Raises:
            ValueError: as `answer`.
        """
        read = _own(passage, question)
        held = overlap(read, question)
        each = torch.stack([sentence_likelihood(one, held).exp() for one in _readers(model)])
        weights = torch.cat([each, each.mean(0, keepdim=True)]).roll(-1, 1)
        rows = [*(f"reader {i + 1}" for i in range(len(each))), "mean"]
        told = [read.written(a, b - 1) for a, b in read.sentences]
        shown = [one if len(one) <= 32 else f"{one[:31]}…" for one in told]
        return rows, [*shown, "no answer"], weights


def _readers(model: nn.Module) -> list[SpanReader]:
    return [cast(SpanReader, reader) for reader in cast(nn.ModuleList, model)]


def _own(passage: str, question: str) -> Passage:
    for name, text in (("passage", passage), ("question", question)):
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"the {name} is not UTF-8; save or type it as UTF-8")
    return read_passage(passage)


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
    some = [spans_of(passage, held, s) if spans is None else spans[s] for s in where]
    inside = torch.stack([_spans(reader, held, some).exp() for reader in readers]).mean(0)
    best, answer = -1.0, (0, 0, 0)
    for s, these, row in zip(where, some, inside, strict=True):
        if len(these.first):
            c = int(row[: len(these.first)].argmax())
            p = float(row[c] * likely[1 + s])
            span = (int(these.first[c]), int(these.last[c]), s)
        else:
            a, b = passage.sentences[s]
            p, span = 0.0, (a, b - 1, s)
        if p > best:
            best, answer = p, span
    first, last, s = answer
    a, b = passage.sentences[s]
    told = passage.written(first, last)
    return Found(told, passage.written(a, b - 1), s, best, float(likely[0]))


def sentence_likelihood(reader: SpanReader, held: Overlap) -> Tensor:
    """Return the log-probability that a reader gives to no sentence, and to each.

    Shapes:
        -> ``(1 + S,)``.
    """
    rows = torch.from_numpy(held.sentences).unsqueeze(0)
    mask = torch.ones(rows.shape[:2], dtype=torch.bool)
    return reader(torch.from_numpy(held.asked).unsqueeze(0), rows, mask).squeeze(0)


def _spans(reader: SpanReader, held: Overlap, spans: Sequence[Spans]) -> Tensor:
    """The log-probability of the spans of each sentence, given that it tells the answer."""
    parts = [torch.from_numpy(these.features) for these in spans]
    features = nn.utils.rnn.pad_sequence(parts, batch_first=True)
    parts = [torch.from_numpy(these.classes) for these in spans]
    classes = nn.utils.rnn.pad_sequence(parts, batch_first=True)
    lengths = torch.tensor([len(these.first) for these in spans])
    asked = torch.from_numpy(held.asked).expand(len(spans), -1)
    return reader.spans(asked, features, classes, length_mask(lengths, features.shape[1]))
