"""Passages of prose: the sentence and the span that answer a question, or that none does."""

from recollect.tasks.passages.corpus import PassageQuestion, read_xquad
from recollect.tasks.passages.figures import auroc, best_threshold, exact_match, word_f1
from recollect.tasks.passages.finding import Found, PassageReading, find_answer
from recollect.tasks.passages.overlap import Overlap, Spans, overlap, spans_of
from recollect.tasks.passages.task import PassageBatch, Passages
from recollect.tasks.passages.text import CLASSES, Passage, read_passage

__all__ = [
    "CLASSES",
    "Found",
    "Overlap",
    "Passage",
    "PassageBatch",
    "PassageQuestion",
    "PassageReading",
    "Passages",
    "Spans",
    "auroc",
    "best_threshold",
    "exact_match",
    "find_answer",
    "overlap",
    "read_passage",
    "read_xquad",
    "spans_of",
    "word_f1",
]
